"""The provider's answer, read under caps.

A compressed body is inflated step by step, so that what is held is never more than the cap: a client that
decompresses first and counts afterwards was seen to hold 639 MiB for a body of 317 bytes.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterable

from sandbox_host.egress.wire import Deadline
from sandbox_host.errors import EgressBlocked, ResponseTooLarge

MAX_RESPONSE_HEADERS = 200
MAX_RESPONSE_HEADER_BYTES = 64 * 1024

_STEP = 64 * 1024
_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_DIGITS = re.compile(r"[0-9]{1,18}")


def read_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header names in lower case, values as Latin-1 (RFC 9110, 5.5), repeated ones joined with `, `.
    Raises ResponseTooLarge over the caps."""
    headers: dict[str, str] = {}
    size = 0
    for count, (name, value) in enumerate(raw, start=1):
        size += len(name) + len(value)
        if count > MAX_RESPONSE_HEADERS or size > MAX_RESPONSE_HEADER_BYTES:
            raise ResponseTooLarge(
                f"the answer has more than {MAX_RESPONSE_HEADERS} headers "
                f"or {MAX_RESPONSE_HEADER_BYTES // 1024} KiB of them"
            )
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def guest_headers(headers: dict[str, str]) -> dict[str, str]:
    """Without those that describe the body on the wire, which the guest does not get to see."""
    return {name: value for name, value in headers.items() if name not in _OF_THE_WIRE}


def read_body(chunks: Iterable[bytes], headers: dict[str, str], max_bytes: int, deadline: Deadline) -> bytes:
    """The decoded body. Raises ResponseTooLarge as soon as it is known to be over `max_bytes`, raw or
    decoded, and EgressBlocked for an encoding that was not asked for or data that breaks it."""
    announced = headers.get("content-length", "")
    if _DIGITS.fullmatch(announced) and int(announced) > max_bytes:
        raise _too_large(max_bytes)
    decoder = _decoder(headers.get("content-encoding", ""), max_bytes)
    raw = 0
    for chunk in chunks:
        deadline.remaining()
        raw += len(chunk)
        if raw > max_bytes:
            raise _too_large(max_bytes)
        decoder.feed(chunk)
    return decoder.finish()


class _Identity:
    def __init__(self, max_bytes: int) -> None:
        self._max = max_bytes
        self._out = io.BytesIO()

    def feed(self, chunk: bytes) -> None:
        if self._out.tell() + len(chunk) > self._max:
            raise _too_large(self._max)
        self._out.write(chunk)

    def finish(self) -> bytes:
        return self._out.getvalue()


class _Inflate(_Identity):
    """gzip, with several members one after the other (RFC 1952, 2.2), or deflate with or without its zlib
    wrapping (RFC 9110, 8.4.1.2 asks for it; some servers leave it out)."""

    def __init__(self, encoding: str, max_bytes: int) -> None:
        super().__init__(max_bytes)
        self._encoding = encoding
        self._inflater = zlib.decompressobj(31) if encoding == "gzip" else None
        self._started = False

    def feed(self, chunk: bytes) -> None:
        data = chunk
        try:
            while data:
                data = self._step(data)
        except zlib.error:
            raise EgressBlocked(f"the answer's body is not valid {self._encoding}") from None

    def _step(self, data: bytes) -> bytes:
        inflater = self._inflater
        if inflater is None:
            # A zlib header's low nibble is 8, the method; no raw deflate stream of a text begins so.
            inflater = self._inflater = zlib.decompressobj(15 if data[0] & 0x0F == 8 else -15)
        elif inflater.eof:
            if self._encoding != "gzip":
                raise zlib.error("data after the end")
            inflater = self._inflater = zlib.decompressobj(31)
        self._started = True
        super().feed(inflater.decompress(data, _STEP))
        return inflater.unused_data if inflater.eof else inflater.unconsumed_tail

    def finish(self) -> bytes:
        if self._started and self._inflater is not None:
            while not self._inflater.eof:
                # Output that was held back by the step's bound; it ends when a step gives nothing.
                rest = self._inflater.decompress(b"", _STEP)
                if not rest:
                    raise EgressBlocked(f"the answer's {self._encoding} body ends in the middle")
                super().feed(rest)
        return super().finish()


def _decoder(encoding: str, max_bytes: int) -> _Identity:
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return _Identity(max_bytes)
    if name in ("gzip", "x-gzip"):
        return _Inflate("gzip", max_bytes)
    if name == "deflate":
        return _Inflate("deflate", max_bytes)
    if "," in name:
        raise EgressBlocked("the answer has more than one Content-Encoding; only gzip was asked for")
    raise EgressBlocked(
        f"the answer's Content-Encoding {name[:40]!r} is unknown here; only gzip was asked for"
    )


def _too_large(max_bytes: int) -> ResponseTooLarge:
    return ResponseTooLarge(f"the answer is over {max_bytes} bytes; ask for smaller pages")
