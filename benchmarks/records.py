"""How fast are records found and taken in?

    python benchmarks/records.py [--quick] [--json]

Queries by an indexed custom field over 100,000 records, and batches of 100 documents, each staged and committed
as a run does it. A target that is missed is printed and is no failure: machines differ.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox_host.db import Database
from sandbox_host.installs import ensure_connection, ensure_install
from sandbox_host.records import ExtensionSchema, Origin, UnitOfWork
from sandbox_host.records.registry import take_up

RECORDS, QUICK_RECORDS = 100_000, 2_000
BATCH = 100
QUERY_MS, BATCH_MS = 20.0, 60.0
STATES = ("draft", "active", "archived")

SCHEMA = ExtensionSchema.declared(
    {
        "entity": {
            "Invoice": {
                "risk": {"label": "Risk", "type": "number", "index": True},
                "tier": {"label": "Tier", "type": "select", "options": list(STATES), "index": True},
            }
        },
        "line": {"Invoice": {"line_items": {"fee": {"label": "Fee", "type": "decimal"}}}},
    },
    {
        "Nexus": {
            "code": {"type": "string", "required": True, "index": True},
            "state": {"type": "enum", "values": list(STATES), "index": True},
            "rate": {"type": "decimal", "index": True},
            "street": {"type": "string"},
            "city": {"type": "string"},
        }
    },
)


@dataclass(frozen=True)
class Figure:
    """One measurement, in milliseconds."""

    what: str
    median_ms: float
    p99_ms: float
    target_ms: float | None

    @property
    def met(self) -> bool | None:
        return None if self.target_ms is None else self.median_ms <= self.target_ms


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument(
        "--quick", action="store_true", help="a few records and rounds, to see that it works"
    )
    options.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = options.parse_args()
    records, rounds = (QUICK_RECORDS, 5) if chosen.quick else (RECORDS, 100)
    with tempfile.TemporaryDirectory(prefix="backfill-bench-") as folder:
        figures = list(_measure(Path(folder), records, rounds))
    machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    if chosen.json:
        lines = [{**asdict(figure), "met": figure.met} for figure in figures]
        print(json.dumps({"machine": machine, "records": records, "rounds": rounds, "figures": lines}))
        return
    print(f"{machine}; {records:,} records of each kind, {rounds} rounds\n")
    for figure in figures:
        target = (
            ""
            if figure.met is None
            else f"  target {figure.target_ms:g}: {'met' if figure.met else 'MISSED'}"
        )
        print(f"{figure.what:60} {figure.median_ms:8.2f} ms  p99 {figure.p99_ms:8.2f} ms{target}")


def _measure(folder: Path, records: int, rounds: int) -> Iterator[Figure]:
    db = Database.open(folder)
    now = datetime.now(UTC)
    install = ensure_install(db, "bench", "bench", publisher="bench", now=now)
    connection = ensure_connection(db, "bench", install.id, "live", now=now)
    origin = Origin("bench", install.id, connection.id, "bench", "bench", "user:bench")
    take_up(db, "bench", install.id, SCHEMA)

    def unit() -> UnitOfWork:
        return UnitOfWork(db, origin, SCHEMA, ends="atomic", observe=False, now=lambda: datetime.now(UTC))

    try:
        _fill(unit, records)
        yield from _queries(unit, records, rounds)
        yield from _batches(unit, rounds)
    finally:
        db.close()


def _fill(unit: Callable[[], UnitOfWork], records: int) -> None:
    for start in range(0, records, 2_000):
        one = unit()
        for number in range(start, min(start + 2_000, records)):
            state = STATES[number % 3]
            rate = f"{number % 1000}.25"
            one.create("Nexus", {"code": f"n_{number}", "state": state, "rate": rate, "city": "Austin"})
            one.ingest("invoice", {"id": number, "risk": number, "tier": state}, "fill", f"fill:{number}")
        one.commit()


def _queries(unit: Callable[[], UnitOfWork], records: int, rounds: int) -> Iterator[Figure]:
    low = records // 40
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "one record by equality": ("Nexus", {"where": lambda n: {"code": f"n_{n}"}}),
        "a range of decimals": ("Nexus", {"where": lambda n: {"rate": {"gt": n % 1000, "lt": n % 1000 + 1}}}),
        "a third of the records, newest 50": ("Nexus", {"where": lambda n: {"state": STATES[n % 3]}}),
        "sorted by an indexed field, first 50": ("Nexus", {"order_by": lambda _: [{"field": "rate"}]}),
        "one record by equality ": ("Invoice", {"where": lambda n: {"risk": n}}),
        "a range": ("Invoice", {"where": lambda n: {"risk": {"gte": n, "lt": n + 50}}}),
        "a third of the records, newest 50 ": ("Invoice", {"where": lambda n: {"tier": STATES[n % 3]}}),
        "two conditions": (
            "Invoice",
            {"where": lambda n: {"tier": "draft", "risk": {"gte": n, "lt": n + 90}}},
        ),
        "the oldest fortieth, newest 50 of them": ("Invoice", {"where": lambda _: {"risk": {"lt": low}}}),
    }
    rows = [index * 7919 % records for index in range(rounds)]
    for what, (entity, arguments) in asked.items():

        def ask(n: int, entity: str = entity, arguments: dict[str, Any] = arguments) -> None:
            unit().query(entity, **{name: make(n) for name, make in arguments.items()})

        holder = "custom entity" if entity == "Nexus" else "declared field"
        yield _figure(f"{holder}, {what.strip()}", ask, rows, QUERY_MS)
    yield _figure(
        "declared field, count of a third",
        lambda n: unit().count("Invoice", {"tier": STATES[n % 3]}),
        rows,
        None,
    )


def _batches(unit: Callable[[], UnitOfWork], rounds: int) -> Iterator[Figure]:
    def ingest(number: int, repeat: bool = False) -> None:
        one = unit()
        start = 0 if repeat else (number + 1) * BATCH
        items: Any = [_invoice(f"b_{start + index}", number) for index in range(BATCH)]
        one.ingest_batch("invoice", items, "bench")
        one.commit()

    rows = range(rounds)
    yield _figure("ingest.batch of 100 new invoices of 5 lines", ingest, rows, BATCH_MS)
    yield _figure(
        "ingest.batch of 100 changed invoices", lambda number: ingest(number, repeat=True), rows, BATCH_MS
    )


def _invoice(source: str, version: int) -> dict[str, Any]:
    lines = [
        {"line_key": f"l{index}", "description": "A line", "amount": "12.30", "quantity": 1, "fee": "0.30"}
        for index in range(5)
    ]
    payload = {
        "id": source, "document_number": source, "customer_id": "cus_1", "status": "open", "currency": "usd",
        "subtotal": "61.50", "total_amount": "61.50", "issued_at": "2026-01-01T00:00:00Z", "risk": version,
        "tier": "draft", "line_items": lines,
    }  # fmt: skip
    return {"payload": payload, "idempotencyKey": f"bench:invoice:{source}"}


def _figure(what: str, act: Callable[[int], Any], rows: Any, target_ms: float | None) -> Figure:
    act(0)
    taken: list[float] = []
    for row in rows:
        start = time.perf_counter()
        act(row)
        taken.append((time.perf_counter() - start) * 1000)
    taken.sort()
    p99 = taken[min(len(taken) - 1, round(len(taken) * 0.99))]
    return Figure(what, round(statistics.median(taken), 3), round(p99, 3), target_ms)


if __name__ == "__main__":
    main()
