"""`Log`: kept for the test, within the sandbox's budget of a run."""

from __future__ import annotations

from guest_sdk._runtime.json import to_json
from guest_sdk.testing.records.values import Value
from guest_sdk.testing.types import Level, LogLine
from guest_sdk.testing.world import World

_LINES = 100
_LINE_BYTES = 8 * 1024
_BYTES = 200 * 1024


class Logs:
    """The log of one run. What is over the budget is cut, and one line says so."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lines = 0
        self._bytes = 0
        self._is_cut = False

    def note(self, level: Level, text: str, given: Value) -> None:
        """Keep one line, within the budget."""
        redactor = self._world.redactor
        message, data = redactor.text(text), redactor.value(given)
        raw = message.encode()
        size = len(raw) + (0 if data is None else len(to_json(data, "data").encode()))
        if len(raw) > _LINE_BYTES:
            message = f"{raw[:_LINE_BYTES].decode(errors='ignore')}… (cut)"
            size, data = _LINE_BYTES, None
        elif size > _LINE_BYTES:
            size, data = len(raw), f"(cut: message and data are over {_LINE_BYTES} bytes)"
        if self._is_cut:
            return
        if self._lines >= _LINES or self._bytes + size > _BYTES:
            self._is_cut = True
            why = "further log lines were dropped: the run is over its log budget"
            self._world.logs.append(LogLine("warn", why, None))
            return
        self._lines += 1
        self._bytes += size
        self._world.logs.append(LogLine(level, message, data))
