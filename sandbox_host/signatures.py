"""Webhook signatures: the schemes of providers, verified and made.

| scheme | header | what is signed | form |
| --- | --- | --- | --- |
| `stripe_signature` | `Stripe-Signature` | `{t}.{body}` | `t=…,v1=hex` |
| `shopify_hmac` | `X-Shopify-Hmac-Sha256` | body | base64 |
| `github_signature` | `X-Hub-Signature-256` | body | `sha256=hex` |
| `slack_signature` | `X-Slack-Signature`, `X-Slack-Request-Timestamp` | `v0:{ts}:{body}` | `v0=hex` |
| `standard_webhook` | `webhook-id`, `-timestamp`, `-signature` | `{id}.{ts}.{body}` | `v1,base64` |
| `hmac_sha256` | one of `HMAC_HEADERS` | body | hex, with or without `sha256=` |

From docs.stripe.com/webhooks, shopify.dev/docs/apps/build/webhooks, docs.github.com/webhooks,
api.slack.com/authentication/verifying-requests-from-slack and standardwebhooks.com.

Everything is HMAC-SHA256 over the bytes that arrived: nothing is parsed and written again first. Other
versions and algorithms that a header offers are passed over. Where a scheme has a time it must be within
the tolerance on both sides, whole seconds, edge included. Hex is read in either case, base64 only in its
one canonical spelling.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import math
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

HMAC_HEADERS = ("x-signature", "x-signature-256", "x-webhook-signature")
"""Where `hmac_sha256` looks unless told otherwise."""

MAX_SIGNATURES = 32
"""Signatures that one delivery may offer (several while a secret is rotated)."""

_TIMESTAMP = re.compile(r"[1-9][0-9]{0,14}")
_HEX = re.compile(r"[0-9A-Fa-f]{64}")


class SecretError(ValueError):
    """A secret that cannot verify anything. The message does not quote it."""


@dataclass(frozen=True, slots=True)
class Verified:
    """The delivery is genuine. metadata: what the signature vouches for beside the body."""

    metadata: dict[str, str | int] = field(default_factory=lambda: dict[str, str | int]())


@dataclass(frozen=True, slots=True)
class Refused:
    """The delivery is not accepted.

    error: `missing_header`, `malformed_header`, `timestamp_too_old`, `timestamp_too_new`, `no_match` or
        `invalid_secret`.
    header: the header that is to blame, where one is.
    """

    error: str
    message: str
    header: str | None = None


class _Refusal(Exception):
    def __init__(self, error: str, message: str, header: str | None = None) -> None:
        self.refused = Refused(error, message, header)


@dataclass(frozen=True, slots=True, repr=False)
class _Delivery:
    key: bytes
    body: bytes
    headers: Mapping[str, str]
    now: float
    tolerance_s: float
    hmac_headers: Sequence[str] = HMAC_HEADERS


def check_secret(scheme: str, secret: str | None) -> None:
    """Refuse at configuration time what could never verify, or would verify anything. Raises SecretError."""
    _key(scheme, secret)


def verify(
    scheme: str,
    secret: str | None,
    raw_body: bytes,
    headers: Mapping[str, str],
    now: float,
    tolerance_s: float = 300,
    hmac_headers: Sequence[str] = HMAC_HEADERS,
) -> Verified | Refused:
    """Is this delivery signed with `secret`? Header names count in any case; `now` is Unix time in seconds;
    `hmac_headers` are where `hmac_sha256` looks.

    Never raises for what was delivered or for a secret; ValueError for an unknown scheme.
    """
    check = _scheme(scheme)[0]
    try:
        return check(_Delivery(_key(scheme, secret), raw_body, headers, now, tolerance_s, hmac_headers))
    except SecretError as error:
        return Refused("invalid_secret", str(error))
    except _Refusal as refusal:
        return refusal.refused


def sign(scheme: str, secret: str, raw_body: bytes, now: float) -> dict[str, str]:
    """The headers that a provider would send with this body. Raises SecretError; ValueError for an unknown
    scheme."""
    return _scheme(scheme)[1](_key(scheme, secret), raw_body, math.floor(now))


def _stripe(delivery: _Delivery) -> Verified:
    header = "stripe-signature"
    items = [item.strip().partition("=") for item in _header(delivery, header).split(",")]
    times = [value for name, _, value in items if name == "t"]
    if len(times) != 1:
        raise _Refusal("malformed_header", "the header must have the form t=TIME,v1=SIGNATURE", header)
    time = _timestamp(delivery, times[0], header)
    signatures = [value for name, _, value in items if name == "v1"]
    _match_hex(delivery.key, b"%d." % time + delivery.body, signatures, header)
    return Verified({"timestamp": time})


def _shopify(delivery: _Delivery) -> Verified:
    header = "x-shopify-hmac-sha256"
    _match_base64(delivery.key, delivery.body, [_header(delivery, header)], header)
    return Verified()


def _github(delivery: _Delivery) -> Verified:
    header = "x-hub-signature-256"
    algorithm, _, signature = _header(delivery, header).partition("=")
    _match_hex(delivery.key, delivery.body, [signature] if algorithm == "sha256" else [], header)
    return Verified()


def _slack(delivery: _Delivery) -> Verified:
    header = "x-slack-signature"
    version, _, signature = _header(delivery, header).partition("=")
    time = _timestamp(delivery, _header(delivery, "x-slack-request-timestamp"), "x-slack-request-timestamp")
    _match_hex(delivery.key, b"v0:%d:" % time + delivery.body, [signature] if version == "v0" else [], header)
    return Verified({"timestamp": time})


def _standard(delivery: _Delivery) -> Verified:
    header = "webhook-signature"
    message_id, signatures = _header(delivery, "webhook-id"), _header(delivery, header)
    time = _timestamp(delivery, _header(delivery, "webhook-timestamp"), "webhook-timestamp")
    offered = [item.partition(",") for item in signatures.split(" ")]
    content = f"{message_id}.{time}.".encode() + delivery.body
    _match_base64(delivery.key, content, [value for version, _, value in offered if version == "v1"], header)
    return Verified({"id": message_id, "timestamp": time})


def _hmac(delivery: _Delivery) -> Verified:
    present = [name for name in delivery.hmac_headers if _values(delivery.headers, name)]
    if not present:
        names = ", ".join(delivery.hmac_headers)
        raise _Refusal(
            "missing_header",
            f"none of these headers is there: {names}",
            next(iter(delivery.hmac_headers), None),
        )
    signatures = {name: _header(delivery, name).removeprefix("sha256=") for name in present}
    _match_hex(delivery.key, delivery.body, list(signatures.values()), present[0])
    return Verified()


def _match_hex(key: bytes, content: bytes, offered: list[str], header: str) -> None:
    digest = hmac.digest(key, content, hashlib.sha256).hex()
    _match(digest, [text.lower() if _HEX.fullmatch(text) else "" for text in offered], header)


def _match_base64(key: bytes, content: bytes, offered: list[str], header: str) -> None:
    _match(base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode("ascii"), offered, header)


def _match(expected: str, offered: list[str], header: str) -> None:
    if len(offered) > MAX_SIGNATURES:
        raise _Refusal("malformed_header", f"more than {MAX_SIGNATURES} signatures", header)
    matches = [hmac.compare_digest(expected.encode(), text.encode("utf-8", "replace")) for text in offered]
    if not any(matches):
        raise _Refusal("no_match", "no signature matches the body and the secret", header)


def _header(delivery: _Delivery, name: str) -> str:
    values = _values(delivery.headers, name)
    if not values:
        raise _Refusal("missing_header", f"the header {name} is missing", name)
    if len(values) > 1:
        raise _Refusal("malformed_header", f"the header {name} is there more than once", name)
    if not values[0].isascii():
        raise _Refusal("malformed_header", f"the header {name} holds a character outside ASCII", name)
    return values[0]


def _values(headers: Mapping[str, str], name: str) -> list[str]:
    return [value for given, value in headers.items() if given.lower() == name.lower() and value]


def _timestamp(delivery: _Delivery, text: str, header: str) -> int:
    if not _TIMESTAMP.fullmatch(text):
        raise _Refusal("malformed_header", "the time must be whole seconds since 1970", header)
    age = math.floor(delivery.now) - int(text)
    if age > delivery.tolerance_s:
        raise _Refusal(
            "timestamp_too_old", f"signed {age} s ago; at most {delivery.tolerance_s:g} are accepted", header
        )
    if age < -delivery.tolerance_s:
        raise _Refusal(
            "timestamp_too_new", f"signed {-age} s ahead of the clock here; is it in seconds?", header
        )
    return int(text)


def _key(scheme: str, secret: str | None) -> bytes:
    _scheme(scheme)
    if not secret:
        raise SecretError("no webhook secret is set")
    if secret != secret.strip():
        raise SecretError("the webhook secret begins or ends with white space; paste it again")
    try:
        if scheme != "standard_webhook":
            return secret.encode("utf-8")
        key = base64.b64decode(secret.removeprefix("whsec_").encode("ascii"), validate=True)
    except UnicodeEncodeError:
        raise SecretError("the webhook secret holds a character that it cannot have") from None
    except binascii.Error:
        raise SecretError("the webhook secret must be whsec_ and base64 with its padding") from None
    if not key:
        raise SecretError("the webhook secret is empty after whsec_")
    return key


def _sign_stripe(key: bytes, body: bytes, now: int) -> dict[str, str]:
    return {"Stripe-Signature": f"t={now},v1={_hex(key, b'%d.' % now + body)}"}


def _sign_shopify(key: bytes, body: bytes, now: int) -> dict[str, str]:
    return {"X-Shopify-Hmac-Sha256": _base64(key, body)}


def _sign_github(key: bytes, body: bytes, now: int) -> dict[str, str]:
    return {"X-Hub-Signature-256": f"sha256={_hex(key, body)}"}


def _sign_slack(key: bytes, body: bytes, now: int) -> dict[str, str]:
    return {
        "X-Slack-Request-Timestamp": str(now),
        "X-Slack-Signature": f"v0={_hex(key, b'v0:%d:' % now + body)}",
    }


def _sign_standard(key: bytes, body: bytes, now: int) -> dict[str, str]:
    # The id names the delivery; made from what is delivered, a delivery sent again has the same one.
    message_id = f"msg_{uuid.uuid5(uuid.NAMESPACE_OID, hashlib.sha256(b'%d.' % now + body).hexdigest()).hex}"
    signature = _base64(key, f"{message_id}.{now}.".encode() + body)
    return {"webhook-id": message_id, "webhook-timestamp": str(now), "webhook-signature": f"v1,{signature}"}


def _sign_hmac(key: bytes, body: bytes, now: int) -> dict[str, str]:
    return {"X-Signature": _hex(key, body)}


def _hex(key: bytes, content: bytes) -> str:
    return hmac.digest(key, content, hashlib.sha256).hex()


def _base64(key: bytes, content: bytes) -> str:
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode("ascii")


_Check = Callable[[_Delivery], Verified]
_Sign = Callable[[bytes, bytes, int], dict[str, str]]

_SCHEMES: dict[str, tuple[_Check, _Sign]] = {
    "stripe_signature": (_stripe, _sign_stripe),
    "shopify_hmac": (_shopify, _sign_shopify),
    "github_signature": (_github, _sign_github),
    "slack_signature": (_slack, _sign_slack),
    "standard_webhook": (_standard, _sign_standard),
    "hmac_sha256": (_hmac, _sign_hmac),
}

SCHEMES = tuple(_SCHEMES)
"""The names that a route's or a webhook's `auth` may have beside `api_key` and `public`."""


def _scheme(name: str) -> tuple[_Check, _Sign]:
    if name not in _SCHEMES:
        raise ValueError(f"unknown signature scheme {name!r}; there are {', '.join(_SCHEMES)}")
    return _SCHEMES[name]
