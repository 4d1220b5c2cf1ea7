"""Double entry: the debits of a journal entry equal its credits, to the last digit. As in the host's records."""

from __future__ import annotations

from decimal import Context, Decimal

from guest_sdk.testing.errors import not_valid
from guest_sdk.testing.records.values import Fields, Value

_EXACT = Context(prec=200)
"""More digits than a sum of decimals with 30 digits on either side of the point can have."""


def require_balance(document: Fields, lines: Value, name: str) -> None:
    """Raises Refused naming the record and both sums."""
    debits = credits = Decimal(0)
    currencies: set[str] = set()
    for line in lines if isinstance(lines, list) else ():
        if not isinstance(line, dict):
            continue
        debit, credit = _sides(line)
        debits, credits = _EXACT.add(debits, debit), _EXACT.add(credits, credit)
        if debit or credit:
            currencies.add(str(line.get("currency") or document.get("currency")).upper())
    if len(currencies) <= 1 and debits != credits:
        raise not_valid(
            f"{name}: debits of {debits:f} and credits of {credits:f} do not balance; the lines of a journal entry "
            "add up to the same on both sides"
        )


def _sides(line: Fields) -> tuple[Decimal, Decimal]:
    """The debit and the credit of a line."""
    if "debit" in line or "credit" in line:
        return _number(line.get("debit")), _number(line.get("credit"))
    amount, side = _number(line.get("amount")), line.get("side")
    if side is None:
        return max(amount, Decimal(0)), max(-amount, Decimal(0))
    return (amount, Decimal(0)) if side == "debit" else (Decimal(0), amount)


def _number(value: Value) -> Decimal:
    return Decimal(0) if value is None else Decimal(str(value))
