"""SQL for the hot path, held to a tenant by its own text.

The ORM costs more than the work on a path that runs thousands of times a second. `Scoped` is SQL that says
the tenant for every table it touches; text that does not is refused when the statement is made, which is at
import or on the first query of a shape, and a session runs no other text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sandbox_host.db.tables import TENANT_TABLES


class UnscopedStatement(Exception):
    """A statement that cannot be held to one tenant."""


_KINDS = ("SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ")
_WIDENS = re.compile(r"['\"`;\[]|--|/\*|\b(OR|UNION|WITH|INTERSECT|EXCEPT|RETURNING)\b", re.IGNORECASE)
_INSERT = re.compile(r"\AINSERT INTO (\w+) \(tenant, [\w, ]+\) VALUES \(:tenant, [:\w, ]+\)")
_TABLE = re.compile(r"\b(?:FROM|JOIN|(?<!DO )UPDATE)\s+(\w+)(?:\s+AS\s+(\w+))?", re.IGNORECASE)
_SOURCES = re.compile(r"\bFROM\b((?:(?!\bWHERE\b).)*)", re.IGNORECASE | re.DOTALL)
_ASSIGNED = re.compile(r"\bSET\b((?:(?!\bWHERE\b).)*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Scoped:
    """One statement in which every table is limited to `:tenant`.

    Write `FROM table AS alias` with `alias.tenant = :tenant` for each table (`UPDATE` and `DELETE FROM`
    without an alias), and `INSERT INTO table (tenant, …) VALUES (:tenant, …)`. `OR`, comma joins, set
    operations and literals are refused: they could widen what the conditions say. Raises
    `UnscopedStatement`.
    """

    sql: str
    writes: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "writes", not self.sql.startswith("SELECT "))
        problem = _problem(self.sql)
        if problem:
            raise UnscopedStatement(f"{problem}: {self.sql}")


def _problem(sql: str) -> str | None:
    if not sql.startswith(_KINDS):
        return "only SELECT, INSERT INTO, UPDATE and DELETE FROM can be scoped"
    if _WIDENS.search(sql):
        return "OR, set operations, RETURNING, quotes and comments cannot be scoped"
    insert = _INSERT.match(sql)
    if sql.startswith("INSERT") and not (insert and insert.group(1) in TENANT_TABLES):
        return "an INSERT names a tenant's table, and tenant first with the value :tenant"
    if any("," in sources for sources in _SOURCES.findall(sql)):
        return "tables are joined with JOIN, not with a comma"
    if any(re.search(r"\btenant\b", assigned, re.IGNORECASE) for assigned in _ASSIGNED.findall(sql)):
        return "tenant cannot be set"
    for table, alias in _TABLE.findall(sql):
        if table not in TENANT_TABLES:
            return f"{table} is not a table of a tenant"
        if not re.search(rf"\b{alias or table}\.tenant = :tenant\b", sql):
            return f"{alias or table} is not limited by {alias or table}.tenant = :tenant"
    return None
