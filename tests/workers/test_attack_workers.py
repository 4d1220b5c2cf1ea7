"""A worker that drips, and a cache that was damaged."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from policies.limits import Limits
from sandbox_host.workers.protocol import HEADER, Channel, Kind
from sandbox_host.workers.run import RunRequest
from sandbox_host.workers.sandbox import Sandbox
from sandbox_host.workers.worker_process import WorkerProcess

BUNDLE = b'__backfill_modules({"src/jobs/x.ts": () => ({ run: () => 1 })})'


def test_a_worker_that_sends_single_bytes_cannot_outlast_the_deadline(sandbox):
    """A timeout for each read would never be broken."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        theirs.recv(1 << 20)
        theirs.sendall(HEADER.pack(1 << 20, Kind.DONE, 1))
        for _ in range(100):
            theirs.sendall(b"x")
            time.sleep(0.1)
        os._exit(0)
    theirs.close()
    worker = WorkerProcess(Channel(ours), os.pidfd_open(pid), pid, "t")
    request = RunRequest(
        sandbox.prepare(BUNDLE).snapshot, b"{}", Limits(), time.monotonic() + 0.3, time.time_ns, 1
    )
    started = time.monotonic()
    finished = worker.run(request, lambda message: b"{}")
    os.waitpid(pid, 0)
    assert finished.limit is not None and finished.limit.name == "WallLimit"
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("pattern", ["*.cwasm", "prelude-*.js", "*.snapshot"])
@pytest.mark.parametrize("damage", ["short", "zeros", "empty", "fifo"])
def test_a_damaged_cache_is_made_again(tmp_path: Path, pattern: str, damage: str):
    tmp_path.chmod(0o700)
    with Sandbox(1, tmp_path) as first:
        first.prepare(BUNDLE)
    (file,) = tmp_path.glob(pattern)
    data = file.read_bytes()
    file.unlink()
    if damage == "fifo":
        os.mkfifo(file)
    else:
        file.write_bytes({"short": data[: len(data) // 2], "zeros": bytes(len(data)), "empty": b""}[damage])
    from sandbox_host.kernels.prelude import prelude

    prelude.cache_clear()
    with Sandbox(1, tmp_path) as second:
        assert b'"run"' in second.prepare(BUNDLE).description
    assert file.read_bytes()[:64] == data[:64]
