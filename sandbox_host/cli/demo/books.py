"""What the database holds, read from outside the code that is being shown."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Table:
    """How many rows a table has, and a digest of all that is in them."""

    rows: int
    digest: str


class Books:
    """A reader of a state folder's database."""

    def __init__(self, folder: Path) -> None:
        self._url = f"{(folder / 'state.db').resolve().as_uri()}?mode=ro"

    def source_ids(self, entity: str) -> list[str]:
        """The provider's id of every record of this entity, sorted."""
        sought = "SELECT source_id FROM record WHERE entity = ? AND NOT deleted ORDER BY source_id"
        return [row[0] for row in self._rows(sought, entity)]

    def record(self, entity: str, source_id: str) -> tuple[int, dict[str, Any]]:
        """The version of a record, and its fields. Raises LookupError."""
        sought = "SELECT version, data FROM record WHERE entity = ? AND source_id = ?"
        for version, data in self._rows(sought, entity, source_id):
            return version, json.loads(data)
        raise LookupError(f"there is no {entity} {source_id} in the database")

    def tables(self) -> dict[str, Table]:
        """Every table there is."""
        names = self._rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return {name: self._table(name) for (name,) in names}

    def _table(self, name: str) -> Table:
        rows = sorted(map(repr, self._rows(f'SELECT * FROM "{name}"')))
        return Table(len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._url, uri=True)) as db:
            return db.execute(query, values).fetchall()
