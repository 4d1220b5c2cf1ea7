"""The writes of one guest, each with the hooks that it sets off, in the host's order:

1. The write is understood: its types, its keys, its record. What is required may still be missing.
2. `recalculate`, then `before_save`: each sees the draft as the ones before it left it; what it returns is merged.
3. `before_post`, `before_approve` where the write makes the record posted or approved; for a delete, `before_delete`.
4. The write is checked whole, and made. What the hooks wrote belongs to it.
5. `after_*` wait until it is committed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from guest_sdk.testing.discover import Hook
from guest_sdk.testing.errors import Refused
from guest_sdk.testing.hooks.chain import Chain
from guest_sdk.testing.hooks.hook import Change, returned_fields
from guest_sdk.testing.records.documents import IngestAction
from guest_sdk.testing.records.ingest import IngestArguments, Item
from guest_sdk.testing.records.values import Fields, Value

if TYPE_CHECKING:
    from guest_sdk.testing.run import Run

_SAVING = ("recalculate", "before_save")
_TRANSITIONS = ("post", "approve")


class HookedWrites:
    """How one guest writes. chain: where it stands. actor: the guest, as hooks are told. Raises Refused."""

    def __init__(self, run: Run, chain: Chain, actor: Fields) -> None:
        self._run = run
        self._chain = chain
        self._actor = actor
        self._records = run.world.records

    def create(self, entity: str, attrs: Value) -> Fields:
        self._chain.check()
        records = self._records
        if not self._any(entity) or not isinstance(attrs, dict):
            return records.create(entity, attrs)
        return self._run.whole(
            lambda: self._save(
                entity,
                None,
                attrs,
                lambda body: records.draft(entity, body),
                lambda body: records.create(entity, body),
            )
        )

    def update(self, entity: str, id: str, attrs: Value) -> Fields:
        self._chain.check()
        records = self._records
        if not self._any(entity) or not isinstance(attrs, dict):
            return records.update(entity, id, attrs)
        return self._run.whole(
            lambda: self._save(
                entity,
                records.get(entity, id),
                attrs,
                lambda body: records.draft(entity, body, id),
                lambda body: records.update(entity, id, body),
            )
        )

    def delete(self, entity: str, id: str) -> bool:
        self._chain.check()
        if not self._any(entity):
            return self._records.delete(entity, id)
        return self._run.whole(lambda: self._remove(entity, id))

    def action(self, entity: str, id: str, name: str, params: Value) -> Fields:
        self._chain.check()
        if not self._any(entity):
            return self._records.action(entity, id, name, params)
        return self._run.whole(lambda: self._act(entity, id, name, params))

    def ingest(self, document_type: str, given: IngestArguments, action: IngestAction) -> Fields:
        self._chain.check()
        if not self._any(self._run.world.contracts.of_document(document_type).entity):
            return self._records.documents.ingest(document_type, given, action)
        return self._run.whole(lambda: self._take(self._records.documents.item(document_type, given), action))

    def _save(
        self,
        entity: str,
        previous: Fields | None,
        attrs: Fields,
        draft_of: Callable[[Fields], Fields],
        store: Callable[[Fields], Fields],
    ) -> Fields:
        body, draft = self._merged(entity, previous, attrs, draft_of(attrs), draft_of)
        transitions = self._guard(entity, previous, draft)
        answer = store(body)
        record = self._records.get(entity, answer["id"]) or {}
        self._later(entity, ("save", *transitions), Change(record, previous))
        return answer

    def _take(self, item: Item, action: IngestAction) -> Fields:
        records = self._records
        documents = records.documents
        duplicate, row = documents.before_item(item)
        if duplicate is not None:
            return duplicate
        entity = item.contract.entity
        previous = None if row is None or row.deleted else records.get(entity, row.id)
        return self._save(
            entity,
            previous,
            item.document.whole(),
            lambda body: documents.item_draft(item, body, previous),
            lambda body: documents.ingest_item(documents.with_body(item, body), action),
        )

    def _act(self, entity: str, id: str, name: str, params: Value) -> Fields:
        records = self._records
        previous = records.get(entity, id)
        after = records.tried(lambda: records.action(entity, id, name, params))
        body, draft = self._merged(entity, previous, {}, after, lambda body: {**after, **body})
        transitions = self._guard(entity, previous, draft)
        record = records.action(entity, id, name, params, body)
        self._later(entity, ("save", *transitions), Change(record, previous))
        return record

    def _remove(self, entity: str, id: str) -> bool:
        previous = self._records.get(entity, id)
        if previous is None:
            return self._records.delete(entity, id)
        change = Change(previous, previous)
        self._fire(entity, "before_delete", change)
        deleted = self._records.delete(entity, id)
        if deleted:
            self._later(entity, ("delete",), change)
        return deleted

    def _merged(
        self,
        entity: str,
        previous: Fields | None,
        attrs: Fields,
        first: Fields,
        draft_of: Callable[[Fields], Fields],
    ) -> tuple[Fields, Fields]:
        """What is written and what comes of it, with what `recalculate` and `before_save` return."""
        body, draft = attrs, first
        for event in _SAVING:
            for hook, chain in self._firing(entity, event, previous):
                returned = self._run.fire(hook, Change(draft, previous), chain, self._actor)
                fields = returned_fields(hook, returned, draft)
                if isinstance(fields, str):
                    raise Refused("HookRejected", fields)
                if fields:
                    body = {**body, **fields}
                    draft = mergeable(hook, draft_of, body)
        return body, draft

    def _guard(self, entity: str, previous: Fields | None, record: Fields) -> list[str]:
        """Run the hooks before each transition that the write makes; answers which these are."""
        made = [name for name in _TRANSITIONS if self._records.reaches(entity, name, previous, record)]
        for name in made:
            self._fire(entity, f"before_{name}", Change(record, previous))
        return made

    def _fire(self, entity: str, event: str, change: Change) -> None:
        for hook, chain in self._firing(entity, event, change.previous):
            self._run.fire(hook, change, chain, self._actor)

    def _later(self, entity: str, events: Sequence[str], change: Change) -> None:
        for event in events:
            for hook, chain in self._firing(entity, f"after_{event}", change.record):
                self._run.after.later(hook, change, chain, self._actor)

    def _firing(self, entity: str, event: str, about: Fields | None) -> list[tuple[Hook, Chain]]:
        """The hooks that this guest's write sets off, each with its place in the chain."""
        record = None if about is None else str(about.get("id"))
        return [
            (hook, self._chain.below(hook.key, record))
            for hook in self._run.world.hooks
            if (hook.entity, hook.event) == (entity, event) and not self._chain.is_own(hook.key, record)
        ]

    def _any(self, entity: str) -> bool:
        return any(hook.entity == entity for hook in self._run.world.hooks)


def mergeable(hook: Hook, draft_of: Callable[[Fields], Fields], body: Fields) -> Fields:
    """What comes of a hook's fields. Raises Refused where they cannot be merged."""
    try:
        return draft_of(body)
    except Refused as problem:
        why = f"{hook.label} returned what cannot be merged: {problem.message}"
        raise Refused("HookRejected", why) from None
