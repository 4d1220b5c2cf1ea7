"""What the extensions of a tenant have declared: whose each custom entity is, and which fields are indexed.

A version is taken up when it becomes the one that runs. From then on, in this order:

1. A custom entity belongs to the extension key and the publisher that declared it first, also after an
   uninstall. Nobody else may declare its name.
2. A field keeps its type, and a reference its entity, from version to version. Fields may come and go: what
   records hold of one that is gone is kept, and shown again when a version declares it again.
3. A field that becomes indexed is indexed for the records that are there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sandbox_host.db import Database, Scoped, TenantSession
from sandbox_host.records import store
from sandbox_host.records.contract import Contract
from sandbox_host.records.schema import ExtensionSchema
from sandbox_host.records.values import Json, conform, order_key

_PAGE = 1000

Problem: TypeAlias = "tuple[str, str]"
Owner: TypeAlias = "tuple[str, str]"
"""(extension key, publisher)"""

_ENTITY = Scoped(
    "SELECT c.extension, c.publisher, c.fields FROM custom_entity AS c"
    " WHERE c.tenant = :tenant AND c.name = :name"
)
_INDEXED = Scoped(
    "SELECT f.entity, f.field, f.type FROM indexed_field AS f"
    " WHERE f.tenant = :tenant AND f.extension = :extension"
)
_PUT_ENTITY = Scoped(
    "INSERT INTO custom_entity (tenant, name, extension, publisher, fields)"
    " VALUES (:tenant, :name, :extension, :publisher, :fields)"
    " ON CONFLICT (tenant, name) DO UPDATE SET fields = excluded.fields"
)
_PUT_INDEXED = Scoped(
    "INSERT INTO indexed_field (tenant, extension, entity, field, type)"
    " VALUES (:tenant, :extension, :entity, :field, :type)"
)
_RECORDS = Scoped(
    "SELECT r.id, r.data FROM record AS r WHERE r.tenant = :tenant AND r.entity = :entity"
    " AND r.deleted = :alive AND r.id > :after ORDER BY r.id LIMIT :limit"
)
_VALUES = Scoped(
    "SELECT r.id, f.data FROM record AS r JOIN field_value AS f ON f.tenant = :tenant AND f.record = r.id"
    " AND f.extension = :extension AND f.line_key = :record WHERE r.tenant = :tenant AND r.entity = :entity"
    " AND r.deleted = :alive AND r.id > :after ORDER BY r.id LIMIT :limit"
)
_PUT_KEY = Scoped(
    "INSERT INTO record_index (tenant, record, extension, field, entity, key)"
    " VALUES (:tenant, :record, :extension, :field, :entity, :key)"
)


class SchemaRefused(ValueError):
    """What a version declares does not go with what the tenant already has. problems: (file, message)."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{file}: {message}" for file, message in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class CustomEntity:
    """A custom entity as the tenant knows it. fields: every field that any version declared."""

    owner: Owner
    fields: Mapping[str, Mapping[str, Json]]

    def indexed(self) -> dict[str, str]:
        """The type of each indexed field."""
        return {name: str(one["type"]) for name, one in self.fields.items() if one.get("index")}


@dataclass(frozen=True, slots=True)
class Registry:
    """What concerns one extension: the custom entities that its version names, and its indexed fields."""

    entities: Mapping[str, CustomEntity] = field(default_factory=dict)
    indexed: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def indexed_on(self, entity: str) -> dict[str, str]:
        """The type of each indexed field that the extension declares on records of `entity`."""
        return {name: kind for (holder, name), kind in self.indexed.items() if holder == entity}


def load(session: TenantSession, extension: str, schema: ExtensionSchema) -> Registry:
    """What is known of the extension's declarations."""
    entities: dict[str, CustomEntity] = {}
    for name in schema.entities:
        found = session.run(_ENTITY, {"name": name})
        if found:
            key, publisher, fields = found[0]
            entities[name] = CustomEntity((key, publisher), json.loads(fields))
    indexed: dict[tuple[str, str], str] = {}
    if schema.fields.entity:
        rows = session.run(_INDEXED, {"extension": extension})
        indexed = {(entity, name): kind for entity, name, kind in rows}
    return Registry(entities, indexed)


def check(db: Database, tenant: str, install: str, schema: ExtensionSchema) -> None:
    """Whether a version could be taken up, without changing anything. Raises SchemaRefused, KeyError."""
    with db.tenant(tenant, read_only=True) as session:
        owner = _owner(session, install)
        _refuse(_problems(owner, schema, load(session, owner[0], schema)))


