"""The unit of work: what a run reads and writes of records, and how it ends.

Writes are staged in memory and read through, so every read answers as it would after the commit. No database
transaction is open between two calls. How it ends is fixed by the trigger:

- `atomic`: `commit` stores everything in one short transaction, or nothing.
- `immediate`: each write is committed before its call returns.
- under `observe` nothing is ever stored, whatever the above says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType
from typing import Literal, TypeVar

from sandbox_host.db import Database, TenantSession
from sandbox_host.errors import (
    Conflict,
    GuestError,
    InvalidArgument,
    NotAvailable,
    PermissionDenied,
    ValidationError,
)
from sandbox_host.records import registry, save, store
from sandbox_host.records.batch import run_batch
from sandbox_host.records.contract import Contract, contract_of_document
from sandbox_host.records.fields import ExtensionFields
from sandbox_host.records.ingest import Item, required_text, understand
from sandbox_host.records.origin import Origin
from sandbox_host.records.query import Query, parse_include, parse_query
from sandbox_host.records.row import SYSTEM_TYPES, Row, as_guest_sees
from sandbox_host.records.schema import ExtensionSchema
from sandbox_host.records.staging import Staging
from sandbox_host.records.store import StaleRead, Version
from sandbox_host.records.values import Json, instant_key, plain
from sandbox_host.records.writing import Record, Write, Writer

T = TypeVar("T")

_TRIES = 2


class UnitOfWork:
    """The records of one run. Not for several threads at once.

    fields: what the running version declares; fields alone where it has no entities of its own. now: the
    run's clock, aware of its zone. Times are kept in milliseconds.
    """

    def __init__(
        self,
        db: Database,
        origin: Origin,
        fields: ExtensionFields | ExtensionSchema,
        *,
        ends: Literal["atomic", "immediate"],
        observe: bool,
        now: Callable[[], datetime],
    ) -> None:
        self.origin = origin
        self.observe = observe
        self.ends: Literal["atomic", "immediate"] = ends
        self.grouped = False
        """Whether a `together` block is open."""
        self._db = db
        self._now = now
        self._at_once = ends == "immediate" and not observe
        self._generation = origin.generation
        self._schema = fields if isinstance(fields, ExtensionSchema) else ExtensionSchema(fields)
        self._registry: registry.Registry | None = None
        self._staging = Staging(origin.extension, self._schema, remembers=ends == "atomic")
        self._writer = Writer(self._staging, origin, self._schema.fields, now)
        self._committed = 0

    @property
    def writes(self) -> list[Write]:
        """Every write so far, in order; `committed` says which of them are stored."""
        return self._writer.writes

    def contract(self, entity: str) -> Contract:
        """What a record of `entity` holds for this run: the platform's entities, and the extension's own.
        Raises InvalidArgument."""
        return self._schema.contract(entity)

    def get(self, entity: str, id: str, include: Sequence[str] | None = None) -> Record | None:
        """The record of that id, with what `include` names beside it. Raises InvalidArgument."""
        contract = self.contract(entity)
        related = parse_include(contract, include)
        record = required_text("id", id)
        with self._reading() as session:
            self._own(session, contract)
            row = self._staging.record(session, record)
            if row is None or row.deleted or row.entity != entity:
                return None
            return self._shown(session, contract, [row], related)[0]

    def query(
        self,
        entity: str,
        where: Json = None,
        order_by: Json = None,
        limit: Json = None,
        offset: Json = None,
        include: Sequence[str] | None = None,
    ) -> list[Record]:
        """One page of records: 50 unless `limit` says otherwise, newest first unless `order_by` does. Raises
        InvalidArgument naming the argument."""
        query = parse_query(self.contract(entity), where, order_by, limit, offset)
        related = parse_include(query.contract, include)
        with self._reading() as session:
            return self._shown(session, query.contract, self._matching(session, query), related)

    def exists(self, entity: str, where: Json = None) -> bool:
        """Whether any record matches."""
        query = parse_query(self.contract(entity), where, limit=1)
        with self._reading() as session:
            return bool(self._matching(session, query))

    def count(self, entity: str, where: Json = None) -> int:
        """How many records match."""
        query = parse_query(self.contract(entity), where)
        with self._reading() as session:
            if self._is_indexed(session, query):
                return self._staging.count(session, query)
            return len(self._staging.scan(session, query))

    def history(self, entity: str, id: str) -> list[Version]:
        """Every version of a record, oldest first, those of this run included."""
        contract = self.contract(entity)
        record = required_text("id", id)
        with self._reading() as session:
            self._own(session, contract)
            staged = self._staging.records.get(record)
            return [*store.load_versions(session, record), *(staged.versions if staged else ())]

    def draft(self, entity: str, attrs: Json, id: str | None = None) -> Record:
        """The record as `create`, or `update` of the record `id`, would make it of these: checked, and staged by
        nobody. What is required may still be missing. Raises NotFound, ValidationError."""
        contract = self.contract(entity)
        body = _object("attrs", attrs)
        with self._reading() as session:
            self._own(session, contract)
            return self._writer.draft(session, contract, body, id)

    def create(self, entity: str, attrs: Json) -> Record:
        """Make a record; answers it whole (a caller that may not read is shown less by its capability).
        Raises ValidationError, Conflict."""
        contract = self.contract(entity)
        body = _object("attrs", attrs)
        return self._change(contract, lambda session: self._writer.create(session, contract, body))

    def update(self, entity: str, id: str, attrs: Json) -> Record:
        """Set some fields of a record, null clearing them; `line_items` is set as a whole. Raises NotFound,
        ValidationError, Conflict."""
        contract = self.contract(entity)
        record, body = required_text("id", id), _object("attrs", attrs)
        return self._change(contract, lambda session: self._writer.update(session, contract, record, body))

    def delete(self, entity: str, id: str) -> bool:
        """Whether there was such a record to delete."""
        contract = self.contract(entity)
        record = required_text("id", id)
        return self._change(contract, lambda session: self._writer.delete(session, contract, record))

    def reaches(self, entity: str, name: str, before: Record | None, after: Record) -> bool:
        """Whether a record, as it was and as it will be, goes through the entity's named change, however it is
        written: it will be as that change makes it, and was not."""
        action = self.contract(entity).actions.get(name)
        if action is None or not action.sets:
            return False
        return not _is_as(action.sets, before or {}) and _is_as(action.sets, after)

    def tried(self, write: Callable[[], T]) -> T:
        """What a write would answer; nothing stays staged of it."""
        take_back, written = self._staging.savepoint(), len(self.writes)
        grouped, self.grouped = self.grouped, True
        try:
            return write()
        finally:
            self.grouped = grouped
            take_back()
            del self.writes[written:]

    def action(
        self,
        entity: str,
        id: str,
        name: str,
        params: Json = None,
        *,
        also: Mapping[str, Json] = MappingProxyType({}),
    ) -> Record:
        """Perform one of the entity's named changes, such as `void`. params: fields that it lets the caller
        set along. also: fields that hooks set along. Raises InvalidArgument naming what there is, NotFound, and
        Conflict where the record is not in a state for it."""
        contract = self.contract(entity)
        record = required_text("id", id)
        if required_text("actionName", name) not in contract.actions:
            known = ", ".join(contract.actions) or "none"
            raise InvalidArgument(f"{entity} has no action {name!r}; there are: {known}")
        given = {} if params is None else _object("params", params)
        return self._write(lambda session: self._writer.act(session, contract, record, name, given, also))

    def ingest(
        self,
        document_type: str,
        payload: Json,
        stream: Json,
        idempotency_key: Json,
        source_updated_at: Json = None,
        source_id: Json = None,
    ) -> Record:
        """Store a provider's document as the next version of its record. Answers `{status, id, documentType,
        sourceId, version, idempotencyKey}`, and a `reason` where stored data is newer. Raises
        InvalidArgument, ValidationError, Conflict."""
        contract = contract_of_document(document_type)
        item = understand(
            contract,
            self._schema.fields,
            self.origin,
            payload,
            stream,
            idempotency_key,
            source_updated_at,
            source_id,
        )
        return self._write(lambda session: self._writer.ingest(session, item, "canonical"))

    def ingest_batch(
        self, document_type: str, items: Json, stream: Json, *, continue_on_error: bool = False
    ) -> Record:
        """Ingest several documents: each item is `{payload, idempotencyKey, sourceId?, sourceUpdatedAt?}`.
        Answers `{imported, failed, duplicates, results, failedRecords}`. Without `continue_on_error` the
        first item that fails raises its own error, naming its index, and nothing of the batch is kept."""
        contract = contract_of_document(document_type)
        if not isinstance(items, list):
            raise InvalidArgument("payloads is a list")
        return self._write(
            lambda session: run_batch(self._writer, session, contract, items, stream, continue_on_error)
        )

    def document_entity(self, document_type: str) -> str:
        """The entity whose documents `ingest` calls that. Raises InvalidArgument."""
        return contract_of_document(document_type).entity

    def item(
        self,
        document_type: str,
        payload: Json,
        stream: Json,
        idempotency_key: Json,
        source_updated_at: Json = None,
        source_id: Json = None,
    ) -> Item:
        """What `ingest` would store, before it does: checked, but for what is required. Raises as `ingest` does."""
        contract = contract_of_document(document_type)
        return understand(
            contract,
            self._schema.fields,
            self.origin,
            payload,
            stream,
            idempotency_key,
            source_updated_at,
            source_id,
            partial=True,
        )

    def before_item(self, item: Item) -> tuple[Record | None, Record | None]:
        """What `ingest` answers to an item that changes nothing, None where it is new; and the record that it is
        a version of, as it is now. Raises Conflict."""
        with self._reading() as session:
            duplicate, previous, _ = self._writer.before_item(session, item)
            if duplicate is not None or previous is None or previous.deleted:
                return duplicate, None
            return None, self._shown(session, item.contract, [previous], {})[0]

    def item_draft(self, item: Item, body: Record, previous: Record | None) -> Record:
        """The record as ingesting the item with this body would make it. Raises ValidationError."""
        return self._writer.item_draft(item, body, previous)

    def ingest_item(self, item: Item, body: Record, action: str) -> Record:
        """Ingest an item with this body in place of its payload's; its key remembers what the provider sent.
        Answers as `ingest` does. Raises ValidationError, Conflict."""
        whole = self._writer.with_body(item, body)
        return self._write(lambda session: self._writer.ingest(session, whole, action))

    def get_checkpoint(self, stream: str, partition: str | None = None) -> Record | None:
        """What was last kept for this stream, or for one partition of it."""
        name, part = _place(stream, partition)
        with self._reading() as session:
            found = self._staging.checkpoint(
                session, self.origin.install, self.origin.connection or "", name, part
            )
        return found.value if found and isinstance(found.value, dict) else None

    def set_checkpoint(self, stream: str, value: Json, partition: str | None = None) -> None:
        """Keep an object for this stream, stored together with the records of the run or not at all."""
        name, part = _place(stream, partition)
        body = _object("checkpoint", value)
        plain(body, "checkpoint")
        self._write(lambda _: self._writer.set_checkpoint(name, part, body))

    def overlay(self, records: Mapping[str, Sequence[Json]], *, keep: bool = False) -> None:
        """Make records exist for this run only. They, and what is written on them, are never stored, unless `keep`
        says that the commit is to store them as they are given. Raises ValidationError naming entity and index."""
        with self._reading() as session:
            for entity, given in records.items():
                contract = self.contract(entity)
                self._own(session, contract)
                for index, each in enumerate(given):
                    try:
                        self._writer.lend(session, contract, _object("record", each))
                    except (GuestError, ValueError) as problem:
                        raise ValidationError(f"{entity}[{index}]: {problem}") from problem
        if keep:
            self._staging.lent.clear()

    @contextmanager
    def together(self, *, commit: bool = False) -> Iterator[None]:
        """What is written in this block is staged whole or, where the block raises, not at all. The outermost
        block commits at its end where each write would commit at its call, and where it is asked to; what was
        read in it must be as it was. Raises StaleRead there."""
        commits = not self.grouped and (commit or self._at_once)
        outermost, remembers = not self.grouped, self._staging.remembers
        take_back, written = self._staging.savepoint(), len(self.writes)
        self.grouped = self._staging.remembers = True
        try:
            yield
            if commits:
                self.commit()
        except BaseException:
            take_back()
            del self.writes[written:]
            raise
        finally:
            self.grouped, self._staging.remembers = not outermost, remembers
            if commits:
                self._staging.forget_seen()

    def commit(self) -> None:
        """Store what is staged in one short transaction; under observe, nothing.

        Raises StaleRead where what the run read and changed is no longer as it was, and PermissionDenied
        where the install was disabled, removed or replaced meanwhile. Nothing is stored then.
        """
        changes, keys, checkpoints = self._staging.to_store()
        if self.observe or not (changes or keys or checkpoints):
            return
        origin = self.origin
        with self._db.tenant(origin.tenant) as session:
            if store.generation_of(session, origin.install) != self._generation:
                raise PermissionDenied(
                    "the install was disabled or removed during the run; nothing was stored"
                )
            known = registry.load(session, origin.extension, self._schema)
            save.write_records(session, origin.extension, self._schema, known, changes)
            save.write_keys(session, origin.scope, keys)
            now = instant_key(self._now())
            save.write_checkpoints(session, origin.install, origin.connection or "", checkpoints, now)
        for write in self.writes[self._committed :]:
            write.committed = write.id not in self._staging.lent
        self._committed = len(self.writes)
        self._staging.clear()

    def discard(self) -> None:
        """Drop what is staged. The writes stay listed, as not committed."""
        self._committed = len(self.writes)
        self._staging.clear()

    @contextmanager
    def _reading(self) -> Iterator[TenantSession]:
        with self._db.tenant(self.origin.tenant, read_only=True) as session:
            if self._generation is None:
                self._generation = store.generation_of(session, self.origin.install)
                if self._generation is None:
                    raise PermissionDenied("the install is not active")
            yield session

    def _change(self, contract: Contract, write: Callable[[TenantSession], T]) -> T:
        def owned(session: TenantSession) -> T:
            self._own(session, contract)
            return write(session)

        return self._write(owned if contract.custom else write)

    def _own(self, session: TenantSession, contract: Contract) -> registry.CustomEntity | None:
        """A custom entity as the tenant knows it. Raises PermissionDenied where it is somebody else's, and
        NotAvailable where it is nobody's yet; an observed run finds it empty then."""
        if not contract.custom:
            return None
        known = self._known(session).entities.get(contract.entity)
        if known is not None:
            if known.owner != store.publisher_of(session, self.origin.install):
                raise PermissionDenied(f"{contract.entity} belongs to another extension of this workspace")
        elif not self.observe:
            raise NotAvailable(
                f"{contract.entity} has no place in this workspace yet; it gets one when the version that"
                " declares it becomes the one that runs"
            )
        return known

    def _matching(self, session: TenantSession, query: Query) -> list[Row]:
        if self._is_indexed(session, query):
            return self._staging.matching(session, query)
        return self._staging.scan(session, query)[query.offset : query.offset + query.limit]

    def _is_indexed(self, session: TenantSession, query: Query) -> bool:
        """Whether the indexes on what the query names are built: those of a version that is only observed may not
        be."""
        contract = query.contract
        names = query.names() - SYSTEM_TYPES.keys()
        own = names & contract.own.keys()
        if contract.custom:
            custom = self._own(session, contract)
            if custom is None or names - own - custom.indexed().keys():
                return False
        return not own or own <= self._known(session).indexed_on(contract.entity).keys()

    def _known(self, session: TenantSession) -> registry.Registry:
        if self._registry is None:
            self._registry = registry.load(session, self.origin.extension, self._schema)
        return self._registry

    def _write(self, write: Callable[[TenantSession], T]) -> T:
        if self.grouped or not self._at_once:
            with self._reading() as session:
                return write(session)
        for _ in range(_TRIES):
            take_back, written = self._staging.savepoint(), len(self.writes)
            try:
                with self._reading() as session:
                    answer = write(session)
                self.commit()
                return answer
            except Exception as problem:
                take_back()
                del self.writes[written:]
                if not isinstance(problem, StaleRead):
                    raise
        raise Conflict("other runs keep changing the same record; try again")

    def _shown(
        self,
        session: TenantSession,
        contract: Contract,
        rows: list[Row],
        related: Mapping[str, tuple[str, str]],
    ) -> list[Record]:
        self._staging.remember(rows)
        records = [as_guest_sees(contract, row) for row in rows]
        found: dict[tuple[str, str, str, str], Record | None] = {}
        for name, (field, entity) in related.items():
            self._own(session, self.contract(entity))
            for row, record in zip(rows, records, strict=True):
                reference = record.get(field)
                identity = (entity, row.source_system, row.connection, str(reference))
                if reference is not None and identity not in found:
                    found[identity] = self._related(session, identity)
                record[name] = found.get(identity)
        return records

    def _related(self, session: TenantSession, identity: tuple[str, str, str, str]) -> Record | None:
        """The record a reference means: its own id, else the provider's id under the same connection."""
        entity, _, _, reference = identity
        row = self._staging.record(session, reference)
        if row is None or row.deleted or row.entity != entity:
            row = self._staging.of_identity(session, identity)
        if row is None or row.deleted:
            return None
        self._staging.remember([row])
        return as_guest_sees(self.contract(entity), row)


def _is_as(wanted: Mapping[str, Json], record: Record) -> bool:
    return all(record.get(name) == value for name, value in wanted.items())


def _object(name: str, value: Json) -> Record:
    if not isinstance(value, dict):
        raise InvalidArgument(f"{name} is an object")
    return value


def _place(stream: str, partition: str | None) -> tuple[str, str]:
    return required_text("stream", stream), "" if partition is None else required_text("partition", partition)
