"""`connectorTestRuntime` in a test: what it installs, answers, remembers and takes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

ROUTE = """import { api, ingest } from "@backfill-io/sdk";
export const POST = api(async (request) => {
  ingest.canonical("customer", { id: request.body.id, name: "Ada" },
    { stream: "customers", idempotencyKey: `acme:customer:${request.body.id}` });
  if (request.body.fail) throw new RangeError("late");
  return api.json({ key: Secrets.get("api_key") }, { status: 201 });
});
"""
BATCH = """import { api, ingest } from "@backfill-io/sdk";
export const POST = api(async (request) => ingest.batch("customer", request.body, {
  stream: "customers", continueOnError: true, idempotencyKey: (c: any) => `acme:customer:${c.id}`,
}));
"""

CASES = {
    "globals are there between install and restore": """
        const before = globalThis.Crypto;
        assert.equal(typeof globalThis.Secrets, "undefined");
        runtime.install();
        assert.equal(typeof Secrets.get, "function");
        assert.equal(typeof Crypto.sha256, "function");
        runtime.restore();
        assert.equal(typeof globalThis.Secrets, "undefined");
        assert.equal(globalThis.Crypto, before);
    """,
    "a second runtime is not installed over the first": """
        runtime.install();
        assert.throws(() => connectorTestRuntime().install(), /restore\\(\\) first/);
        assert.throws(() => runtime.install(), /installed already/);
    """,
    "one runtime after the other answers the same module": """
        const { POST } = await import("../src/api/things");
        for (const api_key of ["one-secret", "two-secret"]) {
          const own = connectorTestRuntime({ secrets: { api_key } });
          own.install();
          assert.equal((await own.call(POST, { body: { id: "1" } })).body.key, api_key);
          assert.equal(own.records.all("Customer").length, 1);
          own.restore();
        }
    """,
    "a call without install has the globals for its time": """
        const { POST } = await import("../src/api/things");
        assert.equal((await runtime.call(POST, { body: { id: "1" } })).status, 201);
        assert.equal(typeof globalThis.Secrets, "undefined");
    """,
    "the SDK works outside a handler while it is installed, and says so when it is not": """
        const { Settings } = await import("@backfill-io/sdk");
        assert.throws(() => Settings.get("a"), { code: "not_available" });
        runtime.install();
        runtime.settings.set("a", 5);
        assert.equal(Settings.get("a"), 5);
        runtime.restore();
        assert.throws(() => Settings.get("a"), { code: "not_available", message: /install/ });
    """,
    "what the handler throws is what the call rejects with": """
        const { POST } = await import("../src/api/things");
        runtime.install();
        await assert.rejects(runtime.call(POST, { body: { id: "1", fail: true } }), (error) => {
          assert.ok(error instanceof RangeError);
          assert.match(error.stack, /src\\/api\\/things\\.ts:5/);
          return true;
        });
    """,
    "what a handler that throws wrote is taken back, and its ingest stays listed": """
        const { POST } = await import("../src/api/things");
        runtime.install();
        await assert.rejects(runtime.call(POST, { body: { id: "1", fail: true } }));
        assert.deepEqual(runtime.records.all("Customer"), []);
        assert.equal(runtime.ingest.calls.length, 1);
    """,
    "an ingest is listed with its result": """
        const { POST } = await import("../src/api/things");
        runtime.install();
        await runtime.call(POST, { body: { id: 7 } });
        const { result, ...call } = runtime.ingest.calls[0];
        assert.deepEqual(call, {
          action: "canonical", documentType: "customer", sourceId: "7", idempotencyKey: "acme:customer:7",
          stream: "customers", payload: { id: 7, name: "Ada" }, error: null,
        });
        assert.deepEqual([result.status, result.version], ["created", 1]);
        assert.equal(runtime.records.get("Customer", result.id).name, "Ada");
    """,
    "a batch's partial failure is the test's to make": """
        const { POST } = await import("../src/api/batch");
        runtime.install();
        runtime.ingest.failNext({ sourceId: "2", message: "no" });
        const { body } = await runtime.call(POST, { body: [{ id: 1 }, { id: 2 }, { id: 3, nope: 1 }] });
        assert.deepEqual([body.imported, body.failed], [1, 2]);
        assert.deepEqual(runtime.ingest.calls.map((call) => call.error?.code ?? call.result.status),
          ["created", "validation_error", "validation_error"]);
        assert.equal((await runtime.call(POST, { body: [{ id: 2 }] })).body.imported, 1);
    """,
    "calls that are started together run one after the other": """
        const { POST } = await import("../src/api/things");
        runtime.install();
        const all = await Promise.all(["1", "2", "3"].map((id) => runtime.call(POST, { body: { id } })));
        assert.deepEqual(all.map((one) => one.status), [201, 201, 201]);
        assert.equal(runtime.records.all("Customer").length, 3);
    """,
    "a stub is used once, and one for a URL waits for it": """
        runtime.install();
        const { Http } = await import("@backfill-io/sdk");
        runtime.http.getOnce({ body: "b", url: "https://api.acme.test/v1/b*" });
        runtime.http.getOnce({ body: "a" });
        assert.equal(Http.get("https://api.acme.test/v1/a").body, "a");
        assert.equal(runtime.http.pending.length, 1);
        assert.equal(Http.get("https://api.acme.test/v1/b?x=1").body, "b");
        assert.throws(() => Http.get("https://api.acme.test/v1/a"), {
          code: "egress_blocked", message: /runtime\\.http\\.getOnce/,
        });
        assert.deepEqual(runtime.http.calls.map((call) => [call.method, call.url.slice(-3)]),
          [["GET", "1/a"], ["GET", "x=1"], ["GET", "1/a"]]);
    """,
    "the project's manifest holds": """
        runtime.install();
        const { Http, Payment, sync } = await import("@backfill-io/sdk");
        runtime.http.getOnce({ body: 1 });
        const host = ["https:", "", "other.test", ""].join("/");
        assert.throws(() => Http.get(host), { code: "permission_denied" });
        assert.throws(() => Payment.count(), { code: "permission_denied" });
        assert.throws(() => sync.getCheckpoint("nope"), { code: "invalid_argument" });
    """,
    "a manifest of the test's own takes its place": """
        const manifest = { key: "x", name: "X", permissions: { http: ["https://other.test/*"] } };
        const plain = connectorTestRuntime({ manifest });
        plain.install();
        const { Http, ingest } = await import("@backfill-io/sdk");
        plain.http.getOnce({ body: "x" });
        assert.equal(Http.get("https://other.test/a").body, "x");
        assert.throws(() => ingest.canonical("customer", {}, {}), { code: "not_available" });
        plain.restore();
    """,
    "an OAuth token is sent, unless a scope is missing": """
        const oauth = { accessToken: "tok_12345678", scopes: ["a"], provider: "acme" };
        const own = connectorTestRuntime({ oauth });
        own.install();
        const { Http, OAuth } = await import("@backfill-io/sdk");
        own.http.getOnce({ body: {} });
        Http.get("https://api.acme.test/v1/a", { auth: { oauth: { minTtlSeconds: 60 } } });
        assert.equal(own.http.calls[0].headers.authorization, "Bearer tok_12345678");
        assert.equal(OAuth.accessToken(), "tok_12345678");
        own.restore();
        const less = connectorTestRuntime({ oauth: { ...oauth, requiredScopes: ["a", "b"] } });
        less.install();
        assert.throws(() => OAuth.accessToken(), { code: "not_available", message: /granted b/ });
        less.restore();
    """,
    "secrets that a handler has read are hidden in its logs": """
        const own = connectorTestRuntime({ secrets: { api_key: "sk_live_123456" } });
        own.install();
        const { Log, Secrets } = await import("@backfill-io/sdk");
        Log.info("sk_live_123456");
        Log.info("read", { key: `Bearer ${Secrets.get("api_key")}` });
        assert.deepEqual(own.logs.map((line) => line.data ?? line.message),
          ["sk_live_123456", { key: "Bearer [secret:api_key]" }]);
        own.restore();
    """,
    "records and checkpoints that the test gives are there": """
        const own = connectorTestRuntime({
          records: { Customer: [{ id: "c1", name: "Ada" }] }, checkpoints: { customers: { n: 1 } },
        });
        own.install();
        const { Customer, sync } = await import("@backfill-io/sdk");
        assert.equal(Customer.get("c1").name, "Ada");
        assert.deepEqual(sync.getCheckpoint("customers"), { n: 1 });
        sync.setCheckpoint("customers", { n: 2 }, { partition: { a: 1 } });
        assert.deepEqual(own.checkpoints.get("customers", { partition: { a: 1 } }), { n: 2 });
        own.restore();
        assert.throws(() => connectorTestRuntime({ records: { Customer: [{ nope: 1 }] } }), /Customer\\[0\\].*nope/);
    """,
    "the language of a test is left as it was": """
        const random = Math.random;
        runtime.install();
        assert.equal(Math.random, random);
        assert.ok([] instanceof Array && new Map() instanceof Map);
        assert.equal(typeof console.table, "function");
    """,
    "what is no handler is refused": """
        runtime.install();
        await assert.rejects(runtime.call(undefined), { name: "TypeError", message: /must be a route's function/ });
    """,
}


@pytest.mark.parametrize("body", CASES.values(), ids=CASES.keys())
def test_the_runtime(unit: Callable[..., Any], body: str) -> None:
    files = {"src/api/things.ts": ROUTE, "src/api/batch.ts": BATCH}
    result = unit(body, files=files, options='{ secrets: { api_key: "sk_test_1" } }')
    assert result["outcome"] == "passed", result["error"]["stack"]
