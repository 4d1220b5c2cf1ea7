"""Python in jailed workers: beside JavaScript, never in the same one, and with time to be compiled."""

from __future__ import annotations

import json
import time

import pytest

from policies.limits import Limits
from sandbox_host.errors import CpuLimit, GuestBroke
from sandbox_host.kernels import runtimes
from sandbox_host.workers.run import RunRequest
from sandbox_host.workers.sandbox import Sandbox

JAVASCRIPT = b'__backfill_modules({"src/jobs/x.ts": () => ({ run: () => 1 })})'


def python(source: str, file: str = "src/jobs/x.py") -> bytes:
    return json.dumps({"files": {file: source}, "modules": [file]}).encode()


def run(sandbox: Sandbox, snapshot, file: str, tenant: str = "acme"):
    message = {
        "op": "invoke",
        "kind": "job",
        "file": file,
        "export": "run",
        "input": None,
        "seed": [1, 2, 3, 4],
    }
    request = RunRequest(
        snapshot, json.dumps(message).encode(), Limits(), time.monotonic() + 20, time.time_ns, 1
    )
    finished = sandbox.run(tenant, request, lambda call: b'{"ok":null}')
    assert finished.result is not None, finished.limit
    return json.loads(finished.result)["value"]["body"]


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(size=2) as made:
        yield made


def test_one_host_runs_both_languages_each_in_workers_of_its_own(sandbox):
    one = sandbox.prepare(JAVASCRIPT).snapshot
    other = sandbox.prepare(python("def run():\n    return 2\n"), runtime="python").snapshot
    for _ in range(3):
        assert run(sandbox, one, "src/jobs/x.ts") == 1
        assert run(sandbox, other, "src/jobs/x.py") == 2
    assert {worker.runtime for worker in sandbox.pool._idle} == {"javascript", "python"}


def test_the_same_bytes_are_another_snapshot_in_the_other_language(sandbox):
    bundle = python("def run():\n    return 3\n")
    first = sandbox.prepare(bundle, runtime="python")
    assert sandbox.prepare(bundle, runtime="python") is first
    with pytest.raises(GuestBroke):
        sandbox.prepare(bundle, runtime="javascript")


def functions(count: int) -> str:
    one = "def f{0}(a, b={0}):\n    return [a + b + {0} for _ in range(3)]\n\n\n"
    return "".join(one.format(number) for number in range(count)) + "def run():\n    return f1(1)\n"


def test_a_large_version_has_time_to_be_compiled(sandbox):
    snapshot = sandbox.prepare(python(functions(4000)), Limits(cpu_ms=200), "python").snapshot
    assert run(sandbox, snapshot, "src/jobs/x.py") == [3, 3, 3]


def test_with_the_time_of_a_run_alone_it_could_not_be_deployed(sandbox, monkeypatch):
    """The allowance, removed."""
    monkeypatch.setattr("sandbox_host.workers.snapshots.evaluation_limits", lambda runtime, limits: limits)
    with pytest.raises(CpuLimit):
        sandbox.prepare(python(functions(4001)), Limits(cpu_ms=200), "python")


def test_an_unknown_runtime_is_refused():
    with pytest.raises(ValueError, match='no runtime "ruby"'):
        runtimes.known("ruby")
