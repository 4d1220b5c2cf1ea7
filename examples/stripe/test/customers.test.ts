import assert from "node:assert/strict";
import test from "node:test";
import { connectorTestRuntime } from "@backfill-io/sdk/testing";

const secrets = { api_key: "sk_test_123" };

function customer(id: string, created: number, more: object = {}): object {
  return {
    id, created, name: "Ada Lovelace", email: null, phone: null, description: null, currency: "usd", balance: -1230,
    address: null, shipping: null, tax_exempt: "none", metadata: {}, ...more,
  };
}

test("a page of customers is ingested under Stripe's ids", async () => {
  const runtime = connectorTestRuntime({ secrets });
  try {
    runtime.install();
    const { POST } = await import("../src/api/sync/customers");
    runtime.http.getOnce({ body: { data: [customer("cus_1", 1767225600)], has_more: false } });

    const response = await runtime.call(POST);

    assert.equal(response.status, 200);
    assert.equal(response.body.imported, 1);
    const [call] = runtime.ingest.calls;
    assert.equal(call.documentType, "customer");
    assert.equal(call.sourceId, "cus_1");
    assert.equal(call.idempotencyKey, "stripe:customer:cus_1");
    assert.equal(call.payload.balance, "-12.30");
    assert.equal(runtime.http.calls[0].headers.authorization, "Bearer sk_test_123");
  } finally {
    runtime.restore();
  }
});

test("the next poll goes on where the last page ended, and then asks for what is new", async () => {
  const runtime = connectorTestRuntime({ secrets });
  try {
    runtime.install();
    const { POST } = await import("../src/api/sync/customers");
    runtime.http.getOnce({ body: { data: [customer("cus_2", 200)], has_more: true } });
    runtime.http.getOnce({ body: { data: [customer("cus_1", 100)], has_more: false } });
    runtime.http.getOnce({ body: { data: [], has_more: false } });

    await runtime.call(POST);
    assert.deepEqual(runtime.checkpoints.get("customers"), { cursor: "cus_2", newest: 200, since: null });
    await runtime.call(POST);
    assert.deepEqual(runtime.checkpoints.get("customers"), { cursor: null, newest: 200, since: 200 });
    await runtime.call(POST);

    const [, second, third] = runtime.http.calls;
    assert.match(second.url, /starting_after=cus_2/);
    assert.match(third.url, /created%5Bgte%5D=200/);
  } finally {
    runtime.restore();
  }
});

test("a record that is refused is logged, and the others come in", async () => {
  const runtime = connectorTestRuntime({ secrets });
  try {
    runtime.install();
    const { POST } = await import("../src/api/sync/customers");
    runtime.http.getOnce({ body: { data: [customer("cus_1", 1), customer("cus_2", 2)], has_more: false } });
    runtime.ingest.failNext({ sourceId: "cus_1", message: "name: refused" });

    const { body } = await runtime.call(POST);

    assert.deepEqual([body.imported, body.failed], [1, 1]);
    assert.equal(body.failedRecords[0].error.message, "name: refused");
    assert.equal(runtime.logs[0].message, "record_refused");
    assert.equal(runtime.logs[0].level, "error");
  } finally {
    runtime.restore();
  }
});

test("a throttled page leaves nothing behind and says when to come back", async () => {
  const runtime = connectorTestRuntime({ secrets });
  try {
    runtime.install();
    const { POST } = await import("../src/api/sync/customers");
    runtime.http.getOnce({ status: 429, headers: { "Retry-After": "7" }, body: { error: { message: "Slow down" } } });

    const response = await runtime.call(POST);

    assert.equal(response.status, 429);
    assert.equal(response.headers["retry-after"], "7");
    assert.equal(runtime.ingest.calls.length, 0);
    assert.equal(runtime.checkpoints.get("customers"), null);
  } finally {
    runtime.restore();
  }
});

test("without an API key Stripe is not asked", async () => {
  const runtime = connectorTestRuntime();
  try {
    runtime.install();
    const { POST } = await import("../src/api/sync/customers");
    assert.equal((await runtime.call(POST)).status, 400);
    assert.equal(runtime.http.calls.length, 0);
  } finally {
    runtime.restore();
  }
});
