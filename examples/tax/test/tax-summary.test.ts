import assert from "node:assert/strict";
import test from "node:test";
import { connectorTestRuntime } from "@backfill-io/sdk/testing";

const records = {
  TaxRecord: [
    { documentType: "Invoice", documentId: "1", state: "TX", currency: "USD", rate: "6.25", taxableAmount: "100.00", taxAmount: "6.25" },
    { documentType: "Invoice", documentId: "2", state: "TX", currency: "USD", rate: "6.25", taxableAmount: "10.10", taxAmount: "0.63" },
    { documentType: "SalesReceipt", documentId: "3", currency: "USD", rate: "8.25", taxableAmount: "1.00", taxAmount: "0.08" },
  ],
};

test("the summary adds up the tax of a time, by state", async () => {
  const runtime = connectorTestRuntime({ records });
  try {
    runtime.install();
    const { GET } = await import("../src/api/tax-summary");
    const { status, body } = await runtime.call(GET, { searchParams: { from: "2000-01-01", to: "2999-12-31" } });
    assert.equal(status, 200);
    assert.equal(body.documents, 3);
    assert.deepEqual(body.totals, [
      { state: null, currency: "USD", documents: 1, taxableAmount: "1.00", taxAmount: "0.08" },
      { state: "TX", currency: "USD", documents: 2, taxableAmount: "110.10", taxAmount: "6.88" },
    ]);
    const before = await runtime.call(GET, { searchParams: { from: "1999-01-01", to: "1999-12-31" } });
    assert.equal(before.body.documents, 0);
  } finally {
    runtime.restore();
  }
});

test("a summary without its days is refused", async () => {
  const runtime = connectorTestRuntime({ records });
  try {
    runtime.install();
    const { GET } = await import("../src/api/tax-summary");
    const wrong: Record<string, string>[] = [{}, { from: "2026-01-01" }, { from: "2026-01-01", to: "2026-02-31x" }];
    for (const searchParams of wrong) {
      assert.equal((await runtime.call(GET, { searchParams })).status, 400);
    }
  } finally {
    runtime.restore();
  }
});
