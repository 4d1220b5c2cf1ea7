"""Everyday Python runs under the policy, and does what it does without one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SNIPPETS = Path(__file__).parent / "snippets"
_PARTS = re.compile(r"^### (.+)\n", re.MULTILINE)


def snippets() -> list[tuple[str, str, str]]:
    """(name, code, what it prints) of each: `### name`, the code, and the lines it prints behind `#=> `."""
    found: list[tuple[str, str, str]] = []
    for file in sorted(SNIPPETS.glob("*.txt")):
        _, *parts = _PARTS.split(file.read_text(encoding="utf-8"))
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            lines = text.splitlines(keepends=True)
            expected = "".join(line.removeprefix("#=> ") for line in lines if line.startswith("#=> "))
            found.append((name, "".join(line for line in lines if not line.startswith("#=> ")), expected))
    return found


SNIPPETS_BY_NAME = {name: (code, expected) for name, code, expected in snippets()}


def test_there_are_more_than_a_hundred_of_them():
    assert len(SNIPPETS_BY_NAME) == len(snippets()) > 100


@pytest.mark.parametrize("name", SNIPPETS_BY_NAME)
def test_a_snippet_prints_what_it_prints_without_a_policy(name, language):
    code, expected = SNIPPETS_BY_NAME[name]
    answer = language.run(code)
    assert answer.error is None, f"{answer.error}: {answer.message}"
    assert answer.printed == expected


PLAINLY = """
import contextlib, io, sys, types
r = {}
for name, code in SNIPPETS:
    module = sys.modules["src.x"] = types.ModuleType("src.x")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, name, "exec", dont_inherit=True), vars(module))
    r[name] = out.getvalue()
"""


def test_what_is_expected_is_what_plain_python_prints(language):
    snippets = [(name, code) for name, (code, _) in SNIPPETS_BY_NAME.items()]
    answer = language.plainly(PLAINLY.replace("SNIPPETS", repr(snippets)))
    assert answer.error is None, f"{answer.error}: {answer.message}"
    for name, (_, expected) in SNIPPETS_BY_NAME.items():
        assert answer.result[name] == expected, name
