"""The connector that the benchmarks run: a customers handler among some thousands of functions.

Its answer depends on its input: the cursor chooses the page, the page chooses the functions. `python_connector` has
the same in Python.
"""

from __future__ import annotations

import json
from pathlib import Path

import provider

from sandbox_host.egress import EgressRequest, EgressResponse

CUSTOMERS = "src/api/sync/customers"
"""The measured handler's file, without the ending of its language."""
SETTINGS = {"region": "eu-central"}

_CONFIG = """
import { defineConnector } from "@backfill-io/sdk";

export default defineConnector({
  key: "benchmark",
  name: "Benchmark",
  provider: "stripe",
  permissions: {
    http: ["https://api.stripe.com/v1/*"],
    entities: { Customer: ["read", "write"] },
    secrets: { api_key: ["read"] },
  },
  streams: [{ key: "customers", mode: "poll", schedule: "*/15 * * * *" }],
});
"""

_CUSTOMERS = """
import { Http, Secrets, api, ingest } from "@backfill-io/sdk";
import { rules } from "../../lib/rules";

export const config = { auth: "api_key" };

export const POST = api(async (request) => {
  const stream = "customers";
  const apiKey = Secrets.get("api_key");
  if (!apiKey) return api.badRequest("Missing api_key");
  const after = request.body.cursor;
  const res = Http.get(`https://api.stripe.com/v1/customers?limit=100&starting_after=${after}`, {
    auth: { bearer: apiKey },
  });
  if (!res.ok) return api.error(`Stripe ${res.status}`, { status: 502 });
  let score = 0;
  const results = res.body.data.map((customer: any) => {
    score += rules[customer.created % rules.length]!(customer.balance, score);
    return ingest.canonical(
      "customer",
      { customer_id: customer.id, name: customer.name, email: customer.email, currency: customer.currency },
      { stream, idempotencyKey: `stripe:customer:${customer.id}` },
    );
  });
  const last = res.body.data.at(-1).id;
  return api.json({ stream, imported: results.length, score, cursor: last, hasMore: res.body.has_more });
});
"""

_CALLS = """
import { Http, Secrets, Settings, api } from "@backfill-io/sdk";

export const config = { auth: "api_key" };

const calls: Record<string, (index: number) => unknown> = {
  none: (index) => index,
  settings: () => Settings.get("region"),
  secrets: () => Secrets.get("api_key"),
  http: (index) => Http.get(`https://api.stripe.com/v1/customers?starting_after=cus_${index}`).status,
};

export const POST = api(async (request) => {
  const call = calls[request.body.call]!;
  let last: unknown = null;
  for (let index = 0; index < request.body.count; index++) last = call(index);
  return api.json({ last });
});
"""


def write_project(folder: Path, functions: int) -> Path:
    """Write the project with that many functions beside its handlers, about 100 bytes each. Returns `folder`."""
    files = {
        "backfill.config.ts": _CONFIG,
        f"{CUSTOMERS}.ts": _CUSTOMERS,
        "src/api/calls.ts": _CALLS,
        "src/lib/rules.ts": _rules(functions),
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def _rules(functions: int) -> str:
    # The engine keeps a literal on its stack until it is complete, so they come in groups.
    groups = [range(start, min(start + 500, functions)) for start in range(0, functions, 500)]
    lists = ",\n".join(f"[\n{_group(numbers)}]" for numbers in groups)
    return f"type Rule = (balance: number, score: number) => number;\nexport const rules: Rule[] = [{lists}].flat();\n"


def _group(numbers: range) -> str:
    return "".join(
        f"function rule{number}(balance: number, score: number): number {{\n"
        f"  return (balance * {number % 89 + 2} + score) % {number + 1009};\n}},\n"
        for number in numbers
    )


def page_body(run: int) -> bytes:
    """The request body of run number `run`: no two runs ask for the same page."""
    return json.dumps({"cursor": provider.cursor(run)}).encode()


def calls_body(call: str, count: int) -> bytes:
    """The request body that makes the other handler repeat one host call: `none settings secrets http`."""
    return json.dumps({"call": call, "count": count}).encode()


class Provider:
    """An `Egress` that answers with the page after the cursor and opens no connection."""

    def send(self, request: EgressRequest) -> EgressResponse:
        return EgressResponse(
            200, {"content-type": "application/json"}, json.dumps(provider.page(str(request.url))).encode()
        )

    def close(self) -> None:
        return
