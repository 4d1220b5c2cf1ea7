"""The first tables: installs and connections, records, ingest, checkpoints, secrets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "install",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("publisher", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
        sa.UniqueConstraint("tenant", "key"),
    )
    op.create_table(
        "record",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("source_system", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.Column("updated_at", sa.String(), nullable=False),
        sa.Column("source_updated_at", sa.String(), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("data", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
        sa.UniqueConstraint("tenant", "entity", "source_system", "connection", "source_id"),
    )
    op.create_index("record_by_creation", "record", ["tenant", "entity", "created_at", "id"], unique=False)
    op.create_table(
        "checkpoint",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("install", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("partition", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("updated_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant", "install"], ["install.tenant", "install.id"]),
        sa.PrimaryKeyConstraint("tenant", "install", "connection", "stream", "partition"),
    )
    op.create_table(
        "connection",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("install", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant", "install"], ["install.tenant", "install.id"]),
        sa.PrimaryKeyConstraint("tenant", "id"),
        sa.UniqueConstraint("tenant", "install", "name"),
    )
    op.create_table(
        "data_key",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("install", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tenant", "install"], ["install.tenant", "install.id"]),
        sa.PrimaryKeyConstraint("tenant", "install"),
    )
    op.create_table(
        "field_value",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("record", sa.String(), nullable=False),
        sa.Column("extension", sa.String(), nullable=False),
        sa.Column("line_key", sa.String(), nullable=False),
        sa.Column("data", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant", "record"], ["record.tenant", "record.id"]),
        sa.PrimaryKeyConstraint("tenant", "record", "extension", "line_key"),
    )
    op.create_table(
        "ingest_key",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("document_type", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("record", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant", "record"], ["record.tenant", "record.id"]),
        sa.PrimaryKeyConstraint("tenant", "scope", "stream", "key"),
    )
    op.create_table(
        "record_index",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("record", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant", "record"], ["record.tenant", "record.id"]),
        sa.PrimaryKeyConstraint("tenant", "record", "field"),
    )
    op.create_index(
        "record_index_by_key", "record_index", ["tenant", "entity", "field", "key", "record"], unique=False
    )
    op.create_table(
        "record_version",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("record", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.String(), nullable=False),
        sa.Column("install", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=True),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("data", sa.String(), nullable=False),
        sa.Column("fields", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant", "record"], ["record.tenant", "record.id"]),
        sa.PrimaryKeyConstraint("tenant", "record", "version"),
    )
    op.create_table(
        "secret",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("install", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["tenant", "install"], ["install.tenant", "install.id"]),
        sa.PrimaryKeyConstraint("tenant", "install", "connection", "name"),
    )


def downgrade() -> None:
    op.drop_table("secret")
    op.drop_table("record_version")
    op.drop_table("record_index")
    op.drop_table("ingest_key")
    op.drop_table("field_value")
    op.drop_table("data_key")
    op.drop_table("connection")
    op.drop_table("checkpoint")
    op.drop_table("record")
    op.drop_table("install")
