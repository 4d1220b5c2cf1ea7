"""The writes of a run: how one is staged as the next version of its record, and how it is listed."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from sandbox_host.errors import ResultTooLarge
from sandbox_host.records.ingest import Item
from sandbox_host.records.memory import memory_of
from sandbox_host.records.row import Content, Identity, Row
from sandbox_host.records.staging import Staging
from sandbox_host.records.store import Checkpoint, Version
from sandbox_host.records.values import Json, instant, instant_key
from sandbox_host.records.view import View

Record = dict[str, Json]

PER_LISTED, PER_STAGED = 1024, 1024
"""Bytes that a write takes beside its values: its line in the report, and its rows."""


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
    """Stages and lists the writes of all guests of a run. `now` is read once per write.

    room: how many bytes of memory the writes of a run may take, staged and listed. Over it, any method that stages
    raises ResultTooLarge.
    """

    staging: Staging
    now: Callable[[], datetime]
    room: int
    writes: list[Write] = field(default_factory=list)
    _listed: int = 0
    _staged: int = 0
    _made: int = 0

    def put(
        self,
        view: View,
        identity: Identity,
        content: Content,
        listed: Write,
        *,
        record: str,
        moment: str,
        previous: Row | None,
        item: Item | None = None,
        deleted: bool = False,
    ) -> Row:
        """Stage what a record holds from now on, and list the write.

        record, moment: the id of a new record, and the time. previous: the version it was built on. item: what was
        ingested, if it was.
        """
        source_updated_at = item.source_updated_at if item else None
        row = Row(
            id=previous.id if previous else record,
            entity=identity[0],
            source_system=identity[1],
            connection=identity[2],
            source_id=identity[3],
            version=previous.version + 1 if previous else 1,
            created_at=previous.created_at if previous else moment,
            updated_at=moment,
            source_updated_at=source_updated_at or (previous.source_updated_at if previous else None),
            deleted=deleted,
            content=content,
        )
        version = Version(
            version=row.version,
            written_at=moment,
            install=view.origin.install,
            action=listed.action if listed.kind == "entity" else "ingest",
            stream=item.stream if item else None,
            idempotency_key=item.key if item else None,
            content=content,
        )
        listed.id = row.id
        self._take(listed, content, previous)
        self.staging.put(row, previous, version)
        self.writes.append(listed)
        return row

    def put_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Stage a checkpoint, and list the write."""
        place = "/".join(part for part in (checkpoint.stream, checkpoint.partition) if part)
        listed = Write("checkpoint", "setCheckpoint", None, place, checkpoint.value)
        self._take(listed)
        at = (checkpoint.install, checkpoint.connection, checkpoint.stream, checkpoint.partition)
        self.staging.checkpoints[at] = checkpoint
        self.writes.append(listed)

    def savepoint(self) -> Callable[[], None]:
        """Returns a function that takes back every write from here on."""
        take_back, written = self.staging.savepoint(), len(self.writes)
        sizes = self._listed, self._staged

        def back() -> None:
            take_back()
            del self.writes[written:]
            self._listed, self._staged = sizes

        return back

    def moment(self) -> str:
        """The time, in milliseconds, as it is stored."""
        moment = self.now()
        return instant_key(moment.replace(microsecond=moment.microsecond // 1000 * 1000))

    def new_id(self, moment: str) -> str:
        """A UUID of version 7 (RFC 9562): ids of one run sort in the order in which they were made."""
        self._made += 1
        milliseconds = int(instant(moment).timestamp() * 1000) & (1 << 48) - 1
        counter = self._made & (1 << 26) - 1
        high = counter >> 14
        low = (counter & (1 << 14) - 1) << 48 | secrets.randbits(48)
        return str(UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low))

    def clear(self) -> None:
        """Nothing is staged any more. The writes stay listed."""
        self.staging.clear()
        self._staged = 0

    def _take(self, listed: Write, content: Content | None = None, previous: Row | None = None) -> None:
        """Count what a write keeps in memory: what it lists, and what it stages beside that. Values of a record that
        is staged already are counted already."""
        counted: set[int] = set()
        if previous is not None and previous.id in self.staging.records:
            counted.update(map(id, _values(previous.content)))
        listing = self._listed + PER_LISTED + memory_of([listed.data], counted)
        staging = self._staged + PER_STAGED
        if content is not None:
            staging += memory_of([content.native, content.fields], counted)
        if listing + staging > self.room:
            raise ResultTooLarge(
                f"what this run writes takes over {self.room} bytes of memory, where a small value takes many times its"
                " text; write less in one run"
            )
        self._listed, self._staged = listing, staging


def _values(content: Content) -> Iterator[Json]:
    yield from content.native.values()
    for declared in content.fields.values():
        for values in declared.values():
            yield from values.values()
