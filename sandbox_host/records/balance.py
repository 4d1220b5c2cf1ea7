"""Double entry: the debits of a journal entry equal its credits, to the last digit.

A line's amount is its `debit` and its `credit`; where it has neither, its `amount` on its `side`, and without a side a
positive amount is a debit and a negative one a credit. An entry whose lines are in several currencies balances at rates
that are rounded, so it is not compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal

from sandbox_host.errors import ValidationError
from sandbox_host.records.contract import LINES
from sandbox_host.records.values import Json

_EXACT = Context(prec=200)
"""More digits than a sum of decimals with 30 digits on either side of the point can have."""


def require_balance(native: Mapping[str, Json], name: str) -> None:
    """Raises ValidationError naming the record and both sums."""
    lines = native.get(LINES)
    debits = credits = Decimal(0)
    currencies: set[str] = set()
    for line in lines if isinstance(lines, list) else ():
        assert isinstance(line, dict)
        debit, credit = _sides(line)
        debits, credits = _EXACT.add(debits, debit), _EXACT.add(credits, credit)
        if debit or credit:
            currencies.add(str(line.get("currency") or native.get("currency")).upper())
    if len(currencies) <= 1 and debits != credits:
        raise ValidationError(
            f"{name}: debits of {debits:f} and credits of {credits:f} do not balance; the lines of a journal entry"
            " add up to the same on both sides"
        )


def _sides(line: Mapping[str, Json]) -> tuple[Decimal, Decimal]:
    """The debit and the credit of a line."""
    if "debit" in line or "credit" in line:
        return _number(line.get("debit")), _number(line.get("credit"))
    amount, side = _number(line.get("amount")), line.get("side")
    if side is None:
        return max(amount, Decimal(0)), max(-amount, Decimal(0))
    return (amount, Decimal(0)) if side == "debit" else (Decimal(0), amount)


def _number(value: Json) -> Decimal:
    return Decimal(str(value)) if value is not None else Decimal(0)
