"""`Crypto`: hashes, and what handlers verify or identify things with. Computed in the host because the
guest's engine has none of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Callable

from policies.permissions import Call
from sandbox_host.capabilities.base import Args, Ask, Json
from sandbox_host.errors import InvalidArgument, NotAvailable

_ENCODERS: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: base64.b64encode(digest).decode("ascii"),
    "base64url": lambda digest: base64.urlsafe_b64encode(digest).decode("ascii").rstrip("="),
}


class CryptoCapability:
    """`Crypto.hmacSha256 sha256 randomUUID timingSafeEqual`. Text is hashed as UTF-8; `encoding` is `hex`
    (the default), `base64` or `base64url` (without padding).

    random_bytes: n → n bytes; a run draws them from its own seed so that it can be run again.
    """

    name = "crypto"
    actions = ("hmacSha256", "sha256", "randomUUID", "timingSafeEqual")

    def __init__(self, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._random_bytes = random_bytes

    def ask(self, action: str, args: Args) -> Ask:
        return Ask(resource="", needs=(Call(self.name, action),), perform=self._work(action, args))

    def _work(self, action: str, args: Args) -> Callable[[], Json]:
        if action == "hmacSha256":
            key, data, encode = _bytes(args, "key"), _bytes(args, "data"), _encoder(args)
            if not key:
                raise InvalidArgument("key must not be empty")
            return lambda: encode(hmac.digest(key, data, hashlib.sha256))
        if action == "sha256":
            data, encode = _bytes(args, "data"), _encoder(args)
            return lambda: encode(hashlib.sha256(data).digest())
        if action == "randomUUID":
            return lambda: str(uuid.UUID(bytes=self._random_bytes(16), version=4))
        if action == "timingSafeEqual":
            a, b = _bytes(args, "a"), _bytes(args, "b")
            return lambda: hmac.compare_digest(a, b)
        raise NotAvailable(f"Crypto has no {action[:40]!r}; it has {', '.join(self.actions)}")


def _bytes(args: Args, name: str) -> bytes:
    value = args.get(name)
    if type(value) is not str:
        raise InvalidArgument(f"{name} must be a string")
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidArgument(f"{name} holds half a surrogate pair, which has no bytes") from None


def _encoder(args: Args) -> Callable[[bytes], str]:
    encoding = args.get("encoding")
    if encoding is None:
        return _ENCODERS["hex"]
    if type(encoding) is not str or encoding not in _ENCODERS:
        raise InvalidArgument(f"encoding must be one of {', '.join(_ENCODERS)}")
    return _ENCODERS[encoding]
