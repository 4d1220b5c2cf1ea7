"""A query as SQL over the stored rows. The text depends on the query's shape alone and is made once per shape."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sandbox_host.db import Scoped, TenantSession
from sandbox_host.records.query import Condition, Order, Query
from sandbox_host.records.row import Row
from sandbox_host.records.store import COLUMNS, row_from

_COLUMN = {
    "id": "r.id",
    "_created_at": "r.created_at",
    "_updated_at": "r.updated_at",
    "_version": "r.version",
    "source_system": "r.source_system",
    "source_id": "r.source_id",
    "connection_id": "r.connection",
}
_COMPARE = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}

Shape = tuple[tuple[str, str, bool, int], ...]
"""Per condition: field, operator, whether it compares with null, how many values it has."""


def search(session: TenantSession, query: Query, limit: int, offset: int) -> list[Row]:
    """Stored rows that match, in order, without declared fields."""
    statement = _statement(f"{COLUMNS}", _shape(query), query.order, True)
    parameters = {**_parameters(query), **_order_parameters(query), "limit": limit, "offset": offset}
    return [row_from(each) for each in session.run(statement, parameters)]


def count_stored(session: TenantSession, query: Query) -> int:
    """How many stored rows match."""
    return session.run(_statement("COUNT(*)", _shape(query), (), False), _parameters(query))[0][0]


def stored_ids(session: TenantSession, query: Query) -> set[str]:
    """The ids of the stored rows that match."""
    return {row[0] for row in session.run(_statement("r.id", _shape(query), (), False), _parameters(query))}


def _shape(query: Query) -> Shape:
    return tuple(
        (each.field, each.operator, each.key is None, len(each.key) if isinstance(each.key, tuple) else 1)
        for each in query.conditions
    )


@lru_cache(maxsize=512)
def _statement(columns: str, shape: Shape, order: tuple[Order, ...], paged: bool) -> Scoped:
    joins, terms = [], []
    for number, term in enumerate(order):
        direction = "DESC" if term.descending else "ASC"
        if term.field in _COLUMN:
            absent = "r.connection = :empty, " if term.field == "connection_id" else ""
            terms.append(f"{absent}{_COLUMN[term.field]} {direction}")
        else:
            joins.append(
                f" LEFT JOIN record_index AS o{number} ON o{number}.tenant = :tenant"
                f" AND o{number}.record = r.id AND o{number}.field = :of{number}"
            )
            terms.append(f"o{number}.key IS NULL, o{number}.key {direction}")
    conditions = "".join(f" AND {_condition(number, *part)}" for number, part in enumerate(shape))
    sql = (
        f"SELECT {columns} FROM record AS r{''.join(joins)} WHERE r.tenant = :tenant AND r.entity = :entity"
        f" AND r.deleted = :alive{conditions}"
    )
    if paged:
        direction = "DESC" if order[-1].descending else "ASC"
        sql += f" ORDER BY {', '.join([*terms, f'r.id {direction}'])} LIMIT :limit OFFSET :offset"
    return Scoped(sql)


def _condition(number: int, field: str, operator: str, null: bool, values: int) -> str:
    places = ", ".join(f":k{number}_{index}" for index in range(values))
    if operator == "in" and not values:
        return "r.id = :empty"
    if field in _COLUMN:
        column = _COLUMN[field]
        if operator == "in":
            return f"{column} IN ({places})"
        # No connection is stored as the empty text, and compares as absent.
        present = f" AND {column} <> :empty" if field == "connection_id" and operator in ("lt", "lte") else ""
        return f"{column} {_COMPARE[operator]} {':empty' if null else places}{present}"
    negated = (operator == "ne") != (null and operator in ("eq", "ne"))
    test = ""
    if operator == "in":
        test = f" AND w{number}.key IN ({places})"
    elif not null:
        test = f" AND w{number}.key {_COMPARE['eq' if operator == 'ne' else operator]} {places}"
    return (
        f"r.id {'NOT IN' if negated else 'IN'} (SELECT w{number}.record FROM record_index AS w{number}"
        f" WHERE w{number}.tenant = :tenant AND w{number}.entity = :entity AND w{number}.field = :wf{number}{test})"
    )


def _parameters(query: Query) -> dict[str, Any]:
    parameters: dict[str, Any] = {"entity": query.contract.entity, "alive": False, "empty": ""}
    for number, condition in enumerate(query.conditions):
        parameters[f"wf{number}"] = condition.field
        for index, key in enumerate(_keys(condition)):
            parameters[f"k{number}_{index}"] = key
    return parameters


def _order_parameters(query: Query) -> dict[str, Any]:
    return {f"of{number}": term.field for number, term in enumerate(query.order)}


def _keys(condition: Condition) -> tuple[Any, ...]:
    return condition.key if isinstance(condition.key, tuple) else (condition.key,)
