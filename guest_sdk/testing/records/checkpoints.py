"""The checkpoints of a test, by stream and partition, and the page's cursor in them, as the host keeps both."""

from __future__ import annotations

from collections.abc import Callable

from guest_sdk.testing.errors import invalid
from guest_sdk.testing.records.given import object_of
from guest_sdk.testing.records.ingest import required_text
from guest_sdk.testing.records.values import Fields, Value, is_number, plain

_PAGE = "$page"
"""Where a checkpoint of the author's own keeps the page's cursor."""


class Checkpoints:
    """What is kept, by stream and partition ("" for none)."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Fields] = {}

    def get(self, stream: Value, partition: str | None) -> Fields | None:
        return self._kept.get(_place_of(stream, partition))

    def set(self, stream: Value, value: Value, partition: str | None) -> str:
        """Keep an object; answers the name of its place. Raises Refused."""
        place = _place_of(stream, partition)
        body = object_of("checkpoint", value)
        plain(body, "checkpoint")
        self._kept[place] = body
        return "/".join(place) if place[1] else place[0]

    def all(self) -> list[tuple[str, str, Fields]]:
        """Every checkpoint: stream, partition and value."""
        return [(*place, value) for place, value in self._kept.items()]

    def savepoint(self) -> Callable[[], None]:
        """A function that takes back everything kept from here on."""
        copy = dict(self._kept)

        def take_back() -> None:
            self._kept = dict(copy)

        return take_back


def page_checkpoint(page: Fields, window: Fields) -> Fields:
    """What is kept after a page: the checkpoint as it was given, with the cursor beside it where that was given too;
    else the cursor and whether there is more. window: the `from` and `to` of the backfill that it is a page of."""
    cursor, checkpoint = page.get("cursor"), page.get("checkpoint")
    if cursor is not None and not isinstance(cursor, str) and not is_number(cursor):
        raise invalid("cursor must be a string, a number or null")
    kept: Fields = {"cursor": cursor, "hasMore": page.get("hasMore") is True}
    if checkpoint is None:
        return kept
    if not isinstance(checkpoint, dict):
        raise invalid("checkpoint must be an object")
    refuse_page(checkpoint)
    return {**checkpoint, _PAGE: {**kept, **_window_in(window)}} if "cursor" in page else checkpoint


def next_cursor(kept: Fields, window: Fields) -> Value:
    """Where the next page begins: what the last page committed, else the checkpoint's own `cursor`. What a page of
    one window committed says nothing about another, nor about a poll."""
    page, own = kept.get(_PAGE), kept.get("cursor")
    if not isinstance(page, dict):
        return own
    asked = _window_in(window)
    if _window_in(page) == asked:
        return page.get("cursor")
    return None if asked else own


def own_checkpoint(kept: Fields) -> Fields:
    """The checkpoint as its author knows it."""
    return {name: value for name, value in kept.items() if name != _PAGE}


def refuse_page(checkpoint: Value) -> None:
    """Raises Refused where a checkpoint names what is the host's."""
    if isinstance(checkpoint, dict) and _PAGE in checkpoint:
        raise invalid(f"a checkpoint has no {_PAGE}: the host keeps the page's cursor there")


def _window_in(given: Fields) -> Fields:
    return {name: given[name] for name in ("from", "to") if given.get(name)}


def _place_of(stream: Value, partition: str | None) -> tuple[str, str]:
    return required_text("stream", stream), "" if partition is None else required_text("partition", partition)
