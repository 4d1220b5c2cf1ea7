"""`str.format` without attributes: `"{0.__class__}".format(x)` would read any attribute by its name.

Fields may be positions, names and items (`{0}`, `{name}`, `{row[id]}`), with conversions and nested specs. F-strings
need none of this: they are compiled, so the names in them are seen.
"""

from __future__ import annotations

# The parser that str.format itself uses, so that both read a template alike.
import _string  # pyright: ignore[reportMissingImports]
import types
from typing import Any

from .names import FORMATTING

BuiltinMethod = types.BuiltinMethodType
Descriptor = types.MethodDescriptorType


_harmless: set[str] = set()
"""Templates that were looked at: most programs have few, and use them often."""


def problem(template: str) -> str | None:
    """Why this template may not be used, or None. Raises ValueError for one that is malformed."""
    for _, field, spec, _ in _string.formatter_parser(template):
        if field is None:
            continue
        for is_attribute, name in _string.formatter_field_name_split(field)[1]:
            if is_attribute:
                return (
                    f'"{{{field}}}" reads the attribute "{name}": use an f-string, or pass the value itself'
                )
        if spec and (found := problem(spec)):
            return found
    return None


def attribute(value: Any, name: str) -> Any:
    """`value.format` and `value.format_map`: as ever, but of text whose template was checked. Raises ValueError."""
    if type(value) is str and value in _harmless:
        return getattr(value, name)
    found = getattr(value, name)
    kind = type(found)
    # The method says whose it is, where the value may be a proxy such as super().
    if kind is BuiltinMethod and isinstance(found.__self__, str) and found.__name__ in FORMATTING:
        _check(found.__self__)
        return found
    if kind is Descriptor and found.__objclass__ is str and found.__name__ in FORMATTING:
        return _format if found.__name__ == "format" else _format_map
    return found


def _format(template: str, /, *values: Any, **names: Any) -> str:
    _check(template)
    return str.format(template, *values, **names)


def _format_map(template: str, mapping: Any, /) -> str:
    _check(template)
    return str.format_map(template, mapping)


def _check(template: str) -> None:
    if not isinstance(template, str):
        raise TypeError(f"str.format needs text, not {type(template).__name__}")
    plain = str.__str__(template)
    if plain in _harmless:
        return
    found = problem(plain)
    if found:
        raise ValueError(found)
    if len(plain) <= 1000 and len(_harmless) < 1000:
        _harmless.add(plain)
