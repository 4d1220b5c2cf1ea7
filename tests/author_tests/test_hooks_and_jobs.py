"""`runtime.hook` and `runtime.job`, and the hooks that writes set off, as a test sees them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CONFIG = """import { defineExtension } from "@backfill-io/sdk";
export default defineExtension({
  key: "acme", name: "Acme", config: { prefix: "Mr " },
  permissions: { entities: { Customer: ["read", "write"], Item: ["read", "write"] }, secrets: { token: ["read"] } },
});
"""
FILES = {
    "src/lib/state.ts": "export const state = { seen: 0 };\n",
    "src/hooks/customer/before-save.ts": """import { Item, Settings, type HookContext } from "@backfill-io/sdk";
import { state } from "../../lib/state";
export default async (ctx: HookContext) => {
  state.seen += 1;
  if (ctx.entity.name === "no") throw new RangeError("not this one");
  if (ctx.entity.name === "none") return null;
  if (ctx.entity.name === "list") return [] as any;
  Item.create({ name: `for ${ctx.entity.name}` });
  return { name: Settings.get("prefix") + ctx.entity.name, phone: null, metadata: { ...ctx, entity: 0 } };
};
""",
    "src/hooks/customer/after-save.ts": """import { Log, Secrets } from "@backfill-io/sdk";
export default (ctx: any) => {
  Log.info(`after ${ctx.entity.name}`, { token: Secrets.get("token") });
  if (ctx.entity.name === "Mr late") throw new Error("too late");
};
""",
    "src/jobs/nightly.ts": """import { Customer } from "@backfill-io/sdk";
export const schedule = "0 2 * * *";
export const retry = 2;
let runs = 0;
export async function run() {
  Customer.create({ name: "Ada" });
  if ((runs += 1) === 1) throw new Error("first");
  return { made: Customer.count() };
}
""",
    "src/jobs/fails.ts": """export const schedule = "0 2 * * *";
