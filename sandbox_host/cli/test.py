"""`backfill test`: an author's own tests, run in Node or by pytest; and the calls they make, made again in the
sandbox."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
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
            tests, comparison = _run(path, Path(name), sandbox, quiet=as_json)
    except TestsCannotRun as error:
        _show_problems(error.problems, as_json)
        raise typer.Exit(2) from None
    except AssetMissing as error:
        _show_problems((Problem("installation", None, str(error)),), as_json)
        raise typer.Exit(2) from None
    ok = all(one.outcome != "failed" for one in tests) and (comparison is None or comparison.same)
    if as_json:
        answer: dict[str, Any] = {"ok": ok, "problems": [], "tests": [asdict(one) for one in tests]}
        answer["sandbox"] = None if comparison is None else comparison.as_json()
        typer.echo(json.dumps(answer, ensure_ascii=False))
    elif comparison is not None:
        comparison.show()
    if not ok:
        raise typer.Exit(1)


def _run(path: Path, folder: Path, sandbox: bool, *, quiet: bool) -> tuple[list[Test], Comparison | None]:
    record = folder / "calls" if sandbox else None
    if language_of(path) is PYTHON:
        tests = run_python_tests(path, folder, record, quiet=quiet)
    else:
        tests = run_tests(prepare(path, folder, record), folder, quiet=quiet)
    if record is None:
        return tests, None
    # Loading the sandbox takes time that the tests alone do not need.
    from sandbox_host.author_tests.comparison import compare_recorded

    return tests, compare_recorded(path.resolve(), record)


def _show_problems(problems: tuple[Problem, ...], as_json: bool) -> None:
    if as_json:
        found = [{"file": one.file, "line": one.line, "message": one.message} for one in problems]
        typer.echo(json.dumps({"ok": False, "problems": found, "tests": [], "sandbox": None}))
        return
    for one in problems:
        typer.echo(str(one), err=True)
    typer.echo("\nno test was run", err=True)
