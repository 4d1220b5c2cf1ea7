"""Values on their way to the host: the same JSON from both languages, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guest_sdk import InvalidArgument
from guest_sdk._runtime import door
from guest_sdk._runtime import json as wire
from guest_sdk._runtime.json import SAFE, number_text, to_json

Python = Callable[..., Any]
Javascript = Callable[..., Any]

NUMBERS = st.one_of(
    st.integers(-SAFE, SAFE),
    st.floats(-SAFE, SAFE, allow_nan=False),
    st.floats(-1e-3, 1e-3, allow_nan=False),
)
TEXTS = st.text(st.characters(exclude_categories=()), max_size=12)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4), st.tuples(inner, inner)
    ),
    max_leaves=12,
)


@pytest.fixture
def echo(javascript: Javascript) -> Callable[[Any], str]:
    """The text that the TypeScript prelude writes for a value."""
    guest = javascript("return Settings.get(Settings.get('value'))")

    def write(value: Any) -> str:
        guest.asked.clear()
        guest.invoke(answer=lambda _: {"ok": value})
        return guest.asked[1]["args"]["key"]

    return write


def well_formed(value: Any) -> Any:
    """The value as text can hold it: a pair of surrogates is one character."""
    return json.loads(door.well_formed(json.dumps(value, ensure_ascii=False)))


def without_halves(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUES)
def test_a_payload_has_the_same_digest_from_both_languages(echo: Callable[[Any], Any], value: Any) -> None:
    ours = json.loads(door.well_formed(to_json(value, "value")))
    theirs = echo(well_formed(value))
    assert ours == theirs
    if without_halves(ours):
        assert rfc8785.dumps(ours) == rfc8785.dumps(theirs)


@pytest.fixture(scope="session")
def shown() -> list[float]:
    exact = [
        0.0,
        -0.0,
        1.0,
        0.1,
        1e-4,
        1.5e-5,
        1e-6,
        1e-7,
        1.25e-7,
        5e-324,
        123456789.125,
        2.0**52 + 0.5,
        -1e15,
    ]
    return [*exact, float(SAFE)]


def test_a_number_is_written_as_javascript_writes_it(javascript: Javascript, shown: list[float]) -> None:
    guest = javascript(f"return {json.dumps(shown)}.map((n) => JSON.stringify(n))")
    assert guest.body() == [number_text(number) for number in shown]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1.0", 1),
        ("-0.0", 0),
        ("True", True),
        ("2**53 - 1", 2**53 - 1),
        ("Decimal('12.30')", "12.30"),
        ("Decimal('1E+3')", "1000"),
        ("Decimal('1E-7')", "0.0000001"),
        ("Decimal('-0')", "-0"),
        ("date(2026, 11, 21)", "2026-11-21"),
        ("datetime(2026, 11, 21, 9, 30, tzinfo=timezone.utc)", "2026-11-21T09:30:00.000Z"),
        (
            "datetime(2026, 11, 21, 9, 30, 0, 123999, timezone(timedelta(hours=2)))",
            "2026-11-21T07:30:00.123Z",
        ),
        ("(1, [2])", [1, [2]]),
        ("{'b': 1, 'a': None}", {"b": 1, "a": None}),
        ("OrderedDict(a=1)", {"a": 1}),
        ("Point(1, 2)", [1, 2]),
        ("Level.HIGH", 3),
        ("Name.A", "a"),
        ("Text('t')", "t"),
    ],
)
def test_what_python_has_beyond_json_is_written_so(code: str, expected: Any) -> None:
    text = to_json(eval(code, NAMES), "value")
    assert json.loads(text) == expected
    assert "E" not in text and (type(expected) is not int or "." not in text)


REFUSED = [
    ("float('nan')", "is NaN"),
    ("float('inf')", "is not a finite number"),
    ("2**53", "is a number outside ±2^53; send it as a string"),
    ("10.0**300", "is a number outside ±2^53; send it as a string"),
    ("10**5000", "is a number outside ±2^53; send it as a string"),
    ("Level.HIGH + 2**60", "is a number outside ±2^53; send it as a string"),
    ("Decimal('NaN')", "is not a finite number"),
    ("Decimal('1E+999999')", "has more than 1000 digits"),
    ("datetime(2026, 1, 1)", "is a datetime without a time zone; give it one, as in datetime.now(timezone.utc)"),
    ("{1, 2}", "is a set; make it a list"),
    ("b'x'", "is bytes; decode them, or send them as base64 text"),
    ("Plain()", "is of type Plain; only plain JSON can be handed over"),
    ("Record()", "is a dataclass; send dataclasses.asdict(it)"),
    ("Colour.RED", "is a member of an Enum; send its value"),
    ("len", "is of type builtin_function_or_method; only plain JSON can be handed over"),
    ("lambda: 1", "is a function; only plain JSON can be handed over"),
    ("(n for n in [1])", "is a generator; make it a list"),
    ("1j", "is of type complex; only plain JSON can be handed over"),
    ("{1: 2}", "has a key that is no string: 1; write str(key)"),
    ("{None: 2}", "has a key that is no string: None; write str(key)"),
    ("{(1, 2): 2}", "has a key that is no string: it is of type tuple; write str(key)"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "why"), REFUSED)
def test_what_json_would_lose_is_refused_by_its_path(code: str, why: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        to_json({"a": [1, {"b": eval(code, NAMES)}]}, "attrs")
    assert refused.value.message == f"attrs.a[1].b {why}"


def test_a_refused_argument_is_never_sent(python: Python) -> None:
    made = python('Customer.create({"lines": [{"amount": 1 / 3, "n": float("nan")}]})')
    assert made.error()["message"] == "attrs.lines[0].n is NaN"
    assert made.asked == []


def test_a_payload_of_a_batch_is_named_by_its_place(python: Python) -> None:
    made = python('ingest.batch("customer", [{}, {"n": {1}}], stream="s", idempotency_key=lambda p: "k")')
    assert made.error()["message"] == "payloads[1].n is a set; make it a list"
    assert made.asked == []


def test_a_cycle_is_named(python: Python) -> None:
    made = python('a = {"b": {}}\na["b"]["c"] = [a]\nLog.info("m", a)')
    expected = "data.b.c[0] refers back to itself; only plain JSON can be handed over"
    assert made.error()["message"] == expected


def test_what_is_nested_too_deep_is_refused() -> None:
    value: list[Any] = []
    for _ in range(300):
        value = [value]
    with pytest.raises(InvalidArgument, match="value must be nested no deeper than 128 levels"):
        to_json(value, "value")


def test_the_error_of_an_objects_own_method_is_its_own(python: Python) -> None:
    top = "class D(dict):\n    def items(self): raise LookupError('mine')\n"
    error = python('Log.info("m", D())', top=top).error()
    assert (error["name"], error["code"], error["message"]) == ("LookupError", "handler_error", "mine")


def test_text_that_lies_about_itself_is_read_as_it_is() -> None:
    assert to_json({Text("k"): Text("v")}, "value") == '{"k":"v"}'


def test_text_that_no_call_may_have_goes_to_the_host_as_it_is(
    python: Python, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "LONGEST", 1_000)
    sent: list[str] = []

    class ResultTooLarge(Exception):
        pass

    def host(text: str) -> str:
        sent.append(text)
        raise ResultTooLarge

    for value in ("x" * 1_001, ["x" * 300] * 9, {str(n): "x" * 300 for n in range(9)}):
        door.connect(host)
        with pytest.raises(ResultTooLarge):
            to_json(value, "value")
    assert [len(text) >= 1_000 for text in sent] == [True] * 3


class Text(str):
    def __str__(self) -> str:
        return "another"

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Any:
        raise KeyError


class Plain:
    pass


def _names() -> dict[str, Any]:
    import enum
    from collections import OrderedDict, namedtuple
    from dataclasses import dataclass
    from datetime import date, datetime, timedelta, timezone
    from decimal import Decimal

    @dataclass
    class Record:
        a: int = 1

    return {
        "Colour": enum.Enum("Colour", "RED"), "Level": enum.IntEnum("Level", {"HIGH": 3}),
        "Name": enum.Enum("Name", {"A": "a"}, type=str), "OrderedDict": OrderedDict, "Plain": Plain,
        "Point": namedtuple("Point", "x y"), "Record": Record, "Text": Text, "Decimal": Decimal, "date": date,
        "datetime": datetime, "timedelta": timedelta, "timezone": timezone,
    }  # fmt: skip


NAMES = _names()
