"""Custom entities and extension fields: what their files declare, and what is wrong with it.

1. `src/entities/<Name>.ts` has a default export made by `defineEntity`, with the file's name.
2. Its fields have types that exist and names of their own; `enum` has `values`, `reference` names a known
   `entity`; a default is a value of the type; what has no order has no index.
3. `src/fields/<Entity>.ts` exports only what `defineEntityField` and `defineLineField` made, at least one.
4. Keys are lower snake case, each once per entity, and none is a native field's.
5. `select` has `options`; a `currencyField` is there, and only for a `currency`; line fields are for documents
   with lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Protocol, TypeVar, cast

from pydantic import BaseModel, ValidationError

from policies.manifest_messages import NOT_PLAIN
from policies.manifest_wording import explain
from policies.messages import Said
from policies.plain_json import plain_json_problems
from sandbox_host.packages.deployment import CustomEntity, EntityField, ExtensionField, Fields
from sandbox_host.packages.evaluation import ExportFact
from sandbox_host.packages.messages import declarations as say
from sandbox_host.packages.names import LINE_ENTITIES, did_you_mean
from sandbox_host.packages.problems import Problem
from sandbox_host.records.contract import LINES, contracts
from sandbox_host.records.values import ORDERED, conform

_ENTITY_FIELD = re.compile(r"[a-z][A-Za-z0-9_]{0,62}")
_FIELD_KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
SYSTEM_FIELDS = frozenset(
    ("id", "_created_at", "_updated_at", "_version", "source_system", "source_id", "connection_id")
)
_RESERVED = SYSTEM_FIELDS | {LINES, "lines", "line_key", "metadata"}
"""Names that mean something on every record and line, whatever its contract says."""

Exports = Mapping[str, ExportFact]
Model = TypeVar("Model", bound=BaseModel)


class Lines(Protocol):
    """Where a declaration stands."""

    def line(self, file: str, export: str, path: str = "") -> int | None: ...


class Declarations:
    """Reads declarations one file at a time; `problems` collects what is wrong. entities: all that there are."""

    def __init__(self, entities: Collection[str], lines: Lines) -> None:
        self._known = entities
        self._places = lines
        self.problems: list[Problem] = []
        self.entities: list[CustomEntity] = []
        self._fields: dict[str, dict[str, ExtensionField]] = {}
        self._lines: dict[str, dict[str, ExtensionField]] = {}

    def fields(self) -> Fields:
        """All extension fields read so far, normalised."""
        lines: Any = {entity: {LINES: keys} for entity, keys in sorted(self._lines.items())}
        return Fields(entity=dict(sorted(self._fields.items())), line=lines)

    def read_entity(self, file: str, name: str, exports: Exports) -> None:
        """One file of `src/entities`."""
        fact = exports.get("default")
        value = None if fact is None else fact.get("value")
        if fact is None or fact.get("declaration") != "entity" or not isinstance(value, dict):
            self._wrong(file, "default", "", say.NO_ENTITY(name=name))
            return
        declared = cast("dict[str, Any]", value)
        if self._is_not_plain(file, "default", declared):
            return
        if declared.get("name") != name:
            shown = json.dumps(declared.get("name"))[:80]
            self._wrong(file, "default", "name", say.ENTITY_RENAMED(found=shown, name=name))
        for key in sorted(set(declared) - {"name", "fields"}):
            guess = did_you_mean(key, ("name", "fields"))
            self._wrong(file, "default", key, say.ENTITY_KEY(key=key[:80], guess=guess))
        fields = declared.get("fields")
        if not isinstance(fields, dict) or not fields:
            self._wrong(file, "default", "fields", say.NO_FIELDS())
            return
        good: dict[str, EntityField] = {}
        seen: dict[str, str] = {}
        for key, one in cast("dict[str, Any]", fields).items():
            first = seen.setdefault(key.casefold(), key)
            if first != key:
                self._wrong(
                    file, "default", f"fields.{key}", say.SAME_FIELD(where=f"fields.{key}", other=first)
                )
            elif (field := self._entity_field(file, key, one)) is not None:
                good[key] = field
        self.entities.append(CustomEntity(name=name, file=file, fields=good))

    def _entity_field(self, file: str, key: str, value: Any) -> EntityField | None:
        where = f"fields.{key}"
        if not _ENTITY_FIELD.fullmatch(key) or key in SYSTEM_FIELDS:
            self._wrong(file, "default", where, say.FIELD_NAME(where=where[:80]))
            return None
        field = self._parse(file, "default", where, value, EntityField)
        if field is None:
            return None
        if (field.type == "enum") != bool(field.values):
            self._wrong(file, "default", where, say.ENUM_VALUES(where=where))
        elif repeated := _repeated(field.values or ()):
            message = say.REPEATED_OPTION(where=f"{where}.values", value=repeated)
            self._wrong(file, "default", f"{where}.values", message)
        elif field.default is not None:
            self._default(file, where, field)
        if (field.type == "reference") != (field.entity is not None):
            self._wrong(file, "default", where, say.REFERENCE_ENTITY(where=where))
        elif field.entity is not None and field.entity not in self._known:
            guess = did_you_mean(field.entity, self._known)
            message = say.REFERENCE_UNKNOWN(where=where, name=field.entity[:80], guess=guess)
            self._wrong(file, "default", f"{where}.entity", message)
        if field.index and field.type not in ORDERED:
            self._wrong(file, "default", f"{where}.index", say.FIELD_INDEX(where=where, type=field.type))
        return field

    def _default(self, file: str, where: str, field: EntityField) -> None:
        try:
            conform(field.type, cast("Any", field.default), field.values or ())
        except ValueError as error:
            message = say.FIELD_DEFAULT(where=where, reason=error)
            self._wrong(file, "default", f"{where}.default", message)

    def read_fields(self, file: str, entity: str, exports: Exports) -> None:
        """One file of `src/fields`."""
        if not exports:
            self._wrong(file, "", "", say.NO_FIELD())
        for name, fact in sorted(exports.items()):
            kind = fact.get("declaration")
            if kind not in ("entity_field", "line_field") or not isinstance(fact.get("value"), dict):
                self._wrong(file, name, "", say.NOT_A_FIELD(name=name))
                continue
            value = dict(cast("dict[str, Any]", fact.get("value")))
            if self._is_not_plain(file, name, value):
                continue
            if kind == "line_field":
                self._line_field(file, entity, name, value)
            else:
                self._keep(file, entity, name, value, self._fields.setdefault(entity, {}))
        self._check_currencies(file, entity, exports)

    def _line_field(self, file: str, entity: str, name: str, value: dict[str, Any]) -> None:
        collection = value.pop("lineCollection", None)
        if collection != LINES:
            self._wrong(file, name, "", say.LINE_COLLECTION(name=name))
        elif entity not in LINE_ENTITIES:
            message = say.NO_LINES(name=name, entity=entity, known=", ".join(LINE_ENTITIES))
            self._wrong(file, name, "", message)
        else:
            self._keep(file, entity, name, value, self._lines.setdefault(entity, {}), on_line=True)

    def _keep(
        self,
        file: str,
        entity: str,
        name: str,
        value: dict[str, Any],
        into: dict[str, ExtensionField],
        *,
        on_line: bool = False,
    ) -> None:
        key = value.pop("key", None)
        if not isinstance(key, str) or not _FIELD_KEY.fullmatch(key):
            self._wrong(file, name, "key", say.FIELD_KEY(name=name, found=json.dumps(key)[:80]))
            return
        field = self._parse(file, name, "", value, ExtensionField)
        if key in into:
            self._wrong(file, name, "key", say.KEY_TWICE(name=name, key=key))
            return
        if key in self._native(entity, on_line=on_line):
            what = f"lines of {entity} have" if on_line else f"{entity} has"
            self._wrong(file, name, "key", say.NATIVE_FIELD(name=name, what=what, key=key))
        if field is None:
            return
        if (field.type == "select") != bool(field.options):
            self._wrong(file, name, "options", say.SELECT_OPTIONS(name=name))
        elif repeated := _repeated(field.options or ()):
            message = say.REPEATED_OPTION(where=f"{name}.options", value=repeated)
            self._wrong(file, name, "options", message)
        if field.currencyField is not None and field.type != "currency":
            self._wrong(file, name, "currencyField", say.CURRENCY_OF_OTHER(name=name))
        if field.index and on_line:
            self._wrong(file, name, "index", say.LINE_INDEX(name=name))
        elif field.index and field.type not in ORDERED:
            self._wrong(file, name, "index", say.FIELD_INDEX(where=name, type=field.type))
        if field.index and on_line:
            self._wrong(file, name, "index", say.LINE_INDEX(name=name))
        elif field.index and field.type not in ORDERED:
            self._wrong(file, name, "index", say.FIELD_INDEX(where=name, type=field.type))
        into[key] = field

    def _check_currencies(self, file: str, entity: str, exports: Exports) -> None:
        """The field that an amount's currency is in: on the line, else on the document."""
        if entity not in contracts():
            return
        record = {*self._native(entity, on_line=False), *self._fields.get(entity, {})}
        line = {*self._native(entity, on_line=True), *self._lines.get(entity, {})}
        for name, fact in sorted(exports.items()):
            value = cast("dict[str, Any]", fact.get("value")) if isinstance(fact.get("value"), dict) else {}
            field: Any = value.get("currencyField")
            known = record | line if fact.get("declaration") == "line_field" else record
            if value.get("type") == "currency" and isinstance(field, str) and field not in known:
                guess = did_you_mean(field, known)
                message = say.CURRENCY_FIELD(name=name, entity=entity, field=field[:80], guess=guess)
                self._wrong(file, name, "currencyField", message)

    def _native(self, entity: str, *, on_line: bool) -> Collection[str]:
        """Names that a field of an extension cannot have."""
        contract = contracts().get(entity)
        if contract is not None:
            return _RESERVED | ((contract.lines or {}).keys() if on_line else contract.fields.keys())
        return _RESERVED.union(*(one.fields for one in self.entities if one.name == entity))

    def _parse(self, file: str, export: str, where: str, value: Any, model: type[Model]) -> Model | None:
        try:
            return model.model_validate_json(json.dumps(value), strict=True)
        except ValidationError as error:
            for one in explain(error, model):
                path = ".".join(part for part in (where, one.path) if part)
                shown = path if export == "default" else ".".join(part for part in (export, path) if part)
                self._wrong(file, export, path, say.FIELD_FORM(where=shown, reason=one.message))
            return None

    def _is_not_plain(self, file: str, export: str, value: Any) -> bool:
        problems = plain_json_problems(value)
        for one in problems:
            self._wrong(file, export, one.path, NOT_PLAIN(reason=f"{one.path}: {one.message}"))
        return bool(problems)

    def _wrong(self, file: str, export: str, path: str, message: Said) -> None:
        self.problems.append(Problem(file, self._places.line(file, export, path), message))


def _repeated(values: Iterable[str]) -> str | None:
    """The first value, as JSON, that is empty or there for the second time."""
    seen: set[str] = set()
    for value in values:
        if not value or value in seen:
            return json.dumps(value)[:80]
        seen.add(value)
    return None
