"""Values cross in the same form from both languages: the digest of a payload does not say who sent it.

One echo connector in each language ingests what it is given, reads it back and answers. Compared are the answers, the
text that is stored, and the digest that the host computed over the payload.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sandbox_host.cli.inputs import Entry
from sandbox_host.cli.local import Ask, LocalProject
from sandbox_host.egress import ClosedEgress
from sandbox_host.report import RunReport
from sandbox_host.state import State

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

LITERALS: dict[str, tuple[str, str]] = {
    "one": ("1", "1"),
    "one, as a float": ("1.0", "1.0"),
    "one, as JavaScript has only one kind": ("1", "1.0"),
    "minus zero": ("-0", "-0.0"),
    "a sum of binary fractions": ("0.1 + 0.2", "0.1 + 0.2"),
    "a third": ("1 / 3", "1 / 3"),
    "where Python turns to exponents": ("0.00001", "0.00001"),
    "where JavaScript turns to exponents": ("0.0000001", "0.0000001"),
    "the smallest": ("5e-324", "5e-324"),
    "many digits": ("123456789012345.67", "123456789012345.67"),
    "the largest that is safe": ("2 ** 53 - 1", "2**53 - 1"),
    "the largest that is safe, as a float": ("2 ** 53 - 1", "float(2**53 - 1)"),
    "one more": ("2 ** 53", "2**53"),
    "one more, below zero": ("-(2 ** 53)", "-float(2**53)"),
    "far more": ("1e21", "10**21"),
    "far more, as a float": ("1e21", "1e21"),
    "not a number": ("NaN", 'float("nan")'),
    "infinity": ("-Infinity", '-float("inf")'),
    "true is not one": ("[true, false]", "[True, False]"),
    "null": ("null", "None"),
    "null in a list": ("[undefined, null]", "[None, None]"),
    "a member that is not there": ("{ a: undefined, b: null }", '{"b": None}'),
    "a tuple": ("[1, [2, []]]", "(1, (2, ()))"),
    "a decimal": ('"12.30"', 'Decimal("12.30")'),
    "a small decimal": ('"0.00000001"', 'Decimal("1E-8")'),
    "a large decimal": ('"1000000000000000000000"', 'Decimal("1E+21")'),
    "a decimal below zero": ('"-0.05"', 'Decimal(-5).scaleb(-2)'),
    "a date": ('"2026-01-31"', "date(2026, 1, 31)"),
    "a time": ("new Date(Date.UTC(2026, 0, 31, 9, 30))", "datetime(2026, 1, 31, 9, 30, tzinfo=UTC)"),
    "a time elsewhere": (
        'new Date("2026-01-31T00:30:00.123+02:00")',
        "datetime(2026, 1, 31, 0, 30, 0, 123999, timezone(timedelta(hours=2)))",
    ),
    "an early time": ('new Date("0099-01-01T00:00:00Z")', "datetime(99, 1, 1, tzinfo=UTC)"),
    "the order of keys": (
        "{ b: 1, a: { d: 1, c: [{ f: 1, e: 2 }] } }",
        '{"b": 1, "a": {"d": 1, "c": [{"f": 1, "e": 2}]}}',
    ),
    "keys of any text": (
        '{ "": 1, "__class__": 2, "\\u0000": 3, "é": 4 }',
        '{"": 1, "__class__": 2, "\\0": 3, "é": 4}',
    ),
    "a composed letter": ('"\\u00e9"', '"\\u00e9"'),
    "one that is not": ('"e\\u0301"', '"e\\u0301"'),
    "beyond the basic plane": ('"\\ud83d\\ude00 \\u{1F600}"', '"\\U0001F600 \\N{GRINNING FACE}"'),
    "a pair of halves": ('"\\ud83d" + "\\ude00"', '"\\ud83d" + "\\ude00"'),
    "half a character": ('"a\\ud83d"', '"a\\ud83d"'),
    "the other half as a key": ('{ "\\ude00": 1 }', '{"\\ude00": 1}'),
    "separators of lines": ('"\\u2028\\u2029\\u0085\\r\\n\\u0000\\u007f"', '"\\u2028\\u2029\\x85\\r\\n\\0\\x7f"'),
    "text that looks like JSON": ('"\\"\\\\/{}"', '"\\"\\\\/{}"'),
    "a function": ("() => 1", "lambda: 1"),
    "nesting that is refused": (
        "((x) => { for (let i = 0; i < 130; i++) x = [x]; return x; })(1 as any)",
        'json.loads("[" * 130 + "1" + "]" * 130)',
    ),
}  # fmt: skip
"""The same value as each language's authors write it."""

