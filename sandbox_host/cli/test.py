"""`backfill test`: an author's own tests, run in Node or by pytest; and the calls they make, made again in the
sandbox."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sandbox_host.assets import AssetMissing
from sandbox_host.author_tests.problems import TestsCannotRun
from sandbox_host.author_tests.project import prepare
from sandbox_host.author_tests.python import run_python_tests
from sandbox_host.author_tests.runner import Test, run_tests
from sandbox_host.packages.language import PYTHON, language_of
from sandbox_host.packages.problems import Problem
from sandbox_host.templates.editor_types import keep_fresh

if TYPE_CHECKING:
    from sandbox_host.author_tests.comparison import Comparison


def test(
    path: Annotated[Path, typer.Argument(help="The project's folder.")],
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Make the tests' calls in the sandbox too, and compare.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run a project's test/**/*.test.ts, or test/**/test_*.py. They run on this machine, as any program of yours does.

    Exit codes: 0 all passed, 1 a test failed or the sandbox answered otherwise, 2 they could not be run.
    """
    if stale := keep_fresh(path):
        typer.echo(stale, err=True)
    try:
        with tempfile.TemporaryDirectory(prefix="backfill-test-") as name:
            ran = _run(path, Path(name), sandbox, quiet=as_json)
    except TestsCannotRun as error:
        ran = _Ran(problems=error.problems)
    except AssetMissing as error:
        ran = _Ran(problems=(Problem("installation", None, str(error)),))
    if as_json:
        typer.echo(json.dumps(ran.as_json(), ensure_ascii=False))
    else:
        ran.show()
    if not ran.ok:
        raise typer.Exit(2 if ran.problems else 1)


@dataclass(frozen=True, slots=True)
class _Ran:
    """tests: None where none was run. problems: why they, or their calls in the sandbox, could not be."""

    tests: list[Test] | None = None
    comparison: Comparison | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        passed = all(one.outcome != "failed" for one in self.tests or ())
        return passed and not self.problems and (self.comparison is None or self.comparison.same)

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "problems": [
                {"file": one.file, "line": one.line, "message": one.message} for one in self.problems
            ],
            "tests": [asdict(one) for one in self.tests or ()],
            "sandbox": None if self.comparison is None else self.comparison.as_json(),
        }

    def show(self) -> None:
        for one in self.problems:
            typer.echo(str(one), err=True)
        if self.problems:
            left_out = "no test was run" if self.tests is None else "no call was made in the sandbox"
            typer.echo(f"\n{left_out}", err=True)
        if self.comparison is not None:
            self.comparison.show()


def invalid_arguments(message: str) -> str:
    """The answer to a command line that could not be read at all, as JSON."""
    return json.dumps(_Ran(problems=(Problem("arguments", None, message),)).as_json())


def _run(path: Path, folder: Path, sandbox: bool, *, quiet: bool) -> _Ran:
    record = folder / "calls" if sandbox else None
    if language_of(path) is PYTHON:
        tests = run_python_tests(path, folder, record, quiet=quiet)
    else:
        tests = run_tests(prepare(path, folder, record), folder, quiet=quiet)
    if record is None:
        return _Ran(tests)
    # Loading the sandbox takes time that the tests alone do not need.
    from sandbox_host.author_tests.comparison import compare_recorded

    try:
        return _Ran(tests, compare_recorded(path.resolve(), record))
    except TestsCannotRun as error:
        return _Ran(tests, problems=error.problems)
