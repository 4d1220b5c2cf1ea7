"""`Entity` and the entity classes: records, read and written through the run's unit of work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast

from policies.permissions import Call, PermissionSet
from sandbox_host.capabilities.base import Args, Ask, Json
from sandbox_host.errors import GuestError, InvalidArgument, NotAvailable
from sandbox_host.records.unit_of_work import UnitOfWork

READS = frozenset({"get", "query", "exists", "count"})
WRITES = frozenset({"create", "update", "delete", "action"})

Record = dict[str, Json]


class EntityWrites(Protocol):
    """How records are written. See sandbox_host.hooks.writes, and UnitOfWork for what each promises."""

    def create(self, entity: str, attrs: Json) -> Record: ...

    def update(self, entity: str, id: str, attrs: Json) -> Record: ...

    def delete(self, entity: str, id: str) -> bool: ...

    def action(self, entity: str, id: str, name: str, params: Json = None) -> Record: ...


class EntityCapability:
    """`Entity.get query create update delete exists count action`, for one run.

    `include` needs `read` on what it includes. With `write` alone, `create`, `update` and `action` answer the
    id, the version and the fields that were just written, nothing else of the record.
    """

    name = "entity"
    actions = tuple(sorted(READS | WRITES))

    def __init__(self, unit: UnitOfWork, writes: EntityWrites, permissions: PermissionSet) -> None:
        self._unit = unit
        self._writes = writes
        self._permissions = permissions

    def ask(self, action: str, args: Args) -> Ask:
        entity = args.get("entity")
        if type(entity) is not str:
            raise InvalidArgument("the entity's name must be a string")
        if action in READS:
            include = _names(args.get("include"))
            needs = [Call(self.name, action, entity=entity, needs="read")]
            needs += [
                Call(self.name, action, entity=other, needs="read")
                for other in self._included(entity, include)
            ]
            return Ask(_resource(entity, args), tuple(needs), self._read(action, entity, include, args))
        if action not in WRITES:
            raise NotAvailable(f"Entity has no {action!r}; it has {', '.join(self.actions)}")
        need = Call(self.name, action, entity=entity, needs="write")
        return Ask(_resource(entity, args), (need,), self._write(action, entity, args), effect=True)

    def _read(self, action: str, entity: str, include: list[str], args: Args) -> Callable[[], Json]:
        unit = self._unit
        if action == "get":
            record_id = _text(args, "id")
            return lambda: unit.get(entity, record_id, include)
        where = args.get("where")
        if action == "exists":
            return lambda: unit.exists(entity, where)
        if action == "count":
            return lambda: unit.count(entity, where)
        order, limit, offset = args.get("orderBy"), args.get("limit"), args.get("offset")
        return lambda: cast(Json, unit.query(entity, where, order, limit, offset, include))

    def _write(self, action: str, entity: str, args: Args) -> Callable[[], Json]:
        writes = self._writes
        attrs = args.get("attrs")
        if action == "create":
            return lambda: self._shown(entity, writes.create(entity, attrs), attrs)
        record_id = _text(args, "id")
        if action == "update":
            return lambda: self._shown(entity, writes.update(entity, record_id, attrs), attrs)
        if action == "delete":
            return lambda: writes.delete(entity, record_id)
        name = _text(args, "name")
        params = args.get("params")
        return lambda: self._shown(
            entity, writes.action(entity, record_id, name, params), self._set_by(entity, name)
        )

    def _set_by(self, entity: str, action: str) -> dict[str, None]:
        """The fields that this action of the entity writes."""
        return dict.fromkeys(self._unit.contract(entity).actions[action].fields)

    def _included(self, entity: str, include: list[str]) -> list[str]:
        """The entities that these includes read; an include that does not exist is refused when it is read."""
        try:
            known = self._unit.contract(entity).includes
        except GuestError:
            return []
        return [known[name][1] for name in include if name in known]

    def _shown(self, entity: str, record: Record, written: object) -> Json:
        if self._permissions.decide(Call(self.name, "get", entity=entity, needs="read")).allowed:
            return record
        fields = cast("dict[str, object]", written) if isinstance(written, dict) else {}
        own = {"id", "_version", *fields}
        return {name: value for name, value in record.items() if name in own}


def _resource(entity: str, args: Args) -> str:
    record_id = args.get("id")
    return f"{entity[:80]}/{record_id[:200]}" if isinstance(record_id, str) else entity[:80]


def _names(value: Json) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(type(name) is str for name in value):
        raise InvalidArgument('include must be a list of names, such as ["customer"]')
    return cast("list[str]", value)


def _text(args: Args, name: str) -> str:
    value = args.get(name)
    if type(value) is not str:
        raise InvalidArgument(f"{name} must be a string")
    return value
