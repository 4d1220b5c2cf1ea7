import pytest

from lib.money import money


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [
        (1230, "usd", "12.30"),
        (5, "EUR", "0.05"),
        (-1, "usd", "-0.01"),
        (1230, "jpy", "1230"),
        (1230, "kwd", "1.230"),
    ],
)
def test_minor_units_become_exact_decimals_of_each_currency(minor: int, currency: str, amount: str) -> None:
    assert str(money(minor, currency)) == amount


def test_what_is_not_a_whole_number_of_minor_units_is_refused() -> None:
    with pytest.raises(ValueError, match="12.3 is not an amount in minor units"):
        money(12.3, "usd")
