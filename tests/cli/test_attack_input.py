"""Command lines that are wrong in ways that text and files can be: always a report, never a traceback."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from sandbox_host.cli.show import show_report
from sandbox_host.report import RunReport

NOT_UTF8 = b"/nope/\xff".decode(errors="surrogateescape")


@pytest.mark.parametrize("option", ["--body", "--raw-body", "--entity", "--previous"])
def test_a_files_name_that_is_not_utf8(invoke, guest, option):
    report = invoke(guest("return 1;"), "POST /run", option, f"@{NOT_UTF8}")
    assert report["error"]["name"] == "InvalidInput"
    assert "\\udcff" in report["error"]["problems"][0]["message"]


@pytest.mark.parametrize("option", ["--stub", "--records"])
def test_a_path_that_is_not_utf8(invoke, guest, option):
    assert invoke(guest("return 1;"), "POST /run", option, NOT_UTF8)["error"]["name"] == "InvalidInput"


@pytest.mark.parametrize("path", [NOT_UTF8, "a" * 5000])
def test_a_project_that_cannot_be_opened(invoke, backfill, path):
    assert invoke(path, "POST /run")["error"]["name"] == "InvalidInput"
    built = backfill("build", path, "--json")
    assert built.code == 2 and len(built.report["problems"]) == 1


def test_a_stub_file_with_a_number_of_too_many_digits(invoke, guest, tmp_path):
    stub = tmp_path / "stub.json"
    stub.write_text("1" * 5000)
    assert invoke(guest("return 1;"), "POST /run", "--stub", stub)["error"]["name"] == "InvalidInput"


@pytest.mark.parametrize("options", [["--setting", "a=1e999"], ["--body", '{"a":1e999}']])
def test_a_number_that_no_double_holds(invoke, guest, options):
    report = invoke(guest("return Settings.getAll();"), "POST /run", *options)
    assert report["ok"] or report["error"]["name"] == "InvalidInput"


def test_nothing_that_a_guest_says_reaches_a_terminal_as_a_command(invoke, guest):
    evil = "\\u001b[31m\\u009b2J\\u202e\\u2028\\x7f"
    body = f"Log.info('{evil}', {{ '{evil}': '{evil}' }}); return {{ '{evil}': '{evil}' }};"
    report = invoke(guest(body), "POST /run")
    shown = io.StringIO()
    show_report(Console(file=shown, width=200), "POST /run", RunReport.model_validate(report))
    assert all(char.isprintable() or char == "\n" for char in shown.getvalue())
    assert "\\u009b" in shown.getvalue()


def test_nothing_that_a_manifest_says_reaches_a_terminal_as_a_command(backfill, project):
    path = project({"src/api/run.ts": "export const POST = api(() => 1);\n"}, version="1\x1b[31m\x9b2J")
    built = backfill("build", path)
    assert built.code == 0
    assert "\x1b[31m" not in built.out and "\x9b" not in built.out
    named = backfill("build", project({}, name="a\x1b[31m"), "--json")
    assert named.code == 2 and "control character" in json.dumps(named.report)
