"""Where two accounts of one call differ, apart from what no two runs share: ids made up, and the time of day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_WHILE_TESTS_RUN_S = 3600
ABSENT = "(absent)"


@dataclass(frozen=True, slots=True)
class Difference:
    """place: `response.body.results[0].status`. One of the values may be `(absent)`."""

    place: str
    test: JsonValue
    sandbox: JsonValue


def plain(value: JsonValue, now: float, replaced: dict[str, str]) -> JsonValue:
    """`value` with the n-th UUID as `(id n)` and every time near `now` (Unix seconds) as `(now)`.

    replaced: other texts to replace first.
    """
    return _Plain(now, replaced).of(value)


class _Plain:
    def __init__(self, now: float, replaced: dict[str, str]) -> None:
        self._now = now
        self._replaced = replaced
        self._ids: dict[str, str] = {}

    def of(self, value: JsonValue) -> JsonValue:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {self._text(key): self.of(value[key]) for key in sorted(value)}
        if isinstance(value, list):
            return [self.of(each) for each in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return "(now)" if self._is_now(value) or self._is_now(value / 1000) else value
        return value

    def _text(self, text: str) -> str:
        for before, after in self._replaced.items():
            text = text.replace(before, after)
        text = _UUID.sub(lambda found: self._ids.setdefault(found[0], f"(id {len(self._ids) + 1})"), text)
        return _INSTANT.sub(lambda found: "(now)" if self._is_now(_seconds(found[0])) else found[0], text)

    def _is_now(self, seconds: float) -> bool:
        return abs(seconds - self._now) < _WHILE_TESTS_RUN_S


def _seconds(text: str) -> float:
    try:
        return datetime.fromisoformat(text).astimezone(UTC).timestamp()
    except ValueError:
        return 0.0


def differences(test: JsonValue, sandbox: JsonValue, place: str = "") -> Iterator[Difference]:
    """Each place where the two differ, the deepest that says so."""
    if isinstance(test, dict) and isinstance(sandbox, dict):
        for key in sorted(test.keys() | sandbox.keys()):
            below = f"{place}.{key}" if place else key
            yield from differences(test.get(key, ABSENT), sandbox.get(key, ABSENT), below)
    elif isinstance(test, list) and isinstance(sandbox, list):
        for index in range(max(len(test), len(sandbox))):
            left = test[index] if index < len(test) else ABSENT
            right = sandbox[index] if index < len(sandbox) else ABSENT
            yield from differences(left, right, f"{place}[{index}]")
    elif test != sandbox or isinstance(test, bool) != isinstance(sandbox, bool):
        yield Difference(place, test, sandbox)
