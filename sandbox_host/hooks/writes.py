"""The writes of one guest, each with the hooks that it sets off.

For a write of an entity that has hooks, in this order:

1. The write is understood: its types, its keys, the record it is about. What is required may still be missing.
2. `recalculate`, then `before_save`: each sees the draft as the ones before it left it; what it returns is merged.
3. `before_post`, `before_approve` where the write makes the record posted or approved, however it does that; for a
   delete, `before_delete` alone.
4. The write is checked whole, and made. What the hooks wrote belongs to it: one cannot stay without the other.
5. `after_*` are noted, and run once it is committed.

Guest code runs between reads and writes, never inside a database transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from sandbox_host.broker import Ledger
from sandbox_host.capabilities.base import Json
from sandbox_host.errors import Conflict, GuestError, HookRejected
from sandbox_host.hooks.after import AfterHooks
from sandbox_host.hooks.chain import Chain
from sandbox_host.hooks.installed import Change, InstalledHook
from sandbox_host.records.batch import batch_answer
from sandbox_host.records.store import StaleRead
from sandbox_host.records.unit_of_work import UnitOfWork

Record = dict[str, Json]
T = TypeVar("T")

SAVING = ("recalculate", "before_save")
TRANSITIONS = ("post", "approve")


class Hooks(Protocol):
    """The hooks there are. See sandbox_host.hooks.firing."""

    after: AfterHooks

    def any(self, entity: str) -> bool: ...

    def on(self, entity: str, event: str) -> list[InstalledHook]: ...

    def run(self, hook: InstalledHook, change: Change, chain: Chain, actor: Mapping[str, Json]) -> Json: ...


class HookedWrites:
    """How one guest writes. Each method promises what the unit of work's own does, and what hooks add to it.

    chain: where the guest stands. actor: the guest, as hooks are told.
    """

    def __init__(
        self, unit: UnitOfWork, ledger: Ledger, hooks: Hooks, chain: Chain, actor: Mapping[str, Json]
    ) -> None:
        self._unit = unit
        self._ledger = ledger
        self._hooks = hooks
        self._chain = chain
        self._actor = actor

    def create(self, entity: str, attrs: Json) -> Record:
        self._chain.check()
        unit = self._unit
        if not self._hooks.any(entity) or not isinstance(attrs, dict):
            return unit.create(entity, attrs)
        return self._whole(
            lambda: self._save(
                entity,
                None,
                attrs,
                lambda body: unit.draft(entity, body),
                lambda body: unit.create(entity, body),
            )
        )

    def update(self, entity: str, id: str, attrs: Json) -> Record:
        self._chain.check()
        unit = self._unit
        if not self._hooks.any(entity) or not isinstance(attrs, dict):
            return unit.update(entity, id, attrs)
        return self._whole(
            lambda: self._save(
                entity,
                unit.get(entity, id),
                attrs,
                lambda body: unit.draft(entity, body, id),
                lambda body: unit.update(entity, id, body),
            )
        )

    def delete(self, entity: str, id: str) -> bool:
        self._chain.check()
        if not self._hooks.any(entity):
            return self._unit.delete(entity, id)
        return self._whole(lambda: self._delete(entity, id))

    def action(self, entity: str, id: str, name: str, params: Json = None) -> Record:
        self._chain.check()
        if not self._hooks.any(entity):
            return self._unit.action(entity, id, name, params)
        return self._whole(lambda: self._act(entity, id, name, params))

    def ingest(
        self,
        document_type: str,
        payload: Json,
        stream: Json,
        idempotency_key: Json,
        source_updated_at: Json = None,
        source_id: Json = None,
    ) -> Record:
        self._chain.check()
        given = (document_type, payload, stream, idempotency_key, source_updated_at, source_id)
        if not self._hooks.any(self._unit.document_entity(document_type)):
            return self._unit.ingest(*given)
        return self._whole(lambda: self._ingest(*given, action="canonical"))

    def ingest_batch(
        self, document_type: str, items: Json, stream: Json, *, continue_on_error: bool = False
    ) -> Record:
        self._chain.check()
        unit = self._unit
        if not self._hooks.any(unit.document_entity(document_type)) or not isinstance(items, list):
            return unit.ingest_batch(document_type, items, stream, continue_on_error=continue_on_error)

        def one(item: Record) -> Record:
            values = [item.get(key) for key in ("idempotencyKey", "sourceUpdatedAt", "sourceId")]
            with self._hooks.after.together():
                return self._ingest(document_type, item.get("payload"), stream, *values, action="batch")

        return self._whole(lambda: batch_answer(items, one, continue_on_error))

    def _save(
        self,
        entity: str,
        previous: Record | None,
        attrs: Record,
        draft_of: Callable[[Record], Record],
        store: Callable[[Record], Record],
    ) -> Record:
        draft = draft_of(attrs)
        body, draft = self._merged(entity, previous, attrs, draft, draft_of)
        transitions = self._guard(entity, previous, draft)
        answer = store(body)
        record = self._unit.get(entity, str(answer["id"]))
        assert record is not None
        self._later(entity, ("save", *transitions), Change(record, previous))
        return answer

    def _ingest(
        self,
        document_type: str,
        payload: Json,
        stream: Json,
        key: Json,
        source_updated_at: Json,
        source_id: Json,
        *,
        action: str,
    ) -> Record:
        unit = self._unit
        item = unit.item(document_type, payload, stream, key, source_updated_at, source_id)
        duplicate, previous = unit.before_item(item)
        if duplicate is not None:
            return duplicate
        return self._save(
            item.contract.entity,
            previous,
            item.document.whole(),
            lambda body: unit.item_draft(item, body, previous),
            lambda body: unit.ingest_item(item, body, action),
        )

    def _act(self, entity: str, id: str, name: str, params: Json) -> Record:
        unit = self._unit
        previous = unit.get(entity, id)
        draft = unit.tried(lambda: unit.action(entity, id, name, params))
        body, draft = self._merged(entity, previous, {}, draft, lambda body: {**draft, **body})
        transitions = self._guard(entity, previous, draft)
        answer = unit.action(entity, id, name, params, also=body)
        self._later(entity, ("save", *transitions), Change(answer, previous))
        return answer

    def _delete(self, entity: str, id: str) -> bool:
        previous = self._unit.get(entity, id)
        if previous is None:
            return self._unit.delete(entity, id)
        change = Change(previous, previous)
        self._fire(entity, "before_delete", change)
        deleted = self._unit.delete(entity, id)
        if deleted:
            self._later(entity, ("delete",), change)
        return deleted

    def _merged(
        self,
        entity: str,
        previous: Record | None,
        body: Record,
        draft: Record,
        draft_of: Callable[[Record], Record],
    ) -> tuple[Record, Record]:
        """What is written and what comes of it, with what `recalculate` and `before_save` return."""
        for event in SAVING:
            for hook, chain in self._firing(entity, event, previous):
                returned = self._hooks.run(hook, Change(draft, previous), chain, self._actor)
                changes = _changes(hook, returned, draft)
                if not changes:
                    continue
                body = {**body, **changes}
                try:
                    draft = draft_of(body)
                except GuestError as problem:
                    raise HookRejected(
                        f"{hook.label} returned what cannot be merged: {problem.message}"
                    ) from problem
        return body, draft

    def _guard(self, entity: str, previous: Record | None, draft: Record) -> tuple[str, ...]:
        """Run the hooks before each transition that the write makes; answers which these are."""
        made = tuple(name for name in TRANSITIONS if self._unit.reaches(entity, name, previous, draft))
        for name in made:
            self._fire(entity, f"before_{name}", Change(draft, previous))
        return made

    def _fire(self, entity: str, event: str, change: Change) -> None:
        for hook, chain in self._firing(entity, event, change.previous):
            self._hooks.run(hook, change, chain, self._actor)

    def _later(self, entity: str, events: tuple[str, ...], change: Change) -> None:
        for event in events:
            for hook, chain in self._firing(entity, f"after_{event}", change.record):
                self._hooks.after.later(hook, change, chain, self._actor)

    def _firing(self, entity: str, event: str, about: Record | None) -> list[tuple[InstalledHook, Chain]]:
        """The hooks that this guest's write sets off, each with its place in the chain."""
        record = str(about["id"]) if about is not None else None
        return [
            (hook, self._chain.below(hook.key, record))
            for hook in self._hooks.on(entity, event)
            if not self._chain.is_own(hook.key, record)
        ]

    def _whole(self, write: Callable[[], T]) -> T:
        """Make a write and what its hooks write, or none of it. Where writes commit at their call, this one does,
        and the hooks after it run."""
        sent = self._ledger.effects_sent
        try:
            answer = self._grouped(write)
        except StaleRead:
            if self._ledger.effects_sent != sent:
                raise Conflict(
                    "what this write read was changed meanwhile; its hooks sent requests"
                ) from None
            try:
                answer = self._grouped(write)
            except StaleRead:
                raise Conflict("other runs keep changing the same record; try again") from None
        if self._unit.ends == "immediate" and not self._unit.grouped:
            self._hooks.after.run()
        return answer

    def _grouped(self, write: Callable[[], T]) -> T:
        with self._hooks.after.together():
            return write()


def _changes(hook: InstalledHook, returned: Json, draft: Record) -> Record:
    """The fields that a hook sets to something else. Raises HookRejected for what is no object."""
    if returned is None:
        return {}
    if not isinstance(returned, dict):
        kind = "a list" if isinstance(returned, list) else f"{returned!r}"[:40]
        raise HookRejected(f"{hook.label} returned {kind}; it returns an object of fields to merge, or null")
    return {name: value for name, value in returned.items() if draft.get(name) != value}
