"""`sync`: checkpoints of streams, staged with the run's records and stored together with them or not at all."""

from __future__ import annotations

import rfc8785

from policies.permissions import Call
from sandbox_host.capabilities.base import Args, Ask, Json
from sandbox_host.errors import InvalidArgument, NotAvailable
from sandbox_host.records.unit_of_work import UnitOfWork


class SyncCapability:
    """`sync.getCheckpoint setCheckpoint` and the `commit` of `sync.listPage`, for one run.

    streams: the keys that the manifest declares. committed: the streams whose page this run committed; what
    the handler's answer says about them no longer counts.
    """

    name = "sync"
    actions = ("getCheckpoint", "setCheckpoint", "commitPage")

    def __init__(self, unit: UnitOfWork, streams: frozenset[str]) -> None:
        self.committed: set[str] = set()
        self._unit = unit
        self._streams = streams

    def ask(self, action: str, args: Args) -> Ask:
        needs = (Call(self.name, action),)
        if action not in self.actions:
            raise NotAvailable(f"sync has no {action!r}; it has getCheckpoint, setCheckpoint and listPage")
        stream = args.get("stream")
        if type(stream) is not str:
            raise InvalidArgument("stream must be a string")
        if action == "commitPage":
            value = page_checkpoint(args.get("cursor"), args.get("hasMore"), args.get("checkpoint"))
            return Ask(stream[:200], needs, lambda: self._commit(stream, value), effect=True)
        partition = _partition(args.get("partition"))
        if action == "getCheckpoint":
            return Ask(stream[:200], needs, lambda: self._get(stream, partition))
        value = args.get("value")
        return Ask(stream[:200], needs, lambda: self._set(stream, value, partition), effect=True)

    def _check(self, stream: str) -> None:
        """Asked after the decision: what an extension hears is that it has no `sync`, not that it declares no
        stream."""
        if stream not in self._streams:
            known = ", ".join(sorted(self._streams)) or "none"
            raise InvalidArgument(f"the manifest declares no stream {stream[:80]!r}; it declares {known}")

    def _get(self, stream: str, partition: str | None) -> Json:
        self._check(stream)
        return self._unit.get_checkpoint(stream, partition)

    def _set(self, stream: str, value: Json, partition: str | None) -> None:
        self._check(stream)
        self._unit.set_checkpoint(stream, value, partition)

    def _commit(self, stream: str, value: dict[str, Json]) -> Json:
        self._check(stream)
        self.committed.add(stream)
        self._unit.set_checkpoint(stream, value)
        return value


def page_checkpoint(cursor: Json, has_more: Json, checkpoint: Json) -> dict[str, Json]:
    """What is kept after a page: the checkpoint as it was given, else the cursor and whether there is more.

    Raises InvalidArgument for a checkpoint that is no object, or a cursor that is no text or number.
    """
    if checkpoint is not None:
        if not isinstance(checkpoint, dict):
            raise InvalidArgument("checkpoint must be an object")
        return checkpoint
    if isinstance(cursor, bool | list | dict):
        raise InvalidArgument("cursor must be a string, a number or null")
    return {"cursor": cursor, "hasMore": has_more is True}


def _partition(value: Json) -> str | None:
    """Partitions are keyed by the object passed, so by its canonical form (RFC 8785)."""
    if value is None:
        return None
    if not isinstance(value, dict | str):
        raise InvalidArgument("partition must be an object or a string")
    try:
        return rfc8785.dumps(value).decode()
    except rfc8785.CanonicalizationError:
        raise InvalidArgument("partition holds a number outside ±2^53; send it as text") from None
