"""Contracts: what a canonical record of each entity holds, read from the JSON files in `contracts/`.

A file says per field its type, whether it is required or indexed, its enum, what it references, and where it
comes from: `published` (the platform's resource pages; `required` and enums there are the pages') or `ours`
(the pages are cut there, and this is what sibling documents have). Adding an entity is adding a file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from sandbox_host.errors import InvalidArgument
from sandbox_host.records.values import ORDERED, TYPES

FOLDER = Path(__file__).parent / "contracts"
LINES = "line_items"


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
        return self


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    entity: str
    document_type: str
    fields: dict[str, FieldSpec]
    line_fields: dict[str, FieldSpec] | None = None
    actions: dict[str, dict[str, str]] = {}


@dataclass(frozen=True)
class Contract:
    """What a record of one entity holds.

    actions: named changes, each the fields it sets. lines: the fields of a line; None where the entity has
    no lines.
    """

    entity: str
    document_type: str
    fields: Mapping[str, FieldSpec]
    lines: Mapping[str, FieldSpec] | None
    actions: Mapping[str, Mapping[str, str]]
    indexed: Mapping[str, FieldSpec] = field(init=False)
    defaulted: Mapping[str, FieldSpec] = field(init=False)
    includes: Mapping[str, tuple[str, str]] = field(init=False)
    """What `include` may name → (the field that holds the id, the entity it is the id of)."""

    def __post_init__(self) -> None:
        fields = self.fields.items()
        object.__setattr__(self, "indexed", {name: spec for name, spec in fields if spec.index})
        object.__setattr__(self, "defaulted", {name: spec for name, spec in fields if spec.default_from})
        includes = {spec.include: (name, spec.entity) for name, spec in fields if spec.include}
        object.__setattr__(self, "includes", includes)

    @property
    def id_field(self) -> str:
        """The field that a provider's payload may carry its own id in: `customer_id` of a customer."""
        return f"{self.document_type}_id"


@cache
def contracts() -> Mapping[str, Contract]:
    """All contracts, by entity."""
    files = (_File.model_validate(json.loads(path.read_text())) for path in sorted(FOLDER.glob("*.json")))
    return {
        file.entity: Contract(file.entity, file.document_type, file.fields, file.line_fields, file.actions)
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
