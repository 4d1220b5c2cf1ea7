"""How a unit of work reads through what it staged, and how it ends."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from sandbox_host.errors import Conflict, InvalidArgument, NotFound, PermissionDenied, ValidationError
from sandbox_host.installs import set_status
from sandbox_host.records import StaleRead, UnitOfWork, save
from sandbox_host.records.work import Work

CUSTOMER = {"customer_id": "cus_1", "name": "Ada"}


def stored(world: Any, unit: UnitOfWork | None = None) -> str:
    """The id of a committed customer."""
    unit = unit or world.unit()
    record = unit.ingest("customer", CUSTOMER, "customers", "stripe:customer:cus_1")["id"]
    unit.commit()
    return record


def test_a_record_has_the_system_fields(world: Any) -> None:
    record = stored(world)
    assert world.unit().get("Customer", record) == {
        "id": record,
        "_created_at": "2026-01-01T00:00:00.001Z",
        "_updated_at": "2026-01-01T00:00:00.001Z",
        "_version": 1,
        "source_system": "stripe",
        "source_id": "cus_1",
        "connection_id": world.origin.connection,
        **CUSTOMER,
    }


def test_nothing_is_stored_before_the_commit(world: Any) -> None:
    before = world.rows()
    unit = world.unit()
    unit.create("Customer", {"name": "Ada"})
    unit.set_checkpoint("customers", {"cursor": "a"})
    assert world.rows() == before
    assert [write.committed for write in unit.writes] == [False, False]
    unit.commit()
    assert world.rows() != before
    assert [write.committed for write in unit.writes] == [True, True]


def test_a_discarded_unit_stores_nothing_and_keeps_its_list(world: Any) -> None:
    before = world.rows()
    unit = world.unit()
    unit.create("Customer", {"name": "Ada"})
    unit.discard()
    unit.commit()
    assert world.rows() == before
    assert [(write.kind, write.action, write.committed) for write in unit.writes] == [
        ("entity", "create", False)
    ]


@pytest.mark.parametrize("ends", ["atomic", "immediate"])
def test_under_observe_no_table_changes(world: Any, ends: Any) -> None:
    record = stored(world)
    before = world.rows()
    unit = world.unit(ends, observe=True)
    unit.ingest("customer", {**CUSTOMER, "name": "Grace"}, "customers", "stripe:customer:cus_1")
    unit.ingest_batch(
        "invoice",
        [{"payload": {"id": "in_1", "customer_id": "cus_1", "line_items": []}, "idempotencyKey": "k"}],
        "invoices",
    )
    created = unit.create("Customer", {"name": "Bob"})["id"]
    unit.update("Customer", created, {"name": "Rob"})
    unit.delete("Customer", record)
    unit.set_checkpoint("customers", {"cursor": "z"})
    assert unit.get_checkpoint("customers") == {"cursor": "z"}
    assert unit.query("Invoice", include=["customer"])[0]["customer"] is None
    unit.commit()
    assert world.rows() == before
    assert [write.committed for write in unit.writes] == [False] * 6


def test_without_the_check_for_observe_the_tables_would_change(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard removed: the same unit of work stores."""
    unit = world.unit(observe=True)
    unit.create("Customer", {"name": "Bob"})
    before = world.rows()
    monkeypatch.setattr(unit.work, "observe", False)
    unit.commit()
    assert world.rows() != before


def test_a_write_says_what_was_written(world: Any) -> None:
    unit = world.unit()
    record = unit.ingest("invoice", {"id": "in_1", "total_amount": 12.5}, "invoices", "k")["id"]
    unit.update("Invoice", record, {"memo": "late", "total_amount": None})
    unit.action("Invoice", record, "void")
    unit.delete("Invoice", record)
    unit.set_checkpoint("invoices", {"cursor": "c"}, "eu")
    assert [(write.kind, write.action, write.entity, write.id, write.data) for write in unit.writes] == [
        ("ingest", "canonical", "Invoice", record, {"source_id": "in_1", "total_amount": "12.5"}),
        ("entity", "update", "Invoice", record, {"memo": "late", "total_amount": None}),
        (
            "entity",
            "action",
            "Invoice",
            record,
            {"status": "void", "approval_status": "void", "voided_at": "2026-01-01T00:00:00.003Z"},
        ),
        ("entity", "delete", "Invoice", record, None),
        ("checkpoint", "setCheckpoint", None, "invoices/eu", {"cursor": "c"}),
    ]


def test_an_update_sets_some_fields_and_null_clears_one(world: Any) -> None:
    unit = world.unit()
    record = unit.create("Customer", {"name": "Ada", "email": "ada@example.com", "phone": "1"})
    updated = unit.update("Customer", record["id"], {"phone": None, "name": "Grace"})
    assert updated == {key: value for key, value in record.items() if key != "phone"} | {
        "name": "Grace",
        "_version": 2,
        "_updated_at": updated["_updated_at"],
    }


