"""Whether a project's parts fit together: its manifest, its files and what they export.

Every check looks at the data as the author wrote it, well-formed or not, so that one mistake hides no other.
A file whose exports are not known, because it could not be loaded, is given the benefit of the doubt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from policies.manifest import Manifest, ManifestError, parse_manifest
from policies.schedules import cron_problem
from sandbox_host.packages.declarations import Exports
from sandbox_host.packages.discovery import MANIFEST, Discovered
from sandbox_host.packages.names import AUTH_MODES, METHODS, SCHEMES, WRITING_EVENTS, did_you_mean
from sandbox_host.packages.problems import Problem
from sandbox_host.packages.sdk_names import ENTITIES

MAX_JOB_MS = 300_000
MAX_ATTEMPTS = 10


class RawManifest:
    """The manifest as it was written: any JSON, read with care."""

    def __init__(self, data: Any) -> None:
        self.data: dict[str, Any] = cast("dict[str, Any]", data) if isinstance(data, dict) else {}

    def block(self, *path: str) -> dict[str, Any]:
        """The object at a path, empty where there is none."""
        here: Any = self.data
        for key in path:
            here = cast("dict[str, Any]", here).get(key) if isinstance(here, dict) else None
        return cast("dict[str, Any]", here) if isinstance(here, dict) else {}

    def items(self, *path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Path and value of each object in the list at a path."""
        *above, last = path
        values: Any = self.block(*above).get(last)
        for index, value in enumerate(cast("list[Any]", values) if isinstance(values, list) else ()):
            if isinstance(value, dict):
                yield f"{'.'.join(path)}[{index}]", cast("dict[str, Any]", value)

    def http(self) -> list[str]:
        """The patterns of `permissions.http`."""
        values: Any = self.block("permissions").get("http")
        found: list[str] = []
        for value in cast("list[Any]", values) if isinstance(values, list) else ():
            url: Any = cast("dict[str, Any]", value).get("url") if isinstance(value, dict) else value
            if isinstance(url, str):
                found.append(url)
        return found

    def grants(self, entity: str) -> set[str]:
        value: Any = self.block("permissions", "entities").get(entity)
        return {str(verb) for verb in cast("list[Any]", value)} if isinstance(value, list) else set()

    @property
    def is_connector(self) -> bool:
        return isinstance(self.data.get("provider"), str)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a project. `modules` holds the exports of files that could be loaded."""

    discovered: Discovered
    files: Collection[str]
    modules: Mapping[str, Exports]
    manifest: RawManifest | None

    def exports(self, file: str | None) -> Exports | None:
        return None if file is None else self.modules.get(file)


def read_manifest(exports: Exports) -> tuple[RawManifest | None, Manifest | None, list[Problem]]:
    """The manifest as written, the manifest as parsed (if it is one), and what is wrong with it."""
    fact = exports.get("default")
    declaration = None if fact is None else fact.get("declaration")
    if fact is None or declaration not in ("extension", "connector") or "value" not in fact:
        message = "export default defineExtension({…}) or defineConnector({…}) is missing"
        return None, None, [Problem(MANIFEST, None, message)]
    raw = RawManifest(fact["value"])
    found: list[tuple[str, str]] = []
    manifest = None
    try:
        manifest = parse_manifest(fact["value"])
    except ManifestError as error:
        found = [(one.path, one.message) for one in error.problems]
    if declaration == "connector" and "provider" not in raw.data:
        found = [one for one in found if "provider" not in one[1]]
        found.append(("provider", 'a connector names its provider, as in provider: "stripe"'))
    if declaration == "extension" and "provider" in raw.data:
        found.append(("provider", "only a connector has one; use defineConnector"))
    problems = [Problem(MANIFEST, None, f"{path}: {message}" if path else message) for path, message in found]
    return raw, None if problems else manifest, problems


def check(facts: Facts) -> Iterator[Problem]:
    """Everything that does not fit, in no particular order."""
    yield from _routes(facts)
    yield from _hooks(facts)
    yield from _jobs(facts)
    if facts.manifest is not None:
        yield from _entities(facts, facts.manifest)
        yield from _streams(facts, facts.manifest)
        yield from _named_routes(facts, facts.manifest)
        yield from _webhooks(facts, facts.manifest)
        yield from _pages(facts, facts.manifest)


def route_auth(exports: Exports) -> Any:
    """The `auth` of a route module's `config`; `api_key` where it is left out."""
    config: Any = exports.get("config", {"type": "undefined"}).get("value")
    return cast("dict[str, Any]", config).get("auth", "api_key") if isinstance(config, dict) else "api_key"


