"""What an extension could write: each write as a proposal, which hooks add to before it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from sandbox_host.db import TenantSession
from sandbox_host.errors import InvalidArgument
from sandbox_host.records.contract import Contract, contract_of_document
from sandbox_host.records.draft import Draft, Proposal
from sandbox_host.records.entity_writes import EntityWrites
from sandbox_host.records.ingest import Item, required_text, understand
from sandbox_host.records.ingest_writes import IngestWrites
from sandbox_host.records.reading import Records
from sandbox_host.records.values import Json
from sandbox_host.records.view import Merged
from sandbox_host.records.writing import Record

T = TypeVar("T")


class Proposals(Records):
    """The writes that one extension may make, none of them made. Each raises as the write itself does, for what of it
    can be known before."""

    @property
    def _entities(self) -> EntityWrites:
        return EntityWrites(self.view, self.work.writer)

    @property
    def _ingests(self) -> IngestWrites:
        return IngestWrites(self.view, self.work.writer)

    def to_create(self, entity: str, attrs: Json) -> Proposal:
        """What `create` makes, to be made."""
        contract, body = self.contract(entity), an_object("attrs", attrs)
        return self._proposal(
            contract,
            None,
            lambda _, merged: self._entities.draft_new(contract, body, merged),
            lambda session, merged: self._entities.create(session, contract, body, merged),
        )

    def to_update(self, entity: str, id: str, attrs: Json) -> Proposal:
        """What `update` makes, to be made."""
        contract, record, body = self.contract(entity), required_text("id", id), an_object("attrs", attrs)
        return self._proposal(
            contract,
            record,
            lambda session, merged: self._entities.draft(session, contract, record, body, merged),
            lambda session, merged: self._entities.update(session, contract, record, body, merged),
        )

    def to_act(self, entity: str, id: str, name: str, params: Json = None) -> Proposal:
        """What `action` makes, to be made."""
        contract, record, writes = self.contract(entity), required_text("id", id), self._entities
        if required_text("actionName", name) not in contract.actions:
            known = ", ".join(contract.actions) or "none"
            raise InvalidArgument(f"{entity} has no action {name!r}; there are: {known}")
        given = {} if params is None else an_object("params", params)

        def draft(session: TenantSession, merged: Merged) -> Draft:
            body = writes.set_by(session, contract, record, name, given)
            return writes.draft(session, contract, record, body, merged)

        def make(session: TenantSession, merged: Merged) -> Record:
            body = writes.set_by(session, contract, record, name, given)
            return writes.update(session, contract, record, body, merged, "action")

        return self._proposal(contract, record, draft, make)

    def reaches(self, entity: str, name: str, before: Record | None, after: Record) -> bool:
        """Whether a record, as it was and as it will be, goes through the entity's named change, however it is
        written: it will be as that change makes it, and was not."""
        action = self.contract(entity).actions.get(name)
        if action is None or not action.sets:
            return False
        return not _is_as(action.sets, before or {}) and _is_as(action.sets, after)

    def to_ingest(
        self,
        document_type: str,
        payload: Json,
        stream: Json,
        idempotency_key: Json,
        source_updated_at: Json = None,
        source_id: Json = None,
        *,
        listed: str = "canonical",
    ) -> Proposal:
        """What `ingest` makes, to be made. listed: the action that it is listed under."""
        item = self._item(document_type, payload, stream, idempotency_key, source_updated_at, source_id)
        with self.work.reading(self.view) as session:
            duplicate, previous, _ = self._ingests.known(session, item)
        record = previous.id if previous and not previous.deleted else None
        return self._proposal(
            item.contract,
            record,
            lambda session, merged: self._ingests.draft(session, item, merged),
            lambda session, merged: self._ingests.ingest(session, item, listed, merged),
            duplicate,
        )

    def document_entity(self, document_type: str) -> str:
        """The entity whose documents `ingest` calls that. Raises InvalidArgument."""
        return contract_of_document(document_type).entity

    def _proposal(
        self,
        contract: Contract,
        record: str | None,
        draft: Callable[[TenantSession, Merged], Draft],
        make: Callable[[TenantSession, Merged], Record],
        duplicate: Record | None = None,
    ) -> Proposal:
        def owned(act: Callable[[TenantSession, Merged], T]) -> Callable[[TenantSession, Merged], T]:
            def checked(session: TenantSession, merged: Merged) -> T:
                self._own(session, contract)
                return act(session, merged)

            return checked

        return Proposal(self.work, self.view, record, owned(draft), owned(make), duplicate)

    def _item(
        self,
        document_type: str,
        payload: Json,
        stream: Json,
        key: Json,
        source_updated_at: Json,
        source_id: Json,
    ) -> Item:
        return understand(
            contract_of_document(document_type),
            self.view.schema.fields,
            self.view.origin,
            payload,
            stream,
            key,
            source_updated_at,
            source_id,
        )


def _is_as(wanted: Mapping[str, Json], record: Record) -> bool:
    return all(record.get(name) == value for name, value in wanted.items())


def an_object(name: str, value: Json) -> Record:
    """An argument that is an object. Raises InvalidArgument."""
    if not isinstance(value, dict):
        raise InvalidArgument(f"{name} is an object")
    return value
