"""Documents of a provider, ingested as versions of records: once per idempotency key and content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from guest_sdk.testing.errors import Refused
from guest_sdk.testing.records.contract import Contracts, ExtensionFields
from guest_sdk.testing.records.document import draft_of, take_apart
from guest_sdk.testing.records.given import now
from guest_sdk.testing.records.ingest import IngestArguments, Item, Origin, understand
from guest_sdk.testing.records.row import SYSTEM_TYPES, Identity, Row
from guest_sdk.testing.records.table import Table
from guest_sdk.testing.records.values import Fields

IngestAction: TypeAlias = Literal["canonical", "batch"]


@dataclass(frozen=True, slots=True)
class _IngestKey:
    document_type: str
    source_id: str
    digest: str


class Documents:
    """origin: where documents come from, by now. Every method raises Refused."""

    def __init__(
        self, contracts: Contracts, fields: ExtensionFields, table: Table, origin: Callable[[], Origin]
    ) -> None:
        self._contracts = contracts
        self._fields = fields
        self._table = table
        self._origin = origin
        self._keys: dict[tuple[str, str], _IngestKey] = {}

    def savepoint(self) -> Callable[[], None]:
        """A function that takes back every key from here on."""
        copy = dict(self._keys)

        def take_back() -> None:
            self._keys = dict(copy)

        return take_back

    @property
    def is_empty(self) -> bool:
        """Was nothing ingested yet?"""
        return not self._keys

    def ingest(self, document_type: str, given: IngestArguments, action: IngestAction) -> Fields:
        """Store one payload; answers what became of it."""
        contract = self._contracts.of_document(document_type)
        return self.ingest_item(understand(contract, self._fields, self._origin(), given), action)

    def item(self, document_type: str, given: IngestArguments) -> Item:
        """What `ingest` would store: checked, but for what is required."""
        contract = self._contracts.of_document(document_type)
        return understand(contract, self._fields, self._origin(), given, partial=True)

    def before_item(self, item: Item) -> tuple[Fields | None, Row | None]:
        """What `ingest` answers to an item that changes nothing, None where it is new; and the row that it is a
        version of."""
        document_type = item.contract.document_type
        known = self._keys.get((item.stream, item.key))
        if known and (known.document_type, known.source_id) != (document_type, item.source_id):
            raise Refused(
                "Conflict",
                f"idempotency key '{item.key}' of stream '{item.stream}' belongs to {known.document_type} "
                f"{known.source_id}, and cannot write {document_type} {item.source_id}",
            )
        previous = self._table.of_identity(self._identity_of_item(item))
        if previous is None:
            return None, None
        if known and known.digest == item.digest:
            return _outcome("duplicate", item, previous), previous
        if item.source_updated_at and (previous.source_updated_at or "") > item.source_updated_at:
            return {**_outcome("duplicate", item, previous), "reason": "stale"}, previous
        return None, previous

    def item_draft(self, item: Item, body: Fields, previous: Fields | None) -> Fields:
        """The record as ingesting the item with this body would make it. What is required may be missing."""
        known: Fields = {
            "source_system": self._origin().source_system,
            "source_id": item.source_id,
            "connection_id": self._origin().connection,
        }
        if previous is not None:
            known = {name: previous.get(name) for name in SYSTEM_TYPES}
        return draft_of(item.contract, self._fields, body, known)

    def with_body(self, item: Item, body: Fields) -> Item:
        """The item with another body, whole; its digest is still that of what the provider sent."""
        name = f"{item.contract.entity} {item.source_id}"
        return replace(item, document=take_apart(item.contract, self._fields, body, name))

    def ingest_item(self, item: Item, action: IngestAction) -> Fields:
        duplicate, previous = self.before_item(item)
        if duplicate is not None:
            return duplicate
        identity = self._identity_of_item(item)
        row = self._table.put(
            previous,
            identity,
            self._table.new_id(),
            now(),
            item.document,
            source_updated_at=item.source_updated_at,
        )
        known = _IngestKey(item.contract.document_type, item.source_id, item.digest)
        self._keys[item.stream, item.key] = known
        self._table.note("ingest", action, row, {"source_id": item.source_id, **item.document.whole()})
        return _outcome("created" if previous is None or previous.deleted else "updated", item, row)

    def _identity_of_item(self, item: Item) -> Identity:
        origin = self._origin()
        return (item.contract.entity, origin.source_system, origin.connection, item.source_id)


def _outcome(status: str, item: Item, row: Row) -> Fields:
    return {
        "status": status,
        "id": row.id,
        "documentType": item.contract.document_type,
        "sourceId": item.source_id,
        "version": row.version,
        "idempotencyKey": item.key,
    }
