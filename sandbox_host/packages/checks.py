"""Whether a project's entrypoints are what their paths say: routes, hooks and jobs, and what they export.

Every check looks at the data as the author wrote it, well-formed or not, so that one mistake hides no other.
A file whose exports are not known, because it could not be loaded, is given the benefit of the doubt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from policies.schedules import cron_problem
from sandbox_host.packages.declarations import Exports
from sandbox_host.packages.discovery import Discovered
from sandbox_host.packages.messages import entrypoints as say
from sandbox_host.packages.names import AUTH_MODES, METHODS, SCHEMES, WRITING_EVENTS, did_you_mean
from sandbox_host.packages.problems import Problem
from sandbox_host.packages.raw_manifest import RawManifest
from sandbox_host.packages.timezones import is_timezone

MAX_JOB_MS = 300_000
MAX_ATTEMPTS = 10
_JOB_EXPORTS = ("schedule", "timezone", "retry", "timeout_ms", "run")


class Sources(Protocol):
    """The scripts as they are written."""

    def line(self, file: str, export: str, path: str = "") -> int | None:
        """The line of what stands at a path of an export; None where it has no certain place."""
        ...

    def exports(self, file: str) -> Collection[str] | None:
        """The names that a script exports; None where that is not known."""
        ...


class NoSources:
    """For whoever has a bundle and nothing else."""

    def line(self, file: str, export: str, path: str = "") -> int | None:
        return None

    def exports(self, file: str) -> Collection[str] | None:
        return None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a project. `modules` holds the exports of files that could be loaded."""

    discovered: Discovered
    files: Collection[str]
    modules: Mapping[str, Exports]
    manifest: RawManifest | None
    sources: Sources

    def exports(self, file: str | None) -> Exports | None:
        return None if file is None else self.modules.get(file)


def check(facts: Facts) -> Iterator[Problem]:
    """Everything that does not fit, in no particular order."""
    yield from _routes(facts)
    yield from _hooks(facts)
    yield from _jobs(facts)


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
                yield Problem(file, facts.sources.line(file, method), say.HANDLER_FORM(method=method))
        if not any(method in exports for method in METHODS):
            others = [name for name in sorted(exports) if name.upper() in METHODS]
            guess = f'; did you mean "{others[0].upper()}"?' if others else ""
            line = facts.sources.line(file, others[0]) if others else None
            yield Problem(file, line, say.NO_HANDLER(methods=", ".join(METHODS), guess=guess))
        yield from _route_config(facts, file, exports)


def _route_config(facts: Facts, file: str, exports: Exports) -> Iterator[Problem]:
    if "config" not in exports:
        return
    config: Any = exports["config"].get("value")
    if not isinstance(config, dict):
        yield Problem(file, facts.sources.line(file, "config"), say.CONFIG_FORM())
        return
    for key in sorted(set(cast("dict[str, Any]", config)) - {"auth"}):
        line = facts.sources.line(file, "config", key)
        yield Problem(file, line, say.CONFIG_KEY(key=key, guess=did_you_mean(key, ("auth",))))
    auth = route_auth(exports)
    message = None
    if auth not in AUTH_MODES:
        guess = did_you_mean(str(auth), AUTH_MODES) or f"; there are {', '.join(AUTH_MODES)}"
        message = say.UNKNOWN_AUTH(auth=auth, guess=guess)
    elif auth in SCHEMES and facts.manifest is not None and not facts.manifest.is_connector:
        message = say.AUTH_OF_CONNECTORS(auth=auth)
    if message is not None:
        yield Problem(file, facts.sources.line(file, "config", "auth"), message)


def _hooks(facts: Facts) -> Iterator[Problem]:
    for hook in facts.discovered.hooks:
        exports = facts.exports(hook.file)
        if exports is not None and not _is_function(exports, "default"):
            message = say.HOOK_EXPORT(event=hook.event.replace("-", "_"))
            yield Problem(hook.file, facts.sources.line(hook.file, "default"), message)
        if facts.manifest is None:
            continue
        needed = ["read", "write"] if hook.event in WRITING_EVENTS else ["read"]
        missing = [verb for verb in needed if verb not in facts.manifest.grants(hook.entity)]
        if missing:
            verbs = ", ".join(f'"{verb}"' for verb in needed)
            message = say.HOOK_GRANT(missing=" and ".join(missing), entity=hook.entity, verbs=verbs)
            yield Problem(hook.file, None, message)


def _jobs(facts: Facts) -> Iterator[Problem]:
    for file in facts.discovered.jobs.values():
        exports = facts.exports(file)
        if exports is None:
            continue
        if not _is_function(exports, "run"):
            yield Problem(file, facts.sources.line(file, "run"), say.JOB_RUN())
        schedule = value_of(exports, "schedule")
        if not isinstance(schedule, str):
            yield Problem(file, facts.sources.line(file, "schedule"), say.JOB_SCHEDULE())
        elif reason := cron_problem(schedule):
            # Without its line: the platform publishes this message as "<file>: invalid cron expression …".
            yield Problem(file, None, say.JOB_CRON(text=schedule[:80], reason=reason))
        timezone = value_of(exports, "timezone", "UTC")
        if not isinstance(timezone, str) or not is_timezone(timezone):
            line = facts.sources.line(file, "timezone")
            yield Problem(file, line, say.JOB_TIMEZONE(name=repr(timezone)[:80]))
        yield from _whole_number(facts, file, exports, "retry", MAX_ATTEMPTS)
        yield from _whole_number(facts, file, exports, "timeout_ms", MAX_JOB_MS)
        folded = {_folded(name): name for name in _JOB_EXPORTS}
        for name in exports:
            if name not in _JOB_EXPORTS and _folded(name) in folded:
                message = say.JOB_EXPORT(name=name, known=folded[_folded(name)])
                yield Problem(file, facts.sources.line(file, name), message)


def _whole_number(facts: Facts, file: str, exports: Exports, name: str, high: int) -> Iterator[Problem]:
    value = value_of(exports, name, 1)
    if type(value) is not int or not 1 <= value <= high:
        line = facts.sources.line(file, name)
        yield Problem(file, line, say.JOB_NUMBER(name=name, low=1, high=high))


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def _is_function(exports: Exports, name: str) -> bool:
    return name in exports and exports[name]["type"] == "function"


def value_of(exports: Exports, name: str, default: Any = None) -> Any:
    """The plain value of an export, or `default` where there is no such export."""
    return exports[name].get("value") if name in exports else default
