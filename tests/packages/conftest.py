"""Projects to build, typed in as their authors would, and the sandbox that evaluates them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from sandbox_host.packages import BuildFailed, Evaluate, Package, build
from sandbox_host.workers.evaluate import evaluator
from sandbox_host.workers.sandbox import Sandbox

Files = Mapping[str, str | bytes]
Write = Callable[[Files], Path]
Problems = Callable[[Files], list[str]]


@pytest.fixture(scope="session")
def evaluate() -> Iterator[Evaluate]:
    """Evaluation in a real worker."""
    with Sandbox(1) as sandbox:
        yield evaluator(sandbox)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files into a new project folder."""

    def into(files: Files) -> Path:
        root = tmp_path / "project"
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return into


@pytest.fixture
def build_files(write: Write, evaluate: Evaluate) -> Callable[[Files], Package]:
    """Build a project of these files."""
    return lambda files: build(write(files), evaluate)


@pytest.fixture
def problems_of(write: Write, evaluate: Evaluate) -> Problems:
    """What is wrong with a project of these files, as it is printed."""

    def found(files: Files) -> list[str]:
        try:
            build(write(files), evaluate)
        except BuildFailed as error:
            return [str(problem) for problem in error.problems]
        return []

    return found


@pytest.fixture
def connector() -> dict[str, str]:
    """A small connector that builds."""
    return {
        "backfill.config.ts": """\
import { defineConnector } from "@backfill-io/sdk";
export default defineConnector({
  key: "acme",
  name: "Acme",
  provider: "acme",
  version: "1.0.0",
  permissions: {
    http: ["https://api.acme.example/*", "https://*.files.acme.example/*"],
    entities: { Customer: ["write"], Invoice: ["read", "write"] },
    secrets: { api_key: ["read"] },
  },
  webhooks: { endpoint: "/webhooks/acme", auth: "hmac_sha256" },
  streams: [{ key: "customers", mode: "poll", schedule: "*/15 * * * *" }, { key: "events", mode: "webhook" }],
});
""",
        "src/api/sync/customers.ts": """\
import { api, ingest } from "@backfill-io/sdk";
import { page } from "../../lib/client";
export const config = { auth: "api_key" };
export const POST = api(async (request: any) => {
  const customers = page("customers");
  for (const customer of customers) {
    ingest.canonical("customer", customer, { stream: "customers", idempotencyKey: customer.id });
  }
  return api.json({ imported: customers.length });
});
""",
        "src/api/webhooks/acme.ts": """\
import { api } from "@backfill-io/sdk";
export const config = { auth: "hmac_sha256" };
export const POST = api(async () => api.json({ ok: true }, { status: 202 }));
""",
        "src/lib/client.ts": """\
// See https://docs.undeclared.example/ for the API.
export function page(stream: string): any[] {
  const answer = Http.get(`https://api.acme.example/v1/${stream}`);
  return answer.body.data;
}
""",
        "src/hooks/invoice/before-save.ts": "export default async (ctx: any) => ({ memo: ctx.entity.memo });\n",
        "src/jobs/nightly.ts": """\
export const schedule = "0 2 * * *";
export const timezone = "Europe/Berlin";
export async function run() { return Log.info("done"); }
""",
    }
