"""Declared fields that are indexed: found by their values, apart from every other extension's."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox_host.errors import InvalidArgument, NotAvailable
from sandbox_host.records import ExtensionFields, ExtensionSchema, staging
from sandbox_host.records.registry import SchemaRefused, take_up


def declared(**fields: Any) -> ExtensionSchema:
    """Fields on invoices and customers, all labelled."""
    specs = {key: {"label": key, **spec} for key, spec in fields.items()}
    return ExtensionSchema.declared({"entity": {"Invoice": specs, "Customer": specs}}, {})


RISK = declared(
    risk={"type": "number", "index": True},
    tier={"type": "select", "options": ["gold", "silver"], "index": True},
    score={"type": "decimal", "index": True},
    note={"type": "string"},
)


@pytest.fixture
def unit(world: Any) -> Any:
    def make(version: ExtensionSchema = RISK, origin: Any = None, **options: Any) -> Any:
        origin = origin or world.origin
        if not options.get("observe"):
            take_up(world.db, origin.tenant, origin.install, version)
        return world.unit(origin=origin, fields=version, **options)

    return make


def sources(found: list[Any]) -> list[Any]:
    return [one["source_id"] for one in found]


def three(unit: Any) -> Any:
    unit.ingest("invoice", {"id": "a", "risk": 10, "tier": "gold", "score": "1.50"}, "s", "a")
    unit.create("Invoice", {"source_id": "b", "risk": 9, "tier": "silver", "score": "-2"})
    unit.create("Invoice", {"source_id": "c"})
    return unit


@pytest.mark.parametrize("moment", ["staged", "stored"])
@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"risk": {"gt": 9}}, ["a"]),
        ({"risk": {"gte": 9}}, ["a", "b"]),
        ({"tier": "silver"}, ["b"]),
        ({"tier": {"in": ["gold", "silver"]}}, ["a", "b"]),
        ({"score": "1.5"}, ["a"]),
        ({"score": {"lt": 0}}, ["b"]),
        ({"risk": None}, ["c"]),
        ({"risk": {"ne": 9}, "source_system": "stripe"}, ["a", "c"]),
    ],
)
def test_a_record_is_found_by_a_declared_field(unit: Any, moment: str, where: Any, found: list[str]) -> None:
    one = three(unit())
    if moment == "stored":
        one.commit()
        one = unit()
    order = [{"field": "source_id", "direction": "asc"}]
    assert sources(one.query("Invoice", where, order)) == found
    assert one.count("Invoice", where) == len(found)
    assert one.exists("Invoice", where) is bool(found)


@pytest.mark.parametrize("moment", ["staged", "stored", "both"])
def test_records_are_sorted_by_a_declared_field(unit: Any, moment: str) -> None:
    one = three(unit())
    if moment != "staged":
        one.commit()
        one = unit()
    expected = ["b", "a", "c"]
    if moment == "both":
        one.create("Invoice", {"source_id": "d", "risk": 9.5})
        expected = ["b", "d", "a", "c"]
    assert sources(one.query("Invoice", order_by=[{"field": "risk"}])) == expected


def test_a_changed_and_a_deleted_record_leave_the_index(unit: Any) -> None:
    three(one := unit()).commit()
    one = unit()
    found = {each["source_id"]: each["id"] for each in one.query("Invoice")}
    one.update("Invoice", found["a"], {"risk": None})
    one.delete("Invoice", found["b"])
    one.commit()
    assert unit().query("Invoice", {"risk": {"ne": None}}) == []


def test_a_field_that_is_not_indexed_cannot_be_queried(unit: Any) -> None:
    with pytest.raises(
        InvalidArgument, match=r"where\.note: not an indexed field of Invoice; .*, tier, score$"
    ):
        unit().query("Invoice", {"note": "x"})


def test_two_extensions_may_declare_the_same_key(unit: Any, plugin: Any, world: Any) -> None:
    three(unit()).commit()
    theirs = declared(risk={"type": "string", "index": True})
    other = unit(theirs, plugin)
    found = {each["source_id"]: each["id"] for each in other.query("Invoice")}
    other.update("Invoice", found["c"], {"risk": "10"})
    other.commit()
    assert sources(unit(theirs, plugin).query("Invoice", {"risk": "10"})) == ["c"]
    assert sources(unit().query("Invoice", {"risk": 10})) == ["a"]
    stranger = world.unit(origin=plugin, fields=ExtensionFields())
    with pytest.raises(InvalidArgument, match="not an indexed field"):
        stranger.query("Invoice", {"risk": 10})


def test_another_extensions_write_leaves_the_index_alone(unit: Any, plugin: Any, world: Any) -> None:
    three(unit()).commit()
    other = world.unit(origin=plugin, fields=ExtensionFields())
    other.update("Invoice", other.query("Invoice", {"source_id": "a"})[0]["id"], {"memo": "seen"})
    other.commit()
    assert sources(unit().query("Invoice", {"risk": 10})) == ["a"]


def test_an_index_that_comes_later_covers_the_records_that_are_there(unit: Any) -> None:
    three(
        unit(declared(risk={"type": "number"}, tier={"type": "string"}, score={"type": "decimal"}))
    ).commit()
    assert sources(unit().query("Invoice", {"risk": 10, "tier": "gold"})) == ["a"]


def test_a_value_kept_under_another_type_is_not_in_the_index(unit: Any) -> None:
    first = unit(declared(risk={"type": "string"}))
    first.create("Invoice", {"risk": "high"})
    first.commit()
    assert unit(declared(risk={"type": "number", "index": True})).query("Invoice", {"risk": {"gte": 0}}) == []


def test_an_older_version_keeps_the_values_and_the_index_of_a_newer_one(unit: Any) -> None:
    three(unit()).commit()
    older = unit(declared(note={"type": "string"}))
    record = older.query("Invoice", {"source_id": "a"})[0]
    assert "risk" not in record
    older.update("Invoice", record["id"], {"note": "seen"})
    older.commit()
    found = unit().query("Invoice", {"risk": 10})
    assert [(one["risk"], one["note"]) for one in found] == [(10, "seen")]


def test_an_indexed_field_keeps_its_type(unit: Any) -> None:
    unit()
    with pytest.raises(
        SchemaRefused, match=r"Invoice\.ts: risk is indexed with the type number and cannot become"
    ):
        unit(declared(risk={"type": "string", "index": True}))


def test_an_observed_version_finds_records_without_an_index_that_is_not_built(
    unit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    three(
        unit(declared(risk={"type": "number"}, tier={"type": "string"}, score={"type": "decimal"}))
    ).commit()
    observed = unit(observe=True)
    observed.create("Invoice", {"source_id": "d", "risk": 9.5})
    order = [{"field": "risk", "direction": "desc"}]
    assert sources(observed.query("Invoice", {"risk": {"gt": 9}}, order)) == ["a", "d"]
    assert sources(observed.query("Invoice", {"risk": {"gt": 9}}, order, limit=1, offset=1)) == ["d"]
    assert (observed.count("Invoice", {"tier": None}), observed.exists("Invoice", {"tier": "gold"})) == (
        2,
        True,
    )
    monkeypatch.setattr(staging, "MAX_SCAN", 2)
    with pytest.raises(NotAvailable, match="the indexes of Invoice that this query needs are not built yet"):
        observed.count("Invoice", {"risk": 10})


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"entity": {"Invoice": {"x": {"type": "json", "index": True}}}}, "Invoice.x: a field of type json"),
        ({"entity": {"Invoice": {"x": {"type": "text", "index": True}}}}, "a field of type text cannot be indexed"),
        (
            {"line": {"Invoice": {"line_items": {"x": {"type": "string", "index": True}}}}},
            "a field of a line cannot be indexed; leave out index",
        ),
        (
            {"line": {"JournalEntry": {"line_items": {"x": {"type": "string"}}}}},
            "JournalEntry has no lines that an extension can add fields to; these have: Invoice, ",
        ),
    ],
)  # fmt: skip
def test_an_index_that_cannot_work_is_refused(block: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ExtensionFields.from_manifest(block)
