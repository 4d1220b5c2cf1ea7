"""The normalised manifest of a version: what its author declared, and what its files turned out to be.

It is plain JSON in the archive and these models in Python. Everything in it can be worked out again from the
bundle alone, so a server that is handed one need not believe it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue

FieldType: TypeAlias = Literal[
    "string", "text", "number", "decimal", "currency", "boolean", "date", "datetime", "select", "json"
]
EntityFieldType: TypeAlias = Literal[
    "string", "number", "boolean", "json", "date", "datetime", "enum", "reference", "decimal"
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExtensionField(_Model):
    """A value of the extension's own on a record, or on its lines."""

    label: str = Field(min_length=1, max_length=200)
    type: FieldType
    options: tuple[str, ...] | None = None
    currencyField: str | None = None
    index: bool | None = None


class Fields(_Model):
    """entity: entity → key → field. line: entity → collection → key → field."""

    entity: dict[str, dict[str, ExtensionField]] = {}
    line: dict[str, dict[Literal["line_items"], dict[str, ExtensionField]]] = {}


class EntityField(_Model):
    """One field of a custom entity."""

    type: EntityFieldType
    required: bool | None = None
    default: JsonValue = None
    index: bool | None = None
    values: tuple[str, ...] | None = None
    entity: str | None = None


class CustomEntity(_Model):
    """An entity that the extension defines."""

    name: str
    file: str
    fields: dict[str, EntityField]


class Route(_Model):
    """`path` starts with `/`; `methods` are upper case, each a named export of `file`."""

    path: str
    methods: tuple[str, ...]
    auth: str
    file: str


class Hook(_Model):
    """`event` is the id, `before_save`; the handler is the default export of `file`."""

    entity: str
    event: str
    file: str


class Job(_Model):
    """`retry` counts attempts; `run` is an export of `file`."""

    name: str
    schedule: str
    timezone: str
    retry: int
    timeout_ms: int
    file: str


class Page(_Model):
    """A script that the manifest names: listed, and not in the bundle."""

    kind: Literal["page", "tab", "panel", "action"]
    id: str
    file: str


class Entrypoints(_Model):
    """Everything in a version that can be started, in order of its file."""

    routes: tuple[Route, ...] = ()
    hooks: tuple[Hook, ...] = ()
    jobs: tuple[Job, ...] = ()
    pages: tuple[Page, ...] = ()
    entities: tuple[CustomEntity, ...] = ()

    def route(self, path: str) -> Route | None:
        return next((route for route in self.routes if route.path == path), None)

    def hook(self, entity: str, event: str) -> Hook | None:
        return next((hook for hook in self.hooks if (hook.entity, hook.event) == (entity, event)), None)

    def job(self, name: str) -> Job | None:
        return next((job for job in self.jobs if job.name == name), None)

    def files(self) -> Iterator[str]:
        """The files whose exports are called."""
        for entrypoint in (*self.routes, *self.hooks, *self.jobs):
            yield entrypoint.file


class Deployment(_Model):
    """What is in an archive's `deployment.json`. `manifest` is as the author wrote it."""

    format: Literal[1] = 1
    manifest: dict[str, JsonValue]
    fields: Fields = Fields()
    entrypoints: Entrypoints = Entrypoints()

    def as_json(self) -> dict[str, Any]:
        """As plain JSON, without what is absent."""
        return self.model_dump(mode="json", exclude_none=True)
