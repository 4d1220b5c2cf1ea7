import assert from "node:assert/strict";
import test from "node:test";
import { connectorTestRuntime } from "@backfill-io/sdk/testing";

const connector = { key: "{{name}}", provider: "{{name}}" };

test("a changed customer is ingested under the event's key", async () => {
  const runtime = connectorTestRuntime({ connector });
  try {
    runtime.install();
    const { POST } = await import("../src/api/webhooks/events");
    const response = await runtime.call(POST, {
      body: {
        id: "evt_1",
        type: "customer.updated",
        occurred_at: "2026-01-31T12:00:00Z",
        data: { id: "cus_123", name: "Ada Lovelace", email: null },
      },
    });
    assert.equal(response.status, 202);
    assert.equal(runtime.ingest.calls[0].documentType, "customer");
    assert.equal(runtime.ingest.calls[0].sourceId, "cus_123");
    assert.equal(runtime.ingest.calls[0].idempotencyKey, "{{name}}:event:evt_1");
  } finally {
    runtime.restore();
  }
});

test("an event of another type is acknowledged and leaves nothing", async () => {
  const runtime = connectorTestRuntime({ connector });
  try {
    runtime.install();
    const { POST } = await import("../src/api/webhooks/events");
    const response = await runtime.call(POST, { body: { id: "evt_2", type: "invoice.paid", data: {} } });
    assert.equal(response.status, 202);
    assert.equal(response.body.ignored, true);
    assert.equal(runtime.ingest.calls.length, 0);
  } finally {
    runtime.restore();
  }
});
