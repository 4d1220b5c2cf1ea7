"""What every trigger hands to an invocation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox_host.capabilities.base import Json

Kind = Literal["route", "job", "hook"]


@dataclass(frozen=True, slots=True)
class Save:
    """A write that a person makes: of `record`, which was `previous`, so that the hooks of `event` run."""

    entity: str
    event: str
    record: dict[str, Json]
    previous: dict[str, Json] | None


@dataclass(frozen=True, slots=True)
class Trigger:
    """One entrypoint and its input.

    label: `POST /sync/customers`, `job:nightly`, `hook:Invoice:before_save`.
    ends: how the unit of work ends: `atomic`, all or nothing after the handler returned; `immediate`, each
    write at its call.
    attempts: how often it may run until it succeeds.
    wall_ms: this kind's own wall time in milliseconds; None for the default.
    sync_stream: the stream whose page this run syncs; None for every other run.
    secrets: values in the input that must not be shown, by name.
    save: perform this write, with every hook that it sets off, in place of the one hook alone.
    """

    kind: Kind
    label: str
    file: str
    export: str
    input: Json
    ends: Literal["atomic", "immediate"]
    attempts: int = 1
    wall_ms: int | None = None
    sync_stream: str | None = None
    secrets: tuple[tuple[str, str], ...] = ()
    save: Save | None = None

    @property
    def rejects(self) -> bool:
        """What the handler throws rejects the write that set it off."""
        return self.kind == "hook" and ":after_" not in self.label


class NoSuchEntrypoint(ValueError):
    """The version has no such route, job or hook. The message lists those that it has."""


class NotAccepted(ValueError):
    """The event cannot be handed to the guest as it is, such as a hook without an entity."""
