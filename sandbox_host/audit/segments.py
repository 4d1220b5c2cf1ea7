"""Whose chain is it, and does it still live?

A segment is the life of one store in one process. It holds a lock on a file of its name; the system frees the
lock when the process ends, however it ends. So a segment whose lock can be taken is dead, and what it left open
may be closed by whoever took the lock.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class SegmentLock:
    """The lock of one segment, held until `release`."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def take(cls, folder: Path, segment: str) -> SegmentLock | None:
        """The lock, or None where a living process (this one included) holds it. Raises OSError."""
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{segment}.lock"
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return None
            if _is_at(path, descriptor):
                return cls(path, descriptor)
            # The holder removed the file between our open and our lock: this lock guards nothing.
            os.close(descriptor)

    def release(self) -> None:
        """Remove the file and free the lock, in this order: nobody may lock a file about to go."""
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
