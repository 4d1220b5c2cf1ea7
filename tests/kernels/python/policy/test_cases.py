"""The public rows of escapes and exhaustion, each judged by what it reached: nothing outside its instance, a typed end,
and a next run that knows nothing of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

SURROUNDINGS = """
import json as js
import random
import re as rex
import string
from guest_sdk import Http as host
host_fn = host.get
fmt = string.Template("x")
"""
"""What the rows take from around them: an object and a function of the host's, and modules."""

ALLOWED = {
    "PY-048": "nonlocal is everyday Python, and binds a name of the author's own",
    "PY-082": "the generator is the instance's own, and the next run has another",
}
"""Rows that the file expects to be refused, and why they are not."""

LIMITS = {"CpuLimit", "WallLimit", "MemoryLimit", "StackLimit", "CallLimit", "GuestBroke"}
PYTHON_ERRORS = {"MemoryError", "OverflowError", "RecursionError", "SystemExit", "ValueError", "RefusedCode"}

AFTERWARDS = """
import random, json
from guest_sdk import Http
r = [random.random() != 0.8444218515250481, json.loads("[1]"), type(Http).__name__, hasattr(Http, "visible")]
"""


def rows_of(cases: list[dict[str, str]], prefix: str) -> list[dict[str, str]]:
    rows = [row for row in cases if row["id"].startswith("PY-DOS") == (prefix == "PY-DOS")]
    assert len(rows) > 10
    return rows


@pytest.fixture
def next_run(language):
    """What the run after it answers."""
    yield
    assert language.run(AFTERWARDS).result == [True, [1], "HttpApi", False]


def test_what_shall_be_refused_is_refused(cases, language, next_run):
    went_through: dict[str, Any] = {}
    for row in rows_of(cases, "PY"):
        answer = language.run(SURROUNDINGS + row["code"])
        assert answer.asked == [] or answer.error is None, row["id"]
        if row["expect"].startswith("DENY") and row["id"] not in ALLOWED and answer.error is None:
            went_through[row["id"]] = answer.result
    assert went_through == {}


def test_what_is_allowed_works_or_says_why_not(cases, language, next_run):
    for row in rows_of(cases, "PY"):
        if row["expect"].startswith("ALLOW") or row["id"] in ALLOWED:
            answer = language.run(SURROUNDINGS + row["code"])
            # A function of the host's is no hook, and there is no invocation while a module is loaded.
            refused = {
                "PY-086": "NotAvailable",
                "PY-096": "NotAvailable",
                "PY-094": "NameError",
                "PY-078": None,
            }
            assert answer.error == refused.get(row["id"]), f"{row['id']} {answer.error}: {answer.message}"


def test_exhaustion_ends_in_a_typed_error(cases, language, next_run):
    for row in rows_of(cases, "PY-DOS"):
        answer = language.run(row["code"], cpu_ms=200)
        assert answer.error in LIMITS | PYTHON_ERRORS | {None}, f"{row['id']}: {answer.error}"
        assert answer.error or answer.result is not None, row["id"]


_, *_PARTS = re.split(
    r"^### (.+)\n", (Path(__file__).parent / "refused.txt").read_text(encoding="utf-8"), flags=re.M
)
NEIGHBOURS = dict(zip(_PARTS[::2], _PARTS[1::2], strict=True))
"""What is like the rows: other ways to the same, each in `refused.txt` below its `### name`."""


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_a_neighbour_is_refused(name, language):
    answer = language.run(NEIGHBOURS[name])
    assert answer.error in {
        "RefusedCode", "AttributeError", "TypeError", "NameError", "ValueError", "ImportError", "ModuleNotFoundError",
        "NotImplementedError",
    }, answer  # fmt: skip
    assert answer.asked == []


@pytest.mark.parametrize(
    ("name", "code"),
    {
        "a loop in a comprehension": "r = [x for x in iter(int, 1)]",
        "a loop that catches everything": "while True:\n    try:\n        while True: pass\n"
        "    except BaseException: pass",
        "a regular expression": "import re\nre.match(r'(a+)+$', 'a' * 40 + 'b')",
        "a power of powers": "r = 9 ** 9 ** 9",
        "a factorial": "import math\nr = math.factorial(10 ** 7)",
        "digits of a number": "r = len(str(10 ** 4_000_000))",
        "products": "import itertools\nr = sum(1 for _ in itertools.product(range(1000), repeat=9))",
        "a list of lists": "x = []\nwhile True: x = [x, x, 'y' * 1000]",
        "text that doubles": "x = 'x'\nwhile True: x += x",
        "a dict that grows": "x = {}\nwhile True: x[len(x)] = bytes(1000)",
        "endless recursion": "def f(): return f()\nf()",
        "recursion in repr": "x = []\nfor _ in range(100_000): x = [x]\nr = repr(x)",
        "recursion in json": "import json\nr = json.loads('[' * 100_000)",
        "recursion in comparison": "a, b = [], []\nfor _ in range(100_000): a, b = [a], [b]\nr = a == b",
        "a deep expression": "r = " + "(" * 5000 + ")" * 5000,
        "a deep list": "r = " + "[" * 150 + "]" * 150 + "\nr = " + "-" * 3000 + "1",
        "a long sum": "r = " + "+".join(["1"] * 20_000),
        "many brackets in a format": "t = '{' * 100_000\nr = t.format(1)",
        "a nested format": "t = '{:' * 50_000 + '}' * 50_000\nr = t.format(1)",
        "a wide decimal": "from decimal import Decimal\nr = str(Decimal(10) ** 999_999_999)",
        "an exit": "raise SystemExit",
        "an interrupt": "raise KeyboardInterrupt",
        "an error that cannot be told": "class E(Exception):\n    def __str__(self): raise E()\nraise E()",
        "a generator that never stops": "def g():\n    while True:\n        try:\n            yield 1\n"
        "        except GeneratorExit: pass\nx = g()\nnext(x)\ndel x",
    }.items(),
)  # fmt: skip
def test_a_neighbour_of_exhaustion_ends_typed(name, code, language, next_run):
    answer = language.run(code, cpu_ms=300)
    ends = LIMITS | PYTHON_ERRORS | {"KeyboardInterrupt", "E", "Overflow", None}
    assert answer.error in ends, answer
