"""The writer of the audit log.

A run's decisions are kept in memory until one must be durable, or the run ends: then all of them are chained
and committed together. What was committed survives `kill -9` of the host. Where a commit fails, the caller
gets AuditUnavailable, the record does not exist, and what it allowed must not happen.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from policies.audit import (
    ZERO,
    CallOutcome,
    Json,
    RunIdentity,
    chained,
    checkpoint_record,
    decision_record,
    run_end_record,
    start_record,
)
from policies.audit.records import Body, hash_of
from sandbox_host.audit import export, schema
from sandbox_host.audit.export import SeveralTenants
from sandbox_host.audit.interrupted import open_runs
from sandbox_host.audit.keys import AuditUnavailable, signing_key, tenant_tag
from sandbox_host.audit.segments import SegmentLock

__all__ = ["AuditStore", "RunAudit", "SeveralTenants"]

CHECKPOINT_EVERY = 1000
"""Records between two checkpoints of a host that lives long; every clean end writes one as well."""


@dataclass(frozen=True, slots=True)
class _Head:
    chain: int
    name: str
    n: int
    hash: str


class RunAudit:
    """The records of one run. Not for several threads at once."""

    def __init__(self, store: AuditStore, identity: RunIdentity) -> None:
        self._store = store
        self._run = identity.run
        self._tenant = identity.tenant
        self._who = identity.record()
        self._waiting: list[Body] = []
        self._on_record = False
        self._ended = False

    def decision(
        self,
        seq: int,
        capability: str,
        action: str,
        resource: str,
        decision: str,
        rule: str,
        reason: str,
        *,
        durable: bool,
    ) -> None:
        """Put one decision on record.

        `durable`: it, and those that waited, are committed when this returns; else it waits for the next that
        is, or for the end. Raises AuditUnavailable: then this decision is not on record.
        """
        self._check_running()
        body = decision_record(self._who, _now(), seq, capability, action, resource, decision, rule, reason)
        if not durable:
            self._waiting.append(body)
            return
        self._store.commit_decisions(
            self._tenant, self._run, [*self._waiting, body], first=not self._on_record
        )
        self._waiting.clear()
        self._on_record = True

    def end(self, outcome: str, calls: Sequence[CallOutcome], unit: Mapping[str, Json] | None) -> None:
        """Close the run: how it ended, how each call ended, how its unit of work did. Committed on return.

        Raises AuditUnavailable: then the run is still open, and this may be tried again.
        """
        self._check_running()
        body = run_end_record(self._who, _now(), outcome, calls, unit)
        self._store.commit_end(self._tenant, self._run, [*self._waiting, body])
        self._waiting.clear()
        self._ended = True

    def _check_running(self) -> None:
        if self._ended:
            raise RuntimeError(f"run {self._run} has ended: nothing can be added to its records")


class AuditStore:
    """`audit.db` in a state folder. Safe for several threads, and for several processes on one machine."""

    def __init__(self, folder: Path, db: sqlite3.Connection, key: Ed25519PrivateKey) -> None:
        self._folder = folder
        self._db = db
        self._key = key
        self._lock = threading.RLock()
        self._segment = secrets.token_hex(16)
        self._alive: SegmentLock | None = None
        self._heads: dict[str | None, _Head] = {}
        self._since_checkpoint = 0
        self._closed = False

    @classmethod
    def open(cls, folder: Path) -> AuditStore:
        """Open the log, made at first use, and close the runs that a dead host left open as interrupted.

        Raises AuditUnavailable.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            db = schema.connect(folder / "audit.db")
        except (sqlite3.Error, OSError) as error:
            raise AuditUnavailable(
                f"{folder / 'audit.db'}: the audit log cannot be opened: {error}"
            ) from error
        try:
            empty = db.execute("SELECT 1 FROM record LIMIT 1").fetchone() is None
            store = cls(folder, db, signing_key(folder / "keys", make=empty))
            store._close_dead_segments()
        except (sqlite3.Error, OSError) as error:
            db.close()
            raise AuditUnavailable(
                f"{folder / 'audit.db'}: the audit log cannot be opened: {error}"
            ) from error
        except AuditUnavailable:
            db.close()
            raise
        return store

    @property
    def public_key(self) -> Ed25519PublicKey:
        """What an export verifies against."""
        return self._key.public_key()

    def begin(self, run: RunIdentity) -> RunAudit:
        """The records of a new run. Nothing is written yet."""
        return RunAudit(self, run)

    def commit_decisions(self, tenant: str, run: str, bodies: Sequence[Body], *, first: bool) -> None:
        """Commit decisions of a run, noted as open with its `first` ones. Raises AuditUnavailable."""
        with self._transaction():
            begun = self._append(tenant, bodies)
            if first:
                row = (begun.chain, run, begun.n - len(bodies) + 1)
                self._db.execute("INSERT OR IGNORE INTO open_run (chain, run, first) VALUES (?, ?, ?)", row)

    def commit_end(self, tenant: str, run: str, bodies: Sequence[Body]) -> None:
        """Commit the last records of a run. Raises AuditUnavailable."""
        with self._transaction():
            head = self._append(tenant, bodies)
            self._db.execute("DELETE FROM open_run WHERE chain = ? AND run = ?", (head.chain, run))
            if self._since_checkpoint >= CHECKPOINT_EVERY:
                self._checkpoint()

    def checkpoint(self) -> str | None:
        """Sign every head that moved since the last checkpoint, of whatever process.

        Returns the newest checkpoint's hash, None where nothing was ever written. Raises AuditUnavailable.
        """
        with self._transaction():
            return self._checkpoint()

    def export(self, out: BinaryIO, tenant: str | None = None, since: datetime | None = None) -> int:
        """Write one tenant's log as JSON Lines that end in a signed seal; `since` leaves out what is older.

        Returns the number of records. Raises AuditUnavailable, and SeveralTenants where none is named and there
        are several.
        """
        self.checkpoint()
        try:
            return export.write(self._folder / "audit.db", self._key, out, _now(), tenant, since)
        except sqlite3.Error as error:
            raise _unavailable(error) from error

    def close(self) -> None:
        """Write a checkpoint and free the log. A run that is still open will be closed as interrupted."""
        with self._lock:
            if self._closed:
                return
            try:
                if self._alive is not None:
                    with self._transaction():
                        self._checkpoint()
                        self._forget(self._segment)
            finally:
                self._closed = True
                self._db.close()
                if self._alive is not None:
                    self._alive.release()

    def __enter__(self) -> AuditStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            if self._closed:
                raise AuditUnavailable("the audit log is closed")
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException as error:
                # What the database holds now is read again before the next write, never assumed.
                self._heads.clear()
                self._roll_back()
                if isinstance(error, (sqlite3.Error, OSError)):
                    raise _unavailable(error) from error
                raise

    def _roll_back(self) -> None:
        try:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        except sqlite3.Error:
            pass

    def _append(
        self, tenant: str | None, bodies: Sequence[Body], key: Ed25519PrivateKey | None = None
    ) -> _Head:
        """Add records to a tenant's chain; None is the chain of checkpoints."""
        head = self._heads.get(tenant) or self._load(tenant)
        n, previous = head.n, head.hash
        rows: list[tuple[int, int, bytes]] = []
        for body in bodies:
            n += 1
            record = chained(body, head.name, n, previous, key)
            previous = record.hash
            rows.append((head.chain, n, record.line))
        self._db.executemany("INSERT INTO record (chain, n, line) VALUES (?, ?, ?)", rows)
        self._since_checkpoint += len(rows)
        self._heads[tenant] = head = _Head(head.chain, head.name, n, previous)
        return head

    def _load(self, tenant: str | None) -> _Head:
        """The head of this segment's chain of a tenant, as the database has it; begun where there is none."""
        self._live()
        sought = "SELECT id, name FROM chain WHERE segment = ? AND tenant IS ?"
        row = self._db.execute(sought, (self._segment, tenant)).fetchone()
        if row is None:
            return self._begin_chain(tenant)
        chain, name = row
        return _Head(chain, name, *self._last(chain))

    def _begin_chain(self, tenant: str | None) -> _Head:
        name = secrets.token_hex(16)
        insert = "INSERT INTO chain (name, segment, tenant) VALUES (?, ?, ?) RETURNING id"
        (chain,) = self._db.execute(insert, (name, self._segment, tenant)).fetchone()
        head = _Head(chain, name, 0, ZERO)
        if tenant is None:
            return head
        self._heads[tenant] = head
        opened = "INSERT INTO open_chain (chain, segment, covered) VALUES (?, ?, 0)"
        self._db.execute(opened, (chain, self._segment))
        return self._append(tenant, [start_record(tenant, self._segment, _now(), self._newest_checkpoint())])

    def _live(self) -> None:
        if self._alive is None:
            self._alive = SegmentLock.take(self._folder / "segments", self._segment)

    def _last(self, chain: int) -> tuple[int, str]:
        row = self._db.execute(
            "SELECT n, line FROM record WHERE chain = ? ORDER BY n DESC LIMIT 1", (chain,)
        ).fetchone()
        return (row[0], hash_of(row[1])) if row else (0, ZERO)

    def _newest_checkpoint(self) -> str | None:
        row = self._db.execute("SELECT hash FROM checkpoint ORDER BY id DESC LIMIT 1").fetchone()
        return row[0] if row else None

    def _checkpoint(self) -> str | None:
        self._since_checkpoint = 0
        newest = self._newest_checkpoint()
        heads: list[Mapping[str, Json]] = []
        sought = "SELECT chain, name, tenant, covered FROM open_chain JOIN chain ON chain.id = chain ORDER BY chain"
        for chain, name, tenant, covered in self._db.execute(sought).fetchall():
            n, last = self._last(chain)
            if n > covered:
                heads.append({"chain": name, "hash": last, "n": n, "tag": tenant_tag(self._key, tenant)})
                self._db.execute("UPDATE open_chain SET covered = ? WHERE chain = ?", (n, chain))
        if not heads:
            return newest
        body = checkpoint_record(self._segment, _now(), newest, heads)
        head = self._append(None, [body], self._key)
        self._db.execute("INSERT INTO checkpoint (hash) VALUES (?)", (head.hash,))
        return head.hash

    def _close_dead_segments(self) -> None:
        for (segment,) in self._db.execute("SELECT DISTINCT segment FROM open_chain").fetchall():
            lock = SegmentLock.take(self._folder / "segments", segment)
            if lock is None:
                continue
            try:
                self._close_segment(segment)
            finally:
                lock.release()

    def _close_segment(self, segment: str) -> None:
        """End a dead segment's open runs, in chains of this one: its own are over. A checkpoint covers both."""
        with self._transaction():
            for run in open_runs(self._db, segment):
                calls = [CallOutcome(seq, "interrupted") for seq in run.calls]
                self._append(run.tenant, [run_end_record(run.who, _now(), "interrupted", calls, None)])
            mine = "SELECT id FROM chain WHERE segment = ?"
            self._db.execute(f"DELETE FROM open_run WHERE chain IN ({mine})", (segment,))
            self._checkpoint()
            self._forget(segment)

    def _forget(self, segment: str) -> None:
        """The segment is over, and nothing is left to do for it, unless a run of it is still open."""
        unfinished = "SELECT 1 FROM open_run JOIN chain ON chain.id = chain WHERE segment = ? LIMIT 1"
        if self._db.execute(unfinished, (segment,)).fetchone() is None:
            self._db.execute("DELETE FROM open_chain WHERE segment = ?", (segment,))


def _unavailable(error: Exception) -> AuditUnavailable:
    return AuditUnavailable(f"the audit log cannot be written: {error}")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
