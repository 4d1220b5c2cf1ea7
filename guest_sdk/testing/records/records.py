"""The records of a test: what its handlers read and write, in memory, by the host's rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from guest_sdk._runtime.json import from_json, to_json
from guest_sdk.errors import BackfillError
from guest_sdk.testing.errors import Refused, invalid, not_valid
from guest_sdk.testing.records.checkpoints import Checkpoints
from guest_sdk.testing.records.contract import Contract, Contracts, ExtensionFields
from guest_sdk.testing.records.document import draft_of, take_apart
from guest_sdk.testing.records.documents import Documents
from guest_sdk.testing.records.given import identity_in, marks, now, object_of, with_initial
from guest_sdk.testing.records.ingest import Origin, as_id, required_text
from guest_sdk.testing.records.query import Query, read_include
from guest_sdk.testing.records.row import SYSTEM_TYPES, Row
from guest_sdk.testing.records.table import Table, Write
from guest_sdk.testing.records.values import Fields, Value, instant_key, same

T = TypeVar("T")


class Records:
    """Every method raises Refused."""

    def __init__(self, contracts: Contracts, fields: ExtensionFields, origin: Origin) -> None:
        self._contracts = contracts
        self._fields = fields
        self._origin = origin
        self._table = Table()
        self.documents = Documents(contracts, fields, self._table, lambda: self._origin)
        self.checkpoints = Checkpoints()

    @property
    def writes(self) -> list[Write]:
        """Every write so far, also of calls that failed later."""
        return self._table.writes

    def savepoint(self) -> Callable[[], None]:
        """A function that takes back everything written from here on."""
        parts = [part.savepoint() for part in (self._table, self.documents, self.checkpoints)]

        def take_back() -> None:
            for part in parts:
                part()

        return take_back

    def under(self, connection: str | None) -> None:
        """From here on writes are of this connection."""
        self._origin = replace(self._origin, connection=connection)

    def as_given(self) -> dict[str, list[Fields]] | None:
        """Every record, as a test could give it; None where one was changed since it was made, or ingested."""
        rows = list(self._table.all())
        if not self.documents.is_empty or any(row.version > 1 for row in rows):
            return None
        given: dict[str, list[Fields]] = {}
        for row in rows:
            system = row.system_fields()
            own = {name: system[name] for name in ("id", "source_id", "source_system", "_created_at")}
            given.setdefault(row.entity, []).append({**row.document.whole(), **own})
        return given

    # Reading

    def get(self, entity: str, id: Value, include: Sequence[str] = ()) -> Fields | None:
        contract = self._contracts.of(entity)
        related = read_include(contract, include)
        row = self._table.find(entity, required_text("id", id))
        return None if row is None else self._shown(contract, row, related)

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
        return [self._shown(query.contract, row, related) for row in query.page(self._table.all())]

    def count(self, entity: str, where: Value = None) -> int:
        return len(Query(self._contracts.of(entity), where).matching(self._table.all()))

    # Writing

    def create(self, entity: str, attrs: Value) -> Fields:
        contract = self._contracts.of(entity)
        source_system, given, body = identity_in(self._origin, object_of("attrs", attrs))
        id = self._table.new_id()
        source_id = given or id
        document = take_apart(contract, self._fields, with_initial(contract, body), f"{entity} {source_id}")
        identity = (entity, source_system, self._origin.connection, source_id)
        previous = self._table.of_identity(identity)
        if previous is not None and not previous.deleted:
            raise Refused(
                "Conflict", f"{entity} with source_id '{source_id}' exists already as {previous.id}"
            )
        row = self._table.put(previous, identity, id, now(), document)
        self._table.note("entity", "create", row, document.whole())
        return row.as_guest_sees(contract)

    def update(self, entity: str, id: Value, attrs: Value, action: str = "update") -> Fields:
        contract = self._contracts.of(entity)
        name = required_text("id", id)
        previous, changes = self._changed(entity, name, object_of("attrs", attrs))
        label = f"{entity} {previous.source_id}"
        document = take_apart(contract, self._fields, changes, label, onto=previous.document)
        row = self._table.put(previous, previous.identity, name, now(), document)
        after = document.whole()
        self._table.note("entity", action, row, {key: after.get(key) for key in changes})
        return row.as_guest_sees(contract)

    def delete(self, entity: str, id: Value) -> bool:
        """False where there was no such record."""
        self._contracts.of(entity)
        previous = self._table.find(entity, required_text("id", id))
        if previous is None:
            return False
        row = self._table.put(
            previous, previous.identity, previous.id, now(), previous.document, deleted=True
        )
        self._table.note("entity", "delete", row, None)
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
        previous = self._table.live(entity, record)
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
            return draft_of(contract, self._fields, changes, previous.system_fields(), previous.document)
        source_system, source_id, body = identity_in(self._origin, attrs)
        known: Fields = {"source_system": source_system}
        if source_id is not None:
            known["source_id"] = source_id
        return draft_of(contract, self._fields, with_initial(contract, body), known)

    def drafted(self, entity: str, record: Fields, is_new: bool) -> Fields:
        """A record as a hook is told of it: checked, and where it is new with its defaults. What is required may be
        missing."""
        contract = self._contracts.of(entity)
        system = {name: value for name, value in record.items() if name in SYSTEM_TYPES}
        body = {name: value for name, value in record.items() if name not in SYSTEM_TYPES}
        return draft_of(contract, self._fields, with_initial(contract, body) if is_new else body, system)

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

    # Checkpoints

    def set_checkpoint(self, stream: Value, value: Value, partition: str | None) -> None:
        id = self.checkpoints.set(stream, value, partition)
        self.writes.append(Write("checkpoint", "setCheckpoint", None, id, value))

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
        record = id or self._table.new_id()
        source_id = named or record
        name = f"{contract.entity} {source_id}"
        document = take_apart(contract, self._fields, with_initial(contract, own), name, partial=True)
        source_system = str(given.get("source_system") or self._origin.source_system)
        identity = (contract.entity, source_system, self._origin.connection, source_id)
        self._table.put(None, identity, record, moment, document)

    # What the others share

    def _changed(self, entity: str, id: str, attrs: Fields) -> tuple[Row, Fields]:
        """The row as it is, and what changes of it. A guest may send back a record it has read: the times and the
        version in it mean nothing."""
        previous = self._table.live(entity, id)
        changes = dict(attrs)
        for field, present in previous.system_fields().items():
            if field not in changes:
                continue
            given = changes.pop(field)
            if not same(given, present) and not field.startswith("_"):
                raise not_valid(f"{entity} {id}: {field} is set by the host; leave it out")
        return previous, changes

    def _shown(self, contract: Contract, row: Row, related: Mapping[str, tuple[str, str]]) -> Fields:
        record = row.as_guest_sees(contract)
        for name, (field, entity) in related.items():
            reference = record.get(field)
            record[name] = None if reference is None else self._related(entity, row, str(reference))
        return record

    def _related(self, entity: str, row: Row, reference: str) -> Fields | None:
        """The record a reference means: its own id, else the provider's id under the same connection."""
        identity = (entity, row.source_system, row.connection, reference)
        found = self._table.find(entity, reference) or self._table.of_identity(identity)
        if found is None or found.deleted:
            return None
        return found.as_guest_sees(self._contracts.of(entity))
