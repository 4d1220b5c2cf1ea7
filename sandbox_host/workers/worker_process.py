"""The host's end of one worker: it asks, listens, and kills a worker that dies, lies or does not obey."""

from __future__ import annotations

import itertools
import os
import select
import signal
import time
from collections import OrderedDict

from policies.limits import Limits
from sandbox_host.errors import LimitError, WallLimit, WorkerLost, limit_error
from sandbox_host.kernels.runtimes import Runtime
from sandbox_host.workers.protocol import (
    CLOCK,
    EVALUATE,
    IMAGE,
    LOAD,
    RUN,
    USAGE,
    Channel,
    Frame,
    Kind,
    ProtocolError,
)
from sandbox_host.workers.run import Evaluated, Finished, RunRequest, Serve, SnapshotFile, Usage

GRACE_S = 0.5
"""How long past its deadline a worker may take to say so itself before it is killed, in seconds."""

FRAME_ROOM = 64 << 10
SNAPSHOTS_KEPT = 16


class WorkerProcess:
    """The host's end of one worker. runtime: the one kernel that it has. template: what it was forked from, which
    has to live as long."""

    def __init__(
        self,
        channel: Channel,
        pidfd: int,
        pid: int,
        owner: str,
        runtime: Runtime = "javascript",
        template: object = None,
    ) -> None:
        self._template = template
        self.channel = channel
        self.pid = pid
        self.owner = owner
        self.runtime: Runtime = runtime
        self.broken = False
        self._pidfd = pidfd
        self._watch = select.poll()
        self._watch.register(pidfd, select.POLLIN)
        self._watch.register(channel.socket, select.POLLIN)
        self._known: OrderedDict[int, None] = OrderedDict()
        self._runs = itertools.count(1)

    def run(self, request: RunRequest, serve: Serve) -> Finished:
        """Run one invocation here. A worker that breaks the protocol, dies or does not obey its deadline is
        killed, and the run ends with WorkerLost or WallLimit. What `serve` raises, other than LimitError,
        passes through after the worker is killed."""
        limits = request.limits
        run = next(self._runs)
        channel = self.channel
        channel.max_frame = max(limits.call_bytes, limits.result_bytes) + FRAME_ROOM
        stopped: LimitError | None = None
        try:
            self._load(request.snapshot)
            header = RUN.pack(
                request.snapshot.number,
                limits.cpu_ms * 1_000_000,
                int(request.deadline * 1e9),
                limits.memory_mb << 20,
                limits.call_bytes,
                limits.result_bytes,
                request.clock(),
                request.seed,
            )
            channel.send(Kind.RUN, run, header, request.message)
            while True:
                frame = self._receive(run, request.deadline)
                if frame.kind == Kind.CALL and stopped is None:
                    try:
                        answer = serve(frame.payload)
                    except LimitError as limit:
                        stopped = limit
                        channel.send(Kind.STOP, run, f"{limit.name}\n{limit.message}".encode())
                        continue
                    channel.send(Kind.ANSWER, run, CLOCK.pack(request.clock()), answer)
                elif frame.kind == Kind.DONE:
                    usage, result = frame.split(USAGE)
                    return Finished(Usage(*usage), result=result)
                elif frame.kind == Kind.FAILED:
                    usage, reason = frame.split(USAGE)
                    return Finished(Usage(*usage), limit=stopped or _limit(reason))
                else:
                    raise ProtocolError(f"frame {frame.kind} is out of place")
        except TimeoutError:
            self.kill()
            return Finished(Usage(), limit=stopped or WallLimit("the run did not end within its time"))
        except ProtocolError as error:
            self.kill()
            lost = WorkerLost(f"the worker was lost while it ran this ({error})")
            return Finished(Usage(), limit=stopped or lost)
        except BaseException:
            self.kill()
            raise

    def evaluate(self, prelude: bytes, bundle: bytes, limits: Limits, clock_ns: int) -> Evaluated:
        """Evaluate a bundle here. Raises LimitError where a limit ends it."""
        run = next(self._runs)
        self.channel.max_frame = limits.result_bytes + FRAME_ROOM
        deadline = time.monotonic() + limits.wall_ms / 1000
        target = os.memfd_create("snapshot", os.MFD_CLOEXEC)
        header = EVALUATE.pack(
            limits.cpu_ms * 1_000_000,
            int(deadline * 1e9),
            limits.memory_mb << 20,
            limits.call_bytes,
            limits.result_bytes,
            clock_ns,
            len(prelude),
        )
        try:
            self.channel.send_with_fd(Kind.EVALUATE, run, target, header, prelude, bundle)
            frame = self._receive(run, deadline)
            if frame.kind == Kind.FAILED:
                raise _limit(frame.split(USAGE)[1])
            if frame.kind != Kind.IMAGE:
                raise ProtocolError(f"frame {frame.kind} is out of place")
            (size, main, scratch), description = frame.split(IMAGE)
            if size != os.fstat(target).st_size or size % 65_536:
                raise ProtocolError("the snapshot is not as long as the worker says")
            return Evaluated(target, size, main, scratch, description)
        except BaseException as error:
            self.kill()
            os.close(target)
            if isinstance(error, TimeoutError):
                raise WallLimit("the bundle was not evaluated within its time") from error
            if isinstance(error, ProtocolError):
                raise WorkerLost(f"the worker was lost while it evaluated the bundle ({error})") from error
            raise

    def _receive(self, run: int, deadline: float) -> Frame:
        self.channel.deadline = deadline + GRACE_S
        frame = self.channel.receive()
        if frame.run != run:
            raise ProtocolError(f"a frame about run {frame.run}, which is not this worker's")
        return frame

    def _load(self, snapshot: SnapshotFile) -> None:
        if snapshot.number in self._known:
            self._known.move_to_end(snapshot.number)
            return
        if len(self._known) >= SNAPSHOTS_KEPT:
            oldest, _ = self._known.popitem(last=False)
            self.channel.send(Kind.FORGET, 0, CLOCK.pack(oldest))
        places = LOAD.pack(snapshot.number, snapshot.size, snapshot.main, snapshot.scratch)
        self.channel.send_with_fd(Kind.LOAD, 0, snapshot.fd, places)
        self._known[snapshot.number] = None

    @property
    def quiet(self) -> bool:
        """It lives and has said nothing since its last run, as an idle worker must."""
        return not self._watch.poll(0) and not self.channel.pending

    def kill(self) -> None:
        """End the process now. It is not used again."""
        self.broken = True
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        except (ProcessLookupError, OSError):
            pass
        self.close()

    def close(self) -> None:
        """Let go of the worker: it ends when it sees its socket closed."""
        self.channel.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1


def _limit(reason: bytes) -> LimitError:
    name, _, rest = reason.decode(errors="replace").partition("\n")
    module, _, message = rest.partition("\n")
    return limit_error(name, message, module or None)
