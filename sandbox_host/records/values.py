"""The types that a field may have: what each accepts, how it is kept, and how it sorts.

A value that is kept is plain JSON. Money and decimals are kept as the text that was written (`"12.30"` stays
`"12.30"`). `order_key` gives text whose order by code points is the order of the values, so that an index in
the database and a comparison in memory agree.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from sandbox_host.errors import ValidationError

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"

Declared: TypeAlias = "Mapping[str, Mapping[str, Json]]"
"""Values of declared fields: of the record under "", of a line under its `line_key`."""

MAX_INTEGER = 2**53
MAX_DEPTH = 64
_DECIMAL = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATETIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_COMPLEMENT = str.maketrans("0123456789", "9876543210")
_EXPONENT_BIAS = 5000


def plain(value: Any, path: str, depth: int = 0) -> None:
    """Refuse, with its path, what JSON between machines cannot hold: NaN, Infinity, integers outside ±2^53,
    half a surrogate pair, nesting deeper than 64. (RFC 8785 section 3, RFC 7493 section 2.)"""
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise ValidationError(f"{path}: the text holds half a surrogate pair; send well-formed Unicode")
    elif isinstance(value, dict):
        if depth >= MAX_DEPTH:
            raise ValidationError(f"{path}: nested deeper than {MAX_DEPTH} levels")
        for key, item in value.items():
            plain(key, path)
            plain(item, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        if depth >= MAX_DEPTH:
            raise ValidationError(f"{path}: nested deeper than {MAX_DEPTH} levels")
        for index, item in enumerate(value):
            plain(item, f"{path}[{index}]", depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValidationError(f"{path}: {value} is not a JSON number")
    elif isinstance(value, int | float) and abs(value) > MAX_INTEGER and float(value).is_integer():
        raise ValidationError(f"{path}: {value} is outside ±2^53 and would lose digits; send it as text")


def number_text(value: int | float) -> str:
    """A number as decimal text, without exponent and without the noise of binary fractions: 0.1 → "0.1"."""
    text = format(Decimal(repr(value)), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def shown(value: Json) -> str:
    """A value as an error message may quote it: short."""
    text = f'"{value}"' if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def instant(text: str) -> datetime:
    """Parse ISO 8601; a time without offset is UTC. Raises ValueError, also for what is outside the years 1 to
    9999 in UTC."""
    if not _DATETIME.fullmatch(text):
        raise ValueError(text)
    parsed = datetime.fromisoformat(text)
    try:
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def instant_key(moment: datetime) -> str:
    """UTC with microseconds, one width: the form of times in the tables."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rjust(26, "0")


def _text(value: Json) -> Json:
    return value if isinstance(value, str) else None


def _id(value: Json) -> Json:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value)
    return value if isinstance(value, str) and value else None


def _decimal(value: Json) -> Json:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = number_text(value)
    return value if isinstance(value, str) and _DECIMAL.fullmatch(value) else None


def _number(value: Json) -> Json:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _integer(value: Json) -> Json:
    number = _number(value)
    return int(number) if isinstance(number, int | float) and number == int(number) else None


def _boolean(value: Json) -> Json:
    return value if isinstance(value, bool) else None


def _date(value: Json) -> Json:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    date.fromisoformat(value)
    return value


def _datetime(value: Json) -> Json:
    if not isinstance(value, str):
        return None
    instant(value)
    return value


def _currency_code(value: Json) -> Json:
    return value if isinstance(value, str) and re.fullmatch("[A-Za-z]{3}", value) else None


def _list(value: Json) -> Json:
    return value if isinstance(value, list) else None


def _map(value: Json) -> Json:
    return value if isinstance(value, dict) else None


_TYPES: dict[str, tuple[Callable[[Json], Json], str]] = {
    "string": (_text, "text"),
    "text": (_text, "text"),
    "select": (_text, "one of its options"),
    "enum": (_text, "one of its values"),
    "id": (_id, "an id: text that is not empty, or a number"),
    "reference": (_id, "the id of a record: text that is not empty, or a number"),
    "decimal": (_decimal, 'a decimal such as "12.30"'),
    "currency": (_decimal, 'an amount of money such as "12.30"'),
    "number": (_number, "a number"),
    "integer": (_integer, "a whole number"),
    "boolean": (_boolean, "true or false"),
    "date": (_date, "a date such as 2026-01-31"),
    "datetime": (_datetime, "an ISO 8601 time such as 2026-01-31T12:00:00Z"),
    "currency_code": (_currency_code, "an ISO 4217 code such as USD"),
    "list": (_list, "a list"),
    "map": (_map, "an object"),
    "json": (lambda value: value, "JSON"),
}
TYPES = frozenset(_TYPES)
ORDERED = TYPES - {"json", "map", "list", "text"}
"""Types that an index can hold."""


def conform(kind: str, value: Json, options: tuple[str, ...] = ()) -> Json:
    """`value` as a field of type `kind` keeps it. Raises ValueError whose message says what is wanted; the
    value is not None (that is an absent field)."""
    check, wanted = _TYPES[kind]
    try:
        kept = check(value)
    except (ValueError, OverflowError):
        kept = None
    if kept is None:
        raise ValueError(f"{shown(value)} is not {wanted} ({kind})")
    if options and kept not in options:
        raise ValueError(f"{shown(value)} is not one of {', '.join(options)} ({kind})")
    return kept


def order_key(kind: str, value: Json) -> str:
    """Text that sorts as the value does. `value` has been through `conform`."""
    if kind in ("decimal", "currency", "number", "integer"):
        return _number_key(Decimal(str(value)))
    if kind == "datetime":
        return instant_key(instant(str(value)))
    if kind == "boolean":
        return "1" if value else "0"
    return str(value)


def _number_key(number: Decimal) -> str:
    """Sign, exponent of the first digit, digits; the complement of these for a negative number, ended by a
    character after the digits because the longer negative number is the smaller one."""
    if not number:
        return "1"
    digits = "".join(map(str, number.as_tuple().digits)).lstrip("0").rstrip("0")
    magnitude = f"{number.adjusted() + _EXPONENT_BIAS:04d}{digits}"
    return f"1{magnitude}" if number > 0 else f"0{magnitude.translate(_COMPLEMENT)}~"
