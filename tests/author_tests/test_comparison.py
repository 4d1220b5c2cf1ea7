"""`backfill test --sandbox` tells where the sandbox answers otherwise, and what it did not compare."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox_host.author_tests.differences import differences, plain

TEST = """import test from "node:test";
import { connectorTestRuntime } from "@backfill-io/sdk/testing";

test("it", async () => {
  const runtime = connectorTestRuntime(%s);
  try {
    runtime.install();
    const { POST } = await import("../src/api/a");
    %s
  } finally {
    runtime.restore();
  }
});
"""


def files(handler: str, calls: str = "await runtime.call(POST);", options: str = "{}") -> dict[str, str]:
    route = (
        f'import {{ api }} from "@backfill-io/sdk";\nexport const POST = api(async () => {{ {handler} }});\n'
    )
    return {"src/api/a.ts": route, "test/a.test.ts": TEST % (options, calls)}


def test_code_that_only_works_in_node_is_found(project: Callable[..., Path], run: Callable[..., Any]) -> None:
    handler = "return { where: typeof (globalThis as any).process, n: 1 };"
    ran = run(project(files(handler)), "--sandbox", "--json")
    assert ran.code == 1
    assert [one["outcome"] for one in ran.answer["tests"]] == ["passed"]
    (call,) = ran.answer["sandbox"]["calls"]
    assert call["place"] == "test/a.test.ts:9"
    assert call["differences"] == [{"place": "response.body.where", "test": "object", "sandbox": "undefined"}]


def test_a_difference_is_printed_with_both_values(
    project: Callable[..., Path], run: Callable[..., Any]
) -> None:
    ran = run(project(files("return typeof (globalThis as any).process;")), "--sandbox")
    assert ran.code == 1
    assert "test/a.test.ts:9 POST /a: response.body differs" in ran.out
    assert 'test     "object"' in ran.out
    assert 'sandbox  "undefined"' in ran.out


def test_ids_and_the_time_of_day_are_no_differences(
    project: Callable[..., Path], run: Callable[..., Any]
) -> None:
    handler = (
        "const c = Customer.create({ name: 'Ada' }); return { c, id: Crypto.randomUUID(), now: Date.now() };"
    )
    ran = run(project(files(handler)), "--sandbox", "--json")
    assert ran.code == 0, ran.answer["sandbox"]


def test_without_the_sandbox_nothing_is_recorded_or_compared(
    project: Callable[..., Path], run: Callable[..., Any]
) -> None:
    ran = run(project(files("return typeof (globalThis as any).process;")), "--json")
    assert (ran.code, ran.answer["sandbox"]) == (0, None)


@pytest.mark.parametrize(
    ("calls", "options", "why"),
    [
        ("await runtime.call(POST);", '{ oauth: { accessToken: "t" } }', "the manifest has no connection.oauth"),
        (
            "await runtime.call(POST);",
            '{ oauth: { accessToken: "t", requiredScopes: ["a"] } }',
            "OAuth tokens that lack a scope",
        ),
        ("await runtime.call(POST);", '{ permissions: {} }', "its own manifest or permissions"),
        ("await runtime.call(POST);", '{ connector: { key: "other" } }', "another connector"),
        ("await runtime.call(() => 1);", "{}", "no route of the project"),
        (
            "Customer.update(Customer.create({ name: 'A' }).id, { name: 'B' }); await runtime.call(POST);",
            "{}",
            "the test itself changed records",
        ),
        (
            "runtime.ingest.failNext(); await runtime.call(POST);",
            "{}",
            "the test makes an ingest fail",
        ),
    ],
)  # fmt: skip
def test_what_the_sandbox_cannot_make_is_listed_with_its_reason(
    project: Callable[..., Path], run: Callable[..., Any], calls: str, options: str, why: str
) -> None:
    handler = (
        "try { ingest.canonical('customer', { id: 1 }, { stream: 'customers', idempotencyKey: 'k' }); }"
        " catch { return 0; } return 1;"
    )
    ran = run(project(files(handler, calls, options)), "--sandbox", "--json")
    (call,) = ran.answer["sandbox"]["calls"]
    assert why in call["skipped"]
    assert call["differences"] == []


COUNTS = (
    "const all = Customer.query({ orderBy: [{ field: 'name' }] });"
    " for (const { id } of all) Customer.update(id, { phone: String(all.length) });"
    " Customer.create({ name: 'Z' }); return all;"
)


@pytest.mark.parametrize(
    ("calls", "options"),
    [
        ("Customer.create({ name: 'Ada', source_id: 's' }); await runtime.call(POST); await runtime.call(POST);", "{}"),
        ("await runtime.call(POST); await runtime.call(POST);", "{ records: { Customer: [{ id: 'c1', name: 'A' }] } }"),
        (
            "Customer.create({ name: 'B' }); await runtime.call(POST);",
            "{ records: { Customer: [{ id: 'c1', name: 'A', _created_at: '2026-01-01T00:00:00Z' }] } }",
        ),
    ],
    ids=["records that the test made", "records that a call changed", "both"],
)  # fmt: skip
def test_records_that_there_were_before_are_there_in_the_sandbox_too(
    project: Callable[..., Path], run: Callable[..., Any], calls: str, options: str
) -> None:
    ran = run(project(files(COUNTS, calls, options)), "--sandbox", "--json")
    found = ran.answer["sandbox"]["calls"]
    assert len(found) == calls.count("runtime.call")
    assert [(one["skipped"], one["differences"]) for one in found] == [(None, [])] * len(found)


def test_a_test_that_writes_between_its_calls_is_compared_up_to_there(
    project: Callable[..., Path], run: Callable[..., Any]
) -> None:
    calls = "await runtime.call(POST); Customer.create({ name: 'B' }); await runtime.call(POST);"
    ran = run(project(files(COUNTS, calls)), "--sandbox", "--json")
    first, second = ran.answer["sandbox"]["calls"]
    assert (first["skipped"], first["differences"]) == (None, [])
    assert "the test itself changed records between its calls" in second["skipped"]


def test_stacks_in_logs_are_no_differences(project: Callable[..., Path], run: Callable[..., Any]) -> None:
    handler = "Log.error('failed', { error: new RangeError('no') }); return 1;"
    ran = run(project(files(handler)), "--sandbox", "--json")
    assert ran.code == 0, ran.answer["sandbox"]


def test_differences_name_their_place() -> None:
    test = {"a": [1, {"b": True}], "c": "x"}
    sandbox = {"a": [1, {"b": 1}, 2], "c": "x", "d": None}
    found = {one.place: (one.test, one.sandbox) for one in differences(test, sandbox)}
    assert found == {
        "a[1].b": (True, 1),
        "a[2]": ("(absent)", 2),
        "d": ("(absent)", None),
    }


def test_ids_are_the_same_where_they_stand_for_the_same() -> None:
    one, two = (f"01890a5d-ac96-774b-bcce-b302099a805{n}" for n in (1, 2))
    assert plain([one, two, f"x{one}"], 0, {}) == ["(id 1)", "(id 2)", "x(id 1)"]
    assert plain(["2026-01-31T12:00:00.123Z", 5, "2020-01-01T00:00:00Z"], 1769860800, {}) == [
        "(now)",
        5,
        "2020-01-01T00:00:00Z",
    ]
