"""`backfill init`: names, targets, and a project that is there whole or not at all."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sandbox_host.cli import init as command
from sandbox_host.templates import MAX_NAME, TEMPLATES

KEYS = ["ok", "path", "template", "files", "invoke", "problems"]
PATH = "is a path; go to the folder that the project shall be in, and give a name alone"
WORDS = "is not lower-case words joined by hyphens, as in customer-sync"

NAMES = [
    ("", f'NAME: "" {WORDS}'),
    ("Customer", f'NAME: "Customer" {WORDS}; try customer'),
    ("CustomerSync", f'NAME: "CustomerSync" {WORDS}; try customer-sync'),
    ("customer_sync", f'NAME: "customer_sync" {WORDS}; try customer-sync'),
    ("customer sync", f'NAME: "customer sync" {WORDS}; try customer-sync'),
    ("customer--sync", f'NAME: "customer--sync" {WORDS}; try customer-sync'),
    ("customer-", f'NAME: "customer-" {WORDS}; try customer'),
    ("2-customers", f'NAME: "2-customers" {WORDS}; try customers'),
    ("@acme", f'NAME: "@acme" {WORDS}; try acme'),
    ("kundenübersicht", f'NAME: "kundenübersicht" {WORDS}; try kunden-bersicht'),
    ("\N{SNOWMAN}", f'NAME: "\N{SNOWMAN}" {WORDS}'),
    ("stripe\n", 'NAME: "stripe\\n" ' + WORDS + "; try stripe"),
    ("x" * 51, "NAME: a name has 50 characters at most, not 51"),
    ("acme/stripe", f'NAME: "acme/stripe" {PATH}'),
    ("../stripe", f'NAME: "../stripe" {PATH}'),
    (".", f'NAME: "." {PATH}'),
    ("acme\\stripe", f'NAME: "acme\\stripe" {PATH}'),
]  # fmt: skip


def answer(result: Any) -> dict[str, Any]:
    found = json.loads(result.stdout)
    assert list(found) == KEYS
    return found


def refused(result: Any) -> list[str]:
    """The problems of a run that made nothing."""
    found = answer(result)
    assert result.exit_code == 2
    assert found == {"ok": False, "path": None, "template": None, "files": [], "invoke": None} | {
        "problems": found["problems"]
    }
    return [f"{one['file']}: {one['message']}" for one in found["problems"]]


@pytest.mark.parametrize(("name", "message"), NAMES, ids=[repr(name[:20]) for name, _ in NAMES])
def test_a_wrong_name_is_refused_with_one_that_works(
    name: str, message: str, run: Any, tmp_path: Path
) -> None:
    assert refused(run("init", name, "--json")) == [message]
    assert list(tmp_path.iterdir()) == []
    if "; try " in message:
        assert answer(run("init", message.rpartition("; try ")[2], "--json"))["ok"]


def test_every_problem_is_named_at_once(run: Any, tmp_path: Path) -> None:
    found = refused(run("init", "Stripe", "--template", "conector", "--json"))
    there_are = "there are extension, connector, oauth-connector, webhook"
    assert found == [
        f'NAME: "Stripe" {WORDS}; try stripe',
        f'--template: there is no template "conector"; did you mean "connector"?; {there_are}',
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_name_must_be_given(run: Any) -> None:
    message = "NAME: is missing; give the project a name, as in backfill init customer-sync"
    assert refused(run("init", "--json")) == [message]
    result = run("init")
    assert result.exit_code == 2
    assert result.stderr == f"{message}\n\nnothing was written\n"


@pytest.mark.parametrize(
    ("occupy", "message"),
    [
        (lambda path: write(path / "README.md"),
         "stripe: this folder is not empty (there is README.md); choose another name, or empty it"),
        (lambda path: [write(path / name) for name in (".env", "a.txt", "b.txt")],
         "stripe: this folder is not empty (there is .env and 2 more); choose another name, or empty it"),
        (lambda path: write(path), "stripe: is a file; remove it, or choose another name"),
        (lambda path: path.symlink_to(path.parent), "stripe: is a symbolic link; remove it, or choose another name"),
        (lambda path: path.symlink_to("nowhere"), "stripe: is a symbolic link; remove it, or choose another name"),
    ],
    ids=["a folder with a file", "a folder with several", "a file", "a link", "a link to nothing"],
)  # fmt: skip
def test_what_is_there_is_never_touched(occupy: Any, message: str, run: Any, tmp_path: Path) -> None:
    target = tmp_path / "stripe"
    occupy(target)
    before = snapshot(tmp_path)
    assert refused(run("init", "stripe", "--json")) == [message]
    assert snapshot(tmp_path) == before


def test_a_folder_that_fills_up_meanwhile_is_not_touched_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_occupied", lambda target: None)
    write(tmp_path / "stripe" / "mine.txt")
    before = snapshot(tmp_path)
    with pytest.raises(command.InitRefused, match="stripe: cannot be written: Directory not empty"):
        command.make("stripe", "connector", tmp_path)
    assert snapshot(tmp_path) == before


def test_nothing_is_left_of_a_project_that_cannot_be_finished(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_halfway(folder: Path, files: dict[str, bytes]) -> None:
        write(folder / "README.md")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(command, "write", fails_halfway)
    assert refused(run("init", "stripe", "--json")) == ["stripe: cannot be written: No space left on device"]
    assert list(tmp_path.iterdir()) == []


def test_a_parent_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(command.InitRefused, match="stripe: cannot be written: No such file or directory"):
        command.make("stripe", "connector", tmp_path / "nowhere")


def test_an_empty_folder_becomes_the_project(run: Any, tmp_path: Path) -> None:
    (tmp_path / "stripe").mkdir()
    assert answer(run("init", "stripe", "--json"))["ok"]
    assert (tmp_path / "stripe" / "backfill.config.ts").is_file()


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_answer_names_every_file_and_the_first_run(template: str, run: Any, tmp_path: Path) -> None:
    found = answer(run("init", "customer-sync", "--template", template, "--json"))
    project = tmp_path / "customer-sync"
    assert (found["ok"], found["path"], found["template"]) == (True, "customer-sync", template)
    there = sorted(path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file())
    assert sorted(found["files"]) == there
    assert found["invoke"] in (project / "README.md").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["customer-sync"]


def test_the_terminal_is_told_what_to_run(run: Any) -> None:
    result = run("init", "customer-sync")
    assert result.exit_code == 0
    shown = result.stdout.splitlines()
    assert shown[0] == "customer-sync is ready (extension: a hook on invoices, a route and a setting)"
    assert shown[-4:] == [
        "  cd customer-sync",
        "  backfill invoke . hook:Invoice:before_save --entity @stubs/invoice.json",
        "  backfill test .",
        "  backfill build .",
    ]


def test_credentials_are_for_their_owner_alone(run: Any, tmp_path: Path) -> None:
    run("init", "stripe")
    assert stat.S_IMODE((tmp_path / "stripe" / ".backfillrc").stat().st_mode) == 0o600


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_sees_neither_credentials_nor_types(run: Any, tmp_path: Path) -> None:
    run("init", "stripe", "--template", "connector")
    project = tmp_path / "stripe"
    for left in ("state/state.db", "node_modules/a/index.js", "out.tar"):
        write(project / left)
    git = ["git", "-C", str(project)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    listed = subprocess.run(
        [*git, "ls-files", "--others", "--exclude-standard"], check=True, capture_output=True, text=True
    )
    assert listed.stdout.splitlines() == [
        ".gitignore", "README.md", "backfill.config.ts", "package.json", "src/api/setup/test_connection.ts",
        "src/api/sync/customers.ts", "src/lib/provider.ts", "stubs/customers.json", "test/customers.test.ts",
        "tsconfig.json",
    ]  # fmt: skip


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_name_of_the_greatest_length_works(template: str, run: Any, tmp_path: Path) -> None:
    name = "a" * (MAX_NAME - 2) + "-b"
    assert answer(run("init", name, "--template", template, "--json"))["ok"]
    assert json.loads(run("build", name, "--json").stdout)["problems"] == []


def write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")


def snapshot(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): "link" if path.is_symlink() else path.read_text()
        for path in sorted(folder.iterdir(), key=str)
        if path.is_symlink() or path.is_file()
    } | {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.glob("*/*")
        if path.is_file() and not path.parent.is_symlink()
    }
