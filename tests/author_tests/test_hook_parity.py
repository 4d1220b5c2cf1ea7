"""Hooks and jobs behave in a test as they do in the sandbox: the same runs, made in both, compared whole.

One project with hooks that reject, merge, write and fail; and a test that calls its routes, jobs and hooks.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

GRANTS = {name: ["read", "write"] for name in ("Customer", "Invoice", "Item", "Payment", "Account", "Note")}
MANIFEST = {
    "key": "acme", "name": "Acme", "provider": "acme",
    "permissions": {
        "entities": GRANTS,
        "http": ["https://api.acme.test/v1/*"],
        "secrets": {"api_key": ["read", "write"]},
    },
    "streams": [{"key": "customers", "mode": "poll", "schedule": "*/15 * * * *"}],
}  # fmt: skip

HOOKS = {
    # Merges, rejects, writes, and reads what it wrote.
    "customer/before-save": """
        const { name, email } = ctx.entity;
        if (name === "told") return { metadata: { changes: ctx.changes, operation: ctx.operation, actor: ctx.actor,
          previous: ctx.previous && ctx.previous.name, keys: Object.keys(ctx.entity).sort() } };
        if (name === "no") throw new RangeError("not this one");
        if (name === "list") return [1];
        if (name === "text") return "text";
        if (name === "unknown") return { nope: 1 };
        if (name === "wrong") return { balance: "much" };
        if (name === "function") return { metadata: () => 1 };
        if (name === "spend") { for (let i = 0; i < 1100; i++) Settings.get("a"); }
        if (name === "secret") return { metadata: { key: Secrets.get("api_key") } };
        if (name === "http") return { metadata: { body: Http.get("https://api.acme.test/v1/a").body } };
        if (name === "slow") await new Promise((done) => queueMicrotask(() => done(1)));
        if (name && name !== name.trim()) {
          Item.create({ name: `before ${name}` });
          return { name: name.trim(), phone: null };
        }
        return email ? null : { email: `${(name ?? "").toLowerCase()}@acme.test` };
    """,
    "customer/after-save": """
        Log.info(`saved ${ctx.entity.name}`, { changes: ctx.changes, previous: ctx.previous && ctx.previous._version });
        if (ctx.entity.name === "bad") throw new TypeError("after all");
        if (ctx.entity.name === "busy") { for (let i = 0; i < 1100; i++) Settings.get("a"); }
        if (ctx.entity.name === "again") Customer.update(ctx.entity.id, { phone: "1" });
        if (ctx.entity.name === "undone") { Item.create({ name: "undone" }); throw new Error("undone"); }
    """,
    "customer/before-delete": 'if (ctx.entity.name === "stay") throw new Error("stays");',
    "customer/after-delete": "Log.info(`${ctx.operation} ${ctx.entity.name} ${ctx.changes.length}`);",
    "invoice/recalculate": """
        const lines = ctx.entity.line_items ?? [];
        return { total_amount: String(lines.reduce((sum, line) => sum + Number(line.amount), 0)) + ".00" };
    """,
    "invoice/before-approve": 'if (Number(ctx.entity.total_amount) > 100) throw new Error("too much");',
    "invoice/before-post": "Log.info(`posting ${ctx.entity.total_amount}`);",
    "invoice/after-post": "Item.create({ name: `posted ${ctx.entity.memo}` });",
    "invoice/after-approve": "Log.info(`approved ${ctx.previous?.approval_status} ${ctx.entity.approval_status}`);",
    # A chain: an item makes an account, that one the next, and so on until it may not.
    "item/after-save": """
        if (ctx.entity.name === "chain") Account.create({ name: "chain 1", code: "1", type: "asset" });
    """,
    "account/after-save": """
        const depth = Number(ctx.entity.name.split(" ")[1]);
        Account.create({ name: `chain ${depth + 1}`, code: String(depth + 1), type: "asset" });
    """,
    "note/before-save": "return { text: `${ctx.entity.text ?? ctx.entity.kind}!` };",
}

NOTE = """import { defineEntity } from "@backfill-io/sdk";
export default defineEntity({ name: "Note", fields: {
  text: { type: "string" }, kind: { type: "enum", values: ["a", "b"], default: "a" }, on: { type: "date" },
} });
"""

JOBS = {
    "writes": 'Customer.create({ name: "Ada" }); Customer.create({ name: "bad" }); return Customer.count();',
    "fails": 'Customer.create({ name: "Ada" }); throw new Error(`failed with ${Customer.count()}`);',
    "rejected": 'Customer.create({ name: "Ada" }); Customer.create({ name: "no" });',
    "catches": 'try { Customer.create({ name: "no" }); } catch (e) { return [e.name, e.code, e.message]; }',
    "chain": 'Item.create({ name: "chain" }); return Account.count();',
    "busy": 'Customer.create({ name: "busy" }); return 1;',
    "limited": "for (let i = 0; i < 1100; i++) Settings.get('a');",
    "nothing": "",
    "unplain": "return () => 1;",
}
RETRIES = {
    "retried": """
        Customer.create({ name: "Ada" });
        if (Customer.count() < 3) throw new Error("too few");
        return "enough";
    """,
    "always": 'Customer.create({ name: "Ada" }); throw new Error("never");',
}

ROUTES = {
    "creates": 'return Customer.create({ name: "Ada", phone: "1" });',
    "trims": 'return [Customer.create({ name: " Ada ", phone: "1" }), Item.query().map((i) => i.name)];',
    "told": """
        const c = Customer.create({ name: "told", balance: 5 });
        const update = (set) => Customer.update(c.id, set);
        return [c, update({ phone: "2", balance: "5.0" }), update({ _version: 9, id: c.id })];
    """,
    "rejected": 'Customer.create({ name: "Ada" }); Customer.create({ name: "no" });',
    "catches": """
        return ["no", "list", "text", "unknown", "wrong", "function"].map((name) => {
          try { return Customer.create({ name }); } catch (e) { return [e.name, e.code, e.message]; }
        }).concat([Customer.count(), Item.count()]);
    """,
    "refused": """
        const attempt = (f) => { try { return f(); } catch (e) { return [e.name, e.message]; } };
        return [attempt(() => Customer.create({ nope: 1 })), attempt(() => Customer.update("none", {})),
          attempt(() => Customer.create(5)), Customer.delete("none"), attempt(() => Customer.action("none", "void"))];
    """,
    "after": """
        for (const name of ["bad", "undone", "Ada"]) Customer.create({ name });
        return Item.count();
    """,
    "again": 'return Customer.create({ name: "again" });',
    "deletes": """
        const made = ["stay", "go"].map((name) => Customer.create({ name }));
        const gone = made.map(({ id }) => { try { return Customer.delete(id); } catch (e) { return e.message; } });
        return [gone, Customer.query({ orderBy: [{ field: "name" }] }).map((c) => c.name)];
    """,
    "ingests": """
        const how = { stream: "customers", idempotencyKey: (c) => `acme:customer:${c.id}`, continueOnError: true };
        const rows = [{ id: 1, name: " Ada " }, { id: 2, name: "no" }, { id: 3, name: "bad" }, { id: 4, nope: 1 }];
        const twice = [1, 2].map(() => ingest.batch("customer", rows, how));
        return [twice, Customer.count(), Item.count()];
    """,
    "batch": """
        const how = { stream: "customers", idempotencyKey: (c) => `acme:customer:${c.id}` };
        try { ingest.batch("customer", [{ id: 1, name: " Ada " }, { id: 2, name: "no" }], how); }
        catch (e) { return [e.name, e.message, Customer.count(), Item.count()]; }
    """,
    "canonical": """
        const how = { stream: "customers", idempotencyKey: "k" };
        const one = (name) => ingest.canonical("customer", { id: 1, name }, how);
        return [one("A"), one("A"), one("B"), Customer.query().map((c) => [c.name, c.email, c._version])];
    """,
    "invoices": """
        const lines = [{ line_key: "a", amount: "60.00" }, { line_key: "b", amount: "30.00" }];
        const i = Invoice.create({ currency: "USD", memo: "m", line_items: lines });
        const attempt = (f) => { try { return f(); } catch (e) { return e.message; } };
        const act = (name) => attempt(() => Invoice.action(i.id, name).approval_status);
        const big = Invoice.update(i.id, { line_items: [{ line_key: "a", amount: "200.00" }] }).total_amount;
        const refused = [act("submit"), act("approve")];
        Invoice.update(i.id, { line_items: lines });
        return [big, refused, act("approve"), act("post"), Item.query().map((one) => one.name), Invoice.get(i.id)];
    """,
    "approved": """
        return ["50.00", "150.00"].map((amount) => {
          try { return Invoice.create({ currency: "USD", approval_status: "approved",
            line_items: [{ line_key: "a", amount }] }).total_amount; } catch (e) { return e.message; }
        });
    """,
    "chain": 'Item.create({ name: "chain" });',
    "spend": 'Customer.create({ name: "spend" });',
    "busy": 'Customer.create({ name: "busy" }); Customer.create({ name: "Ada" });',
    "secret": 'return [Secrets.get("api_key"), Customer.create({ name: "secret" }).metadata];',
    "http": 'return Customer.create({ name: "http" }).metadata;',
    "slow": 'return Customer.create({ name: "slow" });',
    "notes": 'return [Note.create({}), Note.create({ kind: "b", text: "x" }), Note.count({})];',
}

DIRECT = {
    "a create": 'hook("Customer", "before_save", { record: { name: " Ada ", phone: "1" } })',
    "by its file's name": 'hook("Customer", "before-save", { record: { name: "Ada" } })',
    "a change": (
        'hook("Customer", "before_save",'
        ' { record: { id: "c1", name: "told", balance: 5 }, previous: { id: "c1", name: "Ada", balance: "5" } })'
    ),
    "a rejection": 'hook("Customer", "before_save", { record: { name: "no" } })',
    "a list": 'hook("Customer", "before_save", { record: { name: "list" } })',
    "what cannot be merged": 'hook("Customer", "before_save", { record: { name: "unknown" } })',
    "a function": 'hook("Customer", "before_save", { record: { name: "function" } })',
    "a limit": 'hook("Customer", "before_save", { record: { name: "spend" } }).catch(() => 0)',
    "secrets": 'hook("Customer", "before_save", { record: { name: "secret" } })',
    "an after-hook": 'hook("Customer", "after_save", { record: { id: "c1", name: "Ada" } })',
    "an after-hook that throws": 'hook("Customer", "after_save", { record: { name: "bad" } }).catch(() => 0)',
    "a delete": 'hook("Customer", "before_delete", { record: { id: "c1", name: "stay" } })',
    "recalculate": (
        'hook("Invoice", "recalculate", { record: { currency: "USD", line_items: [{ line_key: "a", amount: 5 }] } })'
    ),
    "its writes": 'hook("Item", "after_save", { record: { id: "i1", name: "chain" } })',
    "a custom entity": 'hook("Note", "before_save", { record: { on: "2026-01-31" } })',
    "a record that it gives": (
        'hook("Customer", "after_save", { record: { id: "given", name: "again" } })'
    ),
}  # fmt: skip

TEST = """
test(%s, async () => {
  const runtime = connectorTestRuntime({ secrets: { api_key: "sk_test_12345678" },
    records: { Customer: [{ id: "given", name: "Given", email: "g@acme.test" }] } });
  try {
    runtime.install();
    runtime.http.getOnce({ body: "there" });
    %s
  } finally {
    runtime.restore();
  }
});
"""


def hook(body: str) -> str:
    return f"export default async (ctx: any) => {{\n{body}\n}};\n"


def job(body: str, retry: int = 1) -> str:
    head = f'export const schedule = "0 2 * * *";\nexport const retry = {retry};\n'
    return f"{head}export async function run(): Promise<any> {{\n{body}\n}}\n"


def route(body: str) -> str:
    return f"export const POST = api(async (request: any) => {{\n{body}\n}});\n"


def runs() -> dict[str, str]:
    """Name → what its test does."""
    made = {
        f"route {name}": (
            f'const {{ POST }} = await import("../src/api/{name}");\n'
            "    await runtime.call(POST).catch(() => 0);"
        )
        for name in ROUTES
    }
    made |= {f"job {name}": f'await runtime.job("{name}").catch(() => 0);' for name in (*JOBS, *RETRIES)}
    return made | {f"hook {name}": f"await runtime.{call};" for name, call in DIRECT.items()}


@pytest.fixture(scope="module")
def answer(
    tmp_path_factory: pytest.TempPathFactory, written: Callable[..., Path], run: Callable[..., Any]
) -> Any:
    head = 'import test from "node:test";\nimport { connectorTestRuntime } from "@backfill-io/sdk/testing";\n'
    files = {
        "backfill.config.ts": (
            'import { defineConnector } from "@backfill-io/sdk";\n'
            f"export default defineConnector({json.dumps(MANIFEST)});\n"
        ),
        "package.json": "{}",
        "src/entities/Note.ts": NOTE,
        "src/api/sync/customers.ts": route("return {};"),
        "test/all.test.ts": head + "".join(TEST % (json.dumps(name), body) for name, body in runs().items()),
    }
    files |= {f"src/hooks/{name}.ts": hook(body) for name, body in HOOKS.items()}
    files |= {f"src/jobs/{name}.ts": job(body) for name, body in JOBS.items()}
    files |= {f"src/jobs/{name}.ts": job(body, 3) for name, body in RETRIES.items()}
    files |= {f"src/api/{name}.ts": route(body) for name, body in ROUTES.items()}
    ran = run(written(tmp_path_factory.mktemp("hooks"), files), "--sandbox", "--json")
    assert ran.answer is not None, ran.err
    assert not ran.answer["problems"], ran.answer["problems"]
    return ran.answer


@pytest.mark.parametrize("name", runs())
def test_a_run_with_hooks_ends_alike_in_a_test_and_in_the_sandbox(answer: Any, name: str) -> None:
    lines = {one["line"]: one for one in answer["tests"]}
    [test] = [one for one in lines.values() if one["name"] == name]
    assert test["outcome"] == "passed", test["error"]
    ends = [line for line in lines if line > test["line"]] or [10**9]
    calls = [
        call
        for call in answer["sandbox"]["calls"]
        if test["line"] < int(call["place"].rpartition(":")[2]) < min(ends)
    ]
    assert len(calls) == 1
    assert calls[0]["skipped"] is None
    assert calls[0]["differences"] == []
