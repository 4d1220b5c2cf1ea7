"""How fast is a fresh invocation?

    python benchmarks/invocation.py [--quick] [--json]

The customers handler of a connector with some 3,000 functions, built by the product's own build, from its
request to its report. Everything that is compared is run interleaved. A target that is missed is printed and is
no failure: machines differ.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import platform
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from measuring import Act, Figure, Prepare, at_once, interleaved, table, timing
from rows import host_calls, memory, sizes_of
from subject import TENANT, Subject, build_package

from sandbox_host.assets import asset
from sandbox_host.kernels.engine import Engine
from sandbox_host.kernels.javascript import JavaScriptKernel
from sandbox_host.state import State
from sandbox_host.workers.sandbox import Sandbox

FUNCTIONS = (1, 2_800, 27_000)
"""How many functions make a bundle of 6 KB (the handlers alone), 300 KB and 3 MB."""

QUICK_FUNCTIONS = (1, 300, 1_000)
KERNEL_MS, HOST_MS = 0.6, 2.0


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--quick", action="store_true", help="a few runs of each, to see that it works")
    options.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = options.parse_args()
    rounds = 5 if chosen.quick else 500
    with ExitStack() as closing:
        figures = list(_measure(rounds, QUICK_FUNCTIONS if chosen.quick else FUNCTIONS, closing))
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    if chosen.json:
        lines = [{**dataclasses.asdict(figure), "met": figure.met} for figure in figures]
        print(json.dumps({"machine": machine, "rounds": rounds, "figures": lines}))
    else:
        print(f"{machine}; {rounds} rounds, interleaved\n\n{table(figures)}")


def _measure(rounds: int, functions: Sequence[int], closing: ExitStack) -> Iterator[Figure]:
    folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="backfill-bench-")))
    cache = _new(folder / "cache")
    sandbox = closing.enter_context(Sandbox(size=4, cache=cache))
    state = closing.enter_context(State.open(folder / "state"))
    engine = Engine(cache)
    kernel = JavaScriptKernel.load(engine, asset("quickjs.wasm"))
    engine.start_ticker()
    subjects = [
        Subject.load(build_package(folder / f"{count}", sandbox, count), sandbox, kernel, state)
        for count in functions
    ]
    subject = subjects[1]
    yield from _invocations(subjects, rounds)
    yield from host_calls(subject, max(2, rounds // 5))
    yield from _throughput(subject, rounds)
    yield from memory(subject, cache, rounds)
    yield from _cold_start(subject, functions[1], folder, max(1, rounds // 50))


def _invocations(subjects: Sequence[Subject], rounds: int) -> Iterator[Figure]:
    subject = subjects[1]
    cases: dict[str, Prepare] = {
        "ahead": subject.loaded_ahead,
        "worker": subject.in_worker,
        "no audit": subject.without_audit,
    }
    for size, one in enumerate(subjects):
        cases[f"kernel {size}"] = one.in_kernel
        cases[f"host {size}"] = one.through_host
    seconds = interleaved(cases, rounds)
    group = f"a fresh invocation, bundle of {len(subject.version.package.bundle) / 1000:.0f} KB"
    yield timing(group, "kernel alone", seconds["kernel 1"], KERNEL_MS)
    yield timing(group, "kernel alone, instance loaded ahead", seconds["ahead"])
    yield timing(group, "worker, calls answered at once", seconds["worker"])
    yield timing(group, "worker, broker, commit; no audit", seconds["no audit"])
    yield timing(group, "worker, broker, commit, audit", seconds["host 1"], HOST_MS)
    group = "the same by size of bundle and snapshot"
    for size, one in enumerate(subjects):
        yield timing(group, f"kernel alone: {sizes_of(one)}", seconds[f"kernel {size}"], KERNEL_MS)
        yield timing(group, f"with audit: {sizes_of(one)}", seconds[f"host {size}"], HOST_MS)


def _throughput(subject: Subject, rounds: int) -> Iterator[Figure]:
    for threads in (1, 2, 4):
        runs = max(rounds, 2 * threads)
        at_once(subject.through_host, threads, 2 * threads)
        rate = max(at_once(subject.through_host, threads, runs) for _ in range(3))
        what = f"{threads} at once, time per run" if threads > 1 else "one after another, time per run"
        yield Figure("throughput with audit, of one host process", what, "ms", 1000 / rate, per_second=rate)


def _cold_start(subject: Subject, functions: int, folder: Path, rounds: int) -> Iterator[Figure]:
    group = "cold start"
    bundle = subject.version.package.bundle
    cache = _new(folder / "another cache")
    yield timing(group, "first start on a machine, compiling QuickJS", [_start(cache)])
    yield timing(group, "start the template and a first worker", [_start(cache) for _ in range(rounds)])
    fresh = itertools.count(1)
    with Sandbox(size=1, cache=cache) as sandbox:
        sandbox.pool.warm(TENANT)
        # Each bundle is a little different, so that no earlier snapshot answers.
        cases: dict[str, Prepare] = {
            "fork": lambda run: lambda: sandbox.pool.warm(f"{TENANT} {run}"),
            "evaluate": lambda run: lambda: sandbox.prepare(bundle + b"\n// %d" % run),
            "build": lambda run: _build(folder / f"build {run}", sandbox, functions + next(fresh)),
        }
        seconds = interleaved(cases, rounds)
    yield timing(group, "fork a worker into its jail", seconds["fork"])
    yield timing(group, "evaluate the bundle in a worker, keep its snapshot", seconds["evaluate"])
    yield timing(group, "build: check, bundle, evaluate, pack", seconds["build"])


def _new(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder


def _start(cache: Path) -> float:
    started = time.perf_counter()
    with Sandbox(size=1, cache=cache) as sandbox:
        sandbox.pool.warm(TENANT)
        return time.perf_counter() - started


def _build(folder: Path, sandbox: Sandbox, functions: int) -> Act:
    return lambda: build_package(folder, sandbox, functions)


if __name__ == "__main__":
    main()
