"""What `ingest` makes of a payload before anything is staged: whose record it is, and what it holds."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import rfc8785

from sandbox_host.errors import InvalidArgument, ValidationError
from sandbox_host.records.contract import LINES, Contract
from sandbox_host.records.document import Document, take_apart
from sandbox_host.records.fields import ExtensionFields
from sandbox_host.records.origin import Origin
from sandbox_host.records.values import Json, instant, instant_key, number_text, plain

_NEVER_IDS = ("undefined", "null", "NaN", "[object Object]")
_MAX_TEXT = 1024


@dataclass(frozen=True, slots=True)
class Item:
    """One payload to ingest, understood: its record's source id, its content, and the digest of that."""

    contract: Contract
    source_id: str
    document: Document
    digest: str
    stream: str
    key: str
    source_updated_at: str | None

    @property
    def name(self) -> str:
        """What messages call the record."""
        return f"{self.contract.entity} {self.source_id}"


def understand(
    contract: Contract,
    fields: ExtensionFields,
    origin: Origin,
    payload: Json,
    stream: Json,
    idempotency_key: Json,
    source_updated_at: Json = None,
    source_id: Json = None,
) -> Item:
    """Check one call of `ingest`; what is required may be missing. Raises InvalidArgument for the options,
    ValidationError for the payload."""
    if not isinstance(payload, dict):
        raise InvalidArgument("the payload of an ingest is an object")
    name = required_text("stream", stream)
    key = required_text("idempotencyKey", idempotency_key)
    body = dict(payload)
    _take_alias(contract, body)
    plain(
        {field: body.get(field) for field in ("source_id", contract.id_field, "id")}, contract.document_type
    )
    plain(source_id, "sourceId")
    found = source_id_of(contract.document_type, body, key, source_id)
    for field in ("source_id", "id"):
        body.pop(field, None)
    if contract.id_field in body and as_id(body[contract.id_field]) is None:
        body.pop(contract.id_field)
    _check_provenance(origin, body)
    document = take_apart(contract, fields, body, f"{contract.entity} {found}")
    try:
        digest = hashlib.sha256(rfc8785.dumps(document.whole())).hexdigest()
    except rfc8785.CanonicalizationError:
        raise ValidationError(
            f"{contract.entity} {found}: a number is outside ±2^53 and would lose digits; send it as text"
        ) from None
    return Item(contract, found, document, digest, name, key, _moment(source_updated_at))


def source_id_of(document_type: str, payload: Mapping[str, Json], key: str, given: Json = None) -> str:
    """The provider's id of the record: the option `sourceId`, else the payload's `source_id`, its
    `<document_type>_id`, its `id`, else the third part of a key `<provider>:<document_type>:<id>`. A place
    that holds no usable id is passed over. Raises ValidationError naming the places."""
    parts = key.split(":")
    places: list[tuple[str, Json]] = [
        ("the option sourceId", given),
        ("source_id", payload.get("source_id")),
        (f"{document_type}_id", payload.get(f"{document_type}_id")),
        ("id", payload.get("id")),
        (
            f"an idempotency key like provider:{document_type}:id",
            parts[2] if len(parts) == 3 and parts[1] == document_type else None,
        ),
    ]
    for _, value in places:
        found = as_id(value)
        if found is not None:
            return found
    looked = ", ".join(place for place, _ in places)
    raise ValidationError(f"this {document_type} has no source id (key {key}); looked at {looked}")


def as_id(value: Json) -> str | None:
    """A provider's id as text, or None for what is never one (empty, `undefined`, `[object Object]`, …)."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value) if math.isfinite(value) else None
    if not isinstance(value, str) or not value.strip() or value in _NEVER_IDS or len(value) > _MAX_TEXT:
        return None
    return value


def required_text(name: str, value: Json) -> str:
    """A text argument that must be there. Raises InvalidArgument."""
    if not isinstance(value, str) or not value.strip() or len(value) > _MAX_TEXT:
        raise InvalidArgument(f"{name} is a text of 1 to {_MAX_TEXT:,} characters")
    plain(value, name)
    return value


def _take_alias(contract: Contract, body: dict[str, Json]) -> None:
    if contract.lines is None or "lines" not in body:
        return
    lines = body.pop("lines")
    if lines is not None and body.get(LINES) is not None:
        raise ValidationError(f"{contract.entity}: lines and {LINES} are the same thing; send one of them")
    if lines is not None:
        body[LINES] = lines


def _check_provenance(origin: Origin, body: dict[str, Json]) -> None:
    """The host knows where a payload comes from; a payload may repeat it, not change it."""
    for field, known in (("source_system", origin.source_system), ("connection_id", origin.connection)):
        given = body.pop(field, None)
        if given is not None and given != known:
            raise ValidationError(f"{field} is {known!r} here, set by the host; leave it out")


def _moment(value: Json) -> str | None:
    if value is None:
        return None
    try:
        if not isinstance(value, str):
            raise ValueError(value)
        return instant_key(instant(value).astimezone(UTC))
    except ValueError:
        example = datetime(2026, 1, 31, 12, tzinfo=UTC).isoformat().replace("+00:00", "Z")
        raise InvalidArgument(f"sourceUpdatedAt is an ISO 8601 time such as {example}") from None
