"""Projects made for a test, and `backfill test` on them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

CONFIG = """import { defineConnector } from "@backfill-io/sdk";
export default defineConnector({
  key: "acme", name: "Acme", provider: "acme",
  permissions: {
    http: ["https://api.acme.test/v1/*"],
    entities: { Customer: ["read", "write"], Invoice: ["write"] },
    secrets: { api_key: ["read", "write"] },
  },
  streams: [{ key: "customers", mode: "poll", schedule: "*/15 * * * *" }],
});
"""

SYNC = 'import { api } from "@backfill-io/sdk";\nexport const POST = api(async () => ({}));\n'


@dataclass(frozen=True, slots=True)
class Ran:
    """What `backfill test` said. answer: its JSON, or None where it was not asked for."""

    code: int
    out: str
    err: str
    answer: Any = None


def backfill_test(project: Path, *options: str, env: Mapping[str, str] | None = None) -> Ran:
    """Run the command as an author does."""
    command = [
        sys.executable,
        "-c",
        "from sandbox_host.cli import main; main()",
        "test",
        str(project),
        *options,
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=REPOSITORY, check=False)
    answer = json.loads(done.stdout) if "--json" in options else None
    return Ran(done.returncode, done.stdout, done.stderr, answer)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def written() -> Callable[..., Path]:
    """`written(folder, {path: text})`: those files in that folder, which it answers."""
    return write


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """`project({"src/api/a.ts": …, "test/a.test.ts": …})`: a connector with those files."""

    def make(files: Mapping[str, str], config: str = CONFIG) -> Path:
        given = {"backfill.config.ts": config, "package.json": "{}", "src/api/sync/customers.ts": SYNC}
        return write(tmp_path / "project", {**given, **files})

    return make


@pytest.fixture(scope="session")
def run() -> Callable[..., Ran]:
    return backfill_test


@pytest.fixture
def unit(project: Callable[..., Path], run: Callable[..., Ran]) -> Callable[..., Any]:
    """`unit("assert.equal(1, 1);")`: run this as the body of one test, with a runtime at hand; its one result."""

    def make(body: str, *, files: Mapping[str, str] | None = None, options: str = "{}", top: str = "") -> Any:
        test = f"""import assert from "node:assert/strict";
import test from "node:test";
import {{ connectorTestRuntime }} from "@backfill-io/sdk/testing";
{top}
test("it", async () => {{
  const runtime = connectorTestRuntime({options});
  try {{
    {body}
  }} finally {{
    runtime.restore();
  }}
}});
"""
        ran = run(project({"test/unit.test.ts": test, **(files or {})}), "--json")
        assert ran.answer is not None, ran.err
        assert len(ran.answer["tests"]) == 1, ran.answer
        return ran.answer["tests"][0]

    return make
