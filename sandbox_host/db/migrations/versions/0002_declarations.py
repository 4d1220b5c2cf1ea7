"""What extensions declare: custom entities, and indexes on declared fields."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_COLUMNS = "tenant, record, field, entity, key"


def upgrade() -> None:
    op.create_table(
        "custom_entity",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("extension", sa.String(), nullable=False),
        sa.Column("publisher", sa.String(), nullable=False),
        sa.Column("fields", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name"),
    )
    op.create_table(
        "indexed_field",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("extension", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "extension", "entity", "field"),
    )
    op.drop_index("record_index_by_key", "record_index")
    op.rename_table("record_index", "record_index_0001")
    op.create_table(
        "record_index",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("record", sa.String(), nullable=False),
        sa.Column("extension", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant", "record"], ["record.tenant", "record.id"]),
        sa.PrimaryKeyConstraint("tenant", "record", "extension", "field"),
    )
    op.execute(
        f"INSERT INTO record_index ({_COLUMNS}, extension) SELECT {_COLUMNS}, '' FROM record_index_0001"
    )
    op.drop_table("record_index_0001")
    op.create_index(
        "record_index_by_key",
        "record_index",
        ["tenant", "entity", "extension", "field", "key", "record"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("record_index_by_key", "record_index")
    op.rename_table("record_index", "record_index_0002")
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
    op.execute(
        f"INSERT INTO record_index ({_COLUMNS}) SELECT {_COLUMNS} FROM record_index_0002 WHERE extension = ''"
    )
    op.drop_table("record_index_0002")
    op.create_index(
        "record_index_by_key", "record_index", ["tenant", "entity", "field", "key", "record"], unique=False
    )
    op.drop_table("indexed_field")
    op.drop_table("custom_entity")
