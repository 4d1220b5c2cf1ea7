"""From the bundle back to the author's lines."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_host.packages import PackageError, Position, SourceMap

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def vlq(number: int) -> str:
    value = (-number << 1) | 1 if number < 0 else number << 1
    text = ""
    while True:
        digit, value = value & 31, value >> 5
        text += LETTERS[digit | 32 if value else digit]
        if not value:
            return text


def encoded(lines: list[list[tuple[int, int, int, int]]], sources: list[str]) -> bytes:
    """A source map by the book: per line, sorted (column, source, source line, source column)."""
    before = [0, 0, 0]
    groups: list[str] = []
    for line in lines:
        column, segments = 0, []
        for segment in line:
            numbers = [
                segment[0] - column,
                *(new - old for new, old in zip(segment[1:], before, strict=True)),
            ]
            column, before = segment[0], list(segment[1:])
            segments.append("".join(map(vlq, numbers)))
        groups.append(",".join(segments))
    return json.dumps({"version": 3, "sources": sources, "names": [], "mappings": ";".join(groups)}).encode()


SEGMENT = st.tuples(st.integers(0, 5000), st.integers(0, 2), st.integers(0, 100_000), st.integers(0, 5000))
LINES = st.lists(st.lists(SEGMENT, max_size=6, unique_by=lambda one: one[0]).map(sorted), max_size=8)


@settings(max_examples=60, deadline=None)
@given(LINES)
def test_every_place_is_found_again(lines):
    sources = ["a.ts", "b.ts", "c.ts"]
    source_map = SourceMap(encoded(lines, sources))
    for number, line in enumerate(lines, 1):
        for column, source, source_line, source_column in line:
            place = source_map.position(number, column + 1)
            assert place == Position(sources[source], source_line + 1, source_column + 1)


def test_a_place_between_two_belongs_to_the_first():
    source_map = SourceMap(encoded([[(4, 0, 7, 2), (20, 0, 9, 0)]], ["a.ts"]))
    assert source_map.position(1, 15) == Position("a.ts", 8, 3)
    assert source_map.position(1, 1) is None
    assert source_map.position(2, 1) is None
    assert source_map.position(0, 1) is None


def test_a_stack_names_the_authors_files():
    source_map = SourceMap(encoded([[(0, 0, 9, 4)], [(0, 1, 1, 1)]], ["src/a.ts", ""]))
    stack = (
        "    at POST (bundle.js:1:1)\n    at wrap (bundle.js:2:5)\n    at apply (native)\n    at bundle.js:1"
    )
    assert (
        source_map.map_stack(stack)
        == "    at POST (src/a.ts:10:5)\n    at apply (native)\n    at src/a.ts:10:5"
    )


@pytest.mark.parametrize(
    "mappings",
    ["A", "AA", "AAA", "!", "AAAAAA", "g", "ACAA", "ADAA", "AAAD", "CAAA,DAAA", "gggggggggA", ";;é"],
)
def test_a_broken_mapping_is_refused(mappings):
    text = json.dumps({"version": 3, "sources": ["a.ts"], "names": [], "mappings": mappings}).encode()
    if mappings == "A":
        assert SourceMap(text).position(1, 1) is None
        return
    with pytest.raises(PackageError):
        SourceMap(text)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b"\xff", b'{"sources": [], "mappings": 1}', b"[" * 100_000]
)
def test_what_is_no_source_map_is_refused(text):
    with pytest.raises(PackageError):
        SourceMap(text)


def test_a_throwing_module_is_found_in_the_engines_own_stack(connector, problems_of):
    helper = (
        "\n\n\nexport class Client {\n  constructor() {\n    throw new TypeError('at line six');\n  }\n}\n"
    )
    project = connector | {"src/lib/throws.ts": helper}
    project["src/api/x.ts"] = (
        'import { Client } from "../lib/throws";\nnew Client();\nexport const GET = () => 1;\n'
    )
    assert problems_of(project) == ["src/lib/throws.ts:6: throws while it is loaded: at line six"]
