"""What a step of the demo is, and how it checks what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox_host.capabilities.base import Json
from sandbox_host.cli.demo.narrator import Narrator
from sandbox_host.cli.demo.stage import DemoFailed, Stage
from sandbox_host.report import RunReport

Figures = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Step:
    """run: does it, tells it, returns its figures, and raises DemoFailed where something is not as it says."""

    name: str
    title: str
    intro: str
    run: Callable[[Stage, Narrator], Figures]


def check(so: bool, otherwise: str) -> None:
    """Raises DemoFailed with `otherwise` where it is not so."""
    if not so:
        raise DemoFailed(otherwise)


def answer(report: RunReport, status: int, what: str) -> Any:
    """The body of a run's answer. Raises DemoFailed where the run failed or answered with another status."""
    if report.response is None:
        error = report.error
        raise DemoFailed(f"{what} failed: {error.name}: {error.message}" if error else f"{what} failed")
    check(
        report.response.status == status, f"{what} was answered with {report.response.status}, not {status}"
    )
    return report.response.body


def as_bytes(value: Any) -> bytes:
    """A request's body."""
    return json.dumps(value).encode()
