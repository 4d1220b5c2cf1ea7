import assert from "node:assert/strict";
import test from "node:test";
import { connectorTestRuntime } from "@backfill-io/sdk/testing";

const connector = { key: "{{name}}", provider: "{{name}}" };
const oauth = { accessToken: "token_123", scopes: ["customers.read"], provider: "{{name}}" };

test("a page of customers is read with the connection's token", async () => {
  const runtime = connectorTestRuntime({ connector, oauth });
  try {
    runtime.install();
    const { POST } = await import("../src/api/sync/customers");
    runtime.http.getOnce({
      status: 200,
      body: { data: [{ id: "cus_123", name: "Ada Lovelace", email: null }], next_cursor: "2" },
    });
    const response = await runtime.call(POST);
    assert.equal(response.status, 200);
    assert.equal(response.body.hasMore, true);
    assert.equal(runtime.ingest.calls[0].sourceId, "cus_123");
  } finally {
    runtime.restore();
  }
});

test("the account that was connected is named", async () => {
  const runtime = connectorTestRuntime({ connector, oauth });
  try {
    runtime.install();
    const { POST } = await import("../src/api/setup/test_connection");
    runtime.http.getOnce({ status: 200, body: { id: "acct_1", name: "Analytical Engines" } });
    const response = await runtime.call(POST);
    assert.deepEqual(response.body, { ok: true, account: { id: "acct_1", name: "Analytical Engines" } });
  } finally {
    runtime.restore();
  }
});

test("before it is connected nothing is asked of the provider", async () => {
  const runtime = connectorTestRuntime({ connector });
  try {
    runtime.install();
    const { POST } = await import("../src/api/sync/customers");
    const response = await runtime.call(POST);
    assert.equal(response.status, 401);
    assert.equal(runtime.http.calls.length, 0);
  } finally {
    runtime.restore();
  }
});
