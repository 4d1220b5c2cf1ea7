"""What the store promises its callers: committed or refused, in order, one line each."""

from __future__ import annotations

import json
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from policies.audit import Broken, Verified, verify
from sandbox_host.audit import AuditStore, AuditUnavailable, CallOutcome, SeveralTenants, schema
from sandbox_host.audit import store as audit_store


def test_a_run_is_a_record_for_each_call_and_one_for_its_end(store, identity, decide, records):
    run = store.begin(identity())
    decide(run, 1, durable=False)
    decide(run, 2)
    run.end(
        "ok", [CallOutcome(1, "ok"), CallOutcome(2, "error", "http_timeout", 504, 0, 1.25)], {"writes": 0}
    )
    start, first, second, end, checkpoint = records(store)
    assert [start["type"], first["seq"], second["seq"], checkpoint["type"]] == ["start", 1, 2, "checkpoint"]
    assert (end["type"], end["outcome"], end["unit"]) == ("run_end", "ok", {"writes": 0})
    assert end["calls"][1] == {
        "seq": 2,
        "outcome": "error",
        "code": "http_timeout",
        "status": 504,
        "bytes": 0,
        "duration_ms": 1.25,
    }
    assert first["at"] < second["at"] < end["at"]


def test_an_export_verifies_and_so_does_the_next(store, identity, decide, exported):
    for name in ("run_1", "run_2"):
        run = store.begin(identity(name))
        decide(run)
        run.end("ok", [CallOutcome(1, "ok")], None)
        answer = verify(exported(store).splitlines(keepends=True), store.public_key)
        assert isinstance(answer, Verified), answer
    assert (answer.runs, answer.tenant, answer.complete) == (2, "local", True)


def test_a_log_grows_over_many_openings_and_each_names_the_checkpoint_before_it(
    folder, identity, decide, exported, records
):
    for number in range(4):
        with AuditStore.open(folder) as store:
            run = store.begin(identity(f"run_{number}"))
            decide(run)
            run.end("ok", [CallOutcome(1, "ok")], None)
    with AuditStore.open(folder) as store:
        answer = verify(exported(store).splitlines(keepends=True), store.public_key)
        checkpoints = [checkpoint["_hash"] for checkpoint in records(store, "checkpoint")]
        follows = [start["follows"] for start in records(store, "start")]
    assert isinstance(answer, Verified), answer
    assert follows == [None, *checkpoints[:3]]
    assert answer.head == checkpoints[3]


def test_opening_and_exporting_adds_nothing_to_a_log_that_is_in_order(folder, identity, decide, exported):
    with AuditStore.open(folder) as store:
        decide(store.begin(identity()))
    with AuditStore.open(folder) as store:
        once = exported(store)
    with AuditStore.open(folder) as store:
        assert exported(store).split(b"\n")[:-2] == once.split(b"\n")[:-2]


def test_a_long_lived_host_writes_checkpoints_on_its_way(store, identity, decide, records, monkeypatch):
    monkeypatch.setattr(audit_store, "CHECKPOINT_EVERY", 6)
    for number in range(9):
        run = store.begin(identity(f"run_{number}"))
        decide(run)
        run.end("ok", [CallOutcome(1, "ok")], None)
    assert len(records(store, "checkpoint")) == 3


def test_a_decision_that_need_not_be_durable_is_written_with_the_next_that_must(
    store, identity, decide, folder
):
    run = store.begin(identity())
    decide(run, 1, durable=False)
    with sqlite3.connect(folder / "audit.db") as db:
        assert db.execute("SELECT count(*) FROM record").fetchone() == (0,)
        decide(run, 2)
        assert db.execute("SELECT count(*) FROM record").fetchone() == (3,)
    db.close()


def test_tenants_have_chains_of_their_own_and_exports_do_not_name_each_other(
    store, identity, decide, exported
):
    for tenant in ("acme", "globex"):
        decide(store.begin(identity(f"run_of_{tenant}", tenant)))
    text = exported(store, "acme")
    assert b"globex" not in text and b"run_of_acme" in text
    assert isinstance(verify(text.splitlines(keepends=True), store.public_key), Verified)
    with pytest.raises(SeveralTenants, match="2 tenants"):
        exported(store)


def test_a_part_of_the_log_verifies_and_says_that_it_is_one(store, identity, decide, exported):
    decide(store.begin(identity("run_1")))
    moment = datetime.now(UTC)
    decide(store.begin(identity("run_2")))
    text = exported(store, None, moment)
    answer = verify(text.splitlines(keepends=True), store.public_key)
    assert isinstance(answer, Verified), answer
    assert not answer.complete
    assert b"run_2" in text and b"run_1" not in text


def test_whatever_a_guest_puts_into_a_resource_stays_one_line(store, identity, decide, exported):
    decide(store.begin(identity()), resource="a\n{}\r\u2028\x00\x1b[2J\ud800" + "x" * 5000)
    text = exported(store)
    assert len(text.decode().splitlines()) == text.count(b"\n") == 4
    assert isinstance(verify(text.splitlines(keepends=True), store.public_key), Verified)


def test_threads_share_one_store_without_a_gap_or_a_fork(store, identity, decide, exported):
    def work(number: int) -> None:
        run = store.begin(identity(f"run_{number}", "local"))
        for seq in range(1, 21):
            decide(run, seq, durable=seq % 3 == 0)
        run.end("ok", [], None)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    answer = verify(exported(store).splitlines(keepends=True), store.public_key)
    assert isinstance(answer, Verified), answer
    assert answer.records == 1 + 8 * 21 + 1


