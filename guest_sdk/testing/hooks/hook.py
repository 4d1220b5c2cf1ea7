"""What a hook is told, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from guest_sdk.testing.discover import Hook
from guest_sdk.testing.guest import GuestError
from guest_sdk.testing.records.row import SYSTEM_TYPES
from guest_sdk.testing.records.values import Fields, Value, same


@dataclass(frozen=True, slots=True)
class Change:
    """A record before and after a write. previous: None where it is new; for a delete, the record too."""

    record: Fields
    previous: Fields | None


class Thrown(Exception):
    """What a hook raised."""

    def __init__(self, error: GuestError) -> None:
        super().__init__(error.message)
        self.error = error


def context_of(hook: Hook, change: Change, actor: Fields) -> Fields:
    """The hook's context, as it is told."""
    operation = "create" if change.previous is None else "update"
    return {
        "entity": change.record,
        "entityType": hook.entity,
        "operation": "delete" if hook.event.endswith("_delete") else operation,
        "previous": change.previous,
        "changes": list[Value](_changed(change.record, change.previous or {})),
        "actor": actor,
    }


def returned_fields(hook: Hook, returned: Value, draft: Fields) -> Fields | str:
    """What a hook returned, as the fields that it sets to something else; or why it is nothing to merge."""
    if returned is None:
        return {}
    if not isinstance(returned, dict):
        kind = "a list" if isinstance(returned, list) else repr(returned)[:40]
        return f"{hook.label} returned {kind}; it returns an object of fields to merge, or null"
    return {name: value for name, value in returned.items() if not same(draft.get(name), value)}


def _changed(record: Fields, before: Fields) -> list[str]:
    names = (record.keys() | before.keys()) - SYSTEM_TYPES.keys()
    return sorted(name for name in names if not same(record.get(name), before.get(name)))
