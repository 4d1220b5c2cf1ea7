"""Runs that a dead host left without an end."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policies.audit.records import Body


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run without an end: its tenant, its identity as recorded, and the numbers of its calls."""

    tenant: str
    who: Body
    calls: list[int]


def open_runs(db: sqlite3.Connection, segment: str) -> Iterator[OpenRun]:
    """The open runs of a segment, as far as its records can still be read."""
    sought = """SELECT chain, tenant, run, first FROM open_run JOIN chain ON chain.id = chain
        WHERE segment = ? ORDER BY chain, first"""
    for chain, tenant, run, first in db.execute(sought, (segment,)).fetchall():
        decisions = list(_decisions(db, chain, first, run))
        if decisions:
            yield OpenRun(tenant, decisions[0]["run"], [record["seq"] for record in decisions])


def _decisions(db: sqlite3.Connection, chain: int, first: int, run: str) -> Iterator[dict[str, Any]]:
    sought = "SELECT line FROM record WHERE chain = ? AND n >= ? ORDER BY n"
    for (line,) in db.execute(sought, (chain, first)):
        try:
            record = json.loads(line)
            wanted = (
                record["type"] == "decision" and record["run"]["id"] == run and type(record["seq"]) is int
            )
        except (ValueError, LookupError, TypeError):
            # Changed by somebody: verification names it; it must not keep the host from starting.
            continue
        if wanted:
            yield record
