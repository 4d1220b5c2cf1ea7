"""The records of a test: what its handlers read and write, in memory, by the host's rules."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, TypeVar

from guest_sdk._runtime.json import from_json, to_json
from guest_sdk.errors import BackfillError
from guest_sdk.testing.errors import Refused, invalid, not_valid
from guest_sdk.testing.records.checkpoints import Checkpoints
from guest_sdk.testing.records.contract import Contract, Contracts, ExtensionFields
from guest_sdk.testing.records.document import Document, take_apart
from guest_sdk.testing.records.given import identity_in, marks, now, object_of, with_initial
from guest_sdk.testing.records.ingest import IngestArguments, Item, Origin, as_id, required_text, understand
from guest_sdk.testing.records.query import Query, read_include
from guest_sdk.testing.records.row import SYSTEM_TYPES, Identity, Row, with_defaults
from guest_sdk.testing.records.values import Fields, Value, instant_key, same

T = TypeVar("T")
IngestAction: TypeAlias = Literal["canonical", "batch"]


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """One write, as the sandbox reports it."""

    kind: Literal["entity", "ingest", "secret", "checkpoint", "http"]
    action: str
    entity: str | None
    id: str
    data: Value


@dataclass(frozen=True, slots=True)
class _IngestKey:
    document_type: str
    source_id: str
    digest: str


class Records:
    """writes: every write so far, also of calls that failed later. Every method raises Refused."""

    def __init__(self, contracts: Contracts, fields: ExtensionFields, origin: Origin) -> None:
        self.writes: list[Write] = []
        self._contracts = contracts
        self._fields = fields
        self._origin = origin
        self._rows: dict[str, Row] = {}
        self._identities: dict[Identity, str] = {}
        self._keys: dict[tuple[str, str], _IngestKey] = {}
        self._checkpoints = Checkpoints()
        self._made = 0

    def savepoint(self) -> Callable[[], None]:
        """A function that takes back everything written from here on."""
        rows, identities, keys = dict(self._rows), dict(self._identities), dict(self._keys)
        take_back_checkpoints = self._checkpoints.savepoint()

        def take_back() -> None:
            self._rows, self._identities, self._keys = dict(rows), dict(identities), dict(keys)
            take_back_checkpoints()

        return take_back

    def under(self, connection: str | None) -> None:
        """From here on writes are of this connection."""
        self._origin = replace(self._origin, connection=connection)

    def as_given(self) -> dict[str, list[Fields]] | None:
        """Every record, as a test could give it; None where one was changed since it was made, or ingested."""
        if self._keys or any(row.version > 1 for row in self._rows.values()):
            return None
        given: dict[str, list[Fields]] = {}
        for row in self._rows.values():
            system = row.system_fields()
            own = {name: system[name] for name in ("id", "source_id", "source_system", "_created_at")}
            given.setdefault(row.entity, []).append({**row.document.whole(), **own})
        return given

    # Reading

    def get(self, entity: str, id: Value, include: Sequence[str] = ()) -> Fields | None:
        contract = self._contracts.of(entity)
        related = read_include(contract, include)
        row = self._rows.get(required_text("id", id))
        if row is None or row.deleted or row.entity != entity:
            return None
        return self._shown(contract, row, related)

    def query(
        self,
        entity: str,
        where: Value = None,
        order_by: Value = None,
        limit: Value = None,
        offset: Value = None,
        include: Sequence[str] = (),
    ) -> list[Fields]:
        query = Query(self._contracts.of(entity), where, order_by, limit, offset)
        related = read_include(query.contract, include)
        return [self._shown(query.contract, row, related) for row in query.page(self._rows.values())]

    def count(self, entity: str, where: Value = None) -> int:
        return len(Query(self._contracts.of(entity), where).matching(self._rows.values()))

    # Writing

    def create(self, entity: str, attrs: Value) -> Fields:
        contract = self._contracts.of(entity)
        source_system, given, body = identity_in(self._origin, object_of("attrs", attrs))
        id = self._new_id()
        source_id = given or id
        document = take_apart(contract, self._fields, with_initial(contract, body), f"{entity} {source_id}")
        identity = (entity, source_system, self._origin.connection, source_id)
        previous = self._of_identity(identity)
        if previous is not None and not previous.deleted:
            raise Refused(
                "Conflict", f"{entity} with source_id '{source_id}' exists already as {previous.id}"
            )
        row = self._put(previous, identity, id, now(), document)
        self._note("entity", "create", row, document.whole())
        return row.as_guest_sees(contract)

    def update(self, entity: str, id: Value, attrs: Value, action: str = "update") -> Fields:
        contract = self._contracts.of(entity)
        name = required_text("id", id)
        previous, changes = self._changed(entity, name, object_of("attrs", attrs))
        label = f"{entity} {previous.source_id}"
        document = take_apart(contract, self._fields, changes, label, onto=previous.document)
        row = self._put(previous, previous.identity, name, now(), document)
        after = document.whole()
        self._note("entity", action, row, {key: after.get(key) for key in changes})
        return row.as_guest_sees(contract)

    def delete(self, entity: str, id: Value) -> bool:
        """False where there was no such record."""
        self._contracts.of(entity)
        previous = self._rows.get(required_text("id", id))
        if previous is None or previous.deleted or previous.entity != entity:
            return False
        row = self._put(previous, previous.identity, previous.id, now(), previous.document, deleted=True)
        self._note("entity", "delete", row, None)
        return True

    def action(
        self, entity: str, id: Value, name: Value, params: Value, also: Mapping[str, Value] | None = None
    ) -> Fields:
        """also: fields that hooks set along."""
        contract = self._contracts.of(entity)
        record = required_text("id", id)
        named = required_text("actionName", name)
        action = contract.actions.get(named)
        if action is None:
            known = ", ".join(contract.actions) or "none"
            raise invalid(f"{entity} has no action '{named}'; there are: {known}")
        given = {} if params is None else object_of("params", params)
        unknown = next((key for key in given if key not in action.accept), None)
        if unknown is not None:
            others = ", ".join(action.accept) or "none"
            raise invalid(f"{entity}.{named} takes no parameter '{unknown}'; there are: {others}")
        previous = self._live(entity, record)
        refused = action.refusal(previous.native)
        if refused is not None:
            raise Refused("Conflict", f"{entity} {previous.source_id}: cannot {named}: {refused}")
        changes = {**action.set, **marks(contract, action), **given, **(also or {})}
        return self.update(entity, record, changes, "action")

    # Drafts, for hooks

    def draft(self, entity: str, attrs: Fields, id: str | None = None) -> Fields:
        """The record as `create`, or `update` of the record `id`, would make it. What is required may be missing."""
        contract = self._contracts.of(entity)
        if id is not None:
            previous, changes = self._changed(entity, id, attrs)
            return self._draft_of(contract, changes, previous.system_fields(), previous.document)
        source_system, source_id, body = identity_in(self._origin, attrs)
        known: Fields = {"source_system": source_system}
        if source_id is not None:
            known["source_id"] = source_id
        return self._draft_of(contract, with_initial(contract, body), known)

    def drafted(self, entity: str, record: Fields, is_new: bool) -> Fields:
        """A record as a hook is told of it: checked, and where it is new with its defaults. What is required may be
        missing."""
        contract = self._contracts.of(entity)
        system = {name: value for name, value in record.items() if name in SYSTEM_TYPES}
        body = {name: value for name, value in record.items() if name not in SYSTEM_TYPES}
        return self._draft_of(contract, with_initial(contract, body) if is_new else body, system)

    def tried(self, write: Callable[[], T]) -> T:
        """What a write would answer; nothing is kept of it."""
        take_back, written = self.savepoint(), len(self.writes)
        try:
            return write()
        finally:
            take_back()
            del self.writes[written:]

    def reaches(self, entity: str, name: str, before: Fields | None, after: Fields) -> bool:
        """Does a record, as it was and as it will be, go through the entity's named change?"""
        action = self._contracts.of(entity).actions.get(name)
        return action is not None and action.reached(before or {}, after)

    # Ingest

    def ingest(self, document_type: str, given: IngestArguments, action: IngestAction) -> Fields:
        """Store one payload; answers what became of it."""
        contract = self._contracts.of_document(document_type)
        return self.ingest_item(understand(contract, self._fields, self._origin, given), action)

    def item(self, document_type: str, given: IngestArguments) -> Item:
        """What `ingest` would store: checked, but for what is required."""
        contract = self._contracts.of_document(document_type)
        return understand(contract, self._fields, self._origin, given, partial=True)

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
        previous = self._of_identity(self._identity_of_item(item))
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
            "source_system": self._origin.source_system,
            "source_id": item.source_id,
            "connection_id": self._origin.connection,
        }
        if previous is not None:
            known = {name: previous.get(name) for name in SYSTEM_TYPES}
        return self._draft_of(item.contract, body, known)

    def with_body(self, item: Item, body: Fields) -> Item:
        """The item with another body, whole; its digest is still that of what the provider sent."""
        name = f"{item.contract.entity} {item.source_id}"
        return replace(item, document=take_apart(item.contract, self._fields, body, name))

    def ingest_item(self, item: Item, action: IngestAction) -> Fields:
        duplicate, previous = self.before_item(item)
        if duplicate is not None:
            return duplicate
        identity = self._identity_of_item(item)
        row = self._put(
            previous, identity, self._new_id(), now(), item.document, source_updated_at=item.source_updated_at
        )
        known = _IngestKey(item.contract.document_type, item.source_id, item.digest)
        self._keys[item.stream, item.key] = known
        self._note("ingest", action, row, {"source_id": item.source_id, **item.document.whole()})
        return _outcome("created" if previous is None or previous.deleted else "updated", item, row)

    # Checkpoints

    def checkpoint(self, stream: Value, partition: str | None) -> Fields | None:
        return self._checkpoints.get(stream, partition)

    def set_checkpoint(self, stream: Value, value: Value, partition: str | None) -> None:
        id = self._checkpoints.set(stream, value, partition)
        self.writes.append(Write("checkpoint", "setCheckpoint", None, id, value))

    def all_checkpoints(self) -> list[tuple[str, str, Fields]]:
        """Stream, partition and value."""
        return self._checkpoints.all()

    # What a test gives

    def seed(self, given: Mapping[str, Sequence[Mapping[str, object]]]) -> None:
        """Make records exist before the test begins. Raises Refused naming entity and index."""
        for entity, records in given.items():
            contract = self._contracts.of(entity)
            for index, each in enumerate(records):
                try:
                    record: Value = from_json(to_json(each, "record"))
                    self._lend(contract, object_of("record", record))
                except (Refused, BackfillError, ValueError) as problem:
                    raise not_valid(f"{entity}[{index}]: {problem}") from None

    def _lend(self, contract: Contract, given: Fields) -> None:
        own = {key: value for key, value in given.items() if key not in SYSTEM_TYPES}
        created = given.get("_created_at")
        moment = instant_key(created) if isinstance(created, str) else now()
        id = as_id(given.get("id"))
        named = as_id(given.get("source_id")) or as_id(given.get(f"{contract.document_type}_id")) or id
        record = id or self._new_id()
        source_id = named or record
        name = f"{contract.entity} {source_id}"
        document = take_apart(contract, self._fields, with_initial(contract, own), name, partial=True)
        source_system = str(given.get("source_system") or self._origin.source_system)
        identity = (contract.entity, source_system, self._origin.connection, source_id)
        self._put(None, identity, record, moment, document)

    # What the others share

    def _draft_of(
        self, contract: Contract, body: Fields, known: Fields, onto: Document | None = None
    ) -> Fields:
        name = f"{contract.entity} {known.get('source_id') or '(new)'}"
        document = take_apart(contract, self._fields, body, name, onto=onto, partial=True)
        shown = Document(with_defaults(contract, document.native), document.declared)
        return {**known, **shown.whole()}

    def _changed(self, entity: str, id: str, attrs: Fields) -> tuple[Row, Fields]:
        """The row as it is, and what changes of it. A guest may send back a record it has read: the times and the
        version in it mean nothing."""
        previous = self._live(entity, id)
        changes = dict(attrs)
        for field, present in previous.system_fields().items():
            if field not in changes:
                continue
            given = changes.pop(field)
            if not same(given, present) and not field.startswith("_"):
                raise not_valid(f"{entity} {id}: {field} is set by the host; leave it out")
        return previous, changes

    def _identity_of_item(self, item: Item) -> Identity:
        return (item.contract.entity, self._origin.source_system, self._origin.connection, item.source_id)

    def _live(self, entity: str, id: str) -> Row:
        row = self._rows.get(id)
        if row is None or row.deleted or row.entity != entity:
            raise Refused("NotFound", f"there is no {entity} with the id '{id}'")
        return row

    def _shown(self, contract: Contract, row: Row, related: Mapping[str, tuple[str, str]]) -> Fields:
        record = row.as_guest_sees(contract)
        for name, (field, entity) in related.items():
            reference = record.get(field)
            record[name] = None if reference is None else self._related(entity, row, str(reference))
        return record

    def _related(self, entity: str, row: Row, reference: str) -> Fields | None:
        """The record a reference means: its own id, else the provider's id under the same connection."""
        found = self._rows.get(reference)
        if found is None or found.deleted or found.entity != entity:
            found = self._of_identity((entity, row.source_system, row.connection, reference))
        if found is None or found.deleted:
            return None
        return found.as_guest_sees(self._contracts.of(entity))

    def _of_identity(self, identity: Identity) -> Row | None:
        id = self._identities.get(identity)
        return None if id is None else self._rows.get(id)

    def _put(
        self,
        previous: Row | None,
        identity: Identity,
        id: str,
        moment: str,
        document: Document,
        *,
        source_updated_at: str | None = None,
        deleted: bool = False,
    ) -> Row:
        known = previous.source_updated_at if previous else None
        row = Row(
            id=previous.id if previous else id,
            entity=identity[0],
            source_system=identity[1],
            connection=identity[2],
            source_id=identity[3],
            version=(previous.version if previous else 0) + 1,
            created_at=previous.created_at if previous else moment,
            updated_at=moment,
            source_updated_at=source_updated_at or known,
            deleted=deleted,
            native=document.native,
            declared=document.declared,
        )
        self._rows[row.id] = row
        self._identities[identity] = row.id
        return row

    def _note(self, kind: Literal["entity", "ingest"], action: str, row: Row, data: Value) -> None:
        self.writes.append(Write(kind, action, row.entity, row.id, data))

    def _new_id(self) -> str:
        """A UUID of version 7 (RFC 9562): ids sort in the order in which they were made."""
        self._made += 1
        moment, made = f"{time.time_ns() // 1_000_000:012x}", f"{self._made:06x}"
        return f"{moment[:8]}-{moment[8:]}-7{made[:3]}-8{made[3:]}-{random.getrandbits(48):012x}"


def _outcome(status: str, item: Item, row: Row) -> Fields:
    return {
        "status": status,
        "id": row.id,
        "documentType": item.contract.document_type,
        "sourceId": item.source_id,
        "version": row.version,
        "idempotencyKey": item.key,
    }
