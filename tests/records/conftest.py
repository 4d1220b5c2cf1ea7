"""A database in a folder of its own, an install with two connections, and units of work on them."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from sandbox_host.db import Database
from sandbox_host.installs import ensure_connection, ensure_install
from sandbox_host.records import ExtensionFields, Origin, UnitOfWork

FIELDS = ExtensionFields.from_manifest(
    {
        "entity": {
            "Customer": {"tier": {"label": "Tier", "type": "select", "options": ["gold", "silver"]}},
            "Invoice": {"risk": {"label": "Risk", "type": "number"}},
        },
        "line": {
            "Invoice": {
                "line_items": {
                    "stripe_balance_transaction_id": {"label": "Balance transaction", "type": "string"},
                    "stripe_tax_behavior": {
                        "label": "Stripe tax behavior",
                        "type": "select",
                        "options": ["inclusive", "exclusive", "unspecified"],
                    },
                    "stripe_fee_amount": {
                        "label": "Stripe fee",
                        "type": "currency",
                        "currencyField": "currency",
                    },
                }
            }
        },
    }
)


@dataclass
class Clock:
    """A clock that moves when it is told to, and a little at each look."""

    moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    step: timedelta = timedelta(milliseconds=1)

    def __call__(self) -> datetime:
        self.moment += self.step
        return self.moment


@dataclass
class World:
    """A migrated database and who runs in it."""

    db: Database
    path: Path
    origin: Origin
    other_connection: Origin
    other_tenant: Origin
    clock: Clock = field(default_factory=Clock)
    fields: ExtensionFields = FIELDS

    def unit(
        self,
        ends: Literal["atomic", "immediate"] = "atomic",
        *,
        observe: bool = False,
        origin: Origin | None = None,
        fields: ExtensionFields | None = None,
    ) -> UnitOfWork:
        origin = origin or self.origin
        return UnitOfWork(self.db, origin, fields or self.fields, ends=ends, observe=observe, now=self.clock)

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, read behind the host's back."""
        with sqlite3.connect(self.path / "state.db") as driver:
            tables = driver.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            return {name: sorted(driver.execute(f'SELECT * FROM "{name}"'), key=repr) for (name,) in tables}


def build(folder: Path) -> World:
    db = Database.open(folder)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    origins = []
    for tenant, name in (("acme", "live"), ("acme", "test"), ("globex", "live")):
        install = ensure_install(db, tenant, "stripe", publisher="backfill", now=now)
        connection = ensure_connection(db, tenant, install.id, name, now=now)
        origins.append(Origin(tenant, install.id, connection.id, "stripe", "stripe", "user:ada"))
    return World(db, folder, *origins)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database to copy: migrating takes longer than most tests."""
    folder = tmp_path_factory.mktemp("template")
    build(folder).db.close()
    return folder


@pytest.fixture
def new_world(template: Path, tmp_path: Path) -> Iterator[Callable[[], World]]:
    """Makes worlds that know nothing of each other."""
    made: list[World] = []

    def make() -> World:
        folder = tmp_path / f"world{len(made)}"
        shutil.copytree(template, folder)
        world = build(folder)
        made.append(world)
        return world

    yield make
    for world in made:
        world.db.close()


@pytest.fixture
def world(new_world: Callable[[], World]) -> World:
    return new_world()


@pytest.fixture
def plugin(world: World) -> Origin:
    """An extension of the same tenant that is no connector."""
    install = ensure_install(world.db, "acme", "tax", publisher="other", now=world.clock())
    return replace(world.origin, install=install.id, connection=None, source_system="tax", extension="tax")
