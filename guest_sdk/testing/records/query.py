"""Queries: understood once, then answered in memory as the host's database answers them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import TypeAlias

from guest_sdk.testing.errors import Refused, invalid
from guest_sdk.testing.records.contract import Contract
from guest_sdk.testing.records.row import SYSTEM_TYPES, Row
from guest_sdk.testing.records.values import Value, conform, is_number, order_key, plain

Key: TypeAlias = "str | int"

_OPERATORS = ("eq", "ne", "gt", "gte", "lt", "lte", "in")
_DEFAULT_LIMIT = 50
_MAX_LIMIT = 1000
_MAX_OFFSET = 1_000_000
_MAX_IN = 1000


@dataclass(frozen=True, slots=True)
class _Condition:
    """key: what is compared with; of `in`, all of them."""

    field: str
    operator: str
    key: Key | tuple[Key | None, ...] | None

    def holds(self, key: Key | None) -> bool:
        wanted = self.key
        if self.operator == "eq":
            return key == wanted
        if self.operator == "ne":
            return key != wanted
        if isinstance(wanted, tuple):
            return key is not None and key in wanted
        if key is None or wanted is None:
            return False
        order = _compare(key, wanted)
        return {"gt": order > 0, "gte": order >= 0, "lt": order < 0, "lte": order <= 0}[self.operator]


@dataclass(frozen=True, slots=True)
class _Order:
    field: str
    descending: bool


class Query:
    """A query over the live records of one entity."""

    def __init__(
        self,
        contract: Contract,
        where: Value,
        order_by: Value = None,
        limit: Value = None,
        offset: Value = None,
    ) -> None:
        """Raises Refused naming the argument."""
        self.contract = contract
        self._conditions = _read_conditions(contract, where)
        self._order = _read_order(contract, order_by)
        self._limit = _read_count("limit", limit, _DEFAULT_LIMIT, _MAX_LIMIT)
        self._offset = _read_count("offset", offset, 0, _MAX_OFFSET)

    def matching(self, rows: Iterable[Row]) -> list[Row]:
        """Every record that matches."""
        return [
            row
            for row in rows
            if row.entity == self.contract.entity
            and not row.deleted
            and all(one.holds(row.key_of(self.contract, one.field)) for one in self._conditions)
        ]

    def page(self, rows: Iterable[Row]) -> list[Row]:
        """One page of those, in order. An absent field sorts last in both directions."""
        ordered = sorted(self.matching(rows), key=cmp_to_key(self._in_order))
        return ordered[self._offset : self._offset + self._limit]

    def _in_order(self, a: Row, b: Row) -> int:
        for term in self._order:
            left, right = a.key_of(self.contract, term.field), b.key_of(self.contract, term.field)
            if left is None or right is None:
                order = (left is None) - (right is None)
            else:
                order = _compare(left, right) * (-1 if term.descending else 1)
            if order:
                return order
        return _compare(a.id, b.id) * (-1 if self._order[-1].descending else 1)


def read_include(contract: Contract, include: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Include name → the field and the entity. Raises Refused naming what can be included."""
    known = contract.includes
    for name in include:
        if name not in known:
            names = ", ".join(known) or "nothing"
            raise invalid(f"include: {contract.entity} can bring along {names}, not '{name}'")
    return {name: known[name] for name in include}


def _compare(a: Key, b: Key) -> int:
    if isinstance(a, int) and isinstance(b, int):
        return (a > b) - (a < b)
    left, right = str(a), str(b)
    return (left > right) - (left < right)


def _read_conditions(contract: Contract, where: Value) -> list[_Condition]:
    if where is None:
        return []
    if not isinstance(where, dict):
        raise invalid("where is an object: field → value, or field → {operator: value}")
    conditions: list[_Condition] = []
    for name, wanted in where.items():
        kind = _type_of(contract, name, "where")
        for operator, value in (wanted if isinstance(wanted, dict) else {"eq": wanted}).items():
            if operator not in _OPERATORS:
                raise invalid(f"where.{name}: '{operator}' is not one of {', '.join(_OPERATORS)}")
            path = f"where.{name}.{operator}"
            conditions.append(_Condition(name, operator, _read_operand(path, kind, operator, value)))
    return conditions


def _type_of(contract: Contract, name: str, argument: str) -> str:
    if name in SYSTEM_TYPES:
        return SYSTEM_TYPES[name]
    indexed = {field: spec for field, spec in contract.fields.items() if spec.index} | dict(contract.own)
    if name in indexed:
        return indexed[name].type
    known = ", ".join([*SYSTEM_TYPES, *indexed])
    raise invalid(f"{argument}.{name}: not an indexed field of {contract.entity}; these are: {known}")


def _read_operand(path: str, kind: str, operator: str, value: Value) -> Key | tuple[Key | None, ...] | None:
    if operator != "in":
        return None if value is None and operator in ("eq", "ne") else _read_key(path, kind, value)
    if not isinstance(value, list) or len(value) > _MAX_IN:
        raise invalid(f"{path} is a list of at most {_MAX_IN:,} values")
    return tuple(_read_key(f"{path}[{index}]", kind, each) for index, each in enumerate(value))


def _read_key(path: str, kind: str, value: Value) -> Key:
    try:
        if value is None:
            raise ValueError(f"null cannot be compared ({kind})")
        plain(value, path)
        kept = conform({"enum": "string", "version": "integer"}.get(kind, kind), value)
    except Refused as problem:
        raise invalid(problem.message) from None
    except ValueError as problem:
        raise invalid(f"{path}: {problem}") from None
    return kept if kind == "version" and isinstance(kept, int) else order_key(kind, kept)


def _read_order(contract: Contract, order_by: Value) -> list[_Order]:
    if order_by is None or order_by == []:
        return [_Order("_created_at", descending=True)]
    if not isinstance(order_by, list):
        raise invalid('orderBy is a list such as [{"field": "issued_at", "direction": "asc"}]')
    order: list[_Order] = []
    for index, term in enumerate(order_by):
        field = term.get("field") if isinstance(term, dict) else None
        if not isinstance(term, dict) or not isinstance(field, str):
            raise invalid(f"orderBy[{index}] is an object with a field and a direction")
        direction = term.get("direction") or "asc"
        if direction not in ("asc", "desc") or term.keys() - {"field", "direction"}:
            raise invalid(f'orderBy[{index}] has a field and a direction, "asc" or "desc", and nothing else')
        _type_of(contract, field, "orderBy")
        order.append(_Order(field, direction == "desc"))
    return order


def _read_count(name: str, value: Value, usual: int, most: int) -> int:
    if value is None:
        return usual
    if not is_number(value) or value != int(value) or not 0 <= value <= most:
        raise invalid(f"{name} is a whole number from 0 to {most:,}")
    return int(value)
