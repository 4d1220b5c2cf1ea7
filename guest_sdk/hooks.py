"""Hooks, `src/hooks/<entity>/<event>.py`: one function, named like the event.

    def before_save(ctx: HookContext[InvoiceRecord]) -> dict[str, Any] | None:
        ...

`before_save` and `recalculate` return fields to merge, or None. What `before_save`, `before_post`, `before_delete` or
`before_approve` raises refuses the change, and its message is shown to the user. After-hooks run after the commit.

Jobs, `src/jobs/<name>.py`, are a `def run():` beside `schedule` (five fields of cron) and, where they matter,
`timezone` (an IANA zone; `UTC`), `retry` (attempts; 1) and `timeout_ms` (milliseconds; 30,000).
"""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from guest_sdk._runtime.objects import JsonObject

__all__ = ["Actor", "HookContext"]

Record = TypeVar("Record")


class Actor(JsonObject):
    """Who wrote: a person, or an install with who set its run off as its root."""

    __slots__ = ()

    @property
    def type(self) -> str:
        return self._json["type"]

    @property
    def id(self) -> str:
        return self._json["id"]

    @property
    def root(self) -> Actor | None:
        root = self._json.get("root")
        return None if root is None else Actor(root)


class HookContext(JsonObject, Generic[Record]):
    """What a hook is called with."""

    __slots__ = ()

    @property
    def entity(self) -> Record:
        """After the change; in a before-hook, as it is about to be."""
        return self._json["entity"]

    @property
    def entity_type(self) -> str:
        """`Invoice`."""
        return self._json["entityType"]

    @property
    def operation(self) -> Literal["create", "update", "delete"]:
        return self._json["operation"]

    @property
    def previous(self) -> Record | None:
        """None on create."""
        return self._json["previous"]

    @property
    def changes(self) -> list[str]:
        """Names of the fields that changed."""
        return self._json["changes"]

    @property
    def actor(self) -> Actor:
        return Actor(self._json["actor"])
