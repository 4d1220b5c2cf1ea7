"""How long the process lives that workers are forked from: as long as its host, whichever thread started it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading

import pytest

from sandbox_host.workers.pool import WorkerPool

HOST = """
import os, sys
from sandbox_host.workers.pool import WorkerPool

pool = WorkerPool(1)
pool.warm("tenant")
[template] = pool._templates.values()
[worker] = pool._idle
print(template._process.pid, worker.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("runtime", ["javascript", "python"])
def test_it_outlives_the_thread_that_started_it(runtime):
    pool = WorkerPool(1)
    try:
        first = threading.Thread(target=pool.warm, args=("tenant", 1, runtime))
        first.start()
        first.join()
        template, [worker] = pool._templates[runtime], pool._idle
        ended = select.poll()
        ended.register(worker._pidfd, select.POLLIN)
        assert ended.poll(100) == [] and template.usable
    finally:
        pool.close()


def test_it_ends_with_a_host_that_is_killed_and_so_do_its_workers():
    host = subprocess.Popen([sys.executable, "-c", HOST], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert host.stdout is not None
    pidfds = [os.pidfd_open(int(pid)) for pid in host.stdout.readline().split()]
    host.kill()
    host.wait()
    for pidfd in pidfds:
        ended, _, _ = select.select([pidfd], [], [], 10)
        assert ended
        os.close(pidfd)
