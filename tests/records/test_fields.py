"""Declared fields: split off, checked, stored apart, and shown again to their extension."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox_host.errors import ValidationError
from sandbox_host.records import ExtensionFields

TYPED = {
    "a_string": {"type": "string"},
    "a_text": {"type": "text"},
    "a_number": {"type": "number"},
    "a_decimal": {"type": "decimal"},
    "a_currency": {"type": "currency", "currencyField": "currency"},
    "a_boolean": {"type": "boolean"},
    "a_date": {"type": "date"},
    "a_datetime": {"type": "datetime"},
    "a_select": {"type": "select", "options": ["x", "y"]},
    "a_json": {"type": "json"},
}
ALL = ExtensionFields.from_manifest(
    {"entity": {"Invoice": TYPED}, "line": {"Invoice": {"line_items": TYPED}}}
)

INVOICE = {
    "id": "in_1",
    "currency": "usd",
    "line_items": [
        {"line_key": "a", "amount": "5.00", "stripe_tax_behavior": "inclusive", "stripe_fee_amount": 0.3},
        {"line_key": "b", "amount": "6.00"},
    ],
}


def ingest(unit: Any, payload: Any, key: str = "k") -> Any:
    return unit.ingest("invoice", payload, "invoices", key)["id"]


def test_declared_fields_of_lines_are_stored_apart_and_read_together(world: Any) -> None:
    unit = world.unit()
    record = ingest(unit, INVOICE)
    expected = [
        {"line_key": "a", "amount": "5.00", "stripe_tax_behavior": "inclusive", "stripe_fee_amount": "0.3"},
        {"line_key": "b", "amount": "6.00"},
    ]
    assert unit.get("Invoice", record)["line_items"] == expected
    unit.commit()
    assert world.unit().get("Invoice", record)["line_items"] == expected
    assert world.unit().query("Invoice")[0]["line_items"] == expected
    rows = world.rows()
    assert "stripe_tax_behavior" not in json.dumps(rows["record"])
    assert [(row[2], row[3], json.loads(row[4])) for row in rows["field_value"]] == [
        ("stripe", "a", {"stripe_tax_behavior": "inclusive", "stripe_fee_amount": "0.3"})
    ]


def test_a_declared_field_that_fails_fails_the_whole_ingest(world: Any) -> None:
    unit = world.unit()
    wrong = {**INVOICE, "line_items": [{"line_key": "a", "stripe_tax_behavior": "sideways"}]}
    with pytest.raises(ValidationError) as caught:
        ingest(unit, wrong)
    assert caught.value.message == (
        'Invoice in_1: line_items[0].stripe_tax_behavior: "sideways" is not one of inclusive, exclusive,'
        " unspecified (select)"
    )
    assert unit.count("Invoice") == 0
    assert unit.writes == []


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("a_string", "x", "x"),
        ("a_text", "long", "long"),
        ("a_number", 1.5, 1.5),
        ("a_decimal", "12.30", "12.30"),
        ("a_decimal", 12.3, "12.3"),
        ("a_currency", 7, "7"),
        ("a_boolean", False, False),
        ("a_date", "2026-02-28", "2026-02-28"),
        ("a_datetime", "2026-02-28T10:00:00+02:00", "2026-02-28T10:00:00+02:00"),
        ("a_select", "y", "y"),
        ("a_json", {"a": [1, None]}, {"a": [1, None]}),
        ("a_json", False, False),
    ],
)
def test_each_type_keeps_its_values(world: Any, field: str, value: Any, kept: Any) -> None:
    unit = world.unit(fields=ALL)
    payload = {"id": "in_1", "currency": "usd", field: value, "line_items": [{"line_key": "a", field: value}]}
    record = ingest(unit, payload)
    unit.commit()
    found = world.unit(fields=ALL).get("Invoice", record)
    assert found[field] == kept
    assert found["line_items"] == [{"line_key": "a", field: kept}]


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("a_string", 7, "string"),
        ("a_text", True, "text"),
        ("a_number", "7", "number"),
        ("a_number", True, "number"),
        ("a_decimal", "1,5", "decimal"),
        ("a_decimal", "1e5", "decimal"),
        ("a_decimal", "", "decimal"),
        ("a_currency", "$5", "currency"),
        ("a_boolean", "true", "boolean"),
        ("a_boolean", 0, "boolean"),
        ("a_date", "2026-02-30", "date"),
        ("a_date", "28.02.2026", "date"),
        ("a_datetime", "yesterday", "datetime"),
        ("a_datetime", 1767225600, "datetime"),
        ("a_select", "z", "select"),
    ],
)
def test_a_value_of_another_type_names_record_field_value_and_type(
    world: Any, field: str, value: Any, kind: str
) -> None:
    for payload, path in (
        ({field: value}, f"Invoice in_1: {field}: "),
        ({"line_items": [{"line_key": "a", field: value}]}, f"Invoice in_1: line_items[0].{field}: "),
    ):
        with pytest.raises(ValidationError) as caught:
            ingest(world.unit(fields=ALL), {"id": "in_1", "currency": "usd", **payload})
        assert caught.value.message.startswith(path)
        assert (value if isinstance(value, str) else json.dumps(value)) in caught.value.message
        assert caught.value.message.endswith(f"({kind})")


def test_a_currency_stands_on_the_line_or_on_the_document(world: Any) -> None:
    line = {"line_key": "a", "stripe_fee_amount": "0.30"}
    ingest(world.unit(), {"id": "in_1", "currency": "usd", "line_items": [line]})
    ingest(world.unit(), {"id": "in_1", "line_items": [{**line, "currency": "usd"}]})
    with pytest.raises(
        ValidationError, match=r"line_items\[0\]: stripe_fee_amount is an amount in the currency of"
    ):
        ingest(world.unit(), {"id": "in_1", "line_items": [line]})


def test_an_extension_sees_its_own_fields_only(world: Any, plugin: Any) -> None:
    unit = world.unit()
    record = ingest(unit, {**INVOICE, "risk": 3})
    unit.commit()
    other = world.unit(origin=plugin, fields=ExtensionFields())
    found = other.get("Invoice", record)
    assert "risk" not in found
    assert found["line_items"][0] == {"line_key": "a", "amount": "5.00"}
    with pytest.raises(ValidationError, match="risk is not a field of Invoice"):
        other.update("Invoice", record, {"risk": 1})


def test_another_extensions_write_leaves_the_fields_alone(world: Any, plugin: Any) -> None:
    unit = world.unit()
    record = ingest(unit, {**INVOICE, "risk": 3})
    unit.commit()
    other = world.unit(origin=plugin, fields=ExtensionFields())
    other.update("Invoice", record, {"memo": "seen"})
    other.commit()
    found = world.unit().get("Invoice", record)
    assert (found["memo"], found["risk"]) == ("seen", 3)
    assert found["line_items"][0]["stripe_tax_behavior"] == "inclusive"


def test_a_version_keeps_what_was_declared_then(world: Any) -> None:
    unit = world.unit()
    record = ingest(unit, INVOICE)
    ingest(unit, {**INVOICE, "line_items": [{"line_key": "a"}]})
    unit.commit()
    versions = world.unit().history("Invoice", record)
    assert [version.version for version in versions] == [1, 2]
    assert versions[0].content.fields["stripe"]["a"] == {
        "stripe_tax_behavior": "inclusive",
        "stripe_fee_amount": "0.3",
    }
    assert versions[1].content.fields["stripe"] == {}
    assert world.unit().get("Invoice", record)["line_items"] == [{"line_key": "a"}]


def test_a_field_that_is_no_longer_declared_is_no_longer_shown(world: Any) -> None:
    unit = world.unit()
    record = ingest(unit, {**INVOICE, "risk": 3})
    unit.commit()
    fewer = ExtensionFields.from_manifest({"entity": {"Invoice": {"score": {"type": "number"}}}})
    later = world.unit(fields=fewer)
    assert "risk" not in later.get("Invoice", record)
    assert later.update("Invoice", record, {"score": 1})["score"] == 1


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (
            {"entity": {"Invoice": {"memo": {"type": "string"}}}},
            "fields.entity.Invoice.memo: Invoice has a native",
        ),
        (
            {"line": {"Invoice": {"line_items": {"amount": {"type": "string"}}}}},
            "lines of Invoice have a native",
        ),
        ({"line": {"Customer": {"line_items": {"x": {"type": "string"}}}}}, "Customer has no lines"),
        ({"entity": {"Invoice": {"x": {"type": "money"}}}}, "type 'money' is not one of boolean, currency"),
        ({"entity": {"Invoice": {"x": {"type": "select"}}}}, "a select has options"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused(block: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ExtensionFields.from_manifest(block)
