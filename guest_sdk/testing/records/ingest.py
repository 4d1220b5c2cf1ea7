"""What `ingest` makes of a payload before anything is written: whose record it is, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass

from guest_sdk.testing.errors import invalid, not_valid
from guest_sdk.testing.records.contract import LINES, Contract, ExtensionFields
from guest_sdk.testing.records.document import Document, take_apart
from guest_sdk.testing.records.values import (
    Fields,
    Value,
    canonical,
    instant_key,
    is_number,
    number_text,
    plain,
)

_NEVER_IDS = ("undefined", "null", "NaN", "[object Object]")
_MAX_TEXT = 1024


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a run's records come from: what the host knows of them without being told."""

    source_system: str
    connection: str | None


@dataclass(frozen=True, slots=True)
class IngestArguments:
    """One call, as it was made."""

    payload: Value
    stream: Value
    idempotency_key: Value
    source_updated_at: Value = None
    source_id: Value = None


@dataclass(frozen=True, slots=True)
class Item:
    """One payload to ingest, understood. digest: equal for equal content."""

    contract: Contract
    source_id: str
    document: Document
    digest: str
    stream: str
    key: str
    source_updated_at: str | None


def understand(
    contract: Contract,
    fields: ExtensionFields,
    origin: Origin,
    given: IngestArguments,
    *,
    partial: bool = False,
) -> Item:
    """Check one call. partial: what is required may be missing. Raises Refused."""
    if not isinstance(given.payload, dict):
        raise invalid("the payload of an ingest is an object")
    stream = required_text("stream", given.stream)
    key = required_text("idempotencyKey", given.idempotency_key)
    body = dict(given.payload)
    _take_alias(contract, body)
    id_field = f"{contract.document_type}_id"
    for field in ("source_id", id_field, "id"):
        plain(body.get(field), f"{contract.document_type}.{field}")
    plain(given.source_id, "sourceId")
    found = source_id_of(contract.document_type, body, key, given.source_id)
    body.pop("source_id", None)
    body.pop("id", None)
    if id_field in body and as_id(body[id_field]) is None:
        del body[id_field]
    _check_provenance(origin, body)
    document = take_apart(contract, fields, body, f"{contract.entity} {found}", partial=partial)
    moment = _moment(given.source_updated_at)
    return Item(contract, found, document, canonical(document.whole()), stream, key, moment)


def source_id_of(document_type: str, payload: Fields, key: str, given: Value) -> str:
    """The provider's id of the record; a place that holds no usable id is passed over. Raises Refused naming the
    places."""
    parts = key.split(":")
    in_key = parts[2] if len(parts) == 3 and parts[1] == document_type else None
    places: list[tuple[str, Value]] = [
        ("the option sourceId", given),
        ("source_id", payload.get("source_id")),
        (f"{document_type}_id", payload.get(f"{document_type}_id")),
        ("id", payload.get("id")),
        (f"an idempotency key like provider:{document_type}:id", in_key),
    ]
    for _, value in places:
        found = as_id(value)
        if found is not None:
            return found
    looked = ", ".join(place for place, _ in places)
    raise not_valid(f"this {document_type} has no source id (key {key}); looked at {looked}")


def as_id(value: Value) -> str | None:
    """A provider's id as text, or None for what is never one (empty, `undefined`, `[object Object]`, …)."""
    if is_number(value):
        return number_text(value)
    if not isinstance(value, str) or not value.strip() or value in _NEVER_IDS:
        return None
    return None if len(value) > _MAX_TEXT else value


def required_text(name: str, value: Value) -> str:
    """A text argument that must be there. Raises Refused."""
    if not isinstance(value, str) or not value.strip() or len(value) > _MAX_TEXT:
        raise invalid(f"{name} is a text of 1 to {_MAX_TEXT:,} characters")
    plain(value, name)
    return value


def _take_alias(contract: Contract, body: Fields) -> None:
    if contract.lines is None or "lines" not in body:
        return
    lines = body.pop("lines")
    if lines is None:
        return
    if body.get(LINES) is not None:
        raise not_valid(f"{contract.entity}: lines and {LINES} are the same thing; send one of them")
    body[LINES] = lines


def _check_provenance(origin: Origin, body: Fields) -> None:
    known = {"source_system": origin.source_system, "connection_id": origin.connection}
    for field, value in known.items():
        given = body.pop(field, None)
        if given is not None and given != value:
            raise not_valid(f"{field} is {value!r} here, set by the host; leave it out")


def _moment(value: Value) -> str | None:
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return instant_key(value)
    except ValueError:
        pass
    raise invalid("sourceUpdatedAt is an ISO 8601 time such as 2026-01-31T12:00:00Z")
