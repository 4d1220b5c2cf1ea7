"""From Stripe's objects to canonical records."""

from datetime import UTC, datetime
from typing import Any

from lib.money import money

Json = dict[str, Any]


def to_customer(customer: Json) -> Json:
    currency = customer.get("currency")
    shipping: Json = customer.get("shipping") or {}
    return {
        "customer_id": customer["id"],
        "name": customer.get("name") or customer.get("email") or customer["id"],
        "email": customer.get("email"),
        "phone": customer.get("phone"),
        "description": customer.get("description"),
        "currency": currency and currency.upper(),
        "balance": currency and money(customer["balance"], currency),
        "billing_address": customer.get("address"),
        "shipping_address": shipping.get("address"),
        "tax_exempt": customer.get("tax_exempt") != "none",
        "created_at": date_time(customer["created"]),
        "metadata": customer.get("metadata"),
    }


def to_invoice(invoice: Json, lines: list[Json]) -> Json:
    """lines: all of the invoice's, which carries ten at most itself."""
    currency, at = invoice["currency"], invoice["status_transitions"]
    return {
        "invoice_id": invoice["id"],
        "document_number": invoice["number"],
        "customer_id": invoice["customer"],
        "subscription_id": invoice["subscription"],
        "status": invoice["status"],
        "currency": currency.upper(),
        "subtotal": money(invoice["subtotal"], currency),
        "tax_amount": money(invoice["tax"] or 0, currency),
        "total_amount": money(invoice["total"], currency),
        "amount_due": money(invoice["amount_due"], currency),
        "amount_paid": money(invoice["amount_paid"], currency),
        "balance": money(invoice["amount_remaining"], currency),
        "issued_at": date_time(at["finalized_at"] or invoice["created"]),
        "due_date": _date(invoice["due_date"]),
        "paid_at": date_time(at["paid_at"]),
        "voided_at": date_time(at["voided_at"]),
        "period_start": date_time(invoice["period_start"]),
        "period_end": date_time(invoice["period_end"]),
        "memo": invoice["description"],
        "url": invoice["hosted_invoice_url"],
        "billing_address": invoice["customer_address"],
        "metadata": invoice["metadata"],
        "line_items": [_to_line(line, number) for number, line in enumerate(lines, 1)],
    }


def _to_line(line: Json, number: int) -> Json:
    currency, metadata = line["currency"], line["metadata"]
    price: Json = line["price"] or {}
    unit_amount = price.get("unit_amount")
    return {
        "line_key": line["id"],
        "line_number": number,
        "description": line["description"],
        "item_code": price.get("product"),
        "quantity": line["quantity"],
        "unit_price": None if unit_amount is None else money(unit_amount, currency),
        "amount": money(line["amount"], currency),
        "tax_amount": money(sum(tax["amount"] for tax in line["tax_amounts"]), currency),
        "currency": currency.upper(),
        "period_start": date_time(line["period"]["start"]),
        "period_end": date_time(line["period"]["end"]),
        "metadata": metadata,
        "stripe_tax_behavior": _tax_behavior(line),
        "stripe_balance_transaction_id": metadata.get("balance_transaction_id"),
        "stripe_fee_amount": metadata.get("stripe_fee_amount"),
    }


def _tax_behavior(line: Json) -> str:
    price: Json = line["price"] or {}
    behavior = line["metadata"].get("stripe_tax_behavior") or price.get("tax_behavior")
    return behavior if behavior in ("inclusive", "exclusive") else "unspecified"


METHOD_TYPES = {
    "card": "credit_card",
    "us_bank_account": "ach",
    "ach_debit": "ach",
    "customer_balance": "wire",
}


def to_payment(charge: Json) -> Json:
    currency, settled = charge["currency"], charge["balance_transaction"]
    method = charge["payment_method_details"]
    card = method and method.get("card")
    # Fees are in the currency of settlement; beside an amount in another one they would read as that one's.
    fees = settled if settled and settled["currency"] == currency else None
    return {
        "payment_id": charge["id"],
        "charge_id": charge["id"],
        "amount": money(charge["amount"], currency),
        "currency": currency.upper(),
        "status": charge["status"],
        "customer_id": charge["customer"],
        "invoice_id": charge["invoice"],
        "payment_method": charge["payment_method"],
        "payment_method_type": method and METHOD_TYPES.get(method["type"], "other"),
        "payment_method_details": card and {"brand": card["brand"], "last4": card["last4"]},
        "reference_number": charge["payment_intent"],
        "memo": charge["description"],
        "paid_at": date_time(charge["created"]),
        "refunded_amount": money(charge["amount_refunded"], currency),
        "failure_reason": charge["failure_message"],
        "balance_transaction_id": settled and settled["id"],
        "exchange_rate": settled and settled["exchange_rate"],
        "fee_amount": fees and money(fees["fee"], currency),
        "net_amount": fees and money(fees["net"], currency),
        "fee_details": settled
        and [
            {
                "type": fee["type"],
                "description": fee["description"],
                "amount": money(fee["amount"], fee["currency"]),
                "currency": fee["currency"].upper(),
            }
            for fee in settled["fee_details"]
        ],
        "metadata": charge["metadata"],
    }


DEPOSIT_STATUS = {
    "paid": "deposited",
    "pending": "pending",
    "in_transit": "pending",
    "canceled": "void",
    "failed": "void",
}


def to_deposit(payout: Json) -> Json:
    return {
        "deposit_id": payout["id"],
        "reference_number": payout["id"],
        "status": DEPOSIT_STATUS[payout["status"]],
        "currency": payout["currency"].upper(),
        "total_amount": money(payout["amount"], payout["currency"]),
        "deposit_date": _date(payout["arrival_date"]),
        "memo": payout["description"],
        "metadata": payout["metadata"],
    }


def date_time(seconds: int | None) -> datetime | None:
    """Unix seconds as a time, which reaches the books as RFC 3339."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _date(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).date().isoformat()
