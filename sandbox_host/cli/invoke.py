"""`backfill invoke`: build a project and run one of its entrypoints in the sandbox, on this machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sandbox_host.cli.inputs import Inputs, InvalidInput, problem
from sandbox_host.cli.local import Ask, LocalProject
from sandbox_host.cli.show import show_report
from sandbox_host.egress import ClosedEgress, Egress, MappedEgress, NetworkEgress, StubEgress
from sandbox_host.errors import snake_case
from sandbox_host.invocation import Mode
from sandbox_host.packages import BuildFailed, Package, build
from sandbox_host.packages.language import language_of
from sandbox_host.report import ErrorReport, ProblemReport, RunReport
from sandbox_host.state import State, StateUnusable
from sandbox_host.workers.evaluate import evaluator
from sandbox_host.workers.sandbox import Sandbox
from sandbox_host.workers.template_process import SandboxUnavailable

DEBUG = "BACKFILL_DEBUG"
"""Set in the environment, it shows the traceback of an error of the host's own."""

_Many = list[str]


def invoke(
    path: Annotated[Path, typer.Argument(help="The project's folder.")],
    entry: Annotated[str, typer.Argument(help='"POST /sync/customers", job:NAME or hook:Entity:event.')],
    body: Annotated[str | None, typer.Option(help="The request's body: JSON, or @FILE.")] = None,
    raw_body: Annotated[str | None, typer.Option(help="The request's body as it is: @FILE.")] = None,
    query: Annotated[_Many, typer.Option(help="A query parameter, NAME=VALUE.")] = [],  # noqa: B006
    header: Annotated[_Many, typer.Option(help="A request header, NAME=VALUE.")] = [],  # noqa: B006
    sign: Annotated[bool, typer.Option("--sign", help="Sign the body as the route's scheme wants.")] = False,
    secret: Annotated[_Many, typer.Option(help="A secret for this run, NAME=VALUE.")] = [],  # noqa: B006
    oauth_token: Annotated[
        str | None,
        typer.Option(help="The connection's OAuth token: @FILE, - for standard input, or the token itself."),
    ] = None,
    setting: Annotated[_Many, typer.Option(help="A setting for this run, NAME=VALUE.")] = [],  # noqa: B006
    entity: Annotated[str | None, typer.Option(help="A hook's entity: JSON, or @FILE.")] = None,
    previous: Annotated[
        str | None, typer.Option(help="The entity before the change: JSON, or @FILE.")
    ] = None,
    save: Annotated[
        bool,
        typer.Option("--save", help="Perform the whole write around a hook: validate, run hooks, store."),
    ] = False,
    records: Annotated[
        Path | None, typer.Option(help="Records that exist for this run only, by entity.")
    ] = None,
    stub: Annotated[
        Path | None, typer.Option(help="Answers to HTTP requests, instead of the network.")
    ] = None,
    network: Annotated[bool, typer.Option("--network", help="Let requests reach the network.")] = False,
    egress_map: Annotated[_Many, typer.Option(help="Answer for a provider: ORIGIN=ORIGIN.")] = [],  # noqa: B006
    beside: Annotated[
        list[Path],
        typer.Option("--with", help="The project of another extension here: its hooks fire, too."),
    ] = [],  # noqa: B006
    observe: Annotated[
        bool, typer.Option("--observe", help="Describe every write and perform none.")
    ] = False,
    limit: Annotated[_Many, typer.Option(help="A limit of this run, NAME=NUMBER.")] = [],  # noqa: B006
    state: Annotated[Path | None, typer.Option(help="Keep the database in this folder between runs.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Run one route, job or hook of a project in the sandbox, and show everything that it did.

    Exit codes: 0 the handler returned, 1 it failed, was refused or hit a limit, 2 the input was wrong.
    """
    mode: Mode = "observe" if observe else "live"
    inputs = Inputs()
    try:
        ask = Ask(
            entry=inputs.entry(entry),
            mode=mode,
            body=_body(inputs, body, raw_body),
            query=inputs.pairs("--query", query),
            headers=dict(inputs.pairs("--header", header)),
            sign=sign,
            secrets=inputs.secrets(secret),
            oauth_token=inputs.token("--oauth-token", oauth_token),
            settings=setting,
            entity=inputs.object("--entity", entity),
            previous=inputs.object("--previous", previous),
            save=save,
            records=inputs.records(records),
            limits=limit,
        )
        inputs.pairs("--setting", setting)
        inputs.limits(limit, None)
        egress = _egress(inputs, stub, network, egress_map)
        inputs.check()
        report = _run(path, ask, egress, state, beside)
    except InvalidInput as error:
        report = _invalid(mode, error.problems)
    except BuildFailed as error:
        report = _invalid(mode, [problem(one.file, one.message, one.line) for one in error.problems])
    except SandboxUnavailable as error:
        report = _failed(mode, "SandboxUnavailable", str(error))
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        report = _failed(mode, "HostError", f"{type(error).__name__}: {error} (set {DEBUG}=1 to see where)")
    if as_json:
        typer.echo(report.model_dump_json())
    else:
        show_report(Console(), entry, report)
    if not report.ok:
        invalid = report.error is not None and report.error.name == "InvalidInput"
        raise typer.Exit(2 if invalid else 1)


def invalid_arguments(message: str) -> str:
    """The report of a command line that could not be read at all, as JSON."""
    return _invalid("live", [problem("arguments", message)]).model_dump_json()


def _run(path: Path, ask: Ask, egress: Egress, folder: Path | None, beside: Sequence[Path]) -> RunReport:
    with ExitStack() as closing:
        closing.callback(egress.close)
        sandbox = closing.enter_context(Sandbox(eager=language_of(path).runtime))
        package = build(path, evaluator(sandbox))
        others = [_beside(other, sandbox) for other in beside]
        if folder is None:
            folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="backfill-")))
        try:
            state = closing.enter_context(State.open(folder))
        except StateUnusable as error:
            raise InvalidInput([problem("--state", str(error))]) from error
        projects = [LocalProject(other, state, sandbox, egress) for other in others]
        return LocalProject(package, state, sandbox, egress).run(ask, projects)


def _beside(path: Path, sandbox: Sandbox) -> Package:
    try:
        return build(path, evaluator(sandbox))
    except BuildFailed as error:
        # A problem with the folder itself has its path as its place already.
        files = [one.file if one.file == str(path) else str(path / one.file) for one in error.problems]
        found = zip(files, error.problems, strict=True)
        raise InvalidInput([problem(file, one.message, one.line) for file, one in found]) from error


def _body(inputs: Inputs, body: str | None, raw_body: str | None) -> bytes:
    if body is not None and raw_body is not None:
        inputs.wrong("--raw-body", "give --body or --raw-body, not both")
    if body is not None:
        return inputs.body("--body", body)
    return inputs.raw("--raw-body", raw_body) or b""


def _egress(inputs: Inputs, stub: Path | None, network: bool, egress_map: list[str]) -> Egress:
    mapping = inputs.egress_map(egress_map)
    if stub is not None and (network or mapping):
        inputs.wrong("--stub", "answers every request; leave out --network and --egress-map")
    rows = inputs.stubs(stub)
    if rows is not None:
        return StubEgress(rows)
    for source, target in mapping.items():
        typer.echo(f"! requests to {source} are answered by {target}", err=True)
    if network:
        return NetworkEgress(mapping=mapping)
    return MappedEgress(mapping) if mapping else ClosedEgress()


def _failed(mode: Mode, name: str, message: str) -> RunReport:
    error = ErrorReport(name=name, code=snake_case(name), message=message)
    return RunReport(ok=False, mode=mode, error=error)


def _invalid(mode: Mode, problems: list[ProblemReport]) -> RunReport:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    error = ErrorReport(
        name="InvalidInput", code="invalid_input", message=f"the input has {count}", problems=problems
    )
    return RunReport(ok=False, mode=mode, error=error)
