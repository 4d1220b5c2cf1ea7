"""JSON that a guest made: what the rest of the host may rely on about it.

A guest can make any JSON text (`JSON.rawJSON` puts numbers and escapes into it as they are written), and more
than JSON in Python's eyes: numbers that become infinite, half surrogate pairs, nesting that exhausts the stack
of whoever walks through it. None of these gets past here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any, cast

from sandbox_host.errors import InvalidArgument

MAX_DEPTH = 128
"""Arrays and objects within each other."""


def read(message: bytes) -> Any:
    """Decode a guest's message. Raises ValueError (or RecursionError) for what is no JSON in UTF-8, and for a
    number that no double holds."""
    return _decode(message.decode())


def check(message: bytes, value: object, what: str) -> None:
    """Raises InvalidArgument where `value`, read from `message`, is nested deeper than MAX_DEPTH or holds half
    of a surrogate pair. what: names the value, such as "the arguments"."""
    # Almost no message holds what would make the closer look necessary.
    if message.count(b"[") + message.count(b"{") > MAX_DEPTH and is_deep(value):
        raise too_deep(what)
    if (b"\\ud" in message or b"\\uD" in message) and not _is_text(value):
        raise InvalidArgument(f"{what} must not hold half of a surrogate pair, which is no character")


def too_deep(what: str) -> InvalidArgument:
    """The error for a value that is nested too deeply."""
    return InvalidArgument(f"{what} must be nested no deeper than {MAX_DEPTH} levels")


def whole_text(text: str) -> str:
    """`text` with a question mark in the place of every half of a surrogate pair."""
    return text.encode(errors="replace").decode()


def is_deep(value: object) -> bool:
    """Is it nested deeper than MAX_DEPTH?"""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node) if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def _children(node: object) -> Iterable[object]:
    if isinstance(node, dict):
        return cast("dict[str, object]", node).values()
    return cast("list[object]", node) if isinstance(node, list) else ()


def _is_text(value: object) -> bool:
    try:
        _encode(value).encode()
    except UnicodeEncodeError:
        return False
    return True


def no_constant(text: str) -> float:
    """For `parse_constant` of `json`: NaN and Infinity are not JSON. Raises ValueError."""
    raise ValueError(f"{text} is not JSON")


def finite(text: str) -> float:
    """For `parse_float` of `json`. Raises ValueError for a number that no double holds."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:40]} is too large for a number")
    return number


# The functions of `json` would make a new decoder and encoder for every call.
_decode = json.JSONDecoder(parse_constant=no_constant, parse_float=finite).decode
_encode = json.JSONEncoder(ensure_ascii=False).encode
