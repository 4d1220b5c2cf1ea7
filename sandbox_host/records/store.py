"""Records, idempotency keys and checkpoints as the tables have them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sandbox_host.db import Scoped, TenantSession
from sandbox_host.records.row import Content, Identity, Row
from sandbox_host.records.values import Declared, Json


class StaleRead(Exception):
    """Something that the unit of work read was changed by somebody else before it could commit."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a record: what it held, who wrote it, and how."""

    version: int
    written_at: str
    install: str
    action: str
    stream: str | None
    idempotency_key: str | None
    content: Content


@dataclass(frozen=True, slots=True)
class Change:
    """A record as it will be. `base` is the version it was built on; None where there was no such record."""

    row: Row
    base: int | None
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class IngestKey:
    """An idempotency key as it is, or will be. `base` is its `uses` when it was read; None where it is new."""

    scope: str
    stream: str
    key: str
    document_type: str
    source_id: str
    record: str
    digest: str
    uses: int
    base: int | None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint as it is, or will be. `base` is the version that the run read; None where it read none."""

    install: str
    connection: str
    stream: str
    partition: str
    version: int
    value: Json
    base: int | None = None


COLUMNS = (
    "r.id, r.entity, r.source_system, r.connection, r.source_id, r.version, r.created_at, r.updated_at,"
    " r.source_updated_at, r.deleted, r.data"
)
_BY_ID = Scoped(f"SELECT {COLUMNS} FROM record AS r WHERE r.tenant = :tenant AND r.id = :id")
_BY_IDENTITY = Scoped(
    f"SELECT {COLUMNS} FROM record AS r WHERE r.tenant = :tenant AND r.entity = :entity"
    " AND r.source_system = :source_system AND r.connection = :connection AND r.source_id = :source_id"
)
_KEY = Scoped(
    "SELECT k.document_type, k.source_id, k.record, k.digest, k.uses FROM ingest_key AS k"
    " WHERE k.tenant = :tenant AND k.scope = :scope AND k.stream = :stream AND k.key = :key"
)
_CHECKPOINT = Scoped(
    "SELECT c.version, c.value FROM checkpoint AS c WHERE c.tenant = :tenant AND c.install = :install"
    " AND c.connection = :connection AND c.stream = :stream AND c.partition = :partition"
)
_VERSIONS = Scoped(
    "SELECT v.version, v.written_at, v.install, v.action, v.stream, v.idempotency_key, v.data, v.fields"
    " FROM record_version AS v WHERE v.tenant = :tenant AND v.record = :record ORDER BY v.version"
)
_INSTALL = Scoped(
    "SELECT i.generation, i.status, i.key, i.publisher FROM install AS i"
    " WHERE i.tenant = :tenant AND i.id = :id"
)


@lru_cache(maxsize=32)
def _fields_of(records: int) -> Scoped:
    places = ", ".join(f":r{index}" for index in range(records))
    return Scoped(
        "SELECT f.record, f.line_key, f.data FROM field_value AS f WHERE f.tenant = :tenant"
        f" AND f.extension = :extension AND f.record IN ({places})"
    )


def row_from(stored: Sequence[Any]) -> Row:
    """A row of `COLUMNS`, without declared fields."""
    return Row(*stored[:9], deleted=bool(stored[9]), content=Content(json.loads(stored[10])))


def load(session: TenantSession, record: str) -> Row | None:
    """The record of that id, deleted or not."""
    found = session.run(_BY_ID, {"id": record})
    return row_from(found[0]) if found else None


def load_identity(session: TenantSession, identity: Identity) -> Row | None:
    """The record of that identity, deleted or not."""
    entity, source_system, connection, source_id = identity
    found = session.run(
        _BY_IDENTITY,
        {"entity": entity, "source_system": source_system, "connection": connection, "source_id": source_id},
    )
    return row_from(found[0]) if found else None


def load_declared(session: TenantSession, extension: str, records: Collection[str]) -> dict[str, Declared]:
    """What the extension keeps on these records: record → line key → values."""
    found: dict[str, dict[str, dict[str, Json]]] = {}
    if not records:
        return {}
    # Padded to a power of two, so that few shapes of the statement are ever made.
    padded = [*records, *[""] * ((1 << (len(records) - 1).bit_length()) - len(records))]
    parameters = {f"r{index}": record for index, record in enumerate(padded)}
    for record, line_key, data in session.run(
        _fields_of(len(padded)), {**parameters, "extension": extension}
    ):
        found.setdefault(record, {})[line_key] = json.loads(data)
    return dict(found)


def load_key(session: TenantSession, scope: str, stream: str, key: str) -> IngestKey | None:
    """What an idempotency key remembers."""
    found = session.run(_KEY, {"scope": scope, "stream": stream, "key": key})
    return IngestKey(scope, stream, key, *found[0], base=found[0][4]) if found else None


def load_checkpoint(
    session: TenantSession, install: str, connection: str, stream: str, partition: str
) -> Checkpoint | None:
    """The checkpoint of a stream or of one partition of it."""
    found = session.run(
        _CHECKPOINT,
        {"install": install, "connection": connection, "stream": stream, "partition": partition},
    )
    if not found:
        return None
    return Checkpoint(install, connection, stream, partition, found[0][0], json.loads(found[0][1]))


def load_versions(session: TenantSession, record: str) -> list[Version]:
    """Every version of a record, oldest first."""
    return [
        Version(*stored[:6], content=Content(json.loads(stored[6]), json.loads(stored[7])))
        for stored in session.run(_VERSIONS, {"record": record})
    ]


def generation_of(session: TenantSession, install: str) -> int | None:
    """The generation of an active install; None for one that is not active or not there."""
    found = session.run(_INSTALL, {"id": install})
    return found[0][0] if found and found[0][1] == "active" else None


def publisher_of(session: TenantSession, install: str) -> tuple[str, str] | None:
    """The extension's key and its publisher; None for an install that is not there."""
    found = session.run(_INSTALL, {"id": install})
    return (found[0][2], found[0][3]) if found else None
