"""An instance that is loaded before its run is known.

Between two runs a worker has nothing to do. It then restores an instance from the snapshot it ran last, and has the
system copy the pages that such a run writes to: those copies are most of what a short run waits for. The instance
is as fresh as one that is made when the run comes, and is used once. What is held ahead is small: one instance for
each kernel, and at most PAGES_BYTES of copied pages.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sandbox_host.kernels.instance import Ended, Instance, Kernel
from sandbox_host.kernels.memory import GuestMemoryError, Range
from sandbox_host.kernels.snapshot import Snapshot

PAGES_BYTES = 2 << 20
"""How much of an instance's memory is copied ahead, at most."""

HABITS_KEPT = 16

HOT = 2
"""From this run of one snapshot on its pages are looked for, which takes some milliseconds once."""


@dataclass(slots=True)
class _Habit:
    """What the runs of one snapshot in this process have in common. pages: those that a run wrote to."""

    snapshot: Snapshot
    runs: int = 0
    pages: list[Range] = field(default_factory=list[Range])


class Ahead:
    """The instances of one kernel, except the one that runs."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._spent: tuple[Snapshot | None, Instance] | None = None
        self._ready: tuple[Snapshot, int, Instance] | None = None
        self._habits: deque[_Habit] = deque(maxlen=HABITS_KEPT)

    def take(self, snapshot: Snapshot, memory_bytes: int) -> Instance:
        """An instance that nothing has run in: the one that is ready, where it fits."""
        if self._ready is not None:
            of, limit, instance = self._ready
            if of is snapshot and limit == memory_bytes:
                self._ready = None
                return instance
        self.clear()
        return self._restored(snapshot, memory_bytes)

    def leave(self, instance: Instance, snapshot: Snapshot | None) -> None:
        """A run is over. Its instance is thrown away before anything else runs, and not while its host waits.

        snapshot: what it was restored from, if it was.
        """
        self._spent = (snapshot, instance)

    def get_ready(self, snapshot: Snapshot, memory_bytes: int) -> None:
        """Throw away what the last run left, and have an instance ready for the next run of the same code."""
        habit = self._habit_of(snapshot)
        habit.runs += 1
        try:
            if habit.runs >= HOT and not habit.pages:
                habit.pages = self._written(snapshot)
            self.clear()
            instance = self._restored(snapshot, memory_bytes)
        except (Ended, GuestMemoryError, OSError):
            # The run that needs one makes it, and says what is wrong.
            self.clear()
            return
        instance.memory.populate(habit.pages)
        self._ready = (snapshot, memory_bytes, instance)

    def clear(self) -> None:
        """Throw away the instance of the last run, and the one that was ready."""
        if self._spent is not None:
            self._spent[1].close()
            self._spent = None
        if self._ready is not None:
            self._ready[2].close()
            self._ready = None

    def _written(self, snapshot: Snapshot) -> list[Range]:
        """The pages that the last run wrote to, if it was one of this snapshot."""
        of, instance = self._spent or (None, None)
        if of is not snapshot or instance is None:
            return []
        return instance.memory.changed(snapshot.fd, snapshot.size, PAGES_BYTES)

    def _habit_of(self, snapshot: Snapshot) -> _Habit:
        # By identity: a descriptor that is used again makes two snapshots look alike.
        for habit in self._habits:
            if habit.snapshot is snapshot:
                return habit
        self._habits.append(_Habit(snapshot))
        return self._habits[-1]

    def _restored(self, snapshot: Snapshot, memory_bytes: int) -> Instance:
        instance = Instance(self._kernel, memory_bytes)
        try:
            instance.memory.grow_to(snapshot.size)
            instance.memory.map_private(snapshot.fd, snapshot.size)
        except BaseException:
            instance.close()
            raise
        return instance
