"""A run through the whole host: build, worker, kernel, broker, report."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CONFIG = """
from guest_sdk import define_connector

define_connector(
    key="acme", name="Acme", provider="acme", version="1.0.0",
    permissions={"entities": {"Customer": ["read", "write"]}},
    streams=[{"key": "customers", "mode": "webhook"}],
)
"""
ROUTE = """
from decimal import Decimal

from guest_sdk import Customer, Http, Log, PermissionDenied, Secrets, Settings, api, ingest, sync

config = {"auth": "public"}


def POST(request):
"""

Run = Callable[[str], dict[str, Any]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run("return 1")`: the report of `backfill invoke` of a route with that body."""
    source = tmp_path / "project"
    (source / "src" / "api").mkdir(parents=True)
    (source / "backfill.config.py").write_text(CONFIG)

    def invoke(body: str) -> dict[str, Any]:
        (source / "src" / "api" / "run.py").write_text(ROUTE + textwrap.indent(textwrap.dedent(body), "    "))
        command = [
            sys.executable,
            "-c",
            "from sandbox_host.cli import main; main()",
            "invoke",
            str(source),
            "POST /run",
        ]
        done = subprocess.run(
            [*command, "--json", "--state", str(tmp_path / "state")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    return invoke


def test_a_handler_writes_reads_logs_and_answers(run: Run) -> None:
    report = run("""
        created = Customer.create({"name": "Ada", "balance": Decimal("12.30")})
        print("created", created["name"])
        result = ingest.canonical("customer", {"id": "c1", "name": "Bob"}, stream="customers", idempotency_key="acme:1")
        try:
            Secrets.get("api_key")
        except PermissionDenied as error:
            Log.warn("refused", {"code": error.code})
        return api.json({"balance": Customer.get(created["id"])["balance"], "status": result.status,
                         "count": Customer.count()}, status=201)
    """)
    assert report["ok"], report["error"]
    response = report["response"]
    assert response["status"] == 201
    assert response["body"] == {"balance": "12.30", "status": "created", "count": 2}
    assert [(line["level"], line["message"]) for line in report["logs"]] == [
        ("debug", "created Ada"),
        ("warn", "refused"),
    ]
    assert [write["committed"] for write in report["writes"]] == [True, True]


@pytest.mark.parametrize(
    ("body", "name", "line"),
    [
        ("def f(n):\n    return f(n + 1)\nreturn f(0)", "StackLimit", None),
        ("raise MemoryError", "MemoryLimit", None),
        ("raise RecursionError('of my own')", "StackLimit", None),
        ("return {}['id']", "KeyError", 11),
        ("raise SystemExit(2)", "SystemExit", 11),
    ],
)
def test_what_ends_a_run_is_told_and_nothing_is_kept(
    run: Run, body: str, name: str, line: int | None
) -> None:
    report = run(f"Customer.create({{'name': 'kept?'}})\n{body}")
    assert report["error"]["name"] == name
    if line is not None:
        assert report["error"]["stack"] == f'  File "src/api/run.py", line {line}, in POST\n'
    assert not any(write["committed"] for write in report["writes"])