def test_a_decision_that_cannot_be_written_is_refused_and_leaves_no_gap(store, identity, decide, exported):
    run = store.begin(identity())
    decide(run, 1)
    store._db.execute("PRAGMA query_only = ON")
    with pytest.raises(AuditUnavailable, match="cannot be written"):
        decide(run, 2)
    store._db.execute("PRAGMA query_only = OFF")
    decide(run, 3)
    text = exported(store)
    assert isinstance(verify(text.splitlines(keepends=True), store.public_key), Verified)
    assert [json.loads(line).get("seq") for line in text.splitlines()][:3] == [None, 1, 3]


def test_a_writer_that_keeps_the_database_locked_makes_decisions_fail_in_time(
    folder, identity, decide, monkeypatch
):
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.05)
    with AuditStore.open(folder) as store:
        run = store.begin(identity())
        decide(run, 1)
        other = sqlite3.connect(folder / "audit.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(AuditUnavailable, match="locked"):
            decide(run, 2)
        other.execute("ROLLBACK")
        other.close()
        decide(run, 2)


def test_an_end_that_could_not_be_written_can_be_tried_again(store, identity, decide, records):
    run = store.begin(identity())
    decide(run, 1, durable=False)
    store._db.execute("PRAGMA query_only = ON")
    with pytest.raises(AuditUnavailable):
        run.end("ok", [CallOutcome(1, "ok")], None)
    store._db.execute("PRAGMA query_only = OFF")
    run.end("ok", [CallOutcome(1, "ok")], None)
    assert [record["type"] for record in records(store)] == ["start", "decision", "run_end", "checkpoint"]


def test_a_closed_store_records_nothing_more(folder, identity, decide):
    store = AuditStore.open(folder)
    run = store.begin(identity())
    store.close()
    with pytest.raises(AuditUnavailable, match="closed"):
        decide(run)


def test_an_ended_run_takes_nothing_more(store, identity, decide):
    run = store.begin(identity())
    run.end("ok", [], None)
    with pytest.raises(RuntimeError, match="run_1 has ended"):
        decide(run)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record SET line = x'00'",
        "DELETE FROM record WHERE n = 2",
        "REPLACE INTO record (chain, n, line) VALUES (1, 2, x'00')",
        "UPDATE chain SET tenant = 'other'",
        "DELETE FROM chain",
        "INSERT OR REPLACE INTO checkpoint (id, hash) VALUES (1, '')",
    ],
)
def test_the_tables_of_the_log_only_take_new_rows(statement, store, identity, decide, exported, folder):
    decide(store.begin(identity()))
    before = exported(store).split(b"\n")[:-2]
    db = sqlite3.connect(folder / "audit.db", isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(statement)
    assert exported(store).split(b"\n")[:-2] == before
    for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {trigger}")
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute(statement)
    db.close()


@pytest.mark.parametrize(
    ("statement", "line", "kind"),
    [
        (
            "UPDATE record SET line = replace(line, 'Customer', 'Invoices') WHERE chain = 1 AND n = 3",
            3,
            "modified",
        ),
        ("DELETE FROM record WHERE chain = 1 AND n = 3", 3, "missing"),
        ("DELETE FROM record WHERE chain = 1 AND n = 4", 4, "missing"),
        ("DELETE FROM record WHERE chain = 1", 1, "missing"),
        ("DELETE FROM record WHERE chain = 2", 6, "missing"),
        ("UPDATE record SET n = 5 - n WHERE chain = 1 AND n IN (2, 3)", 2, "swapped"),
    ],
)
def test_whoever_changes_the_database_is_found_by_its_next_export(
    statement, line, kind, folder, identity, decide, exported
):
    with AuditStore.open(folder) as store:
        run = store.begin(identity())
        for seq in (1, 2, 3):
            decide(run, seq)
        run.end("ok", [], None)
    db = sqlite3.connect(folder / "audit.db", isolation_level=None)
    for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {trigger}")
    if "5 - n" in statement:
        db.execute("UPDATE record SET n = -n WHERE chain = 1 AND n IN (2, 3)")
        statement = "UPDATE record SET n = 5 + n WHERE chain = 1 AND n IN (-2, -3)"
    db.execute(
        statement.replace("replace(line", "CAST(replace(CAST(line AS TEXT)").replace("s')", "s') AS BLOB)")
    )
    db.execute("PRAGMA wal_checkpoint")
    db.close()
    with AuditStore.open(folder) as store:
        answer = verify(exported(store).splitlines(keepends=True), store.public_key)
    assert isinstance(answer, Broken)
    assert (answer.line, answer.kind) == (line, kind)


def test_the_database_and_the_key_belong_to_the_host_alone(folder, identity, decide):
    with AuditStore.open(folder) as store:
        decide(store.begin(identity()))
        private = [folder / "audit.db", folder / "audit.db-wal", folder / "keys" / "audit-ed25519.key"]
        assert [stat.S_IMODE(path.stat().st_mode) for path in private] == [0o600] * 3


def test_many_may_open_a_new_store_at_once(folder):
    ready = threading.Barrier(8)

    def open_it(_: int) -> bytes:
        ready.wait()
        with AuditStore.open(folder) as store:
            return store.public_key.public_bytes_raw()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(open_it, range(8)))) == 1


def test_a_file_that_is_no_database_is_refused(folder):
    folder.mkdir()
    (folder / "audit.db").write_bytes(b"not a database" * 100)
    with pytest.raises(AuditUnavailable, match="cannot be opened"):
        AuditStore.open(folder)


def test_a_log_of_a_later_format_is_refused(folder):
    AuditStore.open(folder).close()
    db = sqlite3.connect(folder / "audit.db")
    db.execute("PRAGMA user_version = 9")
    db.close()
    with pytest.raises(AuditUnavailable, match="format 9"):
        AuditStore.open(folder)
