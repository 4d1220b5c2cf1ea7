"""Evaluates a bundle in a worker and reads what it declares, for builds and deploys."""

from __future__ import annotations

import json
from typing import Any, cast

from sandbox_host.kernels.runtimes import Runtime
from sandbox_host.packages.evaluation import (
    Evaluate,
    Evaluation,
    EvaluationFailed,
    ExportFact,
    Mention,
    ModuleError,
    ModuleFacts,
    Text,
)
from sandbox_host.workers.sandbox import Sandbox


def evaluator(sandbox: Sandbox) -> Evaluate:
    """`build`'s evaluator: runs bundles in the sandbox's workers and nowhere else.

    The description comes out of a guest's memory, so its shape is checked. Raises EvaluationFailed where it is
    none, LimitError where the bundle exceeds a limit.
    """

    def evaluate(bundle: bytes, runtime: Runtime = "javascript", /) -> Evaluation:
        return read_description(sandbox.prepare(bundle, runtime=runtime).description)

    return evaluate


def read_description(description: bytes) -> Evaluation:
    """The facts in a prelude's description of a bundle. Raises EvaluationFailed."""
    try:
        raw = json.loads(description)
        modules = {_text(file): _exports(exports) for file, exports in raw["modules"].items()}
        errors = tuple(
            ModuleError(
                _text(one["file"]), _text(one["message"]), _text(one["stack"]), _line(one.get("line"))
            )
            for one in raw["errors"]
        )
        facts = {_text(file): _facts(one) for file, one in raw.get("facts", {}).items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EvaluationFailed("the bundle broke the runtime that describes it") from error
    return Evaluation(modules, errors, facts)


def _exports(exports: Any) -> dict[str, ExportFact]:
    found: dict[str, ExportFact] = {}
    for name, fact in exports.items():
        if not isinstance(fact, dict) or not isinstance(fact.get("type"), str):
            raise TypeError("an export is not described")
        found[_text(name)] = cast(ExportFact, fact)
    return found


def _facts(raw: Any) -> ModuleFacts:
    return ModuleFacts(
        imports=_mentions(raw["imports"]),
        names=_mentions(raw["names"]),
        texts=tuple(Text(tuple(map(_text, one["parts"])), _line(one["line"]) or 1) for one in raw["texts"]),
        calls=_mentions(raw["calls"]),
        places={
            _text(export): {_text(path): _line(line) or 1 for path, line in lines.items()}
            for export, lines in raw["places"].items()
        },
    )


def _mentions(raw: Any) -> tuple[Mention, ...]:
    return tuple(
        Mention(_text(one["name"]), _line(one["line"]) or 1, _text(one.get("text", ""))) for one in raw
    )


def _line(value: Any) -> int | None:
    """A line, from 1; None where what stands there is none."""
    return value if type(value) is int and 1 <= value < 1 << 31 else None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text was expected")
    return value
