"""The extensions of a tenant whose hooks fire, and what fires them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox_host.capabilities.base import Json
from sandbox_host.records.origin import Origin
from sandbox_host.version import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An extension in a tenant, ready to run. settings: the merged ones. secrets, and
    oauth_token, the connection's access token: exist for this run only."""

    version: Version
    origin: Origin
    settings: Mapping[str, Json] = field(default_factory=dict[str, Json])
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    oauth_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """A record before and after a write, as the extension of the hook sees it. previous: None where it is new; for a
    delete, the record too."""

    record: dict[str, Json]
    previous: dict[str, Json] | None


@dataclass(frozen=True, slots=True)
class InstalledHook:
    """One hook of one install. event: its id, `before_save`."""

    install: Installed
    entity: str
    event: str

    @property
    def label(self) -> str:
        return f"hook:{self.entity}:{self.event}"

    def name_for(self, install: str) -> str:
        """What a run of that install calls it: with its extension, where that is another."""
        origin = self.install.origin
        return self.label if origin.install == install else f"{self.label} of {origin.extension}"

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.install.origin.install, self.entity, self.event)
