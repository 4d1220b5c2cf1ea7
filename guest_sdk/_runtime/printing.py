"""What an author prints: lines of the run's log, at debug level."""

from __future__ import annotations

from guest_sdk._runtime import host

MAX_LINES = 101
"""One more than the log keeps by default, so that the log itself says that lines were dropped. What is printed
after that costs the run no host calls."""

_printed = 0


def begin() -> None:
    """A run begins: nothing is printed yet."""
    global _printed
    _printed = 0


def write(text: str) -> None:
    """Log one line. While a module is loaded, and after the run, nothing is kept."""
    global _printed
    if text and host.is_running() and _printed < MAX_LINES:
        _printed += 1
        host.ask("log", "write", {"level": "debug", "message": text})
