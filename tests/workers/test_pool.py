"""Workers that die, lie or disobey cost their own run and no other."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from policies.limits import Limits
from sandbox_host.errors import CallLimit
from sandbox_host.workers.pool import WorkerPool
from sandbox_host.workers.protocol import HEADER, USAGE, Channel, Kind
from sandbox_host.workers.run import RunRequest
from sandbox_host.workers.sandbox import Sandbox
from sandbox_host.workers.template_process import SandboxUnavailable
from sandbox_host.workers.worker_process import WorkerProcess

SPIN = "const end = {n}; let s = 0; for (let i = 0; i < end; i++) s += i; return s"


def value(finished) -> object:
    assert finished.result is not None, finished.limit
    return json.loads(finished.result)["value"]["body"]


def test_a_run_reports_its_result_and_its_usage(run):
    finished = run("return { a: 1 }")
    assert value(finished) == {"a": 1}
    assert finished.usage.cpu_ns > 0
    assert finished.usage.memory_bytes > 65_536


def test_host_calls_are_answered_in_order(run):
    asked: list[bytes] = []

    def serve(message: bytes) -> bytes:
        asked.append(message)
        return json.dumps({"ok": len(asked)}).encode()

    assert value(run("return [Settings.get('a'), Settings.get('b'), Settings.get('c')]", serve)) == [1, 2, 3]
    assert [json.loads(message)["args"]["key"] for message in asked] == ["a", "b", "c"]


def test_an_answer_of_megabytes_arrives_whole(run):
    text = "ä" * (2 << 20)
    got = run("return Settings.get('a').length", lambda message: json.dumps({"ok": text}).encode())
    assert value(got) == 2 << 20


def test_a_limit_raised_by_the_host_cannot_be_caught(run):
    def refuse(message: bytes) -> bytes:
        raise CallLimit("the run made more than 0 host calls")

    finished = run("for (;;) { try { Settings.get('a') } catch {} }", refuse)
    assert finished.limit is not None and finished.limit.name == "CallLimit"
    assert value(run("return 1")) == 1


def test_eight_runs_of_600_ms_cpu_each_all_finish_under_a_budget_of_one_second(run):
    probe = run(SPIN.format(n=2_000_000), cpu_ms=10_000).usage.cpu_ns
    body = SPIN.format(n=int(2_000_000 * 600e6 / probe))
    ended: list[object] = []
    threads = [threading.Thread(target=lambda: ended.append(run(body, cpu_ms=1_000))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [finished.limit for finished in ended] == [None] * 8
    assert all(finished.usage.cpu_ns > 300e6 for finished in ended)


def test_a_killed_worker_costs_its_own_run_only(run, sandbox):
    value(run("return 1", owner="victim"))
    [victim] = [worker for worker in sandbox.pool._idle if worker.owner == "victim"]
    others: list[object] = []

    def kill(message: bytes) -> bytes:
        os.kill(victim.pid, signal.SIGKILL)
        return b'{"ok":null}'

    other = threading.Thread(target=lambda: others.append(run(SPIN.format(n=3_000_000), owner="other")))
    other.start()
    finished = run("Settings.get('a'); return 1", kill, owner="victim")
    other.join()
    assert finished.limit is not None and finished.limit.name == "WorkerLost"
    assert others[0].limit is None
    assert value(run("return 2", owner="victim")) == 2


def test_a_worker_killed_while_idle_costs_nothing(sandbox, run):
    assert value(run("return 1", owner="idle")) == 1
    [worker] = [each for each in sandbox.pool._idle if each.owner == "idle"]
    os.kill(worker.pid, signal.SIGKILL)
    time.sleep(0.05)
    assert value(run("return 2", owner="idle")) == 2


def test_a_worker_belongs_to_one_tenant(sandbox, run):
    value(run("return 1", owner="a"))
    value(run("return 1", owner="b"))
    owners = {worker.owner: worker.pid for worker in sandbox.pool._idle}
    assert owners["a"] != owners["b"]


def test_with_one_worker_in_all_tenants_take_turns():
    with Sandbox(size=1) as small:
        snapshot = small.prepare(b'__backfill_modules({"src/jobs/x.ts": () => ({ run: () => 1 })})').snapshot
        message = b'{"op":"invoke","kind":"job","file":"src/jobs/x.ts","export":"run","input":null,"seed":[1,2,3,4]}'
        for owner in ("a", "b", "a"):
            request = RunRequest(snapshot, message, Limits(), time.monotonic() + 20, time.time_ns, 1)
            assert value(small.run(owner, request, lambda message: b"{}")) == 1


class FakeWorker:
    """A worker that says what the test wants instead of what it should."""

    def __init__(self, reply: Callable[[socket.socket, int], None]) -> None:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            ours.close()
            data = theirs.recv(1 << 20)
            while HEADER.unpack_from(data)[1] == Kind.LOAD:
                data = data[HEADER.size + HEADER.unpack_from(data)[0] :] or theirs.recv(1 << 20)
            run = HEADER.unpack_from(data)[2]
            reply(theirs, run)
            time.sleep(30)
            os._exit(0)
        theirs.close()
        self.pid = pid
        self.process = WorkerProcess(Channel(ours), os.pidfd_open(pid), pid, "t")

    def reap(self) -> int:
        return os.waitpid(self.pid, 0)[1]


def done(sock: socket.socket, run: int, result: bytes = b"{}") -> None:
    payload = USAGE.pack(1, 1) + result
    sock.sendall(HEADER.pack(len(payload), Kind.DONE, run) + payload)


LIES = {
    "garbage": lambda sock, run: sock.sendall(b"\xde\xad\xbe\xef" * 100),
    "an over-long frame": lambda sock, run: sock.sendall(HEADER.pack(1 << 31, Kind.DONE, run)),
    "a frame just over the cap": lambda sock, run: sock.sendall(
        HEADER.pack((1 << 20) + (65 << 10), Kind.CALL, run)
    ),
    "another run's result": lambda sock, run: done(sock, run + 1),
    "another run's call": lambda sock, run: sock.sendall(HEADER.pack(2, Kind.CALL, run + 7) + b"{}"),
    "a kind that only hosts send": lambda sock, run: sock.sendall(HEADER.pack(0, Kind.ANSWER, run)),
    "an unknown kind": lambda sock, run: sock.sendall(HEADER.pack(0, 999, run)),
    "half a frame, then nothing": lambda sock, run: (sock.sendall(b"\0" * 5), sock.close()),
    "nothing at all": lambda sock, run: sock.close(),
    "silence": lambda sock, run: None,
    "a result without usage": lambda sock, run: sock.sendall(HEADER.pack(3, Kind.DONE, run) + b"abc"),
    "a ready in the middle": lambda sock, run: sock.sendall(HEADER.pack(0, Kind.READY, run)),
}


@pytest.fixture
def request_of(sandbox):
    bundle = b'__backfill_modules({"src/jobs/x.ts": () => ({ run: () => 1 })})'
    snapshot = sandbox.prepare(bundle).snapshot
    return lambda: RunRequest(snapshot, b"{}", Limits(), time.monotonic() + 0.5, time.time_ns, 1)


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_worker_that_lies_is_killed_and_costs_its_own_run(lie, request_of, run):
    fake = FakeWorker(lie)
    finished = fake.process.run(request_of(), lambda message: b"{}")
    assert finished.result is None
    assert finished.limit is not None and finished.limit.name in ("WorkerLost", "WallLimit")
    assert fake.process.broken
    assert os.WIFSIGNALED(fake.reap())
    assert value(run("return 1")) == 1


def test_without_the_check_another_runs_result_would_be_taken(request_of, monkeypatch):
    """The guard, removed."""
    fake = FakeWorker(LIES["another run's result"])

    def unchecked(self, run, deadline):
        return self.channel.receive()

    monkeypatch.setattr(WorkerProcess, "_receive", unchecked)
    assert fake.process.run(request_of(), lambda message: b"{}").result == b"{}"
    fake.process.kill()
    fake.reap()


def test_a_worker_that_speaks_out_of_turn_is_not_used_again(request_of):
    def twice(sock: socket.socket, run: int) -> None:
        done(sock, run)
        done(sock, run + 1, b'{"ok":true,"value":"forged"}')

    fake = FakeWorker(twice)
    assert fake.process.run(request_of(), lambda message: b"{}").result == b"{}"
    time.sleep(0.05)
    assert not fake.process.quiet
    fake.process.kill()
    fake.reap()


def test_a_worker_that_does_not_obey_its_deadline_is_killed(request_of):
    fake = FakeWorker(LIES["silence"])
    started = time.monotonic()
    finished = fake.process.run(request_of(), lambda message: b"{}")
    assert finished.limit is not None and finished.limit.name == "WallLimit"
    assert time.monotonic() - started < 5
    assert os.WIFSIGNALED(fake.reap())


def test_an_error_in_the_host_kills_the_worker_and_passes_through(run):
    def broken(message: bytes) -> bytes:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        run("Settings.get('a')", broken)
    assert value(run("return 1")) == 1


def test_workers_end_with_their_host(tmp_path):
    """kill -9 of the host leaves no worker behind."""
    script = (
        "import time\nfrom sandbox_host.workers.pool import WorkerPool\n"
        "pool = WorkerPool()\npool.warm('t', 2)\n"
        "print(*[w.pid for w in pool._idle], flush=True)\ntime.sleep(60)\n"
    )
    host = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert host.stdout is not None
    pids = [int(pid) for pid in host.stdout.readline().split()]
    assert len(pids) == 2 and all(Path(f"/proc/{pid}").exists() for pid in pids)
    host.kill()
    host.wait()
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_closed_pool_runs_nothing():
    pool = WorkerPool()
    pool.close()
    with pytest.raises(SandboxUnavailable):
        pool.warm("t")
