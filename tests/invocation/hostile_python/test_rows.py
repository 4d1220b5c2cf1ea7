"""The public rows of escapes and exhaustion, through a build, a worker, the broker and the audit."""

from __future__ import annotations

import pytest

from sandbox_host.packages import BuildFailed

SURROUNDINGS = """
import json as js
import random
import re as rex
import string
from guest_sdk import Http as host
from lib import kept
host_fn = host.get
fmt = string.Template("x")
"""
"""What the rows take from around them: an object and a function of the host's, and modules."""

ALLOWED = {
    "PY-048": "nonlocal is everyday Python, and binds a name of the author's own",
    "PY-082": "the generator is the instance's own, and the next run has another",
}
"""Rows that the file expects to be refused, and why they are not."""


EXPECTED_ERRORS = {"AttributeError", "TypeError", "NameError", "ValueError", "InvalidArgument"}
EXHAUSTED = {"CpuLimit", "MemoryLimit", "StackLimit", "OverflowError", "SystemExit"}


def name_of(row):
    return row["id"].lower().replace("-", "_")


def body_of(row):
    return "kept.seen.append(1)\nr = None\n" + row["code"] + "\nreturn repr(r)"


@pytest.fixture(scope="module")
def rows(cases):
    return {name_of(row): row for row in cases if row["lang"].startswith("python")}


@pytest.fixture(scope="module")
def refused(ground, rows):
    """Row → the lines at which the build refuses it, where each row is the body of a handler."""
    return problems(ground, {name: handler(body_of(row), SURROUNDINGS) for name, row in rows.items()})


@pytest.fixture(scope="module")
def built(ground, rows, refused):
    """What the build lets pass, ready to run."""
    return ground.routes(
        {name: body_of(row) for name, row in rows.items() if name not in refused}, SURROUNDINGS
    )


def handler(body, top):
    lines = "".join(f"\n    {line}" for line in body.splitlines())
    return f"{top}\ndef POST(request):{lines}\n"


def problems(ground, sources):
    with pytest.raises(BuildFailed) as failed:
        ground.package({f"src/api/{name}.py": source for name, source in sources.items()})
    found = {}
    for one in failed.value.problems:
        assert one.file.startswith("src/api/"), one
        name = one.file.removeprefix("src/api/").removesuffix(".py")
        assert one.line is not None and 1 <= one.line <= len(sources[name].splitlines()), one
        found.setdefault(name, []).append(one.line)
    return found


def is_refused(row):
    return row["expect"].startswith("DENY") and row["id"] not in ALLOWED


def test_the_language_refuses_most_of_them_when_the_project_is_built(rows, refused):
    escapes = {name for name, row in rows.items() if is_refused(row)}
    assert refused.keys() <= escapes | {"py_dos_124"}
    assert len(refused) > len(escapes) / 2


def test_what_shall_be_refused_is_a_build_error_where_a_module_does_it_at_its_top(ground, rows):
    tops = {name: f"{SURROUNDINGS}\n{row['code']}\n" for name, row in rows.items() if is_refused(row)}
    assert problems(ground, tops).keys() == tops.keys()


def test_what_is_built_reaches_nothing(ground, rows, built, refused):
    went_through = {}
    for name, row in rows.items():
        if name in refused or name.startswith("py_dos"):
            continue
        report = ground.attack(built, name)
        if is_refused(row) and report.ok:
            went_through[name] = report.response.body
        assert report.ok or report.error.name in EXPECTED_ERRORS, report.error
    assert went_through == {}


def test_exhaustion_ends_typed_and_in_time(ground, rows, built, refused):
    for name in rows.keys() - refused.keys():
        if name.startswith("py_dos"):
            report = ground.attack(built, name, cpu_ms=150)
            assert report.ok is False and report.error.name in EXHAUSTED, (name, report.error)
            assert report.usage.wall_ms < 150 + 1500, name
