from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox_host.audit import AuditStore, RunAudit, RunIdentity

Records = list[dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def store(folder: Path) -> Iterator[AuditStore]:
    with AuditStore.open(folder) as opened:
        yield opened


@pytest.fixture
def identity() -> Callable[..., RunIdentity]:
    def make(run: str = "run_1", tenant: str = "local") -> RunIdentity:
        return RunIdentity(run, tenant, "stripe", "conn", "ab" * 32, "stripe", "job:sync", "live", "cli")

    return make


@pytest.fixture
def decide() -> Callable[..., None]:
    def decide(run: RunAudit, seq: int = 1, *, durable: bool = True, resource: str = "Customer") -> None:
        run.decision(
            seq, "entity", "create", resource, "allow", "permissions.entities.Customer", "", durable=durable
        )

    return decide


@pytest.fixture
def exported() -> Callable[..., bytes]:
    def export(store: AuditStore, *args: Any) -> bytes:
        out = io.BytesIO()
        store.export(out, *args)
        return out.getvalue()

    return export


@pytest.fixture
def records(exported: Callable[..., bytes]) -> Callable[..., Records]:
    """The exported records, seal left out; only those of one type where it is given."""

    def read(store: AuditStore, kind: str | None = None, *args: Any) -> Records:
        lines = [json.loads(line) for line in exported(store, *args).split(b"\n")[:-2]]
        return [line for line in lines if kind in (None, line["type"])]

    return read


HOST = """
import os, sys, time
from pathlib import Path
from sandbox_host.audit import AuditStore, CallOutcome, RunIdentity
store = AuditStore.open(Path(sys.argv[1]))
def begin(run, tenant="local"):
    return store.begin(RunIdentity(run, tenant, "stripe", "conn", "ab" * 32, "stripe", "job:sync", "live", "cli"))
def decide(run, seq, durable=True):
    run.decision(seq, "http", "post", "https://api.example.com/v1/refunds", "allow", "r", "", durable=durable)
def say(word):
    print(word, flush=True)
def wait():
    say("ready"); time.sleep(60)
"""


@pytest.fixture
def host(folder: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Another process that opens the store and runs some lines; it is killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(lines: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOST + lines, str(folder)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()
