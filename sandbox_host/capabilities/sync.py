"""`sync`: checkpoints of streams, staged with the run's records and stored together with them or not at all.

A stream has one checkpoint (and one per partition). A page that commits a checkpoint and a cursor too keeps the
cursor inside of it, under a name of the host's own that no guest sees: `{since: 5, $page: {cursor: "c", hasMore:
true}}`.
"""

from __future__ import annotations

from collections.abc import Mapping

import rfc8785

from policies.permissions import Call
from sandbox_host.capabilities.base import Args, Ask, Json
from sandbox_host.errors import InvalidArgument, NotAvailable
from sandbox_host.records.unit_of_work import UnitOfWork

PAGE = "$page"
"""Where a checkpoint of the author's own keeps the page's cursor."""


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
            value = page_checkpoint(args, args)
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
        kept = self._unit.get_checkpoint(stream, partition)
        return None if kept is None else _own(kept)

    def _set(self, stream: str, value: Json, partition: str | None) -> None:
        self._check(stream)
        if isinstance(value, dict):
            _refuse_page(value)
        self._unit.set_checkpoint(stream, value, partition)

    def _commit(self, stream: str, value: dict[str, Json]) -> Json:
        self._check(stream)
        self.committed.add(stream)
        self._unit.set_checkpoint(stream, value)
        return _own(value)


def page_checkpoint(page: Mapping[str, Json], window: Mapping[str, Json]) -> dict[str, Json]:
    """What is kept after a page: the checkpoint as it was given, with the cursor beside it where that was given too;
    else the cursor and whether there is more.

    page: `cursor`, `hasMore`, `checkpoint`. window: the `from` and `to` of the backfill that it is a page of, if of
    any. Raises InvalidArgument for a checkpoint that is no object, or a cursor that is no text or number.
    """
    cursor, checkpoint = page.get("cursor"), page.get("checkpoint")
    if isinstance(cursor, bool | list | dict):
        raise InvalidArgument("cursor must be a string, a number or null")
    kept: dict[str, Json] = {"cursor": cursor, "hasMore": page.get("hasMore") is True}
    if checkpoint is None:
        return kept
    if not isinstance(checkpoint, dict):
        raise InvalidArgument("checkpoint must be an object")
    _refuse_page(checkpoint)
    if "cursor" not in page:
        return checkpoint
    return {**checkpoint, PAGE: {**kept, **_window(window)}}


def next_cursor(kept: Mapping[str, Json], window: Mapping[str, Json]) -> Json:
    """Where the next page of a stream begins: what its last page committed, else the checkpoint's own `cursor`.

    kept: the stored checkpoint. window: the request's `from` and `to`, if it has them: what a page of one window
    committed says nothing about another, nor about a poll.
    """
    page, asked = kept.get(PAGE), _window(window)
    if not isinstance(page, dict):
        return kept.get("cursor")
    if _window(page) == asked:
        return page.get("cursor")
    return None if asked else kept.get("cursor")


def _window(given: Mapping[str, Json]) -> dict[str, Json]:
    return {name: given[name] for name in ("from", "to") if given.get(name)}


def _own(kept: Mapping[str, Json]) -> dict[str, Json]:
    """The checkpoint as its author knows it."""
    return {name: value for name, value in kept.items() if name != PAGE}


def _refuse_page(checkpoint: Mapping[str, Json]) -> None:
    if PAGE in checkpoint:
        raise InvalidArgument(f"a checkpoint has no {PAGE}: the host keeps the page's cursor there")


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
