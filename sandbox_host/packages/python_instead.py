"""What a module in Python may import, and what there is in place of what it may not: the guest's own lists.

The guest's modules are written for the interpreter in the sandbox, which is not ours, so of one only its list is read.
"""

from __future__ import annotations

import ast
import runpy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import sandbox_host

_GUEST = Path(sandbox_host.__file__).parent / "kernels" / "python" / "guest"


@dataclass(frozen=True, slots=True)
class Offers:
    """modules: of the standard library. instead, calls: what to say of other modules, and of functions that are
    not there, by their dotted names."""

    modules: tuple[str, ...]
    instead: dict[str, str]
    calls: dict[str, str]


@cache
def offers() -> Offers:
    """What a sandbox has, and has not."""
    instead = runpy.run_path(str(_GUEST / "instead.py"))
    return Offers(tuple(sorted(_constant("offered.py", "NAMES"))), instead["MODULES"], instead["CALLS"])


def _constant(file: str, name: str) -> Any:
    for node in ast.parse((_GUEST / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            assert node.value is not None
            return ast.literal_eval(node.value)
    raise LookupError(f"{file} has no {name}")
