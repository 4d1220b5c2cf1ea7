"""A query as SQL over the stored rows. The text depends on the query's shape alone and is made once per shape.

How the rows are reached is decided here, and not left to statistics that the database may not have:

1. Where the conditions on one indexed field leave few records, those are fetched and sorted.
2. Else, where the order is by an indexed field, the index is walked in its order until the page is full.
3. Else the records are walked in the order that is asked for, and tested: each by itself where many pass, against
   the list of those that pass where they are fewer.
"""

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

_FEW = 1000
"""How many records may be fetched to be sorted."""
_MANY = 10_000
"""How many records that pass are too many to list."""

Shape = tuple[tuple[str, str, bool, int], ...]
"""Per condition: field, operator, whether it compares with null, how many values it has."""

Group = tuple[int, ...]
"""The places of the conditions that compare one indexed field with values."""


def search(session: TenantSession, query: Query, limit: int, offset: int) -> list[Row]:
    """Stored rows that match, in order, without declared fields."""
    shape = _shape(query)
    parameters = {**_parameters(query), **_order_parameters(query)}
    parameters |= {"limit": limit, "offset": offset, "few": _FEW, "one": 1}

    def more(group: Group, than: int) -> bool:
        return bool(session.run(_more(shape, group), {**parameters, "than": than}))

    groups = _groups(shape)
    few = next((group for group in groups if not more(group, _FEW)), None)
    many = tuple(group for group in groups if group != few and (few is not None or more(group, _MANY)))
    if few is None and _by_index(query.order):
        rows = session.run(_statement(COLUMNS, shape, query.order, many=many, present=True), parameters)
        if len(rows) == limit:
            return [row_from(each) for each in rows]
    rows = session.run(_statement(COLUMNS, shape, query.order, few=few, many=many), parameters)
    return [row_from(each) for each in rows]


def count_stored(session: TenantSession, query: Query) -> int:
    """How many stored rows match."""
    return session.run(_statement("COUNT(*)", _shape(query)), _parameters(query))[0][0]


def stored_ids(session: TenantSession, query: Query) -> set[str]:
    """The ids of the stored rows that match."""
    return {row[0] for row in session.run(_statement("r.id", _shape(query)), _parameters(query))}


def _shape(query: Query) -> Shape:
    return tuple(
        (each.field, each.operator, each.key is None, len(each.key) if isinstance(each.key, tuple) else 1)
        for each in query.conditions
    )


def _by_index(order: tuple[Order, ...]) -> bool:
    return len(order) == 1 and order[0].field not in _COLUMN


@lru_cache(maxsize=512)
def _groups(shape: Shape) -> tuple[Group, ...]:
    groups: dict[str, list[int]] = {}
    for number, (field, operator, null, values) in enumerate(shape):
        if field not in _COLUMN and operator != "ne" and not null and values:
            groups.setdefault(field, []).append(number)
    return tuple(tuple(group) for group in groups.values())


@lru_cache(maxsize=512)
def _more(shape: Shape, group: Group) -> Scoped:
    """A row where the group has more records than that."""
    return Scoped(f"{_in_index(shape, group)} LIMIT :one OFFSET :than")


def _in_index(shape: Shape, group: Group) -> str:
    """The records of which the index says that they meet the conditions of the group."""
    w = f"w{group[0]}"
    tests = [f" AND {_compare(f'{w}.key', number, *shape[number][1:])}" for number in group]
    return (
        f"SELECT {w}.record FROM record_index AS {w} WHERE {w}.tenant = :tenant AND {w}.entity = :entity"
        f" AND {w}.extension = :we{group[0]} AND {w}.field = :wf{group[0]}{''.join(tests)}"
    )


def _compare(what: str, number: int, operator: str, null: bool, values: int) -> str:
    places = ", ".join(f":k{number}_{index}" for index in range(values))
    return f"{what} IN ({places})" if operator == "in" else f"{what} {_COMPARE[operator]} {places}"


