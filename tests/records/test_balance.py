"""Journal entries balance, to the last digit, however they are written."""

from __future__ import annotations

from decimal import Context, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_host.errors import ValidationError
from sandbox_host.records import document
from sandbox_host.records.balance import require_balance

ENTRY = {"entry_date": "2026-02-28", "status": "draft", "source_id": "je_1"}


def lines(*amounts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"line_key": str(number), "account_id": "1000", **each} for number, each in enumerate(amounts)]


BALANCED = lines({"debit": "12.30"}, {"credit": "12.3"})
UNBALANCED = lines({"debit": "12.30"}, {"credit": "12.29"}, {"credit": "0.001"})


def test_an_entry_that_does_not_balance_is_refused_with_both_sums(world: Any) -> None:
    unit = world.unit()
    with pytest.raises(ValidationError) as refused:
        unit.create("JournalEntry", {**ENTRY, "line_items": UNBALANCED})
    assert refused.value.message == (
        "JournalEntry je_1: debits of 12.30 and credits of 12.291 do not balance; the lines of a journal entry add up"
        " to the same on both sides"
    )
    assert unit.count("JournalEntry") == 0


def test_it_is_refused_by_an_update_and_an_ingest_too(world: Any) -> None:
    unit = world.unit()
    made = unit.create("JournalEntry", {**ENTRY, "line_items": BALANCED})
    with pytest.raises(ValidationError, match=r"JournalEntry je_1: debits of 12\.30 and credits of 12\.291"):
        unit.update("JournalEntry", made["id"], {"line_items": UNBALANCED})
    with pytest.raises(ValidationError, match=r"JournalEntry je_2: debits of 12\.30 and credits of 12\.291"):
        unit.ingest("journal_entry", {**ENTRY, "source_id": "je_2", "line_items": UNBALANCED}, "entries", "k")
    assert unit.get("JournalEntry", made["id"]) == made


def test_without_the_check_it_would_be_stored(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "require_balance", lambda *_: None)
    unit = world.unit()
    unit.create("JournalEntry", {**ENTRY, "line_items": UNBALANCED})
    assert unit.count("JournalEntry") == 1


def test_other_documents_need_not_balance(world: Any) -> None:
    world.unit().create("Invoice", {"line_items": [{"line_key": "a", "amount": "1"}]})


@pytest.mark.parametrize(
    "amounts",
    [
        lines(),
        lines({}, {"description": "nothing"}),
        lines({"debit": "0.1"}, {"debit": "0.2"}, {"credit": "0.3"}),
        lines({"debit": "1"}, {"credit": "1.000000000000000000000000000000"}),
        lines({"amount": "5", "side": "debit"}, {"amount": "5.0", "side": "credit"}),
        lines({"amount": "5"}, {"amount": "-5"}),
        lines({"debit": "5", "amount": "5", "side": "debit"}, {"credit": "5", "debit": "0"}),
        lines({"debit": "-5"}, {"credit": "-5"}),
        lines({"debit": "9" * 30 + "." + "9" * 30}, {"credit": "9" * 30 + "." + "9" * 30}),
        lines({"debit": "100", "currency": "EUR"}, {"credit": "108.37", "currency": "USD"}),
        lines({"debit": "1", "currency": "usd"}, {"credit": "1"}, {"currency": "EUR"}),
    ],
)
def test_these_balance(amounts: list[Any]) -> None:
    require_balance({"currency": "USD", "line_items": amounts}, "JournalEntry x")


@pytest.mark.parametrize(
    ("amounts", "debits", "credits"),
    [
        (lines({"debit": "1"}), "1", "0"),
        (lines({"debit": "1"}, {"credit": "1"}, {"credit": f"0.{1:030}"}), "1", f"1.{1:030}"),
        (lines({"debit": "9" * 30}, {"credit": "9" * 29 + "8"}), "9" * 30, "9" * 29 + "8"),
        (lines({"amount": "5", "side": "debit"}, {"amount": "5", "side": "debit"}), "10", "0"),
        (lines({"amount": "5"}, {"amount": "-4"}), "5", "4"),
        (lines({"debit": "1", "currency": "usd"}, {"credit": "2"}), "1", "2"),
    ],
)  # fmt: skip
def test_these_do_not(amounts: list[Any], debits: str, credits: str) -> None:
    with pytest.raises(ValidationError, match=f"debits of {debits} and credits of {credits} do not"):
        require_balance({"currency": "USD", "line_items": amounts}, "JournalEntry x")


AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=20)


@given(st.lists(AMOUNTS, max_size=20))
def test_an_entry_balances_with_the_line_that_makes_up_the_difference_and_not_without(
    amounts: list[Decimal],
) -> None:
    with localcontext(Context(prec=100)):
        total = sum(amounts, Decimal(0))
    made = [{"debit": f"{amount:f}"} for amount in amounts]
    require_balance({"line_items": lines(*made, {"credit": f"{total:f}"})}, "JournalEntry x")
    if total:
        with pytest.raises(ValidationError):
            require_balance({"line_items": lines(*made)}, "JournalEntry x")
