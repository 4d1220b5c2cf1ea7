"""One host call, understood and not yet decided; and how arguments are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from guest_sdk.testing.errors import invalid
from guest_sdk.testing.policy import Decision
from guest_sdk.testing.records.table import Write
from guest_sdk.testing.records.values import Fields, Value, canonical


@dataclass(frozen=True, slots=True)
class Ask:
    """write: what the call leaves outside of the records, where it leaves something."""

    resource: str
    decisions: Sequence[Decision]
    perform: Callable[[], Value]
    write: Write | None = None


def text_of(args: Fields, name: str) -> str:
    """An argument that must be text. Raises Refused."""
    value = args.get(name)
    if not isinstance(value, str):
        raise invalid(f"{name} must be a string")
    return value


def partition_of(value: Value) -> str | None:
    """Partitions are keyed by the object passed, so by its canonical form. Raises Refused."""
    if value is None:
        return None
    if not isinstance(value, dict | str):
        raise invalid("partition must be an object or a string")
    return canonical(value)
