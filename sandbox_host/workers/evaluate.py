"""Evaluates a bundle in a worker and reads what it declares, for builds and deploys."""

from __future__ import annotations

import json
from typing import Any, cast

from sandbox_host.packages.evaluation import Evaluate, Evaluation, EvaluationFailed, ExportFact, ModuleError
from sandbox_host.workers.sandbox import Sandbox


def evaluator(sandbox: Sandbox) -> Evaluate:
    """`build`'s evaluator: runs bundles in the sandbox's workers and nowhere else.

    The description comes out of a guest's memory, so its shape is checked. Raises EvaluationFailed where it is
    none, LimitError where the bundle exceeds a limit.
    """

    def evaluate(bundle: bytes) -> Evaluation:
        return read_description(sandbox.prepare(bundle).description)

    return evaluate


def read_description(description: bytes) -> Evaluation:
    """The facts in a prelude's description of a bundle. Raises EvaluationFailed."""
    try:
        raw = json.loads(description)
        modules = {_text(file): _exports(exports) for file, exports in raw["modules"].items()}
        errors = tuple(
            ModuleError(_text(one["file"]), _text(one["message"]), _text(one["stack"]))
            for one in raw["errors"]
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EvaluationFailed("the bundle broke the runtime that describes it") from error
    return Evaluation(modules, errors)


def _exports(exports: Any) -> dict[str, ExportFact]:
    found: dict[str, ExportFact] = {}
    for name, fact in exports.items():
        if not isinstance(fact, dict) or not isinstance(fact.get("type"), str):
            raise TypeError("an export is not described")
        found[_text(name)] = cast(ExportFact, fact)
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text was expected")
    return value
