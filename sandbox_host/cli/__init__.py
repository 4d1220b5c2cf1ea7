"""The `backfill` command."""

from __future__ import annotations

import sys

import typer

from sandbox_host.cli.audit import audit
from sandbox_host.cli.build import build
from sandbox_host.cli.demo import demo
from sandbox_host.cli.invoke import invalid_arguments, invoke

app = typer.Typer(
    help="Build and run connectors in the sandbox, on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(build)
app.command()(invoke)
app.command()(demo)
app.add_typer(audit, name="audit")


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 refused or failed, 2 wrong input."""
    arguments = sys.argv[1:]
    if arguments[:1] != ["invoke"] or "--json" not in arguments:
        app(arguments)
        return
    try:
        code = app(arguments, standalone_mode=False)
    except typer.TyperException as error:
        print(invalid_arguments(error.format_message()))
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)
