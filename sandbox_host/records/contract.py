"""Contracts: what a canonical record of each entity holds, read from the JSON files in `contracts/`.

A file says per field its type, whether it is required or indexed, its enum, what it references, and where it
comes from: `published` (the platform's resource pages; `required` and enums there are the pages') or `ours`
(the pages are cut there, and this is what sibling documents have). It also says which named changes a record
goes through, and from which states. Adding an entity is adding a file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox_host.errors import InvalidArgument
from sandbox_host.records.values import ORDERED, TYPES, Json, conform

FOLDER = Path(__file__).parent / "contracts"
LINES = "line_items"


State: TypeAlias = "str | bool | None"


class FieldSpec(BaseModel):
    """One field of a record or of a line: native, or declared by an extension."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    required: bool = False
    index: bool = False
    enum: tuple[str, ...] = ()
    """The values allowed; the `options` of a select."""
    entity: str | None = None
    """A reference's entity."""
    include: str | None = None
    """The name under which `include` brings the referenced record along."""
    default_from: str | None = None
    """A reader sees that field's value where this one is absent; its day where this one is a date."""
    items: dict[str, FieldSpec] | None = None
    """What each object of a list holds; None where a list may hold anything."""
    default: Any = None
    """What a new record holds where this is absent."""
    currency_field: str | None = None
    """Where an amount's currency stands: on the line, else on the document. It must be there."""
    label: str = ""
    source: Literal["published", "ours", "extension"] = "extension"

    @model_validator(mode="after")
    def _consistent(self) -> FieldSpec:
        if self.type not in TYPES:
            raise ValueError(f"unknown type {self.type!r}; the types are {', '.join(sorted(TYPES))}")
        if self.index and self.type not in ORDERED:
            raise ValueError(f"a field of type {self.type} cannot be indexed")
        if (self.type == "reference") != (self.entity is not None):
            raise ValueError("a reference names its entity, and nothing else does")
        if self.items is not None and self.type != "list":
            raise ValueError("only a list has items")
        if self.default is not None:
            self.keep(self.default, "default")
        return self

    def keep(self, value: Json, path: str) -> Json:
        """`value` as this field keeps it. Raises ValueError naming the path, the value and the type."""
        try:
            kept = conform(self.type, value, self.enum)
        except ValueError as problem:
            raise ValueError(f"{path}: {problem}") from None
        if self.items is None or not isinstance(kept, list):
            return kept
        return [_kept_item(self.items, item, f"{path}[{index}]") for index, item in enumerate(kept)]


def _kept_item(specs: Mapping[str, FieldSpec], item: Json, path: str) -> Json:
    if not isinstance(item, dict):
        raise ValueError(f"{path} is not an object")
    kept: dict[str, Json] = {}
    for key, value in item.items():
        if key not in specs:
            raise ValueError(f"{path}.{key} is not a field here; there are {_listed(specs)}")
        if value is not None:
            kept[key] = specs[key].keep(value, f"{path}.{key}")
    for key, spec in specs.items():
        if spec.required and key not in kept:
            raise ValueError(f"{path}.{key} is required")
    return kept


