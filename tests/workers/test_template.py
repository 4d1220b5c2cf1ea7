"""A template that answers late, wrongly or never: what it says about one request is never taken for another's."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time

import pytest

from sandbox_host.workers import template_process
from sandbox_host.workers.pool import WorkerPool
from sandbox_host.workers.protocol import HEADER, Kind
from sandbox_host.workers.template_process import SandboxUnavailable, TemplateProcess


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(template_process, "START_S", 0.4)


class LateTemplate:
    """Answers the first request after its time is over, and the second at once; each with a process of its own."""

    def __init__(self) -> None:
        ours, self._theirs = socket.socketpair()
        self.forked = [subprocess.Popen(["sleep", "30"]) for _ in range(2)]
        self.process = TemplateProcess(subprocess.Popen(["sleep", "30"]), ours, "javascript")
        self._serving = threading.Thread(target=self._serve)
        self._serving.start()

    def _serve(self) -> None:
        ends: list[int] = []
        for number, child in enumerate(self.forked):
            request, fds, _, _ = socket.recv_fds(self._theirs, 4, 1)
            if not request:
                return
            ends += fds
            if number == 0:
                time.sleep(0.6)
            else:
                os.write(fds[0], HEADER.pack(0, Kind.READY, 0))
            pidfd = os.pidfd_open(child.pid)
            socket.send_fds(self._theirs, [str(child.pid).encode()], [pidfd])
            os.close(pidfd)

    def close(self) -> None:
        self._theirs.shutdown(socket.SHUT_RD)
        self._serving.join()
        for child in self.forked:
            child.kill()
            child.wait()


@pytest.fixture
def late():
    made = LateTemplate()
    yield made
    made.close()


def test_after_a_request_that_timed_out_a_template_is_used_no_more(late):
    assert late.process.usable
    with pytest.raises(SandboxUnavailable, match="no worker could be started"):
        late.process.fork("a")
    assert not late.process.usable


def test_without_that_rule_the_late_answer_would_be_the_next_request_s(late):
    """The guard, removed: the second worker's process is the first one's."""
    with pytest.raises(SandboxUnavailable):
        late.process.fork("a")
    time.sleep(0.4)
    worker = late.process.fork("b")
    assert worker.pid == late.forked[0].pid != late.forked[1].pid
    worker.kill()
    assert late.forked[0].wait() == -signal.SIGKILL and late.forked[1].poll() is None


@pytest.fixture
def pool(monkeypatch):
    monkeypatch.setattr(template_process, "START_S", 20.0)
    made = WorkerPool()
    made.warm("before")
    yield made
    made.close()


def freeze(pool) -> subprocess.Popen[bytes]:
    template = pool._templates["javascript"]._process
    os.kill(template.pid, signal.SIGSTOP)
    pool._templates["javascript"]._control.settimeout(0.3)
    return template


def test_the_pool_replaces_it(pool):
    frozen = freeze(pool)
    with pytest.raises(SandboxUnavailable):
        pool.warm("a")
    os.kill(frozen.pid, signal.SIGCONT)
    pool.warm("b")
    assert pool._templates["javascript"]._process.pid != frozen.pid
    assert {worker.owner for worker in pool._idle} == {"before", "b"}
    assert pool._total == 2


def test_it_lives_as_long_as_its_workers_and_no_longer(pool):
    frozen = freeze(pool)
    [before] = pool._idle
    with pytest.raises(SandboxUnavailable):
        pool.warm("a")
    pool.warm("b")
    assert before.quiet and frozen.poll() is None, "a worker at work goes on"
    pool._idle.remove(before)
    before.kill()
    del before
    assert frozen.poll() == -signal.SIGKILL


@pytest.mark.parametrize("answer", [b"dead", b"", b"not a number"])
def test_an_answer_that_is_none_is_said_plainly(answer):
    ours, theirs = socket.socketpair()
    template = TemplateProcess(subprocess.Popen(["sleep", "30"]), ours, "javascript")
    if answer:
        theirs.sendall(answer)
    else:
        theirs.shutdown(socket.SHUT_RDWR)
    with pytest.raises(SandboxUnavailable):
        template.fork("a")
    assert not template.usable
    theirs.close()


def test_a_worker_that_is_never_ready_is_ended():
    ours, theirs = socket.socketpair()
    child = subprocess.Popen(["sleep", "30"])
    template = TemplateProcess(subprocess.Popen(["sleep", "30"]), ours, "javascript")
    socket.send_fds(theirs, [str(child.pid).encode()], [os.pidfd_open(child.pid)])
    with pytest.raises(SandboxUnavailable, match="before it was ready"):
        template.fork("a")
    assert child.wait() == -signal.SIGKILL
    assert template.usable, "its own answer was in step"
    theirs.close()
