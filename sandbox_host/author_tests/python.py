"""Runs the tests of a project in Python with pytest.

They are the author's code on the author's machine and run there like any other program of theirs: nothing here
confines them. What the SDK does in them stays in memory.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

from guest_sdk.testing.recording import RECORD
from sandbox_host.author_tests.problems import TestsCannotRun
from sandbox_host.author_tests.runner import Test
from sandbox_host.packages.problems import Problem

_PASSED, _FAILED, _NO_TESTS = 0, 1, 5
"""Of pytest's exit codes, those after which it has looked at every test
(https://docs.pytest.org/en/stable/reference/exit-codes.html)."""
_INTERRUPTED = 2
_OF_PYTEST = ("PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER", RECORD)


def run_python_tests(path: Path, folder: Path, record: Path | None, *, quiet: bool) -> list[Test]:
    """Run every test file. folder: one of ours. record: where calls are to be recorded. quiet: show nothing of what
    pytest prints.

    Raises TestsCannotRun where pytest is missing, or stops without having run anything.
    """
    if importlib.util.find_spec("pytest") is None:
        wrong = "is not installed beside backfill; run pip install pytest, or run it where it is installed"
        raise TestsCannotRun(Problem("pytest", None, wrong))
    root, report = path.resolve(), folder / "report.xml"
    command = [sys.executable, "-m", "pytest", f"--junitxml={report}", "-o", "junit_family=xunit1"]
    env = {name: value for name, value in os.environ.items() if name not in _OF_PYTEST}
    if record is not None:
        env[RECORD] = str(record)
    done = subprocess.run(
        command,
        cwd=root,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=quiet,
        text=quiet,
        check=False,
    )
    tests = [_test(case) for case in ElementTree.parse(report).iter("testcase")] if report.is_file() else []
    if done.returncode == _NO_TESTS:
        raise TestsCannotRun(Problem("test/", None, "holds no test; write one as test/test_NAME.py"))
    if not tests or done.returncode not in (_PASSED, _FAILED, _INTERRUPTED):
        said = str(done.stderr or done.stdout or "").strip()[-2000:]
        raise TestsCannotRun(
            Problem("pytest", None, f"stopped with status {done.returncode} {said}".rstrip())
        )
    return tests


def _test(case: ElementTree.Element) -> Test:
    wrong = next((one for one in (case.find("failure"), case.find("error")) if one is not None), None)
    outcome: Literal["passed", "failed", "skipped"] = "passed"
    if wrong is not None:
        outcome = "failed"
    elif case.find("skipped") is not None:
        outcome = "skipped"
    error = None if wrong is None else {"message": wrong.get("message", ""), "stack": wrong.text or ""}
    # A module that cannot be imported has neither file nor line, and its dotted name for a name.
    file = case.get("file") or case.get("name", "").replace(".", "/") + ".py"
    return Test(
        name=case.get("name", ""),
        file=file,
        line=int(case.get("line", "0")) + 1,
        outcome=outcome,
        duration_ms=round(float(case.get("time", "0")) * 1000, 3),
        error=error,
    )
