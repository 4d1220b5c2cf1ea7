"""A record in memory, and how a guest sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from guest_sdk.testing.records.contract import Contract
from guest_sdk.testing.records.document import Declared, Document, with_defaults
from guest_sdk.testing.records.values import Fields, order_key

SYSTEM_TYPES = {
    "id": "string",
    "_created_at": "datetime",
    "_updated_at": "datetime",
    "_version": "version",
    "source_system": "string",
    "source_id": "id",
    "connection_id": "string",
}
"""Fields that the host sets on every record; all of them can be queried."""

Identity: TypeAlias = "tuple[str, str, str | None, str]"
"""Entity, source system, connection and source id."""


@dataclass(frozen=True, slots=True)
class Row:
    """One version of a record. Times are UTC with microseconds. Never changed: a write puts another in its place."""

    id: str
    entity: str
    source_system: str
    connection: str | None
    source_id: str
    version: int
    created_at: str
    updated_at: str
    source_updated_at: str | None
    deleted: bool
    native: Fields
    declared: Declared

    @property
    def identity(self) -> Identity:
        return (self.entity, self.source_system, self.connection, self.source_id)

    @property
    def document(self) -> Document:
        return Document(self.native, self.declared)

    def system_fields(self) -> Fields:
        """What the host sets."""
        return {
            "id": self.id,
            "_created_at": f"{self.created_at[:-3]}Z",
            "_updated_at": f"{self.updated_at[:-3]}Z",
            "_version": self.version,
            "source_system": self.source_system,
            "source_id": self.source_id,
            "connection_id": self.connection,
        }

    def as_guest_sees(self, contract: Contract) -> Fields:
        """The record as `get` and `query` answer it."""
        shown = Document(with_defaults(contract, self.native), self.declared)
        return {**self.system_fields(), **shown.whole()}

    def key_of(self, contract: Contract, name: str) -> str | int | None:
        """The order key of an indexed or system field; None where it is absent."""
        match name:
            case "id":
                return self.id
            case "_created_at":
                return self.created_at
            case "_updated_at":
                return self.updated_at
            case "_version":
                return self.version
            case "source_system":
                return self.source_system
            case "source_id":
                return self.source_id
            case "connection_id":
                return self.connection
            case _:
                own = contract.own.get(name)
        values = self.declared.get("", {}) if own else with_defaults(contract, self.native)
        value = values.get(name)
        return None if value is None else order_key((own or contract.fields[name]).type, value)
