"""`backfill build`: a project's folder → a package, or everything that is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox_host.assets import AssetMissing
from sandbox_host.packages import BuildFailed, Evaluate, Package, Problem
from sandbox_host.packages import build as build_package
from sandbox_host.packages.language import language_of
from sandbox_host.packages.messages.files import ARGUMENTS, UNUSABLE
from sandbox_host.packages.problems import one_line
from sandbox_host.templates.editor_types import keep_fresh


def build(
    path: Annotated[Path, typer.Argument(help="The project's folder, with backfill.config.ts or .py in it.")],
    out: Annotated[
        Path | None, typer.Option(help="Write the package to this folder, as <digest>.tar.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a project and build it into an immutable package."""
    if stale := keep_fresh(path):
        typer.echo(stale, err=True)
    package = None
    written = None
    problems: tuple[Problem, ...] = ()
    try:
        with _evaluation(path) as evaluate:
            package = build_package(path, evaluate)
        written = package.save(out) if out is not None else None
    except BuildFailed as error:
        problems = error.problems
    except OSError as error:
        place = str(error.filename or out or path)
        problems = (Problem(place, None, UNUSABLE(reason=error.strerror or "of no known kind")),)
    if as_json:
        typer.echo(json.dumps(_answer(package, written, problems), ensure_ascii=False))
    elif package is not None and not problems:
        _show(package, written)
    else:
        _show_problems(problems)
    if package is None or problems:
        raise typer.Exit(2)


@contextmanager
def _evaluation(path: Path) -> Iterator[Evaluate]:
    """Evaluation in a worker that ends with the command."""
    # Loading the sandbox takes time that `--help` does not have.
    from sandbox_host.kernels.engine import cache_folder
    from sandbox_host.workers.evaluate import evaluator
    from sandbox_host.workers.sandbox import Sandbox
    from sandbox_host.workers.template_process import SandboxUnavailable

    try:
        # A project that was built before has its snapshot, and needs no worker. An engine that was never compiled
        # here is compiled while the project is bundled.
        compiled = any(cache_folder().glob("*.cwasm"))
        with Sandbox(1, eager=None if compiled else language_of(path).runtime) as sandbox:
            yield evaluator(sandbox)
    except (SandboxUnavailable, AssetMissing) as error:
        typer.echo(f"nothing can be built on this machine: {error}", err=True)
        raise typer.Exit(1) from None


def invalid_arguments(message: str) -> str:
    """The answer to a command line that could not be read at all, as JSON."""
    return json.dumps(_answer(None, None, (Problem("arguments", None, ARGUMENTS(reason=message)),)))


def _answer(package: Package | None, written: Path | None, problems: tuple[Problem, ...]) -> dict[str, Any]:
    found = [
        {"file": one.file, "line": one.line, "code": one.code, "message": one.message} for one in problems
    ]
    if package is None or problems:
        return {
            "ok": False,
            "digest": None,
            "size": None,
            "path": None,
            "deployment": None,
            "problems": found,
        }
    return {
        "ok": True,
        "digest": package.digest,
        "size": len(package.archive),
        "path": None if written is None else str(written),
        "deployment": package.deployment,
        "problems": [],
    }


def _show_problems(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        typer.echo(str(problem), err=True)
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    typer.echo(f"\n{count}; nothing was built", err=True)


def _show(package: Package, written: Path | None) -> None:
    manifest = package.manifest
    title = " ".join(part for part in (manifest.name, manifest.version) if part)
    typer.secho(one_line(f"{title} ({manifest.key})"), bold=True)
    typer.echo(f"sha256 {package.digest}, {len(package.archive) / 1024:.1f} KiB")
    if written is not None:
        typer.echo(f"written to {written}")
    _table("Entrypoints", _entrypoint_rows(package))
    _table("Permissions", _permission_rows(package))


def _table(title: str, rows: list[tuple[str, ...]]) -> None:
    """Columns as wide as they need to be: a path that is cut cannot be copied."""
    typer.secho(f"\n{title}", bold=True)
    if not rows:
        typer.echo("  none")
    rows = [tuple(map(one_line, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        typer.echo(f"  {'  '.join(cells)}".rstrip())


def _entrypoint_rows(package: Package) -> list[tuple[str, ...]]:
    found = package.entrypoints
    rows = [("route", f"{' '.join(one.methods)} {one.path}", one.auth, one.file) for one in found.routes]
    rows += [("hook", f"{one.entity} {one.event}", "", one.file) for one in found.hooks]
    rows += [("job", one.name, f"{one.schedule} {one.timezone}", one.file) for one in found.jobs]
    rows += [("entity", one.name, f"{len(one.fields)} fields", one.file) for one in found.entities]
    rows += [(one.kind, one.id, "", one.file) for one in found.pages]
    for entity, fields in package.fields["entity"].items():
        rows += [("field", f"{entity}.{key}", one["type"], "") for key, one in fields.items()]
    for entity, collections in package.fields["line"].items():
        for lines, fields in collections.items():
            rows += [
                ("line field", f"{entity}.{lines}.{key}", one["type"], "") for key, one in fields.items()
            ]
    return rows


def _permission_rows(package: Package) -> list[tuple[str, ...]]:
    granted = package.manifest.permissions
    rows = [("entity", name, ", ".join(verbs)) for name, verbs in granted.entities.items()]
    for one in granted.http:
        reads = f"; {', '.join(one.reads)} only read" if one.reads else ""
        rows.append(("http", one.url, f"any method{reads}"))
    rows += [("secret", name, ", ".join(verbs)) for name, verbs in granted.secrets.items()]
    return rows
