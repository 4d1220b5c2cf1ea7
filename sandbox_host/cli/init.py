"""`backfill init`: a name → a project that builds, checks in an editor and has a passing test."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from sandbox_host.packages.language import PYTHON, TYPESCRIPT, Language
from sandbox_host.packages.problems import Problem
from sandbox_host.templates import TEMPLATES, first_invoke, name_problem, render, template_problem, write
from sandbox_host.templates.editor_types import TypesNotWritten, refresh

_DEFAULT = "extension"
_TEMPLATES_HELP = "; ".join(f"{name}: {about}" for name, about in TEMPLATES.items())


class InitRefused(Exception):
    """Nothing was made. problems: why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(str(one) for one in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Made:
    """path: the project's folder. files: what was written, by path in it. invoke: what to run first."""

    path: Path
    template: str | None = None
    language: Language = TYPESCRIPT
    files: list[str] = field(default_factory=list[str])
    invoke: str | None = None


def init(
    name: Annotated[
        str | None,
        typer.Argument(help="The project: lower-case words joined by hyphens. With --refresh, its folder."),
    ] = None,
    template: Annotated[str | None, typer.Option(help=f"What to begin with. {_TEMPLATES_HELP}.")] = None,
    python: Annotated[bool, typer.Option("--python", help="Write it in Python, not in TypeScript.")] = False,
    refresh_types: Annotated[
        bool, typer.Option("--refresh", help="Write the editor's types of a project again, and nothing else.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a project in a new folder: it builds, checks in an editor and has a passing test."""
    made = None
    problems: tuple[Problem, ...] = ()
    try:
        if refresh_types:
            made = _refresh(name, template)
        else:
            made = make(name, template or _DEFAULT, Path(), PYTHON if python else TYPESCRIPT)
    except InitRefused as error:
        problems = error.problems
    if as_json:
        typer.echo(_json(made, problems))
    elif made is None:
        for problem in problems:
            typer.echo(str(problem), err=True)
        typer.echo("\nnothing was written", err=True)
    else:
        _show(made)
    if made is None:
        raise typer.Exit(2)


def make(name: str | None, template: str, parent: Path, language: Language = TYPESCRIPT) -> Made:
    """Make the project `name` in the folder `parent`, whole or not at all. Raises InitRefused.

    The folder must not exist, or be empty. It is written under another name and moved into place.
    """
    _check(name, template)
    assert name is not None
    target = parent / name
    if reason := _occupied(target):
        raise InitRefused(Problem(name, None, reason))
    files = render(template, name, language)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=parent) as making:
            project = Path(making) / name
            project.mkdir()
            write(project, files)
            types = refresh(project)
            project.rename(target)
    except TypesNotWritten as error:
        raise InitRefused(Problem(name, None, str(error))) from error
    except OSError as error:
        reason = _occupied(target) or f"cannot be written: {error.strerror or error}"
        raise InitRefused(Problem(name, None, reason)) from error
    return Made(target, template, language, sorted([*files, *types]), first_invoke(files))


def _check(name: str | None, template: str) -> None:
    problems: list[Problem] = []
    if name is None:
        problems.append(
            Problem("NAME", None, "is missing; give the project a name, as in backfill init customer-sync")
        )
    elif reason := name_problem(name):
        problems.append(Problem("NAME", None, reason))
    if reason := template_problem(template):
        problems.append(Problem("--template", None, reason))
    if problems:
        raise InitRefused(*problems)


def _occupied(target: Path) -> str | None:
    """Why nothing can be made there; None where there is nothing yet, or an empty folder."""
    if target.is_symlink():
        return "is a symbolic link; remove it, or choose another name"
    if not target.exists():
        return None
    if not target.is_dir():
        return "is a file; remove it, or choose another name"
    try:
        found = sorted(path.name for path in target.iterdir())
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if not found:
        return None
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"this folder is not empty (there is {found[0]}{more}); choose another name, or empty it"


def _refresh(folder: str | None, template: str | None) -> Made:
    if template is not None:
        raise InitRefused(Problem("--template", None, "is for a new project; leave it out with --refresh"))
    project = Path(folder or ".")
    if not any((project / one.manifest).is_file() for one in (TYPESCRIPT, PYTHON)):
        message = "is not a project: it has no backfill.config.ts; give the folder that has one"
        raise InitRefused(Problem(str(project), None, message))
    try:
        return Made(project, files=refresh(project))
    except TypesNotWritten as error:
        raise InitRefused(Problem(str(project), None, str(error))) from error


def invalid_arguments(message: str) -> str:
    """The answer to a command line that could not be read at all, as JSON."""
    return _json(None, (Problem("arguments", None, message),))


def _json(made: Made | None, problems: tuple[Problem, ...]) -> str:
    answer = {
        "ok": made is not None,
        "path": None if made is None else str(made.path),
        "template": None if made is None else made.template,
        "files": [] if made is None else made.files,
        "invoke": None if made is None else made.invoke,
        "problems": [{"file": one.file, "line": one.line, "message": one.message} for one in problems],
    }
    return json.dumps(answer, ensure_ascii=False)


def _show(made: Made) -> None:
    if made.invoke is None:
        count = (
            "no file" if not made.files else "1 file" if len(made.files) == 1 else f"{len(made.files)} files"
        )
        typer.echo(f"{made.path / '.backfill'} is up to date: {count} written")
        return
    written = f"{made.template} in Python" if made.language is PYTHON else made.template
    typer.secho(f"{made.path} is ready ({written}: {TEMPLATES[made.template or _DEFAULT]})", bold=True)
    for file in made.files:
        if not file.startswith(".backfill/"):
            typer.echo(f"  {file}")
    typer.echo("  .backfill/  the SDK's types, for your editor")
    typer.secho("\nRun it", bold=True)
    for command in (f"cd {made.path}", made.invoke, "backfill test .", "backfill build ."):
        typer.echo(f"  {command}")
