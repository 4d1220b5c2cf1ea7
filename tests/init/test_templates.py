"""Every template is a project that holds what `init` promises of it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from sandbox_host.templates import TEMPLATES, render

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
EACH = pytest.mark.parametrize("template", TEMPLATES)


@pytest.fixture
def project(template: str, run: Any, tmp_path: Path) -> Path:
    assert run("init", "customer-sync", "--template", template).exit_code == 0
    return tmp_path / "customer-sync"


@EACH
def test_it_is_strictly_typed(project: Path, tsc: Any) -> None:
    assert json.loads((project / "tsconfig.json").read_text())["compilerOptions"]["strict"] is True
    assert tsc(project) == ""


@EACH
def test_it_checks_under_every_strictness_there_is(project: Path, tsc: Any) -> None:
    config = json.loads((project / "tsconfig.json").read_text())
    config["compilerOptions"] |= {
        "exactOptionalPropertyTypes": True, "noImplicitOverride": True, "noImplicitReturns": True,
        "noPropertyAccessFromIndexSignature": False, "noUnusedLocals": True, "noUnusedParameters": True,
        "noFallthroughCasesInSwitch": True, "isolatedModules": True,
    }  # fmt: skip
    (project / "tsconfig.json").write_text(json.dumps(config))
    assert tsc(project) == ""


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
def test_its_first_run_does_what_its_readme_says(
    template: str, run: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    found = re.search(r"^backfill (invoke .*)$", (project / "README.md").read_text(), re.MULTILINE)
    assert found
    report = json.loads(run(*shlex.split(found[1]), "--json").stdout)
    assert report["ok"], report["error"]
    status, written = report["response"]["status"], [one["entity"] for one in report["writes"]]
    assert {
        "extension": (200, []),
        "connector": (200, ["Customer", "Customer", None]),
        "oauth-connector": (200, ["Customer", "Customer", None]),
        "webhook": (202, ["Customer"]),
    }[template] == (status, written)
    if template == "extension":
        assert report["response"]["body"] == {"due_date": "2026-03-02"}


@EACH
def test_its_tests_can_fail(template: str, run: Any, project: Path) -> None:
    breaks = {
        "extension": ("src/lib/due-date.ts", "getUTCDate() +", "getUTCDate() -"),
        "connector": ("src/api/sync/customers.ts", ":customer:", ":c:"),
        "oauth-connector": ("src/api/setup/test_connection.ts", "id: response.body.id", 'id: ""'),
        "webhook": ("src/api/webhooks/events.ts", ":event:", ":e:"),
    }
    file, right, wrong = breaks[template]
    source = project / file
    source.write_text(source.read_text().replace(right, wrong))
    result = run("test", str(project), "--json")
    assert result.exit_code == 1
    outcomes = {one["outcome"] for one in json.loads(result.stdout)["tests"]}
    assert outcomes == {"passed", "failed"}


@EACH
def test_it_is_the_same_package_whoever_makes_it(
    template: str, project: Path, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    run("init", "customer-sync", "--template", template)
    first, second = (
        json.loads(run("build", str(folder), "--json").stdout)
        for folder in (project, tmp_path / "elsewhere" / "customer-sync")
    )
    assert first["problems"] == [] == second["problems"]
    assert first["digest"] == second["digest"]


@EACH
def test_its_name_is_its_key_and_nothing_is_left_to_fill_in(template: str, project: Path, run: Any) -> None:
    deployment = json.loads(run("build", str(project), "--json").stdout)["deployment"]
    assert (deployment["manifest"]["key"], deployment["manifest"]["name"]) == (
        "customer-sync",
        "Customer sync",
    )
    for path, data in render(template, "customer-sync").items():
        assert b"{{name}}" not in data and b"{{title}}" not in data, path


@EACH
def test_it_asks_for_no_more_than_it_uses(template: str, project: Path) -> None:
    manifest = (project / "backfill.config.ts").read_text()
    code = "\n".join(path.read_text() for path in (project / "src").rglob("*.ts"))
    assert ("https://" in code) == ("http:" in manifest)
    assert ("Secrets.get" in code) == ("api_key" in manifest)
