"""The vault: what it keeps, for whom, and what no longer opens."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox_host import vault as vault_module
from sandbox_host.db import Database
from sandbox_host.errors import PermissionDenied
from sandbox_host.installs import ensure_connection, ensure_install, set_status
from sandbox_host.records import Origin
from sandbox_host.vault import SecretsView, Vault, VaultError, seal, unseal

VALUE = "sk_live_do_not_leak_this_value"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = Database.open(tmp_path / "state")
    yield db
    db.close()


@pytest.fixture
def vault(db: Database, tmp_path: Path) -> Vault:
    return Vault(db, tmp_path / "keys")


def origin(
    db: Database, tenant: str = "acme", key: str = "stripe", connection: str | None = "live"
) -> Origin:
    install = ensure_install(db, tenant, key, publisher="p", now=NOW)
    found = ensure_connection(db, tenant, install.id, connection, now=NOW).id if connection else None
    return Origin(tenant, install.id, found, "stripe", key, "user:ada")


def test_a_secret_comes_back_as_it_was_set(db: Database, vault: Vault) -> None:
    who = origin(db)
    assert (vault.get(who, "api_key"), vault.has(who, "api_key"), vault.names(who)) == (None, False, [])
    vault.set(who, "api_key", VALUE)
    assert (vault.get(who, "api_key"), vault.has(who, "api_key"), vault.names(who)) == (
        VALUE,
        True,
        ["api_key"],
    )
    vault.set(who, "api_key", "zweiter Schlüssel 🔑")
    assert vault.get(who, "api_key") == "zweiter Schlüssel 🔑"
    assert vault.delete(who, "api_key") is True
    assert vault.delete(who, "api_key") is False
    assert (vault.get(who, "api_key"), vault.names(who)) == (None, [])


def test_the_connections_secret_comes_before_the_installs(db: Database, vault: Vault) -> None:
    live, test = origin(db), origin(db, connection="test")
    everywhere = replace(live, connection=None)
    vault.set(everywhere, "api_key", "of the install")
    vault.set(live, "api_key", "of the live connection")
    assert vault.get(live, "api_key") == "of the live connection"
    assert vault.get(test, "api_key") == vault.get(everywhere, "api_key") == "of the install"
    assert vault.delete(test, "api_key") is False
    assert vault.delete(live, "api_key") is True
    assert vault.get(live, "api_key") == "of the install"


def test_no_tenant_and_no_install_sees_anothers(db: Database, vault: Vault) -> None:
    vault.set(origin(db), "api_key", VALUE)
    for other in (origin(db, "globex"), origin(db, key="shopify"), origin(db, connection="test")):
        assert vault.get(other, "api_key") is None
        assert vault.names(other) == []


def test_no_plaintext_is_in_any_file(db: Database, vault: Vault, tmp_path: Path) -> None:
    who = origin(db)
    vault.set(who, "api_key", VALUE)
    vault.set(who, "api_key", VALUE + "2")
    vault.delete(who, "api_key")
    db.truncate_log()
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(VALUE.encode() in content for content in files)


def test_the_master_key_is_the_owners_alone(db: Database, vault: Vault, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "vault.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes()) == 32
    assert [each.name for each in path.parent.iterdir()] == ["vault.key"]
    path.chmod(0o640)
    with pytest.raises(VaultError, match="can be read by others; run: chmod 600"):
        Vault(db, tmp_path / "keys")


def test_a_master_key_that_was_cut_is_refused(db: Database, vault: Vault, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "vault.key"
    path.write_bytes(b"short")
    with pytest.raises(VaultError, match="restore it from a backup"):
        Vault(db, tmp_path / "keys")


def test_another_master_key_opens_nothing(db: Database, vault: Vault, tmp_path: Path) -> None:
    who = origin(db)
    vault.set(who, "api_key", VALUE)
    with pytest.raises(VaultError, match="does not open"):
        Vault(db, tmp_path / "other").get(who, "api_key")


def swap(tmp_path: Path, sql: str, *parameters: Any) -> None:
    """What somebody with the database file, and no key, can do."""
    with sqlite3.connect(tmp_path / "state" / "state.db") as driver:
        assert driver.execute(sql, parameters).rowcount == 1


COPY = (
    "UPDATE secret SET sealed = (SELECT sealed FROM secret WHERE tenant = ?1 AND install = ?2 AND connection = ?3"
    " AND name = ?4) WHERE tenant = ?5 AND install = ?6 AND connection = ?7 AND name = ?8"
)


@pytest.mark.parametrize(
    "moved_to", ["another tenant", "another install", "another connection", "another name"]
)
def test_a_ciphertext_that_was_moved_does_not_open(
    db: Database, vault: Vault, tmp_path: Path, moved_to: str
) -> None:
    source = origin(db)
    target, name = {
        "another tenant": (origin(db, "globex"), "api_key"),
        "another install": (origin(db, key="shopify"), "api_key"),
        "another connection": (origin(db, connection="test"), "api_key"),
        "another name": (source, "webhook_secret"),
    }[moved_to]
    vault.set(source, "api_key", VALUE)
    vault.set(target, name, "the target's own")
    places = (source.tenant, source.install, source.connection, "api_key")
    swap(tmp_path, COPY, *places, target.tenant, target.install, target.connection, name)
    with pytest.raises(VaultError, match="does not open"):
        vault.get(target, name)


def test_without_associated_data_a_moved_ciphertext_would_open(
    db: Database, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard removed: a secret could be read under a name that the manifest grants."""
    monkeypatch.setattr(vault_module, "_place", lambda *_: b"")
    who = origin(db)
    vault.set(who, "api_key", VALUE)
    vault.set(who, "harmless", "x")
    places = (who.tenant, who.install, who.connection)
    swap(tmp_path, COPY, *places, "api_key", *places, "harmless")
    assert vault.get(who, "harmless") == VALUE


