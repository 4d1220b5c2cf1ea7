"""The commit of a unit of work: everything that was staged, written at once.

Each write names the version that it was built on; what is no longer there stops the whole commit with
`StaleRead`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sandbox_host.db import Scoped, TenantSession
from sandbox_host.records import registry
from sandbox_host.records.contract import contract_of
from sandbox_host.records.document import RECORD
from sandbox_host.records.row import Row, index_keys
from sandbox_host.records.store import Change, Checkpoint, IngestKey, StaleRead, Version, load_checkpoint
from sandbox_host.records.values import Json
from sandbox_host.records.view import View

_HELD = 4 * 1024 * 1024
"""How many characters of rows are in memory at once, and one row more."""
_MANY = 1000
"""How many rows are."""

_INSERT_RECORD = Scoped(
    "INSERT INTO record (tenant, id, entity, source_system, connection, source_id, version, created_at,"
    " updated_at, source_updated_at, deleted, data) VALUES (:tenant, :id, :entity, :source_system, :connection,"
    " :source_id, :version, :created_at, :updated_at, :source_updated_at, :deleted, :data)"
    " ON CONFLICT DO NOTHING"
)
_UPDATE_RECORD = Scoped(
    "UPDATE record SET version = :version, updated_at = :updated_at, source_updated_at = :source_updated_at,"
    " deleted = :deleted, data = :data"
    " WHERE record.tenant = :tenant AND record.id = :id AND record.version = :base"
)
_INSERT_VERSION = Scoped(
    "INSERT INTO record_version (tenant, record, version, written_at, install, action, stream, idempotency_key,"
    " data, fields) VALUES (:tenant, :record, :version, :written_at, :install, :action, :stream,"
    " :idempotency_key, :data, :fields)"
)
_CLEAR_INDEX = Scoped(
    "DELETE FROM record_index WHERE record_index.tenant = :tenant AND record_index.record = :record"
    " AND record_index.extension = :extension"
)
_INSERT_INDEX = Scoped(
    "INSERT INTO record_index (tenant, record, extension, field, entity, key)"
    " VALUES (:tenant, :record, :extension, :field, :entity, :key)"
)
_CLEAR_FIELDS = Scoped(
    "DELETE FROM field_value WHERE field_value.tenant = :tenant AND field_value.record = :record"
    " AND field_value.extension = :extension"
)
_INSERT_FIELDS = Scoped(
    "INSERT INTO field_value (tenant, record, extension, line_key, data)"
    " VALUES (:tenant, :record, :extension, :line_key, :data)"
)
_INSERT_KEY = Scoped(
    "INSERT INTO ingest_key (tenant, scope, stream, key, document_type, source_id, record, digest, uses)"
    " VALUES (:tenant, :scope, :stream, :key, :document_type, :source_id, :record, :digest, :uses)"
    " ON CONFLICT DO NOTHING"
)
_UPDATE_KEY = Scoped(
    "UPDATE ingest_key SET digest = :digest, uses = :uses WHERE ingest_key.tenant = :tenant"
    " AND ingest_key.scope = :scope AND ingest_key.stream = :stream AND ingest_key.key = :key"
    " AND ingest_key.uses = :base"
)
_PUT_CHECKPOINT = Scoped(
    "INSERT INTO checkpoint (tenant, install, connection, stream, partition, version, value, updated_at)"
    " VALUES (:tenant, :install, :connection, :stream, :partition, :version, :value, :updated_at)"
    " ON CONFLICT (tenant, install, connection, stream, partition) DO UPDATE SET version = excluded.version,"
    " value = excluded.value, updated_at = excluded.updated_at"
)


def write_records(session: TenantSession, views: Iterable[View], changes: Sequence[Change]) -> None:
    """Store changed records with their versions, indexes and declared fields. views: of every extension whose fields
    they hold. What is indexed is the tenant's registry to say, so that every version of an extension keeps the indexes
    of all. Raises StaleRead."""
    new = [change for change in changes if change.base is None]
    old = [change for change in changes if change.base is not None]
    _expect(
        _put(session, _INSERT_RECORD, map(_record, new)),
        len(new),
        "a record with the same identity was created",
    )
    _expect(_put(session, _UPDATE_RECORD, map(_record, old)), len(old), "a record was changed")
    versions = (_version(change.row.id, each) for change in changes for each in change.versions)
    _put(session, _INSERT_VERSION, versions)
    registries = {view.extension: registry.load(session, view.extension, view.schema) for view in views}
    custom = {name: entity for one in registries.values() for name, entity in one.entities.items()}
    _put(session, _CLEAR_INDEX, ({"record": each.row.id, "extension": ""} for each in old))
    _put(session, _INSERT_INDEX, (entry for each in changes for entry in _index(custom, each.row)))
    for extension, known in registries.items():
        _write_declared(session, extension, known, changes)


def _write_declared(
    session: TenantSession, extension: str, known: registry.Registry, changes: Sequence[Change]
) -> None:
    """Store what one extension keeps on records. What was not looked up stays as it is."""
    declaring = [change for change in changes if extension in change.row.content.fields]
    clear = [{"record": each.row.id, "extension": extension} for each in declaring if each.base is not None]
    if known.indexed:
        _put(session, _CLEAR_INDEX, clear)
        entries = (entry for each in declaring for entry in _own_index(extension, known, each.row))
        _put(session, _INSERT_INDEX, entries)
    _put(session, _CLEAR_FIELDS, clear)
    _put(session, _INSERT_FIELDS, (entry for each in declaring for entry in _declared(extension, each.row)))


def write_keys(session: TenantSession, keys: Iterable[IngestKey]) -> None:
    """Store idempotency keys. Raises StaleRead where another run was first."""
    rows = [_fields(key) for key in keys]
    new = [row for row in rows if row["base"] is None]
    old = [row for row in rows if row["base"] is not None]
    _expect(session.run_many(_INSERT_KEY, new), len(new), "an idempotency key was used")
    _expect(session.run_many(_UPDATE_KEY, old), len(old), "an idempotency key was used")


def write_checkpoints(session: TenantSession, checkpoints: Iterable[Checkpoint], now: str) -> None:
    """Store checkpoints; one that was read must still be at that version. Raises StaleRead."""
    rows = []
    for checkpoint in checkpoints:
        place = (checkpoint.install, checkpoint.connection, checkpoint.stream, checkpoint.partition)
        stored = load_checkpoint(session, *place)
        version = stored.version if stored else 0
        if checkpoint.base is not None and checkpoint.base != version:
            raise StaleRead(f"the checkpoint of {checkpoint.stream} was moved")
        rows.append(
            {
                "install": checkpoint.install,
                "connection": checkpoint.connection,
                "stream": checkpoint.stream,
                "partition": checkpoint.partition,
                "version": version + 1,
                "value": _text(checkpoint.value),
                "updated_at": now,
            }
        )
    session.run_many(_PUT_CHECKPOINT, rows)


def _put(session: TenantSession, statement: Scoped, rows: Iterable[Mapping[str, Any]]) -> int:
    """How many rows were touched. The text of all of them is never in memory at once."""
    touched, held = 0, 0
    some: list[Mapping[str, Any]] = []
    for row in rows:
        some.append(row)
        held += len(row.get("data", "")) + len(row.get("fields", ""))
        if held > _HELD or len(some) == _MANY:
            touched += session.run_many(statement, some)
            some, held = [], 0
    return touched + (session.run_many(statement, some) if some else 0)


def _expect(touched: int, wanted: int, what: str) -> None:
    if touched != wanted:
        raise StaleRead(f"{what} by another run")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _fields(key: IngestKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in key.__slots__}


def _record(change: Change) -> dict[str, Any]:
    row = change.row
    return {
        "id": row.id,
        "entity": row.entity,
        "source_system": row.source_system,
        "connection": row.connection,
        "source_id": row.source_id,
        "version": row.version,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "source_updated_at": row.source_updated_at,
        "deleted": row.deleted,
        "data": _text(row.content.native),
        "base": change.base,
    }


def _version(record: str, version: Version) -> dict[str, Any]:
    return {
        "record": record,
        "version": version.version,
        "written_at": version.written_at,
        "install": version.install,
        "action": version.action,
        "stream": version.stream,
        "idempotency_key": version.idempotency_key,
        "data": _text(version.content.native),
        "fields": _text({key: declared for key, declared in version.content.fields.items() if declared}),
    }


def _index(custom: Mapping[str, registry.CustomEntity], row: Row) -> list[dict[str, Any]]:
    """Entries of the fields of the entity itself."""
    if row.deleted:
        return []
    native, entity = row.content.native, custom.get(row.entity)
    keys = (
        index_keys(contract_of(row.entity), native)
        if entity is None
        else _stored_keys(entity.indexed(), native)
    )
    return _entries(row, "", keys)


def _own_index(extension: str, known: registry.Registry, row: Row) -> list[dict[str, Any]]:
    """Entries of the fields that the extension declares on the record."""
    if row.deleted:
        return []
    values = row.content.fields[extension].get(RECORD, {})
    return _entries(row, extension, _stored_keys(known.indexed_on(row.entity), values))


def _stored_keys(kinds: Mapping[str, str], values: Mapping[str, Json]) -> dict[str, str]:
    keys = {name: registry.stored_key(kind, values.get(name)) for name, kind in kinds.items()}
    return {name: key for name, key in keys.items() if key is not None}


def _entries(row: Row, extension: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"record": row.id, "extension": extension, "field": name, "entity": row.entity, "key": key}
        for name, key in keys.items()
    ]


def _declared(extension: str, row: Row) -> list[dict[str, Any]]:
    return [
        {"record": row.id, "extension": extension, "line_key": line_key, "data": _text(kept)}
        for line_key, kept in row.content.fields[extension].items()
        if kept
    ]
