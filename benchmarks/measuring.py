"""Timing things that are to be compared: interleaved, so that a noisy moment falls on all of them."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Act = Callable[[], object]
"""What is timed, from outside, unless it measured itself and answers with what it `Took`."""

Prepare = Callable[[int], Act]
"""Gets ready for one run, whose number it is handed, and returns what is timed."""

WARM_UP = 5


@dataclass(frozen=True, slots=True)
class Took:
    """What ran elsewhere and measured itself there, with the same clock."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result.

    quiet: the median of the quietest tenth of the run, for machines that others use too.
    p99, quiet: None where only a middle means something. target: None where none was set. ratio: to the row that
    its group is compared with. median: None where nothing could be measured, and then `note` says why.
    """

    group: str
    what: str
    unit: str
    median: float | None
    quiet: float | None = None
    p99: float | None = None
    per_second: float | None = None
    target: float | None = None
    ratio: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        return None if self.target is None or self.median is None else self.median <= self.target


def interleaved(cases: Mapping[str, Prepare], rounds: int, warm_up: int = WARM_UP) -> dict[str, list[float]]:
    """Run every case once per round, in a new order each time. Returns seconds, in the order of the rounds.

    warm_up: rounds before those that count.
    """
    samples: dict[str, list[float]] = {name: [] for name in cases}
    order = list(cases)
    shuffle = random.Random(1).shuffle
    for number in range(rounds + warm_up):
        shuffle(order)
        for name in order:
            act = cases[name](_next_run())
            started = time.perf_counter()
            done = act()
            elapsed = time.perf_counter() - started
            if number >= warm_up:
                samples[name].append(done.seconds if isinstance(done, Took) else elapsed)
    return samples


_runs = itertools.count(1)


def _next_run() -> int:
    return next(_runs)


def at_once(prepare: Prepare, threads: int, runs: int) -> float:
    """Runs per second with `threads` of them under way at any time."""
    mine = [[prepare(_next_run()) for _ in range(runs // threads)] for _ in range(threads)]
    ready = threading.Barrier(threads + 1)

    def work(acts: Sequence[Act]) -> None:
        ready.wait()
        for act in acts:
            act()

    workers = [threading.Thread(target=work, args=(acts,)) for acts in mine]
    for worker in workers:
        worker.start()
    ready.wait()
    started = time.perf_counter()
    for worker in workers:
        worker.join()
    return sum(map(len, mine)) / (time.perf_counter() - started)


def percentile(samples: Sequence[float], part: float) -> float:
    """The value that `part` of the samples do not exceed (nearest rank)."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def quietest(samples: Sequence[float]) -> float:
    """The lowest median of ten stretches of the samples, which are in the order in which they were taken."""
    length = max(1, len(samples) // 10)
    return min(
        percentile(samples[at : at + length], 0.5) for at in range(0, len(samples) - length + 1, length)
    )


def timing(
    group: str,
    what: str,
    seconds: Sequence[float],
    target: float | None = None,
    *,
    against: Sequence[float] | None = None,
) -> Figure:
    """Samples as a figure in milliseconds. per_second: of them, one after another. against: samples whose median
    is the unit of the ratio."""
    samples = [each * 1000 for each in seconds]
    median = percentile(samples, 0.5)
    ratio = median / 1000 / percentile(against, 0.5) if against else None
    if len(samples) == 1:
        return Figure(group, what, "ms", median, target=target, ratio=ratio)
    rate = 1000 * len(samples) / sum(samples)
    p99 = percentile(samples, 0.99)
    return Figure(group, what, "ms", median, quietest(samples), p99, rate, target, ratio)


def table(figures: Sequence[Figure]) -> str:
    """The figures as text, a block per group."""
    width = max(len(figure.what) for figure in figures) + 4
    lines: list[str] = []
    for group, each in itertools.groupby(figures, lambda figure: figure.group):
        members = list(each)
        compared = any(one.ratio is not None for one in members)
        head = f"{group:<{width}}{'median':>12}{'quiet':>9}{'p99':>9}{'per second':>12}"
        lines += ["", head + f"{'ratio' if compared else 'target':>10}"]
        for one in members:
            median = "" if one.median is None else f"{_number(one.median)} {one.unit}"
            last = _ratio(one.ratio) if compared else _number(one.target)
            lines.append(
                f"  {one.what:<{width - 2}}{median:>12}{_number(one.quiet):>9}{_number(one.p99):>9}"
                f"{_number(one.per_second):>12}{last:>10}  {_verdict(one)}".rstrip()
            )
    return "\n".join(lines[1:])


def _verdict(figure: Figure) -> str:
    return figure.note or {None: "", True: "reached", False: "missed"}[figure.met]


def _ratio(value: float | None) -> str:
    return "" if value is None else f"× {value:.2f}"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"
