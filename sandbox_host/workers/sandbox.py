"""The sandbox as the rest of the host sees it: evaluate a bundle, run an invocation of it."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from policies.limits import Limits
from sandbox_host.kernels.engine import cache_folder
from sandbox_host.kernels.runtimes import Runtime
from sandbox_host.workers.pool import WorkerPool
from sandbox_host.workers.run import Finished, RunRequest, Serve
from sandbox_host.workers.snapshots import Prepared, SnapshotStore


class Sandbox:
    """Workers and snapshots of one host process.

    size: how many runs at once. cache: the folder for compiled modules and snapshots, by default the user's.
    eager: the runtime to get ready for the first run at once; the others get ready when a run comes, if it comes.
    """

    def __init__(
        self, size: int = 16, cache: Path | None = None, *, eager: Runtime | None = "javascript"
    ) -> None:
        folder = cache or cache_folder()
        self.pool = WorkerPool(size, folder)
        if eager:
            self.pool.start(eager)
        self._snapshots = SnapshotStore(self.pool, folder)

    def prepare(
        self, bundle: bytes, limits: Limits | None = None, runtime: Runtime = "javascript"
    ) -> Prepared:
        """Evaluate a bundle, or find its snapshot. Raises LimitError, SandboxUnavailable."""
        return self._snapshots.prepare(bundle, runtime, limits)

    def run(self, owner: str, request: RunRequest, serve: Serve, *, nested: bool = False) -> Finished:
        """Run one invocation in a worker of `owner`. nested: a run that holds a worker waits for this one."""
        return self.pool.run(owner, request, serve, nested=nested)

    def close(self) -> None:
        self.pool.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
