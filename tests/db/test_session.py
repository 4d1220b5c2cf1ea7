"""A tenant's session: what it scopes, what it checks, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, text, update
from sqlalchemy.orm import Session as PlainSession
from sqlalchemy.orm import aliased
from sqlmodel import select

from sandbox_host.db import Database, TenantMismatch, TenantSession, UnscopedStatement
from sandbox_host.db import session as session_module
from sandbox_host.db.tables import ConnectionRow, InstallRow

TABLE: Any = InstallRow.metadata.tables["install"]


def install(tenant: str, id: str = "i1", key: str = "stripe") -> InstallRow:
    return InstallRow(tenant=tenant, id=id, key=key, publisher="p", created_at="")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = Database.open(tmp_path)
    for tenant in ("acme", "globex"):
        with db.tenant(tenant) as session:
            session.add(install(tenant, key=f"of {tenant}"))
            session.flush()
            session.add(
                ConnectionRow(tenant=tenant, id=f"c of {tenant}", install="i1", name="live", created_at="")
            )
    yield db
    db.close()


READS: dict[str, Callable[[TenantSession], list[Any]]] = {
    "select": lambda session: [row.tenant for row in session.exec(select(InstallRow))],
    "columns": lambda session: list(session.exec(select(InstallRow.tenant))),
    "where or": lambda session: [
        row.tenant
        for row in session.exec(select(InstallRow).where((InstallRow.id == "x") | (InstallRow.id == "i1")))
    ],
    "where another tenant": lambda session: (
        [row.tenant for row in session.exec(select(InstallRow).where(InstallRow.tenant != "acme"))]
        or ["acme"]
    ),
    "alias": lambda session: [row.tenant for row in session.exec(select(aliased(InstallRow)))],
    "join": lambda session: [
        row.tenant
        for row in session.exec(
            select(ConnectionRow).join(InstallRow, ConnectionRow.install == InstallRow.id)
        )  # type: ignore[arg-type]
    ],
    "subquery": lambda session: [
        row.tenant
        for row in session.exec(
            select(InstallRow).where(InstallRow.id.in_(select(ConnectionRow.install)))  # type: ignore[attr-defined]
        )
    ],
    "from a subquery": lambda session: [
        tenant for (tenant,) in session.execute(select(select(InstallRow.tenant).subquery().c.tenant))
    ],
    "exists": lambda session: [
        row.tenant
        for row in session.exec(
            select(InstallRow).where(select(ConnectionRow).where(ConnectionRow.name == "live").exists())
        )
    ],
}


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_every_read_sees_the_tenant_alone(db: Database, read: Any) -> None:
    with db.tenant("acme", read_only=True) as session:
        assert read(session) == ["acme"]


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_without_the_condition_reads_would_see_everybody(
    db: Database, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard removed."""
    monkeypatch.setattr(session_module, "ROWS", ())
    monkeypatch.setattr(session_module, "_unscoped", lambda *_: None)
    with db.tenant("acme", read_only=True) as session:
        assert sorted(set(read(session))) != ["acme"]


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_a_read_that_did_not_get_the_condition_is_refused(
    db: Database, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second guard: were a form of statement passed over by the first, it would not run."""
    monkeypatch.setattr(session_module, "ROWS", ())
    with db.tenant("acme", read_only=True) as session, pytest.raises(UnscopedStatement, match="did not get"):
        read(session)


def test_counting_and_joining_do_not_cross_tenants(db: Database) -> None:
    with db.tenant("acme", read_only=True) as session:
        assert session.exec(select(func.count()).select_from(InstallRow)).one() == 1
        pairs = session.exec(
            select(ConnectionRow.tenant, InstallRow.tenant).where(ConnectionRow.install == InstallRow.id)
        )
        assert list(pairs) == [("acme", "acme")]


REFUSED: dict[str, Callable[[TenantSession], Any]] = {
    "text": lambda session: session.execute(text("SELECT * FROM install")),
    "a core select": lambda session: session.execute(select(TABLE)),
    "a core delete": lambda session: session.execute(delete(TABLE)),
    "a core insert": lambda session: session.execute(insert(TABLE).values(tenant="globex", id="x")),
    "a bare table beside a class": lambda session: session.execute(select(InstallRow, TABLE.c.key)),
    "a bare table in a subquery": lambda session: session.execute(
        select(InstallRow).where(InstallRow.id.in_(select(TABLE.c.id)))  # type: ignore[attr-defined]
    ),
    "text in a condition": lambda session: session.execute(select(InstallRow).where(text("1 = 1"))),
    "a class from text": lambda session: session.execute(
        select(InstallRow).from_statement(text("SELECT * FROM install"))
    ),
    "a union": lambda session: session.execute(select(InstallRow.id).union(select(InstallRow.key))),
    "an orm insert": lambda session: session.execute(insert(InstallRow).values(tenant="globex", id="x")),
    "an orm update": lambda session: session.execute(update(InstallRow).values(tenant="globex")),
    "get": lambda session: session.get(InstallRow, ("globex", "i1")),
    "merge": lambda session: session.merge(install("globex", "i1", "mine now")),
    "a bare table joined": lambda session: session.execute(
        select(InstallRow.id).join(TABLE, TABLE.c.id == InstallRow.id)  # type: ignore[arg-type]
    ),
    "a bare table to select from": lambda session: session.execute(select(func.count()).select_from(TABLE)),
    "a bare table in a common table expression": lambda session: session.execute(
        select(InstallRow, select(TABLE.c.id).cte().c.id)
    ),
    "the connection": lambda session: session.connection(),
    "a bulk save": lambda session: session.bulk_save_objects([install("globex", "x")]),
    "a bulk insert": lambda session: session.bulk_insert_mappings(InstallRow, []),
    "a bulk update": lambda session: session.bulk_update_mappings(InstallRow, []),
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_scoped_is_refused(db: Database, statement: Any) -> None:
    with db.tenant("acme") as session, pytest.raises(UnscopedStatement):
        statement(session)


def test_a_delete_takes_the_tenants_rows_alone(db: Database) -> None:
    with db.tenant("acme") as session:
        session.execute(delete(ConnectionRow))
    with db.tenant("globex", read_only=True) as session:
        assert len(session.exec(select(ConnectionRow)).all()) == 1


def _foreign_row(session: TenantSession) -> None:
    session.add(install("globex", "i2", "other"))


def _moved_row(session: TenantSession) -> None:
    session.exec(select(ConnectionRow)).one().tenant = "globex"


WRITES = {"a new row": _foreign_row, "a row that moves": _moved_row}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_write_of_another_tenants_row_is_refused_before_the_flush(db: Database, write: Any) -> None:
    with pytest.raises(TenantMismatch), db.tenant("acme") as session:
        write(session)
    with db.tenant("globex", read_only=True) as session:
        assert [row.key for row in session.exec(select(InstallRow))] == ["of globex"]


def test_without_the_check_another_tenants_row_would_be_written(db: Database) -> None:
    """The guard removed: a plain session on the same engine."""
    with db.tenant("acme") as session:
        engine = session.get_bind()
    with PlainSession(engine) as plain:
        plain.add(install("globex", "i2", "other"))
        plain.commit()
    with db.tenant("globex", read_only=True) as session:
        assert len(session.exec(select(InstallRow)).all()) == 2


def test_a_reading_session_writes_nothing(db: Database) -> None:
    with pytest.raises(TenantMismatch, match="only reads"), db.tenant("acme", read_only=True) as session:
        session.add(install("acme", "i2", "other"))
        session.flush()
    with pytest.raises(TenantMismatch, match="only reads"), db.tenant("acme", read_only=True) as session:
        session.execute(delete(ConnectionRow))


def test_a_session_needs_a_tenant(db: Database) -> None:
    with pytest.raises(ValueError, match="needs a tenant"), db.tenant(""):
        pass
