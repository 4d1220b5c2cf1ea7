"""What a guest can ask for: one file each, listed in `for_run`. Adding one is a file and a line."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from policies.limits import Budget
from policies.permissions import Call, PermissionSet
from sandbox_host.capabilities.base import Capability, Json
from sandbox_host.capabilities.crypto import CryptoCapability
from sandbox_host.capabilities.entity import EntityCapability, EntityWrites
from sandbox_host.capabilities.http import HttpCapability
from sandbox_host.capabilities.ingest import IngestCapability, IngestWrites
from sandbox_host.capabilities.log import LogCapability, LogLine
from sandbox_host.capabilities.oauth import OAuthCapability
from sandbox_host.capabilities.secrets import SecretsCapability
from sandbox_host.capabilities.settings import SettingsCapability
from sandbox_host.capabilities.sync import SyncCapability
from sandbox_host.capabilities.verify import VerifyCapability
from sandbox_host.egress.base import Egress
from sandbox_host.records.unit_of_work import UnitOfWork
from sandbox_host.redaction import Redactor
from sandbox_host.vault import SecretsView


class RecordWrites(EntityWrites, IngestWrites, Protocol):
    """Every way to write a record. The unit of work itself is one that sets off no hooks."""


@dataclass(frozen=True, slots=True)
class RunParts:
    """What the capabilities of one run are made of.

    writes: how the unit of work is written to: with the hooks that a write sets off. lines: the run's log.
    check: the broker's decision on a further hop of an HTTP call. remaining_s: wall time left, in seconds.
    random: drawn from the run's seed. oauth_token: the connection's access token, if it has one.
    """

    permissions: PermissionSet
    budget: Budget
    redactor: Redactor
    unit: UnitOfWork
    writes: RecordWrites
    lines: list[LogLine]
    secrets: SecretsView
    oauth_token: str | None
    settings: Mapping[str, Json]
    streams: frozenset[str]
    egress: Egress
    check: Callable[[Call], None]
    remaining_s: Callable[[], float]
    now_s: Callable[[], float]
    random: random.Random


def for_run(parts: RunParts) -> dict[str, Capability]:
    """Every capability, by name."""
    limits = parts.budget.limits
    tokens = OAuthCapability(parts.oauth_token)
    every: tuple[Capability, ...] = (
        HttpCapability(
            parts.egress,
            parts.permissions,
            limits,
            check=parts.check,
            remaining_s=parts.remaining_s,
            oauth=None if parts.oauth_token is None else tokens.access_token,
            secrets_in=parts.redactor.names_in,
        ),
        SecretsCapability(parts.secrets, parts.redactor, parts.permissions.secret_names()),
        SettingsCapability(parts.settings),
        EntityCapability(parts.unit, parts.writes, parts.permissions),
        IngestCapability(parts.writes),
        SyncCapability(parts.unit, parts.streams),
        LogCapability(parts.budget, parts.redactor, parts.lines),
        VerifyCapability(parts.now_s),
        CryptoCapability(parts.random.randbytes),
        tokens,
    )
    return {capability.name: capability for capability in every}
