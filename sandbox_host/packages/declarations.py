"""Custom entities and extension fields: what their files declare, and what is wrong with it.

1. `src/entities/<Name>.ts` has a default export made by `defineEntity`, with the file's name.
2. Its fields have types that exist; `enum` has `values`, `reference` names a known `entity`.
3. `src/fields/<Entity>.ts` exports only what `defineEntityField` and `defineLineField` made, at least one.
4. Keys are lower snake case, each once per entity; `select` has `options`, `currency` may have
   `currencyField`; line fields are for documents with lines.
5. A field does not take a native field's name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from policies.manifest_rules import explain
from policies.plain_json import plain_json_problems
from sandbox_host.packages.deployment import CustomEntity, EntityField, ExtensionField, Fields
from sandbox_host.packages.evaluation import ExportFact
from sandbox_host.packages.names import LINE_ENTITIES, did_you_mean
from sandbox_host.packages.problems import Problem
from sandbox_host.records.fields import ExtensionFields

_ENTITY_FIELD = re.compile(r"[a-z][A-Za-z0-9_]{0,62}")
_FIELD_KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
SYSTEM_FIELDS = frozenset(
    ("id", "_created_at", "_updated_at", "_version", "source_system", "source_id", "connection_id")
)

Exports = Mapping[str, ExportFact]
Model = TypeVar("Model", bound=BaseModel)


class Declarations:
    """Reads declarations one file at a time; `problems` collects what is wrong."""

    def __init__(self, entities: Collection[str]) -> None:
        self._known = entities
        self.problems: list[Problem] = []
        self.entities: list[CustomEntity] = []
        self._fields: dict[str, dict[str, ExtensionField]] = {}
        self._lines: dict[str, dict[str, ExtensionField]] = {}

    def fields(self) -> Fields:
        """All extension fields read so far, normalised."""
        lines: Any = {entity: {"line_items": keys} for entity, keys in sorted(self._lines.items())}
        return Fields(entity=dict(sorted(self._fields.items())), line=lines)

    def read_entity(self, file: str, name: str, exports: Exports) -> None:
        """One file of `src/entities`."""
        fact = exports.get("default")
        value = None if fact is None else fact.get("value")
        if fact is None or fact.get("declaration") != "entity" or not isinstance(value, dict):
            self._wrong(file, f'export default defineEntity({{ name: "{name}", fields: {{…}} }}) is missing')
            return
        declared = cast("dict[str, Any]", value)
        if problems := plain_json_problems(declared):
            self._report(file, "", [(one.path, one.message) for one in problems])
            return
        if declared.get("name") != name:
            shown = json.dumps(declared.get("name"))
            self._wrong(file, f'name is {shown}, but the file is {name}; write name: "{name}"')
        for key in sorted(set(declared) - {"name", "fields"}):
            self._wrong(file, f"{key}: unknown key{did_you_mean(key, ('name', 'fields'))}")
        fields = declared.get("fields")
        if not isinstance(fields, dict) or not fields:
            self._wrong(file, "fields: must be an object with at least one field")
            return
        read = {
            key: self._entity_field(file, key, one) for key, one in cast("dict[str, Any]", fields).items()
        }
        good = {key: field for key, field in read.items() if field is not None}
        self.entities.append(CustomEntity(name=name, file=file, fields=good))

    def _entity_field(self, file: str, key: str, value: Any) -> EntityField | None:
        where = f"fields.{key}"
        if not _ENTITY_FIELD.fullmatch(key) or key in SYSTEM_FIELDS:
            self._wrong(
                file, f"{where}: a field's name is camelCase letters and digits, and not a system field's"
            )
            return None
        field = self._parse(file, where, value, EntityField)
        if field is None:
            return None
        if (field.type == "enum") != bool(field.values):
            self._wrong(file, f"{where}: an enum has values, and nothing else does")
        if (field.type == "reference") != (field.entity is not None):
            self._wrong(file, f"{where}: a reference has an entity, and nothing else does")
        if field.entity is not None and field.entity not in self._known:
            guess = did_you_mean(field.entity, self._known)
            self._wrong(file, f"{where}.entity: unknown entity {field.entity}{guess}")
        return field

    def read_fields(self, file: str, entity: str, exports: Exports) -> None:
        """One file of `src/fields`."""
        if not exports:
            self._wrong(file, "exports no field; write export const … = defineEntityField({…})")
        for name, fact in sorted(exports.items()):
            kind = fact.get("declaration")
            if kind not in ("entity_field", "line_field") or not isinstance(fact.get("value"), dict):
                self._wrong(file, f"{name} is not made by defineEntityField or defineLineField")
                continue
            value = dict(cast("dict[str, Any]", fact.get("value")))
            if problems := plain_json_problems(value):
                self._report(file, name, [(one.path, one.message) for one in problems])
                continue
            if kind == "line_field":
                self._line_field(file, entity, name, value)
            else:
                self._keep(file, name, value, self._fields.setdefault(entity, {}))
        self._refuse_native_names(file, entity)

    def _line_field(self, file: str, entity: str, name: str, value: dict[str, Any]) -> None:
        collection = value.pop("lineCollection", None)
        if collection != "line_items":
            self._wrong(file, f'{name}: the first argument of defineLineField is "line_items"')
        elif entity not in LINE_ENTITIES:
            self._wrong(
                file, f"{name}: {entity} has no lines; documents with lines are {', '.join(LINE_ENTITIES)}"
            )
        else:
            self._keep(file, name, value, self._lines.setdefault(entity, {}))

    def _keep(self, file: str, name: str, value: dict[str, Any], into: dict[str, ExtensionField]) -> None:
        key = value.pop("key", None)
        if not isinstance(key, str) or not _FIELD_KEY.fullmatch(key):
            self._wrong(file, f"{name}: key must be lower snake case, as in tax_code, not {json.dumps(key)}")
            return
        field = self._parse(file, name, value, ExtensionField)
        if key in into:
            self._wrong(file, f'{name}: the key "{key}" is declared twice; keep one')
        elif field is not None:
            if (field.type == "select") != bool(field.options):
                self._wrong(file, f"{name}: a select has options, and nothing else does")
            if field.currencyField is not None and field.type != "currency":
                self._wrong(file, f"{name}: only a currency has a currencyField")
            into[key] = field

    def _refuse_native_names(self, file: str, entity: str) -> None:
        fields = Fields(entity={entity: self._fields.get(entity, {})}, line=self._lines_of(entity))
        try:
            ExtensionFields.from_manifest(fields.model_dump(mode="json", exclude_none=True))
        except ValueError as error:
            if "native field" in str(error):
                self._wrong(file, str(error))

    def _lines_of(self, entity: str) -> Any:
        return {entity: {"line_items": self._lines[entity]}} if entity in self._lines else {}

    def _parse(self, file: str, where: str, value: Any, model: type[Model]) -> Model | None:
        try:
            return model.model_validate_json(json.dumps(value), strict=True)
        except ValidationError as error:
            self._report(file, where, [(one.path, one.message) for one in explain(error, model)])
            return None

    def _report(self, file: str, where: str, found: list[tuple[str, str]]) -> None:
        for path, message in found:
            place = ".".join(part for part in (where, path) if part)
            self._wrong(file, f"{place}: {message}" if place else message)

    def _wrong(self, file: str, message: str) -> None:
        self.problems.append(Problem(file, None, message))


def line_field_problems(columns: Iterator[tuple[str, Any]], fields: Fields) -> Iterator[tuple[str, str]]:
    """(path, message) for each line column that shows a field nobody declares."""
    for path, column in columns:
        entity, field = column.get("entity"), column.get("field")
        if entity not in LINE_ENTITIES or not isinstance(field, str):
            continue
        declared = fields.line.get(entity, {}).get("line_items", {})
        if field not in declared:
            guess = did_you_mean(field, declared)
            yield f"{path}.field", f'src/fields/{entity}.ts declares no line field "{field}"{guess}'
