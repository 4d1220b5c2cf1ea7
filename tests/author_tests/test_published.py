"""The route test that the platform's guide prints, as it prints it, on the connector of the same guide."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]
REPOSITORY = TESTS.parent
GUIDE = TESTS / "projects" / "guide_connector"
EXAMPLES = sorted(
    path
    for path in (REPOSITORY / "examples").iterdir()
    if (path / "test").is_dir() and (path / "backfill.config.ts").is_file()
)

PUBLISHED = """import assert from "node:assert/strict";
import test from "node:test";
import { connectorTestRuntime } from "@backfill-io/sdk/testing";
test("customers sync emits canonical customers", async () => {
const runtime = connectorTestRuntime({
secrets: { api_key: "sk_test_123" },
});
try {
runtime.install();
const { POST } = await import("../src/api/sync/customers");
runtime.http.getOnce({
status: 200,
body: { data: [{ id: "cus_123", name: "Ada Lovelace" }] },
});
const response = await runtime.call(POST);
assert.equal(response.status, 200);
assert.equal(runtime.ingest.calls[0].documentType, "customer");
assert.equal(runtime.ingest.calls[0].sourceId, "cus_123");
} finally {
runtime.restore();
}
});
"""


def test_the_published_route_test_passes_as_typed_here_and_in_the_sandbox(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    project = shutil.copytree(GUIDE, tmp_path / "project")
    (project / "test").mkdir()
    (project / "test" / "customers.test.ts").write_text(PUBLISHED)
    ran = run(project, "--sandbox", "--json")
    assert ran.code == 0, ran.answer
    assert [one["outcome"] for one in ran.answer["tests"]] == ["passed"]
    (call,) = ran.answer["sandbox"]["calls"]
    assert call["entry"] == "POST /sync/customers"
    assert call["place"] == "test/customers.test.ts:15"
    assert call["skipped"] is None


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda folder: folder.name)
def test_the_tests_of_every_example_pass_here_and_in_the_sandbox(
    example: Path, run: Callable[..., Any]
) -> None:
    ran = run(example, "--sandbox", "--json")
    assert ran.code == 0, ran.answer
    assert ran.answer["tests"]
    assert ran.answer["sandbox"]["same"]
