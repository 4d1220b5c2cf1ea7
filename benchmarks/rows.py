"""The rows that are the same for every language: host calls, and the memory of a worker."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import provider
from measuring import Figure, Prepare, interleaved, percentile, quietest
from processes import memory_kb, workers
from subject import Subject

from sandbox_host.workers.sandbox import Sandbox

FEW, MANY = 5, 45

CALLS = {
    "settings": "Settings.get (decision kept until the next commit)",
    "secrets": "Secrets.get (decision committed first)",
    "http": "Http.get, stub egress (decision committed first)",
}

CALL_MS = 0.15


def sizes_of(subject: Subject) -> str:
    """How large a version is: its bundle, and its snapshot."""
    version = subject.version
    return f"{len(version.package.bundle) / 1000:.0f} KB, {version.snapshot.size / 1e6:.1f} MB"


def host_calls(subject: Subject, rounds: int) -> Iterator[Figure]:
    """What one host call costs: the slope between runs with few and with many."""
    cases: dict[str, Prepare] = {
        f"{call} {count}": _repeated(subject, call, count) for call in CALLS for count in (FEW, MANY)
    }
    seconds = interleaved(cases, rounds)
    for call, what in CALLS.items():
        pairs = zip(seconds[f"{call} {FEW}"], seconds[f"{call} {MANY}"], strict=True)
        slopes = [(many - few) / (MANY - FEW) * 1000 for few, many in pairs]
        group = "one host call through worker, policy and audit"
        middle, high = percentile(slopes, 0.5), percentile(slopes, 0.99)
        yield Figure(group, what, "ms", middle, quietest(slopes), high, target=CALL_MS)


def _repeated(subject: Subject, call: str, count: int) -> Prepare:
    return lambda run: subject.calls(call, count)


def memory(subject: Subject, cache: Path, rounds: int) -> Iterator[Figure]:
    """What a worker holds idle, and what a run adds to it, at the run's last host call."""
    before = workers()
    with Sandbox(size=1, cache=cache, eager=subject.version.package.language.runtime) as sandbox:
        alone = dataclasses.replace(subject, sandbox=sandbox)
        for run in range(20):
            alone.in_worker(run)()
        (worker,) = workers() - before
        idle = memory_kb(worker, "Private_Dirty")
        added = [_memory_of_a_run(alone, worker, run) for run in range(20, 20 + min(rounds, 20))]
    measured = [each for each in added if each is not None]
    if idle is None or not measured:
        return
    group = "memory of one process"
    yield Figure(group, "an idle worker, private", "KB", idle)
    yield Figure(group, "a live invocation, above that", "KB", percentile(measured, 0.5))


def _memory_of_a_run(subject: Subject, worker: int, run: int) -> int | None:
    live: int | None = None

    def serve(message: bytes) -> bytes:
        nonlocal live
        live = memory_kb(worker, "Anonymous")
        return provider.answer(message)

    idle = memory_kb(worker, "Anonymous")
    subject.in_worker(run, serve)()
    return None if idle is None or live is None else live - idle
