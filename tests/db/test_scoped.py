"""Hand-written SQL that says its tenant, and SQL that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox_host.db import Database, Scoped, TenantMismatch, UnscopedStatement


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT r.id FROM record AS r WHERE r.tenant = :tenant",
        (
            "SELECT r.id FROM record AS r LEFT JOIN record_index AS o ON o.tenant = :tenant AND o.record = r.id"
            " WHERE r.tenant = :tenant ORDER BY o.key, r.id LIMIT :limit"
        ),
        (
            "SELECT r.id FROM record AS r WHERE r.tenant = :tenant AND r.id IN"
            " (SELECT w.record FROM record_index AS w WHERE w.tenant = :tenant)"
        ),
        "UPDATE record SET version = :version WHERE record.tenant = :tenant AND record.id = :id",
        "DELETE FROM record WHERE record.tenant = :tenant",
        (
            "INSERT INTO checkpoint (tenant, install) VALUES (:tenant, :install)"
            " ON CONFLICT (tenant, install) DO UPDATE SET value = excluded.value"
        ),
    ],
)
def test_a_statement_that_says_its_tenant_is_taken(sql: str) -> None:
    assert Scoped(sql).writes is not sql.startswith("SELECT")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT r.id FROM record AS r",
        "SELECT r.id FROM record AS r WHERE r.tenant = :other",
        "SELECT r.id FROM record AS r WHERE r.tenant = :tenant OR 1 = 1",
        "SELECT r.id FROM record AS r WHERE r.tenant = :tenant or 1 = 1",
        "SELECT r.id FROM record AS r, install AS i WHERE r.tenant = :tenant",
        "SELECT r.id FROM record AS r JOIN install AS i ON i.id = r.id WHERE r.tenant = :tenant",
        "SELECT r.id FROM record AS r WHERE r.tenant = :tenant AND r.id IN (SELECT i.id FROM install AS i)",
        "SELECT r.id FROM record AS r WHERE r.tenant = :tenant UNION SELECT i.id FROM install AS i",
        "SELECT r.id FROM record AS r WHERE r.tenant = :tenant -- AND",
        "SELECT r.id FROM record AS r WHERE 'r.tenant = :tenant'",
        "SELECT name FROM sqlite_master",
        "UPDATE record SET tenant = :other WHERE record.tenant = :tenant",
        "UPDATE record SET version = :version",
        "DELETE FROM record",
        "INSERT INTO record (id, tenant) VALUES (:id, :tenant)",
        "INSERT INTO record (tenant, id) VALUES (:other, :id)",
        "INSERT INTO sqlite_master (tenant, id) VALUES (:tenant, :id)",
        (
            "INSERT INTO checkpoint (tenant, install) VALUES (:tenant, :install)"
            " ON CONFLICT (tenant, install) DO UPDATE SET tenant = :other"
        ),
        "DROP TABLE record",
        "PRAGMA journal_mode",
    ],
)
def test_a_statement_that_does_not_is_refused(sql: str) -> None:
    with pytest.raises(UnscopedStatement):
        Scoped(sql)


INSTALL = Scoped(
    "INSERT INTO install (tenant, id, key, publisher, generation, status, created_at)"
    " VALUES (:tenant, :id, :id, :id, :generation, :id, :id)"
)
INSTALLS = Scoped("SELECT i.tenant, i.id FROM install AS i WHERE i.tenant = :tenant")


def test_the_session_says_who_the_tenant_is_and_nobody_else(tmp_path: Path) -> None:
    db = Database.open(tmp_path)
    for tenant in ("acme", "globex"):
        with db.tenant(tenant) as session:
            assert session.run_many(INSTALL, [{"id": "i", "generation": 1, "tenant": "initech"}]) == 1
    with db.tenant("acme", read_only=True) as session:
        assert session.run(INSTALLS, {"tenant": "globex"}) == [("acme", "i")]
        with pytest.raises(TenantMismatch, match="only reads"):
            session.run(INSTALL, {"id": "j", "generation": 1})
    db.close()