FIELDS: dict[str, tuple[str, str]] = {
    "text": (
        '{ amount: "12.30", on: "2026-01-31", at: "2026-01-31T09:30:00.000Z" }',
        '{"amount": "12.30", "on": "2026-01-31", "at": "2026-01-31T09:30:00.000Z"}',
    ),
    "values of the language": (
        '{ amount: "12.30", on: "2026-01-31", at: new Date(1769860800000), share: 1, on_time: false }',
        '{"amount": Decimal("12.30"), "on": date(2026, 1, 31), "at": NOON, "share": 1.0, "on_time": False}',
    ),
    "numbers for decimals": ("{ amount: 12.5, share: 1e-7 }", '{"amount": 12.5, "share": 1e-7}'),
    "nulls": ("{ amount: null, on: null, share: 0 }", '{"amount": None, "on": None, "share": -0.0}'),
    "a number that is no decimal": ('{ amount: "1e3" }', '{"amount": "1e3"}'),
    "a date that is none": ('{ on: "2026-02-30" }', '{"on": "2026-02-30"}'),
    "true for a number": ("{ share: true }", '{"share": True}'),
    "one for true": ("{ on_time: 1 }", '{"on_time": 1}'),
}
"""The same fields of a record, of the types that fields have."""

MANIFEST: dict[str, Any] = {
    "key": "echo",
    "name": "Echo",
    "provider": "echo",
    "permissions": {"entities": {"Customer": ["read", "write"], "Sample": ["read", "write"]}},
    "streams": [{"key": "values", "mode": "webhook"}],
}
SAMPLE = {
    "amount": {"type": "decimal"},
    "on": {"type": "date"},
    "at": {"type": "datetime"},
    "share": {"type": "number"},
    "on_time": {"type": "boolean"},
}

TYPESCRIPT = {
    "backfill.config.ts": f"""
import {{ defineConnector }} from "@backfill-io/sdk";
export default defineConnector({json.dumps(MANIFEST)});
""",
    "src/entities/Sample.ts": f"""
import {{ defineEntity }} from "@backfill-io/sdk";
export default defineEntity({{ name: "Sample", fields: {json.dumps(SAMPLE)} }});
""",
    "src/lib/keep.ts": """
import { Customer, ingest } from "@backfill-io/sdk";
export function keep(key: string, value: () => any): any {
  try {
    const payload = { customer_id: key, name: "n", metadata: { v: value() } };
    const { id, status } = ingest.canonical("customer", payload, { stream: "values", idempotencyKey: key });
    return { status, stored: Customer.get(id)!.metadata };
  } catch (error: any) {
    return { name: error.name, code: error.code, message: error.message };
  }
}
""",
    "src/api/values.ts": """
import { api } from "@backfill-io/sdk";
import { keep } from "../lib/keep";
export const POST = api(async (request) =>
  request.body.values.map((value: any, at: number) => keep(`${request.body.key}:${at}`, () => value)));
""",
    "src/api/echo.ts": """
import { api } from "@backfill-io/sdk";
export const POST = api(async (request) => request.body);
""",
    "src/api/literals.ts": f"""
import {{ api }} from "@backfill-io/sdk";
import {{ keep }} from "../lib/keep";
const LITERALS: (() => any)[] = [{", ".join(f"() => ({ts})" for ts, _ in LITERALS.values())}];
export const POST = api(async () => LITERALS.map((value, at) => keep(`literal:${{at}}`, value)));
""",
    "src/api/fields.ts": f"""
import {{ api, Entity }} from "@backfill-io/sdk";
const FIELDS: (() => any)[] = [{", ".join(f"() => ({ts})" for ts, _ in FIELDS.values())}];
export const POST = api(async () => FIELDS.map((fields) => {{
  try {{
    const {{ _created_at, _updated_at, ...made }} = Entity.create("Sample", fields());
    return made;
  }} catch (error: any) {{
    return {{ name: error.name, code: error.code, message: error.message }};
  }}
}}));
""",
}

