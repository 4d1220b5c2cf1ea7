"""What a manifest must keep beyond the form of each key.

The rules look at the author's data, not at the model, so that they report beside problems of form:

1. Names that differ only in case or Unicode form are one name (permissions, entities, secrets).
2. Keys, ids and paths are unique: streams, pages, contributions, `permissions.http` entries, verbs.
3. Connector keys need a `provider`.
4. A detail page has a parent; `adminOnly` and `access` exclude each other; page references resolve.
5. An action names one place (`page` or `entity`) and one script (`run` or `render`).
6. `visibleWhen` has one of `equals` and `in`.
7. Only poll streams have a schedule; webhook streams need the `webhooks` block.
8. `settingsSchema` keeps the rules of `policies.manifest_settings`.
9. `secretHosts` and `oauth` speak of secrets and settings that exist; a setting that decides a host is pinned,
   and what it is pinned to is declared.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeAlias

from pydantic import JsonValue

from policies.hosts import host_problem, is_public_suffix, private_host
from policies.manifest_messages import (
    ACCESS_TWICE,
    ACTION_PLACE,
    ACTION_SCRIPT,
    CONNECTOR_ONLY,
    HOST_NOT_DECLARED,
    HOST_NOT_PINNED,
    HOST_SUFFIX,
    PARENT_REQUIRED,
    REPEATED,
    SAME_NAME,
    SCHEDULE_WITHOUT_POLL,
    UNKNOWN_PAGE,
    UNKNOWN_PARENT,
    UNKNOWN_SECRET,
    UNKNOWN_SETTING,
    VISIBLE_WHEN,
)
from policies.manifest_settings import settings_problems
from policies.manifest_wording import MAX_PROBLEMS, guess
from policies.messages import Said
from policies.plain_json import Problem, join_path
from policies.urls import UrlError, UrlPattern

Object: TypeAlias = "dict[str, JsonValue]"

_CONNECTOR_KEYS = ("kind", "connection", "webhooks", "streams")
_SETTING = re.compile(r"\{settings\.([^{}]*)\}")
_HOST_SETTING = re.compile(r"https://[^/{}]*\{settings\.([^{}]*)\}(?::\d+)?(?:/|$)")
"""A template whose host ends in a setting."""


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
                yield Problem(path, SAME_NAME(other=seen[folded]))
            seen.setdefault(folded, name)


def _repeated(manifest: Object) -> Iterator[Problem]:
    permissions, ui = _object(manifest, "permissions"), _object(manifest, "ui")
    yield from _repeats("streams", [item.get("key") for _, item in _objects(manifest, "streams")], "key")
    for key in ("id", "path"):
        yield from _repeats("pages", [item.get(key) for _, item in _objects(manifest, "pages")], key)
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
                yield Problem(key, CONNECTOR_ONLY())


def _pages(manifest: Object) -> Iterator[Problem]:
    ids = _page_ids(manifest)
    for path, page in _objects(manifest, "pages"):
        parent = page.get("parentPage")
        if page.get("kind") == "detail" and parent is None:
            yield Problem(f"{path}.parentPage", PARENT_REQUIRED())
        if isinstance(parent, str) and (parent not in ids or parent == page.get("id")):
            others = [name for name in ids if name != page.get("id")]
            yield Problem(f"{path}.parentPage", UNKNOWN_PARENT(name=parent[:80], guess=guess(parent, others)))
        if page.get("adminOnly") and page.get("access") is not None:
            yield Problem(f"{path}.adminOnly", ACCESS_TWICE())


def _page_ids(manifest: Object) -> dict[str, None]:
    ids = (page.get("id") for _, page in _objects(manifest, "pages"))
    return dict.fromkeys(id_ for id_ in ids if isinstance(id_, str))


def _actions(manifest: Object) -> Iterator[Problem]:
    ids = _page_ids(manifest)
    for path, action in _objects(_object(manifest, "ui"), "actions", "ui."):
        if (action.get("page") is None) == (action.get("entity") is None):
            yield Problem(path, ACTION_PLACE())
        if (action.get("run") is None) == (action.get("render") is None):
            yield Problem(path, ACTION_SCRIPT())
        page = action.get("page")
        if isinstance(page, str) and page not in ids:
            yield Problem(f"{path}.page", UNKNOWN_PAGE(name=page[:80], guess=guess(page, ids)))


def _visibility(manifest: Object) -> Iterator[Problem]:
    ui = _object(manifest, "ui")
    for block in ("tabs", "panels", "actions", "lineColumns"):
        for path, item in _objects(ui, block, "ui."):
            condition = item.get("visibleWhen")
            if isinstance(condition, dict) and ("equals" in condition) == ("in" in condition):
                yield Problem(f"{path}.visibleWhen", VISIBLE_WHEN())


def _streams(manifest: Object) -> Iterator[Problem]:
    for path, stream in _objects(manifest, "streams"):
        mode = stream.get("mode")
        if mode in ("webhook", "backfill") and stream.get("schedule") is not None:
            yield Problem(f"{path}.schedule", SCHEDULE_WITHOUT_POLL(mode=mode))


def _settings(manifest: Object) -> Iterator[Problem]:
    schema = _object(manifest, "connection").get("settingsSchema")
    if isinstance(schema, dict):
        yield from settings_problems("connection.settingsSchema", schema)


def _references(manifest: Object) -> Iterator[Problem]:
    permissions, connection = _object(manifest, "permissions"), _object(manifest, "connection")
    secrets = _object(permissions, "secrets")
    for name in _object(permissions, "secretHosts"):
        if name not in secrets:
            path = join_path("permissions.secretHosts", name)
            yield Problem(path, UNKNOWN_SECRET(guess=guess(name, secrets)))
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
        yield from _pinned_host(name, _object(_object(oauth, "hostValidation"), name), permissions)
    for key in ("authorizationUrlTemplate", "tokenUrlTemplate"):
        template = oauth.get(key)
        if not isinstance(template, str):
            continue
        for name in dict.fromkeys(_SETTING.findall(template)):
            if name not in settings:
                yield Problem(f"connection.oauth.{key}", _no_setting(name, settings))
        host = _HOST_SETTING.match(template)
        if host and host[1] in settings and host[1] not in _object(oauth, "hostValidation"):
            yield Problem(f"connection.oauth.{key}", HOST_NOT_PINNED(name=host[1][:80]))


def _pinned_host(name: str, validation: Object, permissions: Object) -> Iterator[Problem]:
    """`suffix` is the end of a public host, and the hosts that end so are declared."""
    suffix = validation.get("suffix")
    if not isinstance(suffix, str):
        return
    path = f"{join_path('connection.oauth.hostValidation', name)}.suffix"
    host = suffix.removeprefix(".")
    if host == suffix or host_problem(host) or private_host(host) or is_public_suffix(host):
        yield Problem(path, HOST_SUFFIX())
    elif not any(_covers(entry, host) for entry in _list(permissions, "http")):
        yield Problem(path, HOST_NOT_DECLARED(suffix=suffix))


def _covers(entry: JsonValue, host: str) -> bool:
    """Does this entry of `permissions.http` have every host under `host`?"""
    url = entry.get("url") if isinstance(entry, dict) else entry
    try:
        pattern = UrlPattern.parse(url) if isinstance(url, str) else None
    except UrlError:
        return False
    return pattern is not None and pattern.wildcard and f".{host}".endswith(f".{pattern.host}")


_RULES: tuple[Callable[[Object], Iterator[Problem]], ...] = (
    _colliding_names,
    _repeated,
    _connector_keys,
    _pages,
    _actions,
    _visibility,
    _streams,
    _settings,
    _references,
)


def _repeats(path: str, values: list[JsonValue], key: str) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, value in enumerate(values):
        if not isinstance(value, str):
            continue
        if value in first:
            where = f"{path}[{index}]" + (f".{key}" if key else "")
            yield Problem(where, REPEATED(value=value[:80], place=f"{path}[{first[value]}]"))
        first.setdefault(value, index)


def _no_setting(name: str, settings: Object) -> Said:
    return UNKNOWN_SETTING(name=name[:80], guess=guess(name, settings))


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
