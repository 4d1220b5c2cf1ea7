"""Projects to build, typed in as their authors would, and the sandbox that evaluates them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from sandbox_host.packages import BuildFailed, Evaluate, Package, build
from sandbox_host.packages.catalogue import CATALOGUE
from sandbox_host.workers.evaluate import evaluator
from sandbox_host.workers.sandbox import Sandbox

Files = Mapping[str, str | bytes]
Write = Callable[[Files], Path]
CODES = {message.code for section in CATALOGUE for message in section.messages}
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
            unknown = [problem for problem in error.problems if problem.code not in CODES]
            assert not unknown, "every message is in the catalogue"
            return [str(problem) for problem in error.problems]
        return []

    return found


class Project(dict[str, str]):
    """A project's files, and the ways in which tests spoil them. Each way leaves this one as it is."""

    def changed(self, file: str, before: str, after: str) -> Project:
        """One text in one file replaced."""
        assert before in self[file]
        return Project(self | {file: self[file].replace(before, after)})

    def config(self, before: str, after: str) -> Project:
        """One text in the manifest replaced."""
        return self.changed("backfill.config.ts", before, after)

    def declaring(self, text: str) -> Project:
        """More keys in the manifest, on line 13."""
        return self.config("  streams:", f"  {text},\n  streams:")

    def plus(self, file: str, text: str) -> Project:
        """One file more, or another text in one."""
        return Project(self | {file: text})

    def without(self, file: str) -> Project:
        """One file less."""
        return Project({name: text for name, text in self.items() if name != file})

    def importing(self, line: str) -> Project:
        """A line more at the top of a module that others import."""
        return self.plus("src/lib/client.ts", f"{line}\n{self['src/lib/client.ts']}")

    def extension(self, text: str = "") -> Project:
        """The files of a plain extension in place of all others."""
        manifest = f'export default defineExtension({{ key: "acme", name: "Acme", {text} }});'
        return Project({"backfill.config.ts": manifest})


@pytest.fixture
def connector() -> Project:
    """A small connector that builds."""
    return Project(
        {
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
    )