PYTHON = {
    "backfill.config.py": f"""
from guest_sdk import define_connector
connector = define_connector(**{MANIFEST!r})
""",
    "src/entities/Sample.py": f"""
from guest_sdk import define_entity
Sample = define_entity(name="Sample", fields={SAMPLE!r})
""",
    "src/lib/keep.py": """
from guest_sdk import BackfillError, Customer, ingest
def keep(key, value):
    try:
        payload = {"customer_id": key, "name": "n", "metadata": {"v": value()}}
        result = ingest.canonical("customer", payload, stream="values", idempotency_key=key)
        return {"status": result.status, "stored": Customer.get(result.id)["metadata"]}
    except BackfillError as error:
        return {"name": error.name, "code": error.code, "message": error.message}
""",
    "src/api/values.py": """
from lib.keep import keep
def POST(request):
    key, values = request.body["key"], request.body["values"]
    return [keep(f"{key}:{at}", lambda: value) for at, value in enumerate(values)]
""",
    "src/api/echo.py": """
def POST(request):
    return request.body
""",
    "src/api/literals.py": f"""
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from lib.keep import keep
LITERALS = [{", ".join(f"lambda: {py}" for _, py in LITERALS.values())}]
def POST(request):
    return [keep(f"literal:{{at}}", value) for at, value in enumerate(LITERALS)]
""",
    "src/api/fields.py": f"""
from datetime import UTC, date, datetime
from decimal import Decimal
from guest_sdk import BackfillError, Entity
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
FIELDS = [{", ".join(f"lambda: {py}" for _, py in FIELDS.values())}]
def made(fields):
    try:
        made = Entity.create("Sample", fields())
        return {{name: value for name, value in made.items() if name not in ("_created_at", "_updated_at")}}
    except BackfillError as error:
        return {{"name": error.name, "code": error.code, "message": error.message}}
def POST(request):
    return [made(fields) for fields in FIELDS]
""",
}


@dataclass
class Echo:
    """The connector of one language in a state of its own."""

    project: LocalProject
    state: Path

    def run(self, route: str, body: Any = None) -> RunReport:
        """body: what `json` writes of it; half a character as its escape."""
        headers = {"Content-Type": "application/json"}
        return self.project.run(
            Ask(entry=Entry("route", "POST", f"/{route}"), body=json.dumps(body).encode(), headers=headers)
        )

    def answer(self, route: str, body: Any = None) -> Any:
        report = self.run(route, body)
        assert report.ok and report.response, report.error
        return report.response.body

    def kept(self, like: str) -> list[tuple[str, str, str]]:
        """Of each key like this one: the key, the digest of its payload, and the text that is stored."""
        with closing(sqlite3.connect(self.state / "state.db")) as db:
            return db.execute(
                "SELECT k.key, k.digest, r.data FROM ingest_key k JOIN record r ON r.id = k.record"
                " WHERE k.key LIKE ? ORDER BY k.key",
                [like],
            ).fetchall()


@pytest.fixture(scope="module")
def echoes(sandbox: Any, built: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Echo, Echo]]:
    """TypeScript's and Python's."""
    with ExitStack() as closing_all:
        made: list[Echo] = []
        for name, files in (("typescript", TYPESCRIPT), ("python", PYTHON)):
            folder = tmp_path_factory.mktemp(name)
            for file, text in files.items():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).write_text(text)
            state = tmp_path_factory.mktemp("state")
            opened = closing_all.enter_context(State.open(state))
            made.append(Echo(LocalProject(built(folder), opened, sandbox, ClosedEgress()), state))
        yield made[0], made[1]


Differing = Callable[[object, object], list[str]]


def test_what_authors_write_for_the_same_value_is_the_same(
    echoes: tuple[Echo, Echo], differing: Differing
) -> None:
    typescript, python = (dict(zip(LITERALS, one.answer("literals"), strict=True)) for one in echoes)
    assert differing(typescript, python) == []
    digests, theirs = (one.kept("literal:%") for one in echoes)
    assert differing(digests, theirs) == []
    refused = {name for name, answer in python.items() if "code" in answer}
    assert refused == {
        "one more", "one more, below zero", "far more", "far more, as a float", "not a number", "infinity",
        "half a character", "the other half as a key", "a function", "nesting that is refused",
    }  # fmt: skip
    assert len(digests) == len(LITERALS) - len(refused)


def test_fields_keep_what_either_language_writes_in_them(
    echoes: tuple[Echo, Echo], differing: Differing
) -> None:
    answers = (json.loads(UUID.sub("an id", json.dumps(one.answer("fields")))) for one in echoes)
    typescript, python = (dict(zip(FIELDS, answer, strict=True)) for answer in answers)
    assert differing(typescript, python) == []
    stored = {name: python["values of the language"][name] for name in SAMPLE}
    assert stored == {
        "amount": "12.30", "on": "2026-01-31", "at": "2026-01-31T12:00:00.000Z", "share": 1, "on_time": False,
    }  # fmt: skip
    assert [name for name, one in python.items() if "code" in one] == list(FIELDS)[4:]


