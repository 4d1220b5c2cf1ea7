"""Hands out workers, and ends those that nobody can use any more.

A worker has the kernel of one runtime and belongs to one owner at a time (a tenant by default): its idle workers
are reused by the same owner only, and one that another owner needs is ended and forked anew. One run occupies
one worker, so what a worker does costs its own run and no other.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from policies.limits import Limits
from sandbox_host.errors import WallLimit
from sandbox_host.kernels.engine import cache_folder
from sandbox_host.kernels.runtimes import Runtime
from sandbox_host.workers.run import Evaluated, Finished, RunRequest, Serve, Usage
from sandbox_host.workers.template_process import START_S, SandboxUnavailable, TemplateProcess
from sandbox_host.workers.worker_process import WorkerProcess


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
        self._templates: dict[Runtime, TemplateProcess] = {}
        self._closed = False

    def start(self, runtime: Runtime) -> None:
        """Begin to load the runtime's template, so that its first run waits less. Returns at once."""
        with self._forking:
            if runtime not in self._templates:
                self._templates[runtime] = TemplateProcess.start(runtime, self.cache)

    def run(self, owner: str, request: RunRequest, serve: Serve, *, nested: bool = False) -> Finished:
        """Run one invocation in a worker of `owner`. See WorkerProcess.run."""
        try:
            worker = self._lease(owner, request.snapshot.runtime, request.deadline, beyond=nested)
        except WallLimit as limit:
            return Finished(Usage(), limit=limit)
        try:
            return worker.run(request, serve)
        finally:
            self._return(worker)

    def evaluate(
        self, runtime: Runtime, prelude: bytes, bundle: bytes, limits: Limits, clock_ns: int
    ) -> Evaluated:
        """Evaluate a bundle in a worker of its own, which ends afterwards."""
        worker = self._lease("", runtime, time.monotonic() + START_S)
        try:
            return worker.evaluate(prelude, bundle, limits, clock_ns)
        finally:
            worker.broken = True
            self._return(worker)

    def warm(self, owner: str, count: int = 1, runtime: Runtime = "javascript") -> None:
        """Have workers ready for `owner` before its first run."""
        workers = [self._lease(owner, runtime, time.monotonic() + START_S) for _ in range(count)]
        for worker in workers:
            self._return(worker)

    def close(self) -> None:
        """End every idle worker and the templates; workers at work end with their run."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()
        for template in self._templates.values():
            template.close()

    def _lease(self, owner: str, runtime: Runtime, deadline: float, *, beyond: bool = False) -> WorkerProcess:
        with self._changed:
            while True:
                if self._closed:
                    raise SandboxUnavailable("the worker pool is closed")
                for position in range(len(self._idle) - 1, -1, -1):
                    idle = self._idle[position]
                    if idle.owner == owner and idle.runtime == runtime:
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
            return self._fork(owner, runtime)
        except BaseException:
            with self._changed:
                self._total -= 1
                self._changed.notify()
            raise

    def _fork(self, owner: str, runtime: Runtime) -> WorkerProcess:
        with self._forking:
            template = self._templates.get(runtime)
            if template is None or not template.usable:
                template = self._templates[runtime] = TemplateProcess.start(runtime, self.cache)
            return template.fork(owner)

    def _return(self, worker: WorkerProcess) -> None:
        with self._changed:
            if worker.broken or self._closed or self._total > self._size:
                worker.close()
                self._total -= 1
            else:
                self._idle.append(worker)
            self._changed.notify()