def route_methods(exports: Exports) -> tuple[str, ...]:
    """The methods that a route module handles."""
    return tuple(method for method in METHODS if _is_function(exports, method))


def _routes(facts: Facts) -> Iterator[Problem]:
    for file in facts.discovered.routes.values():
        exports = facts.exports(file)
        if exports is None:
            continue
        for method in METHODS:
            if method in exports and not _is_function(exports, method):
                yield Problem(file, None, f"{method} is not a function; write export const {method} = api(…)")
        if not any(method in exports for method in METHODS):
            others = [name for name in sorted(exports) if name.upper() in METHODS]
            guess = f'; did you mean "{others[0].upper()}"?' if others else ""
            message = f"has no handler; export at least one of {', '.join(METHODS)}{guess}"
            yield Problem(file, None, message)
        yield from _route_config(facts, file, exports)


def _route_config(facts: Facts, file: str, exports: Exports) -> Iterator[Problem]:
    if "config" not in exports:
        return
    config: Any = exports["config"].get("value")
    if not isinstance(config, dict):
        yield Problem(
            file, None, 'config must be plain data, as in export const config = { auth: "api_key" }'
        )
        return
    for key in sorted(set(cast("dict[str, Any]", config)) - {"auth"}):
        yield Problem(file, None, f"config.{key}: unknown key{did_you_mean(key, ('auth',))}")
    auth = route_auth(exports)
    if auth not in AUTH_MODES:
        guess = did_you_mean(str(auth), AUTH_MODES) or f"; there are {', '.join(AUTH_MODES)}"
        yield Problem(file, None, f'config.auth: unknown auth mode "{auth}"{guess}')
    elif auth in SCHEMES and facts.manifest is not None and not facts.manifest.is_connector:
        message = f'config.auth: "{auth}" is for connectors only; use "public" and verify.* in the handler'
        yield Problem(file, None, message)


def _hooks(facts: Facts) -> Iterator[Problem]:
    for hook in facts.discovered.hooks:
        exports = facts.exports(hook.file)
        if exports is not None and not _is_function(exports, "default"):
            yield Problem(hook.file, None, "has no default export; write export default async (ctx) => {…}")
        if facts.manifest is None:
            continue
        needed = ["read", "write"] if hook.event in WRITING_EVENTS else ["read"]
        missing = [verb for verb in needed if verb not in facts.manifest.grants(hook.entity)]
        if missing:
            verbs = ", ".join(f'"{verb}"' for verb in needed)
            message = (
                f"the hook needs {' and '.join(missing)} on {hook.entity}; "
                f"add {hook.entity}: [{verbs}] to permissions.entities"
            )
            yield Problem(hook.file, None, message)


