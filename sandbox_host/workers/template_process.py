"""The host's end of the template: the process that workers are forked from.

Requests and answers on the control socket have nothing that says which belongs to which, so one that fails is the
last: an answer that comes late is read by nobody. The template of a failed request forks no more, and ends
with the last of its workers, which the kernel would take down with it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import weakref
from pathlib import Path

from sandbox_host.kernels.runtimes import Runtime
from sandbox_host.workers.protocol import Channel, Kind, ProtocolError
from sandbox_host.workers.worker_process import WorkerProcess

START_S = 120.0
"""How long the template, or a worker, may take until it is ready, in seconds: the first on a machine compiles its
engine."""


class SandboxUnavailable(RuntimeError):
    """Workers cannot be started here: the host refuses to run guest code."""


class TemplateProcess:
    """One template. Its workers hold on to it, and it ends when nobody does."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket, runtime: Runtime) -> None:
        self._runtime: Runtime = runtime
        control.settimeout(START_S)
        self._process = process
        self._control = control
        self._failed = False
        self._end = weakref.finalize(self, _kill, process, control)

    @classmethod
    def start(cls, runtime: Runtime, cache: Path) -> TemplateProcess:
        """A template that begins to load the kernel of `runtime`. cache: the folder for compiled modules."""
        ours, theirs = socket.socketpair()
        module = "sandbox_host.workers.template"
        command = [sys.executable, "-I", "-m", module, str(theirs.fileno()), runtime, str(cache)]
        with theirs:
            process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                env={},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        return cls(process, ours, runtime)

    def fork(self, owner: str) -> WorkerProcess:
        """A new worker, ready. Raises SandboxUnavailable where none can be made."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                pid, pidfd = self._ask(theirs)
        except (OSError, ValueError) as error:
            self._failed = True
            ours.close()
            raise SandboxUnavailable(
                "no worker could be started, so no guest code runs; the reason is on standard error"
            ) from error
        worker = WorkerProcess(Channel(ours), pidfd, pid, owner, self._runtime, template=self)
        ours.settimeout(START_S)
        try:
            if worker.channel.receive().kind != Kind.READY:
                raise ProtocolError("it began with something other than READY")
        except (TimeoutError, ProtocolError) as error:
            worker.kill()
            raise SandboxUnavailable(
                "a worker ended before it was ready, so no guest code runs; its reason is on standard error"
            ) from error
        return worker

    def _ask(self, worker_end: socket.socket) -> tuple[int, int]:
        """The pid of a fresh worker, and its pidfd. Raises OSError, ValueError."""
        socket.send_fds(self._control, [b"fork"], [worker_end.fileno()])
        answer, fds, _, _ = socket.recv_fds(self._control, 32, 1)
        try:
            (pidfd,) = fds
            return int(answer), pidfd
        except ValueError:
            for fd in fds:
                os.close(fd)
            raise

    @property
    def usable(self) -> bool:
        """It lives, and has answered every request so far."""
        return not self._failed and self._process.poll() is None

    def close(self) -> None:
        """End it, and every worker of it that is still there."""
        self._control.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            pass
        self._end()


def _kill(process: subprocess.Popen[bytes], control: socket.socket) -> None:
    control.close()
    process.kill()
    process.wait()
