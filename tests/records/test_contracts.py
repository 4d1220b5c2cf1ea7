"""The contract files: complete, consistent, and enough for what connectors send."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError as ShapeError

from sandbox_host.errors import ValidationError
from sandbox_host.records import FieldSpec, contracts

PUBLISHED_REQUIRED = {
    "Payment": {"amount", "currency", "status"},
    "Deposit": {"status", "currency", "total_amount"},
    "Customer": set(),
    "Invoice": set(),
}


@pytest.mark.parametrize("entity", sorted(contracts()))
def test_every_field_says_where_it_comes_from(entity: str) -> None:
    contract = contracts()[entity]
    for spec in [*contract.fields.values(), *(contract.lines or {}).values()]:
        assert spec.source in ("published", "ours")


@pytest.mark.parametrize("entity", sorted(contracts()))
def test_every_document_has_metadata_and_its_own_id(entity: str) -> None:
    contract = contracts()[entity]
    assert contract.fields["metadata"].type == "map"
    assert contract.fields[contract.id_field].type == "id"
    if contract.lines is not None:
        assert contract.lines["metadata"].type == "map"
        assert contract.lines["line_key"].required


@pytest.mark.parametrize(("entity", "required"), PUBLISHED_REQUIRED.items())
def test_only_what_is_published_as_required_is_required(entity: str, required: set[str]) -> None:
    fields = contracts()[entity].fields
    assert {name for name, spec in fields.items() if spec.required} == required
    assert all(fields[name].source == "published" for name in required)


@pytest.mark.parametrize(
    ("document_type", "payload"),
    [
        ("customer", {"customer_id": "cus_1", "name": "Ada"}),
        ("invoice", {"id": "in_1", "customer_id": "cus_1", "currency": "usd", "total_amount": "12.30"}),
        ("payment", {"payment_id": "pi_1", "amount": 12.3, "currency": "usd", "status": "succeeded"}),
        (
            "deposit",
            {
                "id": "po_1",
                "status": "deposited",
                "currency": "usd",
                "total_amount": "5",
                "lines": [{"line_key": 1}],
            },
        ),
    ],
)
def test_what_connectors_send_passes(world: Any, document_type: str, payload: Any) -> None:
    answer = world.unit().ingest(document_type, payload, "stream", "key")
    assert answer["status"] == "created"


@pytest.mark.parametrize(
    ("document_type", "payload", "message"),
    [
        ("payment", {"id": "p", "currency": "usd", "status": "x"}, "Payment p: amount is required"),
        ("payment", {"id": "p", "amount": None, "currency": "usd", "status": "x"}, "amount is required"),
        ("deposit", {"id": "d", "status": "lost"}, '"lost" is not one of pending, deposited, void'),
        ("customer", {"id": "c", "currency": "euros"}, "is not an ISO 4217 code such as USD"),
        ("customer", {"id": "c", "metadata": []}, "metadata: .* is not an object"),
        ("customer", {"id": "c", "balance": 2**53 + 1}, "balance: 9007199254740993 is outside"),
        ("invoice", {"id": "i", "line_items": {"line_key": "a"}}, "line_items is a list of lines"),
        ("invoice", {"id": "i", "line_items": ["a"]}, r"line_items\[0\] is not an object"),
        (
            "invoice",
            {"id": "i", "line_items": [{"line_key": ""}]},
            r'line_items\[0\]\.line_key: "" is not an id',
        ),
    ],
)
def test_what_breaks_a_contract_is_named(world: Any, document_type: str, payload: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        world.unit().ingest(document_type, payload, "stream", "key")


@pytest.mark.parametrize(
    "spec",
    [{"type": "money"}, {"type": "json", "index": True}, {"type": "reference"}, {"type": "id", "colour": 1}],
)
def test_a_field_that_cannot_work_is_refused(spec: Any) -> None:
    with pytest.raises(ShapeError):
        FieldSpec.model_validate(spec)
