"""The tax extension: the line, the account of it, the summary and the weekly report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

BOOKS = str(Path(__file__).resolve().parents[2] / "examples" / "tax" / "stubs" / "books.json")
ALWAYS = ("--query", "from=2000-01-01", "--query", "to=2999-12-31")


def document(entity: str, *amounts: str, **fields: Any) -> dict[str, Any]:
    lines = [{"line_key": str(number), "amount": amount} for number, amount in enumerate(amounts)]
    needed = {"status": "open", "currency": "USD", "total_amount": "0.00"}
    return {**needed, **fields, "line_items": lines}


def save(invoke: Any, entity: str, record: Mapping[str, Any], *options: str) -> dict[str, Any]:
    entry = f"hook:{entity}:before_save"
    return invoke("tax", entry, "--entity", json.dumps(record), "--save", *options)["response"]["body"]


def summary(invoke: Any) -> list[dict[str, Any]]:
    return invoke("tax", "GET /tax-summary", *ALWAYS)["response"]["body"]["totals"]


@pytest.mark.parametrize("entity", ["Invoice", "SalesReceipt"])
def test_a_saved_document_has_its_tax_line(entity: str, invoke: Any) -> None:
    stored = save(invoke, entity, document(entity, "120.00", "10.00"))
    assert (stored["subtotal"], stored["tax_amount"], stored["total_amount"]) == ("130.00", "10.73", "140.73")
    assert [line["line_key"] for line in stored["line_items"]] == ["0", "1", "tax"]
    assert stored["line_items"][-1]["description"] == "Sales tax"


@pytest.mark.parametrize(
    ("entity", "switch"), [("Invoice", "enableTaxOnInvoices"), ("SalesReceipt", "enableTaxOnSalesReceipts")]
)
def test_either_document_can_be_left_untaxed(entity: str, switch: str, invoke: Any) -> None:
    stored = save(invoke, entity, document(entity, "120.00"), "--setting", f"{switch}=false")
    assert [line["line_key"] for line in stored["line_items"]] == ["0"]
    assert summary(invoke) == []


def test_the_summary_holds_what_was_charged(invoke: Any) -> None:
    save(invoke, "Invoice", document("Invoice", "100.00"))
    save(invoke, "SalesReceipt", document("SalesReceipt", "19.99"))
    assert summary(invoke) == [
        {"state": None, "currency": "USD", "documents": 2, "taxableAmount": "119.99", "taxAmount": "9.90"}
    ]
    old = ("--query", "from=2000-01-01", "--query", "to=2000-12-31")
    assert invoke("tax", "GET /tax-summary", *old)["response"]["body"]["documents"] == 0


def test_a_nexus_sets_the_rate_of_its_state_and_other_states_are_free(invoke: Any) -> None:
    entry = "hook:Invoice:before_save"
    for state, tax in (("TX", "8.13"), ("CA", None)):
        invoice = document("Invoice", "130.00", shipping_address={"state": state})
        answer = invoke("tax", entry, "--entity", json.dumps(invoice), "--records", BOOKS)["response"]["body"]
        assert (answer and answer["tax_amount"]) == tax


def test_the_weekly_report_counts_everything_once_and_changes_by_their_difference(invoke: Any) -> None:
    def report() -> tuple[int, list[str]]:
        body = invoke("tax", "job:report-tax")["response"]["body"]
        return body["documents"], [total["taxAmount"] for total in body["totals"]]

    stored = save(invoke, "Invoice", document("Invoice", "100.00"))
    assert report() == (1, ["8.25"])
    assert report() == (0, [])

    lines = [{"line_key": "0", "amount": "200.00"}, stored["line_items"][-1]]
    changed = {"id": stored["id"], "line_items": lines}
    again = save(invoke, "Invoice", {**document("Invoice"), **changed}, "--previous", json.dumps(stored))
    assert again["tax_amount"] == "16.50"
    assert report() == (1, ["8.25"])
    assert report() == (0, [])


def test_the_extension_has_its_pages_and_their_action(evaluated: Any) -> None:
    pages = {(page.kind, page.id, page.file) for page in evaluated.entrypoints.pages}
    assert pages == {
        ("page", "nexus-addresses", "src/pages/nexus-addresses.tsx"),
        ("page", "nexus-address-form", "src/pages/nexus-address-form.tsx"),
        ("action", "save-nexus-address", "src/pages/actions/save-nexus-address.ts"),
    }
    assert evaluated.manifest.config == {
        "taxRate": 8.25, "taxLabel": "Sales tax", "enableTaxOnInvoices": True, "enableTaxOnSalesReceipts": True,
    }  # fmt: skip
