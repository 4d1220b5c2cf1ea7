"""The test runtime and the sandbox answer alike: the same handlers, requests and stubs, run in both, compared whole.

`scenarios.json` lists them: a handler, and the calls that a test makes of it. `backfill test --sandbox` makes the
calls in both and lists every difference in responses, errors, HTTP requests, writes, checkpoints, logs and host
calls.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCENARIOS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "scenarios.json").read_text(encoding="utf-8")
)

CONFIG = """import { defineConnector } from "@backfill-io/sdk";
export default defineConnector({
  key: "acme", name: "Acme", provider: "acme",
  config: { greeting: "hello", depth: { a: [1, 2] } },
  permissions: {
    http: [
      "https://api.acme.test/v1/*",
      "https://*.files.test/one",
      { url: "https://search.test/q", reads: ["POST"] },
    ],
    entities: {
      Customer: ["read", "write"], Invoice: ["write"], Payment: ["read"], Rate: ["read", "write"],
      JournalEntry: ["read", "write"],
    },
    secrets: { api_key: ["read", "write"], webhook_secret: ["read"] },
    secretHosts: { api_key: ["api.acme.test"] },
  },
  connection: {
    oauth: {
      type: "authorization_code",
      authorizationUrlTemplate: "https://auth.acme.test/authorize",
      tokenUrlTemplate: "https://auth.acme.test/token",
      scopes: ["read"],
      client: { credentialKey: "acme" },
    },
    settingsSchema: {
      type: "object",
      properties: {
        region: { type: "string", default: "eu" },
        api_key: { type: "string", "x-secret": true },
      },
    },
  },
  streams: [
    { key: "customers", mode: "poll", schedule: "*/15 * * * *" },
    { key: "pages", mode: "poll", schedule: "*/15 * * * *" },
    { key: "answers", mode: "poll", schedule: "*/15 * * * *" },
    { key: "both", mode: "poll", schedule: "*/15 * * * *" },
    { key: "events", mode: "webhook" },
  ],
  webhooks: { endpoint: "/hooks/signed", auth: "stripe_signature" },
});
"""
FIELDS = """import { defineEntityField, defineLineField } from "@backfill-io/sdk";
export const behavior = defineLineField("line_items", {
  key: "behavior", label: "Behavior", type: "select", options: ["inclusive", "exclusive"],
});
export const fee = defineLineField("line_items", {
  key: "fee", label: "Fee", type: "currency", currencyField: "currency",
});
export const score = defineEntityField({ key: "score", label: "Score", type: "decimal" });
"""
RATE = """import { defineEntity } from "@backfill-io/sdk";
export default defineEntity({
  name: "Rate",
  fields: {
    code: { type: "string", required: true, index: true },
    percent: { type: "decimal", index: true },
    kind: { type: "enum", values: ["sales", "use"], default: "sales" },
    customerId: { type: "reference", entity: "Customer" },
    since: { type: "date" },
  },
});
"""
SYNC = 'import { api } from "@backfill-io/sdk";\nexport const POST = api(async () => ({}));\n'

# A host that is written out must be declared, or the project does not build.
HELPERS = """const SLASHES = ["", "", ""].join("/");
const HTTPS = "https:" + SLASHES;
const attempt = (f) => {
  try {
    return f();
  } catch (e) {
    return { name: e.name, code: e.code, message: e.message };
  }
};
"""


def route_of(scenario: dict[str, Any]) -> str:
    return scenario.get("path") or "s/" + scenario["name"].replace(" ", "_")


def calls_of(scenario: dict[str, Any]) -> list[Any]:
    return scenario.get("calls", [{}])


def route_source(scenario: dict[str, Any]) -> str:
    body = "\n".join(scenario["handler"])
    body = body.replace("'https://", "HTTPS + '").replace("'http://", "'http:' + SLASHES + '")
    signed = scenario.get("path") == "hooks/signed"
    auth = 'export const config = { auth: "stripe_signature" };\n' if signed else ""
    return f"{HELPERS}{auth}export const POST = api(async (request) => {{\n{body}\n}});\n"


def source_of_test(scenario: dict[str, Any]) -> str:
    calls = [
        f"    await runtime.call(POST, {json.dumps(call)}).catch(() => undefined);"
        for call in calls_of(scenario)
    ]
    options = scenario.get("options", '{ secrets: { api_key: "sk_test_12345678" } }')
    return "\n".join(
        [
            f"test({json.dumps(scenario['name'])}, async () => {{",
            f"  const runtime = connectorTestRuntime({options});",
            "  try {",
            "    runtime.install();",
            f'    const {{ POST }} = await import("../src/api/{route_of(scenario)}");',
            *scenario.get("stubs", ()),
            *calls,
            "  } finally {",
            "    runtime.restore();",
            "  }",
            "});",
            "",
        ]
    )


@pytest.fixture(scope="module")
def answer(
    tmp_path_factory: pytest.TempPathFactory, written: Callable[..., Path], run: Callable[..., Any]
) -> Any:
    head = 'import test from "node:test";\nimport { connectorTestRuntime } from "@backfill-io/sdk/testing";\n'
    files = {
        "backfill.config.ts": CONFIG,
        "package.json": "{}",
        "src/fields/Invoice.ts": FIELDS,
        "src/entities/Rate.ts": RATE,
        "src/api/sync/customers.ts": SYNC,
        "test/all.test.ts": head + "".join(map(source_of_test, SCENARIOS)),
    }
    files |= {f"src/api/{route_of(one)}.ts": route_source(one) for one in SCENARIOS}
    ran = run(written(tmp_path_factory.mktemp("parity"), files), "--sandbox", "--json")
    assert ran.answer is not None, ran.err
    assert not ran.answer["problems"], ran.answer["problems"]
    return ran.answer


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one["name"])
def test_the_runtime_and_the_sandbox_agree(answer: Any, scenario: dict[str, Any]) -> None:
    calls = [call for call in answer["sandbox"]["calls"] if call["entry"] == f"POST /{route_of(scenario)}"]
    assert len(calls) == len(calls_of(scenario))
    for call in calls:
        assert call["skipped"] is None
        assert call["differences"] == []
