"""The key that signs checkpoints and exports: a file of its own, readable by the host alone.

Whoever can write to the database but not read this file can destroy the log, not rewrite it unnoticed.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from sandbox_host.errors import RunError

PRIVATE = "audit-ed25519.key"
PUBLIC = "audit-ed25519.pub"


class AuditUnavailable(RunError):
    """The audit log cannot be written, so nothing that must be on record may happen."""


class KeyUnusable(Exception):
    """There is no usable public key where one was expected; the message says where and what would be."""


def signing_key(keys: Path, *, make: bool) -> Ed25519PrivateKey:
    """The signing key in the folder `keys`, made at first use where `make` allows it.

    Raises AuditUnavailable for a key that is lost, readable by others, or not the one that is pinned beside it.
    """
    path = keys / PRIVATE
    if not path.exists():
        if not make:
            raise AuditUnavailable(f"the audit log has records, but its key {path} is gone: restore the key")
        _make(keys)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise AuditUnavailable(
            f"the audit key {path} can be read by others: chmod 600 it, or replace the key"
        )
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise AuditUnavailable(f"the audit key {path} is not a PEM private key: restore the key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise AuditUnavailable(f"the audit key {path} is not an Ed25519 key: restore the key")
    public = keys / PUBLIC
    if not public.exists():
        _publish(public, _public_pem(key), 0o644)
    elif public.read_bytes() != _public_pem(key):
        raise AuditUnavailable(f"the audit key {path} does not belong to {public}: restore the pair")
    return key


def pinned_key(folder: Path) -> Ed25519PublicKey:
    """The public key pinned in a state folder. Raises KeyUnusable."""
    return read_public_key(folder / "keys" / PUBLIC)


def read_public_key(path: Path) -> Ed25519PublicKey:
    """A public key in PEM form. Raises KeyUnusable."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise KeyUnusable(
            f"{path}: cannot be read ({error.strerror}); name a file with the public key"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnusable(
            f"{path}: not a public key in PEM form, such as keys/{PUBLIC} of a state folder"
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyUnusable(f"{path}: not an Ed25519 key, such as keys/{PUBLIC} of a state folder")
    return key


def tenant_tag(key: Ed25519PrivateKey, tenant: str) -> str:
    """A name for a tenant that says nothing to other tenants, whose exports hold the same checkpoints."""
    text = b"audit tenant\0" + tenant.encode("utf-8", "surrogatepass")
    return hmac.new(key.private_bytes_raw(), text, hashlib.sha256).hexdigest()[:32]


def _make(keys: Path) -> None:
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _publish(keys / PRIVATE, pem, 0o600)


def _publish(path: Path, content: bytes, mode: int) -> None:
    """Create the file whole, unless another process was first: then that one's stays."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink()


def _public_pem(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
