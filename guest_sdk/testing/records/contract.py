"""Contracts: what a record of each entity holds, from the host's own contract files and the project's entities."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from guest_sdk.testing.errors import invalid
from guest_sdk.testing.records.values import Fields, Value, conform, same, shown

LINES = "line_items"

_SDK = Path(__file__).resolve().parents[2]
# The host's, as data: the SDK's own distribution has them inside, the host's beside. Nothing of the host is imported.
_FOLDERS = (_SDK / "contracts", _SDK.parent / "sandbox_host" / "records" / "contracts")


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a record or of a line: native, or declared by an extension. As in the host's contract files."""

    type: str
    required: bool = False
    index: bool = False
    enum: tuple[str, ...] = ()
    entity: str | None = None
    include: str | None = None
    default_from: str | None = None
    items: Mapping[str, FieldSpec] | None = None
    default: Value = None
    currency_field: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> FieldSpec:
        """A field as a contract file has it."""
        items = given.get("items")
        return cls(
            type=given["type"],
            required=given.get("required") is True,
            index=given.get("index") is True,
            enum=tuple(given.get("enum") or ()),
            entity=given.get("entity"),
            include=given.get("include"),
            default_from=given.get("default_from"),
            items=None if items is None else _specs(items),
            default=given.get("default"),
            currency_field=given.get("currency_field"),
        )


def _specs(given: Mapping[str, Mapping[str, Any]]) -> dict[str, FieldSpec]:
    return {name: FieldSpec.of(each) for name, each in given.items()}


@dataclass(frozen=True, slots=True)
class Action:
    """A named change of a record: from which states it may happen, and what it sets.

    stamp: fields that take the time of the change. sign: those that take who made it. accept: those that the caller
    may set along.
    """

    set: Mapping[str, Value]
    before: Mapping[str, tuple[Value, ...]] = field(default_factory=dict[str, "tuple[Value, ...]"])
    unless: Mapping[str, tuple[Value, ...]] = field(default_factory=dict[str, "tuple[Value, ...]"])
    stamp: tuple[str, ...] = ()
    sign: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Action:
        return cls(
            set=given["set"],
            before={name: tuple(states) for name, states in given.get("from", {}).items()},
            unless={name: tuple(states) for name, states in given.get("unless", {}).items()},
            stamp=tuple(given.get("stamp", ())),
            sign=tuple(given.get("sign", ())),
            accept=tuple(given.get("accept", ())),
        )

    @property
    def fields(self) -> list[str]:
        """Every field that it may set."""
        return [*self.set, *self.stamp, *self.sign, *self.accept]

    def refusal(self, values: Fields) -> str | None:
        """What a record of these values would have to be; None where the change can happen."""
        for name, allowed in self.before.items():
            if values.get(name) not in allowed:
                return f"{name} must be {_states(allowed)}"
        for name, refused in self.unless.items():
            if values.get(name) in refused:
                return f"{name} must not be {_states(refused)}"
        return None

    def reached(self, before: Fields, after: Fields) -> bool:
        """Does a record go through this change, however it is written?"""
        return bool(self.set) and self._is_as_set(after) and not self._is_as_set(before)

    def _is_as_set(self, record: Fields) -> bool:
        return all(same(record.get(name), value) for name, value in self.set.items())


@dataclass(frozen=True, slots=True)
class Contract:
    """lines_balance: the debits of the lines equal their credits. custom: the project defines it. own: indexed fields
    that the project declares on its records."""

    entity: str
    document_type: str
    fields: Mapping[str, FieldSpec]
    lines: Mapping[str, FieldSpec] | None = None
    lines_required: bool = False
    lines_balance: bool = False
    actions: Mapping[str, Action] = field(default_factory=dict[str, Action])
    custom: bool = False
    own: Mapping[str, FieldSpec] = field(default_factory=dict[str, FieldSpec])

    @property
    def file(self) -> str:
        """Where an extension's author adds a field to it, as the host names it."""
        return f"src/{'entities' if self.custom else 'fields'}/{self.entity}.ts"

    @property
    def includes(self) -> dict[str, tuple[str, str]]:
        """What `include` may name → the field that holds the id, and the entity it is the id of."""
        return {
            spec.include: (name, spec.entity)
            for name, spec in self.fields.items()
            if spec.include and spec.entity
        }


