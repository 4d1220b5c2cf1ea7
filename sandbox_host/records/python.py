"""The Python SDK's record types, from the contracts.

`guest_sdk/records.pyi` is not in the tree. A project's copy of the SDK gets it from here, and so does this tree, for
pyright, for editors and for the wheel, by `python -m sandbox_host.records.python`: `make install` runs it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from sandbox_host.records.contract import LINES, Contract, FieldSpec, contracts

TARGET = Path(__file__).parents[2] / "guest_sdk" / "records.pyi"
WIDTH = 110

_TYPES = {
    "string": "str",
    "text": "str",
    "id": "Id",
    "reference": "Id",
    "decimal": "DecimalString",
    "number": "float",
    "integer": "int",
    "boolean": "bool",
    "date": "DateString",
    "datetime": "DateTimeString",
    "currency_code": "CurrencyCode",
    "list": "list[Any]",
    "map": "dict[str, Any]",
}

_HEAD = '''"""The fields of the platform's entities, as the host's contracts have them. Written by
`sandbox_host.records.python`; change the contracts, not this file.

Records are plain dicts; these types are for editors. Every field may be left out, the required ones too where a
record is updated; None means absent. A document's lines are `line_items`, each with a stable `line_key`. Fields that
an extension declares sit beside the native ones, under their own keys.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

Id: TypeAlias = str
"""A record's identifier. Provider identifiers that are numbers become decimal text."""
DecimalString: TypeAlias = str
"""An exact decimal as text, `"12.30"`. Never a float. A `Decimal` is sent as this text."""
DateString: TypeAlias = str
"""`YYYY-MM-DD`. A `date` is sent as this text."""
DateTimeString: TypeAlias = str
"""RFC 3339, `2026-11-21T09:30:00Z`. An aware `datetime` is sent as this text."""
CurrencyCode: TypeAlias = str
"""ISO 4217, three letters, `USD`."""


class SystemFields(TypedDict):
    """What the host adds to every record; usable in `where` and `order_by`.

    source_system: the connector's `provider`, or how the record came to be.
    """

    id: Id
    _created_at: DateTimeString
    _updated_at: DateTimeString
    _version: int
    source_system: NotRequired[str | None]
    source_id: NotRequired[Id | None]
    connection_id: NotRequired[Id | None]
'''


def render() -> str:
    """The whole file."""
    blocks = [block for contract in contracts().values() for block in _entity(contract)]
    return "\n\n".join([_HEAD, *blocks, *_documents()])


def _entity(contract: Contract) -> Iterator[str]:
    name = contract.entity
    required = [f"`{field}`" for field, spec in contract.fields.items() if spec.required]
    required += [f"`{LINES}`"] if contract.lines_required else []
    yield from _nested(name, contract.fields)
    if contract.lines is not None:
        yield from _nested(f"{name}Line", contract.lines)
        needed = [f"`{field}`" for field, spec in contract.lines.items() if spec.required]
        fields = _fields(f"{name}Line", contract.lines)
        yield _class(
            f"{name}Line", "TypedDict, total=False", f"A line. Required: {', '.join(needed)}.", fields
        )
    about = contract.about + (f" Required: {', '.join(required)}." if required else "")
    fields = ["source_id: Id | None", *_fields(name, contract.fields)]
    if contract.lines is not None:
        fields.append(f"{LINES}: list[{name}Line] | None")
    yield _class(f"{name}Fields", "TypedDict, total=False", about, fields)
    included = [f"{field}: {entity}Record | None" for field, (_, entity) in contract.includes.items()]
    along = f" {', '.join(f'`{field}`' for field in contract.includes)}: what `include` brings along."
    about = f"{name}, as it is read.{along if included else ''}"
    yield _class(f"{name}Record", f"SystemFields, {name}Fields, total=False", about, included)


def _nested(owner: str, specs: Mapping[str, FieldSpec]) -> Iterator[str]:
    """The types of fields that are lists of objects."""
    for field, spec in specs.items():
        if spec.items is not None:
            items = [f"{name}: {_item(each)}" for name, each in spec.items.items()]
            yield _class(_item_name(owner, field), "TypedDict", f"One of the `{field}`.", items)


def _item(spec: FieldSpec) -> str:
    return _type("", spec) if spec.required else f"NotRequired[{_type('', spec)} | None]"


def _item_name(owner: str, field: str) -> str:
    return f"{owner}{''.join(part.capitalize() for part in field.split('_'))}"


def _fields(owner: str, specs: Mapping[str, FieldSpec]) -> list[str]:
    return [f"{name}: {_optional(_item_name(owner, name), spec)}" for name, spec in specs.items()]


def _optional(item: str, spec: FieldSpec) -> str:
    kind = _type(item, spec)
    return kind if kind == "Any" else f"{kind} | None"


def _type(item: str, spec: FieldSpec) -> str:
    if spec.items is not None:
        return f"list[{item}]"
    if spec.enum:
        return f"Literal[{', '.join(json.dumps(value) for value in spec.enum)}]"
    return _TYPES.get(spec.type, "Any")


def _class(name: str, bases: str, about: str, fields: list[str]) -> str:
    lines = [f"class {name}({bases}):", *_docstring(about)]
    if fields:
        lines += ["", *(line for field in fields for line in _wrapped(field))]
    return "\n".join([*lines, ""])


def _docstring(about: str) -> list[str]:
    lines = ['    """']
    for word in about.split():
        if len(lines[-1]) + len(word) + 4 > WIDTH:
            lines.append("    ")
        lines[-1] += word if lines[-1].endswith(('"""', "    ")) else f" {word}"
    lines[-1] += '"""'
    return lines


def _wrapped(field: str) -> list[str]:
    """A field's line, as the formatter breaks one that is too long."""
    if len(field) + 4 <= WIDTH:
        return [f"    {field}"]
    head, _, rest = field.partition("Literal[")
    values, _, tail = rest.rpartition("]")
    inner = f"        {values}"
    if len(inner) <= WIDTH:
        return [f"    {head}Literal[", inner, f"    ]{tail}"]
    return [f"    {head}Literal[", *(f"        {value}," for value in values.split(", ")), f"    ]{tail}"]


def _documents() -> Iterator[str]:
    types = [each.document_type for each in contracts().values()]
    lines = [f'    "{name}",' for name in types]
    yield "\n".join(["DocumentType: TypeAlias = Literal[", *lines, "]", '"""What `ingest` takes."""', ""])


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
