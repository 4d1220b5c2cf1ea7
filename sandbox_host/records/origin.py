"""Who a run's records and secrets belong to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a run comes from.

    source_system: what its records say they come from: a connector's `provider`, else the extension's key.
    extension: the extension's key; declared fields and settings are kept under it.
    actor: who set the run off, `user:…`, `schedule`, `webhook`, ….
    generation: the install's generation when the run began; None takes the one of the first read.
    """

    tenant: str
    install: str
    connection: str | None
    source_system: str
    extension: str
    actor: str
    generation: int | None = None

    @property
    def scope(self) -> str:
        """What idempotency keys are unique within: the connection, else the install."""
        return f"connection:{self.connection}" if self.connection else f"install:{self.install}"
