"""The rules of `connection.settingsSchema`, the form that an admin fills in while connecting.

1. It is the schema of an object: `type` is "object" or left out, `properties` has a schema per field.
2. It is a form: bounded in fields, levels and bytes.
3. `required` lists fields that exist.
4. `$ref` points to a place in the schema itself (`#/…`) and never leads back to what it is in; there is no
   other reference, no other identity, no other dialect than draft 2020-12.
5. An `x-secret` field is text without a default, has the name of a secret, and is a field of the form itself.

Whether each keyword has a value that draft 2020-12 allows is checked where a validator is at hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TypeAlias
from urllib.parse import unquote

from pydantic import JsonValue

from policies.manifest_messages import (
    SECRET_FIELD_DEPTH,
    SECRET_FIELD_FORM,
    SECRET_FIELD_NAME,
    SETTINGS_FIELD,
    SETTINGS_KEYWORD,
    SETTINGS_LOOP,
    SETTINGS_NOWHERE,
    SETTINGS_PROPERTIES,
    SETTINGS_REMOTE,
    SETTINGS_REQUIRED,
    SETTINGS_SIZE,
    SETTINGS_TYPE,
    WRONG_VALUE,
)
from policies.manifest_wording import guess
from policies.plain_json import Problem, join_path

Object: TypeAlias = "dict[str, JsonValue]"

MAX_FIELDS = 200
MAX_LEVELS = 32
MAX_BYTES = 64 << 10

_SECRET_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NAMED = frozenset(("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"))
"""Keywords whose value maps names to schemas: a name is never a keyword."""
_DATA = frozenset(("const", "enum", "default", "examples"))
_REFUSED = frozenset((
    "$id", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef", "$recursiveAnchor", "$vocabulary",
))  # fmt: skip
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_GIVEN_AWAY = ("default", "const", "enum", "examples")


def settings_problems(path: str, schema: Object) -> Iterator[Problem]:
    """What breaks the rules above. Total over any JSON object; path: where the schema stands."""
    properties = schema.get("properties")
    fields = properties if isinstance(properties, dict) else {}
    size = len(json.dumps(schema, ensure_ascii=False).encode())
    if len(fields) > MAX_FIELDS or size > MAX_BYTES or _levels(schema) > MAX_LEVELS:
        yield Problem(path, SETTINGS_SIZE(fields=MAX_FIELDS, levels=MAX_LEVELS, kib=MAX_BYTES >> 10))
        return
    if schema.get("type", "object") != "object":
        yield Problem(f"{path}.type", SETTINGS_TYPE())
    if not isinstance(properties, dict):
        yield Problem(f"{path}.properties", SETTINGS_PROPERTIES())
    for name, field in fields.items():
        yield from _field(join_path(f"{path}.properties", name), name, field)
    required = schema.get("required", [])
    if not isinstance(required, list):
        yield Problem(f"{path}.required", WRONG_VALUE(wanted="a list of field names", found="something else"))
        required = []
    for index, name in enumerate(required):
        if not isinstance(name, str) or name not in fields:
            yield Problem(f"{path}.required[{index}]", SETTINGS_REQUIRED(guess=guess(name, fields)))
    yield from _keywords(path, schema)
    yield from _loops(path, schema)


def _field(path: str, name: str, field: JsonValue) -> Iterator[Problem]:
    if not isinstance(field, dict | bool):
        yield Problem(path, SETTINGS_FIELD())
    elif isinstance(field, dict) and field.get("x-secret") is True:
        if not _SECRET_NAME.fullmatch(name):
            yield Problem(path, SECRET_FIELD_NAME())
        elif field.get("type", "string") != "string" or any(key in field for key in _GIVEN_AWAY):
            yield Problem(path, SECRET_FIELD_FORM())


def _levels(schema: Object) -> int:
    """How deep the schema is nested."""
    deepest = 0
    waiting: list[tuple[int, JsonValue]] = [(1, schema)]
    while waiting:
        level, item = waiting.pop()
        deepest = max(deepest, level)
        if isinstance(item, dict | list):
            inner = item.values() if isinstance(item, dict) else item
            waiting.extend((level + 1, child) for child in inner if isinstance(child, dict | list))
    return deepest


def _schemas(path: str, schema: Object) -> Iterator[tuple[str, Object]]:
    """Every subschema with its path, and nothing that only looks like one."""
    waiting: list[tuple[str, bool, JsonValue]] = [(path, False, schema)]
    while waiting:
        where, named, item = waiting.pop()
        if isinstance(item, dict):
            if not named:
                yield where, item
            for key, child in item.items():
                if named or key not in _DATA:
                    waiting.append((join_path(where, key), not named and key in _NAMED, child))
        elif isinstance(item, list):
            waiting.extend((join_path(where, index), False, child) for index, child in enumerate(item))


def _keywords(path: str, schema: Object) -> Iterator[Problem]:
    """References, identities and secrets, wherever they stand."""
    for where, item in _schemas(path, schema):
        for key in item:
            if key in _REFUSED or (key == "$schema" and str(item[key]).rstrip("#") != _DIALECT):
                yield Problem(join_path(where, key), SETTINGS_KEYWORD())
        reference = item.get("$ref")
        if isinstance(reference, str):
            if not reference.startswith("#"):
                yield Problem(join_path(where, "$ref"), SETTINGS_REMOTE())
            elif _target(schema, reference) is None:
                yield Problem(join_path(where, "$ref"), SETTINGS_NOWHERE())
        secret = item.get("x-secret")
        if secret is not None and not isinstance(secret, bool):
            found = "a text" if isinstance(secret, str) else "something else"
            yield Problem(join_path(where, "x-secret"), WRONG_VALUE(wanted="true or false", found=found))
        elif secret and not _is_field(path, where):
            yield Problem(join_path(where, "x-secret"), SECRET_FIELD_DEPTH())


def _is_field(path: str, where: str) -> bool:
    """Is this the path of one of the form's own fields?"""
    rest = where.removeprefix(f"{path}.properties")
    return rest != where and re.fullmatch(r"\.[^.\[]+|\['[^']*'\]|\[\"[^\"]*\"\]", rest) is not None


