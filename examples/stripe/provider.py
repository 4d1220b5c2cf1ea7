"""A provider that answers like Stripe, on loopback: for the demo and the tests.

It knows the endpoints that this connector reads, checks the key, pages with `starting_after` and `has_more`,
and refuses as Stripe does. Its data is the same every time; change the dictionaries in `customers`, `invoices`,
`charges` and `payouts` to make something happen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]

API_KEY = "sk_test_backfill_demo"
NOW = 1_790_000_000
"""Unix seconds at which everything here is frozen."""
HOUR, DAY = 3_600, 86_400

NAMES = ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Edsger Dijkstra", "Barbara Liskov", "Donald Knuth")
CITIES = (("London", "GB"), ("Berlin", "DE"), ("Lyon", "FR"), ("Osaka", "JP"), ("Austin", "US"))
CURRENCIES = ("usd", "usd", "eur", "gbp", "jpy", "kwd")
TAX_BEHAVIORS = ("exclusive", "inclusive", "unspecified")


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived. Header names are lower-case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """One response."""

    status: int
    body: Object
    headers: tuple[tuple[str, str], ...] = ()


class StripeProvider:
    """`base = provider.start()`; `provider.requests` is what it saw; `provider.stop()`."""

    def __init__(self, api_key: str = API_KEY, customers: int = 230) -> None:
        self.api_key = api_key
        self.requests: list[Seen] = []
        self.customers = [_customer(n) for n in range(customers)]
        self.invoices = [_invoice(n, self.customers[n % customers]) for n in range(120)]
        self.charges = [_charge(n, invoice) for n, invoice in enumerate(self.invoices) if invoice["charge"]]
        self.payouts = [_payout(n) for n in range(24)]
        self._refusals: list[Answer] = []
        self._lock = Lock()
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> str:
        """Listen on a free port of 127.0.0.1 and return `http://127.0.0.1:PORT`."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        """Stop listening. Nothing happens where it was not started."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> StripeProvider:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens. Raises RuntimeError before `start`."""
        if self._server is None:
            raise RuntimeError("the provider is not started; call start()")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def throttle(self, times: int = 1, retry_after: int = 2) -> None:
        """Answer the next requests with 429 and `Retry-After` (seconds)."""
        error = _error(429, "rate_limit", "Too many requests hit the API too quickly.")
        limited = Answer(429, error.body, (("Retry-After", str(retry_after)),))
        self._refusals.extend([limited] * times)

    def fail(self, times: int = 1, status: int = 500) -> None:
        """Answer the next requests with an error of Stripe's own."""
        self._refusals.extend([_error(status, "api_error", "An error occurred with our connection.")] * times)

    def answer(self, seen: Seen) -> Answer:
        """What Stripe would say. In order: refusals asked for, the key, the endpoint."""
        with self._lock:
            self.requests.append(seen)
            if self._refusals:
                return self._refusals.pop(0)
        if seen.headers.get("authorization") != f"Bearer {self.api_key}":
            given = seen.headers.get("authorization", "").removeprefix("Bearer ")
            message = (
                f"Invalid API Key provided: {given[:4]}****" if given else "You did not provide an API key."
            )
            return _error(401, "invalid_request_error", message)
        if seen.method != "GET":
            return _error(405, "invalid_request_error", "This account is for reading.")
        match seen.path.removeprefix("/v1/").split("/"):
            case ["balance"]:
                return Answer(200, {"object": "balance", "livemode": False, "available": []})
            case ["customers"]:
                return _page(seen, self.customers)
            case ["invoices"]:
                return _page(seen, [_with_first_lines(invoice) for invoice in self.invoices])
            case ["invoices", invoice_id, "lines"]:
                invoice = _find(self.invoices, invoice_id)
                return _page(seen, invoice["lines"]["data"]) if invoice else _missing("invoice", invoice_id)
            case ["charges"]:
                return _page(seen, [_expanded(charge, seen) for charge in self.charges])
            case ["charges", charge_id]:
                charge = _find(self.charges, charge_id)
                return Answer(200, _expanded(charge, seen)) if charge else _missing("charge", charge_id)
            case ["payouts"]:
                return _page(seen, self.payouts)
            case _:
                return _error(404, "invalid_request_error", f"Unrecognized request URL (GET: {seen.path}).")

    def events(self) -> Iterator[Object]:
        """Webhook deliveries, as they are before they are signed: four kinds that the connector knows, and one
        that it does not."""
        paid = next(invoice for invoice in self.invoices if invoice["charge"])
        yield event("evt_customer_updated", "customer.updated", self.customers[0])
        yield event("evt_invoice_paid", "invoice.paid", _with_first_lines(paid))
        refunded = {**self.charges[1], "amount_refunded": self.charges[1]["amount"], "refunded": True}
        yield event("evt_charge_refunded", "charge.refunded", _unexpanded(refunded))
        yield event("evt_payout_paid", "payout.paid", {**self.payouts[0], "status": "paid"})
        yield event("evt_radar", "radar.early_fraud_warning.created", {"id": "issfr_1", "object": "warning"})


