"""Routes with parameters in their path, in a test and in the sandbox: the table of the host's own matcher."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TABLE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "triggers" / "paths.json").read_text(encoding="utf-8")
)
CASES: list[dict[str, Any]] = TABLE["cases"]

ROUTE = "export const GET = api(async ({ params }) => params);\n"
STREAM = "export const POST = api(async () => ({}));\n"
TEST = """import assert from "node:assert/strict";
import test from "node:test";
import { connectorTestRuntime } from "@backfill-io/sdk/testing";

const cases = %s;
for (const { path, route, params, error } of cases) {
  test(path, async () => {
    const runtime = connectorTestRuntime();
    try {
      runtime.install();
      const { GET } = await import(`../src/api${route ?? "/customers"}`);
      const call = runtime.call(GET, { path });
      if (error) return await assert.rejects(call, (thrown) => thrown.message.includes(error));
      if (!route) return await assert.rejects(call, /does not answer .*: no route answers it/);
      assert.deepEqual((await call).body, params);
    } finally {
      runtime.restore();
    }
  });
}
"""


@pytest.fixture(scope="module")
def answer(
    tmp_path_factory: pytest.TempPathFactory, written: Callable[..., Path], run: Callable[..., Any]
) -> Any:
    files = {
        "backfill.config.ts": 'export default defineExtension({ key: "acme", name: "Acme" });\n',
        "package.json": "{}",
        "test/paths.test.ts": TEST % json.dumps(CASES),
        **{f"src/api{route}.ts": ROUTE for route in TABLE["routes"]},
    }
    ran = run(written(tmp_path_factory.mktemp("paths"), files), "--sandbox", "--json")
    assert ran.answer is not None, ran.err
    return ran.answer


@pytest.mark.parametrize("case", CASES, ids=lambda one: one["path"])
def test_a_path_means_the_same_in_a_test_as_in_the_host(answer: Any, case: dict[str, Any]) -> None:
    [test] = [one for one in answer["tests"] if one["name"] == case["path"]]
    assert test["outcome"] == "passed", test["error"]


def test_every_path_that_a_route_answers_is_answered_alike_in_the_sandbox(answer: Any) -> None:
    calls = answer["sandbox"]["calls"]
    assert [one["entry"] for one in calls] == [f"GET {one['path']}" for one in CASES if one.get("route")]
    assert [(one["skipped"], one["differences"]) for one in calls] == [(None, [])] * len(calls)


USES = {
    "parameters are given by their names": """
        const { body } = await runtime.call(GET, { params: { id: "a/b é" } });
        assert.deepEqual(body, { id: "a/b é" });
    """,
    "a parameter that is missing is asked for": """
        await assert.rejects(runtime.call(GET), /GET \\/orders\\/\\[id\\] needs params: \\{ id: "…" \\}/);
        await assert.rejects(runtime.call(GET, { params: { id: "" } }), /needs params/);
    """,
    "a parameter that the path does not have is refused": """
        await assert.rejects(runtime.call(GET, { params: { id: "1", other: "2" } }), /has no parameter 'other'/);
    """,
    "a path and parameters are not both given": """
        await assert.rejects(runtime.call(GET, { path: "/orders/1", params: { id: "1" } }), /not both/);
    """,
    "a path that another route answers is refused with its file": """
        await assert.rejects(runtime.call(GET, { path: "/orders/new" }), /src\\/api\\/orders\\/new\\.ts answers it/);
    """,
}


@pytest.mark.parametrize("body", USES.values(), ids=USES.keys())
def test_what_a_test_says_of_a_path(unit: Callable[..., Any], body: str) -> None:
    head = 'runtime.install();\nconst { GET } = await import("../src/api/orders/[id]");\n'
    files = {f"src/api/orders/{name}.ts": ROUTE for name in ("[id]", "new")}
    result = unit(head + body, files=files)
    assert result["outcome"] == "passed", result["error"]["stack"]
