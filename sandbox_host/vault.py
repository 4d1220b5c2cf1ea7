"""Secrets, sealed at rest.

Envelope encryption with AES-256-GCM (NIST SP 800-38D): each install has a data key of its own, wrapped by the
master key, which is a file outside the database. What a ciphertext belongs to (tenant, install, connection,
name, generation) is its associated data, so one that was moved elsewhere does not open. Destroying an
install's data key makes its secrets unreadable for good, and no other install's.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import select

from sandbox_host.db import Database, Scoped, TenantSession
from sandbox_host.db.tables import DataKeyRow, InstallRow, SecretRow
from sandbox_host.errors import PermissionDenied
from sandbox_host.records.origin import Origin

KEY_BYTES, NONCE_BYTES, TAG_BYTES = 32, 12, 16
MASTER_KEY = "vault.key"


_GET = Scoped(
    "SELECT s.connection, s.generation, s.sealed, d.sealed FROM secret AS s"
    " JOIN data_key AS d ON d.tenant = :tenant AND d.install = s.install"
    " WHERE s.tenant = :tenant AND s.install = :install AND s.connection IN (:connection, :everywhere)"
    " AND s.name = :name AND s.sealed IS NOT NULL ORDER BY s.connection DESC LIMIT 1"
)
_NAMES = Scoped(
    "SELECT DISTINCT s.name FROM secret AS s WHERE s.tenant = :tenant AND s.install = :install"
    " AND s.connection IN (:connection, :everywhere) AND s.sealed IS NOT NULL ORDER BY s.name"
)


class VaultError(Exception):
    """The vault cannot open or keep something. The message holds no value and no key."""


def seal(key: bytes, plaintext: bytes, associated: bytes, nonce: bytes | None = None) -> bytes:
    """nonce + ciphertext + tag, under a fresh random nonce unless a test brings one."""
    nonce = nonce or secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, associated)


def unseal(key: bytes, sealed: bytes, associated: bytes) -> bytes:
    """The plaintext of what `seal` made with the same key and associated data. Raises VaultError."""
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise VaultError("a sealed value is cut short")
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated)
    except InvalidTag:
        raise VaultError(
            "a sealed value does not open: it, or the place it belongs to, was changed"
        ) from None


class Vault:
    """The secrets of all tenants. Thread-safe.

    keys_folder: where the master key is; made, readable by the owner alone, at first use. Raises VaultError
    where others can read it.
    """

    def __init__(self, db: Database, keys_folder: Path) -> None:
        self._db = db
        self._master = _master_key(keys_folder)

    def __repr__(self) -> str:
        return "Vault()"

    def get(self, origin: Origin, name: str) -> str | None:
        """The connection's secret of that name, else the install's."""
        parameters = {**_nearest(origin), "name": name}
        with self._db.tenant(origin.tenant, read_only=True) as session:
            found = session.run(_GET, parameters)
        if not found:
            return None
        connection, generation, sealed, wrapped = found[0]
        key = unseal(self._master, wrapped, _key_place(origin))
        return unseal(key, sealed, _place(origin, connection, name, generation)).decode()

    def has(self, origin: Origin, name: str) -> bool:
        """Whether `get` would find one."""
        return name in self.names(origin)

    def names(self, origin: Origin) -> list[str]:
        """The names that `get` would find, sorted."""
        with self._db.tenant(origin.tenant, read_only=True) as session:
            return [name for (name,) in session.run(_NAMES, _nearest(origin))]

    def set(self, origin: Origin, name: str, value: str) -> None:
        """Keep a secret: the connection's if the run has one, else the install's. Raises
        PermissionDenied where the install is not active."""
        with self._db.tenant(origin.tenant) as session:
            key = self._data_key(session, origin)
            row = self._row(session, origin, name)
            if row is None:
                row = SecretRow(
                    tenant=origin.tenant,
                    install=origin.install,
                    connection=origin.connection or "",
                    name=name,
                    generation=0,
                )
            row.generation += 1
            row.sealed = seal(key, value.encode(), _place(origin, row.connection, name, row.generation))
            session.add(row)

    def delete(self, origin: Origin, name: str) -> bool:
        """Whether there was one to delete where `set` would put it. A connection's run leaves the install's
        secret alone: other connections may use it."""
        with self._db.tenant(origin.tenant) as session:
            row = self._row(session, origin, name)
            if row is None or row.sealed is None:
                return False
            row.sealed = None
            session.add(row)
            return True

    def destroy_install_key(self, tenant: str, install: str) -> None:
        """Make every secret of an install unreadable for good."""
        with self._db.tenant(tenant) as session:
            for row in session.exec(select(SecretRow).where(SecretRow.install == install)):
                row.sealed = None
                session.add(row)
            key = session.exec(select(DataKeyRow).where(DataKeyRow.install == install)).first()
            if key is not None:
                session.delete(key)
        # The wrapped key is still in the write-ahead log until that is emptied.
        self._db.truncate_log()

    def _row(self, session: TenantSession, origin: Origin, name: str) -> SecretRow | None:
        return session.exec(
            select(SecretRow).where(
                SecretRow.install == origin.install,
                SecretRow.connection == (origin.connection or ""),
                SecretRow.name == name,
            )
        ).first()

    def _data_key(self, session: TenantSession, origin: Origin) -> bytes:
        row = session.exec(select(DataKeyRow).where(DataKeyRow.install == origin.install)).first()
        if row is not None:
            return unseal(self._master, row.sealed, _key_place(origin))
        install = session.exec(select(InstallRow).where(InstallRow.id == origin.install)).first()
        if install is None or install.status != "active":
            raise PermissionDenied("the install is not active; it can keep no secrets")
        key = secrets.token_bytes(KEY_BYTES)
        wrapped = seal(self._master, key, _key_place(origin))
        session.add(DataKeyRow(tenant=origin.tenant, install=origin.install, sealed=wrapped))
        return key


class SecretsView:
    """The secrets that one run sees.

    overlay: values that exist for this run only, in front of the vault's; never stored. Under observe, what
    the run sets and deletes stays there too; a live run's goes to the vault at once, whatever happens next.
    """

    def __init__(
        self, vault: Vault, origin: Origin, *, observe: bool, overlay: Mapping[str, str] | None = None
    ) -> None:
        self._vault = vault
        self._origin = origin
        self._observe = observe
        self._overlay: dict[str, str | None] = dict(overlay or {})

    def __repr__(self) -> str:
        return f"SecretsView({', '.join(self.names())})"

    def get(self, name: str) -> str | None:
        """The value, or None where there is none."""
        return self._overlay[name] if name in self._overlay else self._vault.get(self._origin, name)

    def has(self, name: str) -> bool:
        """Whether there is a value."""
        return (
            self._overlay[name] is not None if name in self._overlay else self._vault.has(self._origin, name)
        )

    def names(self) -> list[str]:
        """The names of all values, sorted."""
        shown = {name for name in self._vault.names(self._origin) if name not in self._overlay}
        return sorted(shown | {name for name, value in self._overlay.items() if value is not None})

    def set(self, name: str, value: str) -> None:
        """Keep a value: in the vault at once, or under observe for this run only."""
        if self._observe:
            self._overlay[name] = value
            return
        self._vault.set(self._origin, name, value)
        self._overlay.pop(name, None)

    def delete(self, name: str) -> bool:
        """Whether there was a value to delete."""
        if self._observe:
            existed = self.has(name)
            self._overlay[name] = None
            return existed
        stored = self._vault.delete(self._origin, name)
        return self._overlay.pop(name, None) is not None or stored


def _nearest(origin: Origin) -> dict[str, str]:
    """Where a run's secrets are: its connection's, and those of the whole install, which have none."""
    return {"install": origin.install, "connection": origin.connection or "", "everywhere": ""}


def _key_place(origin: Origin) -> bytes:
    return _encoded("data key", origin.tenant, origin.install)


def _place(origin: Origin, connection: str, name: str, generation: int) -> bytes:
    return _encoded("secret", origin.tenant, origin.install, connection, name, str(generation))


def _encoded(*parts: str) -> bytes:
    return json.dumps(parts, separators=(",", ":")).encode()


def _master_key(folder: Path) -> bytes:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / MASTER_KEY
    if not path.exists():
        _create(path, secrets.token_bytes(KEY_BYTES))
    if path.stat().st_mode & 0o077:
        raise VaultError(f"{path} can be read by others; run: chmod 600 {path}")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise VaultError(f"{path} is not a key of {KEY_BYTES} bytes; restore it from a backup")
    return key


def _create(path: Path, content: bytes) -> None:
    """Whole or not at all, and never over a key that another process made first."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()
