"""One tenant's log as a file: its chains and those of the checkpoints, each whole, then the seal."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from policies.audit import ZERO, Json, seal_record, sealed
from policies.audit.records import hash_of
from sandbox_host.audit.keys import tenant_tag
from sandbox_host.audit.schema import connect_to_read


class SeveralTenants(ValueError):
    """The log holds several tenants, and an export is of one."""


@dataclass(slots=True)
class _Written:
    """What went into the file, for the seal to list."""

    count: int
    first: str | None
    heads: list[dict[str, Json]]


def write(
    path: Path, key: Ed25519PrivateKey, out: BinaryIO, at: str, tenant: str | None, since: datetime | None
) -> int:
    """Write the export of the log at `path`; see `AuditStore.export`. Raises sqlite3.Error, SeveralTenants."""
    with closing(connect_to_read(path)) as db:
        tenant = _one_tenant(db) if tenant is None else tenant
        written = _Written(0, None, [])
        sought = "SELECT id, name FROM chain WHERE tenant IS ? OR tenant IS NULL ORDER BY id"
        for chain, name in db.execute(sought, (tenant,)).fetchall() if tenant is not None else []:
            _write_chain(db, chain, name, since, out, written)
        newest = db.execute("SELECT hash FROM checkpoint ORDER BY id DESC LIMIT 1").fetchone()
    seal = seal_record(
        tenant=tenant,
        tag=None if tenant is None else tenant_tag(key, tenant),
        at=at,
        first=written.first,
        count=written.count,
        heads=written.heads,
        checkpoint=newest[0] if newest else None,
    )
    out.write(sealed(seal, key).line)
    out.flush()
    return written.count


def _one_tenant(db: sqlite3.Connection) -> str | None:
    rows = db.execute("SELECT DISTINCT tenant FROM chain WHERE tenant IS NOT NULL ORDER BY tenant").fetchall()
    if len(rows) > 1:
        raise SeveralTenants(f"the log holds {len(rows)} tenants, and an export is of one: name it")
    return rows[0][0] if rows else None


def _write_chain(
    db: sqlite3.Connection, chain: int, name: str, since: datetime | None, out: BinaryIO, written: _Written
) -> None:
    first = _first(db, chain, since)
    if first is None:
        return
    before = db.execute("SELECT line FROM record WHERE chain = ? AND n = ?", (chain, first - 1)).fetchone()
    previous, n = hash_of(before[0]) if before else ZERO, first
    head: dict[str, Json] = {"chain": name, "first": first, "prev": previous}
    for number, line in db.execute(
        "SELECT n, line FROM record WHERE chain = ? AND n >= ? ORDER BY n", (chain, first)
    ):
        out.write(line)
        previous = hash_of(line)
        written.count += 1
        n = number
        written.first = written.first or previous
    written.heads.append({**head, "last": n, "hash": previous})


def _first(db: sqlite3.Connection, chain: int, since: datetime | None) -> int | None:
    if since is None:
        (n,) = db.execute("SELECT min(n) FROM record WHERE chain = ?", (chain,)).fetchone()
        return 1 if n is not None else None
    moment = since.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
    newer = "SELECT min(n) FROM record WHERE chain = ? AND json_extract(CAST(line AS TEXT), '$.at') >= ?"
    (n,) = db.execute(newer, (chain, moment)).fetchone()
    return n
