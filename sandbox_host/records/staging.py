"""What a run has written and not yet committed, held in memory, and read through to the tables.

Everything a run reads comes from here: staged records first, then records that exist for this run only
(`overlay`), then the tables. Entries are immutable, so that a snapshot of the staging is three shallow copies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from sandbox_host.db import TenantSession
from sandbox_host.errors import NotAvailable
from sandbox_host.records import store
from sandbox_host.records.query import Query
from sandbox_host.records.row import Identity, Row
from sandbox_host.records.search import count_stored, search, stored_ids
from sandbox_host.records.store import Change, Checkpoint, IngestKey, Version
from sandbox_host.records.view import View

MAX_SCAN = 10_000
"""How many stored records a query without its index may look at."""

CheckpointPlace: TypeAlias = "tuple[str, str, str, str]"
"""(install, connection or "", stream, partition or "")."""


@dataclass(slots=True)
class Staging:
    """Records, idempotency keys and checkpoints as they will be.

    remembers: whether a record that was read and later changed must still be, at the commit, at the version
    that was first read. Otherwise it must be at the version that the write itself saw.
    """

    remembers: bool
    records: dict[str, Change] = field(default_factory=dict)
    identities: dict[Identity, str] = field(default_factory=dict)
    keys: dict[tuple[str, str, str], IngestKey] = field(default_factory=dict)
    """By scope, stream and key."""
    checkpoints: dict[CheckpointPlace, Checkpoint] = field(default_factory=dict)
    lent: set[str] = field(default_factory=set)
    """Ids of overlay records: they, and what is written on them, are never stored."""
    seen: dict[str, int] = field(default_factory=dict)
    shown_checkpoints: dict[CheckpointPlace, int] = field(default_factory=dict)

    def record(self, session: TenantSession, view: View, record: str) -> Row | None:
        """The record of that id, deleted or not."""
        staged = self.records.get(record)
        return _loaded(session, view, staged.row if staged else store.load(session, record))

    def of_identity(self, session: TenantSession, view: View, identity: Identity) -> Row | None:
        """The record of that identity, deleted or not."""
        staged = self.identities.get(identity)
        row = store.load_identity(session, identity) if staged is None else self.records[staged].row
        return _loaded(session, view, row)

    def matching(self, session: TenantSession, view: View, query: Query) -> list[Row]:
        """One page of live records, staged and stored together, in the query's order."""
        staged = self._staged(session, view, query)
        if not staged:
            return view.loaded(session, search(session, query, query.limit, query.offset))
        end = query.offset + query.limit
        stored = search(session, query, end + len(staged), 0)
        rows = view.loaded(session, [row for row in stored if row.id not in self.records])
        rows += [row for row in staged if query.matches(row)]
        return query.sorted(rows)[query.offset : end]

    def scan(self, session: TenantSession, view: View, query: Query) -> list[Row]:
        """Every live record that matches, in the query's order, found without an index. Raises NotAvailable where
        there are too many to look at."""
        bare = Query(query.contract, query.extension, ())
        stored = view.loaded(session, search(session, bare, MAX_SCAN + 1, 0))
        if len(stored) > MAX_SCAN:
            raise NotAvailable(
                f"the indexes of {query.contract.entity} that this query needs are not built yet: they are when the"
                " version that declares them becomes the one that runs"
            )
        rows = [row for row in stored if row.id not in self.records]
        rows += self._staged(session, view, query)
        return query.sorted(row for row in rows if query.matches(row))

    def count(self, session: TenantSession, view: View, query: Query) -> int:
        """How many live records match, staged and stored together."""
        staged = self._staged(session, view, query)
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
        return self.keys.get((scope, stream, key)) or store.load_key(session, scope, stream, key)

    def checkpoint(self, session: TenantSession, place: CheckpointPlace) -> Checkpoint | None:
        """A checkpoint, staged or stored."""
        staged = self.checkpoints.get(place)
        if staged:
            return staged
        stored = store.load_checkpoint(session, *place)
        if self.remembers:
            self.shown_checkpoints.setdefault(place, stored.version if stored else 0)
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
        self.forget_seen()

    def forget_seen(self) -> None:
        """From here on, what was shown to the guest need no longer be as it was."""
        self.seen = {}
        self.shown_checkpoints = {}

    def _staged(self, session: TenantSession, view: View, query: Query) -> list[Row]:
        entity = query.contract.entity
        return view.loaded(session, [each.row for each in self.records.values() if each.row.entity == entity])


def _loaded(session: TenantSession, view: View, row: Row | None) -> Row | None:
    return view.loaded(session, [row])[0] if row else None
