"""How the model's own findings about a manifest are worded: for an author, with the nearest name."""

from __future__ import annotations

import difflib
from itertools import islice
from typing import Any, TypeGuard, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from policies.manifest_messages import OUT_OF_BOUNDS, REQUIRED, UNKNOWN_KEY, WRONG_VALUE
from policies.messages import Said
from policies.plain_json import Problem, join_path

MAX_PROBLEMS = 200
"""How many problems of each kind are worked out: no author reads more, and wording them takes time."""


def refusal(said: Said) -> PydanticCustomError:
    """What a validator raises so that `explain` says exactly this."""
    return PydanticCustomError("said", "{text}", {"text": str(said), "code": said.code})


def explain(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """The model's own findings, the first MAX_PROBLEMS, in the words of the author's file."""
    return [_explain(detail, model) for detail in error.errors(include_url=False)[:MAX_PROBLEMS]]


def _explain(detail: ErrorDetails, model: type[BaseModel]) -> Problem:
    path = ""
    for part in detail["loc"]:
        if part != "[key]":
            path = join_path(path, part)
    return Problem(path, _words(detail, model))


def _words(detail: ErrorDetails, model: type[BaseModel]) -> Said:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "said":
        return Said(context["text"], context["code"])
    if kind == "extra_forbidden":
        known = _known_keys(model, detail["loc"][:-1])
        return UNKNOWN_KEY(guess=guess(detail["loc"][-1], known), known=", ".join(known))
    if kind == "missing":
        return REQUIRED()
    if kind in _BOUNDS:
        template, limit = _BOUNDS[kind]
        return OUT_OF_BOUNDS(bound=template.format(context[limit], "" if context[limit] == 1 else "s"))
    wanted = context["expected"] if kind == "literal_error" else _WANTED.get(kind, "of another form")
    return WRONG_VALUE(wanted=wanted, found=_shown(detail["input"]))


_WANTED = {
    "string_type": "a string",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "tuple_type": "a list",
    "list_type": "a list",
    "int_from_float": "a whole number",
}

_BOUNDS = {
    "string_too_short": ("have at least {} character{}", "min_length"),
    "string_too_long": ("have at most {} character{}", "max_length"),
    "greater_than_equal": ("be at least {}", "ge"),
    "less_than_equal": ("be at most {}", "le"),
}


def _known_keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys that exist at a place of the model."""
    place: Any = model
    for part in loc:
        place = _inside(place, part)
    for option in (place, *get_args(place)):
        if _is_model(option):
            return list(_fields(option))
    return []


def _inside(annotation: Any, part: int | str) -> Any:
    """The annotation of what `part` leads to: a model's field, an item of a list, a value of a map."""
    if _is_model(annotation):
        return _fields(annotation).get(str(part))
    if get_origin(annotation) in (tuple, dict):
        return get_args(annotation)[0 if get_origin(annotation) is tuple else 1]
    return next((found for option in get_args(annotation) if (found := _inside(option, part))), None)


def _is_model(annotation: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def guess(name: object, known: Any) -> str:
    """`; did you mean 'Invoice'?`, or nothing where no known name is near."""
    names = {str(item).lower(): str(item) for item in islice(known, MAX_PROBLEMS)}
    close = difflib.get_close_matches(str(name)[:80].lower(), names, n=1)
    return f"; did you mean {names[close[0]]!r}?" if close else ""


def _shown(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str | int | float):
        return ascii(value) if len(str(value)) <= 60 else "a longer text"
    return "a list" if isinstance(value, list) else "an object"
