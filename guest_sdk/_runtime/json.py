"""The one serialisation of what an author hands over: what it means to JavaScript it means here.

`1` and `1.0` are the same number. A `Decimal` is its text in plain notation, an aware `datetime` is RFC 3339 in UTC
with milliseconds, a `date` is `YYYY-MM-DD`, a tuple is an array. What JSON would lose is refused by its path.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import CoroutineType, FunctionType, GeneratorType
from typing import Any, cast

from guest_sdk._runtime import door
from guest_sdk._runtime.objects import JsonObject, json_of
from guest_sdk.errors import InvalidArgument

SAFE = 2**53 - 1
"""Beyond it not every whole number is a double."""

LONGEST = 8 * 1024 * 1024
"""Characters that no call and no result may have, whatever the run's limits are."""

_DEEPEST = 200
"""Levels that are followed at all. The host's own limit is lower, and its error is the better one."""

_DIGITS = 1000

_quoted = json.JSONEncoder(ensure_ascii=False).encode
_name_of = cast("Callable[[type], str]", type.__dict__["__name__"].__get__)


class _Refused(Exception):
    """Why a value may not cross. path: where it is, from the inside out."""

    def __init__(self, why: str) -> None:
        self.why = why
        self.path = ""


def to_json(value: object, place: str) -> str:
    """The JSON text of an author's value. place: names it in an error, `attrs`.

    Raises InvalidArgument, with the path, for what is no plain JSON: NaN and infinities, whole numbers outside
    ±2^53, cycles, keys that are no strings, and objects of any other type.
    """
    try:
        return _text(value, 0)
    except _Refused as refused:
        raise InvalidArgument(f"{place}{refused.path} {refused.why}") from None
    except _TooDeep:
        path = _cycle(value, place)
        if path is not None:
            why = f"{path} refers back to itself; only plain JSON can be handed over"
        else:
            why = f"{place} must be nested no deeper than 128 levels"
        raise InvalidArgument(why) from None


def type_name(value: object) -> str:
    """The name of its class, whatever the class says of itself."""
    return str.__str__(_name_of(type(value)))


class _TooDeep(Exception):
    """Nested beyond `_DEEPEST`."""


def _text(value: object, depth: int) -> str:
    kind = type(value)
    if kind is str:
        return _string(cast(str, value))
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return _whole(cast(int, value))
    if kind is float:
        return _number(cast(float, value))
    if depth > _DEEPEST:
        raise _TooDeep
    if issubclass(kind, dict):
        return _object(cast("dict[Any, Any]", value), depth)
    if issubclass(kind, list | tuple):
        return _array(cast("Iterable[Any]", value), depth)
    return _other(value, depth)


def _string(value: str) -> str:
    if len(value) > LONGEST:
        _refuse_long(value)
    return _quoted(value)


def _said(text: str) -> str:
    """What a value says of itself: a subclass of the author's may say anything, and it is text all the same."""
    return _string(str.__str__(text))


def _whole(value: int) -> str:
    if -SAFE <= value <= SAFE:
        return int.__repr__(value)
    raise _Refused("is a number outside ±2^53; send it as a string")


def _number(value: float) -> str:
    if -SAFE <= value <= SAFE:
        return number_text(value)
    if value != value:
        raise _Refused("is NaN")
    if value - value == 0:
        raise _Refused("is a number outside ±2^53; send it as a string")
    raise _Refused("is not a finite number")


def number_text(value: float) -> str:
    """A number within ±2^53 as JavaScript writes it."""
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    digits, mark, exponent = text.partition("e")
    if not mark:
        return text
    # Python turns to exponents below 1e-4, JavaScript below 1e-6.
    return f"{digits}e{int(exponent)}" if int(exponent) < -6 else format(Decimal(text), "f")