def is_index(key: str) -> bool:
    """What JavaScript takes for an array's index: it moves such keys to the front."""
    return key.isascii() and key.isdecimal() and str(int(key)) == key and int(key) < 2**32 - 1


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
KEYS = TEXTS.filter(lambda key: key != "" and not is_index(key))
NUMBERS = st.integers() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)

runs = iter(range(10**9))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(VALUES, min_size=1, max_size=12))
@example([1, 1.0, -0.0, 0.1, 1e21, 2**53 - 1, 2**53, -(2**53), 1e-7, 5e-324, 10**300, True])
@example([{"b": 1, "a": {"d": 1.0, "c": None}}, {"__proto__": {"a": 1}}, {"constructor": 1, "toString": []}])
@example(["\u00e9", "e\u0301", "\U0001f600", "\u2028", "\x00", "\x7f\x85"])
@example([["2026-01-31", "12.30", "2026-01-31T09:30:00Z"], [], {}, ""])
def test_any_value_arrives_the_same(
    echoes: tuple[Echo, Echo], differing: Differing, values: list[Any]
) -> None:
    key = f"values{next(runs)}"
    ours, theirs = (one.run("values", {"key": key, "values": values}) for one in echoes)
    assert ours.ok == theirs.ok
    if ours.ok and ours.response and theirs.response:
        assert differing(ours.response.body, theirs.response.body) == []
    assert differing(*(one.kept(f"{key}:%") for one in echoes)) == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES)
@example({"a": 1.0, "b": [1e-7, 100.0, -0.0]})
def test_any_value_is_answered_the_same(echoes: tuple[Echo, Echo], differing: Differing, value: Any) -> None:
    ours, theirs = (one.run("echo", value).model_dump() for one in echoes)
    for report in (ours, theirs):
        report.pop("usage")
        if report["error"]:
            report["error"].pop("stack")
    assert differing(ours, theirs) == []


@pytest.mark.parametrize("value", ["a\ud83d", ["\ude00"], {"\ud83d": 1}, "\ude00\ud83d"])
def test_half_a_character_is_refused_in_either_language(echoes: tuple[Echo, Echo], value: Any) -> None:
    ours, theirs = (one.run("echo", value) for one in echoes)
    assert ours.error and theirs.error
    assert (ours.error.code, ours.error.message) == (theirs.error.code, theirs.error.message)
    assert "half of a surrogate pair" in theirs.error.message


def test_javascript_moves_keys_that_are_whole_numbers_and_the_digest_does_not_care(
    echoes: tuple[Echo, Echo],
) -> None:
    key = f"keys{next(runs)}"
    for one in echoes:
        one.answer("values", {"key": key, "values": [{"b": 1, "2": 2, "1": 3}]})
    [(_, ours, javascript)], [(_, theirs, python)] = (one.kept(f"{key}:%") for one in echoes)
    assert ours == theirs
    assert list(json.loads(javascript)["metadata"]["v"]) == ["1", "2", "b"]
    assert list(json.loads(python)["metadata"]["v"]) == ["b", "2", "1"]


@pytest.mark.parametrize(
    ("one", "other"), [(1, 1.5), ("é", "e\u0301"), ("12.3", "12.30"), (1, True), (0, None), ([1, 2], [2, 1])]
)
def test_values_that_differ_have_digests_that_differ(echoes: tuple[Echo, Echo], one: Any, other: Any) -> None:
    for echo in echoes:
        key = f"differ{next(runs)}"
        echo.answer("values", {"key": key, "values": [one, other]})
        first, second = echo.kept(f"{key}:%")
        assert first[1] != second[1]


def test_the_comparison_notices_another_type_and_another_order(differing: Differing) -> None:
    assert differing({"a": [1]}, {"a": [1.0]}) == ["a[0]: 1, 1.0"]
    assert differing({"a": 1, "b": 2}, {"b": 2, "a": 1}) == [": keys ['a', 'b'], ['b', 'a']"]
    assert differing([math.pi, None], [math.pi, False]) == ["[1]: None, False"]
    assert differing({"a": 1}, {"a": 1}) == []
