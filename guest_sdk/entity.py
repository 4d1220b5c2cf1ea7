"""`Entity` and the entity classes: records, read and written through the run's unit of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal, TypeAlias, TypedDict, TypeVar

from guest_sdk._runtime.host import ask

__all__ = ["Comparison", "Entity", "EntityApi", "EntityClass", "OrderBy", "Where"]

Stored = TypeVar("Stored")
Attributes = TypeVar("Attributes")


# `in` is a keyword, so this cannot be written as a class.
_In = TypedDict("_In", {"in": Sequence[Any]}, total=False)


class Comparison(_In, total=False):
    """Comparisons of a `where` on one field; several together must all hold. Decimals compare as numbers."""

    eq: Any
    ne: Any
    gt: Any
    gte: Any
    lt: Any
    lte: Any


Where: TypeAlias = Mapping[str, Any]
"""Conditions by field, all of which must hold: a plain value means `eq`, else a `Comparison`."""


class OrderBy(TypedDict):
    """A field to order by."""

    field: str
    direction: Literal["asc", "desc"]


class EntityApi:
    """Any entity, named by a string. `Entity("TaxRecord")` is the class of one entity.

    Reading needs `read` in `permissions.entities`, writing `write`; with `write` alone a write answers `id`,
    `_version` and the fields just written. Writes raise ValidationError (naming the field), NotFound, Conflict,
    HookRejected.
    """

    __slots__ = ()

    def __call__(self, entity: str) -> EntityClass[dict[str, Any], Mapping[str, Any]]:
        """The class of an entity, custom ones included."""
        return EntityClass(entity)

    def get(self, entity: str, id: str, *, include: Sequence[str] | None = None) -> dict[str, Any] | None:
        """One record, or None. include: records to read along, as in `["customer"]`."""
        return ask("entity", "get", {"entity": entity}, {"id": id, "include": include})

    def query(
        self,
        entity: str,
        *,
        where: Where | None = None,
        order_by: Sequence[OrderBy] | None = None,
        limit: int | None = None,
        offset: int | None = None,
        include: Sequence[str] | None = None,
    ) -> list[dict[str, Any]]:
        """The records that meet `where`. order_by: `_created_at` descending where it is left out. limit: 50 where
        it is left out, 1,000 at most."""
        options = {"where": where, "orderBy": order_by, "limit": limit, "offset": offset, "include": include}
        return ask("entity", "query", {"entity": entity}, options)

    def create(self, entity: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Write a new record and return it as it is stored."""
        return ask("entity", "create", {"entity": entity}, {"attrs": attributes})

    def update(self, entity: str, id: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Change the fields that are given, and return the record."""
        return ask("entity", "update", {"entity": entity}, {"id": id, "attrs": attributes})

    def delete(self, entity: str, id: str) -> bool:
        """False where there was no such record."""
        return ask("entity", "delete", {"entity": entity}, {"id": id})

    def exists(self, entity: str, where: Where | None = None) -> bool:
        """Whether a record meets `where`."""
        return ask("entity", "exists", {"entity": entity}, {"where": where})

    def count(self, entity: str, where: Where | None = None) -> int:
        """How many records meet `where`."""
        return ask("entity", "count", {"entity": entity}, {"where": where})

    def action(self, entity: str, id: str, name: str, params: Mapping[str, Any] | None = None) -> Any:
        """A named transition such as `"approve"` or `"void"`; returns the record."""
        return ask("entity", "action", {"entity": entity}, {"id": id, "name": name, "params": params})


Entity = EntityApi()
"""Any entity, named by a string."""


class EntityClass(Generic[Stored, Attributes]):
    """The same for one entity. Records are plain dicts; `guest_sdk.records` has their fields."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"Entity({self._name!r})"

    def get(self, id: str, *, include: Sequence[str] | None = None) -> Stored | None:
        """One record, or None. include: records to read along, as in `["customer"]`."""
        return _any(Entity.get(self._name, id, include=include))

    def query(
        self,
        *,
        where: Where | None = None,
        order_by: Sequence[OrderBy] | None = None,
        limit: int | None = None,
        offset: int | None = None,
        include: Sequence[str] | None = None,
    ) -> list[Stored]:
        """The records that meet `where`. order_by: `_created_at` descending where it is left out. limit: 50 where
        it is left out, 1,000 at most."""
        found = Entity.query(
            self._name, where=where, order_by=order_by, limit=limit, offset=offset, include=include
        )
        return _any(found)

    def create(self, attributes: Attributes | Mapping[str, Any]) -> Stored:
        """Write a new record and return it as it is stored."""
        return _any(Entity.create(self._name, _any(attributes)))

    def update(self, id: str, attributes: Attributes | Mapping[str, Any]) -> Stored:
        """Change the fields that are given, and return the record."""
        return _any(Entity.update(self._name, id, _any(attributes)))

    def delete(self, id: str) -> bool:
        """False where there was no such record."""
        return Entity.delete(self._name, id)

    def exists(self, where: Where | None = None) -> bool:
        """Whether a record meets `where`."""
        return Entity.exists(self._name, where)

    def count(self, where: Where | None = None) -> int:
        """How many records meet `where`."""
        return Entity.count(self._name, where)

    def action(self, id: str, name: str, params: Mapping[str, Any] | None = None) -> Any:
        """A named transition such as `"approve"` or `"void"`; returns the record."""
        return Entity.action(self._name, id, name, params)


def _any(value: object) -> Any:
    """What the host answered has the type that the contract says."""
    return value
