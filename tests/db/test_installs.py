"""Installs and connections."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox_host.db import Database
from sandbox_host.installs import ensure_connection, ensure_install, set_status

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = Database.open(tmp_path)
    yield db
    db.close()


def test_an_install_is_made_once_per_tenant(db: Database) -> None:
    first = ensure_install(db, "acme", "stripe", publisher="p", now=NOW)
    assert ensure_install(db, "acme", "stripe", publisher="p", now=NOW) == first
    assert ensure_install(db, "globex", "stripe", publisher="p", now=NOW).id != first.id
    assert (first.status, first.generation) == ("active", 1)


def test_a_key_belongs_to_its_publisher(db: Database) -> None:
    ensure_install(db, "acme", "stripe", publisher="p", now=NOW)
    with pytest.raises(ValueError, match="belongs to an extension of p"):
        ensure_install(db, "acme", "stripe", publisher="somebody else", now=NOW)


def test_a_connection_is_made_once_per_name(db: Database) -> None:
    install = ensure_install(db, "acme", "stripe", publisher="p", now=NOW)
    live = ensure_connection(db, "acme", install.id, "live", now=NOW)
    assert ensure_connection(db, "acme", install.id, "live", now=NOW) == live
    assert ensure_connection(db, "acme", install.id, "test", now=NOW).id != live.id


def test_each_change_of_status_is_a_new_generation(db: Database) -> None:
    install = ensure_install(db, "acme", "stripe", publisher="p", now=NOW)
    assert set_status(db, "acme", install.id, "disabled").generation == 2
    assert set_status(db, "acme", install.id, "active").generation == 3
    with pytest.raises(KeyError):
        set_status(db, "globex", install.id, "disabled")
