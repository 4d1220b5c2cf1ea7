"""The Python on the page of the language builds; what it shows as refused is what a build says of it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox_host.cli import app

CONFIG = """\
from guest_sdk import define_extension

define_extension(key="page", name="Page", version="1.0.0")
"""
ROUTE = "import x\n\n\ndef POST(request):\n    return {}\n"


@pytest.mark.parametrize("number", range(4))
def test_a_block_builds_or_is_refused_as_shown(
    number: int, page: Path, blocks: Callable[[Path], list[Any]], tmp_path: Path
) -> None:
    shown = [*blocks(page), None]
    code = [(one, after) for one, after in pairwise(shown) if one.language == "python"]
    assert len(code) == 4
    block, after = code[number]
    for file, text in {"backfill.config.py": CONFIG, "src/api/x.py": ROUTE, "src/x.py": block.text}.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    built = CliRunner().invoke(app, ["build", str(tmp_path)])
    refusal = after.text.splitlines() if after is not None and after.language == "text" else []
    assert [line for line in refusal if line not in built.output] == []
    assert (built.exit_code != 0) == bool(refusal), built.output
