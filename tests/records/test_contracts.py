"""The contract files: complete, consistent, and enough for what connectors send."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError as ShapeError

from sandbox_host.errors import ValidationError
from sandbox_host.records import FieldSpec, contracts
from sandbox_host.records.reference import HEADING, TARGET, render

DOCUMENT = {"status", "currency", "total_amount"}
PUBLISHED_REQUIRED: dict[str, set[str]] = {
    "Account": {"name", "type"},
    "BankTransfer": {"amount", "currency", "transfer_date", "from_account_id", "to_account_id", "status"},
    "BillPayment": {"vendor_id", "amount", "currency", "status"},
    "CreditMemo": DOCUMENT,
    "Customer": set(),
    "Deposit": DOCUMENT,
    "Expense": {"amount", "currency", "status"},
    "Invoice": set(),
    "JournalEntry": {"entry_date", "status"},
    "Payment": {"amount", "currency", "status"},
    "Quote": DOCUMENT,
    "RefundReceipt": DOCUMENT,
    "SalesReceipt": DOCUMENT,
    "Vendor": {"name"},
}
OUR_REQUIRED: dict[str, set[str]] = {
    "Item": {"name"},
    "PurchaseOrder": DOCUMENT,
    "SalesOrder": DOCUMENT,
    "VendorBill": DOCUMENT,
    "VendorCredit": DOCUMENT,
}
"""Entities whose page is not published at all, and which need what their siblings need."""

LINE_DOCUMENTS = {
    "Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt", "VendorBill", "Expense", "PurchaseOrder", "Quote",
    "VendorCredit", "SalesOrder", "Deposit",
}  # fmt: skip


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


@pytest.mark.parametrize(("entity", "required"), OUR_REQUIRED.items())
def test_an_entity_without_a_page_needs_what_its_siblings_need(entity: str, required: set[str]) -> None:
    fields = contracts()[entity].fields
    assert {name for name, spec in fields.items() if spec.required} == required


def test_all_nineteen_entities_have_a_contract() -> None:
    assert contracts().keys() == PUBLISHED_REQUIRED.keys() | OUR_REQUIRED.keys()


def test_the_documents_with_lines_are_the_eleven_and_the_journal_entry() -> None:
    assert {name for name, one in contracts().items() if one.lines} == {*LINE_DOCUMENTS, "JournalEntry"}


@pytest.mark.parametrize("entity", sorted(contracts()))
def test_what_a_contract_names_exists(entity: str) -> None:
    contract = contracts()[entity]
    for name, spec in [*contract.fields.items(), *(contract.lines or {}).items()]:
        assert spec.entity is None or spec.entity in contracts(), name
        assert spec.default_from is None or spec.default_from in contract.fields, name
    assert not contract.includes.keys() & contract.fields.keys()
    for name, action in contract.actions.items():
        assert {*action.start, *action.unless, *action.fields} <= contract.fields.keys(), name
        for field, value in action.sets.items():
            assert contract.fields[field].keep(value, field) == value, name


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


def test_the_reference_page_is_as_the_contracts_write_it() -> None:
    _, heading, written = TARGET.read_text(encoding="utf-8").partition(HEADING)
    assert heading + written == render(), "run python -m sandbox_host.records.reference"
