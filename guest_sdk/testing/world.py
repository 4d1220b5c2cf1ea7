"""What a test's host calls work on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from guest_sdk.testing.discover import Hook
from guest_sdk.testing.http import Http
from guest_sdk.testing.modules import Modules
from guest_sdk.testing.policy import Policy
from guest_sdk.testing.records.contract import Contracts
from guest_sdk.testing.records.records import Records
from guest_sdk.testing.records.values import Value
from guest_sdk.testing.redaction import Redactor
from guest_sdk.testing.types import IngestCall, IngestFault, LogLine


@dataclass(frozen=True, slots=True)
class Credentials:
    """The secrets of one guest, and its connection's access token, which may raise Refused."""

    secrets: dict[str, str]
    token: Callable[[], str] | None


@dataclass(frozen=True, slots=True)
class World:
    """One runtime's.

    extension: its key. connected: what a run of the connection has; of the install, where there are none. unconnected:
    what a hook has that a write sets off: it has no connection. streams: None where no manifest says.
    """

    extension: str
    policy: Policy
    hooks: Sequence[Hook]
    modules: Modules | None
    contracts: Contracts
    records: Records
    http: Http
    connected: Credentials
    unconnected: Credentials
    settings: dict[str, Value]
    streams: Sequence[str] | None
    redactor: Redactor
    logs: list[LogLine] = field(default_factory=list[LogLine])
    ingests: list[IngestCall] = field(default_factory=list[IngestCall])
    faults: list[IngestFault] = field(default_factory=list[IngestFault])
