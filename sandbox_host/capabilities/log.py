"""`Log`: the one channel by which a script says what it does. Kept per run, within the log budget."""

from __future__ import annotations

import json
from dataclasses import dataclass

from policies.limits import Budget
from policies.permissions import Call
from sandbox_host.capabilities.base import Args, Ask, Json
from sandbox_host.errors import InvalidArgument, NotAvailable
from sandbox_host.redaction import Redactor

LEVELS = ("debug", "info", "warn", "error")


@dataclass(frozen=True, slots=True)
class LogLine:
    level: str
    message: str
    data: Json


class LogCapability:
    """`Log.debug info warn error`, for one run. What is over the budget is cut, and one line says so."""

    name = "log"
    actions = ("write",)

    def __init__(self, budget: Budget, redactor: Redactor, lines: list[LogLine] | None = None) -> None:
        """lines: where they go, if several guests of one run write to one log."""
        self.lines = [] if lines is None else lines
        self._budget = budget
        self._redactor = redactor

    def ask(self, action: str, args: Args) -> Ask:
        if action not in self.actions:
            raise NotAvailable(f"Log has no {action!r}")
        level, message, data = args.get("level"), args.get("message"), args.get("data")
        if level not in LEVELS:
            raise InvalidArgument(f"level must be one of {', '.join(LEVELS)}")
        if type(message) is not str:
            raise InvalidArgument("message must be a string")
        needs = (Call(self.name, action),)
        return Ask(str(level), needs, lambda: self.write(str(level), message, data))

    def write(self, level: str, message: str, data: Json) -> None:
        """Keep one line, within the budget."""
        cap = self._budget.limits.log_line_bytes
        message = self._redactor.text(message)
        text = message.encode()
        if len(text) > cap:
            message, text, data = f"{text[:cap].decode(errors='ignore')}… (cut)", text[:cap], None
        size = len(text)
        if data is not None:
            data = self._redactor.value(data)
            size += len(json.dumps(data))
            if size > cap:
                size, data = len(text), f"(cut: message and data are over {cap} bytes)"
        keep = self._budget.spend_log(size)
        if keep == "keep":
            self.lines.append(LogLine(level, message, data))
        elif keep == "last":
            self.lines.append(
                LogLine("warn", "further log lines were dropped: the run is over its log budget", None)
            )
