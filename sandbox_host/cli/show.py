"""A run's report, for a terminal."""

from __future__ import annotations

import json

from rich.console import Console
from rich.highlighter import JSONHighlighter
from rich.markup import escape
from rich.table import Table

from sandbox_host.report import ErrorReport, RunReport

_VERDICTS = {"allow": "green", "deny": "red", "intercept": "yellow", "limit": "red"}
_LEVELS = {"debug": "dim", "info": "cyan", "warn": "yellow", "error": "red"}


def show_report(console: Console, entry: str, report: RunReport) -> None:
    """Print what happened: the answer or the error, then calls, writes, logs and usage."""
    observed = " [yellow](observed: nothing was changed)[/]" if report.mode == "observe" else ""
    if report.response is not None:
        console.print(f"[bold green]✓[/] {escape(entry)} → {report.response.status}{observed}")
        console.print(JSONHighlighter()(shown_json(report.response.body, indent=2)), soft_wrap=True)
    if report.error is not None:
        _show_error(console, entry, report.error)
    if report.calls:
        show_calls(console, report)
    if report.writes:
        show_writes(console, report)
    for line in report.logs:
        data = "" if line.data is None else f" {escape(shown_json(line.data))}"
        console.print(f"[{_LEVELS[line.level]}]{line.level:5}[/] {escape(plain(line.message))}{data}")
    usage = report.usage
    if usage.wall_ms:
        console.print(
            f"[dim]{usage.cpu_ms:.1f} ms CPU · {usage.wall_ms:.1f} ms · {usage.memory_bytes / (1 << 20):.1f} MiB"
            f" · {usage.host_calls} host calls · {usage.http_requests} requests[/]"
        )


def show_calls(console: Console, report: RunReport) -> None:
    """Every host call and its decision."""
    table = Table("#", "call", "resource", "decision", "why", box=None, header_style="dim", pad_edge=False)
    for call in report.calls:
        decision = f"[{_VERDICTS[call.decision]}]{call.decision}[/]"
        why = call.rule if call.decision == "allow" else call.reason
        resource = escape(plain(call.resource))
        table.add_row(
            str(call.seq), f"{call.capability}.{escape(call.action)}", resource, decision, escape(plain(why))
        )
    console.print(table)


def show_writes(console: Console, report: RunReport) -> None:
    """Every effect, and whether it was performed."""
    table = Table("write", "of", "id", "committed", box=None, header_style="dim", pad_edge=False)
    for write in report.writes:
        committed = "[green]yes[/]" if write.committed else "[yellow]no[/]"
        table.add_row(
            f"{write.kind}.{escape(write.action)}",
            write.entity or "",
            escape(plain(write.id or "")),
            committed,
        )
    console.print(table)


def plain(text: str) -> str:
    """Text of a guest's, on one line and without control characters, fit for a terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def shown_json(value: object, indent: int | None = None) -> str:
    """A guest's JSON without control characters, fit for a terminal."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return "".join(char if char.isprintable() or char == "\n" else f"\\u{ord(char):04x}" for char in text)


def _show_error(console: Console, entry: str, error: ErrorReport) -> None:
    if error.problems:
        for one in error.problems:
            place = f"{one.file}:{one.line}" if one.line else one.file
            console.print(f"[red]✗[/] [bold]{escape(plain(place))}[/]: {escape(plain(one.message))}")
        return
    console.print(
        f"[bold red]✗[/] {escape(entry)}: [bold]{escape(plain(error.name))}[/] {escape(plain(error.message))}"
    )
    for line in (error.stack or "").splitlines():
        console.print(f"[dim]{escape(plain(line))}[/]")
