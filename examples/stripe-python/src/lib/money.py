"""Stripe counts money in a currency's smallest unit; the books want exact decimals."""

from decimal import Decimal

# https://docs.stripe.com/currencies: UGX and ISK have no minor unit, yet Stripe counts them in hundredths.
WITHOUT_MINOR_UNIT = set("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
IN_THOUSANDTHS = set("bhd jod kwd omr tnd".split())


def money(minor: float, currency: str) -> Decimal:
    """1230 in `usd` is 12.30, in `jpy` 1230, in `kwd` 1.230."""
    if minor != int(minor):
        raise ValueError(f"{minor} is not an amount in minor units")
    return Decimal(int(minor)).scaleb(-_decimal_places(currency.lower()))


def _decimal_places(currency: str) -> int:
    if currency in WITHOUT_MINOR_UNIT:
        return 0
    return 3 if currency in IN_THOUSANDTHS else 2