export async function run() { throw new SyntaxError("always"); }
""",
}

CASES = {
    "a hook's outcome is the record with what it returned in it": """
        const outcome = await runtime.hook("Customer", "before_save", { record: { name: "Ada", phone: "1" } });
        assert.equal(outcome.record.name, "Mr Ada");
        assert.ok(!("phone" in outcome.record));
        assert.equal(outcome.returned.name, "Mr Ada");
        assert.equal(outcome.rejected, null);
        assert.deepEqual(runtime.records.all("Item").map((item) => item.name), ["for Ada"]);
        assert.deepEqual(runtime.records.all("Customer"), []);
    """,
    "a hook is told what changed, and by whom": """
        const record = { id: "c1", name: "Bob", balance: "5.00" };
        const { returned } = await runtime.hook("Customer", "before-save",
          { record, previous: { ...record, name: "Ada", balance: 5 } });
        const { entityType, operation, previous, changes, actor } = returned.metadata;
        assert.deepEqual([entityType, operation, previous.name, changes, actor],
          ["Customer", "update", "Ada", ["balance", "name"], { type: "user", id: "test" }]);
    """,
    "a hook that throws rejects, and what it wrote is taken back": """
        const outcome = await runtime.hook("Customer", "before_save", { record: { name: "no" } });
        const rejected = { name: "RangeError", message: "not this one" };
        assert.deepEqual(outcome, { record: { name: "no" }, returned: null, rejected });
    """,
    "what cannot be merged rejects": """
        const { rejected } = await runtime.hook("Customer", "before_save", { record: { name: "list" } });
        assert.equal(rejected.name, "HookRejected");
        assert.match(rejected.message, /returned a list; it returns an object of fields to merge, or null/);
    """,
    "null merges nothing": """
        const { record, returned } = await runtime.hook("Customer", "before_save", { record: { name: "none" } });
        assert.deepEqual([record.name, returned], ["none", null]);
    """,
    "an after-hook that throws fails the test": """
        await assert.rejects(runtime.hook("Customer", "after_save", { record: { name: "Mr late" } }), /too late/);
    """,
    "a record that is none is refused before the hook runs": """
        const record = { nmae: "Ada" };
        await assert.rejects(runtime.hook("Customer", "before_save", { record }), /nmae is not a field/);
        assert.equal((await import("../src/lib/state")).state.seen, 0);
    """,
    "a hook that does not exist is refused with those that do": """
        await assert.rejects(runtime.hook("Customer", "before_post", { record: {} }),
          /no hook Customer:before_post; there are: Customer:after_save, Customer:before_save/);
    """,
    "a hook by itself shares its modules with the test": """
        await runtime.hook("Customer", "before_save", { record: { name: "Ada" } });
        assert.equal((await import("../src/lib/state")).state.seen, 1);
    """,
    "a handler's write sets off its hooks, and waits for them": """
        const { body } = await runtime.call(() => Customer.create({ name: "Ada", phone: "1" }));
        assert.equal(body.name, "Mr Ada");
        assert.ok(!("phone" in body));
        assert.deepEqual(runtime.logs.map((line) => [line.message, line.data]),
          [["after Mr Ada", { token: "[secret:token]" }]]);
    """,
    "a rejected write throws into the handler": """
        const { body } = await runtime.call(() => {
          try { Customer.create({ name: "no" }); } catch (e) { return [e.name, e.code, e.message]; }
        });
        assert.deepEqual(body, ["HookRejected", "hook_rejected",
          "hook:Customer:before_save rejected the write: not this one"]);
    """,
    "what an after-hook throws goes to the logs": """
        await runtime.call(() => Customer.create({ name: "late" }));
        assert.equal(runtime.logs.at(-1).message, "hook:Customer:after_save failed: Error: too late");
        assert.equal(runtime.records.all("Customer").length, 1);
    """,
    "a hook that a write sets off runs in a thread of its own": """
        await runtime.call(() => Customer.create({ name: "Ada" }));
        assert.equal((await import("../src/lib/state")).state.seen, 0);
    """,
    "the test's own writes set off hooks, too": """
        assert.equal(Customer.create({ name: "Ada" }).name, "Mr Ada");
        assert.throws(() => Customer.create({ name: "no" }), { code: "hook_rejected" });
        assert.deepEqual(runtime.records.all("Item").map((item) => item.name), ["for Ada"]);
    """,
    "records that the test gives set off none": """
        const own = connectorTestRuntime({ records: { Customer: [{ id: "c1", name: "no" }] } });
        assert.equal(own.records.get("Customer", "c1").name, "no");
    """,
    "a job answers what it returned, tries again, and keeps what it wrote": """
        assert.deepEqual(await runtime.job("nightly"), { made: 2 });
        assert.equal(runtime.records.all("Customer").length, 2);
        assert.equal(runtime.logs.find((line) => line.level === "warn").message, "attempt 1 of 2 failed: Error: first");
    """,
    "a job that fails rejects with what it threw": """
        await assert.rejects(runtime.job("fails"), { name: "SyntaxError", message: "always" });
    """,
    "a job that does not exist is refused with those that do": """
        await assert.rejects(runtime.job("nope"), /no job nope; there are: fails, nightly/);
    """,
}


@pytest.mark.parametrize("body", CASES.values(), ids=CASES.keys())
def test_hooks_and_jobs_in_a_test(project: Callable[..., Path], run: Callable[..., Any], body: str) -> None:
    test = f"""import assert from "node:assert/strict";
import test from "node:test";
import {{ connectorTestRuntime }} from "@backfill-io/sdk/testing";

test("it", async () => {{
  const runtime = connectorTestRuntime({{ secrets: {{ token: "a-long-secret" }} }});
  try {{
    runtime.install();
    {body}
  }} finally {{
    runtime.restore();
  }}
}});
"""
    ran = run(project({**FILES, "test/it.test.ts": test}, CONFIG), "--json")
    assert ran.answer is not None, ran.err
    [one] = ran.answer["tests"]
    assert one["outcome"] == "passed", one["error"]["stack"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("export const nothing = 1;\n", "has no default export"),
        ('throw new Error("at once");\n', "at once"),
    ],
    ids=["no handler", "does not load"],
)  # fmt: skip
def test_a_hook_that_cannot_be_run_fails_the_test_and_is_named(
    project: Callable[..., Path],
    run: Callable[..., Any],
    source: str,
    said: str,
) -> None:
    test = """import test from "node:test";
import { connectorTestRuntime } from "@backfill-io/sdk/testing";
test("it", async () => {
  await connectorTestRuntime().call(() => Item.create({ name: "a" }));
});
"""
    files = {"src/hooks/item/before-save.ts": source, "test/it.test.ts": test}
    [one] = run(project(files, CONFIG), "--json").answer["tests"]
    assert one["outcome"] == "failed"
    assert "src/hooks/item/before-save.ts" in one["error"]["message"]
    assert said in one["error"]["message"]
