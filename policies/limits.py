"""The budget of one invocation: how much it may use, and what it has used.

CPU, wall time, memory and sizes are named here and enforced where they are used; what is counted per call is
counted by `Budget`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, TypeAlias

_KIB = 1024
_MIB = 1024 * 1024


class LimitsError(ValueError):
    """A limit that does not exist, or a value outside of 1 and its ceiling.

    key, value, ceiling: what was asked for; ceiling is None where the key is unknown.
    """

    def __init__(self, message: str, key: str, value: object, ceiling: int | None) -> None:
        super().__init__(message)
        self.key = key
        self.value = value
        self.ceiling = ceiling


@dataclass(frozen=True, slots=True)
class Limits:
    """What one invocation may use.

    cpu_ms, wall_ms: milliseconds of the guest's own CPU time, and of the whole run.
    memory_mb: MiB of the guest's linear memory.
    host_calls, http_requests: how many of each.
    response_bytes: of an HTTP response, raw and decoded.
    write_bytes: of all the host calls of a run that write, together; and of the memory that what they write takes
    until the run ends, in which a small value is many times its text.
    result_bytes, call_bytes: of the handler's result, and of one host call in either direction.
    log_lines, log_line_bytes, log_bytes: lines, bytes of one line, bytes of all.
    http_connect_ms, http_ms: to connect, and for a whole exchange.
    """

    cpu_ms: int = 1_000
    wall_ms: int = 30_000
    memory_mb: int = 64
    host_calls: int = 1_000
    http_requests: int = 50
    response_bytes: int = 5 * _MIB
    result_bytes: int = 1 * _MIB
    call_bytes: int = 1 * _MIB
    write_bytes: int = 64 * _MIB
    log_lines: int = 100
    log_line_bytes: int = 8 * _KIB
    log_bytes: int = 200 * _KIB
    http_connect_ms: int = 6_000
    http_ms: int = 10_000

    @classmethod
    def with_overrides(cls, overrides: Mapping[str, int]) -> Limits:
        """The defaults with some replaced. Raises LimitsError for an unknown key or a value out of range."""
        for key, value in overrides.items():
            if key not in LIMIT_NAMES:
                known = ", ".join(LIMIT_NAMES)
                raise LimitsError(f"{key}: no such limit; there are {known}", key, value, None)
            ceiling: int = getattr(CEILINGS, key)
            if type(value) is not int or not 1 <= value <= ceiling:
                message = f"{key}={value}: must be a whole number from 1 to {ceiling}"
                raise LimitsError(message, key, value, ceiling)
        return replace(cls(), **overrides)


LIMIT_NAMES: tuple[str, ...] = tuple(field.name for field in fields(Limits))

CEILINGS = Limits(
    cpu_ms=10_000,
    wall_ms=300_000,
    memory_mb=256,
    host_calls=10_000,
    http_requests=1_000,
    response_bytes=20 * _MIB,
    result_bytes=6 * _MIB,
    call_bytes=6 * _MIB,
    write_bytes=128 * _MIB,
    log_lines=1_000,
    log_line_bytes=8 * _KIB,
    log_bytes=2_000 * _KIB,
    http_connect_ms=30_000,
    http_ms=60_000,
)


CountedLimit: TypeAlias = Literal["CallLimit", "SubrequestLimit", "ResultTooLarge"]


class BudgetExceeded(Exception):
    """A counted budget is used up. limit: the name of the limit error that ends the run."""

    def __init__(self, limit: CountedLimit, message: str) -> None:
        super().__init__(message)
        self.limit: CountedLimit = limit
        self.message = message


class Budget:
    """What one invocation has used of its counted limits. Once exceeded, it stays exceeded."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.host_calls = 0
        self.http_requests = 0
        self.write_bytes = 0
        self.log_lines = 0
        self.log_bytes = 0
        self._log_is_cut = False

    def spend_call(self) -> None:
        """Count one host call. Raises BudgetExceeded("CallLimit") for the first one too many, and after."""
        if self.host_calls >= self.limits.host_calls:
            raise BudgetExceeded("CallLimit", f"more than {self.limits.host_calls} host calls in one run")
        self.host_calls += 1

    def spend_http(self) -> None:
        """Count one HTTP request. Raises BudgetExceeded("SubrequestLimit") as `spend_call` does."""
        if self.http_requests >= self.limits.http_requests:
            message = f"more than {self.limits.http_requests} HTTP requests in one run"
            raise BudgetExceeded("SubrequestLimit", message)
        self.http_requests += 1

    def spend_write(self, size: int) -> None:
        """Count a host call of `size` bytes that writes. Raises BudgetExceeded("ResultTooLarge") where all of them
        are over the limit."""
        self.write_bytes += size
        if self.write_bytes > self.limits.write_bytes:
            message = f"what one run writes is over {self.limits.write_bytes} bytes; write less in one run"
            raise BudgetExceeded("ResultTooLarge", message)

    def spend_log(self, size: int) -> Literal["keep", "last", "drop"]:
        """Count one log line of `size` bytes (already cut to `log_line_bytes`).

        keep: write the line. last: it does not fit; write one line in its place that says that logs end here.
        drop: write nothing.
        """
        if self._log_is_cut:
            return "drop"
        over = self.log_lines >= self.limits.log_lines or self.log_bytes + size > self.limits.log_bytes
        if over:
            self._log_is_cut = True
            return "last"
        self.log_lines += 1
        self.log_bytes += size
        return "keep"
