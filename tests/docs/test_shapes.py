"""The objects that a page describes are those that the commands print, key by key."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox_host.cli import app

ROOT = Path(__file__).resolve().parents[2]
INVOKE = [
    "invoke",
    str(ROOT / "examples" / "stripe"),
    "POST /sync/customers",
    "--secret",
    "api_key=sk_test_123",
]
STUB = ["--stub", str(ROOT / "examples" / "stripe" / "stubs" / "customers.json")]
PRINTED = {
    "docs/invoke.md": [
        [*INVOKE, *STUB, "--json"],
        [*INVOKE, *STUB, "--observe", "--json"],
        [*INVOKE, "--json"],
        [*INVOKE, "--stub", "nowhere.json", "--json"],
    ],
    "docs/init.md": [["init", "acme", "--json"], ["init", "acme", "--json"]],
}
"""The commands that print a page's object: those that succeed, and those that fail."""

_TOKEN = re.compile(r'"[^"]*"|\w+|[{}\[\]:,|]')


def test_an_object_has_the_keys_that_its_page_lists(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks: Callable[[Path], list[Any]]
) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = blocks(page)
    shape = parse(block.text)
    seen: set[str] = set()
    for command in PRINTED[page.relative_to(ROOT).as_posix()]:
        printed = json.loads(CliRunner().invoke(app, command).stdout)
        problem = mismatch(shape, printed, "", seen)
        assert problem is None, f"{command}: {problem}"
    assert set(keys(shape, "")) == seen, "a key that no command here prints"


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        ('{"a"}', {"a": 1, "b": 2}), ('{"a", "b"}', {"a": 1}), ('{"a": "x"|"y"}', {"a": "z"}),
        ('{"a": null}', {"a": 0}), ('{"a": [{"b"}]}', {"a": [{}]}), ('{"a": bool}', {"a": "true"}),
        ('{"a": {"b"}}', {"a": None}),
    ],
)  # fmt: skip
def test_another_object_is_noticed(shape: str, value: Any) -> None:
    assert mismatch(parse(shape), value, "", set()) is not None


def parse(text: str) -> Any:
    """A shape: a dict of shapes, a list of one, a tuple of alternatives, a JSON text, "bool", "str", or "" for any."""
    tokens = _TOKEN.findall(text)
    shape = _alternatives(tokens)
    assert not tokens, f"what does {tokens[:3]} belong to?"
    return shape


def _alternatives(tokens: list[str]) -> Any:
    found = [_one(tokens)]
    while tokens and tokens[0] == "|":
        tokens.pop(0)
        found.append(_one(tokens))
    return tuple(found)


def _one(tokens: list[str]) -> Any:
    first = tokens.pop(0)
    if first == "[":
        inner = _alternatives(tokens)
        assert tokens.pop(0) == "]"
        return [inner]
    if first != "{":
        return first
    members: dict[str, Any] = {}
    while first != "}":
        key = json.loads(tokens.pop(0))
        members[key] = ("",)
        if tokens[0] == ":":
            tokens.pop(0)
            members[key] = _alternatives(tokens)
        first = tokens.pop(0)
        assert first in ",}", f"{first} after {key}"
    return members


def mismatch(shape: tuple[Any, ...], value: Any, at: str, seen: set[str]) -> str | None:
    """Where a value differs from every alternative; None where it does not. seen: takes the keys that it has."""
    problems = [_differs(one, value, at, seen) for one in shape]
    return None if None in problems else problems[-1]


def _differs(shape: Any, value: Any, at: str, seen: set[str]) -> str | None:
    if isinstance(shape, dict):
        if not isinstance(value, dict) or list(value) != list(shape):
            return f"{at or 'the object'} is {json.dumps(value)[:200]}, not an object of {', '.join(shape)}"
        seen.update(f"{at}.{key}" for key in shape)
        found = (mismatch(shape[key], one, f"{at}.{key}", seen) for key, one in value.items())
        return next((problem for problem in found if problem), None)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{at} is no list"
        found = (mismatch(shape[0], one, f"{at}[]", seen) for one in value)
        return next((problem for problem in found if problem), None)
    kinds = {"": object, "bool": bool, "str": str}
    holds = isinstance(value, kinds[shape]) if shape in kinds else value == json.loads(shape)
    return None if holds else f"{at} is {json.dumps(value)}, not {shape}"


def keys(shape: tuple[Any, ...], at: str) -> Iterator[str]:
    """Every key of a shape, by its place."""
    for one in shape:
        if isinstance(one, dict):
            for key, inner in one.items():
                yield f"{at}.{key}"
                yield from keys(inner, f"{at}.{key}")
        elif isinstance(one, list):
            yield from keys(one[0], f"{at}[]")
