"""What values take in memory: small ones many times their text."""

from __future__ import annotations

from collections.abc import Iterable
from sys import getsizeof
from typing import cast


def memory_of(values: Iterable[object], counted: set[int]) -> int:
    """The bytes that JSON values take. counted: the ids of values that are not counted again; these are added."""
    waiting = list(values)
    total = 0
    while waiting:
        value = waiting.pop()
        if value is None or value is True or value is False or id(value) in counted:
            continue
        counted.add(id(value))
        total += getsizeof(value)
        if isinstance(value, dict):
            items = cast("dict[str, object]", value)
            waiting += items
            waiting += items.values()
        elif isinstance(value, list):
            waiting += cast("list[object]", value)
    return total
