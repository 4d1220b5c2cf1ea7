"""`backfill test` for a project in Python: what it runs and how it ends."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox_host.cli import app

PASSES = "def test_one_is_one():\n    assert 1 == 1\n"
FAILS = "\n\ndef test_one_is_two():\n    assert 1 == 2\n"

Answer = tuple[int, dict[str, Any]]


@pytest.fixture
def tested(tmp_path: Path) -> Callable[..., Answer]:
    """The exit code and the answer of a project with these tests."""

    def run(files: dict[str, str], *options: str) -> Answer:
        for name, text in {"backfill.config.py": "", "pyproject.toml": "", **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = CliRunner().invoke(app, ["test", str(tmp_path), "--json", *options])
        return done.exit_code, json.loads(done.stdout)

    return run


def test_tests_that_pass_end_with_0(tested):
    code, answer = tested({"test/test_a.py": PASSES})
    (test,) = answer["tests"]
    assert (code, answer["ok"], test["name"], test["outcome"]) == (0, True, "test_one_is_one", "passed")
    assert (test["file"], test["line"]) == ("test/test_a.py", 1)


def test_a_failure_names_the_authors_file_and_line(tested):
    code, answer = tested({"test/test_a.py": PASSES, "test/test_b.py": FAILS})
    assert (code, answer["ok"]) == (1, False)
    (failed,) = [one for one in answer["tests"] if one["outcome"] == "failed"]
    assert (failed["file"], failed["line"]) == ("test/test_b.py", 3)
    assert "assert 1 == 2" in failed["error"]["message"]


def test_a_test_file_that_cannot_be_imported_is_a_failure(tested):
    code, answer = tested({"test/test_a.py": PASSES, "test/test_b.py": "import no_such_module\n"})
    assert code == 1
    assert {one["file"]: one["outcome"] for one in answer["tests"]}["test/test_b.py"] == "failed"


def test_a_project_without_tests_is_told_where_to_write_one(tested):
    code, answer = tested({"src/lib/a.py": "x = 1\n"})
    assert code == 2
    assert answer["problems"][0]["message"] == "holds no test; write one as test/test_NAME.py"


def test_without_pytest_it_is_said_how_to_get_it(tested, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    code, answer = tested({"test/test_a.py": PASSES})
    assert code == 2
    assert "pip install pytest" in answer["problems"][0]["message"]