def test_an_older_value_cannot_be_put_back(db: Database, vault: Vault, tmp_path: Path) -> None:
    who = origin(db)
    vault.set(who, "api_key", "old")
    with sqlite3.connect(tmp_path / "state" / "state.db") as driver:
        (old,) = driver.execute("SELECT sealed FROM secret").fetchone()
    vault.delete(who, "api_key")
    vault.set(who, "api_key", "new")
    swap(tmp_path, "UPDATE secret SET sealed = ?", old)
    with pytest.raises(VaultError, match="does not open"):
        vault.get(who, "api_key")


def test_destroying_one_installs_key_leaves_the_others(db: Database, vault: Vault, tmp_path: Path) -> None:
    one, other, elsewhere = origin(db), origin(db, key="shopify"), origin(db, "globex")
    for who in (one, other, elsewhere):
        vault.set(who, "api_key", VALUE)
    with sqlite3.connect(tmp_path / "state" / "state.db") as driver:
        query = "SELECT sealed FROM data_key WHERE tenant = ? AND install = ?"
        (wrapped,) = driver.execute(query, (one.tenant, one.install)).fetchone()
    vault.destroy_install_key(one.tenant, one.install)
    assert vault.get(one, "api_key") is None
    assert vault.get(other, "api_key") == vault.get(elsewhere, "api_key") == VALUE
    files = [path.read_bytes() for path in (tmp_path / "state").iterdir()]
    assert not any(wrapped in content for content in files)


def test_an_install_that_was_removed_keeps_nothing_new(db: Database, vault: Vault) -> None:
    who = origin(db)
    set_status(db, who.tenant, who.install, "removed")
    with pytest.raises(PermissionDenied, match="not active"):
        vault.set(who, "api_key", VALUE)


def test_nothing_shows_a_secret(db: Database, vault: Vault, tmp_path: Path) -> None:
    who = origin(db)
    vault.set(who, "api_key", VALUE)
    view = SecretsView(vault, who, observe=False, overlay={"token": VALUE})
    key = (tmp_path / "keys" / "vault.key").read_bytes()
    for thing in (vault, view):
        assert VALUE not in repr(thing)
        assert VALUE not in str(thing)
        assert key.hex() not in repr(thing)
        assert repr(key) not in repr(thing)


def test_a_view_in_a_live_run_stores_at_once(db: Database, vault: Vault) -> None:
    who = origin(db)
    view = SecretsView(vault, who, observe=False)
    view.set("token", "rotated")
    assert vault.get(who, "token") == view.get("token") == "rotated"
    assert view.delete("token") is True
    assert (vault.has(who, "token"), view.has("token"), view.delete("token")) == (False, False, False)


def test_a_view_under_observe_stores_nothing(db: Database, vault: Vault) -> None:
    who = origin(db)
    vault.set(who, "api_key", VALUE)
    view = SecretsView(vault, who, observe=True)
    view.set("token", "rotated")
    assert view.delete("api_key") is True
    assert (view.get("token"), view.get("api_key"), view.names()) == ("rotated", None, ["token"])
    assert (view.delete("api_key"), view.delete("nothing")) == (False, False)
    assert (vault.get(who, "api_key"), vault.names(who)) == (VALUE, ["api_key"])


def test_an_overlay_stands_in_front_and_is_never_stored(db: Database, vault: Vault) -> None:
    who = origin(db)
    vault.set(who, "api_key", VALUE)
    view = SecretsView(vault, who, observe=False, overlay={"api_key": "from the command line", "extra": "x"})
    assert (view.get("api_key"), view.get("extra"), view.names()) == (
        "from the command line",
        "x",
        ["api_key", "extra"],
    )
    assert vault.get(who, "api_key") == VALUE
    assert vault.names(who) == ["api_key"]
    view.set("api_key", "rotated")
    assert view.get("api_key") == vault.get(who, "api_key") == "rotated"


CORPUS = Path(os.environ.get("BACKFILL_CORPORA", "../shared/corpora")) / "wycheproof" / "aes_gcm_test.json"


@pytest.mark.skipif(not CORPUS.exists(), reason="the Wycheproof vectors are not there")
def test_the_cipher_agrees_with_wycheproof() -> None:
    """Vectors of the project Wycheproof, those with the nonce and tag sizes that the vault uses."""
    ran = 0
    for group in json.loads(CORPUS.read_text())["testGroups"]:
        if group["ivSize"] != 96 or group["tagSize"] != 128:
            continue
        for test in group["tests"]:
            key, nonce, associated, message, cipher, tag = (
                bytes.fromhex(test[name]) for name in ("key", "iv", "aad", "msg", "ct", "tag")
            )
            if test["result"] == "invalid":
                with pytest.raises(VaultError):
                    unseal(key, nonce + cipher + tag, associated)
            else:
                assert seal(key, message, associated, nonce) == nonce + cipher + tag
                assert unseal(key, nonce + cipher + tag, associated) == message
            ran += 1
    assert ran > 150


@pytest.mark.parametrize("length", [0, 11, 27])
def test_a_sealed_value_that_was_cut_short_does_not_open(length: int) -> None:
    with pytest.raises(VaultError, match="cut short"):
        unseal(bytes(32), bytes(length), b"")
