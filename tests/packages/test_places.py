"""From a place in a declaration to the author's line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.plain_json import join_path
from sandbox_host.packages.esbuild import print_scripts
from sandbox_host.packages.places import Places

MANIFEST = """\
import { defineConnector } from "@backfill-io/sdk";
const hosts = [
  "https://a.example/*",
  "https://b.example/*"];
const stream = { key: "orders", mode: "poll",
  schedule: "* * * * *" };
interface Unused { key: string }
const manifest = defineConnector({
  key: "acme", // key: "other"
  name: `Acme ${"x, y"} [`,
  permissions: {
    http: hosts,
    entities: { Customer: ["write"],
      "Odd Name": ["read"] },
  },
  streams: [{ key: "customers",
      mode: "poll" }, stream, { key: "events",
      mode: "webhook" }],
  config: { a: [[1], [2,
    3]], "b.c": 1 },
} satisfies object);
export default manifest;
"""


def places(source: str) -> Places:
    printed, messages = print_scripts({"a.ts": source.encode()})
    assert messages == []
    return Places(printed["a.ts"])


@pytest.fixture(scope="module")
def manifest() -> Places:
    return places(MANIFEST)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("", 8),
        ("key", 9),
        ("name", 10),
        ("permissions", 11),
        ("permissions.http", 12),
        ("permissions.http[0]", 3),
        ("permissions.http[1]", 4),
        ("permissions.entities.Customer[0]", 13),
        ("permissions.entities['Odd Name']", 14),
        ("streams[0].mode", 17),
        ("streams[1].schedule", 6),
        ("streams[2].mode", 18),
        ("config.a[1][1]", 20),
        ("config['b.c']", 20),
    ],
)
def test_everything_has_its_line(path, line, manifest):
    assert manifest.line("default", path) == line


@pytest.mark.parametrize(
    ("path", "line"),
    [("nope", 8), ("streams[2].schedule", 17), ("permissions.http[7].url", 12), ("streams[0].mode.x[1]", 17)],
)
def test_what_is_not_there_is_looked_for_around(path, line, manifest):
    assert manifest.line("default", path) == line


def test_an_export_that_is_not_there_has_no_line(manifest):
    assert manifest.line("other", "key") is None


def test_after_a_spread_nothing_before_it_is_certain():
    found = places(
        "const more = f();\nexport default g({\n  a: 1,\n  ...more,\n  b: [1,\n ...more,\n 2] });\n"
    )
    assert found.line("default", "a") == 2
    assert found.line("default", "b") == 5
    assert found.line("default", "b[2]") == 5


@pytest.mark.parametrize(
    ("source", "name", "line"),
    [
        ("\nexport const schedule = 1,\n  timezone = 2;", "timezone", 3),
        ("\nexport async function run() {\n return { run: 1 };\n}", "run", 2),
        ("\nexport default async (a) => ({ b: 1 });", "default", 2),
        ("const a = 1;\nconst run = function timezone() {};\nexport { run, a as timezone };", "timezone", 1),
        ("\nexport class Client { run() {} }", "Client", 2),
        ("export const a = x ? {\n b: 1 } : 2;", "a", 1),
        ("export function* pages() {}\n", "pages", 1),
    ],
)
def test_every_way_to_export_is_known(source, name, line):
    found = places(source)
    assert name in found.exports
    assert found.line(name) == line


def test_an_export_that_is_passed_on_has_no_line():
    found = places('export { default, a as b } from "./x";')
    assert found.exports == {"default", "b"}
    assert found.line("default") is None


JSON = st.recursive(
    st.integers(0, 9) | st.text("a,[]{}()'\"`$;:", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab{,'", max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


def paths(value, path=""):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield from paths(child, join_path(path, key))


@settings(max_examples=25, deadline=None)
@given(st.lists(JSON, min_size=1, max_size=6))
def test_no_declaration_is_mistaken_for_another(values):
    """Each value stands on lines of its own: every path in it leads to one of them."""
    source, spans, line = "", [], 1
    for index, value in enumerate(values):
        text = f"export const v{index} = f({json.dumps({'x': value}, indent=1)});\n"
        spans.append(range(line, line + text.count("\n")))
        source, line = source + text, line + text.count("\n")
    found = places(source)
    for index, value in enumerate(values):
        assert all(found.line(f"v{index}", path) in spans[index] for path in paths({"x": value}))


def test_a_text_without_an_end_is_read_to_its_end():
    assert places("export default f({ a: [".replace("[", "[]") + "});").line("default", "a") == 1
