"""Tells the demo in a terminal: plain sentences, a tick for what was checked, small tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from sandbox_host.cli.show import plain

WIDEST = 80
"""Columns: longer lines are harder to read."""


class Narrator:
    """Prints as it goes; says nothing where it is quiet. Text is never read as markup."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(quiet=quiet, highlight=False, emoji=False)
        self._console.width = min(self._console.width, WIDEST)
        unicode = self._console.encoding.startswith("utf")
        self._tick, self._cross, self._warning = ("✓", "✗", "▲") if unicode else ("+", "x", "!")

    def welcome(self) -> None:
        """What this is, before anything happens."""
        self._console.print("\n[bold]Backfill Sandbox[/]  code that others wrote, beside your data\n")
        self.say(
            "A connector brings a provider's records into your books. You did not write it, so it runs inside "
            "WebAssembly and does only what you granted. Here is one at work, offline, for a few seconds; "
            "its data is removed at the end."
        )

    def egress_map(self, source: str, target: str) -> None:
        """Say loudly that somebody else answers for a provider."""
        self._console.print()
        text = Text.assemble((source, "bold"), " is answered by ", (target, "bold"))
        self._line(f"[bold yellow]{self._warning}[/]", text)
        self._hang(
            Text("  "),
            Text("A stand-in on this machine. Permissions and audit see the real address.", style="dim"),
        )

    def heading(self, number: str, title: str, intro: str) -> None:
        self._console.print()
        self._console.rule(f"[dim]{number}[/] [bold cyan]{escape(title)}[/]", align="left", style="dim")
        self.say(intro)

    def say(self, text: str, style: str = "") -> None:
        self._hang(Text(), Text(plain(text), style=style))

    def held(self, text: str) -> None:
        """Something that was checked and is so."""
        self._line(f"[bold green]{self._tick}[/]", Text(plain(text)))

    def failed(self, text: str) -> None:
        self._line(f"[bold red]{self._cross}[/]", Text(plain(text), style="red"))

    def quote(self, text: str, style: str = "dim") -> None:
        """What somebody else said: code, or a message."""
        self._hang(Text("    "), Text(plain(text), style=style))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str | int]]) -> None:
        """Whole numbers are aligned right. Only the last column may be wider than there is room for."""
        cells = [[plain(f"{cell:,}" if isinstance(cell, int) else cell) for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
        numbers = [isinstance(cell, int) for cell in rows[0]]
        if any(columns):
            self._row(columns, widths, numbers, "dim")
        for row in cells:
            self._row(row, widths, numbers)

    def summary(self, lines: Sequence[str]) -> None:
        """How it ended, where all of it held."""
        self._console.print()
        self._console.rule("[bold green]All of it held[/]", align="left", style="dim")
        for line in lines:
            self.say(line)

    def commands(self, title: str, commands: Sequence[str]) -> None:
        """Commands to copy: one line each, however narrow the terminal is."""
        self._console.print(f"\n[bold]{escape(title)}[/]")
        for command in commands:
            self._console.print(Text(f"  {command}", style="cyan"), soft_wrap=True)
        self._console.print()

    def _line(self, mark: str, text: Text) -> None:
        self._hang(Text.from_markup(f"{mark} "), text)

    def _row(
        self, cells: Sequence[str], widths: Sequence[int], numbers: Sequence[bool], style: str = ""
    ) -> None:
        aligned = [
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(cells, widths, numbers, strict=True)
        ]
        before = "".join(f"{cell}  " for cell in aligned[:-1])
        self._hang(Text(f"  {before}", style=style), Text(aligned[-1].rstrip(), style=style))

    def _hang(self, before: Text, text: Text) -> None:
        """Print `text` after `before`, its further lines indented as far."""
        room = max(self._console.width - before.cell_len, 16)
        for line in text.wrap(self._console, room):
            line.rstrip()
            self._console.print(before + line, soft_wrap=True)
            before = Text(" " * before.cell_len)
