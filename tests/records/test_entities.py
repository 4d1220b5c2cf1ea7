"""Each of the platform's entities, with a complete document: created, read, updated, queried, versioned, ingested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from sandbox_host.errors import ValidationError
from sandbox_host.records import Contract, FieldSpec, contracts
from sandbox_host.records.contract import LINES

ENTITIES = sorted(contracts())

VALUES = {
    "string": "text", "text": "a longer text", "id": "x_1", "decimal": "12.30", "number": 1.5, "integer": 3,
    "boolean": True, "date": "2026-02-28", "datetime": "2026-02-28T10:00:00Z", "currency_code": "USD",
    "list": ["a"], "map": {"a": {"b": 1}}, "json": {"line1": "1 Main St"},
}  # fmt: skip


def value_of(spec: FieldSpec) -> Any:
    if spec.items is not None:
        return [{name: value_of(one) for name, one in spec.items.items()}]
    if spec.type == "reference":
        return f"{spec.entity}_1"
    return spec.enum[0] if spec.enum else VALUES[spec.type]


def complete(contract: Contract) -> dict[str, Any]:
    """A document that has every field, on two lines too where it has lines."""
    document = {name: value_of(spec) for name, spec in contract.fields.items()}
    if contract.lines is not None:
        line = {name: value_of(spec) for name, spec in contract.lines.items()}
        document[LINES] = [{**line, "line_key": "a"}, {**line, "line_key": "b"}]
    return document


def required(specs: Mapping[str, FieldSpec]) -> Iterator[str]:
    return (name for name, spec in specs.items() if spec.required)


MISSING = [
    *((entity, None, name) for entity in ENTITIES for name in required(contracts()[entity].fields)),
    *((entity, LINES, name) for entity in ENTITIES for name in required(contracts()[entity].lines or {})),
    *((entity, None, LINES) for entity in ENTITIES if contracts()[entity].lines_required),
    ("BillPayment", "allocations", "bill_id"),
    ("BillPayment", "allocations", "amount"),
]


def without(document: dict[str, Any], inside: str | None, name: str) -> dict[str, Any]:
    if inside is None:
        return {key: value for key, value in document.items() if key != name}
    first, *rest = document[inside]
    return {**document, inside: [{key: value for key, value in first.items() if key != name}, *rest]}


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_complete_document_is_created_read_updated_and_versioned(world: Any, entity: str) -> None:
    contract = contracts()[entity]
    document = complete(contract)
    unit = world.unit()
    made = unit.create(entity, {**document, "source_id": "s_1"})
    assert {name: made[name] for name in document} == document
    unit.commit()
    unit = world.unit()
    assert unit.get(entity, made["id"]) == made
    changed = unit.update(entity, made["id"], {"metadata": {"seen": True}})
    assert changed == {
        **made,
        "metadata": {"seen": True},
        "_version": 2,
        "_updated_at": changed["_updated_at"],
    }
    unit.commit()
    versions = world.unit().history(entity, made["id"])
    assert [(each.version, each.action) for each in versions] == [(1, "create"), (2, "update")]
    assert [each.content.native["metadata"] for each in versions] == [document["metadata"], {"seen": True}]
    unit = world.unit()
    assert unit.delete(entity, made["id"]) is True
    unit.commit()
    assert world.unit().get(entity, made["id"]) is None


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_complete_document_is_found_by_each_indexed_field(world: Any, entity: str) -> None:
    contract = contracts()[entity]
    document = complete(contract)
    unit = world.unit()
    made = unit.create(entity, document)["id"]
    unit.commit()
    unit = world.unit()
    for name in contract.indexed:
        order = [{"field": name, "direction": "asc"}]
        assert [one["id"] for one in unit.query(entity, {name: document[name]}, order)] == [made], name
        assert unit.count(entity, {name: {"ne": document[name]}}) == 0, name


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_complete_document_is_ingested_and_ingested_again(world: Any, entity: str) -> None:
    contract = contracts()[entity]
    payload = complete(contract)
    unit = world.unit()
    first = unit.ingest(contract.document_type, payload, "stream", "k")
    assert (first["status"], first["sourceId"]) == ("created", "x_1")
    again = {**payload, "metadata": {"changed": True}}
    assert unit.ingest(contract.document_type, again, "stream", "k")["version"] == 2
    assert unit.ingest(contract.document_type, again, "stream", "k")["status"] == "duplicate"
    unit.commit()
    found = world.unit().get(entity, first["id"])
    assert {name: found[name] for name in again} == again


@pytest.mark.parametrize("entity", [name for name in ENTITIES if contracts()[name].lines])
def test_lines_is_another_name_for_the_lines_of_a_payload(world: Any, entity: str) -> None:
    contract = contracts()[entity]
    payload = complete(contract)
    payload["lines"] = payload.pop(LINES)
    unit = world.unit()
    made = unit.ingest(contract.document_type, payload, "stream", "k")["id"]
    assert unit.get(entity, made)[LINES] == payload["lines"]


@pytest.mark.parametrize(("entity", "inside", "name"), MISSING)
def test_a_document_without_a_required_field_is_refused(
    world: Any, entity: str, inside: str | None, name: str
) -> None:
    contract = contracts()[entity]
    document = without(complete(contract), inside, name)
    unit = world.unit()
    place = rf"{inside}\[0\].*{name}" if inside else name
    for write in (
        lambda: unit.create(entity, document),
        lambda: unit.ingest(contract.document_type, {**document, "id": "s_1"}, "stream", "k"),
    ):
        with pytest.raises(ValidationError, match=rf"^{entity} .*{place}"):
            write()
    assert unit.writes == []
    assert unit.count(entity) == 0


@pytest.mark.parametrize("entity", [name for name in ENTITIES if contracts()[name].includes])
def test_every_reference_brings_its_record_along(world: Any, entity: str) -> None:
    contract = contracts()[entity]
    unit = world.unit()
    for _, other in contract.includes.values():
        if not unit.exists(other, {"source_id": f"{other}_1"}):
            unit.create(other, {**complete(contracts()[other]), "source_id": f"{other}_1"})
    made = unit.create(entity, {**complete(contract), "source_id": "s_1"})["id"]
    unit.commit()
    found = world.unit().get(entity, made, list(contract.includes))
    for name, (field, other) in contract.includes.items():
        assert found[name]["source_id"] == found[field] == f"{other}_1", name


@pytest.mark.parametrize(
    ("allocations", "message"),
    [
        ({"bill_id": "b"}, "allocations: .* is not a list"),
        (["b"], r"allocations\[0\] is not an object"),
        (
            [{"bill_id": "b", "amount": "1"}, {"bill_id": "b", "amount": "x"}],
            r'allocations\[1\]\.amount: "x"',
        ),
        ([{"bill_id": "b", "amount": "1", "note": 1}], r"allocations\[0\]\.note is not a field here"),
    ],
)
def test_an_object_inside_a_list_is_checked_too(world: Any, allocations: Any, message: str) -> None:
    payment = {"vendor_id": "v", "amount": "1", "currency": "USD", "status": "pending"}
    with pytest.raises(ValidationError, match=message):
        world.unit().create("BillPayment", {**payment, "allocations": allocations})


@pytest.mark.parametrize(
    ("entity", "document", "shown"),
    [
        ("Invoice", {"issued_at": "2026-02-28T23:30:00-02:00"}, "2026-03-01"),
        ("SalesReceipt", {"receipt_date": "2026-02-28"}, "2026-02-28"),
        ("Expense", {"expense_date": "2026-02-28"}, "2026-02-28"),
        ("RefundReceipt", {"refund_date": "2026-02-28T10:00:00Z"}, "2026-02-28"),
        ("JournalEntry", {"entry_date": "2026-02-28"}, "2026-02-28"),
    ],
)
def test_the_date_of_a_document_falls_back_to_its_own_day(
    world: Any, entity: str, document: dict[str, Any], shown: str
) -> None:
    contract = contracts()[entity]
    needed = {name: value_of(spec) for name, spec in contract.fields.items() if spec.required}
    if contract.lines_required:
        needed[LINES] = [{"line_key": "a", "account_id": "1"}]
    found = world.unit().create(entity, {**needed, **document})
    assert (found["document_date"], found["effective_date"]) == (shown, shown)