def event(event_id: str, kind: str, item: Object, created: int = NOW) -> Object:
    """A Stripe event around one object."""
    return {
        "id": event_id,
        "object": "event",
        "type": kind,
        "created": created,
        "livemode": False,
        "api_version": "2024-06-20",
        "data": {"object": item},
    }


def _customer(n: int) -> Object:
    name, (city, country) = NAMES[n % len(NAMES)], CITIES[n % len(CITIES)]
    address = {"line1": f"{n + 1} Analytical Road", "city": city, "country": country, "postal_code": None}
    return {
        "id": f"cus_{n:04}",
        "object": "customer",
        "name": f"{name} {n}",
        "email": f"{name.split()[0].lower()}.{n}@example.com",
        "phone": None if n % 3 else f"+44 20 7946 {n:04}",
        "description": None,
        "currency": CURRENCIES[n % len(CURRENCIES)],
        "balance": -500 if n % 10 == 0 else 0,
        "address": address,
        "shipping": {"name": name, "address": address} if n % 2 else None,
        "tax_exempt": "exempt" if n % 25 == 0 else "none",
        "created": NOW - n * HOUR,
        "metadata": {"crm_id": f"C-{n}"},
    }


def _invoice(n: int, customer: Object) -> Object:
    currency = customer["currency"]
    lines = [_line(n, k, currency) for k in range(13 if n % 40 == 7 else 1 + n % 3)]
    subtotal = sum(line["amount"] for line in lines)
    tax = sum(line["tax_amounts"][0]["amount"] for line in lines)
    total, paid, created = subtotal + tax, n % 4 != 3, NOW - n * 2 * HOUR
    return {
        "id": f"in_{n:04}",
        "object": "invoice",
        "number": f"BF-{1000 + n}",
        "customer": customer["id"],
        "subscription": f"sub_{n % 50:04}",
        "charge": f"ch_{n:04}" if paid else None,
        "status": "paid" if paid else "open",
        "currency": currency,
        "subtotal": subtotal,
        "tax": tax,
        "total": total,
        "amount_due": total,
        "amount_paid": total if paid else 0,
        "amount_remaining": 0 if paid else total,
        "created": created,
        "due_date": created + 30 * DAY,
        "period_start": created - 30 * DAY,
        "period_end": created,
        "status_transitions": {
            "finalized_at": created + 60,
            "paid_at": created + HOUR if paid else None,
            "voided_at": None,
        },
        "description": None,
        "hosted_invoice_url": f"https://invoice.stripe.com/i/demo/in_{n:04}",
        "customer_address": customer["address"],
        "metadata": {},
        "lines": {"object": "list", "data": lines, "has_more": False},
    }