def _object(value: dict[Any, Any] | Mapping[str, Any], depth: int) -> str:
    parts: list[str] = []
    size = 0
    for key, item in value.items():
        if not issubclass(type(key), str):
            raise _Refused(f"has a key that is no string: {_shown(key)}; write str(key)")
        try:
            part = f"{_string(str.__str__(key))}:{_text(item, depth + 1)}"
        except _Refused as refused:
            refused.path = f".{str.__str__(key)[:80]}{refused.path}"
            raise
        size += len(part)
        if size > LONGEST:
            _refuse_long("")
        parts.append(part)
    return "{" + ",".join(parts) + "}"


def _array(value: Iterable[Any], depth: int) -> str:
    parts: list[str] = []
    size = 0
    for index, item in enumerate(value):
        try:
            part = _text(item, depth + 1)
        except _Refused as refused:
            refused.path = f"[{index}]{refused.path}"
            raise
        size += len(part)
        if size > LONGEST:
            _refuse_long("")
        parts.append(part)
    return "[" + ",".join(parts) + "]"


def _other(value: object, depth: int) -> str:
    """Values that stand for JSON, and subclasses of what JSON has."""
    if isinstance(value, JsonObject):
        return _object(json_of(value), depth)
    if isinstance(value, str):
        return _string(str.__str__(value))
    if isinstance(value, int):
        return _whole(int.__add__(value, 0))
    if isinstance(value, float):
        return _number(float.__add__(value, 0.0))
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, datetime):
        return _datetime(value)
    if isinstance(value, date):
        return _said(value.isoformat())
    raise _Refused(_refusal(value))


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise _Refused("is not a finite number")
    exponent = cast(int, value.as_tuple().exponent)
    if abs(exponent) > _DIGITS or value.adjusted() > _DIGITS:
        raise _Refused(f"has more than {_DIGITS} digits")
    return _said(f"{value:f}")


def _datetime(value: datetime) -> str:
    if value.utcoffset() is None:
        raise _Refused("is a datetime without a time zone; give it one, as in datetime.now(timezone.utc)")
    text = value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return _said(str.__str__(text) + "Z")


def _refusal(value: object) -> str:
    if isinstance(value, FunctionType):
        return "is a function; only plain JSON can be handed over"
    if isinstance(value, CoroutineType):
        return "is a coroutine; every call here is synchronous, so write def, not async def"
    if isinstance(value, GeneratorType):
        return "is a generator; make it a list"
    if isinstance(value, set | frozenset):
        return "is a set; make it a list"
    if isinstance(value, bytes | bytearray | memoryview):
        return "is bytes; decode them, or send them as base64 text"
    if isinstance(value, enum.Enum):
        return "is a member of an Enum; send its value"
    if hasattr(type(value), "__dataclass_fields__"):
        return "is a dataclass; send dataclasses.asdict(it)"
    return f"is of type {type_name(value)}; only plain JSON can be handed over"


def _shown(key: object) -> str:
    if key is None or type(key) in (int, float, bool):
        return repr(key)[:80]
    return f"it is of type {type_name(key)}"


def _refuse_long(text: str) -> None:
    """Text that cannot cross is handed to the host as it is. The host measures before it reads, and ends the run
    with ResultTooLarge; as JSON the text would be there twice more, and the memory would end first."""
    door.call(text or " " * LONGEST)
    raise _Refused(f"is over {LONGEST} characters")


def _cycle(value: object, path: str, above: tuple[object, ...] = ()) -> str | None:
    """Where in `value` something holds itself, if that is found within a reasonable depth."""
    if any(value is one for one in above if isinstance(one, dict | list | tuple)):
        return path
    if len(above) > 64:
        return None
    inside = (*above, value)
    for step, item in _members(value):
        found = _cycle(item, path + step, inside)
        if found is not None:
            return found
    return None


def _members(value: object) -> Iterable[tuple[str, object]]:
    if isinstance(value, dict):
        return [(f".{key}", item) for key, item in cast("dict[str, object]", value).items()]
    if isinstance(value, list | tuple):
        return [(f"[{index}]", item) for index, item in enumerate(cast("list[object]", value))]
    return ()


def from_json(text: str) -> Any:
    """The value of a JSON text. Raises ValueError for what is none, `NaN` and `Infinity` included."""
    return _decode(text)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


_decode = json.JSONDecoder(parse_constant=_no_constant).decode
