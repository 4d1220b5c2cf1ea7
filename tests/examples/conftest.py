"""Runs of an example's entrypoints, as a script would ask for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox_host.cli import app
from sandbox_host.packages import Package, build
from sandbox_host.workers.evaluate import evaluator
from sandbox_host.workers.sandbox import Sandbox

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

Invoke = Callable[..., dict[str, Any]]


@pytest.fixture
def invoke(tmp_path: Path) -> Invoke:
    """Invoke an entry of an example with a state that lasts for the test; the report."""

    def run(example: str, entry: str, *options: str) -> dict[str, Any]:
        arguments = [
            "invoke",
            str(EXAMPLES / example),
            entry,
            *options,
            "--state",
            str(tmp_path / "state"),
            "--json",
        ]
        report = json.loads(CliRunner().invoke(app, arguments).stdout)
        assert report["ok"], report["error"]
        return report

    return run


@pytest.fixture
def evaluated() -> Package:
    """The tax extension, built."""
    with Sandbox(size=1) as sandbox:
        return build(EXAMPLES / "tax", evaluator(sandbox))