def _line(n: int, k: int, currency: str) -> Object:
    quantity, unit = 1 + k % 4, 1_250 + 10 * n + k
    behavior = TAX_BEHAVIORS[(n + k) % 3]
    return {
        "id": f"il_{n:04}_{k:02}",
        "object": "line_item",
        "amount": quantity * unit,
        "currency": currency,
        "description": f"{quantity} × seat (plan {k})",
        "quantity": quantity,
        "period": {"start": NOW - n * 2 * HOUR - 30 * DAY, "end": NOW - n * 2 * HOUR},
        "price": {
            "id": f"price_{k}",
            "product": f"prod_{k}",
            "unit_amount": unit,
            "tax_behavior": behavior,
        },
        "tax_amounts": [{"amount": quantity * unit // 5, "inclusive": behavior == "inclusive"}],
        "metadata": {
            "stripe_tax_behavior": behavior,
            "balance_transaction_id": f"txn_{n:04}",
            "stripe_fee_amount": "1" if currency == "jpy" else "0.29",
        },
    }


def _charge(n: int, invoice: Object) -> Object:
    amount, currency, number = invoice["total"], invoice["currency"], invoice["id"].removeprefix("in_")
    fee = amount * 29 // 1000 + 30
    return {
        "id": invoice["charge"],
        "object": "charge",
        "amount": amount,
        "amount_refunded": amount if n % 30 == 11 else 0,
        "currency": currency,
        "status": "succeeded",
        "customer": invoice["customer"],
        "invoice": invoice["id"],
        "payment_intent": f"pi_{number}",
        "payment_method": f"pm_{number}",
        "payment_method_details": (
            {"type": "us_bank_account"}
            if n % 5 == 4
            else {"type": "card", "card": {"brand": "visa", "last4": "4242"}}
        ),
        "balance_transaction": {
            "id": f"txn_{number}",
            "object": "balance_transaction",
            "currency": currency,
            "fee": fee,
            "net": amount - fee,
            "exchange_rate": None,
            "fee_details": [
                {
                    "amount": fee,
                    "currency": currency,
                    "type": "stripe_fee",
                    "description": "Stripe processing fees",
                }
            ],
        },
        "description": f"Payment for invoice {invoice['number']}",
        "failure_message": None,
        "created": invoice["status_transitions"]["paid_at"],
        "metadata": {},
    }


def _payout(n: int) -> Object:
    status = "in_transit" if n == 0 else "failed" if n == 9 else "paid"
    return {
        "id": f"po_{n:04}",
        "object": "payout",
        "amount": 1_234_500 + 1_001 * n,
        "currency": "usd",
        "status": status,
        "arrival_date": NOW - (n - 1) * DAY,
        "created": NOW - n * DAY,
        "description": "STRIPE PAYOUT",
        "metadata": {},
    }


def _with_first_lines(invoice: Object) -> Object:
    """An invoice as Stripe shows it: ten lines at most, the rest behind its own list."""
    lines = invoice["lines"]["data"]
    return {**invoice, "lines": {"object": "list", "data": lines[:10], "has_more": len(lines) > 10}}


def _expanded(charge: Object, seen: Seen) -> Object:
    wanted = {"balance_transaction", "data.balance_transaction"}
    return charge if wanted & set(seen.query.get("expand[]", [])) else _unexpanded(charge)


def _unexpanded(charge: Object) -> Object:
    return {**charge, "balance_transaction": charge["balance_transaction"]["id"]}


def _find(items: list[Object], item_id: str) -> Object | None:
    return next((item for item in items if item["id"] == item_id), None)


def _page(seen: Seen, items: list[Object]) -> Answer:
    """A list, newest first: `limit` (1 to 100, by default 10), `starting_after`, `created[gte]`, `created[lte]`."""
    first = {name: values[0] for name, values in seen.query.items()}
    limit = first.get("limit", "10")
    if not limit.isdecimal() or not 1 <= int(limit) <= 100:
        return _error(400, "invalid_request_error", "This value must be between 1 and 100.", "limit")
    if after := first.get("starting_after"):
        ids = [item["id"] for item in items]
        if after not in ids:
            return _missing("object", after, "starting_after", 400)
        items = items[ids.index(after) + 1 :]
    earliest, latest = int(first.get("created[gte]", 0)), int(first.get("created[lte]", 1 << 53))
    items = [item for item in items if earliest <= item.get("created", NOW) <= latest]
    page = {
        "object": "list",
        "url": seen.path,
        "data": items[: int(limit)],
        "has_more": len(items) > int(limit),
    }
    return Answer(200, page)


def _missing(kind: str, item_id: str, param: str = "id", status: int = 404) -> Answer:
    answer = _error(status, "invalid_request_error", f"No such {kind}: '{item_id}'", param)
    answer.body["error"]["code"] = "resource_missing"
    return answer


def _error(status: int, kind: str, message: str, param: str | None = None) -> Answer:
    return Answer(status, {"error": {"type": kind, "message": message, "param": param}})


def _handler(provider: StripeProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = provider.answer(Seen(self.command, url.path, parse_qs(url.query), headers, body))
            data = json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: `provider.requests` is the record."""

    return Handler
