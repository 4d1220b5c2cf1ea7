"""Stripe's API, as far as this connector reads it."""

from typing import Any
from urllib.parse import quote

from guest_sdk import Http, HttpResponse

API = "https://api.stripe.com/v1"
VERSION = "2024-06-20"


class StripeError(Exception):
    """What Stripe answered instead of what was asked for. A route hands it to `api.provider_error`."""

    def __init__(self, response: HttpResponse) -> None:
        try:
            message = response.body["error"]["message"]
        except (KeyError, TypeError):
            message = f"Stripe answered {response.status}"
        super().__init__(message)
        self.response = response


class Stripe:
    """A client that sends `api_key` with every request and raises StripeError for anything but 2xx."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        response = Http.get(
            API + path + _query_string(query or {}),
            auth={"bearer": self._api_key},
            headers={"Stripe-Version": VERSION},
            timeout_ms=10_000,
        )
        if not response.ok:
            raise StripeError(response)
        return response.body

    def charge(self, charge_id: str) -> dict[str, Any]:
        """A charge with its balance transaction, where Stripe keeps the fees."""
        return self.get(f"/charges/{charge_id}", {"expand[]": "balance_transaction"})

    def invoice_lines(self, invoice: dict[str, Any]) -> list[dict[str, Any]]:
        """All lines of an invoice; the invoice itself carries the first ten only."""
        lines = list(invoice["lines"]["data"])
        more = invoice["lines"]["has_more"]
        while more:
            page = self.get(
                f"/invoices/{invoice['id']}/lines",
                {"limit": 100, "starting_after": lines[-1]["id"] if lines else None},
            )
            lines += page["data"]
            more = page["has_more"] and len(page["data"]) > 0
        return lines


def _query_string(query: dict[str, Any]) -> str:
    pairs = [
        f"{quote(name, safe='')}={quote(str(value), safe='')}"
        for name, value in query.items()
        if value is not None
    ]
    return "?" + "&".join(pairs) if pairs else ""
