"""Each message on the page of build errors is one that a wrong project brings about: the tests beside the builder
build those projects, and compare what the builder says with these very texts.
"""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from policies.messages import Message
from sandbox_host.packages.messages import code, files, python

BUILDER_TESTS = Path(__file__).resolve().parents[1] / "packages"


def test_every_message_of_the_page_is_compared_with_a_real_one(
    page: Path, blocks: Callable[[Path], list[Any]]
) -> None:
    shown = [block.text.removesuffix("\n") for block in blocks(page)]
    expected = {text for path in BUILDER_TESTS.rglob("test_*.py") for text in expected_by(path)}
    assert shown
    assert [text for text in shown if text not in expected] == []


def expected_by(path: Path) -> set[str]:
    """What a test module expects the builder to say: in its tables of wrong projects, and in tests of their own."""
    known = vars(code) | vars(files) | vars(python)
    named = re.findall(r"\b([A-Z_]+)\.example\b", path.read_text(encoding="utf-8"))
    found = {known[name].example for name in named if name in known}
    tables = runpy.run_path(str(path)) if path.name.startswith("test_wrong_") else {}
    rows = [row for table in ("WRONG", "LIMITS") for row in tables.get(table, {}).values()]
    values = [value for row in rows for value in row]
    found |= {value.example for value in values if isinstance(value, Message)}
    return found | {value for value in values if isinstance(value, str)}