@dataclass(frozen=True, slots=True)
class ExtensionFields:
    """The fields that an extension declares: on records, and on lines, by entity."""

    entity: Mapping[str, Mapping[str, FieldSpec]] = field(default_factory=dict[str, dict[str, FieldSpec]])
    line: Mapping[str, Mapping[str, FieldSpec]] = field(default_factory=dict[str, dict[str, FieldSpec]])


class Contracts:
    """The contracts there are, by entity and by document type."""

    def __init__(self, custom: Iterable[Contract], fields: ExtensionFields) -> None:
        native = native_contracts()
        self._by_entity = {
            one.entity: replace(one, own=_indexed(fields.entity.get(one.entity, {})))
            for one in (*native, *custom)
        }
        self._by_document = {one.document_type: self._by_entity[one.entity] for one in native}

    def of(self, entity: str) -> Contract:
        """Raises Refused."""
        found = self._by_entity.get(entity)
        if found is None:
            raise invalid(
                f"{entity} is not an entity with records here; there are {_listed(self._by_entity)}"
            )
        return found

    def of_document(self, document_type: str) -> Contract:
        """Raises Refused."""
        found = self._by_document.get(document_type)
        if found is None:
            raise invalid(f"'{document_type}' is not a document type; there are {_listed(self._by_document)}")
        return found


@cache
def native_contracts() -> tuple[Contract, ...]:
    """The platform's entities."""
    folder = next((one for one in _FOLDERS if one.is_dir()), _FOLDERS[0])
    files = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    if not files:
        raise FileNotFoundError(
            f"{folder} holds no contracts; install backfill-sdk, or backfill-sandbox, again"
        )
    return tuple(_native(one) for one in files)


def _native(given: Mapping[str, Any]) -> Contract:
    lines = given.get("line_fields")
    return Contract(
        entity=given["entity"],
        document_type=given["document_type"],
        fields=_specs(given["fields"]),
        lines=None if lines is None else _specs(lines),
        lines_required=given.get("lines_required") is True,
        lines_balance=given.get("lines_balance") is True,
        actions={name: Action.of(one) for name, one in given.get("actions", {}).items()},
    )


def custom_contract(name: str, declared: Mapping[str, Mapping[str, Any]]) -> Contract:
    """A custom entity's contract, from the fields of its declaration."""
    return Contract(
        name, name, {key: _custom_field(key, each, declared) for key, each in declared.items()}, custom=True
    )


def _custom_field(key: str, given: Mapping[str, Any], declared: Mapping[str, object]) -> FieldSpec:
    include = re.sub("(_id|Id)$", "", key)
    is_named = given["type"] == "reference" and include not in (key, "") and include not in declared
    spec = FieldSpec(
        type=given["type"],
        required=given.get("required") is True,
        index=given.get("index") is True,
        enum=tuple(given.get("values") or ()),
        entity=given.get("entity"),
        include=include if is_named else None,
    )
    default = given.get("default")
    return spec if default is None else replace(spec, default=keep(spec, default, key))


def keep(spec: FieldSpec, value: Value, path: str) -> Value:
    """`value` as this field keeps it. Raises ValueError naming the path, the value and the type."""
    try:
        kept = conform(spec.type, value, spec.enum)
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from None
    if spec.items is None or not isinstance(kept, list):
        return kept
    return [_keep_item(spec.items, item, f"{path}[{index}]") for index, item in enumerate(kept)]


def _keep_item(specs: Mapping[str, FieldSpec], item: Value, path: str) -> Value:
    if not isinstance(item, dict):
        raise ValueError(f"{path} is not an object")
    kept: Fields = {}
    for key, value in item.items():
        spec = specs.get(key)
        if spec is None:
            raise ValueError(f"{path}.{key} is not a field here; there are {_listed(specs)}")
        if value is not None:
            kept[key] = keep(spec, value, f"{path}.{key}")
    for key, spec in specs.items():
        if spec.required and key not in kept:
            raise ValueError(f"{path}.{key} is required")
    return kept


def _indexed(specs: Mapping[str, FieldSpec]) -> dict[str, FieldSpec]:
    return {name: spec for name, spec in specs.items() if spec.index}


def _states(values: tuple[Value, ...]) -> str:
    texts = ["not set" if value is None else shown(value) for value in values]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
