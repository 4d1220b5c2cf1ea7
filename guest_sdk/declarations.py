"""Custom entities, `src/entities/<Name>.py`, and fields on the platform's own, `src/fields/<Entity>.py`.

    TaxRecord = define_entity(
        name="TaxRecord",
        fields={
            "state": {"type": "string", "index": True},
            "rate": {"type": "decimal", "required": True},
        },
    )

What `define_entity` returns is the entity's class: elsewhere `from entities.TaxRecord import TaxRecord`, then
`TaxRecord.create({...})`. `Entity("TaxRecord")` is the same without the import.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict

from guest_sdk._runtime.declared import declare
from guest_sdk.entity import EntityClass

__all__ = [
    "CustomEntity",
    "EntityFieldType",
    "FieldDeclaration",
    "define_entity",
    "define_entity_field",
    "define_line_field",
]

EntityType: TypeAlias = Literal[
    "string", "number", "boolean", "json", "date", "datetime", "enum", "reference", "decimal"
]
FieldType: TypeAlias = Literal[
    "string", "text", "number", "decimal", "currency", "boolean", "date", "datetime", "select", "json"
]


class _Type(TypedDict):
    type: EntityType


class EntityFieldType(_Type, total=False):
    """A field of a custom entity. Dates are `YYYY-MM-DD`; decimals are exact, and text when they are read.

    index: lets `where` and `order_by` use it. values: the allowed ones, for `enum`. entity: what it points to, for
    `reference`; an entity of the platform or of this extension.
    """

    required: bool
    default: Any
    index: bool
    values: Sequence[str]
    entity: str


class CustomEntity(EntityClass[dict[str, Any], Mapping[str, Any]]):
    """The class of a custom entity. declaration: its name and fields, as they are deployed."""

    __slots__ = ("_declaration",)

    def __init__(self, declaration: Mapping[str, Any]) -> None:
        super().__init__(str(declaration["name"]))
        self._declaration = declaration

    @property
    def declaration(self) -> Mapping[str, Any]:
        """`{"name", "fields"}`."""
        return self._declaration


def define_entity(*, name: str, fields: Mapping[str, EntityFieldType]) -> CustomEntity:
    """A custom entity. name: the file's. Returns its class."""
    declaration: dict[str, Any] = {"name": name, "fields": fields}
    entity = CustomEntity(declaration)
    declare("entity", declaration, entity)
    return entity


class FieldDeclaration(TypedDict, total=False):
    """What `define_entity_field` and `define_line_field` return: the field, as it is deployed."""

    lineCollection: Literal["line_items"]
    key: str
    label: str
    type: FieldType
    options: Sequence[str]
    currencyField: str
    index: bool


def define_entity_field(
    *,
    key: str,
    label: str,
    type: FieldType,
    options: Sequence[str] | None = None,
    currency_field: str | None = None,
    index: bool | None = None,
) -> FieldDeclaration:
    """A field on the records of an entity, which this extension owns.

    key: lower snake case. options: the allowed values, for `select`. currency_field: for `currency`, the field that
    holds the currency. index: lets `where` and `order_by` use it.
    """
    field = _field(key, label, type, options, currency_field, index)
    declare("entity_field", field, field)
    return field


def define_line_field(
    line_collection: Literal["line_items"],
    *,
    key: str,
    label: str,
    type: FieldType,
    options: Sequence[str] | None = None,
    currency_field: str | None = None,
    index: bool | None = None,
) -> FieldDeclaration:
    """A field on the lines of a document. currency_field: on the line, else on the document. The rest: see
    `define_entity_field`; a line field has no index."""
    field: FieldDeclaration = {"lineCollection": line_collection}
    field.update(_field(key, label, type, options, currency_field, index))
    declare("line_field", field, field)
    return field


def _field(
    key: str,
    label: str,
    type: FieldType,
    options: Sequence[str] | None,
    currency_field: str | None,
    index: bool | None,
) -> FieldDeclaration:
    field: FieldDeclaration = {"key": key, "label": label, "type": type}
    if options is not None:
        field["options"] = options
    if currency_field is not None:
        field["currencyField"] = currency_field
    if index is not None:
        field["index"] = index
    return field
