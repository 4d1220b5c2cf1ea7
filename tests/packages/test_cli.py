"""`backfill build` on a terminal and for scripts."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from contextlib import nullcontext

import pytest
import typer
from typer.testing import CliRunner

from sandbox_host.cli import app, main
from sandbox_host.packages import Package
from sandbox_host.packages.messages.files import ARGUMENTS, UNUSABLE

runner = CliRunner()
command = importlib.import_module("sandbox_host.cli.build")


@pytest.fixture
def backfill_build(evaluate, monkeypatch):
    monkeypatch.setattr(command, "_evaluation", lambda path: nullcontext(evaluate))
    app = typer.Typer()
    app.command()(command.build)
    return lambda *arguments: runner.invoke(app, [str(one) for one in arguments])


def test_a_good_project_is_described_and_written(backfill_build, write, connector, tmp_path):
    done = backfill_build(write(connector), "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    (path,) = (tmp_path / "out").iterdir()
    package = Package.load(path)
    assert f"sha256 {package.digest}" in done.output
    for text in (
        "POST /sync/customers",
        "Invoice before_save",
        "nightly",
        "https://api.acme.example/*",
        str(path),
    ):
        assert text in done.output


def test_json_is_one_object(backfill_build, write, connector):
    answer = json.loads(backfill_build(write(connector), "--json").stdout)
    assert answer["ok"] is True
    assert answer["deployment"]["manifest"]["key"] == "acme"
    assert answer["problems"] == []


def test_problems_end_it_with_two(backfill_build, write, connector):
    del connector["src/api/sync/customers.ts"]
    done = backfill_build(write(connector))
    assert done.exit_code == 2
    assert 'src/api/sync/customers.ts: stream "customers" has no POST route\n' in done.stderr
    assert done.stdout == ""
    answer = json.loads(backfill_build(write(connector), "--json").stdout)
    assert answer["ok"] is False
    assert answer["problems"] == [
        {
            "file": "src/api/sync/customers.ts",
            "line": None,
            "code": "route-missing",
            "message": 'stream "customers" has no POST route',
        }
    ]


def test_a_wrong_path_is_a_problem_and_no_traceback(backfill_build, write, tmp_path):
    for path, message in [
        (tmp_path / "nowhere", "there is no such folder"),
        (
            write({"backfill.config.ts": ""}) / "backfill.config.ts",
            "is a file; give the folder that it is in",
        ),
    ]:
        done = backfill_build(path)
        assert done.exit_code == 2
        assert message in done.stderr
        assert isinstance(done.exception, SystemExit)


def test_an_empty_folder_has_no_manifest(backfill_build, tmp_path):
    done = backfill_build(tmp_path)
    assert done.exit_code == 2
    assert "backfill.config.ts: not found" in done.stderr


def test_a_place_that_cannot_be_written_is_a_problem(backfill_build, write, connector, tmp_path):
    (tmp_path / "file").write_text("")
    done = backfill_build(write(connector), "--out", tmp_path / "file" / "out")
    assert done.exit_code == 2
    assert UNUSABLE.example in done.stderr.replace(str(tmp_path / "file" / "out"), "out")
    assert isinstance(done.exception, SystemExit)


def test_arguments_that_cannot_be_read_are_a_problem_too(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["backfill", "build", "--outt", "--json"])
    with pytest.raises(SystemExit, match="2"):
        main()
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem["code"] == ARGUMENTS.code
    assert f"{problem['file']}: {problem['message']}" == ARGUMENTS.example


def test_the_command_evaluates_in_a_sandbox_of_its_own(write, connector):
    app = typer.Typer()
    app.command()(command.build)
    done = runner.invoke(app, [str(write(connector)), "--json"])
    assert done.exit_code == 0, done.output


def test_a_command_waits_for_no_other():
    """What one subcommand needs is not loaded for another: the database, for a build."""
    script = (
        "import sys; from sandbox_host.cli import app; app(['build', '--help'], standalone_mode=False); "
        "print({'sqlalchemy', 'httpcore', 'jsonschema_rs', 'sandbox_host.cli.invoke'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.endswith("set()\n"), done


def test_help_lists_every_command():
    done = runner.invoke(app, ["--help"])
    assert done.exit_code == 0
    assert all(f" {name} " in done.stdout for name in ("build", "invoke", "demo", "audit"))
    assert runner.invoke(app, ["bild"]).exit_code == 2
