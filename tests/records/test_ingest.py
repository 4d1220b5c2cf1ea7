"""How an ingest finds its record, and when it writes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sandbox_host.errors import Conflict, InvalidArgument, ValidationError
from sandbox_host.records import UnitOfWork
from sandbox_host.records import ingest as ingest_module

A = {"customer_id": "cus_1", "name": "Ada"}
B = {"customer_id": "cus_1", "name": "Ada Lovelace"}


def put(unit: UnitOfWork, payload: Any, key: str = "stripe:customer:cus_1", **options: Any) -> Any:
    return unit.ingest(options.pop("document_type", "customer"), payload, "customers", key, **options)


@pytest.fixture(params=["one run", "a run each"])
def ingest(request: pytest.FixtureRequest, world: Any) -> Any:
    """Ingests in one atomic run, or commits after each: the rules are the same."""
    unit = world.unit()

    def run(*arguments: Any, **options: Any) -> Any:
        nonlocal unit
        answer = put(unit, *arguments, **options)
        if request.param == "a run each":
            unit.commit()
            unit = world.unit()
        return answer

    return run


def names(world: Any, record: str) -> list[Any]:
    return [version.content.native["name"] for version in world.unit().history("Customer", record)]


def test_the_answer_has_the_published_shape(world: Any) -> None:
    answer = put(world.unit(), A)
    record = answer.pop("id")
    assert isinstance(record, str)
    assert answer == {
        "status": "created",
        "documentType": "customer",
        "sourceId": "cus_1",
        "version": 1,
        "idempotencyKey": "stripe:customer:cus_1",
    }


def test_polling_the_same_payload_twice_writes_once(ingest: Any) -> None:
    first, second = ingest(A), ingest(A)
    assert (first["status"], second["status"]) == ("created", "duplicate")
    assert second["id"] == first["id"]
    assert second["version"] == 1


def test_polling_a_b_a_gives_three_versions(ingest: Any) -> None:
    answers = [ingest(payload) for payload in (A, B, A)]
    assert [answer["status"] for answer in answers] == ["created", "updated", "updated"]
    assert [answer["version"] for answer in answers] == [1, 2, 3]


def test_a_delivery_repeated_late_changes_nothing(ingest: Any) -> None:
    ingest(A, "stripe:event:evt_1")
    ingest(B, "stripe:event:evt_2")
    late = ingest(A, "stripe:event:evt_1")
    assert (late["status"], late["version"]) == ("duplicate", 2)


def test_evt1_evt2_evt1_ends_at_what_evt2_brought(world: Any) -> None:
    unit = world.unit()
    record = put(unit, A, "stripe:event:evt_1")["id"]
    put(unit, B, "stripe:event:evt_2")
    put(unit, A, "stripe:event:evt_1")
    unit.commit()
    assert world.unit().get("Customer", record)["name"] == "Ada Lovelace"
    assert names(world, record) == ["Ada", "Ada Lovelace"]


def test_one_key_through_two_connections_gives_two_records(world: Any) -> None:
    first, second = world.unit(), world.unit(origin=world.other_connection)
    assert put(first, A)["status"] == put(second, A)["status"] == "created"
    first.commit()
    second.commit()
    found = world.unit().query("Customer", {"source_id": "cus_1"})
    assert len({record["connection_id"] for record in found}) == 2


def test_a_key_cannot_write_another_record(ingest: Any) -> None:
    ingest(A, "stripe:event:evt_1")
    with pytest.raises(Conflict, match=r"evt_1.*belongs to customer cus_1.*customer cus_2"):
        ingest({"customer_id": "cus_2"}, "stripe:event:evt_1")


def test_a_key_cannot_write_another_kind_of_document(ingest: Any) -> None:
    ingest(A, "stripe:event:evt_1")
    with pytest.raises(Conflict, match="belongs to customer"):
        ingest({"invoice_id": "cus_1"}, "stripe:event:evt_1", document_type="invoice")


def test_a_key_of_another_stream_is_another_key(world: Any) -> None:
    unit = world.unit()
    unit.ingest("customer", A, "customers", "k", source_id="cus_1")
    assert unit.ingest("customer", A, "events", "k", source_id="cus_1")["status"] == "updated"


def test_null_and_absent_are_the_same_payload(ingest: Any) -> None:
    ingest(A)
    assert ingest({**A, "email": None})["status"] == "duplicate"


def test_a_declared_field_of_a_line_is_part_of_the_payload(world: Any) -> None:
    unit = world.unit()
    line = {"line_key": "1", "amount": "5.00", "stripe_tax_behavior": "inclusive"}
    other = {**line, "stripe_tax_behavior": "exclusive"}
    statuses = [
        unit.ingest("invoice", {"id": "in_1", "line_items": [each]}, "invoices", "k")["status"]
        for each in (line, line, other)
    ]
    assert statuses == ["created", "duplicate", "updated"]


def test_older_source_data_is_a_stale_duplicate(ingest: Any) -> None:
    ingest(B, "stripe:event:evt_2", source_updated_at="2026-01-02T00:00:00Z")
    answer = ingest(A, "stripe:event:evt_1", source_updated_at="2026-01-02T00:59:59+01:00")
    assert (answer["status"], answer["reason"], answer["version"]) == ("duplicate", "stale", 1)
    newer = ingest(A, "stripe:event:evt_1", source_updated_at="2026-01-02T00:00:01Z")
    assert newer["status"] == "updated"


def test_a_source_time_that_is_no_time_is_refused(world: Any) -> None:
    with pytest.raises(InvalidArgument, match="sourceUpdatedAt is an ISO 8601 time"):
        put(world.unit(), A, source_updated_at=1767225600)


def test_what_a_user_deleted_stays_deleted_until_the_provider_changes_it(world: Any) -> None:
    unit = world.unit()
    record = put(unit, A)["id"]
    unit.delete("Customer", record)
    assert put(unit, A)["status"] == "duplicate"
    assert unit.get("Customer", record) is None
    again = put(unit, B)
    assert (again["status"], again["id"], again["version"]) == ("created", record, 3)
    unit.commit()
    assert world.unit().get("Customer", record)["name"] == "Ada Lovelace"


@pytest.mark.parametrize(
    ("payload", "key", "given", "expected"),
    [
        ({"source_id": "a", "customer_id": "b", "id": "c"}, "stripe:customer:d", "e", "e"),
        ({"source_id": "a", "customer_id": "b", "id": "c"}, "stripe:customer:d", None, "a"),
        ({"customer_id": "b", "id": "c"}, "stripe:customer:d", None, "b"),
        ({"id": "c"}, "stripe:customer:d", None, "c"),
        ({"name": "x"}, "stripe:customer:d", None, "d"),
        ({"id": 123}, "k", None, "123"),
        ({"id": 1e15}, "k", None, "1000000000000000"),
        ({"id": 12.0}, "k", None, "12"),
        ({"source_id": "", "customer_id": "undefined", "id": "c"}, "k", None, "c"),
        ({"source_id": "[object Object]", "id": "c"}, "k", "null", "c"),
        ({"source_id": None, "id": "NaN"}, "stripe:customer:d", "", "d"),
    ],
)
def test_the_source_id_is_looked_for_in_order(
    world: Any, payload: Any, key: str, given: Any, expected: str
) -> None:
    assert put(world.unit(), payload, key, source_id=given)["sourceId"] == expected


@pytest.mark.parametrize(
    ("payload", "key"),
    [
        ({}, "stripe:event:evt_1"),
        ({"id": ""}, "evt_1"),
        ({"id": "undefined"}, "stripe:customer:undefined"),
        ({"id": "[object Object]"}, "stripe:customer:[object Object]"),
        ({"id": "null"}, "stripe:customer:"),
        ({"id": "  "}, "stripe:customer:a:b"),
        ({"id": True}, "stripe:invoice:in_1"),
        ({"id": {"a": 1}}, "stripe:customer:NaN"),
    ],
)
def test_without_a_usable_id_the_places_looked_at_are_named(world: Any, payload: Any, key: str) -> None:
    with pytest.raises(
        ValidationError, match="looked at the option sourceId, source_id, customer_id, id, an idem"
    ):
        put(world.unit(), payload, key)


def test_a_nan_id_is_refused_with_its_path(world: Any) -> None:
    with pytest.raises(ValidationError, match=r"customer\.id: nan is not a JSON number"):
        put(world.unit(), {"id": float("nan")})


def test_lines_is_an_alias_of_line_items(world: Any) -> None:
    unit = world.unit()
    answer = unit.ingest("invoice", {"id": "in_1", "lines": [{"line_key": "a"}]}, "invoices", "k")
    assert unit.get("Invoice", answer["id"])["line_items"] == [{"line_key": "a"}]
    with pytest.raises(ValidationError, match="lines and line_items are the same thing"):
        unit.ingest("invoice", {"id": "in_2", "lines": [], "line_items": []}, "invoices", "k2")


def test_a_line_without_a_key_fails_and_says_which(world: Any) -> None:
    lines = [{"line_key": "a"}, {"amount": "1.00"}]
    with pytest.raises(ValidationError, match=r"Invoice in_1: line_items\[1\] has no line_key"):
        world.unit().ingest("invoice", {"id": "in_1", "line_items": lines}, "invoices", "k")


def test_two_lines_with_one_key_fail(world: Any) -> None:
    lines = [{"line_key": "a"}, {"line_key": "a"}]
    with pytest.raises(ValidationError, match=r'line_items\[1\]: line_key "a" is on another line too'):
        world.unit().ingest("invoice", {"id": "in_1", "line_items": lines}, "invoices", "k")


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({"id": "in_1", "colour": "red"}, "Invoice in_1: colour is not a field of Invoice"),
        (
            {"id": "in_1", "line_items": [{"line_key": "a", "sku": 1}]},
            r"line_items\[0\]\.sku is not a field of a line",
        ),
    ],
)
def test_an_undeclared_key_fails_with_its_path(world: Any, payload: Any, path: str) -> None:
    with pytest.raises(ValidationError, match=path):
        world.unit().ingest("invoice", payload, "invoices", "k")


def test_the_payload_may_repeat_its_source_but_not_change_it(world: Any) -> None:
    unit = world.unit()
    put(unit, {**A, "source_system": "stripe", "connection_id": world.origin.connection})
    with pytest.raises(ValidationError, match="source_system is 'stripe' here"):
        put(unit, {**A, "source_system": "shopify"})


def test_an_unknown_document_type_names_those_that_exist(world: Any) -> None:
    with pytest.raises(
        InvalidArgument, match="'client' is not a document type; there are account, bank_transfer, "
    ):
        put(world.unit(), A, document_type="client")


@pytest.mark.parametrize("key", [None, "", 7, " "])
def test_an_idempotency_key_is_required(world: Any, key: Any) -> None:
    with pytest.raises(InvalidArgument, match="idempotencyKey is a text"):
        put(world.unit(), A, key)


def item(number: int, **payload: Any) -> dict[str, Any]:
    return {
        "payload": {"customer_id": f"cus_{number}", **payload},
        "idempotencyKey": f"stripe:customer:cus_{number}",
    }


def test_a_batch_counts_what_it_did(world: Any) -> None:
    unit = world.unit()
    unit.ingest_batch("customer", [item(1)], "customers")
    answer = unit.ingest_batch(
        "customer", [item(1), item(2), item(3, name=7), item(4)], "customers", continue_on_error=True
    )
    assert {key: answer[key] for key in ("imported", "failed", "duplicates")} == {
        "imported": 2,
        "failed": 1,
        "duplicates": 1,
    }
    assert [result["status"] for result in answer["results"]] == ["duplicate", "created", "created"]
    failed = answer["failedRecords"][0]
    assert (failed["index"], failed["idempotencyKey"]) == (2, "stripe:customer:cus_3")
    assert failed["error"]["code"] == "validation_error"
    assert failed["error"]["message"] == "Customer cus_3: name: 7 is not text (string)"
    json.dumps(answer)


def test_a_batch_that_stops_keeps_nothing_and_names_the_item(world: Any) -> None:
    unit = world.unit()
    with pytest.raises(ValidationError, match="item 1: Customer cus_2: name"):
        unit.ingest_batch("customer", [item(1), item(2, name=7)], "customers")
    assert unit.count("Customer") == 0
    assert unit.writes == []


def test_a_batch_takes_a_source_id_per_item(world: Any) -> None:
    answer = world.unit().ingest_batch(
        "customer", [{"payload": {"name": "x"}, "idempotencyKey": "k", "sourceId": 7}], "customers"
    )
    assert answer["results"][0]["sourceId"] == "7"


def test_without_its_digest_a_key_would_hide_a_change(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard removed: were every payload the same to the host, B would be lost."""
    real = ingest_module.understand
    monkeypatch.setattr(
        "sandbox_host.records.proposals.understand", lambda *args: replace(real(*args), digest="same")
    )
    unit = world.unit()
    put(unit, A)
    assert put(unit, B)["status"] == "duplicate"
