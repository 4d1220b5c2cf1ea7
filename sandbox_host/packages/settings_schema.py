"""Whether `connection.settingsSchema` is valid JSON Schema, draft 2020-12, and whether values pass it.

Nothing is ever fetched, and patterns are of the kind that is matched in linear time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NoReturn, cast

from policies.messages import Said
from policies.plain_json import join_path
from sandbox_host.packages.messages.declarations import SETTINGS_DEFAULT, SETTINGS_PATTERN, SETTINGS_SCHEMA
from sandbox_host.packages.names import did_you_mean

_TYPES = "must be string, number, integer, boolean, object, array or null, or a list of some of these"
_OF_ONE_SETTING = ("properties", "patternProperties", "additionalProperties", "$defs", "definitions")
PATH = "connection.settingsSchema"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_problems(
    path: str, schema: dict[str, Any], *, keywords_only: bool = False
) -> Iterator[tuple[str, Said]]:
    """(path, message) for each keyword with a value that it cannot have, and each default that does not pass.

    The schema is bounded: `policies.manifest_settings` has seen it before. keywords_only: it found something else
    there, such as a reference to elsewhere, so patterns and defaults are left alone.
    """
    if not schema:
        return
    found: dict[str, Said] = {}
    for error in _meta_schema().iter_errors(schema):
        where = path
        for part in error.instance_path:
            where = join_path(where, part)
        reason = _TYPES if error.instance_path[-1:] == ["type"] else error.message[:300]
        found.setdefault(where, SETTINGS_SCHEMA(reason=reason))
    yield from found.items()
    if not found and not keywords_only:
        bad = [(_at(path, parts), pattern) for parts, pattern in _patterns(schema) if not _is_linear(pattern)]
        yield from ((where, SETTINGS_PATTERN(pattern=repr(pattern)[:100])) for where, pattern in bad)
        if not bad:
            yield from _defaults(path, schema)


def setting_problem(schema: Mapping[str, Any], name: str, value: object) -> str | None:
    """Why a setting may not have this value: its name and the rule that it breaks. None where it may.

    Only rules about one setting are asked, not those about several (`required`, `anyOf`): an admin fills in the
    whole form, and this may be one field of it.
    """
    if not schema:
        return None
    rules = {key: schema[key] for key in _OF_ONE_SETTING if key in schema}
    error = next(_validator(rules).iter_errors({name: value}), None)
    if error is None:
        return None
    if not error.instance_path:
        known: dict[str, Any] = schema.get("properties", {})
        return f"there is no setting {name[:80]!r} in {PATH}{did_you_mean(name, known)}"
    rule = ".".join(map(str, error.schema_path))
    return f"{name}: {error.message[:300]} ({PATH}.{rule})"


def _defaults(path: str, schema: dict[str, Any]) -> Iterator[tuple[str, Said]]:
    for name, field in cast("dict[str, Any]", schema.get("properties", {})).items():
        if not isinstance(field, dict) or "default" not in field:
            continue
        rest = {key: value for key, value in schema.items() if key in ("$defs", "definitions")}
        validator = _validator({**rest, "allOf": [field]})
        error = next(validator.iter_errors(cast("dict[str, Any]", field)["default"]), None)
        if error is not None:
            where = join_path(join_path(f"{path}.properties", name), "default")
            yield where, SETTINGS_DEFAULT(reason=error.message[:300])


def _patterns(schema: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every `pattern` and every key of `patternProperties`, with its place."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), schema)]
    while waiting:
        parts, item = waiting.pop()
        if isinstance(item, dict):
            one = cast("dict[str, Any]", item)
            if isinstance(one.get("pattern"), str):
                yield (*parts, "pattern"), one["pattern"]
            keyed: Any = one.get("patternProperties")
            yield from (
                ((*parts, "patternProperties", key), key) for key in keyed or () if isinstance(keyed, dict)
            )
            waiting += [((*parts, key), child) for key, child in one.items()]
        elif isinstance(item, list):
            waiting += [((*parts, index), child) for index, child in enumerate(cast("list[Any]", item))]


def _at(path: str, parts: tuple[str | int, ...]) -> str:
    for part in parts:
        path = join_path(path, part)
    return path


def _is_linear(pattern: str) -> bool:
    try:
        _validator({"pattern": pattern})
    except ValueError:
        return False
    return True


@cache
def _meta_schema() -> Any:
    return _validator({"$ref": _DIALECT})


def _validator(schema: dict[str, Any]) -> Any:
    # Connectors with a form need it, and nobody else waits for it.
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(
        schema, pattern_options=jsonschema_rs.RegexOptions(), retriever=_refuse
    )


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"{uri}: nothing is fetched")
