"""The blocks of a page, and a shell that knows `cd` and `backfill`."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox_host.cli import app

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. title: the file that it is, where the page says so."""

    language: str
    title: str | None
    text: str


def blocks_of(page: Path) -> list[Block]:
    """A page's fenced blocks, in order. Every fence that opens has a language."""
    text = page.read_text(encoding="utf-8")
    found = [Block(language, title or None, body) for language, title, body in _BLOCK.findall(text)]
    assert len(found) * 2 == len(re.findall(r"^```", text, re.MULTILINE)), (
        f"{page.name}: a fence that is none"
    )
    return found


def type_in(command: str) -> tuple[int, str]:
    """Do one command line, in this process: its exit code, and what it printed. A file takes its output after `>`."""
    words, _, target = command.partition(" > ")
    program, *arguments = shlex.split(words)
    if program == "cd":
        os.chdir(arguments[0])
        return 0, ""
    assert program == "backfill", f"a reader would need {program}"
    result = CliRunner().invoke(app, arguments)
    if target:
        Path(target).write_bytes(result.stdout_bytes)
    return result.exit_code, result.output


@pytest.fixture
def blocks() -> Callable[[Path], list[Block]]:
    return blocks_of


@pytest.fixture
def shell() -> Callable[[str], tuple[int, str]]:
    return type_in
