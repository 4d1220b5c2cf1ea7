"""The tables of `audit.db`.

`chain`, `record` and `checkpoint` are the log: rows are added and never change, and triggers say so to whoever
forgets (who owns the file can drop them; the hashes and signatures are for him). `open_chain` and `open_run`
are bookkeeping: what a crash would leave unfinished, so that the next start finds it without reading the log.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

BUSY_SECONDS = 5.0
"""How long a write waits for another process that is writing."""

_VERSION = 1

_TABLES = """
CREATE TABLE chain (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    segment TEXT NOT NULL,
    tenant TEXT
);
CREATE INDEX chain_of_segment ON chain (segment, tenant);
CREATE TABLE record (
    chain INTEGER NOT NULL REFERENCES chain,
    n INTEGER NOT NULL,
    line BLOB NOT NULL CHECK (typeof(line) = 'blob'),
    PRIMARY KEY (chain, n)
) WITHOUT ROWID;
CREATE TABLE checkpoint (id INTEGER PRIMARY KEY, hash TEXT NOT NULL);
CREATE TABLE open_chain (chain INTEGER PRIMARY KEY, segment TEXT NOT NULL, covered INTEGER NOT NULL);
CREATE TABLE open_run (chain INTEGER NOT NULL, run TEXT NOT NULL, first INTEGER NOT NULL, PRIMARY KEY (chain, run));
"""

_APPEND_ONLY = """
CREATE TRIGGER {table}_is_not_changed BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER {table}_is_not_deleted BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER {table}_is_not_replaced BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {key})
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
"""

_KEYS = {
    "chain": "id = NEW.id OR name = NEW.name",
    "record": "chain = NEW.chain AND n = NEW.n",
    "checkpoint": "id = NEW.id",
}


def connect(path: Path) -> sqlite3.Connection:
    """The database for writing, made at first use, readable by this user alone. Raises sqlite3.Error, OSError.

    WAL with `synchronous=NORMAL`: what is committed survives the death of the process.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        _create(db)
    except BaseException:
        db.close()
        raise
    return db


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A second connection that sees what was committed when it begins, and holds nobody up."""
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )
    db.execute("BEGIN")
    return db


def _create(db: sqlite3.Connection) -> None:
    if _version(db) == _VERSION:
        return
    db.execute("BEGIN IMMEDIATE")
    if _version(db) == 0:
        for statement in _statements():
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {_VERSION}")
    db.execute("COMMIT")
    if _version(db) != _VERSION:
        raise sqlite3.DatabaseError(
            f"it has format {_version(db)}, and this version of backfill knows {_VERSION}"
        )


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _statements() -> list[str]:
    tables = _TABLES.split(";\n")
    triggers = [
        trigger
        for table, key in _KEYS.items()
        for trigger in _APPEND_ONLY.format(table=table, key=key).split("END;\n")
    ]
    return [text for text in tables if text.strip()] + [f"{text}END" for text in triggers if text.strip()]