def _target(schema: Object, reference: str) -> JsonValue:
    """What a JSON pointer in a fragment means (RFC 6901 section 6), or None."""
    pointer = unquote(reference[1:])
    if pointer and not pointer.startswith("/"):
        return None
    here: JsonValue = schema
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict) and name in here:
            here = here[name]
        elif isinstance(here, list) and name.isascii() and name.isdigit() and int(name[:9]) < len(here):
            here = here[int(name[:9])]
        else:
            return None
    return here if isinstance(here, dict | bool) else None


def _loops(path: str, schema: Object) -> Iterator[Problem]:
    """References to something that they are in, directly or through others: a depth-first search."""
    places = dict(_containers(path, schema))
    entered = {id(schema)}
    left: set[int] = set()
    walk: list[tuple[int, Iterator[tuple[str, bool, JsonValue]]]] = [
        (id(schema), _edges(path, schema, schema))
    ]
    while walk:
        number, edges = walk[-1]
        edge = next(edges, None)
        if edge is None:
            left.add(number)
            walk.pop()
            continue
        where, is_reference, child = edge
        if id(child) not in entered:
            entered.add(id(child))
            walk.append((id(child), _edges(*places[id(child)], schema)))
        elif is_reference and id(child) not in left:
            yield Problem(where, SETTINGS_LOOP())


def _containers(path: str, schema: Object) -> Iterator[tuple[int, tuple[str, JsonValue]]]:
    """Every object and list, by its identity, with its own path."""
    waiting: list[tuple[str, JsonValue]] = [(path, schema)]
    while waiting:
        where, item = waiting.pop()
        yield id(item), (where, item)
        waiting += [
            (inner, child) for inner, is_reference, child in _edges(where, item, {}) if not is_reference
        ]


def _edges(where: str, item: JsonValue, schema: Object) -> Iterator[tuple[str, bool, JsonValue]]:
    """(path, is it a reference, what it leads to) for everything that an object or a list leads to."""
    if isinstance(item, dict):
        reference = item.get("$ref")
        target = _target(schema, reference) if isinstance(reference, str) and reference[:1] == "#" else None
        if isinstance(target, dict) and schema:
            yield join_path(where, "$ref"), True, target
        yield from ((join_path(where, key), False, child) for key, child in item.items() if _holds(child))
    elif isinstance(item, list):
        yield from ((join_path(where, index), False, one) for index, one in enumerate(item) if _holds(one))


def _holds(value: JsonValue) -> bool:
    return isinstance(value, dict | list)