def take_up(db: Database, tenant: str, install: str, schema: ExtensionSchema) -> None:
    """Make a version's declarations the tenant's, all or none. Doing it again changes nothing. Raises
    SchemaRefused; KeyError for an install that is not there."""
    with db.tenant(tenant, read_only=True) as session:
        owner = _owner(session, install)
        known = load(session, owner[0], schema)
        _refuse(_problems(owner, schema, known))
        if _covers(known, schema):
            return
    with db.tenant(tenant) as session:
        known = load(session, owner[0], schema)
        _refuse(_problems(owner, schema, known))
        for name, contract in schema.entities.items():
            _take_up_entity(session, owner, contract, known.entities.get(name))
        for (entity, name), kind in schema.indexed_fields().items():
            if (entity, name) not in known.indexed:
                extension = {"extension": owner[0], "entity": entity}
                session.run_many(_PUT_INDEXED, [{**extension, "field": name, "type": kind}])
                pages = _pages(session, _VALUES, {**extension, "record": ""})
                _index(session, owner[0], entity, {name: kind}, pages)


def stored_key(kind: str, value: Json) -> str | None:
    """The order key of a value that may have been stored under other rules; None where it has none."""
    try:
        return None if value is None else order_key(kind, conform(kind, value))
    except ValueError:
        return None


def _owner(session: TenantSession, install: str) -> Owner:
    owner = store.publisher_of(session, install)
    if owner is None:
        raise KeyError(install)
    return owner


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise SchemaRefused(problems)


def _problems(owner: Owner, schema: ExtensionSchema, known: Registry) -> list[Problem]:
    problems: list[Problem] = []
    for name, contract in schema.entities.items():
        entity = known.entities.get(name)
        if entity is None:
            continue
        if entity.owner != owner:
            key, publisher = entity.owner
            message = f"the entity {name} belongs to the extension {key} of {publisher}; choose another name"
            problems.append((contract.file, message))
            continue
        for key, now in _described(contract).items():
            before = entity.fields.get(key, now)
            for option in ("type", "entity"):
                if before.get(option) != now.get(option):
                    message = (
                        f"{key} is kept with the {option} {before.get(option)} and cannot become"
                        f" {now.get(option)}; declare a field of another name"
                    )
                    problems.append((contract.file, message))
    for (holder, name), kind in schema.indexed_fields().items():
        before = known.indexed.get((holder, name), kind)
        if before != kind:
            message = (
                f"{name} is indexed with the type {before} and cannot become {kind}; declare a field of another"
                " key"
            )
            problems.append((f"src/fields/{holder}.ts", message))
    return problems


def _covers(known: Registry, schema: ExtensionSchema) -> bool:
    for name, contract in schema.entities.items():
        entity = known.entities.get(name)
        if entity is None or _merged(entity.fields, contract) != entity.fields:
            return False
    return schema.indexed_fields().keys() <= known.indexed.keys()


def _described(contract: Contract) -> dict[str, dict[str, Json]]:
    """A custom entity's fields as the registry keeps them."""
    return {
        name: {"type": spec.type, "entity": spec.entity, "index": spec.index}
        for name, spec in contract.fields.items()
    }


def _merged(fields: Mapping[str, Mapping[str, Json]], contract: Contract) -> dict[str, Mapping[str, Json]]:
    """With what a version adds. What once was indexed stays indexed: a rollback finds its index complete."""
    merged = dict(fields)
    for name, now in _described(contract).items():
        before = merged.get(name, now)
        merged[name] = {**now, "index": bool(now["index"]) or bool(before["index"])}
    return merged


def _take_up_entity(
    session: TenantSession, owner: Owner, contract: Contract, known: CustomEntity | None
) -> None:
    merged = _merged(known.fields if known else {}, contract)
    extension, publisher = owner
    row = {"name": contract.entity, "extension": extension, "publisher": publisher}
    session.run_many(_PUT_ENTITY, [{**row, "fields": json.dumps(merged, sort_keys=True)}])
    before = known.indexed() if known else {}
    added = {name: kind for name, kind in CustomEntity(owner, merged).indexed().items() if name not in before}
    if added:
        _index(session, "", contract.entity, added, _pages(session, _RECORDS, {"entity": contract.entity}))


def _pages(
    session: TenantSession, statement: Scoped, parameters: Mapping[str, Any]
) -> Iterator[list[tuple[str, str]]]:
    after = ""
    while True:
        page = session.run(statement, {**parameters, "alive": False, "after": after, "limit": _PAGE})
        if not page:
            return
        yield page
        after = page[-1][0]


def _index(
    session: TenantSession,
    extension: str,
    entity: str,
    fields: Mapping[str, str],
    pages: Iterable[list[tuple[str, str]]],
) -> None:
    for page in pages:
        rows: list[dict[str, str]] = []
        for record, data in page:
            values = json.loads(data)
            for name, kind in fields.items():
                key = stored_key(kind, values.get(name))
                if key is not None:
                    place = {"record": record, "extension": extension, "field": name, "entity": entity}
                    rows.append({**place, "key": key})
        session.run_many(_PUT_KEY, rows)
