"""Queries, staged and stored, against the plain meaning of their operators."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sandbox_host.errors import InvalidArgument

AMOUNTS = ["0", "-1.50", "-1.5", "-20", "2", "10.00", "9.99", "100", "0.001", None]


@pytest.fixture(params=["staged", "stored"])
def unit(request: pytest.FixtureRequest, world: Any) -> Any:
    """Ten invoices, one per amount, made one after the other."""
    unit = world.unit()
    for number, amount in enumerate(AMOUNTS):
        body = {
            "source_id": f"in_{number}",
            "total_amount": amount,
            "status": "open" if number % 2 else "paid",
        }
        unit.create("Invoice", body)
    if request.param == "staged":
        return unit
    unit.commit()
    return world.unit()


def amounts(found: list[Any]) -> list[Any]:
    return [record.get("total_amount") for record in found]


@pytest.mark.parametrize("operator", ["eq", "ne", "gt", "gte", "lt", "lte"])
@pytest.mark.parametrize("wanted", ["-1.5", "2.000", 9.99, 100, "50"])
def test_decimals_are_compared_as_numbers(unit: Any, operator: str, wanted: Any) -> None:
    limit = Decimal(str(wanted))
    holds = {
        "eq": lambda value: value == limit,
        "ne": lambda value: value != limit,
        "gt": lambda value: value is not None and value > limit,
        "gte": lambda value: value is not None and value >= limit,
        "lt": lambda value: value is not None and value < limit,
        "lte": lambda value: value is not None and value <= limit,
    }[operator]
    where = {"total_amount": {operator: wanted}}
    expected = [amount for amount in AMOUNTS if holds(None if amount is None else Decimal(amount))]
    assert sorted(map(str, amounts(unit.query("Invoice", where)))) == sorted(map(str, expected))
    assert unit.count("Invoice", where) == len(expected)
    assert unit.exists("Invoice", where) is bool(expected)


def test_an_order_puts_absent_values_last_in_both_directions(unit: Any) -> None:
    present = sorted((amount for amount in AMOUNTS if amount), key=Decimal)
    ascending = amounts(unit.query("Invoice", order_by=[{"field": "total_amount"}]))
    descending = amounts(unit.query("Invoice", order_by=[{"field": "total_amount", "direction": "desc"}]))
    assert [Decimal(each) for each in ascending[:-1]] == [Decimal(each) for each in present]
    assert [Decimal(each) for each in descending[:-1]] == [Decimal(each) for each in reversed(present)]
    assert ascending[-1] is descending[-1] is None


def test_the_default_order_is_the_newest_first(unit: Any) -> None:
    assert amounts(unit.query("Invoice")) == AMOUNTS[::-1]


def test_pages_do_not_overlap_and_leave_nothing_out(unit: Any) -> None:
    order = [{"field": "status", "direction": "asc"}]
    pages = [unit.query("Invoice", order_by=order, limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    ids = [record["source_id"] for page in pages for record in page]
    assert sorted(ids) == sorted(f"in_{number}" for number in range(10))


def test_a_plain_value_means_eq_and_conditions_add_up(unit: Any) -> None:
    found = unit.query("Invoice", {"status": "open", "total_amount": {"gt": 0, "lt": 50}})
    assert sorted(amounts(found)) == ["10.00"]
    found = unit.query("Invoice", {"status": "paid", "total_amount": {"gt": 0, "lt": 50}})
    assert sorted(amounts(found)) == ["0.001", "2", "9.99"]


def test_in_takes_a_list_and_an_empty_one_matches_nothing(unit: Any) -> None:
    assert unit.count("Invoice", {"total_amount": {"in": [2, "10", "-1.5"]}}) == 4
    assert unit.count("Invoice", {"source_id": {"in": ["in_1", "in_2", "nobody"]}}) == 2
    assert unit.query("Invoice", {"total_amount": {"in": []}}) == []


def test_null_means_absent(unit: Any) -> None:
    assert unit.count("Invoice", {"total_amount": None}) == 1
    assert unit.count("Invoice", {"total_amount": {"ne": None}}) == 9


def test_system_fields_can_be_queried(unit: Any) -> None:
    first = unit.query("Invoice", order_by=[{"field": "_created_at"}], limit=1)[0]
    assert unit.count("Invoice", {"_created_at": {"lte": first["_created_at"]}}) == 1
    assert unit.count("Invoice", {"_created_at": {"gt": first["_created_at"]}}) == 9
    assert unit.count("Invoice", {"_version": 1, "source_system": "stripe", "id": first["id"]}) == 1
    assert unit.count("Invoice", {"connection_id": {"ne": None}}) == 10
    assert unit.count("Invoice", {"connection_id": None}) == 0


def test_limits_are_fifty_by_default_and_a_thousand_at_most(world: Any) -> None:
    unit = world.unit()
    for number in range(60):
        unit.create("Customer", {"source_id": str(number)})
    assert len(unit.query("Customer")) == 50
    assert len(unit.query("Customer", limit=1000)) == 60
    unit.commit()
    assert len(world.unit().query("Customer")) == 50
    assert len(world.unit().query("Customer", offset=50)) == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"where": {"memo": "x"}},
            r"where\.memo: not an indexed field of Invoice; these are: id, _created_at",
        ),
        ({"where": {"risk": 1}}, r"where\.risk: not an indexed field"),
        ({"where": {"status": {"like": "x"}}}, r"where\.status: 'like' is not one of eq, ne, gt"),
        ({"where": {"total_amount": "lots"}}, r'where\.total_amount\.eq: "lots" is not a decimal'),
        ({"where": {"total_amount": {"gt": None}}}, r"where\.total_amount\.gt: null cannot be compared"),
        ({"where": {"total_amount": {"in": 5}}}, r"where\.total_amount\.in is a list of at most 1,000"),
        ({"where": {"total_amount": {"in": [1, None]}}}, r"where\.total_amount\.in\[1\]: null"),
        ({"where": {"_version": "1"}}, r'where\._version\.eq: "1" is not a whole number'),
        ({"where": "status = open"}, "where is an object"),
        ({"order_by": [{"field": "memo"}]}, r"orderBy\.memo: not an indexed field"),
        (
            {"order_by": [{"field": "status", "direction": "up"}]},
            r'orderBy\[0\] has a field and a direction, "asc"',
        ),
        ({"order_by": "status"}, "orderBy is a list"),
        ({"limit": 1001}, "limit is a whole number from 0 to 1,000"),
        ({"limit": True}, "limit is a whole number"),
        ({"limit": 1.5}, "limit is a whole number"),
        ({"offset": -1}, "offset is a whole number"),
    ],
)
def test_an_argument_that_is_wrong_is_named(world: Any, arguments: Any, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        world.unit().query("Invoice", **arguments)


def test_a_document_date_falls_back_to_the_day_it_was_issued(world: Any) -> None:
    unit = world.unit()
    record = unit.create("Invoice", {"issued_at": "2026-03-01T00:30:00+01:00"})
    assert (record["document_date"], record["effective_date"]) == ("2026-02-28", "2026-02-28")
    unit.update("Invoice", record["id"], {"issued_at": "2026-03-05"})
    unit.commit()
    assert world.unit().count("Invoice", {"effective_date": {"gte": "2026-03-05"}}) == 1
    given = world.unit().create("Invoice", {"issued_at": "2026-03-01", "document_date": "2026-01-01"})
    assert given["effective_date"] == "2026-01-01"


@pytest.mark.parametrize("text", ["'; DROP TABLE record; --", '" OR 1=1', "%", "\x00", "a\nb", "日本"])
def test_text_from_a_guest_is_only_ever_a_value(world: Any, text: str) -> None:
    unit = world.unit()
    unit.create("Customer", {"name": text})
    unit.create("Customer", {"name": "x"})
    unit.commit()
    assert [record["name"] for record in world.unit().query("Customer", {"name": text})] == [text]
