"""The quickstart's hook in both languages: what it answers, writes and leaves stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
STUBS = EXAMPLES / "customer-autocreate" / "stubs"
ENTRY = "hook:Invoice:before_save"
INVOICE: dict[str, Any] = json.loads((STUBS / "invoice.json").read_text())
KNOWN: dict[str, Any] = json.loads((STUBS / "customers.json").read_text())

Same = Callable[..., dict[str, Any]]

WAYS: dict[str, dict[str, Any]] = {
    "alone": {},
    "around a save": {"save": True},
    "observed": {"mode": "observe"},
    "around an observed save": {"mode": "observe", "save": True},
}

INVOICES: dict[str, dict[str, Any]] = {
    "whose customer is named": INVOICE,
    "whose customer's name has spaces around it": {**INVOICE, "customer_name": " \t\u00a0Ada Lovelace\n"},
    "whose customer's name is in no ASCII": {
        **INVOICE,
        "customer_name": "Åsa Öberg 株式会社 \N{GRINNING FACE}",
    },
    "whose customer's name is not composed": {**INVOICE, "customer_name": "A\u030asa O\u0308berg"},
    "without an address": {"document_number": "1", "customer_name": "Ada"},
    "with an address that is null": {"customer_name": "Ada", "billing_address": None},
    "that names nobody": {"document_number": "1"},
    "that names null": {"customer_name": None},
    "whose customer's name is blank": {"customer_name": "  \t "},
}


def test_both_examples_are_given_the_same_to_try() -> None:
    twin = EXAMPLES / "customer-autocreate-python" / "stubs"
    assert {one.name: one.read_text() for one in STUBS.iterdir()} == {
        one.name: one.read_text() for one in twin.iterdir()
    }


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize("records", [{}, KNOWN], ids=["unknown", "known"])
def test_a_new_invoice(same: Same, way: dict[str, Any], records: dict[str, Any]) -> None:
    def scenario(stage: Any) -> None:
        for invoice in INVOICES.values():
            stage.run(ENTRY, entity=invoice, records=records, **way)

    left = same("customer-autocreate", scenario)
    assert [run["error"] for run in left["runs"]] == [None] * len(INVOICES)
    created = [write for run in left["runs"] for write in run["writes"] if write["entity"] == "Customer"]
    assert len(created) >= 3 and {write["committed"] for write in created} == {way.get("mode") is None}


def test_the_second_invoice_finds_the_customer_of_the_first(same: Same) -> None:
    def scenario(stage: Any) -> None:
        for number in ("1", "2"):
            stage.run(ENTRY, entity={**INVOICE, "document_number": number}, save=True)

    left = same("customer-autocreate", scenario)
    assert [row["entity"] for row in left["tables"]["record"]] == ["Customer", "Invoice", "Invoice"]
    assert [run["logs"][0]["message"] for run in left["runs"]] == ["customer_created", "customer_linked"]


def test_an_invoice_that_has_its_customer_keeps_it(same: Same) -> None:
    def scenario(stage: Any) -> None:
        stored = stage.run(ENTRY, entity=INVOICE, save=True).response.body
        stage.run(ENTRY, entity={**stored, "customer_name": "Grace Hopper"}, previous=stored, save=True)
        stage.run(ENTRY, entity={"customer_id": stored["customer_id"], "customer_name": "Nobody"})

    left = same("customer-autocreate", scenario)
    assert [row["version"] for row in left["tables"]["record"]] == [1, 2]


def test_a_save_that_is_refused_leaves_no_customer_behind(same: Same) -> None:
    def scenario(stage: Any) -> None:
        stage.run(ENTRY, entity={**INVOICE, "currency": "pounds"}, save=True)
        stage.run(ENTRY, entity={**INVOICE, "line_items": [{"amount": "1.00"}]}, save=True)

    left = same("customer-autocreate", scenario)
    assert [run["error"]["name"] for run in left["runs"]] == ["ValidationError"] * 2
    assert left["tables"]["record"] == []


CHANGED = {
    "a name that is not trimmed": ('or "").strip()', 'or "")', "runs"),
    "a query for more": ("limit=1", "limit=2", None),
    "an address that is left out": (
        ', "billing_address": invoice.get("billing_address")',
        "",
        "tables.record",
    ),
    "another log message": ('"customer_created"', '"created"', "runs"),
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED.keys())
def test_the_comparison_notices(
    play: Any, changed: Any, differing: Any, change: tuple[str, str, str]
) -> None:
    old, new, place = change

    def scenario(stage: Any) -> None:
        for invoice in INVOICES.values():
            stage.run(ENTRY, entity=invoice, save=True)

    copied = changed("customer-autocreate-python", "src/hooks/invoice/before-save.py", old, new)
    found = differing(play(EXAMPLES / "customer-autocreate", scenario), play(copied, scenario))
    assert any(one.startswith(place) for one in found) if place else found == [], found
