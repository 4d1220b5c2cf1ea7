"""What a bundle turned out to be when it was evaluated: its modules, their exports, and what threw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, Protocol, TypedDict

from sandbox_host.kernels.runtimes import Runtime

BUNDLE_NAME = "bundle.js"
"""The name that a bundle has in the engine, and so in its stacks."""


class EvaluationFailed(Exception):
    """The bundle as a whole could not be evaluated: a limit, a trap, or a job left pending. The message is
    for the author."""


class ExportFact(TypedDict):
    """One export of one module. `value` is there when it is plain JSON; `declaration` when it was made by a
    `define…` helper; `api` when it was made by `api(handler)`; `line` where a module of Python declares it."""

    type: str
    value: NotRequired[Any]
    declaration: NotRequired[Literal["extension", "connector", "entity", "entity_field", "line_field"]]
    api: NotRequired[bool]
    line: NotRequired[int]


@dataclass(frozen=True, slots=True)
class ModuleError:
    """A module that threw while it was evaluated. `stack` holds positions: in a bundle of JavaScript the
    bundle's, in one of Python the author's. `line` is the author's, where no stack says it."""

    file: str
    message: str
    stack: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that a module writes out, and where. text: the first argument, where it is a call's."""

    name: str
    line: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """Text in a module that may be a URL: its fixed parts, between which something is put in."""

    parts: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """What a module of Python says as it is written. `names` are globals, and attributes of what it imports;
    `places` are lines by export and path, as in `permissions.http[0]`."""

    imports: tuple[Mention, ...] = ()
    names: tuple[Mention, ...] = ()
    texts: tuple[Text, ...] = ()
    calls: tuple[Mention, ...] = ()
    places: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Facts of a bundle. A module that threw is among `errors` and not among `modules`. `facts` are there for
    every file of a bundle of Python that could be read."""

    modules: Mapping[str, Mapping[str, ExportFact]] = field(default_factory=dict)
    errors: tuple[ModuleError, ...] = ()
    facts: Mapping[str, ModuleFacts] = field(default_factory=dict)


class Evaluate(Protocol):
    """Evaluates a bundle where guest code may run, with no invocation behind it."""

    def __call__(self, bundle: bytes, runtime: Runtime = "javascript", /) -> Evaluation:
        """Raises EvaluationFailed, or a LimitError of `sandbox_host.errors`."""
        ...
