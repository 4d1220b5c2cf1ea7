"""Reads files that somebody named: never more than is wanted of them, and never waiting for ever.

The name may be of a pipe that nobody writes to, or of a device without an end.
"""

from __future__ import annotations

import os
import select
import time
from pathlib import Path

WAIT_S = 5.0
"""How long a pipe may take to be written and closed, in seconds."""

_AT_ONCE = 1 << 16


class InputFileError(Exception):
    """The file cannot be read, or should not be. The message is the reason alone; it names no file."""


def read_file(path: Path, most: int) -> bytes:
    """All that is in a file, or comes through a pipe. most: bytes that are taken. Raises InputFileError."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        raise InputFileError(_reason(error)) from error
    try:
        return _read(fd, most)
    except OSError as error:
        raise InputFileError(_reason(error)) from error
    finally:
        os.close(fd)


def _read(fd: int, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    end = time.monotonic() + WAIT_S
    while size <= most:
        if not select.select([fd], [], [], max(0.0, end - time.monotonic()))[0]:
            raise InputFileError(f"nobody wrote it to its end within {WAIT_S:g} seconds")
        part = os.read(fd, min(_AT_ONCE, most + 1 - size))
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
    raise InputFileError(f"larger than {most / (1 << 20):g} MiB")


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
