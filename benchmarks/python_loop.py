"""What the language policy costs a handler that computes: one loop, compiled with it and without."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from measuring import Act, Figure, Prepare, Took, interleaved, timing
from python_connector import LOOP_FILE, WORK
from subject import SEED, Subject, invoke_message, kernel_budget

from sandbox_host.kernels.kernel import Kernel
from sandbox_host.kernels.snapshot import Snapshot

FEW, MANY = 100, 2_100
_PER = 1_000
_BARE = """
import json
from wit_world import host_call

space = {}

def main(text):
    message = json.loads(text)
    if message["op"] == "bundle":
        exec(compile(message["bundle"]["work"], "work.py", "exec"), space)
    if message["op"] == "describe":
        return "{}"
    if message["op"] == "invoke":
        result = {"ok": True, "value": space["work"](message["input"]["body"]["times"])}
        host_call('{"capability":"$result","args":' + json.dumps(result, separators=(",", ":")) + "}")
    return ""
"""
"""A prelude with no policy: what it is handed is compiled as it stands."""


def loops(subject: Subject, rounds: int) -> Iterator[Figure]:
    """The CPU time of a thousand turns: the slope between runs with few and with many."""
    guarded = subject.in_this_process
    with _without_policy(subject.kernel) as bare:
        cases: dict[str, Prepare] = {}
        for name, snapshot in (("bare", bare), ("policy", guarded)):
            for times in (FEW, MANY):
                cases[f"{name} {times}"] = _case(subject.kernel, snapshot, times)
        seconds = interleaved(cases, rounds)
    group = "a loop that computes, CPU of a thousand turns"

    def slopes(name: str) -> list[float]:
        pairs = zip(seconds[f"{name} {FEW}"], seconds[f"{name} {MANY}"], strict=True)
        return [(many - few) / (MANY - FEW) * _PER for few, many in pairs]

    without = slopes("bare")
    yield timing(group, "CPython in wasm, no policy", without, against=without)
    yield timing(group, "the same under our policy of RestrictedPython", slopes("policy"), against=without)


def _case(kernel: Kernel, snapshot: Snapshot, times: int) -> Prepare:
    def prepare(run: int) -> Act:
        message = invoke_message(LOOP_FILE, json.dumps({"times": times}).encode(), run)
        budget = kernel_budget()

        def act() -> Took:
            outcome = kernel.run(snapshot, message, _no_host, time.time_ns(), SEED, budget)
            if not outcome.result.startswith(b'{"ok":true'):
                raise RuntimeError(f"the measured run failed: {outcome.result!r}")
            return Took(outcome.cpu_ns / 1e9)

        return act

    return prepare


def _no_host(message: bytes) -> tuple[bytes, int]:
    raise RuntimeError("the loop calls no host")


@contextmanager
def _without_policy(kernel: Kernel) -> Iterator[Snapshot]:
    prelude = json.dumps({"backfill_guest": "", "backfill_guest.main": _BARE}).encode()
    image = kernel.evaluate(prelude, json.dumps({"work": WORK}).encode(), time.time_ns(), kernel_budget())
    fd = os.memfd_create("without-policy")
    try:
        with open(fd, "wb", closefd=False) as file:
            file.write(image.memory)
        yield Snapshot(fd, len(image.memory), image.main, image.scratch)
    finally:
        os.close(fd)
