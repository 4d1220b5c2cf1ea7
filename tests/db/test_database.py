"""Opening, migrating and sharing the database file."""

from __future__ import annotations

import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlmodel import select

from sandbox_host.db import Database
from sandbox_host.db.database import MIGRATIONS
from sandbox_host.db.tables import METADATA, TENANT_TABLES, InstallRow


def install(tenant: str, id: str) -> InstallRow:
    return InstallRow(tenant=tenant, id=id, key=id, publisher="p", created_at="")


def test_the_migrations_make_the_tables_that_the_code_has(tmp_path: Path) -> None:
    Database.open(tmp_path).close()
    with create_engine(f"sqlite:///{tmp_path / 'state.db'}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_every_key_of_every_table_leads_with_the_tenant() -> None:
    for name in TENANT_TABLES:
        table = METADATA.tables[name]
        keys = [table.primary_key, *table.foreign_key_constraints, *table.indexes]
        assert [next(iter(key.columns)).name for key in keys] == ["tenant"] * len(keys)


def test_the_database_is_the_owners_alone_and_in_wal_mode(tmp_path: Path) -> None:
    Database.open(tmp_path / "state").close()
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "state" / "state.db").stat().st_mode) == 0o600
    with sqlite3.connect(tmp_path / "state" / "state.db") as driver:
        assert driver.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_opening_again_keeps_what_is_there(tmp_path: Path) -> None:
    for number in range(2):
        db = Database.open(tmp_path)
        with db.tenant("acme") as session:
            session.add(install("acme", str(number)))
        db.close()
    db = Database.open(tmp_path)
    with db.tenant("acme", read_only=True) as session:
        assert len(session.exec(select(InstallRow)).all()) == 2
    db.close()


def test_many_may_open_a_new_folder_at_once(tmp_path: Path) -> None:
    opened: list[Database] = []
    threads = [threading.Thread(target=lambda: opened.append(Database.open(tmp_path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(opened) == 4
    for db in opened:
        db.close()


def test_a_block_that_raises_stores_nothing(tmp_path: Path) -> None:
    db = Database.open(tmp_path)
    with pytest.raises(ZeroDivisionError), db.tenant("acme") as session:
        session.add(install("acme", "a"))
        session.flush()
        raise ZeroDivisionError
    with db.tenant("acme", read_only=True) as session:
        assert session.exec(select(InstallRow)).all() == []
    db.close()


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    db = Database.open(tmp_path)
    with db.tenant("acme") as writer:
        writer.add(install("acme", "a"))
        writer.flush()
        with db.tenant("acme", read_only=True) as reader:
            assert reader.exec(select(InstallRow)).all() == []
    db.close()


def test_a_thread_that_writes_inside_a_write_is_told(tmp_path: Path) -> None:
    db = Database.open(tmp_path)
    with db.tenant("acme"), pytest.raises(RuntimeError, match="already writes"), db.tenant("globex"):
        pass
    db.close()


def test_a_database_of_the_first_revision_keeps_its_indexes(tmp_path: Path) -> None:
    Database.open(tmp_path).close()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(f"sqlite:///{tmp_path / 'state.db'}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        record = "('acme', 'r', 'Invoice', 's', '', 'i', 1, '', '', NULL, 0, '{}')"
        connection.exec_driver_sql(f"INSERT INTO record VALUES {record}")
        columns, values = "(tenant, record, field, entity, key)", "('acme', 'r', 'status', 'Invoice', 'open')"
        connection.exec_driver_sql(f"INSERT INTO record_index {columns} VALUES {values}")
    Database.open(tmp_path).close()
    with engine.begin() as connection:
        rows = connection.exec_driver_sql(
            "SELECT tenant, record, extension, field, entity, key FROM record_index"
        )
        assert rows.fetchall() == [("acme", "r", "", "status", "Invoice", "open")]
    engine.dispose()
