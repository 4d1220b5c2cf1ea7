"""Writes of a provider's documents: each is the next version of the record that it is about, unless it is known."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox_host.db import TenantSession
from sandbox_host.errors import Conflict
from sandbox_host.records.draft import Draft
from sandbox_host.records.ingest import Item
from sandbox_host.records.row import Content, Identity, Row, system_fields
from sandbox_host.records.store import IngestKey
from sandbox_host.records.view import Layer, Merged, View, laid, require_whole_for, whole
from sandbox_host.records.writing import Record, Write, Writer


@dataclass(frozen=True, slots=True)
class IngestWrites:
    """How the guests of one extension ingest."""

    view: View
    writer: Writer

    def known(self, session: TenantSession, item: Item) -> tuple[Record | None, Row | None, IngestKey | None]:
        """The answer to an item that changes nothing, None where it is new; the row that it is a version of; and
        what its key remembers. Raises Conflict where its key belongs to another record."""
        contract, staging = item.contract, self.writer.staging
        key = staging.key(session, self.view.origin.scope, item.stream, item.key)
        if key and (key.document_type, key.source_id) != (contract.document_type, item.source_id):
            raise Conflict(
                f"idempotency key {item.key!r} of stream {item.stream!r} belongs to {key.document_type}"
                f" {key.source_id}, and cannot write {contract.document_type} {item.source_id}"
            )
        previous = staging.of_identity(session, self.view, self._identity(item))
        if key and previous and key.digest == item.digest:
            return _answer("duplicate", item, previous), previous, key
        newer = (previous.source_updated_at or "") if previous else ""
        if previous and item.source_updated_at and newer > item.source_updated_at:
            return {**_answer("duplicate", item, previous), "reason": "stale"}, previous, key
        return None, previous, key

    def draft(self, session: TenantSession, item: Item, merged: Merged) -> Draft:
        """The record as `ingest` would make it. What is required may be missing. Raises ValidationError."""
        origin = self.view.origin
        previous = self._previous(session, item)
        known: Record = {
            "source_system": origin.source_system,
            "source_id": item.source_id,
            "connection_id": origin.connection,
        }
        content = self._content(session, item, previous, merged)
        if previous is None:
            return Draft(item.contract.entity, None, known, content)
        return Draft(item.contract.entity, previous.id, system_fields(previous), content)

    def ingest(self, session: TenantSession, item: Item, action: str, merged: Merged = ()) -> Record:
        """Store one item as the next version of its record, unless its key says that it was done, or what is
        stored is newer; its key remembers what the provider sent, whatever hooks merged. Answers as
        `ingest.canonical` does. Raises Conflict where the key belongs to another record, ValidationError."""
        duplicate, previous, key = self.known(session, item)
        if duplicate is not None:
            return duplicate
        contract = item.contract
        live = previous if previous and not previous.deleted else None
        content = self._content(session, item, live, merged)
        layers: list[Layer] = [(self.view, {}), *merged]
        require_whole_for(contract.entity, content, layers, item.name)
        moment = self.writer.moment()
        data = {"source_id": item.source_id, **whole(contract.entity, content, self.view, merged)}
        row = self.writer.put(
            self.view,
            self._identity(item),
            content,
            Write("ingest", action, contract.entity, "", data),
            record=self.writer.new_id(moment),
            moment=moment,
            previous=previous,
            item=item,
        )
        scope = self.view.origin.scope
        self.writer.staging.keys[scope, item.stream, item.key] = IngestKey(
            scope,
            item.stream,
            item.key,
            contract.document_type,
            item.source_id,
            row.id,
            item.digest,
            uses=key.uses + 1 if key else 1,
            base=key.base if key else None,
        )
        return _answer("updated" if live else "created", item, row)

    def _content(self, session: TenantSession, item: Item, previous: Row | None, merged: Merged) -> Content:
        """What the provider sent in place of what was there, and what hooks merged."""
        content = Content()
        if previous is not None:
            for view, _ in merged:
                (previous,) = view.loaded(session, [previous])
            content = previous.content
        content = self.view.holding(item.contract, content, item.document)
        return laid(item.contract.entity, content, merged, item.name)

    def _previous(self, session: TenantSession, item: Item) -> Row | None:
        """The record that the item is a version of, if it is there."""
        row = self.writer.staging.of_identity(session, self.view, self._identity(item))
        return None if row is None or row.deleted else row

    def _identity(self, item: Item) -> Identity:
        origin = self.view.origin
        return (item.contract.entity, origin.source_system, origin.connection or "", item.source_id)


def _answer(status: str, item: Item, row: Row) -> Record:
    return {
        "status": status,
        "id": row.id,
        "documentType": item.contract.document_type,
        "sourceId": item.source_id,
        "version": row.version,
        "idempotencyKey": item.key,
    }
