"""The Python benchmark still runs, and compares what does the same work. What it measures is not judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
KEYS = {
    "group", "what", "unit", "median", "quiet", "p99", "per_second", "target", "ratio", "note", "met",
}  # fmt: skip


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=BENCHMARKS, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def figures() -> list[dict[str, Any]]:
    done = run("python.py", "--quick", "--json", "--peer-python", "/nowhere/python")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed.keys() == {"machine", "rounds", "figures"}
    return printed["figures"]


def figure(figures: list[dict[str, Any]], what: str) -> dict[str, Any]:
    (found,) = [one for one in figures if one["what"] == what]
    return found


def test_every_figure_has_every_key_and_a_number_or_the_reason_why_there_is_none(figures):
    for one in figures:
        assert one.keys() == KEYS
        assert isinstance(one["median"], float | int) or one["note"]


@pytest.mark.parametrize(
    ("what", "target"), [("kernel alone", 2.2), ("kernel alone, instance loaded ahead", 0.6)]
)
def test_a_python_invocation_is_compared_with_its_targets(figures, what, target):
    found = figure(figures, what)
    assert found["target"] == target
    assert found["met"] is (found["median"] <= target)


def test_nine_hundred_lines_are_compared_with_twice_the_small_connector(figures):
    (large,) = [one for one in figures if one["what"].startswith("kernel alone: 900 lines")]
    assert large["target"] == 2 * figure(figures, "kernel alone")["median"]


def test_the_rows_of_javascript_have_their_twins(figures):
    what = [one["what"] for one in figures]
    groups = [one["group"] for one in figures]
    assert {"worker, broker, commit, audit", "JavaScript: worker, broker, commit, audit"} <= set(what)
    assert groups.count("one host call through worker, policy and audit") == 3
    assert groups.count("cold start") == 5
    assert figure(figures, "the same under our policy of RestrictedPython")["ratio"] > 0


def test_every_peer_is_compared_with_the_kernel_or_said_to_be_absent(figures):
    group = [one for one in figures if one["group"].startswith("beside others, the handlers alone")]
    for name in ("pydantic-monty", "pyeryx", "fork + RestrictedPython"):
        mine = [one for one in group if one["what"].startswith(name)]
        assert [one["ratio"] is None for one in mine] in ([True], [False, False])
        assert all(one["ratio"] or one["note"] for one in mine)
    assert figure(group, "Backfill, Python, kernel")["ratio"] == 1
    assert not any(one["note"] for one in group if one["what"].startswith("fork"))


def test_a_peer_that_answers_something_else_is_not_compared():
    program = (
        "from peers import peer; import python\n"
        "class Liar(peer.Peer):\n"
        "    def customers(self, run): return {'score': 0}\n"
        "class Ours:\n"
        "    def customers(self, run): return {'score': run}\n"
        "liar = Liar('monty', 'a liar')\n"
        "python._expect_the_same(liar, Ours())\n"
        "print(liar.absent)"
    )
    assert run("-c", program).stdout == "gives another answer\n"


FORKED = """
from peers import fork
fork._load = lambda functions: (lambda request: {"body": open("/etc/hostname").readline()}, {})
fork.ALLOWED += %s
print("read:", fork.start(1)({})["body"])
"""


def test_the_forked_peer_cannot_open_files():
    done = run("-c", FORKED % "()")
    assert "ConnectionError: the run ended without a result" in done.stderr
    assert "read:" not in done.stdout


def test_without_its_filter_the_forked_peer_opens_files():
    done = run("-c", FORKED % '("openat", "ioctl", "newfstatat")')
    assert "read:" in done.stdout, done.stderr
