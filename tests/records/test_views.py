"""One unit of work of several extensions: what each sees of a record, before the commit and after."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox_host.errors import InvalidArgument, PermissionDenied, ValidationError
from sandbox_host.installs import set_status
from sandbox_host.records import ExtensionSchema, UnitOfWork
from sandbox_host.records.registry import take_up
from sandbox_host.records.work import Work

TAX = ExtensionSchema.declared(
    {
        "entity": {
            "Customer": {
                "tier": {"type": "number", "index": True},
                "rate": {"type": "decimal", "index": True},
            }
        },
        "line": {"Invoice": {"line_items": {"rate": {"type": "decimal"}}}},
    },
    {},
)
STRIPE = ExtensionSchema.declared(
    {
        "entity": {"Customer": {"tier": {"type": "string", "index": True}}},
        "line": {"Invoice": {"line_items": {"fee": {"type": "decimal"}}}},
    },
    {},
)


@pytest.fixture
def both(world: Any, plugin: Any) -> Any:
    """Makes a unit of work as two extensions see it."""
    take_up(world.db, "acme", world.origin.install, STRIPE)
    take_up(world.db, "acme", plugin.install, TAX)

    def make(ends: str = "atomic") -> tuple[UnitOfWork, UnitOfWork]:
        unit = world.unit(ends, fields=STRIPE)
        return unit, unit.seen_by(plugin, TAX)

    return make


def seen(unit: UnitOfWork, record: str) -> Any:
    return unit.get("Customer", record)


def test_each_keeps_values_of_its_own_under_the_same_key(both: Any) -> None:
    stripe, tax = both()
    record = stripe.create("Customer", {"name": "Ada", "tier": "gold"})["id"]
    tax.update("Customer", record, {"tier": 3, "rate": "0.20"})
    for again in (False, True):
        assert (seen(stripe, record)["tier"], "rate" in seen(stripe, record)) == ("gold", False)
        assert (seen(tax, record)["tier"], seen(tax, record)["rate"]) == (3, "0.20")
        if not again:
            stripe.commit()
    stripe, tax = both()
    assert (seen(stripe, record)["tier"], seen(tax, record)["tier"]) == ("gold", 3)


@pytest.mark.parametrize("committed", [False, True])
def test_each_queries_by_its_own_index(both: Any, committed: bool) -> None:
    stripe, tax = both()
    for name, tier, rank in (("Ada", "gold", 3), ("Bob", "gold", 1), ("Cyd", "iron", 2)):
        record = stripe.create("Customer", {"name": name, "tier": tier})["id"]
        tax.update("Customer", record, {"tier": rank})
    if committed:
        stripe.commit()
        stripe, tax = both()

    def names(unit: UnitOfWork, **query: Any) -> Any:
        return [one["name"] for one in unit.query("Customer", **query)]

    ascending = [{"field": "tier", "direction": "asc"}]
    assert sorted(names(stripe, where={"tier": "gold"})) == ["Ada", "Bob"]
    assert names(tax, where={"tier": {"gte": 2}}, order_by=ascending) == ["Cyd", "Ada"]
    assert names(tax, order_by=ascending) == ["Bob", "Cyd", "Ada"]
    assert (stripe.count("Customer", {"tier": "iron"}), tax.count("Customer", {"tier": 2})) == (1, 1)
    with pytest.raises(InvalidArgument, match="rate: not an indexed field of Customer"):
        stripe.query("Customer", {"rate": "0.20"})


def test_a_stored_value_that_nobody_looked_up_stays(both: Any) -> None:
    stripe, tax = both()
    record = stripe.create("Customer", {"name": "Ada", "tier": "gold"})["id"]
    tax.update("Customer", record, {"tier": 3})
    stripe.commit()
    stripe, _ = both()
    stripe.update("Customer", record, {"tier": "iron"})
    stripe.commit()
    _, tax = both()
    assert seen(tax, record)["tier"] == 3 and tax.count("Customer", {"tier": 3}) == 1


def test_one_sees_the_entity_s_fields_as_the_other_staged_them(both: Any) -> None:
    stripe, tax = both()
    record = stripe.create("Customer", {"name": "Ada"})["id"]
    tax.update("Customer", record, {"name": "Bea"})
    assert (seen(stripe, record)["name"], seen(stripe, record)["_version"]) == ("Bea", 2)


def test_a_field_of_the_other_is_not_known(both: Any) -> None:
    stripe, tax = both()
    record = stripe.create("Customer", {"name": "Ada"})["id"]
    with pytest.raises(ValidationError, match="rate is not a field of Customer"):
        stripe.update("Customer", record, {"rate": "0.20"})
    assert tax.update("Customer", record, {"rate": "0.20"})["rate"] == "0.20"


def test_lines_keep_what_each_has_on_them_while_they_are_there(both: Any) -> None:
    stripe, tax = both()
    first = [{"line_key": "a", "fee": "1"}, {"line_key": "b", "fee": "2"}]
    record = stripe.create("Invoice", {"line_items": first})["id"]
    second = [{"line_key": "b", "rate": "0.2"}, {"line_key": "c", "rate": "0.3"}]
    assert tax.update("Invoice", record, {"line_items": second})["line_items"] == second
    assert stripe.get("Invoice", record)["line_items"] == [{"line_key": "b", "fee": "2"}, {"line_key": "c"}]
    stripe.commit()
    stripe, tax = both()
    assert stripe.get("Invoice", record)["line_items"] == [{"line_key": "b", "fee": "2"}, {"line_key": "c"}]
    assert tax.get("Invoice", record)["line_items"] == second


def test_a_version_keeps_what_every_extension_had_on_it(both: Any) -> None:
    stripe, tax = both()
    record = stripe.create("Customer", {"name": "Ada", "tier": "gold"})["id"]
    tax.update("Customer", record, {"tier": 3})
    stripe.commit()
    for unit, key, tiers in zip(both(), ("stripe", "tax"), (["gold", "gold"], [None, 3]), strict=True):
        history = unit.history("Customer", record)
        assert [one.content.fields[key].get("", {}).get("tier") for one in history] == tiers


def test_a_proposal_shows_each_its_own_and_is_made_whole(both: Any) -> None:
    stripe, tax = both()
    proposal = stripe.to_create("Customer", {"name": "Ada", "tier": "gold"})
    proposal.merge(tax.view, {"tier": 3, "name": "Bea"})
    assert proposal.seen_by(tax.view) == {"source_system": "stripe", "name": "Bea", "tier": 3}
    assert proposal.seen_by(stripe.view)["tier"] == "gold"
    assert stripe.count("Customer") == 0 and stripe.writes == []
    made = proposal.make()
    assert (made["name"], made["tier"], made["_version"]) == ("Bea", "gold", 1)
    assert seen(tax, made["id"])["tier"] == 3
    (write,) = stripe.writes
    assert write.data == {"name": "Bea", "tier": "gold"}


def test_what_cannot_be_merged_leaves_the_proposal_as_it_was(both: Any) -> None:
    stripe, tax = both()
    proposal = stripe.to_create("Customer", {"name": "Ada"})
    with pytest.raises(ValidationError, match=r"tier: .* is not a number"):
        proposal.merge(tax.view, {"tier": "gold"})
    assert proposal.make()["name"] == "Ada"


def test_idempotency_keys_and_checkpoints_of_two_installs_are_apart(both: Any) -> None:
    stripe, tax = both()
    for unit in (stripe, tax):
        assert unit.ingest("customer", {"id": "c1", "name": "Ada"}, "customers", "k")["status"] == "created"
        unit.set_checkpoint("customers", {"of": unit.view.extension})
    stripe.commit()
    for unit in both():
        assert unit.get_checkpoint("customers") == {"of": unit.view.extension}
        assert unit.ingest("customer", {"id": "c1", "name": "Ada"}, "customers", "k")["status"] == "duplicate"


def test_nothing_is_stored_that_a_disabled_extension_took_part_in(
    both: Any, world: Any, plugin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stripe, tax = both()
    record = stripe.create("Customer", {"name": "Ada"})["id"]
    tax.update("Customer", record, {"tier": 3})
    set_status(world.db, "acme", plugin.install, "disabled")
    with pytest.raises(PermissionDenied, match="the install of tax was disabled or removed during the run"):
        stripe.commit()
    # The guard removed.
    monkeypatch.setattr(Work, "_check_installs", lambda *_: None)
    stripe.commit()
    assert world.unit().get("Customer", record)["name"] == "Ada"


def test_an_extension_that_took_no_part_may_be_disabled(both: Any, world: Any, plugin: Any) -> None:
    stripe, _ = both()
    record = stripe.create("Customer", {"name": "Ada"})["id"]
    set_status(world.db, "acme", plugin.install, "disabled")
    stripe.commit()
    assert world.unit().get("Customer", record) is not None
