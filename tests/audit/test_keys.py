"""The signing key is the host's, and the one that was pinned."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sandbox_host.audit import AuditStore, AuditUnavailable, KeyUnusable, keys, pinned_key, read_public_key


@pytest.fixture
def used(folder, identity, decide):
    """A state folder whose log has records."""
    with AuditStore.open(folder) as store:
        decide(store.begin(identity()))
    return folder


def private_pem(key: Ed25519PrivateKey | X25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_the_same_key_serves_every_opening(used):
    with AuditStore.open(used) as store:
        assert pinned_key(used).public_bytes_raw() == store.public_key.public_bytes_raw()


def test_a_log_whose_key_was_lost_takes_no_records_under_another(used):
    (used / "keys" / keys.PRIVATE).unlink()
    with pytest.raises(AuditUnavailable, match="restore the key"):
        AuditStore.open(used)


def test_a_key_that_others_can_read_is_refused(used):
    (used / "keys" / keys.PRIVATE).chmod(0o640)
    with pytest.raises(AuditUnavailable, match="chmod 600"):
        AuditStore.open(used)


def test_a_key_that_was_exchanged_is_refused(used):
    (used / "keys" / keys.PRIVATE).write_bytes(private_pem(Ed25519PrivateKey.generate()))
    with pytest.raises(AuditUnavailable, match="does not belong to"):
        AuditStore.open(used)


@pytest.mark.parametrize("content", [b"", b"rubbish", private_pem(X25519PrivateKey.generate())])
def test_a_file_that_is_no_signing_key_is_refused(used, content):
    (used / "keys" / keys.PRIVATE).write_bytes(content)
    with pytest.raises(AuditUnavailable, match="restore the key"):
        AuditStore.open(used)


def test_the_public_key_is_written_again_when_it_is_gone(used):
    (used / "keys" / keys.PUBLIC).unlink()
    with AuditStore.open(used) as store:
        assert pinned_key(used).public_bytes_raw() == store.public_key.public_bytes_raw()


def test_what_is_no_public_key_is_told_by_its_path(tmp_path):
    other = X25519PrivateKey.generate().public_key()
    contents = [b"", private_pem(Ed25519PrivateKey.generate())]
    contents.append(other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    path = tmp_path / "key.pub"
    with pytest.raises(KeyUnusable, match=r"key\.pub: cannot be read"):
        read_public_key(path)
    for content in contents:
        path.write_bytes(content)
        with pytest.raises(KeyUnusable, match=r"key\.pub: not a"):
            read_public_key(path)


def test_a_tenants_tag_is_stable_and_needs_the_key():
    one, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    assert keys.tenant_tag(one, "acme") == keys.tenant_tag(one, "acme") != keys.tenant_tag(one, "globex")
    assert keys.tenant_tag(one, "acme") != keys.tenant_tag(other, "acme")
