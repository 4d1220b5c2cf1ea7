"""What one version of an extension adds to the records: fields on others' entities, and entities of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError as ShapeError

from sandbox_host.errors import InvalidArgument
from sandbox_host.records.contract import Contract, FieldSpec, contracts
from sandbox_host.records.fields import ExtensionFields

_OPTIONS = frozenset(("type", "required", "default", "index", "values", "entity"))
TYPES = frozenset(("string", "number", "boolean", "json", "date", "datetime", "enum", "reference", "decimal"))
"""The types that a field of a custom entity may have."""


@dataclass(frozen=True, slots=True)
class ExtensionSchema:
    """The declared fields and the custom entities of one extension version.

    entities: by name, each with a contract like the platform's own.
    """

    fields: ExtensionFields = field(default_factory=ExtensionFields)
    entities: Mapping[str, Contract] = field(default_factory=dict)
    _contracts: dict[str, Contract] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_deployment(cls, deployment: Mapping[str, Any]) -> ExtensionSchema:
        """From a version's deployment manifest. Raises ValueError naming entity and field."""
        entities = deployment.get("entrypoints", {}).get("entities", ())
        return cls.declared(deployment.get("fields", {}), {one["name"]: one["fields"] for one in entities})

    @classmethod
    def declared(
        cls, fields: Mapping[str, Any], entities: Mapping[str, Mapping[str, Any]]
    ) -> ExtensionSchema:
        """From a `fields` block and the fields of each custom entity. Raises ValueError."""
        own = {name: _contract(name, declared, entities) for name, declared in entities.items()}
        schema = cls(ExtensionFields.from_manifest(fields), own)
        for name, contract in own.items():
            for key in schema.fields.of_record(name):
                if key in contract.fields:
                    raise ValueError(f"fields.entity.{name}.{key}: {name} has a field of that name")
        return schema

    def contract(self, entity: str) -> Contract:
        """What a record of `entity` holds for this extension. Raises InvalidArgument for an entity that
        neither the platform nor the extension has."""
        known = self._contracts.get(entity)
        if known is None:
            found = self.entities.get(entity) or contracts().get(entity)
            if found is None:
                names = ", ".join(sorted((*contracts(), *self.entities)))
                raise InvalidArgument(f"{entity} is not an entity with records here; there are {names}")
            known = self._contracts[entity] = replace(found, own=self._indexed(entity))
        return known

    def indexed_fields(self) -> dict[tuple[str, str], str]:
        """The type of each declared field that is indexed, by entity and key."""
        return {
            (entity, key): spec.type
            for entity in self.fields.entity
            for key, spec in self._indexed(entity).items()
        }

    def _indexed(self, entity: str) -> Mapping[str, FieldSpec]:
        return {key: spec for key, spec in self.fields.of_record(entity).items() if spec.index}


def _contract(name: str, declared: Mapping[str, Any], entities: Mapping[str, Any]) -> Contract:
    if name in contracts():
        raise ValueError(f"src/entities/{name}.ts: {name} is an entity of the platform; choose another name")
    known = {*contracts(), *entities}
    fields = {key: _field(f"{name}.{key}", key, spec, declared, known) for key, spec in declared.items()}
    return Contract(name, document_type=name, fields=fields, custom=True)


def _field(
    path: str, key: str, declared: Mapping[str, Any], siblings: Mapping[str, Any], known: set[str]
) -> FieldSpec:
    kind = declared.get("type")
    if kind not in TYPES:
        raise ValueError(f"{path}: type {kind!r} is not one of {', '.join(sorted(TYPES))}")
    unknown = sorted(declared.keys() - _OPTIONS)
    if unknown:
        raise ValueError(f"{path}: {unknown[0]!r} is not an option of a field")
    if (kind == "enum") != bool(declared.get("values")):
        raise ValueError(f"{path}: an enum has values, and nothing else does")
    entity = declared.get("entity")
    if entity is not None and entity not in known:
        raise ValueError(f"{path}: there is no entity {entity!r} to refer to")
    try:
        spec = FieldSpec(
            type=kind,
            required=bool(declared.get("required")),
            index=bool(declared.get("index")),
            enum=tuple(declared.get("values") or ()),
            entity=entity,
            include=_include(key, siblings) if kind == "reference" else None,
            default=declared.get("default"),
        )
    except ShapeError as problem:
        raise ValueError(f"{path}: {problem.errors()[0]['msg'].removeprefix('Value error, ')}") from problem
    if spec.default is None:
        return spec
    return spec.model_copy(update={"default": spec.keep(spec.default, f"{path}.default")})


def _include(key: str, siblings: Mapping[str, Any]) -> str | None:
    """The name under which `include` brings the record along that `customerId` refers to: `customer`."""
    name = key.removesuffix("_id") if key.endswith("_id") else key.removesuffix("Id")
    return name if name not in (key, "") and name not in siblings else None
