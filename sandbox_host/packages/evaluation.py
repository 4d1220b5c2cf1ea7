"""What a bundle turned out to be when it was evaluated: its modules, their exports, and what threw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

BUNDLE_NAME = "bundle.js"
"""The name that a bundle has in the engine, and so in its stacks."""


class EvaluationFailed(Exception):
    """The bundle as a whole could not be evaluated: a limit, a trap, or a job left pending. The message is
    for the author."""


class ExportFact(TypedDict):
    """One export of one module. `value` is there when it is plain JSON; `declaration` when it was made by a
    `define…` helper; `api` when it was made by `api(handler)`."""

    type: str
    value: NotRequired[Any]
    declaration: NotRequired[Literal["extension", "connector", "entity", "entity_field", "line_field"]]
    api: NotRequired[bool]


@dataclass(frozen=True, slots=True)
class ModuleError:
    """A module that threw while it was evaluated. `stack` holds positions in the bundle."""

    file: str
    message: str
    stack: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Facts of a bundle. A module that threw is among `errors` and not among `modules`."""

    modules: Mapping[str, Mapping[str, ExportFact]] = field(default_factory=dict)
    errors: tuple[ModuleError, ...] = ()


Evaluate: TypeAlias = Callable[[bytes], Evaluation]
"""Evaluates a bundle where guest code may run, with no invocation behind it. Raises EvaluationFailed, or a
LimitError of `sandbox_host.errors`."""
