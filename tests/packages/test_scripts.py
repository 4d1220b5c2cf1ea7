"""Telling code from what only looks like it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_host.packages.esbuild import print_scripts
from sandbox_host.packages.hosts import literal_authority, undeclared_hosts
from sandbox_host.packages.scripts import tokens


def strings(code: str) -> list[str]:
    return [token.text for token in tokens(code) if token.kind == "string"]


def parts(code: str) -> list[tuple[str, ...]]:
    return [token.parts for token in tokens(code) if token.kind == "template"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("""f("a", 'b')""", ["a", "b"]),
        (r""""a\"b" + 'c\'d' """, ['a"b', "c'd"]),
        (r'"\x68\u0074\u{74}p\n"', ["http\n"]),
        ('// "no"\n"yes" /* "no" */', ["yes"]),
        ('a / "x" / b', ["x"]),
        ("/\"/.test(x), '1'", ["1"]),
        ("x = /[/\"]/g; '1'", ["1"]),
        ('return /\'/.test(x) ? "1" : 2', ["1"]),
        ("x.y / 2 / 3; '1'", ["1"]),
        ("f() / 2; '1' / 3", ["1"]),
        ("a[0] / 2; '1' / 3", ["1"]),
        ("if (x)\n  /'/.test(x);\n'1'", ["1"]),
        ("`a ${f('1', `b ${'2'}`)} c` + '3'", ["1", "2", "3"]),
        ("`${{ a: '1' }.a}` + '2'", ["1", "2"]),
        ("`\\`${'1'}\\${`; '2'", ["1", "2"]),
        ("'unterminated\n'next'", ["unterminated", "next"]),
    ],
)
def test_strings_are_found_and_nothing_else(code, expected):
    assert strings(code) == expected


def test_templates_are_split_at_their_code():
    assert parts("`a${b}c${`d${e}`}f`") == [("d", ""), ("a", "c", "f")]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="`'\"\\/$*{}()[]ab \n;.,=", max_size=60))
def test_any_text_is_read_to_its_end(text):
    assert all(0 <= token.offset <= len(text) for token in tokens(text))


@settings(max_examples=8, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=30))
def test_what_the_bundler_prints_is_read_back(values):
    values = [value for value in values if value.isprintable() or value.isascii()]
    code = "\n".join(f"f({json.dumps(value)}, x / 2, /[\"'`/]/g, `t${{1}}`); // '" for value in values)
    printed, messages = print_scripts({"a.js": code.encode()})
    assert messages == []
    found = [t.text if t.kind == "string" else t.parts[0] for t in tokens(printed["a.js"].code)
             if t.kind in ("string", "template")]  # fmt: skip
    assert [value for value in found if value != "t1"] == values


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('"https://api.example.com/v1"', "api.example.com"),
        ('"  HTTPS://API.example.com:8443?x"', "api.example.com:8443"),
        ('"https://api.example.com"', "api.example.com"),
        ("`https://api.example.com${path}`", "api.example.com"),
        ("`https://api.example.com/${id}`", "api.example.com"),
        ("`https://${shop}.example.com/x`", None),
        ("`https://api-${region}.example.com/x`", None),
        ("`https://api.${region}.example.com/x`", None),
        ("`https://api.example.com${n}.evil.com/`", None),
        ("`https://api.example.com:${port}/`", None),
        ('"https://"', None),
        ('"see https://docs.example.com/"', None),
        ('"http://www.w3.org/2000/svg"', None),
    ],
)
def test_the_host_of_a_literal_url(code, expected):
    (token,) = [token for token in tokens(code) if token.kind in ("string", "template")]
    assert literal_authority(token) == expected


def hosts_in(source: str, declared: list[str], name: str = "src/a.tsx") -> list[str]:
    printed, _ = print_scripts({name: source.encode()})
    return [str(problem) for problem in undeclared_hosts(name, printed[name], declared)]


def test_comments_types_and_links_are_not_requests():
    source = """\
// https://a.example/
/* "https://b.example/" */
type Url = "https://c.example/";
const pattern = /"https:\\/\\/d.example/;
export default () => <a href="https://e.example/">it's "https://f.example/"</a>;
export const cut = (x: number) => x / 2 / "https".length;
"""
    assert hosts_in(source, []) == []


def test_every_undeclared_host_is_found_at_its_line():
    source = """\
const BASE: string = "https://" + "a.example";

export const GET = async <T,>(x: T) => {
  Http.get(`https://b.example/${x}`);
  // a comment with "https://c.example/"
  Http.get('https://d.example');
};
"""
    found = [problem.split(" is not")[0] for problem in hosts_in(source, ["https://c.example/*"], "src/a.ts")]
    assert found == [
        'src/a.ts:1: host "a.example"',
        'src/a.ts:4: host "b.example"',
        'src/a.ts:6: host "d.example"',
    ]


@pytest.mark.parametrize(
    ("url", "declared", "known"),
    [
        ("https://api.example.com/x", "https://api.example.com/v1/*", True),
        ("https://api.example.com/x", "https://*.example.com/*", True),
        ("https://example.com/x", "https://*.example.com/*", False),
        ("https://evilexample.com/x", "https://*.example.com/*", False),
        ("https://api.example.com:8443/x", "https://api.example.com/*", False),
        ("https://api.example.com:8443/x", "https://api.example.com:8443/*", True),
        ("https://api.example.com/x", "not a pattern", False),
    ],
)
def test_a_host_is_declared_by_a_pattern_that_has_it(url, declared, known):
    assert (hosts_in(f'Http.get("{url}");', [declared]) == []) == known
