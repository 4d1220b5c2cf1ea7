"""Cron expressions with five fields: minute, hour, day of month, month, day of week."""

from __future__ import annotations

import re

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    ("day of week", 0, 7, {name: number for number, name in enumerate(_DAYS)}),
)
_ITEM = re.compile(r"(?:\*|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([0-9]{1,2}))?")


def cron_problem(text: str) -> str | None:
    """What is wrong with a cron expression, or None. Ranges, lists, steps and names (`mon`) are allowed."""
    parts = text.split(" ") if len(text) <= 200 else []
    if len(parts) != len(_FIELDS):
        return "a schedule is a cron expression of five fields, as in */15 * * * *"
    for part, (name, low, high, names) in zip(parts, _FIELDS, strict=True):
        for item in part.split(","):
            if not _is_item(item.lower(), low, high, names):
                return f"{item[:20]!r} is not a {name} ({low} to {high}) of a cron expression"
    return None


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
