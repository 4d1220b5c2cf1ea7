"""What a run has written and not yet committed, held in memory, and read through to the tables.

Everything a run reads comes from here: staged records first, then records that exist for this run only
(`overlay`), then the tables. Entries are immutable, so that a snapshot of the staging is three shallow copies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from sandbox_host.db import TenantSession
from sandbox_host.records import store
from sandbox_host.records.fields import ExtensionFields
from sandbox_host.records.query import Query
from sandbox_host.records.row import Identity, Row
from sandbox_host.records.search import count_stored, search, stored_ids
from sandbox_host.records.store import Change, Checkpoint, IngestKey, Version


@dataclass(slots=True)
class Staging:
    """Records, idempotency keys and checkpoints as they will be.

    remembers: whether a record that was read and later changed must still be, at the commit, at the version
    that was first read. Otherwise it must be at the version that the write itself saw.
    """

    extension: str
    fields: ExtensionFields
    remembers: bool
    records: dict[str, Change] = field(default_factory=dict)
    identities: dict[Identity, str] = field(default_factory=dict)
    keys: dict[tuple[str, str], IngestKey] = field(default_factory=dict)
    checkpoints: dict[tuple[str, str], Checkpoint] = field(default_factory=dict)
    lent: set[str] = field(default_factory=set)
    """Ids of overlay records: they, and what is written on them, are never stored."""
    seen: dict[str, int] = field(default_factory=dict)
    shown_checkpoints: dict[tuple[str, str], int] = field(default_factory=dict)

    def record(self, session: TenantSession, record: str) -> Row | None:
        """The record of that id, deleted or not."""
        staged = self.records.get(record)
        return staged.row if staged else self._completed(session, store.load(session, record))

    def of_identity(self, session: TenantSession, identity: Identity) -> Row | None:
        """The record of that identity, deleted or not."""
        staged = self.identities.get(identity)
        if staged is not None:
            return self.records[staged].row
        return self._completed(session, store.load_identity(session, identity))

    def matching(self, session: TenantSession, query: Query) -> list[Row]:
        """One page of live records, staged and stored together, in the query's order."""
        staged = [
            change.row for change in self.records.values() if change.row.entity == query.contract.entity
        ]
        if not staged:
            return self._with_declared(session, search(session, query, query.limit, query.offset))
        end = query.offset + query.limit
        stored = search(session, query, end + len(staged), 0)
        rows = [row for row in stored if row.id not in self.records]
        rows += [row for row in staged if query.matches(row)]
        return self._with_declared(session, query.sorted(rows)[query.offset : end])

    def count(self, session: TenantSession, query: Query) -> int:
        """How many live records match, staged and stored together."""
        staged = [
            change.row for change in self.records.values() if change.row.entity == query.contract.entity
        ]
        if not staged:
            return count_stored(session, query)
        stored = stored_ids(session, query) - self.records.keys()
        return len(stored) + sum(query.matches(row) for row in staged)

    def remember(self, rows: Iterable[Row]) -> None:
        """Note what a guest has been shown, for the check at the commit."""
        if self.remembers:
            for row in rows:
                self.seen.setdefault(row.id, row.version)

    def put(self, row: Row, previous: Row | None, version: Version) -> None:
        """Stage the next version of a record. `previous` is what this write was built on."""
        staged = self.records.get(row.id)
        if staged:
            change = replace(staged, row=row, versions=(*staged.versions, version))
        else:
            base = self.seen.get(row.id, previous.version) if previous else None
            change = Change(row, base, (version,))
        self.records[row.id] = change
        self.identities[row.identity] = row.id

    def lend(self, row: Row) -> None:
        """Make a record exist for this run only, in front of a stored one of the same id."""
        self.records[row.id] = Change(row, None, ())
        self.identities[row.identity] = row.id
        self.lent.add(row.id)

    def key(self, session: TenantSession, scope: str, stream: str, key: str) -> IngestKey | None:
        """What an idempotency key remembers."""
        return self.keys.get((stream, key)) or store.load_key(session, scope, stream, key)

    def checkpoint(
        self, session: TenantSession, install: str, connection: str, stream: str, partition: str
    ) -> Checkpoint | None:
        """A checkpoint, staged or stored."""
        staged = self.checkpoints.get((stream, partition))
        if staged:
            return staged
        stored = store.load_checkpoint(session, install, connection, stream, partition)
        if self.remembers:
            self.shown_checkpoints.setdefault((stream, partition), stored.version if stored else 0)
        return stored

    def savepoint(self) -> Callable[[], None]:
        """Returns a function that takes back everything staged from here on."""
        copies = {
            name: dict(getattr(self, name)) for name in ("records", "identities", "keys", "checkpoints")
        }

        def take_back() -> None:
            for name, copy in copies.items():
                setattr(self, name, copy)

        return take_back

    def to_store(self) -> tuple[list[Change], list[IngestKey], list[Checkpoint]]:
        """What a commit writes: everything but what concerns overlay records."""
        return (
            [change for record, change in self.records.items() if record not in self.lent],
            [key for key in self.keys.values() if key.record not in self.lent],
            list(self.checkpoints.values()),
        )

    def clear(self) -> None:
        """Forget what was staged and seen; overlay records stay, as they are by now."""
        self.records = {record: change for record, change in self.records.items() if record in self.lent}
        self.identities = {
            identity: record for identity, record in self.identities.items() if record in self.lent
        }
        self.keys = {name: key for name, key in self.keys.items() if key.record in self.lent}
        self.checkpoints = {}
        self.seen = {}
        self.shown_checkpoints = {}

    def _completed(self, session: TenantSession, row: Row | None) -> Row | None:
        return self._with_declared(session, [row])[0] if row else None

    def _with_declared(self, session: TenantSession, rows: list[Row]) -> list[Row]:
        if not rows or not self.fields.any_of(rows[0].entity):
            return rows
        missing = [row.id for row in rows if row.id not in self.records]
        declared = store.load_declared(session, self.extension, missing)
        return [
            replace(row, declared=self.fields.known(row.entity, declared[row.id]))
            if row.id in declared
            else row
            for row in rows
        ]
