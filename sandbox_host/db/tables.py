"""The tables. Every primary key, unique key and foreign key leads with the tenant.

Times are UTC text of one width (`2026-01-01T00:00:00.000000`), so that text order is time order on every
database. JSON is kept as text: the host reads it whole or not at all.
"""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Index, MetaData, UniqueConstraint
from sqlalchemy.orm import declared_attr, registry
from sqlmodel import Field, SQLModel

from sandbox_host.errors import snake_case

METADATA = MetaData()


class TenantRow(SQLModel, registry=registry(metadata=METADATA)):
    """Base of every table: a row of exactly one tenant."""

    metadata = METADATA

    @declared_attr.directive
    def __tablename__(cls) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return snake_case(cls.__name__.removesuffix("Row"))

    tenant: str = Field(primary_key=True)


def _belongs_to_record() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant", "record"], ["record.tenant", "record.id"])


def _belongs_to_install() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant", "install"], ["install.tenant", "install.id"])


class InstallRow(TenantRow, table=True):
    """An extension in a tenant. `generation` grows with each change of `status`; a run that began under an
    older one commits nothing."""

    __table_args__ = (UniqueConstraint("tenant", "key"),)

    id: str = Field(primary_key=True)
    key: str
    publisher: str
    generation: int = 1
    status: str = "active"
    created_at: str


class ConnectionRow(TenantRow, table=True):
    """One account at a provider, under an install."""

    __table_args__ = (UniqueConstraint("tenant", "install", "name"), _belongs_to_install())

    id: str = Field(primary_key=True)
    install: str
    name: str
    status: str = "active"
    created_at: str


class RecordRow(TenantRow, table=True):
    """The present version of a canonical record. `data` holds native fields only. A deleted record stays as
    a row that reads skip, so that its identity, versions and ingest keys go on."""

    __table_args__ = (
        UniqueConstraint("tenant", "entity", "source_system", "connection", "source_id"),
        Index("record_by_creation", "tenant", "entity", "created_at", "id"),
    )

    id: str = Field(primary_key=True)
    entity: str
    source_system: str
    connection: str
    """Empty where the record came through no connection."""
    source_id: str
    version: int
    created_at: str
    updated_at: str
    source_updated_at: str | None = None
    deleted: bool = False
    data: str


class RecordVersionRow(TenantRow, table=True):
    """One version of a record as it was written, and by whom."""

    __table_args__ = (_belongs_to_record(),)

    record: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    written_at: str
    install: str
    action: str
    stream: str | None = None
    idempotency_key: str | None = None
    data: str
    fields: str
    """What extensions had declared on it, by extension key and line key, of those that took part in the write."""


class RecordIndexRow(TenantRow, table=True):
    """The order key of one indexed field of one live record; no row where the field is absent."""

    __table_args__ = (
        _belongs_to_record(),
        Index("record_index_by_key", "tenant", "entity", "extension", "field", "key", "record"),
    )

    record: str = Field(primary_key=True)
    extension: str = Field(primary_key=True)
    """The key of the extension that declares the field; empty for a field of the entity itself."""
    field: str = Field(primary_key=True)
    entity: str
    key: str


class FieldValueRow(TenantRow, table=True):
    """What an extension keeps on a record (`line_key` empty) or on one of its lines."""

    __table_args__ = (_belongs_to_record(),)

    record: str = Field(primary_key=True)
    extension: str = Field(primary_key=True)
    line_key: str = Field(primary_key=True)
    data: str


class CustomEntityRow(TenantRow, table=True):
    """An entity that an extension defines, and whose it is: kept after an uninstall, as its records are."""

    name: str = Field(primary_key=True)
    extension: str
    publisher: str
    fields: str
    """Every field that any version declared: its type, what it refers to, whether it is indexed."""


class IndexedFieldRow(TenantRow, table=True):
    """A field that an extension declares on an entity that is not its own, and that is indexed."""

    extension: str = Field(primary_key=True)
    entity: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    type: str


class IngestKeyRow(TenantRow, table=True):
    """An idempotency key, the record it wrote and the digest of the last payload it carried."""

    __table_args__ = (_belongs_to_record(),)

    scope: str = Field(primary_key=True)
    """The connection, else the install, that the key belongs to."""
    stream: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    document_type: str
    source_id: str
    record: str
    digest: str
    uses: int = 1
    """How many payloads it carried: what a commit compares."""


class CheckpointRow(TenantRow, table=True):
    """Where a stream, or one partition of it, has got to. Opaque JSON."""

    __table_args__ = (_belongs_to_install(),)

    install: str = Field(primary_key=True)
    connection: str = Field(primary_key=True)
    stream: str = Field(primary_key=True)
    partition: str = Field(primary_key=True)
    version: int
    value: str
    updated_at: str


class DataKeyRow(TenantRow, table=True):
    """The data key of one install, wrapped by the master key. Deleting it makes the install's secrets
    unreadable for good."""

    __table_args__ = (_belongs_to_install(),)

    install: str = Field(primary_key=True)
    sealed: bytes


class SecretRow(TenantRow, table=True):
    """A sealed secret. One that was deleted keeps its row and its generation, without a value."""

    __table_args__ = (_belongs_to_install(),)

    install: str = Field(primary_key=True)
    connection: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    generation: int
    sealed: bytes | None = None


ROWS: tuple[type[TenantRow], ...] = tuple(TenantRow.__subclasses__())
TENANT_TABLES = frozenset(METADATA.tables)
"""The names of all tables; there is none without a tenant."""