@lru_cache(maxsize=512)
def _statement(
    columns: str,
    shape: Shape,
    order: tuple[Order, ...] = (),
    *,
    few: Group | None = None,
    many: tuple[Group, ...] = (),
    present: bool = False,
) -> Scoped:
    """few: the group to start from. many: groups that each record is tested for by itself. present: only records
    that have what the order is by, along its index."""
    source, terms = "record AS r", []
    if few is not None:
        source = f"({_in_index(shape, few)} LIMIT :few) AS c JOIN record AS r ON r.tenant = :tenant AND r.id = c.record"
    for number, term in enumerate(order):
        direction = "DESC" if term.descending else "ASC"
        o = f"o{number}"
        if term.field in _COLUMN:
            absent = "r.connection = :empty, " if term.field == "connection_id" else ""
            terms.append(f"{absent}{_COLUMN[term.field]} {direction}")
            continue
        which = f"{o}.tenant = :tenant AND {o}.extension = :oe{number} AND {o}.field = :of{number}"
        if present:
            source = f"record_index AS {o} JOIN record AS r ON r.tenant = :tenant AND r.id = {o}.record AND {which}"
            source += f" AND {o}.entity = :entity"
            terms.append(f"{o}.key {direction}, {o}.record {direction}")
        else:
            source += f" LEFT JOIN record_index AS {o} ON {which} AND {o}.record = r.id"
            terms.append(f"{o}.key IS NULL, {o}.key {direction}")
    conditions = [_in_group(shape, group, group in many) for group in _groups(shape) if group != few]
    grouped = {number for group in _groups(shape) for number in group}
    conditions += [_condition(number, *each) for number, each in enumerate(shape) if number not in grouped]
    sql = f"SELECT {columns} FROM {source} WHERE r.tenant = :tenant AND r.entity = :entity AND r.deleted = :alive"
    sql += "".join(f" AND {condition}" for condition in conditions)
    if order:
        if not present:
            terms.append(f"r.id {'DESC' if order[-1].descending else 'ASC'}")
        sql += f" ORDER BY {', '.join(terms)} LIMIT :limit OFFSET :offset"
    return Scoped(sql)


def _in_group(shape: Shape, group: Group, many: bool) -> str:
    listed = _in_index(shape, group)
    return f"EXISTS ({listed} AND w{group[0]}.record = r.id)" if many else f"r.id IN ({listed})"


def _condition(number: int, field: str, operator: str, null: bool, values: int) -> str:
    """A condition on a column of the record, or on whether a field is absent."""
    if operator == "in" and not values:
        return "r.id = :empty"
    if field in _COLUMN:
        column = _COLUMN[field]
        if null:
            return f"{column} {_COMPARE[operator]} :empty"
        # No connection is stored as the empty text, and compares as absent.
        present = f" AND {column} <> :empty" if field == "connection_id" and operator in ("lt", "lte") else ""
        return f"{_compare(column, number, operator, null, values)}{present}"
    w = f"w{number}"
    negated = (operator == "ne") != null
    test = "" if null else f" AND {_compare(f'{w}.key', number, 'eq', null, values)}"
    return (
        f"r.id {'NOT IN' if negated else 'IN'} (SELECT {w}.record FROM record_index AS {w}"
        f" WHERE {w}.tenant = :tenant AND {w}.entity = :entity AND {w}.extension = :we{number}"
        f" AND {w}.field = :wf{number}{test})"
    )


def _parameters(query: Query) -> dict[str, Any]:
    parameters: dict[str, Any] = {"entity": query.contract.entity, "alive": False, "empty": ""}
    for number, condition in enumerate(query.conditions):
        parameters[f"we{number}"] = query.extension if condition.own else ""
        parameters[f"wf{number}"] = condition.field
        for index, key in enumerate(_keys(condition)):
            parameters[f"k{number}_{index}"] = key
    return parameters


def _order_parameters(query: Query) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for number, term in enumerate(query.order):
        parameters[f"oe{number}"] = query.extension if term.own else ""
        parameters[f"of{number}"] = term.field
    return parameters


def _keys(condition: Condition) -> tuple[Any, ...]:
    return condition.key if isinstance(condition.key, tuple) else (condition.key,)
