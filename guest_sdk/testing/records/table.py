"""The rows of a test in memory, and the list of what was written."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from guest_sdk.testing.errors import Refused
from guest_sdk.testing.records.document import Document
from guest_sdk.testing.records.row import Identity, Row
from guest_sdk.testing.records.values import Value


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """One write, as the sandbox reports it."""

    kind: Literal["entity", "ingest", "secret", "checkpoint", "http"]
    action: str
    entity: str | None
    id: str
    data: Value


class Table:
    """writes: every write so far, also of calls that failed later."""

    def __init__(self) -> None:
        self.writes: list[Write] = []
        self._rows: dict[str, Row] = {}
        self._identities: dict[Identity, str] = {}
        self._made = 0

    def savepoint(self) -> Callable[[], None]:
        """A function that takes back every row from here on."""
        rows, identities = dict(self._rows), dict(self._identities)

        def take_back() -> None:
            self._rows, self._identities = dict(rows), dict(identities)

        return take_back

    def all(self) -> Iterable[Row]:
        """Every row, deleted ones too."""
        return self._rows.values()

    def find(self, entity: str, id: str) -> Row | None:
        """The record of that id, unless it is deleted."""
        row = self._rows.get(id)
        return None if row is None or row.deleted or row.entity != entity else row

    def live(self, entity: str, id: str) -> Row:
        """The record of that id. Raises Refused."""
        row = self.find(entity, id)
        if row is None:
            raise Refused("NotFound", f"there is no {entity} with the id '{id}'")
        return row

    def of_identity(self, identity: Identity) -> Row | None:
        """The record of that identity, deleted or not."""
        id = self._identities.get(identity)
        return None if id is None else self._rows.get(id)

    def put(
        self,
        previous: Row | None,
        identity: Identity,
        id: str,
        moment: str,
        document: Document,
        *,
        source_updated_at: str | None = None,
        deleted: bool = False,
    ) -> Row:
        """Keep the next version of a record. id: that of a new one."""
        known = previous.source_updated_at if previous else None
        row = Row(
            id=previous.id if previous else id,
            entity=identity[0],
            source_system=identity[1],
            connection=identity[2],
            source_id=identity[3],
            version=(previous.version if previous else 0) + 1,
            created_at=previous.created_at if previous else moment,
            updated_at=moment,
            source_updated_at=source_updated_at or known,
            deleted=deleted,
            native=document.native,
            declared=document.declared,
        )
        self._rows[row.id] = row
        self._identities[identity] = row.id
        return row

    def note(self, kind: Literal["entity", "ingest"], action: str, row: Row, data: Value) -> None:
        """List a write."""
        self.writes.append(Write(kind, action, row.entity, row.id, data))

    def new_id(self) -> str:
        """A UUID of version 7 (RFC 9562): ids sort in the order in which they were made."""
        self._made += 1
        moment, made = f"{time.time_ns() // 1_000_000:012x}", f"{self._made:06x}"
        return f"{moment[:8]}-{moment[8:]}-7{made[:3]}-8{made[3:]}-{secrets.randbits(48):012x}"
