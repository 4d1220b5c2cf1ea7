"""Fields that an extension declares on records and on their lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import ValidationError as ShapeError

from policies.manifest import LineDocument
from sandbox_host.records.contract import LINES, FieldSpec, contracts
from sandbox_host.records.values import Declared, Json

DECLARABLE = frozenset(
    ("string", "text", "number", "decimal", "currency", "boolean", "date", "datetime", "select", "json")
)

LINE_DOCUMENTS: tuple[str, ...] = get_args(LineDocument)
"""The documents whose lines extensions may add fields to. (Published; a journal entry's lines are not among
them.)"""

_NONE: Mapping[str, FieldSpec] = {}


@dataclass(frozen=True, slots=True)
class ExtensionFields:
    """The declared fields of one extension version.

    entity: entity → key → field, on the record itself. line: entity → collection → key → field; the only
    collection is `line_items`.
    """

    entity: Mapping[str, Mapping[str, FieldSpec]] = field(default_factory=dict)
    line: Mapping[str, Mapping[str, Mapping[str, FieldSpec]]] = field(default_factory=dict)

    @classmethod
    def from_manifest(cls, block: Mapping[str, Any]) -> ExtensionFields:
        """From the deployment manifest's `fields` block. Raises ValueError naming the field."""
        entity = {
            name: {key: _read(f"fields.entity.{name}.{key}", spec) for key, spec in declared.items()}
            for name, declared in block.get("entity", {}).items()
        }
        line = {
            name: {
                collection: {
                    key: _read(f"fields.line.{name}.{collection}.{key}", spec)
                    for key, spec in declared.items()
                }
                for collection, declared in collections.items()
            }
            for name, collections in block.get("line", {}).items()
        }
        declared = cls(entity, line)
        declared._check_names()
        return declared

    def split(self, entity: str, declared: Declared) -> tuple[Declared, Declared]:
        """The stored values that this version declares, and the rest."""
        known: dict[str, dict[str, Json]] = {}
        rest: dict[str, dict[str, Json]] = {}
        for line_key, values in declared.items():
            specs = self.of_line(entity) if line_key else self.of_record(entity)
            known[line_key] = {key: value for key, value in values.items() if key in specs}
            if len(known[line_key]) < len(values):
                rest[line_key] = {key: value for key, value in values.items() if key not in specs}
        return known, rest

    def of_record(self, entity: str) -> Mapping[str, FieldSpec]:
        """Fields on a record of `entity`."""
        return self.entity.get(entity, _NONE)

    def of_line(self, entity: str) -> Mapping[str, FieldSpec]:
        """Fields on a line of a record of `entity`."""
        return self.line.get(entity, {}).get(LINES, _NONE)

    def any_of(self, entity: str) -> bool:
        """Whether records of `entity` carry declared fields at all."""
        return bool(self.of_record(entity) or self.of_line(entity))

    def _check_names(self) -> None:
        for entity, contract in contracts().items():
            for key in self.of_record(entity):
                if key in contract.fields or key == LINES:
                    raise ValueError(
                        f"fields.entity.{entity}.{key}: {entity} has a native field of that name"
                    )
            for key in self.of_line(entity):
                if contract.lines is None or entity not in LINE_DOCUMENTS:
                    raise ValueError(
                        f"fields.line.{entity}.{LINES}.{key}: {entity} has no lines that an extension can add"
                        f" fields to; these have: {', '.join(LINE_DOCUMENTS)}"
                    )
                if self.of_line(entity)[key].index:
                    raise ValueError(
                        f"fields.line.{entity}.{LINES}.{key}: a field of a line cannot be indexed; leave out index"
                    )
                if key in contract.lines:
                    raise ValueError(
                        f"fields.line.{entity}.{LINES}.{key}: lines of {entity} have a native field of that name"
                    )


def _read(path: str, declared: Mapping[str, Any]) -> FieldSpec:
    kind = declared.get("type")
    if kind not in DECLARABLE:
        raise ValueError(f"{path}: type {kind!r} is not one of {', '.join(sorted(DECLARABLE))}")
    options = declared.get("options", ())
    if (kind == "select") != bool(options):
        raise ValueError(f"{path}: a select has options, and nothing else does")
    try:
        return FieldSpec(
            type=kind,
            enum=tuple(options),
            currency_field=declared.get("currencyField"),
            label=declared.get("label", ""),
            index=bool(declared.get("index", False)),
        )
    except ShapeError as problem:
        raise ValueError(f"{path}: {problem.errors()[0]['msg'].removeprefix('Value error, ')}") from problem