def test_a_record_may_be_sent_back_whole(world: Any) -> None:
    unit = world.unit()
    record = unit.create("Customer", {"name": "Ada"})
    assert unit.update("Customer", record["id"], {**record, "name": "Grace"})["name"] == "Grace"
    assert unit.update("Customer", record["id"], {**record, "name": "Joan"})["_version"] == 3
    with pytest.raises(ValidationError, match="source_id is set by the host"):
        unit.update("Customer", record["id"], {**record, "source_id": "another"})


def test_a_create_may_say_that_it_was_made_by_hand_and_no_other_source(world: Any, plugin: Any) -> None:
    unit = world.unit(origin=plugin)
    assert unit.create("Customer", {"name": "x", "source_system": "manual"})["source_system"] == "manual"
    with pytest.raises(ValidationError, match="source_system is 'tax' or one of manual, csv_upload"):
        unit.create("Customer", {"name": "x", "source_system": "stripe"})


def test_creating_an_identity_twice_is_a_conflict(world: Any) -> None:
    unit = world.unit()
    unit.create("Customer", {"source_id": "a"})
    with pytest.raises(Conflict, match="source_id 'a' exists already"):
        unit.create("Customer", {"source_id": "a"})


def test_what_is_not_there_is_not_found(world: Any) -> None:
    unit = world.unit()
    record = unit.create("Customer", {"name": "Ada"})["id"]
    assert unit.get("Invoice", record) is None
    assert unit.delete("Invoice", record) is False
    with pytest.raises(NotFound, match="there is no Invoice with the id"):
        unit.update("Invoice", record, {"memo": "x"})
    with pytest.raises(NotFound):
        unit.update("Customer", "nobody", {"name": "x"})


def test_an_action_is_one_of_the_contracts(world: Any) -> None:
    unit = world.unit()
    record = unit.create("Invoice", {"status": "open"})["id"]
    assert unit.action("Invoice", record, "approve")["approval_status"] == "approved"
    with pytest.raises(InvalidArgument, match="Invoice has no action 'pay'; there are: submit, approve"):
        unit.action("Invoice", record, "pay")


def test_an_entity_without_a_contract_is_refused(world: Any) -> None:
    with pytest.raises(
        InvalidArgument, match="Spaceship is not an entity with records here; there are Account, BankTransfer"
    ):
        world.unit().get("Spaceship", "1")


def test_include_finds_a_record_by_its_id_or_by_the_providers(world: Any) -> None:
    unit = world.unit()
    by_provider = unit.ingest("payment", payment(customer_id="cus_1"), "payments", "k1")["id"]
    assert unit.get("Payment", by_provider, ["customer", "invoice"])["customer"] is None
    customer = stored(world, unit)
    by_id = unit.create("Payment", payment(customer_id=customer))["id"]
    for record in (by_provider, by_id):
        found = unit.get("Payment", record, ["customer", "invoice"])
        assert found["customer"]["id"] == customer
        assert found["invoice"] is None


def test_a_reference_never_reaches_into_another_connection(world: Any) -> None:
    stored(world, world.unit(origin=world.other_connection))
    unit = world.unit()
    record = unit.ingest("payment", payment(customer_id="cus_1"), "payments", "k1")["id"]
    assert unit.get("Payment", record, ["customer"])["customer"] is None


def test_include_names_what_can_be_included(world: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"Payment can bring along customer, invoice, .*, not 'vendor'"):
        world.unit().query("Payment", include=["vendor"])


def payment(**more: Any) -> dict[str, Any]:
    return {"payment_id": "pay_1", "amount": "1.00", "currency": "usd", "status": "succeeded"} | more


def test_another_tenants_records_do_not_exist(world: Any) -> None:
    record = stored(world)
    unit = world.unit(origin=world.other_tenant)
    assert unit.get("Customer", record) is None
    assert unit.query("Customer") == []
    assert unit.count("Customer") == 0
    assert unit.ingest("customer", CUSTOMER, "customers", "stripe:customer:cus_1")["status"] == "created"


def test_a_change_between_read_and_commit_is_a_stale_read(world: Any) -> None:
    record = stored(world)
    mine, theirs = world.unit(), world.unit()
    mine.get("Customer", record)
    theirs.update("Customer", record, {"name": "Theirs"})
    theirs.commit()
    mine.update("Customer", record, {"name": "Mine"})
    before = world.rows()
    with pytest.raises(StaleRead):
        mine.commit()
    assert world.rows() == before


def test_a_record_that_was_only_read_is_not_checked(world: Any) -> None:
    record = stored(world)
    mine, theirs = world.unit(), world.unit()
    mine.query("Customer")
    theirs.update("Customer", record, {"name": "Theirs"})
    theirs.commit()
    mine.create("Customer", {"name": "Other"})
    mine.commit()
    assert world.unit().count("Customer") == 2


