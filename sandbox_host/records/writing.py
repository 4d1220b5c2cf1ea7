"""The writes of a run: each is checked whole, then staged."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from sandbox_host.db import TenantSession
from sandbox_host.errors import Conflict, InvalidArgument, NotFound, ValidationError
from sandbox_host.records.contract import LINES, Action, Contract
from sandbox_host.records.document import RECORD, Document, joined, take_apart
from sandbox_host.records.fields import ExtensionFields
from sandbox_host.records.ingest import Item, as_id
from sandbox_host.records.origin import Origin
from sandbox_host.records.row import (
    SYSTEM_TYPES,
    Identity,
    Row,
    as_guest_sees,
    system_fields,
    with_defaults,
)
from sandbox_host.records.staging import Staging
from sandbox_host.records.store import Checkpoint, IngestKey, Version
from sandbox_host.records.values import Declared, Json, instant, instant_key

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
        document = take_apart(
            contract, self.fields, _with_initial(contract, body), f"{contract.entity} {source_id}"
        )
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
        previous, changes = self._changed(session, contract, record, attrs)
        name = f"{contract.entity} {previous.source_id}"
        document = take_apart(contract, self.fields, changes, name, onto=_held(previous))
        row = self._put(contract, previous, previous.identity, record, self._moment(), document, action)
        after = document.whole()
        self._note("entity", action, row, {key: after.get(key) for key in changes})
        return as_guest_sees(contract, row)

    def draft(
        self, session: TenantSession, contract: Contract, attrs: Mapping[str, Json], record: str | None
    ) -> Record:
        """The record as `create`, or `update` of `record`, would make it. What is required may be missing."""
        if record is None:
            source_system, source_id, body = self._identity_of(dict(attrs))
            known: Record = {"source_system": source_system}
            if source_id:
                known["source_id"] = source_id
            return self._drafted(contract, _with_initial(contract, body), known)
        previous, changes = self._changed(session, contract, record, attrs)
        return self._drafted(contract, changes, system_fields(previous), onto=_held(previous))

    def item_draft(self, item: Item, body: Record, previous: Record | None) -> Record:
        """The record as ingesting `item` with this body would make it. What is required may be missing."""
        known: Record = {
            "source_system": self.origin.source_system,
            "source_id": item.source_id,
            "connection_id": self.origin.connection,
        }
        if previous is not None:
            known = {name: previous.get(name) for name in SYSTEM_TYPES}
        return self._drafted(item.contract, body, known)

    def _drafted(
        self, contract: Contract, body: Record, known: Record, onto: Document | None = None
    ) -> Record:
        name = f"{contract.entity} {known.get('source_id') or '(new)'}"
        document = take_apart(contract, self.fields, body, name, onto=onto, partial=True)
        return {**known, **joined(with_defaults(contract, document.native), document.declared)}

    def with_body(self, item: Item, body: Record) -> Item:
        """The item with another body, whole; its digest is still that of what the provider sent."""
        name = f"{item.contract.entity} {item.source_id}"
        return replace(item, document=take_apart(item.contract, self.fields, body, name))

    def act(
        self,
        session: TenantSession,
        contract: Contract,
        record: str,
        name: str,
        params: Record,
        also: Mapping[str, Json],
    ) -> Record:
        """Perform one of the entity's named changes, and set what `also` says along. Raises NotFound,
        InvalidArgument for a parameter that it does not take, Conflict for a record that is not in a state for
        it."""
        action = contract.actions[name]
        for key in params:
            if key not in action.accepts:
                known = ", ".join(action.accepts) or "none"
                raise InvalidArgument(
                    f"{contract.entity}.{name} takes no parameter {key!r}; there are: {known}"
                )
        previous, _ = self._changed(session, contract, record, {})
        refusal = action.refusal(previous.native)
        if refusal:
            raise Conflict(f"{contract.entity} {previous.source_id}: cannot {name}: {refusal}")
        changes = {**action.sets, **self._marks(contract, action), **params, **also}
        return self.update(session, contract, record, changes, "action")

    def _marks(self, contract: Contract, action: Action) -> Record:
        """The time and the author of a change, where it leaves them on the record."""
        moment = f"{self._moment()[:-3]}Z"
        marks: Record = {
            name: moment[:10] if contract.fields[name].type == "date" else moment for name in action.stamps
        }
        return {**marks, **dict.fromkeys(action.signs, self.origin.actor)}

    def delete(self, session: TenantSession, contract: Contract, record: str) -> bool:
        """Whether there was such a record to delete."""
        previous = self.staging.record(session, record)
        if previous is None or previous.deleted or previous.entity != contract.entity:
            return False
        document, moment = _held(previous), self._moment()
        row = self._put(
            contract, previous, previous.identity, record, moment, document, "delete", deleted=True
        )
        self._note("entity", "delete", row, None)
        return True

    def ingest(self, session: TenantSession, item: Item, action: str) -> Record:
        """Store one item as the next version of its record, unless its key says that it was done, or what is
        stored is newer. Answers as `ingest.canonical` does. Raises Conflict where the key belongs to another
        record."""
        duplicate, previous, known = self.before_item(session, item)
        if duplicate is not None:
            return duplicate
        contract, identity = item.contract, self._identity_of_item(item)
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

    def before_item(
        self, session: TenantSession, item: Item
    ) -> tuple[Record | None, Row | None, IngestKey | None]:
        """The answer to an item that changes nothing, None where it is new; the row that it is a version of; and
        what its key remembers. Raises Conflict where its key belongs to another record."""
        contract = item.contract
        known = self.staging.key(session, self.origin.scope, item.stream, item.key)
        if known and (known.document_type, known.source_id) != (contract.document_type, item.source_id):
            raise Conflict(
                f"idempotency key {item.key!r} of stream {item.stream!r} belongs to {known.document_type}"
                f" {known.source_id}, and cannot write {contract.document_type} {item.source_id}"
            )
        previous = self.staging.of_identity(session, self._identity_of_item(item))
        if known and previous and known.digest == item.digest:
            return _ingested("duplicate", item, previous), previous, known
        newer = (previous.source_updated_at or "") if previous else ""
        if previous and item.source_updated_at and newer > item.source_updated_at:
            return {**_ingested("duplicate", item, previous), "reason": "stale"}, previous, known
        return None, previous, known

    def _identity_of_item(self, item: Item) -> Identity:
        origin = self.origin
        return (item.contract.entity, origin.source_system, origin.connection or "", item.source_id)

    def _changed(
        self, session: TenantSession, contract: Contract, record: str, attrs: Mapping[str, Json]
    ) -> tuple[Row, Record]:
        """The row as it is, and what changes of it. Raises NotFound."""
        previous = self.staging.record(session, record)
        if previous is None or previous.deleted or previous.entity != contract.entity:
            raise NotFound(f"there is no {contract.entity} with the id {record!r}")
        changes = dict(attrs)
        for name, present in system_fields(previous).items():
            # A guest may send back a record it has read; the times and the version in it mean nothing here.
            if name in changes and changes.pop(name) != present and not name.startswith("_"):
                raise ValidationError(f"{contract.entity} {record}: {name} is set by the host; leave it out")
        return previous, changes

    def set_checkpoint(self, stream: str, partition: str, value: Record) -> None:
        """Move a checkpoint. If the run was shown it, it must still be there at the commit."""
        base = self.staging.shown_checkpoints.get((stream, partition))
        self.staging.checkpoints[stream, partition] = Checkpoint(stream, partition, 0, value, base)
        place = f"{stream}/{partition}" if partition else stream
        self.writes.append(Write("checkpoint", "setCheckpoint", None, place, value))

    def lend(self, session: TenantSession, contract: Contract, given: Record) -> None:
        """Make a record exist for this run only, with the defaults that creating it would give it."""
        body = _with_initial(
            contract, {key: value for key, value in given.items() if key not in SYSTEM_TYPES}
        )
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
        kept = previous if previous and not previous.deleted else None
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
            other_native=kept.other_native if kept else {},
            other_declared=_of_present_lines(kept, document) if kept else {},
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


def _held(row: Row) -> Document:
    return Document(dict(row.native), row.declared)


def _with_initial(contract: Contract, body: Record) -> Record:
    """What a create writes: an absent field that has a default takes it."""
    initial = {name: deepcopy(value) for name, value in contract.initial.items() if body.get(name) is None}
    return {**body, **initial}


def _of_present_lines(row: Row, document: Document) -> Declared:
    """What other versions keep on the record, and on those of its lines that are still there."""
    if not row.other_declared:
        return {}
    lines = document.native.get(LINES)
    present = (
        [line.get("line_key") for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []
    )
    return {key: values for key, values in row.other_declared.items() if key == RECORD or key in present}


def _ingested(status: str, item: Item, row: Row) -> Record:
    return {
        "status": status,
        "id": row.id,
        "documentType": item.contract.document_type,
        "sourceId": item.source_id,
        "version": row.version,
        "idempotencyKey": item.key,
    }
