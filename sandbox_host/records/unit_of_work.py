"""The unit of work: what a run reads and writes of records, and how it ends.

Writes are staged in memory and read through, so every read answers as it would after the commit. No database
transaction is open between two calls. How it ends is fixed by the trigger:

- `atomic`: `commit` stores everything in one short transaction, or nothing.
- `immediate`: each write is committed before its call returns.
- under `observe` nothing is ever stored, whatever the above says.

A run is of one extension, and its writes may set off hooks of others: `seen_by` gives each its own view of the same
unit of work. What one stages, the others read; what is declared by one is neither seen nor written by another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from copy import copy
from datetime import datetime
from typing import Literal

from sandbox_host.db import Database, TenantSession
from sandbox_host.errors import GuestError, InvalidArgument, ValidationError
from sandbox_host.records.batch import run_batch
from sandbox_host.records.contract import contract_of_document
from sandbox_host.records.fields import ExtensionFields
from sandbox_host.records.ingest import required_text
from sandbox_host.records.origin import Origin
from sandbox_host.records.proposals import Proposals, an_object
from sandbox_host.records.schema import ExtensionSchema
from sandbox_host.records.staging import CheckpointPlace
from sandbox_host.records.store import Checkpoint
from sandbox_host.records.values import Json, plain
from sandbox_host.records.view import View
from sandbox_host.records.work import Work
from sandbox_host.records.writing import Record, Write

ROOM = 64 * 1024 * 1024
"""How many bytes of memory the writes of a run may take."""


class UnitOfWork(Proposals):
    """The records of one run. Not for several threads at once.

    fields: what the running version declares; fields alone where it has no entities of its own. now: the
    run's clock, aware of its zone. Times are kept in milliseconds. room: bytes of memory that its writes may take; the
    one over it raises ResultTooLarge.
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
        room: int = ROOM,
    ) -> None:
        schema = fields if isinstance(fields, ExtensionSchema) else ExtensionSchema(fields)
        work = Work(db, origin.tenant, ends=ends, observe=observe, now=now, room=room)
        super().__init__(work, View(origin, schema))

    def seen_by(self, origin: Origin, schema: ExtensionSchema) -> UnitOfWork:
        """The same unit of work for another extension of the tenant."""
        other = copy(self)
        other.view = View(origin, schema)
        return other

    @property
    def writes(self) -> list[Write]:
        """Every write so far, in order; `committed` says which of them are stored."""
        return self.work.writer.writes

    def create(self, entity: str, attrs: Json) -> Record:
        """Make a record; answers it whole (a caller that may not read is shown less by its capability).
        Raises ValidationError, Conflict."""
        return self.to_create(entity, attrs).make()

    def update(self, entity: str, id: str, attrs: Json) -> Record:
        """Set some fields of a record, null clearing them; `line_items` is set as a whole. Raises NotFound,
        ValidationError, Conflict."""
        return self.to_update(entity, id, attrs).make()

    def action(self, entity: str, id: str, name: str, params: Json = None) -> Record:
        """Perform one of the entity's named changes, such as `void`. params: fields that it lets the caller
        set along. Raises InvalidArgument naming what there is, NotFound, and Conflict where the record is not in a
        state for it."""
        return self.to_act(entity, id, name, params).make()

    def delete(self, entity: str, id: str) -> bool:
        """Whether there was such a record to delete."""
        contract = self.contract(entity)
        record = required_text("id", id)

        def delete(session: TenantSession) -> bool:
            self._own(session, contract)
            return self._entities.delete(session, contract, record)

        return self.work.write(self.view, delete)

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
        item = self._item(document_type, payload, stream, idempotency_key, source_updated_at, source_id)
        return self.work.write(self.view, lambda session: self._ingests.ingest(session, item, "canonical"))

    def ingest_batch(
        self, document_type: str, items: Json, stream: Json, *, continue_on_error: bool = False
    ) -> Record:
        """Ingest several documents: each item is `{payload, idempotencyKey, sourceId?, sourceUpdatedAt?}`.
        Answers `{imported, failed, duplicates, results, failedRecords}`. Without `continue_on_error` the
        first item that fails raises its own error, naming its index, and nothing of the batch is kept."""
        contract = contract_of_document(document_type)
        if not isinstance(items, list):
            raise InvalidArgument("payloads is a list")
        return self.work.write(
            self.view,
            lambda session: run_batch(self._ingests, session, contract, items, stream, continue_on_error),
        )

    def get_checkpoint(self, stream: str, partition: str | None = None) -> Record | None:
        """What was last kept for this stream, or for one partition of it."""
        place = self._place(stream, partition)
        with self.work.reading(self.view) as session:
            found = self.work.staging.checkpoint(session, place)
        return found.value if found and isinstance(found.value, dict) else None

    def set_checkpoint(self, stream: str, value: Json, partition: str | None = None) -> None:
        """Keep an object for this stream, stored together with the records of the run or not at all. If the run was
        shown the checkpoint, it must still be there at the commit."""
        place = self._place(stream, partition)
        body = an_object("checkpoint", value)
        plain(body, "checkpoint")
        base = self.work.staging.shown_checkpoints.get(place)
        checkpoint = Checkpoint(*place, version=0, value=body, base=base)
        self.work.write(self.view, lambda _: self.work.writer.put_checkpoint(checkpoint))

    def overlay(self, records: Mapping[str, Sequence[Json]], *, keep: bool = False) -> None:
        """Make records exist for this run only. They, and what is written on them, are never stored, unless `keep`
        says that the commit is to store them as they are given. Raises ValidationError naming entity and index."""
        with self.work.reading(self.view) as session:
            for entity, given in records.items():
                contract = self.contract(entity)
                self._own(session, contract)
                for index, each in enumerate(given):
                    try:
                        self._entities.lend(session, contract, an_object("record", each))
                    except (GuestError, ValueError) as problem:
                        raise ValidationError(f"{entity}[{index}]: {problem}") from problem
        if keep:
            self.work.staging.lent.clear()

    def together(self, *, commit: bool = False) -> AbstractContextManager[None]:
        """See Work."""
        return self.work.together(commit=commit)

    def commit(self) -> None:
        """See Work."""
        self.work.commit()

    def discard(self) -> None:
        """See Work."""
        self.work.discard()

    def _place(self, stream: str, partition: str | None) -> CheckpointPlace:
        name = required_text("stream", stream)
        part = "" if partition is None else required_text("partition", partition)
        return (self.view.origin.install, self.view.origin.connection or "", name, part)
