"""A worker's main loop: take a run from the socket, run it in the kernel, report, and wait for the next.

Between two runs it keeps the snapshots it was handed, and nothing that a guest touched. It ends when its host
closes the socket, and when it meets a frame that it does not understand.
"""

from __future__ import annotations

import os

from sandbox_host.kernels.instance import Ended
from sandbox_host.kernels.kernel import Budget, Kernel
from sandbox_host.kernels.snapshot import Snapshot
from sandbox_host.workers.protocol import (
    CLOCK,
    EVALUATE,
    IMAGE,
    LOAD,
    RUN,
    USAGE,
    Channel,
    Kind,
    ProtocolError,
)


class Worker:
    """One worker, from its first frame to the end of its socket."""

    def __init__(self, channel: Channel, kernel: Kernel) -> None:
        self._channel = channel
        self._kernel = kernel
        self._snapshots: dict[int, Snapshot] = {}

    def serve(self) -> None:
        """Serve runs until the host goes away. Raises ProtocolError then, and for a frame out of place."""
        self._channel.send(Kind.READY, 0)
        while True:
            frame = self._channel.receive(with_fds=True)
            if frame.kind == Kind.RUN:
                self._run(frame.run, frame.payload)
            elif frame.kind == Kind.LOAD:
                number, size, main, scratch = LOAD.unpack(frame.payload)
                self._snapshots[number] = Snapshot(self._channel.take_fd(), size, main, scratch)
            elif frame.kind == Kind.FORGET:
                (number,) = CLOCK.unpack(frame.payload)
                os.close(self._snapshots.pop(number).fd)
            elif frame.kind == Kind.EVALUATE:
                self._evaluate(frame.run, frame.payload)
            else:
                raise ProtocolError(f"frame {frame.kind} is out of place")

    def _run(self, run: int, payload: bytes) -> None:
        number, cpu_ns, deadline_ns, memory, call_bytes, result_bytes, now_ns, seed = RUN.unpack_from(payload)
        budget = Budget(cpu_ns, deadline_ns, memory, call_bytes, result_bytes)
        channel = self._channel

        def ask(message: bytes) -> tuple[bytes, int]:
            channel.send(Kind.CALL, run, message)
            frame = channel.receive()
            if frame.kind == Kind.ANSWER and frame.run == run:
                return frame.payload[CLOCK.size :], CLOCK.unpack_from(frame.payload)[0]
            if frame.kind == Kind.STOP and frame.run == run:
                name, _, text = frame.payload.decode().partition("\n")
                raise Ended(name, text)
            raise ProtocolError(f"frame {frame.kind} is out of place")

        snapshot = self._snapshots[number]
        try:
            outcome = self._kernel.run(snapshot, payload[RUN.size :], ask, now_ns, seed, budget)
        except Ended as ended:
            self._failed(run, ended)
        else:
            channel.send(Kind.DONE, run, USAGE.pack(outcome.cpu_ns, outcome.memory_bytes), outcome.result)
        self._kernel.get_ready(snapshot, memory)

    def _evaluate(self, run: int, payload: bytes) -> None:
        cpu_ns, deadline_ns, memory, call_bytes, result_bytes, now_ns, prelude = EVALUATE.unpack_from(payload)
        budget = Budget(cpu_ns, deadline_ns, memory, call_bytes, result_bytes)
        start = EVALUATE.size
        target = self._channel.take_fd()
        try:
            image = self._kernel.evaluate(
                payload[start : start + prelude], payload[start + prelude :], now_ns, budget
            )
        except Ended as ended:
            self._failed(run, ended)
            return
        written = 0
        while written < len(image.memory):
            written += os.write(target, memoryview(image.memory)[written:])
        os.close(target)
        places = IMAGE.pack(len(image.memory), image.main, image.scratch)
        self._channel.send(Kind.IMAGE, run, places, image.description)

    def _failed(self, run: int, ended: Ended) -> None:
        text = f"{ended.name}\n{ended.module}\n{ended.message}".encode(errors="replace")
        self._channel.send(Kind.FAILED, run, USAGE.pack(ended.cpu_ns, ended.memory_bytes), text)
