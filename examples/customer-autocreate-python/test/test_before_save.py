from collections.abc import Mapping
from typing import Any

import pytest
from guest_sdk.testing import connector_test_runtime


def test_a_customer_who_is_known_is_linked() -> None:
    with connector_test_runtime(records={"Customer": [{"id": "ada", "name": "Ada Lovelace"}]}) as runtime:
        outcome = runtime.hook("Invoice", "before_save", {"customer_name": "Ada Lovelace"})
        assert outcome.returned == {"customer_id": "ada"}
        assert len(runtime.records.all("Customer")) == 1


def test_a_customer_who_is_not_known_is_created_with_the_invoices_address() -> None:
    address = {"city": "London", "country": "GB"}
    with connector_test_runtime() as runtime:
        invoice = {"customer_name": " Ada Lovelace ", "billing_address": address}
        outcome = runtime.hook("Invoice", "before_save", invoice)
        [customer] = runtime.records.all("Customer")
        assert (customer["name"], customer["billing_address"]) == ("Ada Lovelace", address)
        assert outcome.record["customer_id"] == customer["id"]


@pytest.mark.parametrize(
    "invoice", [{"customer_id": "ada", "customer_name": "Ada Lovelace"}, {"customer_name": "  "}, {}]
)
def test_an_invoice_that_has_its_customer_or_names_none_is_left_alone(invoice: Mapping[str, Any]) -> None:
    with connector_test_runtime() as runtime:
        outcome = runtime.hook("Invoice", "before_save", invoice)
        assert (outcome.returned, outcome.rejected) == (None, None)
        assert runtime.records.all("Customer") == []
