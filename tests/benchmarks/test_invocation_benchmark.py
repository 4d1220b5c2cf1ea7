"""The benchmark still runs, and scripts can read what it prints. What it measures is not judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

KEYS = {
    "group", "what", "unit", "median", "quiet", "p99", "per_second", "target", "ratio", "note", "met",
}  # fmt: skip
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "invocation.py"


@pytest.fixture(scope="module")
def printed() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--quick", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def figure(printed: dict[str, Any], what: str) -> dict[str, Any]:
    (found,) = [one for one in printed["figures"] if one["what"] == what]
    return found


def test_one_object_says_where_and_how_often_it_measured(printed):
    assert printed.keys() == {"machine", "rounds", "figures"}
    assert printed["rounds"] >= 1


def test_every_figure_has_every_key_a_unit_and_a_number(printed):
    for one in printed["figures"]:
        assert one.keys() == KEYS
        assert one["unit"] in ("ms", "KB")
        assert isinstance(one["median"], float | int)


@pytest.mark.parametrize(("what", "target"), [("kernel alone", 0.6), ("worker, broker, commit, audit", 2.0)])
def test_an_invocation_is_compared_with_its_target(printed, what, target):
    found = figure(printed, what)
    assert found["target"] == target
    assert found["met"] is (found["median"] <= target)
    assert found["p99"] >= found["median"]
    assert found["per_second"] > 0


def test_host_calls_are_compared_with_their_target(printed):
    calls = [one for one in printed["figures"] if one["group"].startswith("one host call")]
    assert {one["target"] for one in calls} == {0.15}
    assert [one["what"].split()[0] for one in calls] == ["Settings.get", "Secrets.get", "Http.get,"]


def test_throughput_sizes_and_cold_start_are_measured(printed):
    groups = [one["group"] for one in printed["figures"]]
    assert sum(group.startswith("throughput") for group in groups) == 3
    assert sum(group.startswith("the same by size") for group in groups) == 6
    assert groups.count("cold start") == 5
