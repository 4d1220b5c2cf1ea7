"""Is this value plain JSON, of a shape that everything after can walk without care?

Only exact JSON types, nested at most `MAX_DEPTH` deep, with finite numbers, integers that every JSON reader
keeps (within 2^53) and text that can be written as UTF-8.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import cast

MAX_DEPTH = 64
MAX_VALUES = 50_000
MAX_TEXT = 1_000_000
_MAX_INTEGER = 2**53
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. path: where, as in `permissions.http[0]`; empty for the whole."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def join_path(path: str, part: str | int) -> str:
    """`streams`, 0, `key` → `streams[0].key`; keys that are not plain names are quoted."""
    if isinstance(part, int):
        return f"{path}[{part}]"
    if not _PLAIN_KEY.fullmatch(part):
        shown = part if len(part) <= 40 else part[:40] + "…"
        return f"{path}[{shown!a}]"
    return f"{path}.{part}" if path else part


def plain_json_problems(value: object) -> list[Problem]:
    """What keeps `value` from being plain JSON. Total over any object, however deep, cyclic or large."""
    problems: list[Problem] = []
    values = text = 0
    waiting: list[tuple[str, int, object]] = [("", 0, value)]
    while waiting:
        path, depth, item = waiting.pop()
        values += 1
        text += len(item) if isinstance(item, str) else 0
        if values > MAX_VALUES or text > MAX_TEXT:
            return [Problem("", f"holds more than {MAX_VALUES} values or {MAX_TEXT} characters")]
        if depth > MAX_DEPTH:
            return [Problem(_shorten(path), f"is nested more than {MAX_DEPTH} levels deep")]
        if type(item) is dict:
            for key, child in cast("dict[object, object]", item).items():
                if type(key) is not str or _SURROGATE.search(key) or len(key) > 1000:
                    problems.append(Problem(path, "a key must be a string of at most 1000 characters"))
                    continue
                text += len(key)
                waiting.append((join_path(path, key), depth + 1, child))
        elif type(item) is list:
            for index, child in enumerate(cast("list[object]", item)):
                waiting.append((join_path(path, index), depth + 1, child))
        elif message := _scalar_problem(item):
            problems.append(Problem(path, message))
    return problems


def _scalar_problem(item: object) -> str | None:
    if item is None or type(item) is bool:
        return None
    if type(item) is str:
        return "holds half of a surrogate pair" if _SURROGATE.search(item) else None
    if type(item) is int:
        return None if abs(item) <= _MAX_INTEGER else "is an integer beyond 2^53; write it as a string"
    if type(item) is float:
        return None if math.isfinite(item) else "is not a finite number"
    return f"is not JSON ({type(item).__name__})"


def _shorten(path: str) -> str:
    return path if len(path) <= 80 else path[:80] + "…"
