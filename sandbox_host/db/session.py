"""A session that belongs to one tenant.

- Reads through the ORM get the tenant's condition, on every table, alias and subquery in them.
- Writes through the ORM are checked before the flush: each row is, and was, the tenant's.
- What cannot be given the condition is refused: text, Core tables, `get` and `merge`, bulk helpers, bulk
  inserts and updates, and the bare connection.
- `run` and `run_many` execute `Scoped` statements, which carry the condition themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, cast

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    PoolProxiedConnection,
    Table,
    TextClause,
    event,
    inspect,
)
from sqlalchemy.orm import ORMExecuteState, UOWTransaction, with_loader_criteria
from sqlalchemy.sql import ClauseElement, CompoundSelect, visitors
from sqlmodel import Session, col

from sandbox_host.db.scoped import Scoped, UnscopedStatement
from sandbox_host.db.tables import ROWS, TENANT_TABLES

_TABLE = re.compile(r"(?:\bFROM|\bJOIN|,)\s+(\w+)(?:\s+AS\s+(\w+))?(?![\w.(])")


class TenantMismatch(Exception):
    """A write names a row of another tenant."""


class TenantSession(Session):
    """See the module. Made by `Database.tenant` only."""

    def __init__(self, engine: Engine, tenant: str, *, read_only: bool) -> None:
        super().__init__(engine, expire_on_commit=False)
        self.tenant = tenant
        self.read_only = read_only
        self._link: Connection | None = None
        self._engine = engine
        self._reading: PoolProxiedConnection | None = None

    def run(self, statement: Scoped, parameters: Mapping[str, Any] | None = None) -> list[Any]:
        """The rows that a SELECT answers; for a write, nothing."""
        cursor = self._cursor(statement)
        cursor.execute(statement.sql, {**(parameters or {}), "tenant": self.tenant})
        return [] if statement.writes else cursor.fetchall()

    def run_many(self, statement: Scoped, parameters: Sequence[Mapping[str, Any]]) -> int:
        """Perform a write for each set of parameters; how many rows it touched in all."""
        if not parameters:
            return 0
        cursor = self._cursor(statement)
        cursor.executemany(statement.sql, [{**each, "tenant": self.tenant} for each in parameters])
        return cursor.rowcount

    def _cursor(self, statement: Scoped) -> Any:
        if self.read_only and statement.writes:
            raise TenantMismatch("this session only reads")
        if self.read_only and not self.in_transaction():
            return self._reader().cursor()
        if self._link is None:
            self._link = super().connection()
        return self._link.connection.cursor()

    def _reader(self) -> PoolProxiedConnection:
        """A transaction on the driver's own connection: the ORM's costs ten times what it is for, on a path that
        every host call takes."""
        reading = self._reading
        if reading is None:
            reading = self._reading = self._engine.raw_connection()
            reading.cursor().execute("BEGIN")
        return reading

    @property
    def reads_statements(self) -> bool:
        """It has begun to read with Scoped statements; the ORM would see another moment of the database."""
        return self._reading is not None

    def close(self) -> None:
        """End the transaction and give the connection back."""
        super().close()
        if self._reading is not None:
            self._reading.close()
            self._reading = None

    def connection(self, *_: Any, **__: Any) -> NoReturn:
        raise UnscopedStatement(
            "a tenant's session does not lend its connection; use run with a Scoped statement"
        )

    def bulk_save_objects(self, *_: Any, **__: Any) -> NoReturn:
        raise UnscopedStatement("bulk writes pass the tenant's check by; use add, or run_many")

    bulk_insert_mappings = bulk_update_mappings = bulk_save_objects


@event.listens_for(TenantSession, "do_orm_execute")
def _hold_to_tenant(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, TenantSession)
    if not state.is_orm_statement or state.is_insert or state.is_update or state.is_from_statement:
        raise UnscopedStatement(f"only ORM selects and deletes can be scoped, not: {state.statement}")
    if session.read_only and not state.is_select:
        raise TenantMismatch("this session only reads")
    if session.reads_statements:
        raise UnscopedStatement("a session that only reads runs Scoped statements or ORM selects, not both")
    state.statement = state.statement.options(
        *(with_loader_criteria(row, col(row.tenant) == session.tenant, include_aliases=True) for row in ROWS)
    )
    problem = _unscoped(cast(ClauseElement, state.statement), session.tenant)
    if problem:
        raise UnscopedStatement(f"{problem}: {state.statement}")


def _unscoped(statement: ClauseElement, tenant: str) -> str | None:
    """Why a statement is not held to the tenant, judged by the SQL that it becomes."""
    for element in visitors.iterate(statement):
        if isinstance(element, TextClause | CompoundSelect):
            return "text and set operations cannot be scoped"
        if isinstance(element, Column) and isinstance(element.table, Table) and not _of_class(element):
            return "a table is reached through its class"
    compiled = statement.compile()
    values = compiled.params or {}
    for table, alias in _TABLE.findall(str(compiled)):
        conditions = re.findall(rf"\b{alias or table}\.tenant = :(\w+)", str(compiled))
        if table in TENANT_TABLES and tenant not in [values[name] for name in conditions]:
            return f"{alias or table} did not get the tenant's condition"
    return None


def _of_class(column: Column[Any]) -> bool:
    """Whether a column was written as an attribute of its mapped class, which is what gets the condition."""
    return "parententity" in column._annotations


@event.listens_for(TenantSession, "before_flush")
def _check_writes(session: TenantSession, _context: UOWTransaction, _instances: object) -> None:
    changed = [*session.new, *session.dirty, *session.deleted]
    if changed and session.read_only:
        raise TenantMismatch("this session only reads")
    for row in changed:
        before = inspect(row).attrs.tenant.history.deleted
        tenants = {row.tenant, *(before or ())}
        if tenants != {session.tenant}:
            raise TenantMismatch(
                f"{type(row).__name__} of tenant {row.tenant!r} in a session of another tenant"
            )
