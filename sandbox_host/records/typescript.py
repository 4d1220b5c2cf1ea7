"""The SDK's record types, from the contracts.

The SDK has no `src/records.ts` of its own. A project's copy of the SDK gets it from here, and so does this tree, for
tsc and for editors, by `python -m sandbox_host.records.typescript`: `make check` runs it, and git ignores the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from sandbox_host.records.contract import LINES, Contract, FieldSpec, contracts
from sandbox_host.records.fields import LINE_DOCUMENTS

TARGET = Path(__file__).parents[2] / "guest_sdk" / "javascript" / "src" / "records.ts"

_TYPES = {
    "string": "string",
    "text": "string",
    "id": "Id",
    "reference": "Id",
    "decimal": "DecimalString",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "date": "DateString",
    "datetime": "DateTimeString",
    "currency_code": "CurrencyCode",
    "list": "any[]",
    "map": "Record<string, any>",
}

_HEAD = """/**
 * The fields of the platform's entities, as the host's contracts have them. Written by
 * `sandbox_host.records.typescript`; change the contracts, not this file.
 *
 * Every field may be left out, the required ones too where a record is updated; `null` and `undefined` mean absent. A
 * document's lines are `line_items`, each with a stable `line_key`. Fields that an extension declares sit beside the
 * native ones, under their own keys.
 */

/** A record's identifier. Provider identifiers that are numbers become decimal strings. */
export type Id = string;
/** An exact decimal as text, `"12.30"`. Never a float. */
export type DecimalString = string;
/** `YYYY-MM-DD`. */
export type DateString = string;
/** RFC 3339, `2026-11-21T09:30:00Z`. */
export type DateTimeString = string;
/** ISO 4217, three letters, `USD`. */
export type CurrencyCode = string;

/** What the host adds to every record; usable in `where` and `orderBy`. */
export interface SystemFields {
  id: Id;
  _created_at: DateTimeString;
  _updated_at: DateTimeString;
  _version: number;
  /** The connector's `provider`, or how the record came to be. */
  source_system?: string | null;
  source_id?: string | null;
  connection_id?: string | null;
}

/** Any entity without a contract of its own here, custom entities included. */
export interface GenericFields {
  [field: string]: any;
}
"""

_TAIL = """
/** A record as it is read: the host's fields and the entity's own. */
export type StoredRecord<Fields> = SystemFields & Fields;
"""


def render() -> str:
    """The whole file."""
    entities = (block for contract in contracts().values() for block in _entity(contract))
    return "".join([_HEAD, *entities, _documents(), _TAIL])


def _entity(contract: Contract) -> Iterator[str]:
    required = [f"`{name}`" for name, spec in contract.fields.items() if spec.required]
    required += [f"`{LINES}`"] if contract.lines_required else []
    about = contract.about + (f" Required: {', '.join(required)}." if required else "")
    fields = [f"  {name}?: {_optional(spec)};" for name, spec in contract.fields.items()]
    if contract.lines is not None:
        fields.append(f"  {LINES}?: {contract.entity}Line[] | null;")
    yield _interface(about, f"{contract.entity}Fields", ["  source_id?: Id | null;", *fields])
    if contract.lines is not None:
        yield _lines(contract.entity, contract.lines)
    if contract.includes:
        included = [
            f"  {name}?: StoredRecord<{entity}Fields> | null;"
            for name, (_, entity) in contract.includes.items()
        ]
        yield _interface("What `include` brings along.", f"{contract.entity}Includes", included)


def _lines(entity: str, specs: Mapping[str, FieldSpec]) -> str:
    fields = [
        "  /** Stable across syncs: what tells this line from its neighbours. Required. */",
        "  line_key: Id;",
    ]
    fields += [f"  {name}?: {_optional(spec)};" for name, spec in specs.items() if name != "line_key"]
    declarable = entity in LINE_DOCUMENTS
    if declarable:
        fields.append("  [extensionField: string]: any;")
    about = "A line, with the line fields that extensions declared on it." if declarable else "A line."
    needed = [f"`{name}`" for name, spec in specs.items() if spec.required and name != "line_key"]
    return _interface(about + (f" Required: {', '.join(needed)}." if needed else ""), f"{entity}Line", fields)


def _documents() -> str:
    fields = [f"  {each.document_type}: {each.entity}Fields;" for each in contracts().values()]
    about = "Payloads by document type. `IngestApi.canonical` says how a payload's record is identified."
    return _interface(about, "CanonicalPayloads", fields)


def _interface(about: str, name: str, fields: list[str]) -> str:
    return "\n".join(["", f"/** {about} */", f"export interface {name} {{", *fields, "}", ""])


def _optional(spec: FieldSpec) -> str:
    kind = _type(spec)
    return kind if kind == "any" else f"{kind} | null"


def _type(spec: FieldSpec) -> str:
    if spec.items is not None:
        items = "; ".join(
            f"{name}{'' if each.required else '?'}: {_type(each) if each.required else _optional(each)}"
            for name, each in spec.items.items()
        )
        return f"{{ {items} }}[]"
    if spec.enum:
        return " | ".join(json.dumps(value) for value in spec.enum)
    return _TYPES.get(spec.type, "any")


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
