"""What only a connector has: bringing records in, and remembering how far it got."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar, cast

from guest_sdk._runtime.host import ask, present, send
from guest_sdk._runtime.json import to_json
from guest_sdk._runtime.objects import JsonObject
from guest_sdk.errors import InvalidArgument
from guest_sdk.records import DocumentType
from guest_sdk.routes import ApiRequest

__all__ = [
    "IngestApi",
    "IngestBatchResult",
    "IngestError",
    "IngestFailure",
    "IngestResult",
    "ListPage",
    "SyncApi",
    "ingest",
    "sync",
]

DEFAULT_PAGE_SIZE = 100

_LEFT_OUT: Any = object()

Payload = TypeVar("Payload", bound=Mapping[str, Any])


class IngestResult(JsonObject):
    """What became of one payload."""

    __slots__ = ()

    @property
    def status(self) -> Literal["created", "updated", "duplicate"]:
        return self._json["status"]

    @property
    def id(self) -> str:
        """The record's."""
        return self._json["id"]

    @property
    def document_type(self) -> str:
        return self._json["documentType"]

    @property
    def source_id(self) -> str:
        """The provider's identifier."""
        return self._json["sourceId"]

    @property
    def version(self) -> int:
        return self._json["version"]

    @property
    def idempotency_key(self) -> str:
        return self._json["idempotencyKey"]

    @property
    def reason(self) -> Literal["stale"] | None:
        """Why nothing was written, where that is not the payload being the same."""
        return self._json.get("reason")


class IngestError(JsonObject):
    """Why a payload of a batch was refused."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return self._json["name"]

    @property
    def code(self) -> str:
        return self._json["code"]

    @property
    def message(self) -> str:
        return self._json["message"]


class IngestFailure(JsonObject):
    """A payload of a batch that was refused."""

    __slots__ = ()

    @property
    def index(self) -> int:
        """Its place in the batch, from 0."""
        return self._json["index"]

    @property
    def idempotency_key(self) -> str | None:
        return self._json["idempotencyKey"]

    @property
    def error(self) -> IngestError:
        return IngestError(self._json["error"])


class IngestBatchResult(JsonObject):
    """What became of a batch."""

    __slots__ = ()

    @property
    def imported(self) -> int:
        return self._json["imported"]

    @property
    def failed(self) -> int:
        return self._json["failed"]

    @property
    def duplicates(self) -> int:
        return self._json["duplicates"]

    @property
    def results(self) -> list[IngestResult]:
        return [IngestResult(one) for one in self._json["results"]]

    @property
    def failed_records(self) -> list[IngestFailure]:
        """Those that `continue_on_error` collected."""
        return [IngestFailure(one) for one in self._json["failedRecords"]]


class IngestApi:
    """Writes a provider's records as canonical ones, with provenance, versions and idempotency.

    Needs `write` on the entity. Raises ValidationError with the path of the field that breaks the contract,
    Conflict where the key belongs to another record, NotAvailable outside a connector.
    """

    __slots__ = ()

    def canonical(
        self,
        document_type: DocumentType,
        payload: Mapping[str, Any],
        *,
        stream: str,
        idempotency_key: str,
        source_id: str | None = None,
        source_updated_at: str | datetime | None = None,
    ) -> IngestResult:
        """The record is identified by `source_id`, else the payload's `source_id`, else its `<document_type>_id`,
        else its `id`, else the last part of the idempotency key.

        stream: a key of the manifest's `streams`. idempotency_key: names this delivery of this record, as in
        `stripe:customer:cus_123`; the same key with the same payload is a duplicate, with another payload a new
        version, with another record a Conflict. source_updated_at: when the provider last changed the record, as
        RFC 3339 or an aware datetime; data older than what is stored is not written.
        """
        options = {
            "stream": stream,
            "idempotencyKey": idempotency_key,
            "sourceId": source_id,
            "sourceUpdatedAt": source_updated_at,
        }
        args = {"payload": payload, "options": present(**options)}
        return IngestResult(ask("ingest", "canonical", {"documentType": document_type}, args))

    def batch(
        self,
        document_type: DocumentType,
        payloads: Sequence[Payload],
        *,
        stream: str,
        idempotency_key: Callable[[Payload], str],
        source_id: Callable[[Payload], str] | None = None,
        continue_on_error: bool | None = None,
    ) -> IngestBatchResult:
        """The same for up to 1,000 payloads, with a function of the payload for what differs.

        continue_on_error: collect failures in `failed_records` instead of raising the first.
        """
        _check_callable("idempotency_key", idempotency_key)
        if source_id is not None:
            _check_callable("source_id", source_id)
        if not isinstance(payloads, list | tuple):
            raise InvalidArgument("ingest.batch: payloads must be a list")
        items: list[str] = []
        for index, payload in enumerate(cast("Sequence[Payload]", payloads)):
            text = to_json(payload, f"payloads[{index}]")
            text += f',"idempotencyKey":{to_json(idempotency_key(payload), "idempotency_key")}'
            if source_id is not None:
                text += f',"sourceId":{to_json(source_id(payload), "source_id")}'
            items.append(f'{{"payload":{text}}}')
        how = present(stream=stream, continueOnError=continue_on_error)
        args = f'{{"documentType":{to_json(document_type, "document_type")},"items":[{",".join(items)}]'
        return IngestBatchResult(send("ingest", "batch", f'{args},"options":{to_json(how, "options")}}}'))


def _check_callable(name: str, value: object) -> None:
    if not callable(value):
        raise InvalidArgument(f"ingest.batch: {name} must be a function of the payload")


ingest = IngestApi()
"""Records from the provider; connectors only."""


class ListPage:
    """The page that the host asks a sync route for.

    stream: as `list_page` was told. cursor: where to go on, as the last page committed it; None on the first page.
    page: counts from 1. page_size: 100 where the host named none. from_, to: the window of a backfill (RFC 3339),
    else None.
    """

    __slots__ = ("_cursor", "_from", "_page", "_page_size", "_stream", "_to")

    def __init__(self, request: ApiRequest, stream: str) -> None:
        self._stream = stream
        self._cursor = _text(request, "cursor")
        self._page = _count(request, "page", 1)
        self._page_size = _count(request, "page_size", DEFAULT_PAGE_SIZE)
        self._from = _text(request, "from")
        self._to = _text(request, "to")

    @property
    def stream(self) -> str:
        """The stream's key."""
        return self._stream

    @property
    def cursor(self) -> Any:
        """Where to go on, as the last page committed it; None on the first page."""
        return self._cursor

    @property
    def page(self) -> int:
        """Counts from 1."""
        return self._page

    @property
    def page_size(self) -> int:
        """100 where the host named none."""
        return self._page_size

    @property
    def from_(self) -> str | None:
        """The beginning of a backfill's window (RFC 3339), else None."""
        return self._from

    @property
    def to(self) -> str | None:
        """The end of a backfill's window (RFC 3339), else None."""
        return self._to

    def commit(
        self,
        *,
        cursor: str | int | None = _LEFT_OUT,
        has_more: bool | None = None,
        checkpoint: Mapping[str, Any] | None = None,
    ) -> None:
        """Stage the page's end: stored together with the page's records, or not at all.

        cursor: where the next page begins, as the provider says it; None after the last one. Beside a checkpoint it
        may be left out: then the checkpoint alone says it. checkpoint: what the next run should know.
        """
        given: dict[str, object] = {"stream": self._stream}
        if cursor is not _LEFT_OUT:
            given["cursor"] = cursor
        window = {"from": self._from, "to": self._to}
        ask("sync", "commitPage", given, {"hasMore": has_more, "checkpoint": checkpoint, **window})


