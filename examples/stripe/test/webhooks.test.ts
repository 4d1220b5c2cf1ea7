import assert from "node:assert/strict";
import test from "node:test";
import { connectorTestRuntime } from "@backfill-io/sdk/testing";

const secrets = { api_key: "sk_test_123", webhook_secret: "whsec_test_123" };

const payout = {
  id: "po_1", amount: 9_950, currency: "usd", status: "paid", arrival_date: 1767225600, created: 1767139200,
  description: null, metadata: {},
};

function event(id: string, type: string, object: object, created = 1767225600): object {
  return { id, type, created, data: { object } };
}

test("a paid payout becomes a deposit", async () => {
  const runtime = connectorTestRuntime({ secrets });
  try {
    runtime.install();
    const { POST } = await import("../src/api/webhooks/stripe");

    const response = await runtime.call(POST, { body: event("evt_1", "payout.paid", payout) });

    assert.equal(response.status, 202);
    const [call] = runtime.ingest.calls;
    assert.equal(call.documentType, "deposit");
    assert.equal(call.idempotencyKey, "stripe:event:evt_1:deposit:po_1");
    assert.equal(call.payload.total_amount, "99.50");
    assert.equal(call.payload.status, "deposited");
  } finally {
    runtime.restore();
  }
});

test("the same delivery twice is one record, and an older event changes nothing", async () => {
  const runtime = connectorTestRuntime({ secrets });
  try {
    runtime.install();
    const { POST } = await import("../src/api/webhooks/stripe");
    const delivery = { body: event("evt_2", "payout.paid", payout) };
    const older = event("evt_1", "payout.created", { ...payout, status: "pending" }, 1767139200);

    await runtime.call(POST, delivery);
    await runtime.call(POST, delivery);
    const { body } = await runtime.call(POST, { body: older });

    assert.deepEqual(runtime.ingest.calls.map((call) => call.result?.status), ["created", "duplicate", "duplicate"]);
    assert.equal(body.results[0].reason, "stale");
    assert.deepEqual(runtime.records.all("Deposit").map((deposit) => deposit.status), ["deposited"]);
  } finally {
    runtime.restore();
  }
});

test("an event of another kind is acknowledged and leaves nothing", async () => {
  const runtime = connectorTestRuntime({ secrets });
  try {
    runtime.install();
    const { POST } = await import("../src/api/webhooks/stripe");
    const response = await runtime.call(POST, { body: event("evt_3", "account.updated", {}) });
    assert.equal(response.status, 202);
    assert.equal(response.body.ignored, true);
    assert.equal(runtime.ingest.calls.length, 0);
  } finally {
    runtime.restore();
  }
});
