"""Cron expressions with five fields: minute, hour, day of month, month, day of week."""

from __future__ import annotations

import re
from itertools import product

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    ("day of week", 0, 7, {name: number for number, name in enumerate(_DAYS)}),
)
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ITEM = re.compile(r"(?:\*|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([0-9]{1,2}))?")


def cron_problem(text: str) -> str | None:
    """What is wrong with a cron expression, or None. Ranges, lists, steps and names (`mon`) are allowed."""
    parts = text.split(" ") if len(text) <= 200 else []
    if len(parts) != len(_FIELDS):
        return "a schedule is a cron expression of five fields, as in */15 * * * *"
    for part, (name, low, high, names) in zip(parts, _FIELDS, strict=True):
        for item in part.split(","):
            if not _is_item(item.lower(), low, high, names):
                return f"{item[:20]!r} is not the {name} ({low} to {high}) of a cron expression"
    if not _ever_comes(parts):
        return f"there is no day {parts[2]} in month {parts[3]}, so it would never run"
    return None


def _ever_comes(parts: list[str]) -> bool:
    """Is there such a day? Where days of the week are listed as well, either list is enough."""
    if parts[4] != "*" or parts[2] == "*":
        return True
    days, months = (_first_to_last(parts[index], *_FIELDS[index][1:]) for index in (2, 3))
    return any(day <= _LONGEST[month - 1] for day, month in product(days, months))


def _first_to_last(part: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    """The values that a well-formed field lists."""
    values: set[int] = set()
    for item in part.lower().split(","):
        span, _, step = item.partition("/")
        first, _, last = span.partition("-")
        begin = low if first == "*" else names.get(first) or int(first)
        if last:
            end = names.get(last) or int(last)
        else:
            end = high if first == "*" or step else begin
        values.update(range(begin, end + 1, int(step or 1)))
    return values


def _is_item(item: str, low: int, high: int, names: dict[str, int]) -> bool:
    found = _ITEM.fullmatch(item)
    if found is None:
        return False
    first, last, step = found.groups()
    bounds = [
        names.get(text, int(text) if text.isdigit() else -1) for text in (first, last) if text is not None
    ]
    in_range = all(low <= bound <= high for bound in bounds)
    return in_range and bounds == sorted(bounds) and (step is None or int(step) > 0)
