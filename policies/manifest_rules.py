"""What a manifest must keep beyond the form of each key, and how problems are worded.

The rules look at the author's data, not at the model, so that they report beside problems of form:

1. Names that differ only in case or Unicode form are one name (permissions, entities, secrets).
2. Keys and ids are unique: streams, pages, contributions, `permissions.http` entries, verbs.
3. Connector keys need a `provider`.
4. A detail page has a parent; `adminOnly` and `access` exclude each other; page references resolve.
5. An action names one place (`page` or `entity`) and one script (`run` or `render`).
6. `visibleWhen` has one of `equals` and `in`.
7. `settingsSchema` is an object's schema, without remote `$ref`; its `x-secret` fields have names of secrets.
8. `secretHosts` and `oauth` speak of secrets and settings that exist.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, TypeAlias, TypeGuard, get_args, get_origin

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from policies.plain_json import Problem, join_path

Object: TypeAlias = "dict[str, JsonValue]"

_CONNECTOR_KEYS = ("kind", "connection", "webhooks", "streams")
_SECRET_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_SETTING = re.compile(r"\{settings\.([^{}]*)\}")


MAX_PROBLEMS = 200
"""How many problems of each kind are worked out: no author reads more, and wording them takes time."""


def rule_problems(manifest: Object) -> list[Problem]:
    """Breaches of the rules above, the first MAX_PROBLEMS. Total over any JSON object."""
    found = (problem for rule in _RULES for problem in rule(manifest))
    return list(islice(found, MAX_PROBLEMS))


def _colliding_names(manifest: Object) -> Iterator[Problem]:
    permissions = _object(manifest, "permissions")
    for block in ("entities", "secrets", "secretHosts"):
        seen: dict[str, str] = {}
        for name in _object(permissions, block):
            folded = unicodedata.normalize("NFKC", name).casefold()
            if folded in seen:
                path = join_path(f"permissions.{block}", name)
                yield Problem(
                    path, f"is the same name as {seen[folded]!r} but for case or spelling; keep one"
                )
            seen.setdefault(folded, name)


def _repeated(manifest: Object) -> Iterator[Problem]:
    permissions, ui = _object(manifest, "permissions"), _object(manifest, "ui")
    yield from _repeats("streams", [item.get("key") for _, item in _objects(manifest, "streams")], "key")
    yield from _repeats("pages", [item.get("id") for _, item in _objects(manifest, "pages")], "id")
    for block in ("tabs", "panels", "actions", "lineColumns"):
        yield from _repeats(f"ui.{block}", [item.get("id") for _, item in _objects(ui, block)], "id")
    urls = [entry.get("url") if isinstance(entry, dict) else entry for entry in _list(permissions, "http")]
    yield from _repeats("permissions.http", urls, "")
    for block in ("entities", "secrets"):
        for name in _object(permissions, block):
            yield from _repeats(
                join_path(f"permissions.{block}", name), _list(_object(permissions, block), name), ""
            )


def _connector_keys(manifest: Object) -> Iterator[Problem]:
    if manifest.get("provider") is None:
        for key in _CONNECTOR_KEYS:
            if manifest.get(key) is not None:
                yield Problem(
                    key, "belongs to a connector; add `provider`, or use defineExtension without it"
                )


def _pages(manifest: Object) -> Iterator[Problem]:
    ids = _page_ids(manifest)
    for path, page in _objects(manifest, "pages"):
        parent = page.get("parentPage")
        if page.get("kind") == "detail" and parent is None:
            yield Problem(
                f"{path}.parentPage", "is required where kind is detail; name the page to go back to"
            )
        if isinstance(parent, str) and (parent not in ids or parent == page.get("id")):
            yield Problem(
                f"{path}.parentPage", f"there is no other page {parent[:80]!r}{_guess(parent, ids)}"
            )
        if page.get("adminOnly") and page.get("access") is not None:
            yield Problem(f"{path}.adminOnly", 'is access {roles: ["admin"]}; give one of the two')


def _page_ids(manifest: Object) -> dict[str, None]:
    ids = (page.get("id") for _, page in _objects(manifest, "pages"))
    return dict.fromkeys(id_ for id_ in ids if isinstance(id_, str))


def _actions(manifest: Object) -> Iterator[Problem]:
    ids = _page_ids(manifest)
    for path, action in _objects(_object(manifest, "ui"), "actions", "ui."):
        if (action.get("page") is None) == (action.get("entity") is None):
            yield Problem(path, "sits on one of `page` (an id of pages) and `entity`; give exactly one")
        if (action.get("run") is None) == (action.get("render") is None):
            yield Problem(path, "needs its script: give exactly one of `run` and `render`")
        page = action.get("page")
        if isinstance(page, str) and page not in ids:
            yield Problem(f"{path}.page", f"there is no page {page[:80]!r}{_guess(page, ids)}")


def _visibility(manifest: Object) -> Iterator[Problem]:
    ui = _object(manifest, "ui")
    for block in ("tabs", "panels", "actions", "lineColumns"):
        for path, item in _objects(ui, block, "ui."):
            condition = item.get("visibleWhen")
            if isinstance(condition, dict) and ("equals" in condition) == ("in" in condition):
                yield Problem(f"{path}.visibleWhen", "needs exactly one of `equals` and `in`")


def _streams(manifest: Object) -> Iterator[Problem]:
    for path, stream in _objects(manifest, "streams"):
        if stream.get("mode") == "webhook" and stream.get("schedule") is not None:
            yield Problem(
                f"{path}.schedule", "only poll streams run on a schedule; leave it out for mode webhook"
            )


def _settings_schema(manifest: Object) -> Iterator[Problem]:
    schema = _object(manifest, "connection").get("settingsSchema")
    if not isinstance(schema, dict):
        return
    path = "connection.settingsSchema"
    if schema.get("type", "object") != "object":
        yield Problem(f"{path}.type", 'must be "object": the settings are a form of named fields')
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        yield Problem(f"{path}.properties", "must be an object of JSON Schemas, one per field")
        properties = {}
    for name, field in properties.items():
        where = join_path(f"{path}.properties", name)
        if not isinstance(field, dict | bool):
            yield Problem(where, "must be a JSON Schema")
        elif isinstance(field, dict) and field.get("x-secret") is True and not _SECRET_NAME.fullmatch(name):
            yield Problem(where, "is stored as a secret of this name: lower-case letters, digits and _")
    required = schema.get("required", [])
    if not isinstance(required, list):
        yield Problem(f"{path}.required", "must be a list of field names")
        required = []
    for index, name in enumerate(required):
        if not isinstance(name, str) or name not in properties:
            yield Problem(
                f"{path}.required[{index}]", f"there is no such field in properties{_guess(name, properties)}"
            )
    yield from _remote_references(path, schema)


def _remote_references(path: str, schema: JsonValue) -> Iterator[Problem]:
    waiting: list[tuple[str, JsonValue]] = [(path, schema)]
    while waiting:
        where, item = waiting.pop()
        if isinstance(item, list):
            waiting.extend((join_path(where, index), child) for index, child in enumerate(item))
        if isinstance(item, dict):
            for key, child in item.items():
                if key in ("$ref", "$dynamicRef") and isinstance(child, str) and not child.startswith("#"):
                    yield Problem(
                        join_path(where, key), "may only point into this schema (#/…); nothing is fetched"
                    )
                waiting.append((join_path(where, key), child))


def _references(manifest: Object) -> Iterator[Problem]:
    permissions, connection = _object(manifest, "permissions"), _object(manifest, "connection")
    secrets = _object(permissions, "secrets")
    for name in _object(permissions, "secretHosts"):
        if name not in secrets:
            path = join_path("permissions.secretHosts", name)
            yield Problem(path, f"there is no such secret in permissions.secrets{_guess(name, secrets)}")
    oauth, settings = (
        _object(connection, "oauth"),
        _object(_object(connection, "settingsSchema"), "properties"),
    )
    for index, name in enumerate(_list(oauth, "requiredSettings")):
        if isinstance(name, str) and name not in settings:
            yield Problem(f"connection.oauth.requiredSettings[{index}]", _no_setting(name, settings))
    for name in _object(oauth, "hostValidation"):
        if name not in settings:
            yield Problem(join_path("connection.oauth.hostValidation", name), _no_setting(name, settings))
    for key in ("authorizationUrlTemplate", "tokenUrlTemplate"):
        template = oauth.get(key)
        for name in _SETTING.findall(template) if isinstance(template, str) else ():
            if name not in settings:
                yield Problem(f"connection.oauth.{key}", _no_setting(name, settings))


_RULES: tuple[Callable[[Object], Iterator[Problem]], ...] = (
    _colliding_names,
    _repeated,
    _connector_keys,
    _pages,
    _actions,
    _visibility,
    _streams,
    _settings_schema,
    _references,
)


def explain(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """The model's own findings, the first MAX_PROBLEMS, in the words of the author's file."""
    return [_explain(detail, model) for detail in error.errors(include_url=False)[:MAX_PROBLEMS]]


def _explain(detail: ErrorDetails, model: type[BaseModel]) -> Problem:
    path = ""
    for part in detail["loc"]:
        if part != "[key]":
            path = join_path(path, part)
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        known = _known_keys(model, detail["loc"][:-1])
        guess = _guess(detail["loc"][-1], known)
        return Problem(path, f"unknown key{guess}; allowed here: {', '.join(known)}")
    if kind == "missing":
        return Problem(path, "is required")
    if kind == "literal_error":
        return Problem(path, f"must be {context['expected']}, not {_shown(detail['input'])}")
    if kind in _WANTED:
        return Problem(path, f"must be {_WANTED[kind]}, not {_shown(detail['input'])}")
    return Problem(path, detail["msg"])


_WANTED = {
    "string_type": "a string",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "tuple_type": "a list",
    "list_type": "a list",
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


def _repeats(path: str, values: list[JsonValue], key: str) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, value in enumerate(values):
        if not isinstance(value, str):
            continue
        if value in first:
            where = f"{path}[{index}]" + (f".{key}" if key else "")
            yield Problem(where, f"{value[:80]!r} is already at {path}[{first[value]}]; keep one")
        first.setdefault(value, index)


def _no_setting(name: str, settings: Object) -> str:
    return (
        f"there is no setting {name[:80]!r} in connection.settingsSchema.properties{_guess(name, settings)}"
    )


def _guess(name: object, known: Any) -> str:
    names = {str(item).lower(): str(item) for item in islice(known, MAX_PROBLEMS)}
    close = difflib.get_close_matches(str(name)[:80].lower(), names, n=1)
    return f"; did you mean {names[close[0]]!r}?" if close else ""


def _shown(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str | int | float):
        return ascii(value) if len(str(value)) <= 60 else "a longer text"
    return "a list" if isinstance(value, list) else "an object"


def _object(parent: Object, key: str) -> Object:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _list(parent: Object, key: str) -> list[JsonValue]:
    value = parent.get(key)
    return value if isinstance(value, list) else []


def _objects(parent: Object, key: str, prefix: str = "") -> Iterator[tuple[str, Object]]:
    for index, item in enumerate(_list(parent, key)):
        if isinstance(item, dict):
            yield f"{prefix}{key}[{index}]", item
