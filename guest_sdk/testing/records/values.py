"""The types that a field may have: what each accepts, how it is kept, and how it sorts. As in the host's records."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeAlias, TypeGuard

from guest_sdk.testing.errors import not_valid

Value: TypeAlias = "None | bool | int | float | str | list[Value] | dict[str, Value]"
Fields: TypeAlias = "dict[str, Value]"

MAX_DEPTH = 64
HALF = re.compile("[\ud800-\udfff]")
"""Half a surrogate pair, which is no character."""

_DECIMAL = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATETIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_COMPLEMENT = str.maketrans("0123456789", "9876543210")
_EXPONENT_BIAS = 5000


def plain(value: Value, path: str, depth: int = 0) -> None:
    """Refuse, with its path, text that is half a surrogate pair and nesting deeper than 64. Raises Refused."""
    if isinstance(value, str):
        if HALF.search(value):
            raise not_valid(f"{path}: the text holds half a surrogate pair; send well-formed Unicode")
        return
    if not isinstance(value, dict | list):
        return
    if depth >= MAX_DEPTH:
        raise not_valid(f"{path}: nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, list):
        for index, item in enumerate(value):
            plain(item, f"{path}[{index}]", depth + 1)
        return
    for key, item in value.items():
        plain(key, path)
        plain(item, f"{path}.{key}" if path else key, depth + 1)


def is_number(value: Value) -> TypeGuard[int | float]:
    """A bool is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number_text(value: int | float) -> str:
    """A number as decimal text, without exponent: 1e-7 → "0.0000001"."""
    text = format(Decimal(repr(value)), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def shown(value: Value) -> str:
    """A value as an error message may quote it: short."""
    text = f'"{value}"' if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def instant_key(text: str) -> str:
    """ISO 8601 as UTC with microseconds, one width; a time without offset is UTC. Raises ValueError."""
    if not _DATETIME.fullmatch(text):
        raise ValueError(text)
    parsed = datetime.fromisoformat(text)
    try:
        moment = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f").rjust(26, "0")


def _text(value: Value) -> Value:
    return value if isinstance(value, str) else None


def _id(value: Value) -> Value:
    if is_number(value):
        return number_text(value)
    return value if isinstance(value, str) and value else None


def _decimal(value: Value) -> Value:
    written = number_text(value) if is_number(value) else value
    return written if isinstance(written, str) and _DECIMAL.fullmatch(written) else None


def _number(value: Value) -> Value:
    return value if is_number(value) else None


def _integer(value: Value) -> Value:
    return int(value) if is_number(value) and value == int(value) else None


def _boolean(value: Value) -> Value:
    return value if isinstance(value, bool) else None


def _date(value: Value) -> Value:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    date.fromisoformat(value)
    return value


def _datetime(value: Value) -> Value:
    if not isinstance(value, str):
        return None
    instant_key(value)
    return value


def _currency_code(value: Value) -> Value:
    return value if isinstance(value, str) and re.fullmatch("[A-Za-z]{3}", value) else None


def _list(value: Value) -> Value:
    return value if isinstance(value, list) else None


def _map(value: Value) -> Value:
    return value if isinstance(value, dict) else None


def _json(value: Value) -> Value:
    return value


_TYPES: dict[str, tuple[Callable[[Value], Value], str]] = {
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
    "json": (_json, "JSON"),
}


def conform(kind: str, value: Value, options: Sequence[str] = ()) -> Value:
    """`value`, which is not None, as a field of type `kind` keeps it. Raises ValueError that says what is wanted."""
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


def order_key(kind: str, value: Value) -> str:
    """Text that sorts, by code points, as the value does. `value` has been through `conform`."""
    if kind in ("decimal", "currency", "number", "integer"):
        return _number_key(Decimal(str(value)))
    if kind == "datetime":
        return instant_key(str(value))
    if kind == "boolean":
        return "1" if value else "0"
    return str(value)


def _number_key(number: Decimal) -> str:
    """Sign, exponent of the first digit, digits; the complement of these for a negative number."""
    if not number:
        return "1"
    digits = "".join(map(str, number.as_tuple().digits)).lstrip("0").rstrip("0")
    magnitude = f"{number.adjusted() + _EXPONENT_BIAS:04d}{digits}"
    return f"1{magnitude}" if number > 0 else f"0{magnitude.translate(_COMPLEMENT)}~"


def canonical(value: Value) -> str:
    """JSON with sorted keys: equal for equal content."""
    return json.dumps(_as_numbers(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def same(a: Value, b: Value) -> bool:
    """Equal as JSON: `1` is `1.0`, and neither is `true`."""
    return canonical(a) == canonical(b)


def _as_numbers(value: Value) -> Value:
    if isinstance(value, list):
        return [_as_numbers(each) for each in value]
    if isinstance(value, dict):
        return {key: _as_numbers(each) for key, each in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value
