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
from typing import Literal, TypeVar

from sandbox_host.db import Database, TenantSession
from sandbox_host.errors import Conflict, GuestError, InvalidArgument, PermissionDenied, ValidationError
from sandbox_host.records import save, store
from sandbox_host.records.batch import run_batch
from sandbox_host.records.contract import Contract, contract_of, contract_of_document
from sandbox_host.records.fields import ExtensionFields
from sandbox_host.records.ingest import required_text, understand
from sandbox_host.records.origin import Origin
from sandbox_host.records.query import parse_include, parse_query
from sandbox_host.records.row import Row, as_guest_sees
from sandbox_host.records.staging import Staging
from sandbox_host.records.store import StaleRead, Version
from sandbox_host.records.values import Json, instant_key, plain
from sandbox_host.records.writing import Record, Write, Writer

T = TypeVar("T")

_TRIES = 2


class UnitOfWork:
    """The records of one run. Not for several threads at once.

    now: the run's clock, aware of its zone. Times are kept in milliseconds.
    """

    def __init__(
        self,
        db: Database,
        origin: Origin,
        fields: ExtensionFields,
        *,
        ends: Literal["atomic", "immediate"],
        observe: bool,
        now: Callable[[], datetime],
    ) -> None:
        self.origin = origin
        self.observe = observe
        self._db = db
        self._now = now
        self._at_once = ends == "immediate" and not observe
        self._generation = origin.generation
        self._staging = Staging(origin.extension, fields, remembers=ends == "atomic")
        self._writer = Writer(self._staging, origin, fields, now)
        self._committed = 0

    @property
    def writes(self) -> list[Write]:
        """Every write so far, in order; `committed` says which of them are stored."""
        return self._writer.writes

    def get(self, entity: str, id: str, include: Sequence[str] | None = None) -> Record | None:
        """The record of that id, with what `include` names beside it. Raises InvalidArgument."""
        contract = contract_of(entity)
        related = parse_include(contract, include)
        record = required_text("id", id)
        with self._reading() as session:
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
        query = parse_query(contract_of(entity), where, order_by, limit, offset)
        related = parse_include(query.contract, include)
        with self._reading() as session:
            return self._shown(session, query.contract, self._staging.matching(session, query), related)

    def exists(self, entity: str, where: Json = None) -> bool:
        """Whether any record matches."""
        query = parse_query(contract_of(entity), where, limit=1)
        with self._reading() as session:
            return bool(self._staging.matching(session, query))

    def count(self, entity: str, where: Json = None) -> int:
        """How many records match."""
        query = parse_query(contract_of(entity), where)
        with self._reading() as session:
            return self._staging.count(session, query)

    def history(self, entity: str, id: str) -> list[Version]:
        """Every version of a record, oldest first, those of this run included."""
        contract_of(entity)
        record = required_text("id", id)
        with self._reading() as session:
            staged = self._staging.records.get(record)
            return [*store.load_versions(session, record), *(staged.versions if staged else ())]

    def create(self, entity: str, attrs: Json) -> Record:
        """Make a record; answers it whole (a caller that may not read is shown less by its capability).
        Raises ValidationError, Conflict."""
        contract = contract_of(entity)
        body = _object("attrs", attrs)
        return self._write(lambda session: self._writer.create(session, contract, body))

    def update(self, entity: str, id: str, attrs: Json) -> Record:
        """Set some fields of a record, null clearing them; `line_items` is set as a whole. Raises NotFound,
        ValidationError, Conflict."""
        contract = contract_of(entity)
        record, body = required_text("id", id), _object("attrs", attrs)
        return self._write(lambda session: self._writer.update(session, contract, record, body))

    def delete(self, entity: str, id: str) -> bool:
        """Whether there was such a record to delete."""
        contract = contract_of(entity)
        record = required_text("id", id)
        return self._write(lambda session: self._writer.delete(session, contract, record))

    def action(self, entity: str, id: str, name: str, params: Json = None) -> Record:
        """Perform one of the entity's named changes, such as `void`. Raises InvalidArgument naming them."""
        contract = contract_of(entity)
        record = required_text("id", id)
        change = contract.actions.get(required_text("actionName", name))
        if change is None:
            known = ", ".join(contract.actions) or "none"
            raise InvalidArgument(f"{entity} has no action {name!r}; there are: {known}")
        if params:
            raise InvalidArgument(f"{entity}.{name} takes no parameters")
        return self._write(lambda session: self._writer.update(session, contract, record, change, "action"))

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
            self._staging.fields,
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

    def overlay(self, records: Mapping[str, Sequence[Json]]) -> None:
        """Make records exist for this run only. They, and what is written on them, are never stored. Raises
        ValidationError naming entity and index."""
        with self._reading() as session:
            for entity, given in records.items():
                contract = contract_of(entity)
                for index, each in enumerate(given):
                    try:
                        self._writer.lend(session, contract, _object("record", each))
                    except (GuestError, ValueError) as problem:
                        raise ValidationError(f"{entity}[{index}]: {problem}") from problem

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
            save.write_records(session, origin.extension, self._staging.fields, changes)
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

    def _write(self, write: Callable[[TenantSession], T]) -> T:
        if not self._at_once:
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
        return as_guest_sees(contract_of(entity), row)


def _object(name: str, value: Json) -> Record:
    if not isinstance(value, dict):
        raise InvalidArgument(f"{name} is an object")
    return value


def _place(stream: str, partition: str | None) -> tuple[str, str]:
    return required_text("stream", stream), "" if partition is None else required_text("partition", partition)
