"""A payload taken apart by its contract: native fields to one side, declared ones to the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from guest_sdk.testing.errors import Refused, not_valid
from guest_sdk.testing.records.balance import require_balance
from guest_sdk.testing.records.contract import LINES, Contract, ExtensionFields, FieldSpec, keep
from guest_sdk.testing.records.values import Fields, Value, instant_key, plain

Declared: TypeAlias = "Mapping[str, Fields]"
"""Declared values: of the record under "", of a line under its `line_key`."""

Specs: TypeAlias = Mapping[str, FieldSpec]
_RECORD = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What a payload holds once every value was checked."""

    native: Fields
    declared: Declared

    def whole(self) -> Fields:
        """Both sides together again, as the guest writes them."""
        whole = {**self.native, **self.declared.get(_RECORD, {})}
        lines = self.native.get(LINES)
        if isinstance(lines, list):
            whole[LINES] = [
                {**line, **self.declared.get(str(line["line_key"]), {})}
                for line in lines
                if isinstance(line, dict)
            ]
        return whole


def take_apart(
    contract: Contract,
    fields: ExtensionFields,
    payload: Fields,
    name: str,
    *,
    onto: Document | None = None,
    partial: bool = False,
) -> Document:
    """Check `payload` against the contract and the declared fields; None means absent.

    name: what messages call the record. onto: what it holds already, which the payload is laid over. partial: what
    is required may be missing. Raises Refused with the path of the first problem.
    """
    held: Fields = onto.native if onto else {}
    had: Declared = onto.declared if onto else {}
    native = _without(held, payload)
    own = _without(had.get(_RECORD, {}), payload)
    declared = {key: values for key, values in had.items() if key != _RECORD and LINES not in payload}
    of_record = fields.entity.get(contract.entity, {})
    for key, value in payload.items():
        if value is None:
            continue
        path = f"{name}: {key}"
        plain(value, path)
        if key == LINES and contract.lines is not None:
            continue
        if key in contract.fields:
            native[key] = _kept(contract.fields[key], value, path)
        elif key in of_record:
            own[key] = _kept(of_record[key], value, path)
        else:
            raise _undeclared(path, contract, contract.entity, contract.file)
    lines = payload.get(LINES)
    if lines is not None and contract.lines is not None:
        native[LINES] = _take_lines(contract, contract.lines, fields, lines, name, declared)
    if not partial:
        _require(contract.fields, native, f"{name}: ")
        if contract.lines_required and not native.get(LINES):
            raise not_valid(f"{name}: {LINES} is required")
        _require(of_record, own, f"{name}: ")
        _require_currencies(of_record, own, native, {}, name)
        _require_line_currencies(contract, fields, native, declared, name)
        if contract.lines_balance:
            require_balance(native, native.get(LINES), name)
    if own:
        declared[_RECORD] = own
    return Document(native, declared)


def draft_of(
    contract: Contract,
    fields: ExtensionFields,
    body: Fields,
    known: Fields,
    onto: Document | None = None,
) -> Fields:
    """A record as a write would make it. known: what the host sets. onto: what it holds already. What is required may
    be missing. Raises Refused."""
    name = f"{contract.entity} {known.get('source_id') or '(new)'}"
    document = take_apart(contract, fields, body, name, onto=onto, partial=True)
    shown = Document(with_defaults(contract, document.native), document.declared)
    return {**known, **shown.whole()}


def with_defaults(contract: Contract, native: Fields) -> Fields:
    """An absent field that has a `default_from` shows that one's value, or its day."""
    shown = dict(native)
    for name, spec in contract.fields.items():
        value = shown.get(spec.default_from) if spec.default_from else None
        if name in shown or value is None or spec.default_from is None:
            continue
        is_day = spec.type == "date" and contract.fields[spec.default_from].type == "datetime"
        shown[name] = instant_key(str(value))[:10] if is_day else value
    return shown


def _take_lines(
    contract: Contract,
    specs: Specs,
    fields: ExtensionFields,
    lines: Value,
    name: str,
    declared: dict[str, Fields],
) -> list[Value]:
    if not isinstance(lines, list):
        raise not_valid(f"{name}: {LINES} is a list of lines")
    of_line = fields.line.get(contract.entity, {})
    kept: list[Value] = []
    seen: set[str] = set()
    for index, line in enumerate(lines):
        path = f"{name}: {LINES}[{index}]"
        if not isinstance(line, dict):
            raise not_valid(f"{path} is not an object")
        native, own = _take_line(contract, specs, of_line, line, path)
        key = native.get("line_key")
        if not isinstance(key, str):
            raise not_valid(f"{path} has no line_key; give every line a key that stays the same")
        if key in seen:
            raise not_valid(f'{path}: line_key "{key}" is on another line too')
        seen.add(key)
        _require(specs, native, f"{path}.")
        _require(of_line, own, f"{path}.")
        if own:
            declared[key] = own
        kept.append(native)
    return kept


def _take_line(
    contract: Contract, specs: Specs, of_line: Specs, line: Fields, path: str
) -> tuple[Fields, Fields]:
    native: Fields = {}
    own: Fields = {}
    for key, value in line.items():
        if value is None:
            continue
        if key in specs:
            native[key] = _kept(specs[key], value, f"{path}.{key}")
        elif key in of_line:
            own[key] = _kept(of_line[key], value, f"{path}.{key}")
        else:
            place = f'defineLineField("{LINES}", …) in {contract.file}'
            raise _undeclared(f"{path}.{key}", contract, f"a line of {contract.entity}", place)
    return native, own


def _kept(spec: FieldSpec, value: Value, path: str) -> Value:
    try:
        return keep(spec, value, path)
    except ValueError as problem:
        raise not_valid(str(problem)) from None


def _without(values: Fields, taken: Fields) -> Fields:
    return {key: value for key, value in values.items() if key not in taken}


def _undeclared(path: str, contract: Contract, holder: str, place: str) -> Refused:
    metadata = "put it under metadata, or " if "metadata" in contract.fields and not contract.custom else ""
    return not_valid(f"{path} is not a field of {holder}; {metadata}declare it in {place}")


def _require(specs: Specs, values: Fields, prefix: str) -> None:
    for key, spec in specs.items():
        if spec.required and key not in values:
            raise not_valid(f"{prefix}{key} is required")


def _require_currencies(specs: Specs, values: Fields, document: Fields, line: Fields, name: str) -> None:
    for key in values:
        currency = specs[key].currency_field if key in specs else None
        if currency and not any(currency in one for one in (line, document, values)):
            raise not_valid(
                f'{name}: {key} is an amount in the currency of "{currency}", which neither the line nor the '
                "document has"
            )


def _require_line_currencies(
    contract: Contract, fields: ExtensionFields, native: Fields, declared: Declared, name: str
) -> None:
    lines, specs = native.get(LINES), fields.line.get(contract.entity)
    if specs is None or not isinstance(lines, list):
        return
    for index, line in enumerate(lines):
        if isinstance(line, dict):
            values = declared.get(str(line["line_key"]), {})
            _require_currencies(specs, values, native, line, f"{name}: {LINES}[{index}]")
