"""`Crypto`: digests and comparisons."""

from __future__ import annotations

from typing import Literal, TypeAlias

from guest_sdk._runtime.host import ask

__all__ = ["Crypto", "CryptoApi", "Encoding"]

Encoding: TypeAlias = Literal["hex", "base64", "base64url"]
"""`base64url` is without padding."""


class CryptoApi:
    """Digests and comparisons. Text is taken as UTF-8; `encoding` is `hex` where it is left out.

    Raises InvalidArgument for what is no text, and for an empty key.
    """

    __slots__ = ()

    def hmac_sha256(self, key: str, data: str, encoding: Encoding | None = None) -> str:
        """HMAC-SHA256 of `data`."""
        return ask("crypto", "hmacSha256", {"key": key}, {"data": data, "encoding": encoding})

    def sha256(self, data: str, encoding: Encoding | None = None) -> str:
        """SHA-256 of `data`."""
        return ask("crypto", "sha256", {"data": data}, {"encoding": encoding})

    def random_uuid(self) -> str:
        """A version 4 UUID."""
        return ask("crypto", "randomUUID")

    def timing_safe_equal(self, a: str, b: str) -> bool:
        """Takes the same time wherever the two differ."""
        return ask("crypto", "timingSafeEqual", {"a": a}, {"b": b})


Crypto = CryptoApi()
"""Digests and comparisons."""
