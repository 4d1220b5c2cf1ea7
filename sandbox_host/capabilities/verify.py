"""`verify`: webhook signatures checked by the handler itself, where its route is `public`.

A verifier never throws: whatever it is given, it answers `{ok: true, metadata}` or
`{ok: false, error, message, header?}`, so that a handler that forgets `try` does not accept a delivery by
accident.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from policies.permissions import Call
from sandbox_host.capabilities.base import Args, Ask, Json
from sandbox_host.errors import NotAvailable
from sandbox_host.signatures import HMAC_HEADERS, Refused, Verified
from sandbox_host.signatures import verify as verify_signature

_SCHEMES = {"standardWebhook": "standard_webhook", "hmacSha256": "hmac_sha256"}
_OPTIONS = {"standardWebhook": ("toleranceSeconds", "nowSeconds"), "hmacSha256": ("headers",)}
_MAX_TOLERANCE_S = 86_400


class _Wrong(Exception):
    """An argument of the wrong form."""


@dataclass(frozen=True, slots=True, repr=False)
class _Delivery:
    body: bytes
    headers: dict[str, str]
    secret: str
    tolerance_s: float
    now: float
    hmac_headers: tuple[str, ...]


class VerifyCapability:
    """`verify.standardWebhook hmacSha256`. now: Unix time in seconds, the run's clock."""

    name = "verify"
    actions = tuple(_SCHEMES)

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now

    def ask(self, action: str, args: Args) -> Ask:
        if action not in self.actions:
            raise NotAvailable(f"verify has no {action[:40]!r}; it has {', '.join(self.actions)}")
        return Ask(resource="", needs=(Call(self.name, action),), perform=lambda: self._verify(action, args))

    def _verify(self, action: str, args: Args) -> Json:
        try:
            given = _read(action, args, self._now())
        except _Wrong as wrong:
            return {"ok": False, "error": "invalid_argument", "message": str(wrong)}
        outcome = verify_signature(
            _SCHEMES[action],
            given.secret,
            given.body,
            given.headers,
            given.now,
            given.tolerance_s,
            given.hmac_headers,
        )
        return _result(outcome)


def _result(outcome: Verified | Refused) -> Json:
    if isinstance(outcome, Verified):
        return {"ok": True, "metadata": dict[str, Json](outcome.metadata)}
    result: dict[str, Json] = {"ok": False, "error": outcome.error, "message": outcome.message}
    if outcome.header is not None:
        result["header"] = outcome.header
    return result


def _read(action: str, args: Args, now: float) -> _Delivery:
    request, options, secret = args.get("request"), args.get("options"), args.get("secret")
    if type(request) is not dict or type(request.get("rawBody")) is not str:
        raise _Wrong("request must be {rawBody, headers}, with the untouched body as a string")
    if secret is not None and type(secret) is not str:
        raise _Wrong("secret must be a string")
    if options is not None and type(options) is not dict:
        raise _Wrong("options must be an object")
    options = options or {}
    for key in options:
        if key not in _OPTIONS[action]:
            raise _Wrong(f"options.{key[:60]} is unknown; there is {' and '.join(_OPTIONS[action])}")
    try:
        body = str(request["rawBody"]).encode("utf-8")
    except UnicodeEncodeError:
        raise _Wrong("request.rawBody holds half a surrogate pair, so it is not the untouched body") from None
    return _Delivery(
        body=body,
        headers=_headers(request.get("headers")),
        secret=secret or "",
        tolerance_s=_seconds(options, "toleranceSeconds", 300, _MAX_TOLERANCE_S),
        now=_seconds(options, "nowSeconds", now, 10**12),
        hmac_headers=_names(options.get("headers")),
    )


def _headers(given: Json) -> dict[str, str]:
    """Absent ones left out; an array is a header that was sent several times."""
    if type(given) is not dict:
        raise _Wrong("request.headers must be an object")
    headers: dict[str, str] = {}
    for name, value in given.items():
        if value is None:
            continue
        values = value if isinstance(value, list) else [value]
        texts = [text for text in values if isinstance(text, str)]
        if len(texts) != len(values):
            raise _Wrong(f"request.headers: {name[:60]!r} must be a string, an array of strings or null")
        if len(texts) > 1:
            raise _Wrong(f"request.headers: {name[:60]!r} was sent more than once")
        if texts:
            headers[name] = texts[0]
    return headers


def _seconds(options: dict[str, Json], name: str, default: float, most: float) -> float:
    value = options.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise _Wrong(f"options.{name} must be a number of seconds from 0 to {most:g}")
    return value


def _names(given: Json) -> tuple[str, ...]:
    if given is None:
        return HMAC_HEADERS
    if type(given) is not list or not 1 <= len(given) <= 10:
        raise _Wrong("options.headers must be an array of 1 to 10 header names")
    names = tuple(name for name in given if isinstance(name, str) and name)
    if len(names) != len(given):
        raise _Wrong("options.headers must hold header names")
    return names
