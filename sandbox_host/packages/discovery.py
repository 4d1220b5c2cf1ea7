"""What each file of a project is, by its path alone.

    backfill.config.ts                  the manifest
    src/hooks/<entity-kebab>/<event>.ts a hook
    src/jobs/<name>.ts                  a job
    src/api/<path>.ts                   a route, /<path>
    src/entities/<Pascal>.ts            a custom entity
    src/fields/<Entity>.ts              extension fields of an entity

A project in Python has the same paths, ending in `.py`. Everything else is a helper: imported or unused, never
registered. Pages are named by the manifest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from policies.messages import Said
from sandbox_host.packages.language import TYPESCRIPT, Language
from sandbox_host.packages.messages import declarations, entrypoints
from sandbox_host.packages.names import EVENTS, did_you_mean, kebab
from sandbox_host.packages.problems import Problem
from sandbox_host.packages.sdk_names import ENTITIES, EXPORTS

MANIFEST = TYPESCRIPT.manifest

_SEGMENT = re.compile(r"[A-Za-z0-9_-]+|\[[A-Za-z_][A-Za-z0-9_]*\]")
_PARAMETER = re.compile(r"\[[^\]]*\]")
_JOB = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PASCAL = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")


@dataclass(frozen=True, slots=True)
class HookFile:
    file: str
    entity: str
    event: str
    """As the file is named: `before-save`."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """The files with a role, each list in order of its path."""

    language: Language = TYPESCRIPT
    manifest: bool = False
    hooks: tuple[HookFile, ...] = ()
    jobs: dict[str, str] = field(default_factory=dict)
    """Job name → file."""
    routes: dict[str, str] = field(default_factory=dict)
    """Route path → file."""
    entities: dict[str, str] = field(default_factory=dict)
    """Custom entity → file."""
    fields: dict[str, str] = field(default_factory=dict)
    """Host entity → file."""
    problems: tuple[Problem, ...] = ()

    def modules(self) -> tuple[str, ...]:
        """Every file to evaluate, in the order to evaluate it: the manifest, entities, then the rest."""
        first = [self.language.manifest] if self.manifest else []
        rest = [*self.fields.values(), *(hook.file for hook in self.hooks), *self.jobs.values()]
        return (*first, *sorted(self.entities.values()), *sorted([*rest, *self.routes.values()]))


def is_code(path: str) -> bool:
    """May this script become part of a package? Tests and type declarations do not."""
    return TYPESCRIPT.is_code(path)


def discover(files: Iterable[str], language: Language = TYPESCRIPT) -> Discovered:
    """Sort a project's files into their roles. Pure: reads no file."""
    paths = sorted(path for path in files if language.is_entrypoint(path))
    search = _Search(language)
    search.entities = search.named(paths, "src/entities/", _PASCAL, search.entity_name)
    for name, file in search.entities.items():
        if name in EXPORTS:
            search.wrong(file, declarations.PLATFORM_NAME(name=name))
    known = {*ENTITIES, *search.entities}
    search.fields = search.named(paths, "src/fields/", _PASCAL, search.fields_name)
    for name, file in search.fields.items():
        if name not in known:
            search.wrong(file, declarations.FIELDS_ENTITY(name=name, guess=did_you_mean(name, known)))
    search.jobs = search.named(paths, "src/jobs/", _JOB, lambda name: entrypoints.JOB_NAME(name=name))
    search.find_hooks(paths, known)
    search.find_routes(paths)
    return Discovered(
        language=language,
        manifest=language.manifest in paths,
        hooks=tuple(search.hooks),
        jobs=search.jobs,
        routes=search.routes,
        entities=search.entities,
        fields=search.fields,
        problems=tuple(search.problems),
    )


class _Search:
    """What has been found so far."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self.hooks: list[HookFile] = []
        self.jobs: dict[str, str] = {}
        self.routes: dict[str, str] = {}
        self.entities: dict[str, str] = {}
        self.fields: dict[str, str] = {}
        self.problems: list[Problem] = []

    def wrong(self, file: str, message: Said) -> None:
        self.problems.append(Problem(file, None, message))

    def entity_name(self, name: str) -> Said:
        example = f"src/entities/TaxRecord{self._language.ending}"
        return declarations.ENTITY_FILE_NAME(name=name, what="a custom entity", example=example)

    def fields_name(self, name: str) -> Said:
        example = f"src/fields/Invoice{self._language.ending}"
        return declarations.ENTITY_FILE_NAME(name=name, what="an entity", example=example)

    def named(
        self, paths: list[str], folder: str, grammar: re.Pattern[str], otherwise: Callable[[str], Said]
    ) -> dict[str, str]:
        """Files directly in `folder`, by their name. otherwise: what to say of a name that is none."""
        found: dict[str, str] = {}
        for file in paths:
            if not file.startswith(folder):
                continue
            name = self._language.without_ending(file.removeprefix(folder))
            if not grammar.fullmatch(name):
                self.wrong(file, otherwise(name))
            elif name in found:
                self.wrong(file, entrypoints.SAME_FILE_NAME(other=found[name]))
            else:
                found[name] = file
        return found

    def find_hooks(self, paths: list[str], known: set[str]) -> None:
        folders = {kebab(entity): entity for entity in known}
        seen: dict[tuple[str, str], str] = {}
        for file in paths:
            if not file.startswith("src/hooks/"):
                continue
            parts = self._language.without_ending(file.removeprefix("src/hooks/")).split("/")
            if len(parts) != 2:
                self.wrong(file, entrypoints.HOOK_PATH())
                continue
            folder, event = parts
            entity = folders.get(folder)
            if entity is None:
                self.wrong(file, entrypoints.HOOK_ENTITY(name=folder, guess=did_you_mean(folder, folders)))
            if event not in EVENTS:
                near = did_you_mean(event, EVENTS) or f"; events are {', '.join(EVENTS)}"
                self.wrong(file, entrypoints.HOOK_EVENT(name=event, guess=near))
            if entity is None or event not in EVENTS:
                continue
            first = seen.setdefault((entity, event), file)
            if first != file:
                self.wrong(file, entrypoints.SAME_HOOK(other=first))
            else:
                self.hooks.append(HookFile(file, entity, event))

    def find_routes(self, paths: list[str]) -> None:
        shapes: dict[str, str] = {}
        for file in paths:
            if not file.startswith("src/api/"):
                continue
            segments = self._language.without_ending(file.removeprefix("src/api/")).split("/")
            route = "/" + "/".join(segments)
            if not all(_SEGMENT.fullmatch(segment) for segment in segments):
                self.wrong(file, entrypoints.ROUTE_NAME(route=route))
                continue
            parameters = [segment[1:-1] for segment in segments if segment.startswith("[")]
            twice = next((name for name in parameters if parameters.count(name) > 1), None)
            if twice is not None:
                self.wrong(file, entrypoints.SAME_PARAMETER(name=twice))
            # `/[id]` and `/[name]` answer the same requests.
            first = shapes.setdefault(_PARAMETER.sub("[]", route), file)
            if first != file:
                self.wrong(file, entrypoints.SAME_ROUTE(other=first))
            else:
                self.routes[route] = file
