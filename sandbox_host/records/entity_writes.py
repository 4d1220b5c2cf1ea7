"""Writes of records by their id or their identity: create, update, named changes, delete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass

from sandbox_host.db import TenantSession
from sandbox_host.errors import Conflict, InvalidArgument, NotFound, ValidationError
from sandbox_host.records.contract import Action, Contract
from sandbox_host.records.draft import Draft
from sandbox_host.records.ingest import as_id
from sandbox_host.records.row import SYSTEM_TYPES, Content, Row, system_fields
from sandbox_host.records.values import Json, instant, instant_key
from sandbox_host.records.view import Layer, Merged, View, laid, require_whole_for, whole, written
from sandbox_host.records.writing import Record, Write, Writer

_BY_HAND = ("manual", "csv_upload")
"""Sources that any extension may name, beside its own. (Published: provider, csv_upload, manual.)"""


@dataclass(frozen=True, slots=True)
class EntityWrites:
    """How the guests of one extension write records. Each write is checked whole, then staged.

    merged, everywhere: what hooks add to the write, in their order.
    """

    view: View
    writer: Writer

    def draft_new(self, contract: Contract, attrs: Record, merged: Merged) -> Draft:
        """The record as `create` would make it. What is required may be missing. Raises ValidationError."""
        source_system, source_id, layers = self._new(contract, attrs, merged)
        known: Record = {"source_system": source_system}
        if source_id:
            known["source_id"] = source_id
        name = f"{contract.entity} {source_id or '(new)'}"
        return Draft(contract.entity, None, known, laid(contract.entity, Content(), layers, name))

    def create(
        self, session: TenantSession, contract: Contract, attrs: Record, merged: Merged = ()
    ) -> Record:
        """A new record. Raises ValidationError, or Conflict where its identity is taken."""
        source_system, source_id, layers = self._new(contract, attrs, merged)
        moment = self.writer.moment()
        record = self.writer.new_id(moment)
        source_id = source_id or record
        content = _whole(contract.entity, Content(), layers, f"{contract.entity} {source_id}")
        identity = (contract.entity, source_system, self.view.origin.connection or "", source_id)
        previous = self.writer.staging.of_identity(session, self.view, identity)
        if previous and not previous.deleted:
            raise Conflict(f"{contract.entity} with source_id {source_id!r} exists already as {previous.id}")
        data = whole(contract.entity, content, self.view, layers[1:])
        listed = Write("entity", "create", contract.entity, record, data)
        row = self.writer.put(
            self.view, identity, content, listed, record=record, moment=moment, previous=previous
        )
        return self.view.shown(contract, row)

    def draft(
        self,
        session: TenantSession,
        contract: Contract,
        record: str,
        attrs: Mapping[str, Json],
        merged: Merged,
    ) -> Draft:
        """The record as `update` would make it. What is required may be missing. Raises NotFound,
        ValidationError."""
        previous = self._live(session, contract, record, merged)
        layers = _settable(contract, previous, [(self.view, attrs), *merged])
        content = laid(contract.entity, previous.content, layers, f"{contract.entity} {previous.source_id}")
        return Draft(contract.entity, previous.id, system_fields(previous), content)

    def update(
        self,
        session: TenantSession,
        contract: Contract,
        record: str,
        attrs: Mapping[str, Json],
        merged: Merged = (),
        action: str = "update",
    ) -> Record:
        """Set some fields of a record; null clears one. Raises NotFound, ValidationError."""
        previous = self._live(session, contract, record, merged)
        layers = _settable(contract, previous, [(self.view, attrs), *merged])
        content = _whole(contract.entity, previous.content, layers, f"{contract.entity} {previous.source_id}")
        listed = Write("entity", action, contract.entity, record, written(contract.entity, content, layers))
        row = self._next(previous, content, listed)
        return self.view.shown(contract, row)

    def set_by(
        self, session: TenantSession, contract: Contract, record: str, name: str, params: Record
    ) -> Record:
        """The fields that one of the entity's named changes sets now. Raises NotFound, InvalidArgument for a
        parameter that it does not take, Conflict for a record that is not in a state for it."""
        action = contract.actions[name]
        for key in params:
            if key not in action.accepts:
                known = ", ".join(action.accepts) or "none"
                raise InvalidArgument(
                    f"{contract.entity}.{name} takes no parameter {key!r}; there are: {known}"
                )
        previous = self._live(session, contract, record, ())
        refusal = action.refusal(previous.content.native)
        if refusal:
            raise Conflict(f"{contract.entity} {previous.source_id}: cannot {name}: {refusal}")
        return {**action.sets, **self._marks(contract, action), **params}

    def delete(self, session: TenantSession, contract: Contract, record: str) -> bool:
        """Whether there was such a record to delete."""
        previous = self.writer.staging.record(session, self.view, record)
        if previous is None or previous.deleted or previous.entity != contract.entity:
            return False
        listed = Write("entity", "delete", contract.entity, record, None)
        self._next(previous, previous.content, listed, deleted=True)
        return True

    def lend(self, session: TenantSession, contract: Contract, given: Record) -> None:
        """Make a record exist for this run only, with the defaults that creating it would give it."""
        view = self.view
        body = _with_initial(
            contract, {key: value for key, value in given.items() if key not in SYSTEM_TYPES}
        )
        moment = self.writer.moment()
        created = given.get("_created_at")
        created_at = instant_key(instant(created)) if isinstance(created, str) else moment
        source_system = str(given.get("source_system") or view.origin.source_system)
        connection = view.origin.connection or ""
        record = as_id(given.get("id"))
        source_id = as_id(given.get("source_id")) or as_id(given.get(contract.id_field)) or record
        record = record or self.writer.new_id(moment)
        identity = (contract.entity, source_system, connection, source_id or record)
        stored = self.writer.staging.of_identity(session, view, identity)
        content = view.laid(contract, Content(), body, f"{contract.entity} {source_id or record}")
        row = Row(
            id=stored.id if stored and "id" not in given else record,
            entity=contract.entity,
            source_system=source_system,
            connection=connection,
            source_id=source_id or record,
            version=1,
            created_at=created_at,
            updated_at=created_at,
            source_updated_at=None,
            deleted=False,
            content=content,
        )
        self.writer.staging.lend(row)

    def _live(self, session: TenantSession, contract: Contract, record: str, merged: Merged) -> Row:
        """The record, with what all have on it who write to it. Raises NotFound."""
        row = self.writer.staging.record(session, self.view, record)
        if row is None or row.deleted or row.entity != contract.entity:
            raise NotFound(f"there is no {contract.entity} with the id {record!r}")
        for view, _ in merged:
            (row,) = view.loaded(session, [row])
        return row

    def _next(self, previous: Row, content: Content, listed: Write, *, deleted: bool = False) -> Row:
        moment = self.writer.moment()
        return self.writer.put(
            self.view,
            previous.identity,
            content,
            listed,
            record=previous.id,
            moment=moment,
            previous=previous,
            deleted=deleted,
        )

    def _marks(self, contract: Contract, action: Action) -> Record:
        """The time and the author of a change, where it leaves them on the record."""
        moment = f"{self.writer.moment()[:-3]}Z"
        marks: Record = {
            name: moment[:10] if contract.fields[name].type == "date" else moment for name in action.stamps
        }
        return {**marks, **dict.fromkeys(action.signs, self.view.origin.actor)}

    def _new(self, contract: Contract, attrs: Record, merged: Merged) -> tuple[str, str | None, list[Layer]]:
        """The source system and the source id of a new record, and the fields that it is made of."""
        given = dict(attrs)
        for _, changes in merged:
            given.update((key, value) for key, value in changes.items() if key in SYSTEM_TYPES)
        source_system, source_id, body = self._identity_of(given)
        layers: list[Layer] = [(self.view, _with_initial(contract, body))]
        for view, changes in merged:
            own = {key: value for key, value in changes.items() if key not in SYSTEM_TYPES}
            layers.append((view, {**own, **_initial(contract, own.keys() & contract.initial, own)}))
        return source_system, source_id, layers

    def _identity_of(self, body: Record) -> tuple[str, str | None, Record]:
        origin = self.view.origin
        source_system = body.pop("source_system", None) or origin.source_system
        if source_system not in (origin.source_system, *_BY_HAND):
            raise ValidationError(
                f"source_system is {origin.source_system!r} or one of {', '.join(_BY_HAND)},"
                f" not {source_system!r}"
            )
        if body.pop("connection_id", None) not in (None, origin.connection):
            raise ValidationError("connection_id is set by the host; leave it out")
        given = body.pop("source_id", None)
        source_id = as_id(given)
        if given is not None and source_id is None:
            raise ValidationError(f"source_id: {given!r} is not an id")
        for name in SYSTEM_TYPES:
            if body.pop(name, None) is not None:
                raise ValidationError(f"{name} is set by the host; leave it out")
        return str(source_system), source_id, body


def _whole(entity: str, content: Content, layers: list[Layer], name: str) -> Content:
    content = laid(entity, content, layers, name)
    require_whole_for(entity, content, layers, name)
    return content


def _settable(contract: Contract, previous: Row, layers: list[Layer]) -> list[Layer]:
    """The layers without the host's own fields, which may be there as they are. Raises ValidationError."""
    known = system_fields(previous)
    settable: list[Layer] = []
    for view, changes in layers:
        for name in known.keys() & changes.keys():
            # A guest may send back a record it has read; the times and the version in it mean nothing here.
            if changes[name] != known[name] and not name.startswith("_"):
                raise ValidationError(
                    f"{contract.entity} {previous.id}: {name} is set by the host; leave it out"
                )
        settable.append((view, {name: value for name, value in changes.items() if name not in known}))
    return settable


def _with_initial(contract: Contract, body: Record) -> Record:
    """What a create writes: an absent field that has a default takes it."""
    return {**body, **_initial(contract, contract.initial, body)}


def _initial(contract: Contract, names: Iterable[str], body: Record) -> Record:
    return {name: deepcopy(contract.initial[name]) for name in names if body.get(name) is None}