class SyncApi:
    """Checkpoints by stream and, where one is given, partition: an object that says which part.

    Raises NotAvailable outside a connector, InvalidArgument for a stream that the manifest does not declare.
    """

    __slots__ = ()

    def get_checkpoint(
        self, stream: str, *, partition: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """What was kept last, or None."""
        return ask("sync", "getCheckpoint", {"stream": stream}, {"partition": partition})

    def set_checkpoint(
        self, stream: str, checkpoint: Mapping[str, Any], *, partition: Mapping[str, Any] | None = None
    ) -> None:
        """Keep plain JSON, together with the run's records or not at all."""
        ask("sync", "setCheckpoint", {"stream": stream}, {"value": checkpoint, "partition": partition})

    def list_page(self, request: ApiRequest, stream: str) -> ListPage:
        """The page that `request` asks for."""
        if not isinstance(request, ApiRequest):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgument("sync.list_page(request, stream): request must be the route's request")
        if not isinstance(stream, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgument("sync.list_page(request, stream): stream must be a string")
        return ListPage(request, stream)


def _given(request: ApiRequest, name: str) -> Any:
    """What the host set for this page: typed in the body, as strings in the query."""
    body = request.body
    if isinstance(body, dict):
        value = cast("dict[str, Any]", body).get(name)
        if value is not None:
            return value
    value = request.search_params.get(name)
    values = cast("list[Any]", value) if isinstance(value, list) else [value]
    return values[0] if values else None


def _text(request: ApiRequest, name: str) -> Any:
    value = _given(request, name)
    return None if value == "" else value


def _count(request: ApiRequest, name: str, fallback: int) -> int:
    value = _given(request, name)
    if value is None or value == "":
        return fallback
    if isinstance(value, str) and re.fullmatch(r"\s*\+?[0-9]{1,15}\s*", value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidArgument(f"{name} must be a whole number from 1")
    return value


sync = SyncApi()
"""Checkpoints and pages; connectors only."""
