"""What the `define_…` helpers made, and in which module: Python has no default export that would say it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["extension", "connector", "entity", "entity_field", "line_field"]


@dataclass(frozen=True, slots=True, eq=False)
class Declaration:
    """json: what is declared. value: what the helper returned. file, line: the module that was being loaded, as
    its code is named, and where in it."""

    kind: Kind
    json: Mapping[str, Any]
    value: object
    file: str
    line: int


_declarations: list[Declaration] = []


def declare(kind: Kind, json: Mapping[str, Any], value: object) -> None:
    """Remember a declaration."""
    # The module that is being loaded is the nearest one that is: a helper in a library may have called us.
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_code.co_name != "<module>" and frame.f_back is not None:
        frame = frame.f_back
    _declarations.append(Declaration(kind, json, value, frame.f_code.co_filename, frame.f_lineno))


def declaration_of(value: object) -> Declaration | None:
    """The declaration that a helper returned as `value`."""
    return next((one for one in _declarations if one.value is value), None)


def declared_in(file: str) -> list[Declaration]:
    """What was declared while this module was loaded, in its order."""
    return [one for one in _declarations if one.file == file]
