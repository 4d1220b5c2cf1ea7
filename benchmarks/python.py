"""How fast is a fresh invocation in Python, beside JavaScript and beside what people would use instead?

    python benchmarks/python.py [--quick] [--json] [--peer-python PATH]...

The customers handler as `invocation.py` runs it, written in Python, built by the product's own build. Everything
that is compared is run interleaved. The peers (see `peers`) run the same handler; what is not installed here, nor in
an interpreter named with --peer-python, is said and left out. A target that is missed is printed and is no failure:
machines differ.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import connector
import python_connector
from measuring import Act, Figure, Prepare, Took, interleaved, percentile, table, timing
from peers.peer import NAMES, Peer, PeerGone
from python_loop import loops
from rows import host_calls, memory, sizes_of
from subject import TENANT, Subject, Write, build_package

from sandbox_host.kernels.engine import Engine, cache_folder
from sandbox_host.kernels.kernel import Kernel
from sandbox_host.kernels.runtimes import Runtime, load_kernel
from sandbox_host.state import State
from sandbox_host.workers.sandbox import Sandbox

LINES = 900
QUICK_FUNCTIONS = {"small": 1, "lines": python_connector.functions_for(LINES)}
FUNCTIONS = QUICK_FUNCTIONS | {"large": 1_000}
BURST = 20

KERNEL_MS, AHEAD_MS = 2.2, 0.6
"""Of a fresh instance, and of one that is loaded ahead, as workers do between two runs."""
LARGER = 2
"""How many times as long as the small connector the one of 900 lines may take."""


@dataclasses.dataclass(frozen=True, slots=True)
class Bench:
    """What is compared. subjects: the connector in Python, by size. javascript: the small one in TypeScript."""

    folder: Path
    cache: Path
    sandbox: Sandbox
    subjects: Mapping[str, Subject]
    javascript: Subject

    @property
    def small(self) -> Subject:
        return self.subjects["small"]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--quick", action="store_true", help="a few runs of each, to see that it works")
    options.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_argument(
        "--peer-python",
        action="append",
        default=[],
        metavar="PATH",
        help="another interpreter to look for peers in; may be given several times",
    )
    chosen = options.parse_args()
    rounds = 3 if chosen.quick else 500
    with ExitStack() as closing:
        figures = list(_measure(rounds, chosen.quick, chosen.peer_python, closing))
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    if chosen.json:
        lines = [{**dataclasses.asdict(figure), "met": figure.met} for figure in figures]
        print(json.dumps({"machine": machine, "rounds": rounds, "figures": lines}))
    else:
        print(f"{machine}; {rounds} rounds, interleaved\n\n{table(figures)}")


def _measure(rounds: int, quick: bool, pythons: Sequence[str], closing: ExitStack) -> Iterator[Figure]:
    folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="backfill-bench-")))
    # Compiling CPython takes longer than all of a quick look.
    cache = cache_folder() if quick else _new(folder / "cache")
    if not quick:
        yield timing("cold start", "first start on a machine, compiling CPython", [_start(cache)])
    bench = _prepare(folder, cache, QUICK_FUNCTIONS if quick else FUNCTIONS, closing)
    yield from _cold_start(bench, max(1, rounds // 50))
    yield from _invocations(bench, rounds)
    yield from host_calls(bench.small, max(2, rounds // 5))
    yield from memory(bench.small, cache, rounds)
    yield from loops(bench.small, max(2, rounds // 10))
    for size, what in (("small", "the handlers alone"), ("lines", f"{LINES} lines")):
        yield from _beside_peers(bench.subjects[size], bench.javascript, size, what, rounds, pythons)


def _prepare(folder: Path, cache: Path, sizes: Mapping[str, int], closing: ExitStack) -> Bench:
    sandbox = closing.enter_context(Sandbox(size=4, cache=cache, eager="python"))
    state = closing.enter_context(State.open(folder / "state"))
    engine = Engine(cache)
    kernels: dict[Runtime, Kernel] = {one: load_kernel(one, engine) for one in ("python", "javascript")}
    engine.start_ticker()

    def load(runtime: Runtime, name: str, functions: int, write: Write) -> Subject:
        package = build_package(folder / name, sandbox, functions, write)
        return Subject.load(package, sandbox, kernels[runtime], state)

    subjects = {
        size: load("python", size, functions, python_connector.write_project)
        for size, functions in sizes.items()
    }
    javascript = load("javascript", "javascript", FUNCTIONS["small"], connector.write_project)
    return Bench(folder, cache, sandbox, subjects, javascript)


def _invocations(bench: Bench, rounds: int) -> Iterator[Figure]:
    small, javascript = bench.small, bench.javascript
    cases: dict[str, Prepare] = {
        "ahead": small.loaded_ahead,
        "worker": small.in_worker,
        "no audit": small.without_audit,
        "javascript": javascript.in_kernel,
        "javascript host": javascript.through_host,
    }
    for size, one in bench.subjects.items():
        cases[f"kernel {size}"] = one.in_kernel
        cases[f"host {size}"] = one.through_host
    seconds = interleaved(cases, rounds)
    group = "a fresh Python invocation, the handlers alone"
    yield timing(group, "kernel alone", seconds["kernel small"], KERNEL_MS)
    yield timing(group, "kernel alone, instance loaded ahead", seconds["ahead"], AHEAD_MS)
    yield timing(group, "worker, calls answered at once", seconds["worker"])
    yield timing(group, "worker, broker, commit; no audit", seconds["no audit"])
    yield timing(group, "worker, broker, commit, audit", seconds["host small"])
    group = "the same with nothing else in turn: caches stay warm"
    alone = interleaved({"fresh": small.in_kernel, "ahead": small.loaded_ahead}, rounds)
    yield timing(group, "kernel alone, in turn with the next", alone["fresh"], KERNEL_MS)
    yield timing(group, "kernel alone, instance loaded ahead, warm", alone["ahead"], AHEAD_MS)
    group = "the same in JavaScript"
    yield timing(group, "JavaScript: kernel alone", seconds["javascript"])
    yield timing(group, "JavaScript: worker, broker, commit, audit", seconds["javascript host"])
    group = "the same by size of bundle and snapshot"
    twice = LARGER * percentile(seconds["kernel small"], 0.5) * 1000
    for size, one in bench.subjects.items():
        sizes = f"{LINES} lines, {sizes_of(one)}" if size == "lines" else sizes_of(one)
        target = twice if size == "lines" else None
        yield timing(group, f"kernel alone: {sizes}", seconds[f"kernel {size}"], target)
        yield timing(group, f"with audit: {sizes}", seconds[f"host {size}"])


def _cold_start(bench: Bench, rounds: int) -> Iterator[Figure]:
    group = "cold start"
    yield timing(group, "start the template and a first worker", [_start(bench.cache) for _ in range(rounds)])
    owners = iter(range(1_000_000))
    with Sandbox(size=1, cache=bench.cache, eager="python") as sandbox:
        sandbox.pool.warm(TENANT, runtime="python")

        def fork(run: int) -> Act:
            return lambda: sandbox.pool.warm(f"{TENANT} {next(owners)}", runtime="python")

        # Each bundle is a little different, so that no earlier snapshot answers.
        def evaluate(size: str) -> Prepare:
            bundle = bench.subjects[size].version.package.bundle
            return lambda run: _evaluation(sandbox, bundle[:-1] + b',"never":%d}' % time.time_ns())

        def build(run: int) -> Act:
            project = python_connector.write_project(bench.folder / f"build {run}", FUNCTIONS["lines"])
            (project / "src" / "lib" / "never.py").write_text(f"NEVER = {time.time_ns()}\n")
            return lambda: build_package(project, sandbox, 0, _written)

        cases: dict[str, Prepare] = {
            "fork": fork, "small": evaluate("small"), "lines": evaluate("lines"), "build": build,
        }  # fmt: skip
        seconds = interleaved(cases, rounds, warm_up=1)
    yield timing(group, "fork a worker into its jail", seconds["fork"])
    yield timing(group, "evaluate the handlers alone, keep the snapshot", seconds["small"])
    yield timing(group, f"evaluate {LINES} lines, keep the snapshot", seconds["lines"])
    yield timing(group, f"build {LINES} lines: check, evaluate, pack", seconds["build"])


def _beside_peers(
    subject: Subject, javascript: Subject, size: str, what: str, rounds: int, pythons: Sequence[str]
) -> Iterator[Figure]:
    """The kernel, and every peer that is there, on the same pages. Back to back: a burst of runs without a gap."""
    group = f"beside others, {what}, ratio to our kernel"
    functions = FUNCTIONS[size]
    ours: dict[str, Prepare] = {
        "Backfill, Python, kernel": subject.in_kernel,
        "Backfill, Python, in a jailed worker": subject.in_worker,
    }
    if size == "small":
        ours["Backfill, JavaScript, kernel"] = javascript.in_kernel
    with ExitStack() as closing:
        peers = [closing.enter_context(Peer.start(name, functions, pythons)) for name in NAMES]
        for peer in peers:
            _expect_the_same(peer, subject)
        while True:
            there = [peer for peer in peers if not peer.absent]
            try:
                singly = interleaved(ours | {peer.what: peer.once for peer in there}, rounds)
                bursts: dict[str, Prepare] = {name: _burst(prepare) for name, prepare in ours.items()}
                bursts |= {peer.what: _peer_burst(peer) for peer in there}
                joined = interleaved(bursts, max(2, rounds // BURST))
                break
            except PeerGone as gone:
                gone.peer.absent = gone.why
    first = next(iter(ours))
    for seconds, suffix in ((singly, ""), (joined, ", back to back")):
        for name, samples in seconds.items():
            yield timing(group, f"{name}{suffix}", samples, against=seconds[first])
    for peer in peers:
        if peer.absent:
            yield Figure(group, peer.what, "ms", None, note=peer.absent)


def _expect_the_same(peer: Peer, subject: Subject) -> None:
    """A peer that answers something else is not compared."""
    try:
        if not peer.absent and any(peer.customers(run) != subject.customers(run) for run in range(1, 6)):
            peer.absent = "gives another answer"
    except PeerGone as gone:
        peer.absent = gone.why


def _burst(prepare: Prepare) -> Prepare:
    def prepared(run: int) -> Act:
        acts = [prepare(run) for _ in range(BURST)]

        def act() -> Took:
            started = time.perf_counter()
            for one in acts:
                one()
            return Took((time.perf_counter() - started) / BURST)

        return act

    return prepared


def _peer_burst(peer: Peer) -> Prepare:
    return lambda run: peer.burst(run, BURST)


def _evaluation(sandbox: Sandbox, bundle: bytes) -> Act:
    return lambda: sandbox.prepare(bundle, runtime="python")


def _written(folder: Path, functions: int) -> Path:
    """A `Write` for a project that is there."""
    return folder


def _new(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder


def _start(cache: Path) -> float:
    started = time.perf_counter()
    with Sandbox(size=1, cache=cache, eager="python") as sandbox:
        sandbox.pool.warm(TENANT, runtime="python")
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
