import assert from "node:assert/strict";
import test from "node:test";
import { connectorTestRuntime } from "@backfill-io/sdk/testing";

const connector = { key: "{{name}}", provider: "{{name}}" };

test("a page of customers is ingested under their own ids", async () => {
  const runtime = connectorTestRuntime({ connector, secrets: { api_key: "sk_test_123" } });
  try {
    runtime.install();
    const { POST } = await import("../src/api/sync/customers");
    runtime.http.getOnce({
      status: 200,
      body: { data: [{ id: "cus_123", name: "Ada Lovelace", email: null }], next_cursor: null },
    });
    const response = await runtime.call(POST);
    assert.equal(response.status, 200);
    assert.equal(runtime.ingest.calls[0].documentType, "customer");
    assert.equal(runtime.ingest.calls[0].sourceId, "cus_123");
    assert.equal(runtime.ingest.calls[0].idempotencyKey, "{{name}}:customer:cus_123");
  } finally {
    runtime.restore();
  }
});

test("without an API key nothing is asked of the provider", async () => {
  const runtime = connectorTestRuntime({ connector });
  try {
    runtime.install();
    const { POST } = await import("../src/api/sync/customers");
    const response = await runtime.call(POST);
    assert.equal(response.status, 400);
    assert.equal(runtime.http.calls.length, 0);
  } finally {
    runtime.restore();
  }
});
