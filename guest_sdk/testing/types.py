"""What a test gives to its runtime, and what it looks at afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypedDict

from guest_sdk.connectors import IngestResult

Level: TypeAlias = Literal["debug", "info", "warn", "error"]
HttpFailure: TypeAlias = Literal["EgressBlocked", "HttpTimeout", "ResponseTooLarge"]
IngestFailureName: TypeAlias = Literal["ValidationError", "Conflict"]


class ConnectorOptions(TypedDict, total=False):
    """Where they are not the manifest's."""

    key: str
    provider: str


class ConnectionOptions(TypedDict, total=False):
    """The connection of the run: `request.context.connection`."""

    id: str
    provider: str


class _Token(TypedDict):
    access_token: str


class OAuthOptions(_Token, total=False):
    """The connection's OAuth tokens.

    required_scopes: asking for the token raises NotAvailable while one of these is not among `scopes`.
    """

    scopes: Sequence[str]
    required_scopes: Sequence[str]
    provider: str


@dataclass(frozen=True, slots=True)
class Failure:
    """What something failed with: `ValidationError`, `validation_error` and a text for people."""

    name: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class HttpStub:
    """One answer to one request that has not been used yet; see `StubbedHttp.get_once`."""

    method: str
    url: str | None
    status: int
    headers: Mapping[str, str]
    body: Any
    error: HttpFailure | None
    as_json: bool


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a request was answered. body: as it went over the wire."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A request that a handler made.

    headers: as sent, `authorization` included; lower-case names. body: as the handler gave it; None where there is
    none. options: as the handler gave them, under the platform's names. Of response and error one is None.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: Any
    options: dict[str, Any]
    response: HttpAnswer | None
    error: Failure | None


@dataclass(slots=True)
class IngestCall:
    """One payload that a handler handed to `ingest`; those of a batch are listed one by one.

    source_id: the record's id at the provider, as the host works it out; None where that failed. Of result and error
    one is None.
    """

    action: Literal["canonical", "batch"]
    document_type: str
    idempotency_key: str
    stream: str
    payload: Any
    source_id: str | None = None
    result: IngestResult | None = None
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class IngestFault:
    """Which ingest to fail, and how: all that is given must match."""

    document_type: str | None
    source_id: str | None
    idempotency_key: str | None
    name: IngestFailureName
    message: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """data: None where none was given. Secrets that the handler has read appear as `[secret:NAME]`."""

    level: Level
    message: str
    data: Any


@dataclass(frozen=True, slots=True)
class RouteResponse:
    """What a route answered."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class HookOutcome:
    """What came of a hook.

    record: with what `before_save` or `recalculate` returned merged into it and checked as the host does. returned:
    None for nothing. rejected: what a before-hook raised, or why what it returned cannot be merged: the write is
    refused. None where it goes on.
    """

    record: dict[str, Any]
    returned: Any
    rejected: Failure | None
