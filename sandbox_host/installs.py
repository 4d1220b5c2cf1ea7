"""Extensions in a tenant, and their connections to accounts at providers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import uuid4

from sqlmodel import select

from sandbox_host.db import Database, TenantSession
from sandbox_host.db.tables import ConnectionRow, InstallRow
from sandbox_host.records.values import instant_key

Status = Literal["active", "disabled", "removed"]


@dataclass(frozen=True, slots=True)
class Install:
    """An extension in a tenant. A run that began under an older `generation` stores nothing."""

    id: str
    key: str
    publisher: str
    generation: int
    status: str


@dataclass(frozen=True, slots=True)
class Connection:
    """One account at a provider."""

    id: str
    install: str
    name: str
    status: str


def ensure_install(db: Database, tenant: str, key: str, *, publisher: str, now: datetime) -> Install:
    """The tenant's install of the extension `key`, made and active if there is none. Raises ValueError where
    another publisher's extension has the key."""
    with db.tenant(tenant) as session:
        row = session.exec(select(InstallRow).where(InstallRow.key == key)).first()
        if row is None:
            row = InstallRow(
                tenant=tenant, id=str(uuid4()), key=key, publisher=publisher, created_at=instant_key(now)
            )
            session.add(row)
        elif row.publisher != publisher:
            raise ValueError(f"the key {key!r} belongs to an extension of {row.publisher}")
        return Install(row.id, row.key, row.publisher, row.generation, row.status)


def ensure_connection(db: Database, tenant: str, install: str, name: str, *, now: datetime) -> Connection:
    """The install's connection of that name, made and active if there is none."""
    with db.tenant(tenant) as session:
        found = select(ConnectionRow).where(ConnectionRow.install == install, ConnectionRow.name == name)
        row = session.exec(found).first()
        if row is None:
            row = ConnectionRow(
                tenant=tenant, id=str(uuid4()), install=install, name=name, created_at=instant_key(now)
            )
            session.add(row)
        return Connection(row.id, row.install, row.name, row.status)


def find_install(db: Database, tenant: str, key: str) -> Install | None:
    """The tenant's install of the extension `key`, if there is one."""
    with db.tenant(tenant, read_only=True) as session:
        row = session.exec(select(InstallRow).where(InstallRow.key == key)).first()
        return Install(row.id, row.key, row.publisher, row.generation, row.status) if row else None


def find_connection(db: Database, tenant: str, install: str, name: str) -> Connection | None:
    """The install's connection of that name, if there is one."""
    with db.tenant(tenant, read_only=True) as session:
        found = select(ConnectionRow).where(ConnectionRow.install == install, ConnectionRow.name == name)
        row = session.exec(found).first()
        return Connection(row.id, row.install, row.name, row.status) if row else None


def installed_at(db: Database, tenant: str) -> dict[str, str]:
    """When each install of the tenant was made, by its id. Times compare as text."""
    with db.tenant(tenant, read_only=True) as session:
        return {row.id: row.created_at for row in session.exec(select(InstallRow)).all()}


def set_status(db: Database, tenant: str, install: str, status: Status) -> Install:
    """Enable, disable or remove an install; runs in flight store nothing from now on. Raises KeyError."""
    with db.tenant(tenant) as session:
        row = _install(session, install)
        row.status = status
        row.generation += 1
        return Install(row.id, row.key, row.publisher, row.generation, row.status)


def _install(session: TenantSession, install: str) -> InstallRow:
    row = session.exec(select(InstallRow).where(InstallRow.id == install)).first()
    if row is None:
        raise KeyError(install)
    return row
