"""What each Stripe event says about the books: the records it emits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from guest_sdk import DocumentType

from lib.stripe import Stripe
from lib.transforms import to_customer, to_deposit, to_invoice, to_payment

Json = dict[str, Any]


@dataclass(frozen=True)
class Emission:
    """One record to ingest, into one stream."""

    stream: str
    document_type: DocumentType
    source_id: str
    payload: Json


def _customer(customer: Json, stripe: Stripe) -> list[Emission]:
    return [Emission("customers", "customer", customer["id"], to_customer(customer))]


def _invoice(invoice: Json, stripe: Stripe) -> list[Emission]:
    payload = to_invoice(invoice, stripe.invoice_lines(invoice))
    return [Emission("invoices", "invoice", invoice["id"], payload)]


def _payment(charge_id: str, stripe: Stripe) -> list[Emission]:
    """An event's charge does not hold its fees, so it is read again."""
    return [Emission("payments", "payment", charge_id, to_payment(stripe.charge(charge_id)))]


def _charge(charge: Json, stripe: Stripe) -> list[Emission]:
    return _payment(charge["id"], stripe)


def _invoice_paid(invoice: Json, stripe: Stripe) -> list[Emission]:
    """The invoice, and the payment that settled it unless it was paid outside Stripe."""
    settled = [] if invoice["charge"] is None else _payment(invoice["charge"], stripe)
    return _invoice(invoice, stripe) + settled


def _payout(payout: Json, stripe: Stripe) -> list[Emission]:
    return [Emission("payouts", "deposit", payout["id"], to_deposit(payout))]


EVENTS: dict[str, Callable[[Json, Stripe], list[Emission]]] = {
    "customer.created": _customer,
    "customer.updated": _customer,
    "invoice.created": _invoice,
    "invoice.finalized": _invoice,
    "invoice.updated": _invoice,
    "invoice.voided": _invoice,
    "invoice.marked_uncollectible": _invoice,
    "invoice.paid": _invoice_paid,
    "charge.succeeded": _charge,
    "charge.updated": _charge,
    "charge.refunded": _charge,
    "charge.failed": _charge,
    "payout.created": _payout,
    "payout.updated": _payout,
    "payout.paid": _payout,
    "payout.failed": _payout,
    "payout.canceled": _payout,
}
"""The events that this connector knows."""
