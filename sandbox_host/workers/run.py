"""What a run is to a worker: what it is given, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from policies.limits import Limits
from sandbox_host.errors import LimitError
from sandbox_host.kernels.runtimes import Runtime

Serve = Callable[[bytes], bytes]
"""Answers one host call of a run. May raise LimitError, which ends the run uncatchably."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class SnapshotFile:
    """A version's snapshot, open for reading until nobody holds it. number: unique in this process."""

    runtime: Runtime

    number: int
    fd: int
    size: int
    main: int
    scratch: int


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One run for a worker. message: the prelude's `invoke` message as JSON. clock: the guest's, in ns since
    the epoch. deadline: on the monotonic clock, in seconds."""

    snapshot: SnapshotFile
    message: bytes
    limits: Limits
    deadline: float
    clock: Callable[[], int]
    seed: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a run used: CPU in nanoseconds of its thread, and its memory at the end in bytes."""

    cpu_ns: int = 0
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run ended: the guest's own result (JSON), or the limit that ended it."""

    usage: Usage
    result: bytes | None = None
    limit: LimitError | None = None


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An evaluated bundle: its memory in a memfd that the caller closes, and its description (JSON)."""

    fd: int
    size: int
    main: int
    scratch: int
    description: bytes
