import assert from "node:assert/strict";
import test from "node:test";
import { connectorTestRuntime } from "@backfill-io/sdk/testing";

test("an invoice of the last of January is due thirty days later", async () => {
  const runtime = connectorTestRuntime({ settings: { paymentTermsDays: 30 } });
  try {
    runtime.install();
    const { GET } = await import("../src/api/due-date");
    const response = await runtime.call(GET, { searchParams: { from: "2026-01-31" } });
    assert.equal(response.status, 200);
    assert.deepEqual(response.body, { from: "2026-01-31", due_date: "2026-03-02" });
  } finally {
    runtime.restore();
  }
});

test("a date that is none is refused", async () => {
  const runtime = connectorTestRuntime({ settings: { paymentTermsDays: 30 } });
  try {
    runtime.install();
    const { GET } = await import("../src/api/due-date");
    const response = await runtime.call(GET, { searchParams: { from: "soon" } });
    assert.equal(response.status, 400);
  } finally {
    runtime.restore();
  }
});
