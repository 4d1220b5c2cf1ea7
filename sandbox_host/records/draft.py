"""A write before it is made: what hooks see, and what they add."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox_host.db import TenantSession
from sandbox_host.records.row import Content
from sandbox_host.records.values import Json
from sandbox_host.records.view import Layer, Merged, View
from sandbox_host.records.work import Work
from sandbox_host.records.writing import Record


@dataclass(frozen=True, slots=True)
class Draft:
    """A record as a write would make it. record: its id; None for a new one. known: what is set by the host so far."""

    entity: str
    record: str | None
    known: Record
    content: Content

    def seen_by(self, session: TenantSession, view: View) -> Record:
        """As one extension sees it."""
        content = self.content
        if self.record is not None:
            content = view.with_own(session, self.entity, self.record, content)
        return {**self.known, **view.fields_shown(view.contract(self.entity), content)}


class Proposal:
    """A write that nothing is staged of yet. record: the id of the record that it changes, None for a new one.
    duplicate: what the write answers if it changes nothing.

    draft: the record that comes of it. make: stages it. Both are given what hooks merged, and raise GuestError.
    """

    def __init__(
        self,
        work: Work,
        view: View,
        record: str | None,
        draft: Callable[[TenantSession, Merged], Draft],
        make: Callable[[TenantSession, Merged], Record],
        duplicate: Record | None = None,
    ) -> None:
        self.record = record
        self.duplicate = duplicate
        self._work = work
        self._view = view
        self._draft = draft
        self._make = make
        self._merged: list[Layer] = []

    def check(self) -> None:
        """Whether the write can be made, as far as can be known before. Raises GuestError."""
        with self._work.reading(self._view) as session:
            self._draft(session, self._merged)

    def seen_by(self, view: View) -> Record:
        """The record as the write would make it, to one extension. What is required may be missing."""
        with self._work.reading(view) as session:
            return self._draft(session, self._merged).seen_by(session, view)

    def merge(self, view: View, changes: Mapping[str, Json]) -> None:
        """Add what a hook of that extension sets. Raises GuestError for what it cannot set; then nothing is."""
        merged = [*self._merged, (view, changes)]
        with self._work.reading(view) as session:
            self._draft(session, merged)
        self._merged = merged

    def make(self) -> Record:
        """Make the write; answers as the unit of work does. Raises GuestError."""
        return self._work.write(self._view, lambda session: self._make(session, self._merged))
