"""The embedded database: one SQLite file in WAL mode, migrated when it is opened."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from sandbox_host.db.session import TenantSession

MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_MS = 10_000


class Database:
    """The rows of all tenants. Thread-safe; transactions are short, one writer at a time."""

    def __init__(self, engine: Engine) -> None:
        self._readers = engine.execution_options(begin="BEGIN")
        self._writers = engine.execution_options(begin="BEGIN IMMEDIATE")
        self._turn = threading.RLock()
        self._writing = False

    @classmethod
    def open(cls, folder: Path) -> Database:
        """Open `folder/state.db`. Makes the folder (0700) and the file, and brings the tables up to date."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / "state.db"
        engine = create_engine(f"sqlite:///{path}", pool_size=8, max_overflow=-1)
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        with (folder / "state.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _migrate(engine)
            path.chmod(0o600)
        return cls(engine)

    @contextmanager
    def tenant(self, tenant: str, *, read_only: bool = False) -> Iterator[TenantSession]:
        """One short transaction over the rows of `tenant`, committed at the end of the block.

        With `read_only` it sees one moment of the database, waits for nobody and refuses writes. A thread
        has at most one writing session at a time.
        """
        if not tenant:
            raise ValueError("a session needs a tenant")
        if read_only:
            with TenantSession(self._readers, tenant, read_only=True) as session:
                yield session
            return
        with self._turn:
            if self._writing:
                raise RuntimeError("this thread already writes; end that session first")
            self._writing = True
            try:
                with TenantSession(self._writers, tenant, read_only=False) as session:
                    yield session
                    session.commit()
            finally:
                self._writing = False

    def truncate_log(self) -> None:
        """Move what was committed into the main file, and empty the write-ahead log."""
        with self._turn, self._readers.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give up every connection. Sessions must have ended."""
        self._readers.dispose()


def _prepare(driver: Any, _record: object) -> None:
    # The driver's own BEGIN comes too late and is never IMMEDIATE: `_begin` does it.
    driver.isolation_level = None
    driver.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    driver.execute("PRAGMA journal_mode = WAL")
    driver.execute("PRAGMA synchronous = NORMAL")
    driver.execute("PRAGMA foreign_keys = ON")
    # A destroyed key must not stay behind in a free page.
    driver.execute("PRAGMA secure_delete = ON")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN IMMEDIATE"))


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        if _revision(connection) == newest_revision():
            return
    # Alembic takes longer to import than a database that is up to date takes to open.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def newest_revision() -> str:
    """The revision that this code expects: the number in `<number>_<title>.py`."""
    return max(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def _revision(connection: Connection) -> str | None:
    tables = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE name = 'alembic_version'"
    ).fetchall()
    rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version").fetchall() if tables else []
    return rows[0][0] if rows else None