def test_the_second_of_two_ingests_of_a_new_record_is_stale(world: Any) -> None:
    mine, theirs = world.unit(), world.unit()
    for unit, key in ((mine, "k1"), (theirs, "k2")):
        unit.ingest("customer", CUSTOMER, "customers", key)
    theirs.commit()
    with pytest.raises(StaleRead, match="same identity"):
        mine.commit()


def test_a_key_that_another_run_used_first_is_stale(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs = world.unit(), world.unit()
    mine.ingest("customer", {"id": "a"}, "customers", "k")
    theirs.ingest("customer", {"id": "b"}, "customers", "k")
    theirs.commit()
    before = world.rows()
    with pytest.raises(StaleRead, match="idempotency key"):
        mine.commit()
    assert world.rows() == before
    # The guard removed: the key would stand for the one record while the other one was written too.
    monkeypatch.setattr(save, "_expect", lambda *_: None)
    mine.commit()
    assert world.unit().count("Customer") == 2


def test_without_the_version_check_the_later_write_wins_silently(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard removed: theirs is gone and nobody hears of it."""
    record = stored(world)
    mine, theirs = world.unit(), world.unit()
    for unit, name in ((mine, "Mine"), (theirs, "Theirs")):
        unit.get("Customer", record)
        unit.update("Customer", record, {"name": name})
    theirs.commit()
    real = save._record
    monkeypatch.setattr(save, "_record", lambda change: {**real(change), "base": 2})
    monkeypatch.setattr(save, "_version", lambda *_: {**_version_row(world, record)})
    mine.commit()
    assert world.unit().get("Customer", record)["name"] == "Mine"


def _version_row(world: Any, record: str) -> dict[str, Any]:
    return {
        "record": record,
        "version": 99,
        "written_at": "",
        "install": world.origin.install,
        "action": "update",
        "stream": None,
        "idempotency_key": None,
        "data": "{}",
        "fields": "{}",
    }


def test_a_checkpoint_that_was_read_and_moved_meanwhile_is_stale(world: Any) -> None:
    mine, theirs = world.unit(), world.unit()
    assert mine.get_checkpoint("customers") is None
    theirs.set_checkpoint("customers", {"cursor": "theirs"})
    theirs.commit()
    mine.set_checkpoint("customers", {"cursor": "mine"})
    with pytest.raises(StaleRead, match="checkpoint of customers"):
        mine.commit()
    blind = world.unit()
    blind.set_checkpoint("customers", {"cursor": "blind"})
    blind.commit()
    assert world.unit().get_checkpoint("customers") == {"cursor": "blind"}


def test_checkpoints_are_apart_per_partition_and_connection(world: Any) -> None:
    unit, other = world.unit(), world.unit(origin=world.other_connection)
    unit.set_checkpoint("customers", {"cursor": 1})
    unit.set_checkpoint("customers", {"cursor": 2}, "eu")
    unit.commit()
    assert unit.get_checkpoint("customers") == {"cursor": 1}
    assert unit.get_checkpoint("customers", "eu") == {"cursor": 2}
    assert other.get_checkpoint("customers") is None
    with pytest.raises(InvalidArgument, match="checkpoint is an object"):
        unit.set_checkpoint("customers", "cursor")


def test_a_job_keeps_what_it_wrote_before_it_failed(world: Any) -> None:
    unit = world.unit("immediate")
    first = unit.create("Customer", {"name": "Ada"})
    with pytest.raises(ValidationError):
        unit.create("Customer", {"name": 7})
    unit.discard()
    assert world.unit().get("Customer", first["id"])["name"] == "Ada"
    assert [(write.action, write.committed) for write in unit.writes] == [("create", True)]


def test_a_job_writes_over_what_others_changed_meanwhile(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    record = stored(world)
    job = world.unit("immediate")
    job.get("Customer", record)
    other = world.unit("immediate")
    other.update("Customer", record, {"email": "a@example.com"})
    assert job.update("Customer", record, {"name": "Job"})["email"] == "a@example.com"

    real = Work.commit
    raced: list[None] = []

    def commit(work: Work) -> None:
        if work is job.work and not raced:
            raced.append(None)
            other.update("Customer", record, {"phone": "1"})
        real(work)

    monkeypatch.setattr(Work, "commit", commit)
    updated = job.update("Customer", record, {"name": "Again"})
    assert raced
    assert (updated["name"], updated["phone"], updated["_version"]) == ("Again", "1", 5)
    assert len(job.writes) == 2


def test_a_job_that_keeps_losing_gets_a_conflict(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    record = stored(world)
    job, other = world.unit("immediate"), world.unit("immediate")
    real = Work.commit

    def commit(work: Work) -> None:
        if work is job.work:
            other.update("Customer", record, {"phone": "1"})
        real(work)

    monkeypatch.setattr(Work, "commit", commit)
    with pytest.raises(Conflict, match="try again"):
        job.update("Customer", record, {"name": "Job"})
    assert job.writes == []


@pytest.mark.parametrize("status", ["disabled", "removed"])
def test_a_run_whose_install_is_stopped_stores_nothing(world: Any, status: Any) -> None:
    unit = world.unit()
    unit.create("Customer", {"name": "Ada"})
    set_status(world.db, "acme", world.origin.install, status)
    before = world.rows()
    with pytest.raises(PermissionDenied, match="disabled or removed during the run"):
        unit.commit()
    assert world.rows() == before
    with pytest.raises(PermissionDenied, match="not active"):
        world.unit().query("Customer")


def test_an_install_that_was_stopped_and_started_again_is_another_one(world: Any) -> None:
    unit = world.unit()
    unit.create("Customer", {"name": "Ada"})
    set_status(world.db, "acme", world.origin.install, "disabled")
    set_status(world.db, "acme", world.origin.install, "active")
    with pytest.raises(PermissionDenied):
        unit.commit()


def test_the_generation_of_the_runs_beginning_counts_if_it_is_given(world: Any) -> None:
    started = replace(world.origin, generation=1)
    set_status(world.db, "acme", world.origin.install, "active")
    unit = world.unit(origin=started)
    unit.create("Customer", {"name": "Ada"})
    with pytest.raises(PermissionDenied):
        unit.commit()


def test_overlay_records_exist_for_this_run_only(world: Any) -> None:
    before = world.rows()
    unit = world.unit()
    unit.overlay({"Customer": [{"id": "c1", "name": "Ada"}, {"customer_id": "cus_9", "name": "Bob"}]})
    assert unit.get("Customer", "c1")["name"] == "Ada"
    assert unit.count("Customer") == 2
    assert unit.ingest("customer", {"id": "cus_9"}, "customers", "k")["status"] == "updated"
    assert unit.update("Customer", "c1", {"name": "Grace"})["_version"] == 2
    invoice = unit.create("Invoice", {"customer_id": "c1"})["id"]
    assert unit.get("Invoice", invoice, ["customer"])["customer"]["name"] == "Grace"
    unit.commit()
    assert [write.committed for write in unit.writes] == [False, False, True]
    assert unit.get("Customer", "c1")["name"] == "Grace"
    assert world.unit().count("Customer") == 0
    assert world.rows()["ingest_key"] == before["ingest_key"]


def test_an_overlay_record_stands_in_front_of_the_stored_one(world: Any) -> None:
    record = stored(world)
    unit = world.unit()
    unit.overlay({"Customer": [{"customer_id": "cus_1", "name": "Overlay"}]})
    assert [each["name"] for each in unit.query("Customer")] == ["Overlay"]
    assert unit.get("Customer", record)["name"] == "Overlay"
    unit.delete("Customer", record)
    assert unit.query("Customer") == []
    unit.commit()
    assert world.unit().get("Customer", record)["name"] == "Ada"


def test_a_bad_overlay_record_is_named(world: Any) -> None:
    with pytest.raises(ValidationError, match=r"Customer\[1\]: Customer c2: colour is not a field"):
        world.unit().overlay({"Customer": [{"id": "c1"}, {"id": "c2", "colour": "red"}]})


def test_two_threads_that_race_lose_no_update(world: Any) -> None:
    """Both read, add one and commit, and rerun when they were too late, on the real file."""
    record = stored(world)
    world.unit("immediate").update("Customer", record, {"credit_limit": "0"})
    rounds, stale = 25, [0, 0]
    start = threading.Barrier(2)

    def add(thread: int) -> None:
        start.wait()
        for _ in range(rounds):
            while True:
                unit = world.unit()
                found = unit.get("Customer", record)
                assert found is not None
                unit.update("Customer", record, {"credit_limit": int(found["credit_limit"]) + 1})
                try:
                    unit.commit()
                    break
                except StaleRead:
                    stale[thread] += 1

    threads = [threading.Thread(target=add, args=(thread,)) for thread in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = world.unit().get("Customer", record)
    assert found["credit_limit"] == str(2 * rounds)
    assert found["_version"] == 2 + 2 * rounds


def test_two_threads_that_ingest_the_same_key_write_one_record(world: Any) -> None:
    start = threading.Barrier(2)
    statuses: list[str] = []

    def run() -> None:
        start.wait()
        while True:
            unit = world.unit()
            status = unit.ingest("customer", CUSTOMER, "customers", "stripe:customer:cus_1")["status"]
            try:
                unit.commit()
            except StaleRead:
                continue
            statuses.append(status)
            return

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == ["created", "duplicate"]
    assert world.unit().count("Customer") == 1
