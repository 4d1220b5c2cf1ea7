"""What a field keeps, and how its values sort."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_host.errors import ValidationError
from sandbox_host.records.values import conform, instant, number_text, order_key, plain

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12)


@given(DECIMALS, DECIMALS)
def test_keys_of_decimals_sort_as_the_numbers_do(one: Decimal, other: Decimal) -> None:
    first, second = (order_key("decimal", format(number, "f")) for number in (one, other))
    assert (first < second) == (one < other)
    assert (first == second) == (one == other)


@given(st.floats(-(2.0**53), 2.0**53))
def test_a_number_becomes_decimal_text_without_noise(value: float) -> None:
    text = number_text(value)
    assert float(text) == value
    assert "e" not in text
    assert not text.endswith(".0")


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("12.30", "12.30"),
        (12.3, "12.3"),
        (12, "12"),
        (-0.0, "0"),
        (1e-7, "0.0000001"),
        ("-5", "-5"),
        ("007", "007"),
    ],
)
def test_a_decimal_is_kept_as_it_was_written(value: Any, kept: str) -> None:
    assert conform("decimal", value) == kept


@pytest.mark.parametrize(
    "value", ["", "1,5", "1e5", "+1", ".5", "5.", " 5", "١", True, [], {}, "NaN", "9" * 31]
)
def test_what_is_no_decimal_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a decimal such as"):
        conform("decimal", value)


@given(st.datetimes(), st.datetimes())
def test_keys_of_times_sort_as_the_times_do(one: Any, other: Any) -> None:
    first, second = (order_key("datetime", moment.isoformat()) for moment in (one, other))
    assert (first < second) == (one < other)


def test_times_are_compared_across_offsets() -> None:
    assert instant("2026-01-01T01:00:00+01:00") == instant("2026-01-01") == instant("2026-01-01T00:00Z")


@pytest.mark.parametrize("value", ["2026-13-01", "2026-01-01T25:00:00Z", "20260101", "now", "2026-W01-1", ""])
def test_what_is_no_time_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="is not an ISO 8601 time"):
        conform("datetime", value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1, {"b": float("nan")}]}, r"metadata\.a\[1\]\.b: nan is not a JSON number"),
        ({"a": float("inf")}, r"metadata\.a: inf is not a JSON number"),
        ({"a": 2**53 + 1}, r"metadata\.a: 9007199254740993 is outside ±2\^53"),
        ({"a": -(2**53) - 1}, r"outside ±2\^53"),
        ({"a": 1e300}, r"outside ±2\^53"),
        ({"a": "\ud800"}, "half a surrogate pair"),
        ({"\udfff": 1}, "half a surrogate pair"),
    ],
)
def test_what_json_between_machines_cannot_hold_is_refused_with_its_path(value: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        plain(value, "metadata")


def test_nesting_has_an_end() -> None:
    value: Any = None
    for _ in range(100):
        value = [value]
    with pytest.raises(ValidationError, match="nested deeper than 64"):
        plain(value, "metadata")


@pytest.mark.parametrize("value", [2**53, -(2**53), 1.5, 0.1, "😀", None, True, {"a": []}])
def test_other_json_passes(value: Any) -> None:
    plain(value, "metadata")
