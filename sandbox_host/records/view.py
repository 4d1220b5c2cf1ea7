"""A record as one extension sees it, and what that extension may change of it.

A record is common to the extensions of a tenant. Its entity's fields are everybody's; what an extension declares on
it is that extension's alone, under its key. So a view shows the entity's fields and its own, and lays a payload over
these: what others keep on the record, or other versions of the same extension, is never seen and never lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from sandbox_host.db import TenantSession
from sandbox_host.records import registry, store
from sandbox_host.records.contract import LINES, Contract
from sandbox_host.records.document import RECORD, Document, joined, require_whole, take_apart
from sandbox_host.records.origin import Origin
from sandbox_host.records.row import Content, Row, system_fields, with_defaults
from sandbox_host.records.schema import ExtensionSchema
from sandbox_host.records.values import Declared, Json


@dataclass(slots=True)
class View:
    """One extension of a tenant. schema: what its running version declares."""

    origin: Origin
    schema: ExtensionSchema
    _known: registry.Registry | None = None

    @property
    def extension(self) -> str:
        """Its key."""
        return self.origin.extension

    def contract(self, entity: str) -> Contract:
        """What a record of `entity` holds for it. Raises InvalidArgument."""
        return self.schema.contract(entity)

    def known(self, session: TenantSession) -> registry.Registry:
        """What the tenant knows of its declarations."""
        if self._known is None:
            self._known = registry.load(session, self.extension, self.schema)
        return self._known

    def loaded(self, session: TenantSession, rows: list[Row]) -> list[Row]:
        """Rows of one entity, with what this extension keeps on them."""
        extension = self.extension
        if not rows or not self.schema.fields.any_of(rows[0].entity):
            return rows
        missing = [row.id for row in rows if extension not in row.content.fields]
        if not missing:
            return rows
        found = store.load_declared(session, extension, missing)
        return [
            replace(row, content=_with(row.content, extension, found.get(row.id, {})))
            if extension not in row.content.fields
            else row
            for row in rows
        ]

    def with_own(self, session: TenantSession, entity: str, record: str, content: Content) -> Content:
        """One record's content, with what this extension keeps on it."""
        extension = self.extension
        if extension in content.fields or not self.schema.fields.any_of(entity):
            return content
        return _with(content, extension, store.load_declared(session, extension, [record]).get(record, {}))

    def seen(self, contract: Contract, content: Content) -> Document:
        """What it sees of a record. The record's own values have been `loaded`."""
        native = content.native
        if contract.custom:
            native = {key: value for key, value in native.items() if key in contract.fields}
        return Document(dict(native), self._split(contract, content)[0])

    def shown(self, contract: Contract, row: Row) -> dict[str, Json]:
        """A record as `get` and `query` answer it."""
        return {**system_fields(row), **self.fields_shown(contract, row.content)}

    def fields_shown(self, contract: Contract, content: Content) -> dict[str, Json]:
        """A record without what the host sets on it."""
        seen = self.seen(contract, content)
        return joined(with_defaults(contract, seen.native), seen.declared)

    def laid(self, contract: Contract, content: Content, payload: Mapping[str, Json], name: str) -> Content:
        """A record with some fields set, null clearing one; what is required may be missing. Raises
        ValidationError, also for a field that is not the entity's nor this extension's."""
        onto = self.seen(contract, content)
        return self.holding(
            contract, content, take_apart(contract, self.schema.fields, payload, name, onto=onto)
        )

    def holding(self, contract: Contract, content: Content, document: Document) -> Content:
        """A record that holds this document, and what this extension does not see of it: on lines that are still
        there, where it is a line's."""
        native = document.native
        if contract.custom:
            native = {
                key: content.native[key] for key in content.native.keys() - contract.fields.keys()
            } | native
        fields = {
            extension: _of_present_lines(declared, native)
            for extension, declared in content.fields.items()
            if extension != self.extension
        }
        if self.schema.fields.any_of(contract.entity):
            unseen = _of_present_lines(self._split(contract, content)[1], native)
            fields[self.extension] = {
                key: {**unseen.get(key, {}), **document.declared.get(key, {})}
                for key in (unseen.keys() | document.declared.keys() if unseen else document.declared)
            }
        return Content(native, fields)

    def require_whole(self, contract: Contract, content: Content, name: str) -> None:
        """Whether nothing is missing that the entity or this extension requires. Raises ValidationError."""
        require_whole(contract, self.schema.fields, self.seen(contract, content), name)

    def _split(self, contract: Contract, content: Content) -> tuple[Declared, Declared]:
        """What this version declares of the extension's own values, and the rest."""
        own = content.fields.get(self.extension)
        return self.schema.fields.split(contract.entity, own) if own else ({}, {})


Layer: TypeAlias = "tuple[View, Mapping[str, Json]]"
"""Fields to set, as one extension names them."""

Merged: TypeAlias = "Sequence[Layer]"
"""What hooks add to a write, in their order."""


def laid(entity: str, content: Content, layers: Iterable[Layer], name: str) -> Content:
    """A record with each layer laid over it in turn. Raises ValidationError."""
    for view, payload in layers:
        content = view.laid(view.contract(entity), content, payload, name)
    return content


def require_whole_for(entity: str, content: Content, layers: Iterable[Layer], name: str) -> None:
    """Whether nothing is missing that anybody requires who wrote a layer. Raises ValidationError."""
    for view in {view.extension: view for view, _ in layers}.values():
        view.require_whole(view.contract(entity), content, name)


def whole(entity: str, content: Content, view: View, merged: Merged) -> dict[str, Json]:
    """A document as an extension wrote it, with what hooks merged. Under one key, the writer's own is shown."""
    added = written(entity, content, merged)
    given = {key: value for key, value in added.items() if value is not None}
    return given | view.seen(view.contract(entity), content).whole()


def written(entity: str, content: Content, layers: Iterable[Layer]) -> dict[str, Json]:
    """The fields that the layers set, as they are now: null where one was cleared. Under one key, that of the first is
    shown."""
    data: dict[str, Json] = {}
    for view, payload in layers:
        after = view.seen(view.contract(entity), content).whole()
        data |= {key: after.get(key) for key in payload if key not in data}
    return data


def _with(content: Content, extension: str, declared: Declared) -> Content:
    return Content(content.native, {**content.fields, extension: declared})


def _of_present_lines(declared: Declared, native: Mapping[str, Json]) -> Declared:
    """Of what an extension keeps on a record, that on the record itself and on the lines that it has."""
    if not declared.keys() - {RECORD}:
        return declared
    lines = native.get(LINES)
    present = (
        [line.get("line_key") for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []
    )
    return {key: values for key, values in declared.items() if key == RECORD or key in present}
