"""Whether a manifest fits the project around it: its entities, streams, routes, scripts, fields and settings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from policies.manifest import Manifest, ManifestError, parse_manifest
from policies.messages import Said
from sandbox_host.packages.checks import Facts, Sources, route_auth
from sandbox_host.packages.declarations import SYSTEM_FIELDS, Exports
from sandbox_host.packages.deployment import CustomEntity, Fields
from sandbox_host.packages.discovery import is_code
from sandbox_host.packages.language import Language
from sandbox_host.packages.messages import declarations as say
from sandbox_host.packages.messages.entrypoints import AUTH_DIFFERS, ROUTE_MISSING
from sandbox_host.packages.names import LINE_ENTITIES, METHODS, did_you_mean
from sandbox_host.packages.problems import Problem
from sandbox_host.packages.raw_manifest import RawManifest
from sandbox_host.packages.sdk_names import ENTITIES
from sandbox_host.packages.settings_schema import schema_problems
from sandbox_host.records.contract import LINES, contracts

_SCHEMA = "connection.settingsSchema"
_STREAM = re.compile(r"[a-z][a-z0-9_]*")


def read_manifest(
    exports: Exports, sources: Sources, language: Language
) -> tuple[RawManifest | None, Manifest | None, list[Problem]]:
    """The manifest as written, the manifest as parsed (if it is one), and what is wrong with it."""
    fact = exports.get("default")
    declaration = None if fact is None else fact.get("declaration")
    if fact is None or declaration not in ("extension", "connector") or "value" not in fact:
        line = sources.line(language.manifest, "default")
        return None, None, [Problem(language.manifest, line, say.NO_DECLARATION())]
    raw = RawManifest(fact["value"], declaration)
    found: list[tuple[str, str]] = []
    manifest = None
    try:
        manifest = parse_manifest(fact["value"])
    except ManifestError as error:
        found = [(one.path, one.message) for one in error.problems]
    if declaration == "connector" and "provider" not in raw.data:
        found = [one for one in found if "provider" not in one[1]]
        found.append(("provider", say.NO_PROVIDER()))
    if declaration == "extension" and "provider" in raw.data:
        found.append(("provider", say.PROVIDER_OF_EXTENSION()))
    known = [path for path, _ in found if path.startswith(_SCHEMA)]
    if _SCHEMA not in known:
        schema = raw.block("connection", "settingsSchema")
        more = schema_problems(_SCHEMA, schema, keywords_only=bool(known))
        found += [(path, message) for path, message in more if not _is_within(path, known)]
    problems = [_problem(sources, language, path, message) for path, message in found]
    return raw, None if problems else manifest, problems


def _is_within(path: str, others: Sequence[str]) -> bool:
    """Whether a place is one of these, or in one."""
    return any(path == other or path.startswith((f"{other}.", f"{other}[")) for other in others)


def check(facts: Facts) -> Iterator[Problem]:
    """What of the manifest does not fit the project's files, in no particular order."""
    if facts.manifest is not None:
        yield from _entities(facts, facts.manifest)
        yield from _streams(facts, facts.manifest)
        yield from _named_routes(facts, facts.manifest)
        yield from _webhooks(facts, facts.manifest)
        yield from _scripts(facts, facts.manifest)


def _entities(facts: Facts, manifest: RawManifest) -> Iterator[Problem]:
    known = {*ENTITIES, *facts.discovered.entities}
    permitted = manifest.block("permissions", "entities")
    spelt = Counter(name.casefold() for name in permitted)
    # A name in two spellings is reported as that.
    named = [(f"permissions.entities.{name}", name) for name in permitted if spelt[name.casefold()] == 1]
    for place in ("tabs", "panels", "actions"):
        named += [(f"{path}.entity", one.get("entity")) for path, one in manifest.items("ui", place)]
    for path, name in named:
        # A name that is not PascalCase is reported as that.
        if isinstance(name, str) and name not in known and name[:1].isupper() and name.isalnum():
            message = say.UNKNOWN_ENTITY(name=name, guess=did_you_mean(name, known))
            yield _problem(facts.sources, facts.discovered.language, path, message)


def _streams(facts: Facts, manifest: RawManifest) -> Iterator[Problem]:
    for _, stream in manifest.items("streams"):
        key = stream.get("key")
        polled = stream.get("mode") in ("poll", "backfill")
        if polled and isinstance(key, str) and _STREAM.fullmatch(key):
            yield from _needs_route(facts, f"/sync/{key}", "POST", f'stream "{key}"')


