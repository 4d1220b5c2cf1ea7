"""The `backfill` command. A subcommand's module is imported when it is asked for: none waits for the others."""

from __future__ import annotations

import importlib
import sys
from itertools import pairwise
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

_COMMANDS = ("init", "build", "test", "invoke", "demo", "audit")
"""Each is a module here, with a function or a `typer.Typer` of the same name in it. In the order of the help."""


class _Command(TyperCommand):
    """A command in which no option takes another one for its value, as `--limit --json` would."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        options = [param for param in self.get_params(ctx) if isinstance(param, TyperOption)]
        names = {name for one in options for name in (*one.opts, *one.secondary_opts)}
        taking = {name for one in options if not one.is_flag for name in one.opts}
        for option, following in pairwise(args):
            if option == "--":
                break
            if option in taking and following in names:
                ctx.fail(f"Option {option!r} needs a value; {following!r} is an option.")
        return super().parse_args(ctx, args)


class _Commands(TyperGroup):
    """The subcommands, imported one by one."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _COMMANDS:
            return None
        found = getattr(importlib.import_module(f"sandbox_host.cli.{cmd_name}"), cmd_name)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(cmd_name, cls=_Command)(found)
            found = alone
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=_Commands,
    help="Build and run connectors in the sandbox, on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _backfill() -> None:
    """Build and run connectors in the sandbox, on this machine."""


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 refused or failed, 2 wrong input."""
    arguments = sys.argv[1:]
    name = arguments[0] if arguments else ""
    if name not in _COMMANDS or "--json" not in arguments:
        app(arguments)
        return
    try:
        code = app(arguments, standalone_mode=False)
    except typer.TyperException as error:
        module = importlib.import_module(f"sandbox_host.cli.{name}")
        print(module.invalid_arguments(error.format_message()))
        sys.exit(2)
    except typer.Abort:
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
