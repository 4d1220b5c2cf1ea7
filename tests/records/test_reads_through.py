"""A state machine: whatever a run has staged, its reads answer as they do after the commit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sandbox_host.errors import GuestError
from sandbox_host.records.search import search
from sandbox_host.records.staging import Staging

AMOUNTS = st.sampled_from(["0", "-1.50", "-1.5", "2", "10.00", "9.99", "100", None])
NAMES = st.sampled_from(["Ada", "ada", "Äda", "Bob", "", "Zoë", None])
DATES = st.sampled_from(["2026-01-01T00:00:00Z", "2025-12-31T23:30:00-01:00", "2026-02-01", None])
SOURCES = st.sampled_from(["a", "b", "c", "d"])
KEYS = st.sampled_from(["k1", "k2", "k3", "k4"])

CUSTOMERS = st.fixed_dictionaries(
    {"name": NAMES, "balance": AMOUNTS, "email": NAMES, "tier": st.sampled_from(["gold", None])}
)
INVOICES = st.fixed_dictionaries(
    {
        "customer_id": SOURCES,
        "total_amount": AMOUNTS,
        "issued_at": DATES,
        "status": st.sampled_from(["open", "paid", None]),
        "line_items": st.lists(
            st.sampled_from(
                [
                    {"line_key": "1", "amount": "1.00"},
                    {"line_key": "2", "stripe_tax_behavior": "inclusive"},
                    {"line_key": "3", "stripe_balance_transaction_id": "txn"},
                ]
            ),
            unique_by=lambda line: line["line_key"],
            max_size=3,
        ),
    }
)
PAYLOADS = {"Customer": CUSTOMERS, "Invoice": INVOICES}
ENTITIES = st.sampled_from(["Customer", "Invoice"])

OPERANDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "Customer": {"name": NAMES, "balance": AMOUNTS, "email": NAMES},
    "Invoice": {
        "customer_id": SOURCES,
        "total_amount": AMOUNTS,
        "effective_date": st.sampled_from(["2026-01-01", "2026-02-01"]),
    },
}
SYSTEM = {
    "_version": st.integers(1, 3),
    "source_id": SOURCES,
    "_created_at": st.just("2026-01-01T00:00:00.010Z"),
}


@st.composite
def queries(draw: st.DrawFn, entity: str) -> dict[str, Any]:
    fields = {**OPERANDS[entity], **SYSTEM}
    where: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(sorted(fields)), unique=True, max_size=2)):
        operator = draw(st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte", "in"]))
        value = draw(
            st.lists(fields[name].filter(lambda each: each is not None), max_size=3)
            if operator == "in"
            else fields[name]
        )
        if value is None and operator not in ("eq", "ne"):
            continue
        where[name] = {operator: value}
    order = [
        {"field": name, "direction": draw(st.sampled_from(["asc", "desc"]))}
        for name in draw(
            st.lists(st.sampled_from([*sorted(fields), "connection_id"]), unique=True, max_size=2)
        )
    ]
    return {
        "where": where,
        "order_by": order,
        "limit": draw(st.sampled_from([None, 0, 1, 2, 5])),
        "offset": draw(st.sampled_from([None, 0, 1, 3])),
        "include": ["customer"] if entity == "Invoice" and draw(st.booleans()) else [],
    }


class ReadsThrough(RuleBasedStateMachine):
    """Random writes of one run at a time. `commit` compares what it answers before and after."""

    new_world: Any

    @initialize()
    def begin(self) -> None:
        self.world = type(self).new_world()
        self.unit = self.world.unit()
        self.asked: list[tuple[str, dict[str, Any]]] = [
            ("Customer", {}),
            ("Invoice", {"include": ["customer"]}),
        ]
        self.ids: list[tuple[str, str]] = []
        self.before = self.world.rows()

    def attempt(self, call: Any) -> Any:
        try:
            return call()
        except GuestError:
            return None

    @rule(data=st.data(), entity=ENTITIES, source=st.none() | SOURCES)
    def create(self, data: st.DataObject, entity: str, source: str | None) -> None:
        attrs = {**data.draw(PAYLOADS[entity]), "source_id": source}
        made = self.attempt(lambda: self.unit.create(entity, attrs))
        if made:
            self.ids.append((entity, made["id"]))

    @rule(data=st.data(), entity=ENTITIES, source=SOURCES, key=KEYS)
    def ingest(self, data: st.DataObject, entity: str, source: str, key: str) -> None:
        payload = {**data.draw(PAYLOADS[entity]), "source_id": source}
        made = self.attempt(lambda: self.unit.ingest(entity.lower(), payload, "stream", key))
        if made:
            self.ids.append((entity, made["id"]))

    @rule(data=st.data(), entity=ENTITIES)
    def batch(self, data: st.DataObject, entity: str) -> None:
        payloads = data.draw(st.lists(PAYLOADS[entity], max_size=3))
        items = [
            {"payload": payload, "idempotencyKey": data.draw(KEYS), "sourceId": data.draw(SOURCES)}
            for payload in payloads
        ]
        go_on = data.draw(st.booleans())
        self.attempt(lambda: self.unit.ingest_batch(entity.lower(), items, "stream", continue_on_error=go_on))

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def update(self, data: st.DataObject) -> None:
        entity, record = data.draw(st.sampled_from(self.ids))
        attrs = data.draw(PAYLOADS[entity])
        kept = {key: attrs[key] for key in data.draw(st.lists(st.sampled_from(sorted(attrs)), unique=True))}
        self.attempt(lambda: self.unit.update(entity, record, kept))

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        entity, record = data.draw(st.sampled_from(self.ids))
        self.unit.delete(entity, record)

    @rule(value=st.integers(0, 3), partition=st.sampled_from([None, "eu"]))
    def checkpoint(self, value: int, partition: str | None) -> None:
        self.unit.set_checkpoint("stream", {"cursor": value}, partition)

    @rule(data=st.data(), entity=ENTITIES)
    def ask(self, data: st.DataObject, entity: str) -> None:
        query = data.draw(queries(entity))
        self.asked.append((entity, query))
        self.answer(entity, query)

    @rule()
    def commit(self) -> None:
        staged = self.answers()
        self.unit.commit()
        self.unit = self.world.unit()
        assert self.answers() == staged
        self.before = self.world.rows()

    @rule()
    def discard(self) -> None:
        self.unit.discard()
        self.unit = self.world.unit()

    @invariant()
    def nothing_is_stored_before_the_commit(self) -> None:
        if hasattr(self, "world"):
            assert self.world.rows() == self.before

    def answer(self, entity: str, query: dict[str, Any]) -> Any:
        where = query.get("where")
        return [
            self.unit.query(entity, **query),
            self.unit.count(entity, where),
            self.unit.exists(entity, where),
        ]

    def answers(self) -> Any:
        return [
            [self.answer(entity, query) for entity, query in self.asked],
            [self.unit.get(entity, record) for entity, record in self.ids],
            [self.unit.history(entity, record) for entity, record in self.ids],
            [self.unit.get_checkpoint("stream", partition) for partition in (None, "eu")],
        ]


def run(new_world: Any, **more: Any) -> None:
    class Machine(ReadsThrough):
        pass

    Machine.new_world = staticmethod(new_world)
    checks = list(HealthCheck)
    run_state_machine_as_test(Machine, settings=settings(deadline=None, suppress_health_check=checks, **more))


def test_reads_through_staged_writes_equal_reads_after_the_commit(new_world: Any) -> None:
    run(new_world, max_examples=100, stateful_step_count=30)


def test_the_state_machine_notices_a_query_that_looks_at_the_tables_alone(
    new_world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def matching(staging: Staging, session: Any, view: Any, query: Any) -> Any:
        return view.loaded(session, search(session, query, query.limit, query.offset))

    monkeypatch.setattr(Staging, "matching", matching)
    with pytest.raises(AssertionError):
        run(new_world, max_examples=100, phases=[Phase.generate], database=None, report_multiple_bugs=False)
