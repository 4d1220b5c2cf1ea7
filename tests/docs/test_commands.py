"""The commands of the README and the docs run as they are printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox_host.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[str]:
    """The lines of a page's shell blocks that call `backfill`."""
    lines = [line for block in BLOCK.findall(page.read_text()) for line in block.splitlines()]
    return [line for line in lines if line.startswith("backfill ")]


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=lambda page: page.name)
def test_every_command_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    run("invoke examples/stripe 'POST /sync/customers' --secret api_key=sk_test_123 --state STATE "
        "--stub examples/stripe/stubs/customers.json")  # fmt: skip
    for command in commands(page):
        run(command.removeprefix("backfill "))


def run(command: str) -> None:
    words, _, target = command.partition(" > ")
    result = CliRunner().invoke(app, shlex.split(words))
    assert result.exit_code == 0, f"backfill {command}\n{result.output}"
    if target:
        Path(target).write_bytes(result.stdout_bytes)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