def _webhooks(facts: Facts, manifest: RawManifest) -> Iterator[Problem]:
    webhooks = manifest.block("webhooks")
    endpoint, auth = webhooks.get("endpoint"), webhooks.get("auth")
    if not isinstance(endpoint, str) or not endpoint.startswith("/"):
        return
    yield from _needs_route(facts, endpoint, "POST", f'webhooks.endpoint "{endpoint}"')
    file = facts.discovered.routes.get(endpoint)
    exports = facts.exports(file)
    if file is not None and exports is not None and isinstance(auth, str) and route_auth(exports) != auth:
        line = facts.sources.line(file, "config", "auth")
        yield Problem(file, line, AUTH_DIFFERS(auth=route_auth(exports), declared=auth))


def _named_routes(facts: Facts, manifest: RawManifest) -> Iterator[Problem]:
    """Routes that the connection block calls."""
    for path in (("connection", "testConnection"), ("connection", "oauth", "postConnect")):
        block = manifest.block(*path)
        route, method = block.get("route"), block.get("method", "POST")
        if isinstance(route, str) and route.startswith("/") and method in METHODS:
            yield from _needs_route(facts, route, method, f'{".".join(path)} "{route}"')


def _needs_route(facts: Facts, route: str, method: str, who: str) -> Iterator[Problem]:
    file = facts.discovered.routes.get(route)
    exports = facts.exports(file)
    if file is None or (exports is not None and method not in exports):
        missing = f"src/api{route}{facts.discovered.language.ending}"
        yield Problem(file or missing, None, ROUTE_MISSING(who=who, method=method))


def _scripts(facts: Facts, manifest: RawManifest) -> Iterator[Problem]:
    told: set[str] = set()
    for path, _, _, file in pages(manifest):
        exports = facts.sources.exports(file)
        if not is_code(file) or ".." in file.split("/") or file.startswith("/"):
            continue
        if file not in facts.files:
            yield _problem(facts.sources, facts.discovered.language, path, say.NO_SCRIPT(file=file))
        elif exports is not None and "default" not in exports and file not in told:
            told.add(file)
            yield Problem(file, None, say.SCRIPT_EXPORT(path=path))


def pages(manifest: RawManifest) -> Iterator[tuple[str, str, str, str]]:
    """(path, kind, id, file) of each script that the manifest names."""
    places = {
        "page": ("pages",),
        "tab": ("ui", "tabs"),
        "panel": ("ui", "panels"),
        "action": ("ui", "actions"),
    }
    for kind, place in places.items():
        for path, one in manifest.items(*place):
            key = "run" if kind == "action" and "run" in one else "render"
            script, name = one.get(key), one.get("id")
            if isinstance(script, str) and isinstance(name, str):
                yield f"{path}.{key}", kind, name, script.removeprefix("./")


def line_columns(facts: Facts, fields: Fields) -> Iterator[Problem]:
    """Line columns that show a field which nobody declares."""
    for path, column in facts.manifest.items("ui", "lineColumns") if facts.manifest else ():
        entity, field = column.get("entity"), column.get("field")
        if entity not in LINE_ENTITIES or not isinstance(field, str):
            continue
        declared = fields.line.get(entity, {}).get(LINES, {})
        if field not in declared:
            guess = did_you_mean(field, declared)
            message = say.UNKNOWN_LINE_FIELD(entity=entity, field=field[:80], guess=guess)
            yield _problem(facts.sources, facts.discovered.language, f"{path}.field", message)


def visibility(facts: Facts, entities: Sequence[CustomEntity], fields: Fields) -> Iterator[Problem]:
    """Conditions on a field that the record does not have: of its entity, the host's, or one that the project declares
    on it; for a column of lines, of the line either."""
    custom = {one.name: one.fields.keys() for one in entities}
    for place in ("tabs", "panels", "actions", "lineColumns"):
        for path, one in facts.manifest.items("ui", place) if facts.manifest else ():
            entity, condition = one.get("entity"), one.get("visibleWhen")
            field: Any = condition.get("field") if isinstance(condition, dict) else None
            if not isinstance(entity, str) or not isinstance(field, str):
                continue
            contract = contracts().get(entity)
            if contract is None and entity not in custom:
                continue
            known = {*SYSTEM_FIELDS, *fields.entity.get(entity, {})}
            known |= custom[entity] if contract is None else contract.fields.keys()
            if place == "lineColumns" and contract is not None:
                known |= {*(contract.lines or {}), *fields.line.get(entity, {}).get(LINES, {})}
            if field not in known:
                guess = did_you_mean(field, known)
                message = say.UNKNOWN_FIELD(entity=entity, field=field[:80], guess=guess)
                yield _problem(facts.sources, facts.discovered.language, f"{path}.visibleWhen.field", message)


def _problem(sources: Sources, language: Language, path: str, message: str) -> Problem:
    """A problem of the manifest, at its line, under its path."""
    said = message.under(path) if isinstance(message, Said) else f"{path}: {message}" if path else message
    return Problem(language.manifest, sources.line(language.manifest, "default", path), said)
