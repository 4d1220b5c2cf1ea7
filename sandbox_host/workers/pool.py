"""Hands out workers, binds each run to one socket, and ends workers that die, lie or do not obey.

A worker belongs to one owner at a time (a tenant by default): its idle workers are reused by the same owner
only, and one that another owner needs is ended and forked anew. One run occupies one worker, so what a worker
does costs its own run and no other.
"""

from __future__ import annotations

import itertools
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from policies.limits import Limits
from sandbox_host.errors import LimitError, WallLimit, WorkerLost, limit_error
from sandbox_host.kernels.engine import cache_folder
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

GRACE_S = 0.5
"""How long past its deadline a worker may take to say so itself before it is killed, in seconds."""

START_S = 20.0
FRAME_ROOM = 64 << 10
SNAPSHOTS_KEPT = 16

Serve = Callable[[bytes], bytes]
"""Answers one host call of a run. May raise LimitError, which ends the run uncatchably."""


class SandboxUnavailable(RuntimeError):
    """Workers cannot be started here: the host refuses to run guest code."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class SnapshotFile:
    """A version's snapshot, open for reading until nobody holds it. number: unique in this process."""

    number: int
    fd: int
    size: int
    main: int
    scratch: int


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One run for a worker. message: the prelude's `invoke` message as JSON. clock: the guest's, in ns since
    the epoch. deadline: on the monotonic clock, in seconds."""

    snapshot: SnapshotFile
    message: bytes
    limits: Limits
    deadline: float
    clock: Callable[[], int]
    seed: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a run used: CPU in nanoseconds of its thread, and its memory at the end in bytes."""

    cpu_ns: int = 0
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run ended: the guest's own result (JSON), or the limit that ended it."""

    usage: Usage
    result: bytes | None = None
    limit: LimitError | None = None


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An evaluated bundle: its memory in a memfd that the caller closes, and its description (JSON)."""

    fd: int
    size: int
    main: int
    scratch: int
    description: bytes


class WorkerProcess:
    """The host's end of one worker."""

    def __init__(self, channel: Channel, pidfd: int, pid: int, owner: str) -> None:
        self.channel = channel
        self.pid = pid
        self.owner = owner
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
    name, _, message = reason.decode(errors="replace").partition("\n")
    return limit_error(name, message)


class Template:
    """The host's end of the template process."""

    def __init__(self, cache: Path) -> None:
        ours, theirs = socket.socketpair()
        command = [
            sys.executable,
            "-I",
            "-m",
            "sandbox_host.workers.template",
            str(theirs.fileno()),
            str(cache),
        ]
        self._process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], env={}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        theirs.close()
        ours.settimeout(START_S)
        self._control = ours

    def fork(self, owner: str) -> WorkerProcess:
        """A new worker, ready. Raises SandboxUnavailable where none can be made."""
        ours, theirs = socket.socketpair()
        try:
            socket.send_fds(self._control, [b"fork"], [theirs.fileno()])
            theirs.close()
            answer, fds, _, _ = socket.recv_fds(self._control, 32, 1)
            if not fds:
                raise SandboxUnavailable(
                    "a worker ended before it was ready; its reason is on standard error"
                )
            worker = WorkerProcess(Channel(ours), fds[0], int(answer), owner)
            ours.settimeout(START_S)
            if worker.channel.receive().kind != Kind.READY:
                raise SandboxUnavailable("a worker started with something other than READY")
            return worker
        except (OSError, ProtocolError) as error:
            raise SandboxUnavailable(
                "no worker could be started, so no guest code runs; the reason is on standard error"
            ) from error

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        self._control.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class WorkerPool:
    """The workers of one host process.

    size: how many run at once; a run beyond that waits for a free one, within its own deadline. A nested run, on
    which a run that holds a worker waits, never waits itself: it gets a worker beyond the size, which ends with it.
    """

    def __init__(self, size: int = 16, cache: Path | None = None) -> None:
        self.cache = cache or cache_folder()
        self._size = size
        self._changed = threading.Condition()
        self._forking = threading.Lock()
        self._idle: list[WorkerProcess] = []
        self._total = 0
        self._template: Template | None = None
        self._closed = False

    def start(self) -> None:
        """Begin to load the template, so that the first run waits less. Returns at once."""
        with self._forking:
            if self._template is None:
                self._template = Template(self.cache)

    def run(self, owner: str, request: RunRequest, serve: Serve, *, nested: bool = False) -> Finished:
        """Run one invocation in a worker of `owner`. See WorkerProcess.run."""
        try:
            worker = self._lease(owner, request.deadline, beyond=nested)
        except WallLimit as limit:
            return Finished(Usage(), limit=limit)
        try:
            return worker.run(request, serve)
        finally:
            self._return(worker)

    def evaluate(self, prelude: bytes, bundle: bytes, limits: Limits, clock_ns: int) -> Evaluated:
        """Evaluate a bundle in a worker of its own, which ends afterwards."""
        worker = self._lease("", time.monotonic() + START_S)
        try:
            return worker.evaluate(prelude, bundle, limits, clock_ns)
        finally:
            worker.broken = True
            self._return(worker)

    def warm(self, owner: str, count: int = 1) -> None:
        """Have workers ready for `owner` before its first run."""
        workers = [self._lease(owner, time.monotonic() + START_S) for _ in range(count)]
        for worker in workers:
            self._return(worker)

    def close(self) -> None:
        """End every idle worker and the template; workers at work end with their run."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()
        if self._template is not None:
            self._template.close()

    def _lease(self, owner: str, deadline: float, *, beyond: bool = False) -> WorkerProcess:
        with self._changed:
            while True:
                if self._closed:
                    raise SandboxUnavailable("the worker pool is closed")
                for position in range(len(self._idle) - 1, -1, -1):
                    if self._idle[position].owner == owner:
                        worker = self._idle.pop(position)
                        if worker.quiet:
                            return worker
                        worker.kill()
                        self._total -= 1
                if self._total < self._size:
                    self._total += 1
                    break
                if self._idle:
                    self._idle.pop(0).kill()
                    break
                if beyond:
                    self._total += 1
                    break
                if not self._changed.wait(deadline - time.monotonic()):
                    raise WallLimit("no worker became free within the run's time")
        try:
            return self._fork(owner)
        except BaseException:
            with self._changed:
                self._total -= 1
                self._changed.notify()
            raise

    def _fork(self, owner: str) -> WorkerProcess:
        with self._forking:
            if self._template is None or not self._template.alive:
                self._template = Template(self.cache)
            return self._template.fork(owner)

    def _return(self, worker: WorkerProcess) -> None:
        with self._changed:
            if worker.broken or self._closed or self._total > self._size:
                worker.close()
                self._total -= 1
            else:
                self._idle.append(worker)
            self._changed.notify()
