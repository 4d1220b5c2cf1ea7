"""Custom entities and indexed fields, from an author's project to the stored records, through the real sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox_host.cli import app

MANIFEST = """import { defineExtension } from "@backfill-io/sdk";
export default defineExtension({
  key: "%s", name: "Tax", version: "1.0.0",
  permissions: { entities: { TaxRecord: ["read", "write"], Invoice: ["read", "write"] } },
});
"""
ENTITY = """import { defineEntity } from "@backfill-io/sdk";
export default defineEntity({ name: "TaxRecord", fields: {
  label: { type: "string", required: true, index: true },
  rate: { type: "decimal", default: "8.250" },
  invoiceId: { type: "reference", entity: "Invoice", index: true },
} });
"""
FIELDS = """import { defineEntityField } from "@backfill-io/sdk";
export const risk = defineEntityField({ key: "risk", label: "Risk", type: "number", index: true });
"""
JOB = """import { Invoice, TaxRecord } from "@backfill-io/sdk";
export const schedule = "0 4 * * 1";
export async function run() {
  const invoice = Invoice.create({ source_id: `in_${TaxRecord.count()}`, total_amount: "5.00", risk: 7 });
  const made = TaxRecord.create({ label: "a", invoiceId: invoice.id });
  let refused = null;
  try { TaxRecord.create({ label: 7 }); } catch (error) { refused = error.message; }
  try { Invoice.action(invoice.id, "reject"); } catch (error) { refused += ` / ${error.code}`; }
  return {
    found: TaxRecord.query({ where: { label: "a" }, include: ["invoice"] }).map((one) => one.invoice.total_amount),
    rate: made.rate, risky: Invoice.count({ risk: { gt: 6 } }), refused,
  };
}
"""


@pytest.fixture
def invoke(tmp_path: Path) -> Any:
    """Runs the job of an extension of that key, and answers its report."""

    def run(key: str, *options: str) -> dict[str, Any]:
        project = tmp_path / key
        files = {
            "backfill.config.ts": MANIFEST % key,
            "package.json": "{}",
            "src/entities/TaxRecord.ts": ENTITY,
            "src/fields/Invoice.ts": FIELDS,
            "src/jobs/weekly.ts": JOB,
        }
        for name, text in files.items():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text)
        state = ["--state", str(tmp_path / "state")]
        done = CliRunner().invoke(app, ["invoke", str(project), "job:weekly", *state, "--json", *options])
        return json.loads(done.stdout)

    return run


def test_a_job_keeps_records_of_its_own_entity(invoke: Any) -> None:
    observed = invoke("tax", "--observe")
    assert observed["ok"], observed["error"]
    assert [write["committed"] for write in observed["writes"]] == [False, False]
    first = invoke("tax")
    assert first["ok"], first["error"]
    body = first["response"]["body"]
    assert (body["found"], body["rate"], body["risky"]) == (["5.00"], "8.250", 1)
    assert body["refused"].endswith(": label: 7 is not text (string) / conflict")
    body = invoke("tax")["response"]["body"]
    assert (body["found"], body["risky"]) == (["5.00", "5.00"], 2)


@pytest.mark.parametrize("options", [(), ("--observe",)])
def test_another_extension_that_declares_the_same_entity_does_not_run(
    invoke: Any, options: tuple[str, ...]
) -> None:
    assert invoke("tax")["ok"]
    invoke("other")
    refused = invoke("other", *options)
    assert refused["error"]["name"] == "InvalidInput"
    (one,) = refused["error"]["problems"]
    assert one["file"] == "src/entities/TaxRecord.ts"
    assert one["message"].startswith("the entity TaxRecord belongs to the extension tax of ")
