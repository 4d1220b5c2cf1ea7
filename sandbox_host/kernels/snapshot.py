"""A version's code, evaluated: its memory at rest."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A bundle, evaluated: a file of `size` bytes and two places in it."""

    fd: int
    size: int
    main: int
    scratch: int
