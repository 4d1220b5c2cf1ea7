"""Projects in Python made for a test, with `backfill test` and plain pytest on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

CONFIG = """from guest_sdk import define_connector

define_connector(
    key="acme",
    name="Acme",
    provider="acme",
    permissions={
        "http": ["https://api.acme.test/v1/*"],
        "entities": {"Customer": ["read", "write"], "Invoice": ["write"]},
        "secrets": {"api_key": ["read", "write"]},
    },
    streams=[{"key": "customers", "mode": "poll", "schedule": "*/15 * * * *"}],
)
"""
SYNC = "def POST(request):\n    return {}\n"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said. answer: its JSON, or None where it was not asked for."""

    code: int
    out: str
    err: str
    answer: Any = None


def execute(*command: str, cwd: Path = REPOSITORY) -> Ran:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=cwd, check=False)
    answer = json.loads(done.stdout) if "--json" in command and done.stdout else None
    return Ran(done.returncode, done.stdout, done.stderr, answer)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def written() -> Callable[[Path, Mapping[str, str]], Path]:
    """`written(folder, {path: text})`: those files in that folder, which it answers."""
    return write


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """`project({"src/api/a.py": …})`: a connector with those files."""

    def make(files: Mapping[str, str], config: str = CONFIG, name: str = "project") -> Path:
        given = {"backfill.config.py": config, "src/api/sync/customers.py": SYNC}
        return write(tmp_path / name, {**given, **files})

    return make


@pytest.fixture(scope="session")
def backfill_test() -> Callable[..., Ran]:
    """`backfill_test(project, "--json")`: the command, as an author runs it."""
    main = "from sandbox_host.cli import main; main()"
    return lambda project, *options: execute(sys.executable, "-c", main, "test", str(project), *options)


@pytest.fixture(scope="session")
def plain_pytest() -> Callable[..., Ran]:
    """`plain_pytest(project)`: pytest by itself, in that folder."""
    return lambda project, *options: execute(sys.executable, "-m", "pytest", "-q", *options, cwd=project)


@pytest.fixture(scope="session")
def indented() -> Callable[[str], str]:
    """The body of a function."""
    return lambda body: textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + "\n"
