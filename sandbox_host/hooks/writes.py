"""The writes of one guest, each with the hooks that it sets off.

For a write of an entity that has hooks, in this order:

1. The write is understood: its types, its keys, the record it is about. What is required may still be missing.
2. `recalculate`, then `before_save`, of one install after the other: each sees the draft as the ones before it left
   it, without what other extensions declare on it; what it returns is merged.
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
from sandbox_host.records.draft import Proposal
from sandbox_host.records.store import StaleRead
from sandbox_host.records.unit_of_work import UnitOfWork
from sandbox_host.records.view import View

Record = dict[str, Json]
T = TypeVar("T")

SAVING = ("recalculate", "before_save")
TRANSITIONS = ("post", "approve")


class Hooks(Protocol):
    """The hooks there are. See sandbox_host.hooks.firing."""

    after: AfterHooks

    def any(self, entity: str) -> bool: ...

    def on(self, entity: str, event: str) -> list[InstalledHook]: ...

    def views(self, entity: str) -> dict[str, UnitOfWork]: ...

    def name(self, hook: InstalledHook) -> str: ...

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
        if not self._hooks.any(entity):
            return unit.create(entity, attrs)
        return self._whole(lambda: self._save(entity, unit.to_create(entity, attrs)))

    def update(self, entity: str, id: str, attrs: Json) -> Record:
        self._chain.check()
        unit = self._unit
        if not self._hooks.any(entity):
            return unit.update(entity, id, attrs)
        return self._whole(lambda: self._save(entity, unit.to_update(entity, id, attrs)))

    def delete(self, entity: str, id: str) -> bool:
        self._chain.check()
        if not self._hooks.any(entity):
            return self._unit.delete(entity, id)
        return self._whole(lambda: self._delete(entity, id))

    def action(self, entity: str, id: str, name: str, params: Json = None) -> Record:
        self._chain.check()
        unit = self._unit
        if not self._hooks.any(entity):
            return unit.action(entity, id, name, params)
        return self._whole(lambda: self._save(entity, unit.to_act(entity, id, name, params)))

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
        unit = self._unit
        entity = unit.document_entity(document_type)
        given = (document_type, payload, stream, idempotency_key, source_updated_at, source_id)
        if not self._hooks.any(entity):
            return unit.ingest(*given)
        return self._whole(lambda: self._save(entity, unit.to_ingest(*given)))

    def ingest_batch(
        self, document_type: str, items: Json, stream: Json, *, continue_on_error: bool = False
    ) -> Record:
        self._chain.check()
        unit = self._unit
        entity = unit.document_entity(document_type)
        if not self._hooks.any(entity) or not isinstance(items, list):
            return unit.ingest_batch(document_type, items, stream, continue_on_error=continue_on_error)

        def one(item: Record) -> Record:
            values = [item.get(key) for key in ("idempotencyKey", "sourceUpdatedAt", "sourceId")]
            with self._hooks.after.together():
                given = unit.to_ingest(document_type, item.get("payload"), stream, *values, listed="batch")
                return self._save(entity, given)

        return self._whole(lambda: batch_answer(items, one, continue_on_error))

    def _save(self, entity: str, proposal: Proposal) -> Record:
        """Make a write, with the hooks around it."""
        if proposal.duplicate is not None:
            return proposal.duplicate
        unit, record = self._unit, proposal.record
        views = self._hooks.views(entity)
        before = _read(views, entity, record)
        previous = None if record is None else unit.get(entity, record)
        proposal.check()
        for event in SAVING:
            for hook, chain in self._firing(entity, event, record):
                install = hook.install.origin.install
                self._merge(proposal, hook, views[install].view, before.get(install), chain)
        draft = proposal.seen_by(unit.view)
        made = tuple(name for name in TRANSITIONS if unit.reaches(entity, name, previous, draft))
        for name in made:
            for hook, chain in self._firing(entity, f"before_{name}", record):
                install = hook.install.origin.install
                change = Change(proposal.seen_by(views[install].view), before.get(install))
                self._hooks.run(hook, change, chain, self._actor)
        answer = proposal.make()
        written = str(answer["id"])
        after = _read(views, entity, written)
        self._later(entity, ("save", *made), written, after, before)
        return answer

    def _merge(
        self, proposal: Proposal, hook: InstalledHook, view: View, previous: Record | None, chain: Chain
    ) -> None:
        """Run a hook on the write as it is so far, and add what the hook returns."""
        draft = proposal.seen_by(view)
        returned = self._hooks.run(hook, Change(draft, previous), chain, self._actor)
        name = self._hooks.name(hook)
        changes = _changes(name, returned, draft)
        if not changes:
            return
        try:
            proposal.merge(view, changes)
        except GuestError as problem:
            raise HookRejected(f"{name} returned what cannot be merged: {problem.message}") from problem

    def _delete(self, entity: str, id: str) -> bool:
        unit = self._unit
        gone = _read(self._hooks.views(entity), entity, id)
        if unit.get(entity, id) is not None:
            for hook, chain in self._firing(entity, "before_delete", id):
                record = gone[hook.install.origin.install]
                self._hooks.run(hook, Change(record, record), chain, self._actor)
        deleted = unit.delete(entity, id)
        if deleted:
            self._later(entity, ("delete",), id, gone, gone)
        return deleted

    def _later(
        self,
        entity: str,
        events: tuple[str, ...],
        record: str,
        after: Mapping[str, Record],
        before: Mapping[str, Record],
    ) -> None:
        for event in events:
            for hook, chain in self._firing(entity, f"after_{event}", record):
                install = hook.install.origin.install
                change = Change(after[install], before.get(install))
                self._hooks.after.later(hook, change, chain, self._actor)

    def _firing(self, entity: str, event: str, record: str | None) -> list[tuple[InstalledHook, Chain]]:
        """The hooks that this guest's write sets off, each with its place in the chain."""
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
        work = self._unit.work
        if work.ends == "immediate" and not work.grouped:
            self._hooks.after.run()
        return answer

    def _grouped(self, write: Callable[[], T]) -> T:
        with self._hooks.after.together():
            return write()


def _read(views: Mapping[str, UnitOfWork], entity: str, record: str | None) -> dict[str, Record]:
    """A record as each of them sees it, by install; nothing where there is none."""
    if record is None:
        return {}
    found = {install: unit.get(entity, record) for install, unit in views.items()}
    return {install: one for install, one in found.items() if one is not None}


def _changes(name: str, returned: Json, draft: Record) -> Record:
    """The fields that a hook sets to something else. Raises HookRejected for what is no object."""
    if returned is None:
        return {}
    if not isinstance(returned, dict):
        kind = "a list" if isinstance(returned, list) else f"{returned!r}"[:40]
        raise HookRejected(f"{name} returned {kind}; it returns an object of fields to merge, or null")
    return {field: value for field, value in returned.items() if draft.get(field) != value}
