"""The frames between host and worker.

A frame is a header (length, kind, run) and that many bytes. A worker runs one invocation at a time, on one
socket, so a frame needs nothing else to say whose it is: grants, mode and tenant never travel. A frame that is
too long, of an unknown kind, or about another run breaks the protocol, and a worker that breaks it is killed.
"""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass
from enum import IntEnum

HEADER = struct.Struct("<IIQ")
RUN = struct.Struct("<QQQQIIQQ")
LOAD = struct.Struct("<QQII")
EVALUATE = struct.Struct("<QQQIIQI")
IMAGE = struct.Struct("<QII")
USAGE = struct.Struct("<QQ")
CLOCK = struct.Struct("<Q")

MAX_FRAME = 96 << 20
"""The longest frame a worker takes from its host: a bundle at its ceiling, with room."""


class Kind(IntEnum):
    """What a frame is. The host sends the first group, the worker the second."""

    LOAD = 1
    FORGET = 2
    RUN = 3
    ANSWER = 4
    STOP = 5
    EVALUATE = 6

    READY = 16
    CALL = 17
    DONE = 18
    FAILED = 19
    IMAGE = 20


class ProtocolError(Exception):
    """The other side sent something that is no frame of ours, or went away."""


@dataclass(frozen=True, slots=True)
class Frame:
    kind: int
    run: int
    payload: bytes

    def split(self, head: struct.Struct) -> tuple[tuple[int, ...], bytes]:
        """The numbers at the payload's start, and the rest. Raises ProtocolError where it is too short."""
        if len(self.payload) < head.size:
            raise ProtocolError(f"frame {self.kind} is too short")
        return head.unpack_from(self.payload), self.payload[head.size :]


class Channel:
    """One end of a worker's socket. Not thread-safe: each end has one reader and writer at a time.

    deadline: on the monotonic clock in seconds, when a frame must be there in full; None leaves it to the
    socket's timeout, which a sender of single bytes never breaks.
    """

    def __init__(self, sock: socket.socket, max_frame: int = MAX_FRAME) -> None:
        self.socket = sock
        self.max_frame = max_frame
        self.deadline: float | None = None
        self._buffer = b""
        self._fds: list[int] = []

    def send(self, kind: Kind, run: int, *parts: bytes) -> None:
        """Send one frame. Raises ProtocolError where the other side is gone."""
        length = sum(map(len, parts))
        try:
            self.socket.sendall(b"".join((HEADER.pack(length, kind, run), *parts)))
        except OSError as error:
            raise ProtocolError("the other side is gone") from error

    def send_with_fd(self, kind: Kind, run: int, fd: int, *parts: bytes) -> None:
        """Send one frame and hand over a file descriptor with its first byte."""
        data = b"".join((HEADER.pack(sum(map(len, parts)), kind, run), *parts))
        try:
            sent = socket.send_fds(self.socket, [data], [fd])
            self.socket.sendall(data[sent:])
        except OSError as error:
            raise ProtocolError("the other side is gone") from error

    def receive(self, *, with_fds: bool = False) -> Frame:
        """The next frame. Raises ProtocolError for anything else, TimeoutError after the deadline or the socket's
        timeout."""
        buffer = self._buffer
        while len(buffer) < HEADER.size:
            buffer += self._more(with_fds)
        length, kind, run = HEADER.unpack_from(buffer)
        if length > self.max_frame:
            raise ProtocolError(f"a frame of {length} bytes is over {self.max_frame}")
        end = HEADER.size + length
        if len(buffer) < end:
            chunks = [buffer]
            missing = end - len(buffer)
            while missing > 0:
                chunk = self._more(with_fds)
                chunks.append(chunk)
                missing -= len(chunk)
            buffer = b"".join(chunks)
        self._buffer = buffer[end:]
        return Frame(kind, run, buffer[HEADER.size : end])

    @property
    def pending(self) -> bool:
        """Bytes came that no frame was read from yet."""
        return bool(self._buffer)

    def take_fd(self) -> int:
        """The descriptor that came with the last frames. Raises ProtocolError where none did."""
        if not self._fds:
            raise ProtocolError("a descriptor is missing")
        return self._fds.pop(0)

    def _more(self, with_fds: bool) -> bytes:
        if self.deadline is not None:
            self.socket.settimeout(max(self.deadline - time.monotonic(), 0.001))
        try:
            if with_fds:
                data, fds, _, _ = socket.recv_fds(self.socket, 1 << 18, 4)
                self._fds += fds
            else:
                data = self.socket.recv(1 << 18)
        except TimeoutError:
            raise
        except OSError as error:
            raise ProtocolError("the other side is gone") from error
        if not data:
            raise ProtocolError("the other side is gone")
        return data

    def close(self) -> None:
        self.socket.close()
