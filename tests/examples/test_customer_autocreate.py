"""The quickstart's hook: an invoice that names a customer is linked to one."""

from __future__ import annotations

import json
from typing import Any

ENTRY = "hook:Invoice:before_save"


def saved(invoke: Any, invoice: dict[str, Any], *options: str) -> dict[str, Any]:
    return invoke("customer-autocreate", ENTRY, "--entity", json.dumps(invoice), "--save", *options)


def written(report: dict[str, Any], entity: str) -> list[dict[str, Any]]:
    return [one for one in report["writes"] if one["entity"] == entity]


def test_the_first_invoice_creates_its_customer_and_the_next_finds_it(invoke: Any) -> None:
    invoice = {
        "document_number": "1",
        "customer_name": " Ada Lovelace ",
        "billing_address": {"city": "London"},
    }
    first = saved(invoke, invoice)
    [customer] = written(first, "Customer")
    assert customer["data"] == {"name": "Ada Lovelace", "billing_address": {"city": "London"}}
    assert first["response"]["body"]["customer_id"] == customer["id"]

    second = saved(invoke, {"document_number": "2", "customer_name": "Ada Lovelace"})
    assert written(second, "Customer") == []
    assert second["response"]["body"]["customer_id"] == customer["id"]
    assert second["response"]["body"]["document_number"] == "2"


def test_an_invoice_with_a_customer_keeps_it(invoke: Any) -> None:
    known = saved(invoke, {"customer_name": "Grace Hopper"})["response"]["body"]["customer_id"]
    report = saved(invoke, {"customer_id": known, "customer_name": "Ada Lovelace"})
    assert report["response"]["body"]["customer_id"] == known
    assert written(report, "Customer") == []


def test_under_observe_nobody_is_created(invoke: Any) -> None:
    observed = saved(invoke, {"customer_name": "Ada Lovelace"}, "--observe")
    assert {one["committed"] for one in observed["writes"]} == {False}
    [customer] = written(saved(invoke, {"customer_name": "Ada Lovelace"}), "Customer")
    assert customer["committed"]
