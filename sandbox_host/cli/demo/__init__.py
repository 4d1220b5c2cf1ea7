"""`backfill demo`: the Stripe example at work in the sandbox, explained as it goes.

1. `stage`: the example, a stand-in for Stripe and a thief's server on loopback, a state folder that goes away.
2. `steps`: what is shown, in `main_job` and `guards`. Each step checks what it says, and fails where it does
   not hold.
3. `narrator`: how it is told in a terminal. `books`: what the database holds, read from outside.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import sys
import time
from dataclasses import asdict, dataclass, field
from math import ceil
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from sandbox_host.capabilities.base import Json
from sandbox_host.cli.demo.narrator import Narrator
from sandbox_host.cli.demo.stage import STRIPE, DemoFailed, Stage
from sandbox_host.cli.demo.step import Step
from sandbox_host.cli.demo.steps import STEPS


@dataclass(slots=True)
class StepReport:
    """How one step went. figures: what it found, empty where it failed. error: what did not hold."""

    name: str
    ok: bool
    seconds: float
    figures: dict[str, Json] = field(default_factory=dict[str, Json])
    error: str | None = None


@dataclass(slots=True)
class DemoReport:
    """What `--json` prints.

    seconds: all of it, the sandbox's start included. egress_map: who answered for whom. ms_per_run: the median.
    error: what kept the demo from starting. next: commands to try.
    """

    ok: bool = False
    seconds: float = 0.0
    egress_map: dict[str, str] = field(default_factory=dict[str, str])
    runs: int = 0
    ms_per_run: float | None = None
    steps: list[StepReport] = field(default_factory=list[StepReport])
    next: list[str] = field(default_factory=list[str])
    error: str | None = None


def demo(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Show the sandbox at work on the Stripe example: offline, in a few seconds.

    Exit codes: 0 everything held, 1 a step did not do what it says.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    narrator = Narrator(quiet=as_json)
    report = DemoReport()
    started = time.perf_counter()
    narrator.welcome()
    try:
        with Stage.open() as stage:
            report.egress_map = stage.egress_map
            report.next = _next_commands(stage.example)
            narrator.egress_map(STRIPE, stage.provider.url)
            _perform(stage, narrator, report)
            times = [run.usage.wall_ms for run in stage.reports if run.usage.wall_ms]
            report.runs = len(times)
            report.ms_per_run = median(times) if times else None
    except KeyboardInterrupt:
        narrator.failed("stopped")
        raise typer.Exit(130) from None
    except Exception as error:
        report.error = _said(error)
        narrator.failed(report.error)
    report.ok = report.error is None and all(step.ok for step in report.steps)
    report.seconds = round(time.perf_counter() - started, 3)
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False))
    elif report.ok:
        _close(narrator, report)
    else:
        narrator.say("The demo stopped here, since it cannot show what did not happen.")
    if not report.ok:
        raise typer.Exit(1)


def invalid_arguments(message: str) -> str:
    """The answer to a command line that could not be read at all, as JSON."""
    return json.dumps(asdict(DemoReport(error=message)))


def _perform(stage: Stage, narrator: Narrator, report: DemoReport) -> None:
    """Every step in turn, up to the first that fails."""
    for number, step in enumerate(STEPS, 1):
        narrator.heading(f"{number}/{len(STEPS)}", step.title, step.intro)
        done = _run(step, stage, narrator)
        report.steps.append(done)
        if done.error is not None:
            narrator.failed(done.error)
            return


def _run(step: Step, stage: Stage, narrator: Narrator) -> StepReport:
    started = time.perf_counter()
    figures: dict[str, Json] = {}
    failure = None
    try:
        figures = step.run(stage, narrator)
    except Exception as error:
        failure = _said(error)
    return StepReport(step.name, failure is None, round(time.perf_counter() - started, 3), figures, failure)


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, DemoFailed) else f"{type(error).__name__}: {error}"


def _close(narrator: Narrator, report: DemoReport) -> None:
    found = {step.name: step.figures for step in report.steps}
    happened = (
        f"{found['sync']['records']} records came in. A forged delivery and {found['audit']['denials']} thefts "
        f"were refused, {found['observe']['writes']} changes were described and not made, and one changed bit "
        "was found."
    )
    took = (
        f"That was {report.runs} runs, each in a fresh sandbox, in {report.seconds:.1f} seconds. Half of them "
        f"took less than {ceil(report.ms_per_run or 0)} ms."
    )
    narrator.summary((happened, took))
    narrator.commands("Try next", report.next)


def _next_commands(example: Path) -> list[str]:
    folder = shlex.quote(min(str(example), os.path.relpath(example), key=len))
    return [
        f"backfill build {folder}",
        f'backfill invoke {folder} "POST /sync/customers" --secret api_key=YOUR_TEST_KEY --network --observe',
    ]
