"""Every block of the pages is executed by a test, and every link leads somewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest


def test_every_block_of_every_page_has_an_executor(every_block: list[Any]) -> None:
    modules = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    unclaimed = [block for block in every_block if block.executor not in modules]
    assert unclaimed == []


@pytest.mark.parametrize("language", ["python", "text", "json", "ts", "bash", "js"])
def test_a_block_that_nothing_executes_is_noticed(every_block: list[Any], language: str) -> None:
    block = replace(every_block[0], language=language, title=None, text="anything\n")
    assert block.executor is None


def test_every_executor_has_blocks(every_block: list[Any]) -> None:
    found = {block.executor for block in every_block}
    assert found == {
        "tutorial", "commands", "projects", "shapes", "sdk_types", "messages", "python_policy", "python_sdk",
    }  # fmt: skip


def test_a_fence_that_is_not_read_is_noticed(pages: list[Path]) -> None:
    for page in pages:
        assert "~~~" not in page.read_text(encoding="utf-8")
        assert not re.search(r"^[ \t>]+```", page.read_text(encoding="utf-8"), re.MULTILINE), page


def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