class Action(BaseModel):
    """A named change of a record: from which states it may happen, and what it sets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: dict[str, tuple[State, ...]] = Field(default={}, alias="from")
    """field → the values that it may have; null stands for an absent one."""
    unless: dict[str, tuple[State, ...]] = {}
    """field → the values that it may not have."""
    sets: dict[str, State] = Field(alias="set")
    stamps: tuple[str, ...] = Field(default=(), alias="stamp")
    """Fields that take the time of the change."""
    signs: tuple[str, ...] = Field(default=(), alias="sign")
    """Fields that take who made the change."""
    accepts: tuple[str, ...] = Field(default=(), alias="accept")
    """Fields that the caller may set along, as parameters."""

    @property
    def fields(self) -> frozenset[str]:
        """Every field that the change may set."""
        return frozenset((*self.sets, *self.stamps, *self.signs, *self.accepts))

    def refusal(self, values: Mapping[str, Json]) -> str | None:
        """What a record of these values would have to be for the change; None where it can happen. It does
        not say what the record is: who may only write may not read that either."""
        for name, allowed in self.start.items():
            if values.get(name) not in allowed:
                return f"{name} must be {_states(allowed)}"
        for name, refused in self.unless.items():
            if values.get(name) in refused:
                return f"{name} must not be {_states(refused)}"
        return None


def _states(values: tuple[State, ...]) -> str:
    states = ["not set" if value is None else json.dumps(value) for value in values]
    return " or ".join([", ".join(states[:-1]), states[-1]] if states[1:] else states)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    entity: str
    document_type: str
    about: str
    fields: dict[str, FieldSpec]
    line_fields: dict[str, FieldSpec] | None = None
    lines_required: bool = False
    lines_balance: bool = False
    actions: dict[str, Action] = {}


@dataclass(frozen=True)
class Contract:
    """What a record of one entity holds.

    lines: the fields of a line; None where the entity has no lines. lines_balance: their debits equal their credits.
    custom: an extension defines it. own: the indexed fields that the reading extension declares on its records.
    """

    entity: str
    document_type: str
    fields: Mapping[str, FieldSpec]
    lines: Mapping[str, FieldSpec] | None = None
    actions: Mapping[str, Action] = field(default_factory=dict)
    about: str = ""
    lines_required: bool = False
    lines_balance: bool = False
    custom: bool = False
    own: Mapping[str, FieldSpec] = field(default_factory=dict)
    indexed: Mapping[str, FieldSpec] = field(init=False)
    """Native fields that can be queried."""
    initial: Mapping[str, Json] = field(init=False)
    """What a new record holds where nothing else is given."""
    defaulted: Mapping[str, FieldSpec] = field(init=False)
    includes: Mapping[str, tuple[str, str]] = field(init=False)
    """What `include` may name → (the field that holds the id, the entity it is the id of)."""

    def __post_init__(self) -> None:
        fields = self.fields.items()
        object.__setattr__(self, "indexed", {name: spec for name, spec in fields if spec.index})
        initial = {name: spec.default for name, spec in fields if spec.default is not None}
        object.__setattr__(self, "initial", initial)
        object.__setattr__(self, "defaulted", {name: spec for name, spec in fields if spec.default_from})
        includes = {spec.include: (name, spec.entity) for name, spec in fields if spec.include}
        object.__setattr__(self, "includes", includes)

    @property
    def id_field(self) -> str:
        """The field that a provider's payload may carry its own id in: `customer_id` of a customer."""
        return f"{self.document_type}_id"

    @property
    def file(self) -> str:
        """Where an extension's author adds a field to it."""
        return f"src/{'entities' if self.custom else 'fields'}/{self.entity}.ts"

    def queryable(self, name: str) -> FieldSpec | None:
        """The indexed field of that name, native or declared."""
        return self.indexed.get(name) or self.own.get(name)


@cache
def contracts() -> Mapping[str, Contract]:
    """All contracts, by entity."""
    files = (_File.model_validate(json.loads(path.read_text())) for path in sorted(FOLDER.glob("*.json")))
    return {
        file.entity: Contract(
            file.entity,
            file.document_type,
            file.fields,
            file.line_fields,
            file.actions,
            file.about,
            file.lines_required,
            file.lines_balance,
        )
        for file in files
    }


def contract_of(entity: str) -> Contract:
    """Raises InvalidArgument for an entity that has no contract."""
    found = contracts().get(entity)
    if found is None:
        raise InvalidArgument(
            f"{entity} is not an entity with records here; there are {_listed(contracts())}"
        )
    return found


def contract_of_document(document_type: str) -> Contract:
    """The contract whose documents `ingest` calls `document_type`, such as `credit_memo`. Raises
    InvalidArgument."""
    found = _by_document_type().get(document_type)
    if found is None:
        raise InvalidArgument(
            f"{document_type!r} is not a document type; there are {_listed(_by_document_type())}"
        )
    return found


@cache
def _by_document_type() -> Mapping[str, Contract]:
    return {contract.document_type: contract for contract in contracts().values()}


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(sorted(names))
