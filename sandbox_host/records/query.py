"""Queries: understood once, then answered alike by the database and in memory.

A condition compares order keys. `ne` holds for an absent field, `eq` null for nothing but an absent one, and
the ordering operators never for one. An absent field sorts last in both directions; ties go by `id`, in the
direction of the last order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sandbox_host.errors import InvalidArgument, ValidationError
from sandbox_host.records.contract import Contract
from sandbox_host.records.row import SYSTEM_TYPES, Row, key_of
from sandbox_host.records.values import Json, conform, order_key, plain

OPERATORS = ("eq", "ne", "gt", "gte", "lt", "lte", "in")
DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET, MAX_IN, MAX_ORDER = 50, 1000, 1_000_000, 1000, 8

Key = str | int


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. `key` is None for null, a tuple for `in`. own: the reading extension declares the
    field."""

    field: str
    operator: str
    key: Key | tuple[Key, ...] | None
    own: bool = False

    def holds(self, key: Key | None) -> bool:
        match self.operator:
            case "eq":
                return key == self.key
            case "ne":
                return key != self.key
            case "in":
                return key in cast("tuple[Key, ...]", self.key)
        if key is None:
            return False
        order = (key > self.key) - (key < self.key)  # type: ignore[operator]
        return {"gt": order > 0, "gte": order >= 0, "lt": order < 0, "lte": order <= 0}[self.operator]


@dataclass(frozen=True, slots=True)
class Order:
    """One term of an order. own: the reading extension declares the field."""

    field: str
    descending: bool
    own: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A query over the live records of one entity. extension: the key of the one that reads."""

    contract: Contract
    extension: str
    conditions: tuple[Condition, ...]
    order: tuple[Order, ...] = (Order("_created_at", True),)
    limit: int = DEFAULT_LIMIT
    offset: int = 0

    def names(self) -> set[str]:
        """Every field that it compares or sorts by."""
        return {each.field for each in (*self.conditions, *self.order)}

    def matches(self, row: Row) -> bool:
        return not row.deleted and all(
            condition.holds(key_of(self.contract, self.extension, row, condition.field))
            for condition in self.conditions
        )

    def sorted(self, rows: Iterable[Row]) -> list[Row]:
        ordered = sorted(rows, key=lambda row: row.id, reverse=self.order[-1].descending)
        for term in reversed(self.order):
            ordered.sort(key=lambda row: self._sort_key(row, term), reverse=term.descending)
        return ordered

    def _sort_key(self, row: Row, term: Order) -> tuple[bool, Key]:
        key = key_of(self.contract, self.extension, row, term.field)
        absent = key is None
        return (absent != term.descending, "" if key is None else key)


def parse_query(
    contract: Contract,
    extension: str,
    where: Json = None,
    order_by: Json = None,
    limit: Json = None,
    offset: Json = None,
) -> Query:
    """Understand the arguments of `query`, `exists` and `count`, as the extension of that key gives them. Raises
    InvalidArgument naming the argument."""
    return Query(
        contract,
        extension,
        _conditions(contract, where),
        _order(contract, order_by),
        _count("limit", limit, DEFAULT_LIMIT, MAX_LIMIT),
        _count("offset", offset, 0, MAX_OFFSET),
    )


def _count(name: str, value: Json, default: int, most: int) -> int:
    if value is None:
        return default
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most or value % 1:
        raise InvalidArgument(f"{name} is a whole number from 0 to {most:,}")
    return int(value)


def _conditions(contract: Contract, where: Json) -> tuple[Condition, ...]:
    if where is None:
        return ()
    if not isinstance(where, dict):
        raise InvalidArgument("where is an object: field → value, or field → {operator: value}")
    conditions: list[Condition] = []
    for name, wanted in where.items():
        kind = _type_of(contract, name, "where")
        tests = wanted if isinstance(wanted, dict) else {"eq": wanted}
        for operator, value in tests.items():
            if operator not in OPERATORS:
                raise InvalidArgument(f"where.{name}: {operator!r} is not one of {', '.join(OPERATORS)}")
            conditions.append(
                Condition(
                    name,
                    operator,
                    _operand(f"where.{name}.{operator}", kind, operator, value),
                    own=name in contract.own,
                )
            )
    return tuple(conditions)


def _type_of(contract: Contract, name: str, argument: str) -> str:
    if name in SYSTEM_TYPES:
        return SYSTEM_TYPES[name]
    spec = contract.queryable(name)
    if spec is None:
        known = ", ".join([*SYSTEM_TYPES, *contract.indexed, *contract.own])
        raise InvalidArgument(
            f"{argument}.{name}: not an indexed field of {contract.entity}; these are: {known}"
        )
    return spec.type


def _operand(path: str, kind: str, operator: str, value: Json) -> Any:
    if operator == "in":
        if not isinstance(value, list) or len(value) > MAX_IN:
            raise InvalidArgument(f"{path} is a list of at most {MAX_IN:,} values")
        return tuple(_operand(f"{path}[{index}]", kind, "", each) for index, each in enumerate(value))
    if value is None and operator in ("eq", "ne"):
        return None
    try:
        if value is None:
            raise ValueError(f"null cannot be compared ({kind})")
        plain(value, path)
        kept = conform({"enum": "string", "version": "integer"}.get(kind, kind), value)
    except ValueError as problem:
        raise InvalidArgument(f"{path}: {problem}") from None
    except ValidationError as problem:
        raise InvalidArgument(problem.message) from None
    return kept if kind == "version" else order_key(kind, kept)


def _order(contract: Contract, order_by: Json) -> tuple[Order, ...]:
    if order_by is None or order_by == []:
        return (Order("_created_at", True),)
    if not isinstance(order_by, list):
        raise InvalidArgument('orderBy is a list such as [{"field": "issued_at", "direction": "asc"}]')
    if len(order_by) > MAX_ORDER:
        raise InvalidArgument(f"orderBy is a list of at most {MAX_ORDER} terms")
    terms: list[Order] = []
    for index, term in enumerate(order_by):
        if not isinstance(term, dict) or not isinstance(field := term.get("field"), str):
            raise InvalidArgument(f"orderBy[{index}] is an object with a field and a direction")
        direction = term.get("direction") or "asc"
        if direction not in ("asc", "desc") or set(term) - {"field", "direction"}:
            raise InvalidArgument(
                f'orderBy[{index}] has a field and a direction, "asc" or "desc", and nothing else'
            )
        _type_of(contract, field, "orderBy")
        terms.append(Order(field, direction == "desc", own=field in contract.own))
    return tuple(terms)


def parse_include(contract: Contract, include: Sequence[str] | None) -> Mapping[str, tuple[str, str]]:
    """include name → (field, entity). Raises InvalidArgument naming what can be included."""
    if include is None:
        return {}
    if not isinstance(include, list | tuple):
        raise InvalidArgument('include is a list of names such as ["customer"]')
    for name in include:
        if not isinstance(name, str) or name not in contract.includes:
            known = ", ".join(contract.includes) or "nothing"
            raise InvalidArgument(f"include: {contract.entity} can bring along {known}, not {name!r}")
    return {name: contract.includes[name] for name in include}
