"""Paths of requests find their route and its parameters. The table is the test runtime's too, in TypeScript."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_host.triggers.base import NotAccepted
from sandbox_host.triggers.paths import MalformedPath, match_path

TABLE: dict[str, Any] = json.loads((Path(__file__).parent / "paths.json").read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = TABLE["cases"]


@pytest.mark.parametrize("case", [one for one in CASES if "error" not in one], ids=lambda one: one["path"])
def test_a_path_finds_its_route_and_its_parameters(case: dict[str, Any]) -> None:
    expected = (case["route"], case["params"]) if case["route"] else None
    assert match_path(TABLE["routes"], case["path"]) == expected


@pytest.mark.parametrize("case", [one for one in CASES if "error" in one], ids=lambda one: one["path"])
def test_a_path_that_cannot_be_read_is_refused_and_says_why(case: dict[str, Any]) -> None:
    with pytest.raises(MalformedPath, match=re.escape(case["error"])):
        match_path(TABLE["routes"], case["path"])


def test_a_malformed_path_is_wrong_input() -> None:
    assert issubclass(MalformedPath, NotAccepted)


def test_the_order_of_the_routes_changes_nothing() -> None:
    for order in itertools.permutations(TABLE["routes"]):
        assert match_path(order, "/customers/new") == ("/customers/new", {})
        assert match_path(order, "/customers/special") == ("/customers/[id]", {"id": "special"})


def test_half_a_surrogate_pair_is_no_path() -> None:
    with pytest.raises(MalformedPath, match="not UTF-8"):
        match_path(["/[id]"], "/\ud800")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_value_arrives_as_it_was_escaped_once(value: str) -> None:
    assert match_path(["/[id]"], "/" + quote(value, safe="")) == ("/[id]", {"id": value})
