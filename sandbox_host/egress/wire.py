"""The deadline of an exchange, and the socket that keeps it.

Timeouts of sockets are per operation: a server that sends one byte a second never breaks them. Here every
operation gets what is left until one moment.
"""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any

import httpcore

from sandbox_host.errors import HttpTimeout, ResponseTooLarge


class Deadline:
    """A moment on the monotonic clock, and what to say when it has passed."""

    __slots__ = ("_at", "_message")

    def __init__(self, seconds: float, message: str) -> None:
        self._at = time.monotonic() + seconds
        self._message = message

    def remaining(self) -> float:
        """Seconds left, more than zero. Raises HttpTimeout when there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise self.passed()
        return left

    def passed(self) -> HttpTimeout:
        """The error to raise when an operation says that its time is up."""
        return HttpTimeout(self._message)

    def sooner(self, seconds: float, message: str) -> Deadline:
        """This deadline, or the one in `seconds` if that comes first."""
        other = Deadline(seconds, message)
        return other if other._at < self._at else self


class DeadlineStream(httpcore.NetworkStream):
    """A connected socket on which no operation outlives the deadline, whatever timeout it is called with,
    and from which no more than `wire_budget` bytes are read."""

    def __init__(self, sock: socket.socket | ssl.SSLSocket, deadline: Deadline, wire_budget: int) -> None:
        self._sock = sock
        self._deadline = deadline
        self._wire_left = wire_budget

    def allow(self, wire_bytes: int) -> None:
        """Set how many more bytes may be read."""
        self._wire_left = wire_bytes

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._sock.settimeout(self._deadline.remaining())
        try:
            data = self._sock.recv(max_bytes)
        except TimeoutError:
            raise self._deadline.passed() from None
        except OSError as error:
            raise httpcore.ReadError(type(error).__name__) from None
        self._wire_left -= len(data)
        if self._wire_left < 0:
            raise ResponseTooLarge("the answer's headers or framing are far larger than what they carry")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        view = memoryview(buffer)
        while view:
            self._sock.settimeout(self._deadline.remaining())
            try:
                view = view[self._sock.send(view) :]
            except TimeoutError:
                raise self._deadline.passed() from None
            except OSError as error:
                raise httpcore.WriteError(type(error).__name__) from None

    def close(self) -> None:
        self._sock.close()

    def get_extra_info(self, info: str) -> Any:
        return None
