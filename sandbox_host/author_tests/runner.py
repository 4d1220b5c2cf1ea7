"""Runs an author's tests with Node's own test runner, each file in a process of its own.

They are the author's code on the author's machine and run there like any other program of theirs: nothing here
confines them. What the SDK does in them stays in memory.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from sandbox_host.author_tests.kit import test_kit
from sandbox_host.author_tests.node import node
from sandbox_host.author_tests.problems import TestsCannotRun
from sandbox_host.author_tests.project import Prepared
from sandbox_host.kernels.engine import cache_folder
from sandbox_host.packages.problems import Problem

_OF_NODE = ("NODE_OPTIONS", "NODE_PATH", "NODE_TEST_CONTEXT", "NODE_V8_COVERAGE")


@dataclass(frozen=True, slots=True)
class Test:
    """One test that ended. file: from the project's folder. error: `message` and `stack`, or None."""

    __test__ = False

    name: str
    file: str
    line: int
    outcome: Literal["passed", "failed", "skipped"]
    duration_ms: float
    error: dict[str, str] | None


def run_tests(prepared: Prepared, folder: Path, *, quiet: bool) -> list[Test]:
    """Run every test file. folder: one of ours. quiet: show nothing of what the runner prints.

    Raises TestsCannotRun where Node is missing or stops without having run anything.
    """
    kit = test_kit(cache_folder())
    events = folder / "events"
    command = [
        str(node()), "--enable-source-maps", "--no-warnings", f"--import={kit / 'setup.js'}", "--test",
        "--test-reporter=spec", "--test-reporter-destination=stdout",
        f"--test-reporter={kit / 'reporter.js'}", f"--test-reporter-destination={events}",
        *prepared.tests,
    ]  # fmt: skip
    env = {name: value for name, value in os.environ.items() if name not in _OF_NODE}
    env["BACKFILL_TEST_PROJECT"] = str(prepared.layout)
    done = subprocess.run(
        command,
        cwd=prepared.root,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=quiet,
        text=quiet,
        check=False,
    )
    lines = events.read_text(encoding="utf-8").splitlines() if events.is_file() else []
    tests = [_test(json.loads(line), prepared.root) for line in lines]
    if not tests or (done.returncode != 0 and all(test.outcome != "failed" for test in tests)):
        said = str(done.stderr or done.stdout or "").strip()[-2000:]
        raise TestsCannotRun(Problem("node", None, f"stopped with status {done.returncode} {said}".rstrip()))
    return tests


def _test(event: dict[str, Any], root: Path) -> Test:
    file = Path(event["file"] or event["name"])
    shown = file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
    return Test(
        name=event["name"],
        file=shown,
        line=event["line"],
        outcome=cast("Literal['passed', 'failed', 'skipped']", event["outcome"]),
        duration_ms=round(event["duration_ms"], 3),
        error=event["error"],
    )
