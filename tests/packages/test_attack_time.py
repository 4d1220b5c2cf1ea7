"""Sources that are slow to look at for whoever looks at everything again for each thing found."""

from __future__ import annotations

import time

from sandbox_host.packages.esbuild import Printed
from sandbox_host.packages.hosts import undeclared_hosts
from sandbox_host.packages.problems import BuildFailed, Problem
from sandbox_host.packages.scripts import tokens

MAP = b'{"version":3,"sources":[],"names":[],"mappings":""}'


def test_many_literal_urls_take_linear_time():
    code = "f([" + ",".join(f'"https://api.example.com/{number}"' for number in range(20_000)) + "]);\n"
    started = time.monotonic()
    assert not list(undeclared_hosts("a.ts", Printed(code, MAP, ()), ["https://api.example.com/*"]))
    assert time.monotonic() - started < 5


def test_links_are_still_told_from_requests():
    code = 'const a = { href: "https://a.example.com/" };\nf("https://b.example.com/");\n'
    found = [one.message for one in undeclared_hosts("a.ts", Printed(code, MAP, ()), [])]
    assert len(found) == 1 and "b.example.com" in found[0]


def test_a_long_line_of_divisions_takes_linear_time():
    code = "/".join(["(a+1)"] * 300_000)
    started = time.monotonic()
    assert sum(1 for token in tokens(code) if token.text == "/") == 299_999
    assert time.monotonic() - started < 10


def test_a_slash_first_on_its_line_still_starts_an_expression():
    assert [token.kind for token in tokens("f()\n  /a/.test(b)")][3] == "regex"
    assert [token.text for token in tokens("f() /a/ b")][3:5] == ["/", "a"]


def test_a_problems_file_is_one_line_that_no_terminal_obeys():
    failed = BuildFailed([Problem("a\x1b[31m\n\udcff", None, "x")])
    assert str(failed).isprintable()
