"""`backfill audit`: take the log out of a state folder, and check one that was taken out.

Exit codes: 0 done or verified, 1 not verified, 2 wrong input.
"""

from __future__ import annotations

import json
import re
import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NoReturn

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from policies.audit import Broken, NotAnAuditLog, Verified, safe_text
from policies.audit import verify as verify_lines
from sandbox_host.audit import AuditStore, AuditUnavailable, KeyUnusable, pinned_key, read_public_key

audit = typer.Typer(help="Export the audit log, and verify an export.", no_args_is_help=True)

_REPORTED = ("records", "runs", "tenant", "head", "at", "complete", "line", "kind", "record", "message")


@audit.command()
def export(
    state: Annotated[Path, typer.Option("--state", help="The state folder whose log is exported.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="A file to write; standard output without it.")
    ] = None,
) -> None:
    """Write the audit log as JSON Lines that end in a signed seal."""
    if not (state / "audit.db").is_file():
        _wrong_input(
            f"{state}: no audit log here; --state names the folder given to `backfill invoke --state`"
        )
    try:
        with AuditStore.open(state) as store, ExitStack() as stack:
            target = stack.enter_context(out.open("wb")) if out else sys.stdout.buffer
            store.export(target)
    except AuditUnavailable as error:
        _wrong_input(error.message)
    except OSError as error:
        _wrong_input(f"{out or 'standard output'}: cannot be written: {error.strerror}")
    except ValueError as error:
        _wrong_input(f"{state}: {error}")


@audit.command()
def verify(
    file: Annotated[str, typer.Argument(help="An exported log; - reads standard input.")],
    key: Annotated[Path | None, typer.Option("--key", help="The public key to trust, a PEM file.")] = None,
    state: Annotated[
        Path | None, typer.Option("--state", help="The state folder whose key is pinned.")
    ] = None,
    expect_head: Annotated[
        str | None,
        typer.Option("--expect-head", help="A head printed before: an older log does not hold it."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say whether an exported log is whole and unchanged, or which record is the first bad one.

    The key is the one given, or the one pinned in the state folder; a key inside the file is never trusted.
    """
    if expect_head is not None and not re.fullmatch("[0-9a-fA-F]{64}", expect_head):
        _wrong_input(
            "--expect-head: a head is 64 hexadecimal digits, as `backfill audit verify` prints it", as_json
        )
    try:
        trusted = _trusted_key(key, state)
        with ExitStack() as stack:
            lines: BinaryIO = sys.stdin.buffer if file == "-" else stack.enter_context(Path(file).open("rb"))
            result = verify_lines(lines, trusted, expect_head)
    except KeyUnusable as error:
        _wrong_input(str(error), as_json)
    except NotAnAuditLog as error:
        _wrong_input(f"{file}: {error}; `backfill audit export` writes one", as_json)
    except OSError as error:
        _wrong_input(f"{file}: cannot be read: {error.strerror}", as_json)
    if as_json:
        typer.echo(json.dumps(_report(result)))
    elif isinstance(result, Verified):
        typer.echo(_praise(result))
    else:
        # What it quotes comes from a file that nobody vouches for.
        typer.echo(
            safe_text(f"Not verified. Line {result.line}, {result.record}: {result.kind.replace('_', ' ')}.")
        )
        typer.echo(f"  {safe_text(result.message)}")
    raise typer.Exit(0 if isinstance(result, Verified) else 1)


def _trusted_key(key: Path | None, state: Path | None) -> Ed25519PublicKey:
    if key is not None:
        return read_public_key(key)
    if state is not None:
        return pinned_key(state)
    raise KeyUnusable("no key to trust: pass --key PUB, or --state DIR for the key pinned there")


def _report(result: Verified | Broken) -> dict[str, Any]:
    """The object of `--json`: every key is always there."""
    return {"verified": isinstance(result, Verified)} | dict.fromkeys(_REPORTED) | asdict(result)


def _praise(result: Verified) -> str:
    if not result.records:
        return f"Verified: an empty log, sealed {result.at}."
    lines = [
        f"Verified: {result.records} records of {result.runs} runs of tenant {result.tenant}, sealed {result.at}.",
    ]
    if not result.complete:
        lines.append("  A part: it does not begin at the beginning of the log.")
    if result.head:
        lines.append(f"  Head: {result.head}")
        lines.append(
            "  Pass it as --expect-head next time: a log that is older than this one will not hold it."
        )
    return "\n".join(lines)


def invalid_arguments(message: str) -> str:
    """The answer to a command line that could not be read at all, as JSON."""
    wrong = {"verified": False} | dict.fromkeys(_REPORTED) | {"kind": "invalid_input", "message": message}
    return json.dumps(wrong)


def _wrong_input(message: str, as_json: bool = False) -> NoReturn:
    if as_json:
        typer.echo(invalid_arguments(message))
    else:
        typer.echo(message, err=True)
    raise typer.Exit(2)
