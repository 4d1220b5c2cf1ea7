"""What the guests of one run have in common: what they staged, and how it ends.

Each install that took part in what is committed must still be as it was when the run began: a version that was disabled
or removed meanwhile stores nothing, nor does what it had a hand in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Literal, TypeVar

from sandbox_host.db import Database, TenantSession
from sandbox_host.errors import Conflict, PermissionDenied
from sandbox_host.records import save, store
from sandbox_host.records.staging import Staging
from sandbox_host.records.store import StaleRead
from sandbox_host.records.values import instant_key
from sandbox_host.records.view import View
from sandbox_host.records.writing import Writer

T = TypeVar("T")

_TRIES = 2


class Work:
    """The staged writes of one run. ends, observe, now, room: see UnitOfWork. Not for several threads at once."""

    def __init__(
        self,
        db: Database,
        tenant: str,
        *,
        ends: Literal["atomic", "immediate"],
        observe: bool,
        now: Callable[[], datetime],
        room: int,
    ) -> None:
        self.ends: Literal["atomic", "immediate"] = ends
        self.observe = observe
        self.grouped = False
        """Whether a `together` block is open."""
        self.staging = Staging(remembers=ends == "atomic")
        self.writer = Writer(self.staging, now, room)
        self._db = db
        self._tenant = tenant
        self._now = now
        self._at_once = ends == "immediate" and not observe
        self._committed = 0
        self._generations: dict[str, int] = {}
        self._taking_part: dict[str, View] = {}

    @contextmanager
    def reading(self, view: View) -> Iterator[TenantSession]:
        """A session for one read of that extension's. Raises PermissionDenied where its install is not active."""
        with self._db.tenant(self._tenant, read_only=True) as session:
            self._take_part(session, view)
            yield session

    def write(self, view: View, write: Callable[[TenantSession], T]) -> T:
        """Stage a write; where writes commit at their call, commit it. Raises Conflict where it keeps losing its
        record to others."""
        if self.grouped or not self._at_once:
            with self.reading(view) as session:
                return write(session)
        for _ in range(_TRIES):
            take_back = self.writer.savepoint()
            try:
                with self.reading(view) as session:
                    answer = write(session)
                self.commit()
                return answer
            except Exception as problem:
                take_back()
                if not isinstance(problem, StaleRead):
                    raise
        raise Conflict("other runs keep changing the same record; try again")

    @contextmanager
    def together(self, *, commit: bool = False) -> Iterator[None]:
        """What is written in this block is staged whole or, where the block raises, not at all. The outermost
        block commits at its end where each write would commit at its call, and where it is asked to; what was
        read in it must be as it was. Raises StaleRead there."""
        commits = not self.grouped and (commit or self._at_once)
        outermost, remembers = not self.grouped, self.staging.remembers
        take_back = self.writer.savepoint()
        self.grouped = self.staging.remembers = True
        try:
            yield
            if commits:
                self.commit()
        except BaseException:
            take_back()
            raise
        finally:
            self.grouped, self.staging.remembers = not outermost, remembers
            if commits:
                self.staging.forget_seen()

    def commit(self) -> None:
        """Store what is staged in one short transaction; under observe, nothing.

        Raises StaleRead where what the run read and changed is no longer as it was, and PermissionDenied
        where an install was disabled, removed or replaced meanwhile. Nothing is stored then.
        """
        changes, keys, checkpoints = self.staging.to_store()
        if self.observe or not (changes or keys or checkpoints):
            return
        views = {view.extension: view for view in self._taking_part.values()}
        with self._db.tenant(self._tenant) as session:
            self._check_installs(session)
            save.write_records(session, views.values(), changes)
            save.write_keys(session, keys)
            save.write_checkpoints(session, checkpoints, instant_key(self._now()))
        for write in self.writer.writes[self._committed :]:
            write.committed = write.id not in self.staging.lent
        self._end()

    def discard(self) -> None:
        """Drop what is staged. The writes stay listed, as not committed."""
        self._end()

    def _end(self) -> None:
        self._committed = len(self.writer.writes)
        self._taking_part = {}
        self.writer.clear()

    def _take_part(self, session: TenantSession, view: View) -> None:
        install = view.origin.install
        if install not in self._generations:
            began = view.origin.generation
            generation = store.generation_of(session, install) if began is None else began
            if generation is None:
                raise PermissionDenied("the install is not active")
            self._generations[install] = generation
        self._taking_part[install] = view

    def _check_installs(self, session: TenantSession) -> None:
        for install, view in self._taking_part.items():
            if store.generation_of(session, install) != self._generations[install]:
                raise PermissionDenied(
                    f"the install of {view.extension} was disabled or removed during the run; nothing was stored"
                )
