"""A record in memory, as stored or as staged, whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox_host.records.contract import Contract
from sandbox_host.records.document import RECORD
from sandbox_host.records.values import Declared, Json, instant, order_key

Identity = tuple[str, str, str, str]
"""(entity, source_system, connection or "", source_id), within a tenant."""

SYSTEM_TYPES: Mapping[str, str] = {
    "id": "string",
    "_created_at": "datetime",
    "_updated_at": "datetime",
    "_version": "version",
    "source_system": "string",
    "source_id": "id",
    "connection_id": "string",
}
"""Fields that the host sets on every record; all of them can be queried."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a record holds, all of it: nobody is shown it but through a view. See sandbox_host.records.view.

    native: the entity's own fields, of a custom entity also those that other versions declare. fields: extension key →
    what that extension declares on it, in any version; a key that is not there was not looked up.
    """

    native: Mapping[str, Json] = field(default_factory=dict)
    fields: Mapping[str, Declared] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One version of a record. Times are as in the tables."""

    id: str
    entity: str
    source_system: str
    connection: str
    source_id: str
    version: int
    created_at: str
    updated_at: str
    source_updated_at: str | None
    deleted: bool
    content: Content

    @property
    def identity(self) -> Identity:
        return (self.entity, self.source_system, self.connection, self.source_id)


def with_defaults(contract: Contract, native: Mapping[str, Json]) -> Mapping[str, Json]:
    """Native fields as a reader sees them: an absent field that has a `default_from` shows that one's value.
    (Published: `document_date` falls back to the day of `issued_at`, `effective_date` to `document_date`.)"""
    shown: dict[str, Json] | None = None
    for name, spec in contract.defaulted.items():
        if name in native or spec.default_from is None:
            continue
        value = (shown or native).get(spec.default_from)
        if value is None:
            continue
        if spec.type == "date" and contract.fields[spec.default_from].type == "datetime":
            value = instant(str(value)).date().isoformat()
        shown = shown or dict(native)
        shown[name] = value
    return shown or native


def system_fields(row: Row) -> dict[str, Json]:
    """What the host sets on every record. Times are ISO 8601 in milliseconds."""
    return {
        "id": row.id,
        "_created_at": f"{row.created_at[:-3]}Z",
        "_updated_at": f"{row.updated_at[:-3]}Z",
        "_version": row.version,
        "source_system": row.source_system,
        "source_id": row.source_id,
        "connection_id": row.connection or None,
    }


def index_keys(contract: Contract, native: Mapping[str, Json]) -> dict[str, str]:
    """Order keys of the entity's own indexed fields that are present."""
    values = with_defaults(contract, native)
    return {
        name: order_key(spec.type, values[name]) for name, spec in contract.indexed.items() if name in values
    }


def key_of(contract: Contract, extension: str, row: Row, name: str) -> str | int | None:
    """The order key of an indexed or system field; None where it is absent. extension: the key of the one that
    reads."""
    match name:
        case "id":
            return row.id
        case "_created_at":
            return row.created_at
        case "_updated_at":
            return row.updated_at
        case "_version":
            return row.version
        case "source_system":
            return row.source_system
        case "source_id":
            return row.source_id
        case "connection_id":
            return row.connection or None
    spec = contract.own.get(name)
    if spec is not None:
        value = row.content.fields.get(extension, {}).get(RECORD, {}).get(name)
    else:
        spec = contract.fields[name]
        value = with_defaults(contract, row.content.native).get(name)
    return None if value is None else order_key(spec.type, value)