def _jobs(facts: Facts) -> Iterator[Problem]:
    for file in facts.discovered.jobs.values():
        exports = facts.exports(file)
        if exports is None:
            continue
        if not _is_function(exports, "run"):
            yield Problem(file, None, "has no run; write export async function run() {…}")
        schedule = value_of(exports, "schedule")
        if not isinstance(schedule, str):
            yield Problem(file, None, 'has no schedule; write export const schedule = "0 2 * * *"')
        elif reason := cron_problem(schedule):
            yield Problem(file, None, f"invalid cron expression '{schedule[:80]}'; {reason}")
        timezone = value_of(exports, "timezone", "UTC")
        if not isinstance(timezone, str) or not _is_timezone(timezone):
            yield Problem(
                file, None, f"timezone: unknown time zone {timezone!r}; write one as in Europe/Berlin"
            )
        yield from _whole_number(file, exports, "retry", 1, MAX_ATTEMPTS)
        yield from _whole_number(file, exports, "timeout_ms", 1, MAX_JOB_MS)


def _whole_number(file: str, exports: Exports, name: str, low: int, high: int) -> Iterator[Problem]:
    value = value_of(exports, name, low)
    if type(value) is not int or not low <= value <= high:
        yield Problem(file, None, f"{name}: must be a whole number from {low} to {high}")


def _entities(facts: Facts, manifest: RawManifest) -> Iterator[Problem]:
    known = {*ENTITIES, *facts.discovered.entities}
    named = [(f"permissions.entities.{name}", name) for name in manifest.block("permissions", "entities")]
    for place in ("tabs", "panels", "actions"):
        named += [(f"{path}.entity", one.get("entity")) for path, one in manifest.items("ui", place)]
    for path, name in named:
        if isinstance(name, str) and name not in known:
            yield Problem(MANIFEST, None, f"{path}: unknown entity {name}{did_you_mean(name, known)}")


def _streams(facts: Facts, manifest: RawManifest) -> Iterator[Problem]:
    for _, stream in manifest.items("streams"):
        key = stream.get("key")
        if stream.get("mode") in ("poll", "backfill") and isinstance(key, str):
            yield from _needs_route(facts, f"/sync/{key}", "POST", f'stream "{key}"')


def _webhooks(facts: Facts, manifest: RawManifest) -> Iterator[Problem]:
    webhooks = manifest.block("webhooks")
    endpoint, auth = webhooks.get("endpoint"), webhooks.get("auth")
    if not isinstance(endpoint, str):
        return
    yield from _needs_route(facts, endpoint, "POST", f'webhooks.endpoint "{endpoint}"')
    file = facts.discovered.routes.get(endpoint)
    exports = facts.exports(file)
    if file is not None and exports is not None and isinstance(auth, str) and route_auth(exports) != auth:
        message = f'config.auth is "{route_auth(exports)}", but webhooks.auth is "{auth}"; make them the same'
        yield Problem(file, None, message)


def _named_routes(facts: Facts, manifest: RawManifest) -> Iterator[Problem]:
    """Routes that the connection block calls."""
    for path in (("connection", "testConnection"), ("connection", "oauth", "postConnect")):
        block = manifest.block(*path)
        route, method = block.get("route"), block.get("method", "POST")
        if isinstance(route, str) and method in METHODS:
            yield from _needs_route(facts, route, method, f'{".".join(path)} "{route}"')


def _needs_route(facts: Facts, route: str, method: str, who: str) -> Iterator[Problem]:
    file = facts.discovered.routes.get(route)
    exports = facts.exports(file)
    if file is None or (exports is not None and method not in exports):
        yield Problem(file or f"src/api{route}.ts", None, f"{who} has no {method} route")


def _pages(facts: Facts, manifest: RawManifest) -> Iterator[Problem]:
    for path, _, _, file in pages(manifest):
        if file not in facts.files:
            yield Problem(MANIFEST, None, f"{path}: there is no file {file} in the project")


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


def _is_function(exports: Exports, name: str) -> bool:
    return name in exports and exports[name]["type"] == "function"


def value_of(exports: Exports, name: str, default: Any = None) -> Any:
    """The plain value of an export, or `default` where there is no such export."""
    return exports[name].get("value") if name in exports else default


def _is_timezone(name: str) -> bool:
    if name in ("UTC", "Etc/UTC"):
        return True
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
