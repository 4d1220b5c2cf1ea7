"""Hostile projects in Python as a person meets them: a build that names the place, a run that ends, a next one that
works."""

from __future__ import annotations

import pytest

MANIFEST = """
from guest_sdk import define_extension

define_extension(key="acme", name="Acme", version="1.0.0")
"""


@pytest.fixture
def python(tmp_path):
    """`python("body")`: a project whose `POST /run` has this body."""

    def write(body):
        lines = "".join(f"\n    {line}" for line in body.splitlines())
        file = tmp_path / "project" / "src" / "api" / "run.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"def POST(request):{lines}\n")
        (tmp_path / "project" / "backfill.config.py").write_text(MANIFEST)
        return tmp_path / "project"

    return write


def test_a_build_names_the_line_that_reaches_out(backfill, python):
    ran = backfill("build", python("x = 1\nreturn x.__class__.__subclasses__()"))
    assert ran.code != 0
    assert 'src/api/run.py:3: "__subclasses__" may not be used' in ran.out + ran.err
    assert "Traceback" not in ran.err


def test_a_run_that_never_ends_does_and_the_next_one_works(invoke, python, state):
    looping = python("while request.body: pass\nreturn 'fine'")
    ended = invoke(looping, "POST /run", "--body", "1", "--limit", "cpu_ms=100", "--state", state)
    assert ended["error"]["name"] == "CpuLimit"
    assert invoke(looping, "POST /run", "--body", "0", "--state", state)["response"]["body"] == "fine"


def test_a_stack_on_the_terminal_names_the_author_s_line_alone(backfill, python):
    ran = backfill("invoke", python("return sorted([1], key=lambda x: 1 / 0)"), "POST /run")
    assert ran.code == 1
    shown = ran.out + ran.err
    assert 'File "src/api/run.py", line 2, in POST' in shown
    assert "guest_sdk" not in shown and "backfill_guest" not in shown and "site-packages" not in shown


def test_what_an_author_raises_cannot_write_on_the_terminal(backfill, python):
    ran = backfill("invoke", python("raise ValueError('a\\r\\nok\\x1b[2J\\u2028\\u202e')"), "POST /run")
    assert ran.code == 1
    assert not {"\r", "\x1b", "\u2028", "\u202e"} & set(ran.out + ran.err)
