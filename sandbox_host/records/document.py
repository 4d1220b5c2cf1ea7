"""A payload taken apart by its contract: native fields to one side, declared ones to the other.

`take_apart` checks what is there: its keys, its types, its lines. `require_whole` checks that nothing is missing, and
that a journal entry balances: once a write is as it will be stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox_host.errors import ValidationError
from sandbox_host.records.balance import require_balance
from sandbox_host.records.contract import LINES, Contract, FieldSpec
from sandbox_host.records.fields import ExtensionFields
from sandbox_host.records.values import Declared, Json, plain

RECORD = ""
"""Where declared values of the record itself stand, beside those of its lines."""


@dataclass(frozen=True, slots=True)
class Document:
    """What one extension sees of a record, or writes of it, once every value was checked."""

    native: dict[str, Json]
    declared: Declared

    def whole(self) -> dict[str, Json]:
        """Both sides together again, as the guest writes them."""
        return joined(self.native, self.declared)


def joined(native: Mapping[str, Json], declared: Declared) -> dict[str, Json]:
    """Native fields with the declared ones beside them and on their lines."""
    whole = {**native, **declared.get(RECORD, {})}
    lines = native.get(LINES)
    if isinstance(lines, list):
        whole[LINES] = [
            {**line, **declared.get(str(line["line_key"]), {})} for line in lines if isinstance(line, dict)
        ]
    return whole


def take_apart(
    contract: Contract,
    fields: ExtensionFields,
    payload: Mapping[str, Json],
    name: str,
    *,
    onto: Document | None = None,
) -> Document:
    """Check `payload` against the contract and the declared fields. Null means absent; a field that is required may
    be, but for one of a line.

    name: what messages call the record, such as "Invoice in_1". onto: what the record holds already; the
    payload is laid over it. Raises ValidationError with the path of the first problem.
    """
    native = {key: value for key, value in onto.native.items() if key not in payload} if onto else {}
    own: dict[str, Json] = {}
    declared: dict[str, dict[str, Json]] = {}
    for line_key, values in onto.declared.items() if onto else ():
        if line_key == RECORD:
            own = {key: value for key, value in values.items() if key not in payload}
        elif LINES not in payload:
            declared[line_key] = dict(values)
    of_record = fields.of_record(contract.entity)
    for key, value in payload.items():
        if value is None:
            continue
        plain(value, f"{name}: {key}")
        if key == LINES and contract.lines is not None:
            continue
        if key in contract.fields:
            native[key] = _kept(contract.fields[key], value, f"{name}: {key}")
        elif key in of_record:
            own[key] = _kept(of_record[key], value, f"{name}: {key}")
        else:
            raise ValidationError(_undeclared(f"{name}: {key}", contract, contract.entity, contract.file))
    if payload.get(LINES) is not None and contract.lines is not None:
        native[LINES] = _lines(contract, fields, payload[LINES], name, declared)
    if own:
        declared[RECORD] = own
    return Document(native, declared)


def require_whole(contract: Contract, fields: ExtensionFields, document: Document, name: str) -> None:
    """Whether nothing is missing of a document that is to be stored. Raises ValidationError naming the first thing
    that is, and for a document whose lines should balance and do not."""
    native, own = document.native, document.declared.get(RECORD, {})
    _require(contract.fields, native, name)
    if contract.lines_required and not native.get(LINES):
        raise ValidationError(f"{name}: {LINES} is required")
    of_record = fields.of_record(contract.entity)
    _require_currencies(of_record, own, native, {}, name)
    _require_line_currencies(contract, fields, native, document.declared, name)
    if contract.lines_balance:
        require_balance(native, name)


def _lines(
    contract: Contract,
    fields: ExtensionFields,
    lines: Json,
    name: str,
    declared: dict[str, dict[str, Json]],
) -> list[Json]:
    if not isinstance(lines, list):
        raise ValidationError(f"{name}: {LINES} is a list of lines")
    assert contract.lines is not None
    of_line = fields.of_line(contract.entity)
    native: list[Json] = []
    keys: set[str] = set()
    for index, line in enumerate(lines):
        path = f"{name}: {LINES}[{index}]"
        if not isinstance(line, dict):
            raise ValidationError(f"{path} is not an object")
        kept: dict[str, Json] = {}
        own: dict[str, Json] = {}
        for key, value in line.items():
            if value is None:
                continue
            if key in contract.lines:
                kept[key] = _kept(contract.lines[key], value, f"{path}.{key}")
            elif key in of_line:
                own[key] = _kept(of_line[key], value, f"{path}.{key}")
            else:
                place = f'defineLineField("{LINES}", …) in {contract.file}'
                raise ValidationError(
                    _undeclared(f"{path}.{key}", contract, f"a line of {contract.entity}", place)
                )
        line_key = kept.get("line_key")
        if not isinstance(line_key, str):
            raise ValidationError(f"{path} has no line_key; give every line a key that stays the same")
        if line_key in keys:
            raise ValidationError(f'{path}: line_key "{line_key}" is on another line too')
        keys.add(line_key)
        _require(contract.lines, kept, path, ".")
        if own:
            declared[line_key] = own
        native.append(kept)
    return native


def _kept(spec: FieldSpec, value: Json, path: str) -> Json:
    try:
        return spec.keep(value, path)
    except ValueError as problem:
        raise ValidationError(str(problem)) from None


def _undeclared(path: str, contract: Contract, holder: str, place: str) -> str:
    way_out = f"declare it in {place}"
    if "metadata" in contract.fields and not contract.custom:
        way_out = f"put it under metadata, or {way_out}"
    return f"{path} is not a field of {holder}; {way_out}"


def _require(specs: Mapping[str, FieldSpec], values: Mapping[str, Json], name: str, join: str = ": ") -> None:
    for key, spec in specs.items():
        if spec.required and key not in values:
            raise ValidationError(f"{name}{join}{key} is required")


def _require_currencies(
    specs: Mapping[str, FieldSpec],
    values: Mapping[str, Json],
    document: Mapping[str, Json],
    line: Mapping[str, Json],
    name: str,
) -> None:
    for key in values:
        currency = specs[key].currency_field if key in specs else None
        if currency and currency not in line and currency not in document and currency not in values:
            raise ValidationError(
                f'{name}: {key} is an amount in the currency of "{currency}", which neither the line nor the'
                " document has"
            )


def _require_line_currencies(
    contract: Contract, fields: ExtensionFields, native: Mapping[str, Json], declared: Declared, name: str
) -> None:
    lines = native.get(LINES)
    specs = fields.of_line(contract.entity)
    if not specs or not isinstance(lines, list):
        return
    for index, line in enumerate(lines):
        assert isinstance(line, dict)
        values = declared.get(str(line["line_key"]), {})
        _require_currencies(specs, values, native, line, f"{name}: {LINES}[{index}]")
