"""The writes of a run: each is checked whole, then staged."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from sandbox_host.db import TenantSession
from sandbox_host.errors import Conflict, NotFound, ValidationError
from sandbox_host.records.contract import Contract
from sandbox_host.records.document import Document, take_apart
from sandbox_host.records.fields import ExtensionFields
from sandbox_host.records.ingest import Item, as_id
from sandbox_host.records.origin import Origin
from sandbox_host.records.row import SYSTEM_TYPES, Row, as_guest_sees, system_fields
from sandbox_host.records.staging import Staging
from sandbox_host.records.store import Checkpoint, IngestKey, Version
from sandbox_host.records.values import Json, instant, instant_key

Record = dict[str, Json]

_BY_HAND = ("manual", "csv_upload")
"""Sources that any extension may name, beside its own. (Published: provider, csv_upload, manual.)"""


@dataclass(slots=True)
class Write:
    """One write of a run, as `invoke` reports it. `data` is what was written; None for a delete and for a
    secret. `id` is the record's, the checkpoint's stream, or the secret's name."""

    kind: Literal["entity", "ingest", "secret", "checkpoint", "http"]
    action: str
    entity: str | None
    id: str
    data: Json
    committed: bool = False


@dataclass(slots=True)
class Writer:
    """Stages writes and lists them. `now` is read once per write."""

    staging: Staging
    origin: Origin
    fields: ExtensionFields
    now: Callable[[], datetime]
    writes: list[Write] = field(default_factory=list)
    _made: int = 0

    def create(self, session: TenantSession, contract: Contract, attrs: Record) -> Record:
        """A new record. Raises ValidationError, or Conflict where its identity is taken."""
        source_system, source_id, body = self._identity_of(attrs)
        moment = self._moment()
        record = self._new_id(moment)
        source_id = source_id or record
        document = take_apart(contract, self.fields, body, f"{contract.entity} {source_id}")
        identity = (contract.entity, source_system, self.origin.connection or "", source_id)
        previous = self.staging.of_identity(session, identity)
        if previous and not previous.deleted:
            raise Conflict(f"{contract.entity} with source_id {source_id!r} exists already as {previous.id}")
        row = self._put(contract, previous, identity, record, moment, document, "create")
        self._note("entity", "create", row, document.whole())
        return as_guest_sees(contract, row)

    def update(
        self,
        session: TenantSession,
        contract: Contract,
        record: str,
        attrs: Mapping[str, Json],
        action: str = "update",
    ) -> Record:
        """Set some fields of a record; null clears one. Raises NotFound, ValidationError."""
        previous = self.staging.record(session, record)
        if previous is None or previous.deleted or previous.entity != contract.entity:
            raise NotFound(f"there is no {contract.entity} with the id {record!r}")
        changes = dict(attrs)
        for name, present in system_fields(previous).items():
            # A guest may send back a record it has read; the times and the version in it mean nothing here.
            if name in changes and changes.pop(name) != present and not name.startswith("_"):
                raise ValidationError(f"{contract.entity} {record}: {name} is set by the host; leave it out")
        before = Document(dict(previous.native), previous.declared).whole()
        name = f"{contract.entity} {previous.source_id}"
        document = take_apart(contract, self.fields, {**before, **changes}, name)
        row = self._put(contract, previous, previous.identity, record, self._moment(), document, action)
        after = document.whole()
        self._note("entity", action, row, {key: after.get(key) for key in changes})
        return as_guest_sees(contract, row)

    def delete(self, session: TenantSession, contract: Contract, record: str) -> bool:
        """Whether there was such a record to delete."""
        previous = self.staging.record(session, record)
        if previous is None or previous.deleted or previous.entity != contract.entity:
            return False
        document = Document(dict(previous.native), previous.declared)
        moment = self._moment()
        row = self._put(
            contract, previous, previous.identity, record, moment, document, "delete", deleted=True
        )
        self._note("entity", "delete", row, None)
        return True

    def ingest(self, session: TenantSession, item: Item, action: str) -> Record:
        """Store one item as the next version of its record, unless its key says that it was done, or what is
        stored is newer. Answers as `ingest.canonical` does. Raises Conflict where the key belongs to another
        record."""
        contract = item.contract
        identity = (contract.entity, self.origin.source_system, self.origin.connection or "", item.source_id)
        known = self.staging.key(session, self.origin.scope, item.stream, item.key)
        if known and (known.document_type, known.source_id) != (contract.document_type, item.source_id):
            raise Conflict(
                f"idempotency key {item.key!r} of stream {item.stream!r} belongs to {known.document_type}"
                f" {known.source_id}, and cannot write {contract.document_type} {item.source_id}"
            )
        previous = self.staging.of_identity(session, identity)
        if known and previous and known.digest == item.digest:
            return _ingested("duplicate", item, previous)
        if (
            previous
            and item.source_updated_at
            and (previous.source_updated_at or "") > item.source_updated_at
        ):
            return {**_ingested("duplicate", item, previous), "reason": "stale"}
        moment = self._moment()
        row = self._put(
            contract, previous, identity, self._new_id(moment), moment, item.document, "ingest", item=item
        )
        self.staging.keys[item.stream, item.key] = IngestKey(
            item.stream,
            item.key,
            contract.document_type,
            item.source_id,
            row.id,
            item.digest,
            uses=known.uses + 1 if known else 1,
            base=known.base if known else None,
        )
        self._note("ingest", action, row, {"source_id": item.source_id, **item.document.whole()})
        return _ingested("created" if not previous or previous.deleted else "updated", item, row)

    def set_checkpoint(self, stream: str, partition: str, value: Record) -> None:
        """Move a checkpoint. If the run was shown it, it must still be there at the commit."""
        base = self.staging.shown_checkpoints.get((stream, partition))
        self.staging.checkpoints[stream, partition] = Checkpoint(stream, partition, 0, value, base)
        place = f"{stream}/{partition}" if partition else stream
        self.writes.append(Write("checkpoint", "setCheckpoint", None, place, value))

    def lend(self, session: TenantSession, contract: Contract, given: Record) -> None:
        """Make a record exist for this run only."""
        body = {key: value for key, value in given.items() if key not in SYSTEM_TYPES}
        moment = self._moment()
        created = given.get("_created_at")
        created_at = instant_key(instant(created)) if isinstance(created, str) else moment
        source_system = str(given.get("source_system") or self.origin.source_system)
        connection = self.origin.connection or ""
        record = as_id(given.get("id"))
        source_id = as_id(given.get("source_id")) or as_id(given.get(contract.id_field)) or record
        record = record or self._new_id(moment)
        identity = (contract.entity, source_system, connection, source_id or record)
        stored = self.staging.of_identity(session, identity)
        document = take_apart(
            contract, self.fields, body, f"{contract.entity} {source_id or record}", partial=True
        )
        row = Row(
            id=stored.id if stored and "id" not in given else record,
            entity=contract.entity,
            source_system=source_system,
            connection=connection,
            source_id=source_id or record,
            version=1,
            created_at=created_at,
            updated_at=created_at,
            source_updated_at=None,
            deleted=False,
            native=document.native,
            declared=document.declared,
        )
        self.staging.lend(row)

    def _identity_of(self, attrs: Record) -> tuple[str, str | None, Record]:
        body = dict(attrs)
        source_system = body.pop("source_system", None) or self.origin.source_system
        if source_system not in (self.origin.source_system, *_BY_HAND):
            raise ValidationError(
                f"source_system is {self.origin.source_system!r} or one of {', '.join(_BY_HAND)},"
                f" not {source_system!r}"
            )
        if body.pop("connection_id", None) not in (None, self.origin.connection):
            raise ValidationError("connection_id is set by the host; leave it out")
        given = body.pop("source_id", None)
        source_id = as_id(given)
        if given is not None and source_id is None:
            raise ValidationError(f"source_id: {given!r} is not an id")
        for name in SYSTEM_TYPES:
            if body.pop(name, None) is not None:
                raise ValidationError(f"{name} is set by the host; leave it out")
        return str(source_system), source_id, body

    def _put(
        self,
        contract: Contract,
        previous: Row | None,
        identity: tuple[str, str, str, str],
        record: str,
        moment: str,
        document: Document,
        action: str,
        *,
        item: Item | None = None,
        deleted: bool = False,
    ) -> Row:
        source_updated_at = item.source_updated_at if item else None
        row = Row(
            id=previous.id if previous else record,
            entity=contract.entity,
            source_system=identity[1],
            connection=identity[2],
            source_id=identity[3],
            version=previous.version + 1 if previous else 1,
            created_at=previous.created_at if previous else moment,
            updated_at=moment,
            source_updated_at=source_updated_at or (previous.source_updated_at if previous else None),
            deleted=deleted,
            native=document.native,
            declared=document.declared,
        )
        version = Version(
            version=row.version,
            written_at=moment,
            install=self.origin.install,
            action=action,
            stream=item.stream if item else None,
            idempotency_key=item.key if item else None,
            native=row.native,
            declared=row.declared,
        )
        self.staging.put(row, previous, version)
        return row

    def _note(self, kind: Literal["entity", "ingest"], action: str, row: Row, data: Json) -> None:
        self.writes.append(Write(kind, action, row.entity, row.id, data))

    def _moment(self) -> str:
        moment = self.now()
        return instant_key(moment.replace(microsecond=moment.microsecond // 1000 * 1000))

    def _new_id(self, moment: str) -> str:
        """A UUID of version 7 (RFC 9562): ids of one run sort in the order in which they were made."""
        self._made += 1
        milliseconds = int(instant(moment).timestamp() * 1000) & (1 << 48) - 1
        counter = self._made & (1 << 26) - 1
        high = counter >> 14
        low = (counter & (1 << 14) - 1) << 48 | secrets.randbits(48)
        return str(UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low))


def _ingested(status: str, item: Item, row: Row) -> Record:
    return {
        "status": status,
        "id": row.id,
        "documentType": item.contract.document_type,
        "sourceId": item.source_id,
        "version": row.version,
        "idempotencyKey": item.key,
    }
