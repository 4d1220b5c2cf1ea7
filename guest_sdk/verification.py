"""`verify`: signatures of deliveries to a `public` route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from guest_sdk._runtime.host import ask, present
from guest_sdk._runtime.objects import JsonObject

__all__ = ["SignedRequest", "Verification", "VerifyApi", "verify"]


class SignedRequest(Protocol):
    """What a verifier looks at: the body exactly as it arrived, and the headers. A route's request is one."""

    @property
    def raw_body(self) -> str: ...

    @property
    def headers(self) -> Mapping[str, Any]: ...


class Verification(JsonObject):
    """What a verifier found. It is true only where the signature is good: `if not verify.…: return …`."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return self.ok

    @property
    def ok(self) -> bool:
        return self._json["ok"] is True

    @property
    def metadata(self) -> dict[str, Any]:
        """What the signature's headers said, such as the delivery's id; empty where it is not good."""
        return self._json.get("metadata") or {}

    @property
    def error(self) -> str | None:
        """A code, where it is not good."""
        return self._json.get("error")

    @property
    def message(self) -> str | None:
        """Why it is not good."""
        return self._json.get("message")

    @property
    def header(self) -> str | None:
        """The header that is missing or wrong."""
        return self._json.get("header")


class VerifyApi:
    """Signatures of deliveries to a `public` route. Verifiers answer, they do not raise; without a secret every
    delivery is refused."""

    __slots__ = ()

    def standard_webhook(
        self,
        request: SignedRequest,
        secret: str | None,
        *,
        tolerance_seconds: float | None = None,
        now_seconds: float | None = None,
    ) -> Verification:
        """Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`. Tolerance: 300 seconds where
        it is left out. now_seconds: Unix time; the run's clock where it is left out."""
        options = present(toleranceSeconds=tolerance_seconds, nowSeconds=now_seconds)
        return _verify("standardWebhook", request, secret, options)

    def hmac_sha256(
        self, request: SignedRequest, secret: str | None, *, headers: Sequence[str] | None = None
    ) -> Verification:
        """A hex HMAC-SHA256 of the raw body in one of `headers`."""
        return _verify("hmacSha256", request, secret, present(headers=headers))


def _verify(
    action: str, request: SignedRequest, secret: str | None, options: dict[str, object] | None
) -> Verification:
    signed: dict[str, object] = {"rawBody": getattr(request, "raw_body", None)}
    headers = getattr(request, "headers", None)
    if headers is not None:
        signed["headers"] = headers
    given = {"request": signed, "secret": secret}
    return Verification(ask("verify", action, given, {"options": options}))


verify = VerifyApi()
"""Signatures of deliveries to a public route."""
