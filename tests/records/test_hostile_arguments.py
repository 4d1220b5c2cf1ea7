"""Whatever a guest sends, it gets an answer or an error that was written for it."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox_host.errors import GuestError

TEXT = st.sampled_from(["", "x", "id", "name", "k1", "\x00", "\ud800", "undefined", "customer", "a" * 2000])
NAMES = st.sampled_from(
    ["id", "name", "source_id", "customer_id", "line_items", "lines", "metadata", "eq", "in"]
)
ODD = st.sampled_from([None, True, 0, -1, 1.5, 1e308, float("nan"), float("inf"), 2**60]) | TEXT
ANY = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES | TEXT, inner, max_size=3),
    max_leaves=6,
)

CALLS: dict[str, Any] = {
    "get": lambda unit, a, b, c: unit.get("Customer", a, b),
    "query": lambda unit, a, b, c: unit.query("Invoice", a, b, c, None, None),
    "page": lambda unit, a, b, c: unit.query("Invoice", None, None, a, b, c),
    "exists": lambda unit, a, b, c: unit.exists("Customer", a),
    "count": lambda unit, a, b, c: unit.count("Customer", {"name": a, "_created_at": b}),
    "create": lambda unit, a, b, c: unit.create("Invoice", a),
    "create from parts": lambda unit, a, b, c: unit.create(
        "Customer", {"name": a, "source_id": b, "connection_id": c}
    ),
    "update": lambda unit, a, b, c: unit.update("Customer", a, b),
    "delete": lambda unit, a, b, c: unit.delete("Customer", a),
    "action": lambda unit, a, b, c: unit.action("Invoice", a, b, c),
    "ingest": lambda unit, a, b, c: unit.ingest("invoice", a, "s", b, c),
    "ingest options": lambda unit, a, b, c: unit.ingest("customer", {"id": "1"}, a, b, None, c),
    "batch": lambda unit, a, b, c: unit.ingest_batch("customer", a, "s", continue_on_error=True),
    "batch of one": lambda unit, a, b, c: unit.ingest_batch(
        "customer", [{"payload": a, "idempotencyKey": b, "sourceId": c}], "s"
    ),
    "checkpoint": lambda unit, a, b, c: unit.set_checkpoint(a, b, c),
    "overlay": lambda unit, a, b, c: unit.overlay({"Invoice": [a]}),
    "history": lambda unit, a, b, c: unit.history("Customer", a),
}


def test_no_argument_of_a_guest_is_the_hosts_error(new_world: Any) -> None:
    world = new_world()

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(sorted(CALLS)), ANY, ANY, ANY, st.sampled_from(["atomic", "immediate"]))
    def attempt(call: str, a: Any, b: Any, c: Any, ends: Any) -> None:
        unit = world.unit(ends)
        try:
            CALLS[call](unit, a, b, c)
            unit.commit()
        except GuestError as problem:
            assert problem.message

    attempt()
