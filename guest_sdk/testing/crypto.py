"""`Crypto` and `verify`, over Python's own digests."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import math
import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from guest_sdk.testing.errors import Refused, invalid
from guest_sdk.testing.records.values import HALF, Fields, Value, is_number

_ENCODINGS = ("hex", "base64", "base64url")
_HMAC_HEADERS = ("x-signature", "x-signature-256", "x-webhook-signature")
_VERIFY_OPTIONS = {"standardWebhook": ("toleranceSeconds", "nowSeconds"), "hmacSha256": ("headers",)}
_MAX_TOLERANCE_S = 86_400
_MAX_SIGNATURES = 32


def crypto(action: str, args: Fields) -> Value:
    """Answer `Crypto.…`. Raises Refused."""
    match action:
        case "hmacSha256":
            key, data, encoding = _text(args, "key"), _text(args, "data"), _encoding(args)
            if not key:
                raise invalid("key must not be empty")
            return _encoded(hmac.digest(key.encode(), data.encode(), "sha256"), encoding)
        case "sha256":
            data, encoding = _text(args, "data"), _encoding(args)
            return _encoded(hashlib.sha256(data.encode()).digest(), encoding)
        case "randomUUID":
            return str(uuid.uuid4())
        case "timingSafeEqual":
            return _equal(_text(args, "a"), _text(args, "b"))
        case _:
            known = "hmacSha256, sha256, randomUUID, timingSafeEqual"
            raise Refused("NotAvailable", f"Crypto has no '{action}'; it has {known}")


def _text(args: Fields, name: str) -> str:
    value = args.get(name)
    if not isinstance(value, str):
        raise invalid(f"{name} must be a string")
    if HALF.search(value):
        raise invalid(f"{name} holds half a surrogate pair, which has no bytes")
    return value


def _encoding(args: Fields) -> str:
    encoding = args.get("encoding")
    encoding = "hex" if encoding is None else encoding
    if not isinstance(encoding, str) or encoding not in _ENCODINGS:
        raise invalid(f"encoding must be one of {', '.join(_ENCODINGS)}")
    return encoding


def _encoded(digest: bytes, encoding: str) -> str:
    if encoding == "hex":
        return digest.hex()
    text = base64.b64encode(digest).decode()
    return text if encoding == "base64" else text.replace("+", "-").replace("/", "_").rstrip("=")


def _equal(a: str, b: str) -> bool:
    return hmac.compare_digest(a.encode(), b.encode())


class _NotGenuine(Exception):
    """Why a delivery is not accepted."""

    def __init__(self, error: str, message: str, header: str | None = None) -> None:
        super().__init__(message)
        self.answer: Fields = {"ok": False, "error": error, "message": message}
        if header is not None:
            self.answer["header"] = header


def _wrong(message: str) -> _NotGenuine:
    return _NotGenuine("invalid_argument", message)


@dataclass(frozen=True, slots=True, repr=False)
class _Delivery:
    body: str
    headers: dict[str, list[str]]
    secret: str
    tolerance: float
    now: float
    names: Sequence[str]


def verify(action: str, args: Fields) -> Value:
    """Answer `verify.…`. Never raises for what was delivered: it answers, as in the sandbox."""
    known = _VERIFY_OPTIONS.get(action)
    if known is None:
        raise Refused("NotAvailable", f"verify has no '{action}'; it has {', '.join(_VERIFY_OPTIONS)}")
    try:
        delivery = _read(args, known)
        return {
            "ok": True,
            "metadata": _standard(delivery) if action == "standardWebhook" else _hmac(delivery),
        }
    except _NotGenuine as refused:
        return refused.answer


def _standard(delivery: _Delivery) -> Fields:
    key = _key(delivery.secret, encoded=True)
    id, signatures = _header(delivery, "webhook-id"), _header(delivery, "webhook-signature")
    moment = _timestamp(delivery, _header(delivery, "webhook-timestamp"))
    digest = hmac.digest(key, f"{id}.{moment}.{delivery.body}".encode(), "sha256")
    offered = [item[3:] for item in signatures.split(" ") if item.startswith("v1,")]
    _match(base64.b64encode(digest).decode(), offered, "webhook-signature")
    return {"id": id, "timestamp": moment}


def _hmac(delivery: _Delivery) -> Fields:
    key = _key(delivery.secret, encoded=False)
    present = [name for name in delivery.names if name.lower() in delivery.headers]
    if not present:
        names = ", ".join(delivery.names)
        raise _NotGenuine("missing_header", f"none of these headers is there: {names}", delivery.names[0])
    offered = [_header(delivery, name).removeprefix("sha256=") for name in present]
    digest = hmac.digest(key, delivery.body.encode(), "sha256").hex()
    hexadecimal = [text.lower() if re.fullmatch("[0-9A-Fa-f]{64}", text) else "" for text in offered]
    _match(digest, hexadecimal, present[0])
    return {}


def _key(secret: str, *, encoded: bool) -> bytes:
    if not secret:
        raise _NotGenuine("invalid_secret", "no webhook secret is set")
    if secret != secret.strip():
        raise _NotGenuine(
            "invalid_secret", "the webhook secret begins or ends with white space; paste it again"
        )
    if not encoded:
        return secret.encode()
    text = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = None
    if key is None or base64.b64encode(key).decode() != text:
        raise _NotGenuine("invalid_secret", "the webhook secret must be whsec_ and base64 with its padding")
    if not key:
        raise _NotGenuine("invalid_secret", "the webhook secret is empty after whsec_")
    return key


def _match(expected: str, offered: Sequence[str], name: str) -> None:
    if len(offered) > _MAX_SIGNATURES:
        raise _NotGenuine("malformed_header", f"more than {_MAX_SIGNATURES} signatures", name)
    if not any(_equal(expected, text) for text in offered):
        raise _NotGenuine("no_match", "no signature matches the body and the secret", name)


def _header(delivery: _Delivery, name: str) -> str:
    values = delivery.headers.get(name.lower())
    if values is None:
        raise _NotGenuine("missing_header", f"the header {name} is missing", name)
    if len(values) > 1:
        raise _NotGenuine("malformed_header", f"the header {name} is there more than once", name)
    if not values[0].isascii():
        raise _NotGenuine("malformed_header", f"the header {name} holds a character outside ASCII", name)
    return values[0]


def _timestamp(delivery: _Delivery, text: str) -> int:
    name = "webhook-timestamp"
    if not re.fullmatch("[1-9][0-9]{0,14}", text):
        raise _NotGenuine("malformed_header", "the time must be whole seconds since 1970", name)
    age = math.floor(delivery.now) - int(text)
    if age > delivery.tolerance:
        most = f"at most {delivery.tolerance:g} are accepted"
        raise _NotGenuine("timestamp_too_old", f"signed {age} s ago; {most}", name)
    if age < -delivery.tolerance:
        ahead = f"signed {-age} s ahead of the clock here; is it in seconds?"
        raise _NotGenuine("timestamp_too_new", ahead, name)
    return int(text)


def _read(args: Fields, known: Sequence[str]) -> _Delivery:
    request, secret, options = args.get("request"), args.get("secret"), args.get("options")
    body = request.get("rawBody") if isinstance(request, dict) else None
    if not isinstance(request, dict) or not isinstance(body, str):
        raise _wrong("request must be {rawBody, headers}, with the untouched body as a string")
    if secret is not None and not isinstance(secret, str):
        raise _wrong("secret must be a string")
    if options is not None and not isinstance(options, dict):
        raise _wrong("options must be an object")
    given = options or {}
    for key in given:
        if key not in known:
            raise _wrong(f"options.{key[:60]} is unknown; there is {' and '.join(known)}")
    return _Delivery(
        body=body,
        headers=_headers(request.get("headers")),
        secret=secret or "",
        tolerance=_seconds(given, "toleranceSeconds", 300, _MAX_TOLERANCE_S),
        now=_seconds(given, "nowSeconds", time.time(), 10**12),
        names=_names(given.get("headers")),
    )


def _headers(given: Value) -> dict[str, list[str]]:
    if not isinstance(given, dict):
        raise _wrong("request.headers must be an object")
    headers: dict[str, list[str]] = {}
    for name, value in given.items():
        if value is None:
            continue
        values = value if isinstance(value, list) else [value]
        texts = [text for text in values if isinstance(text, str)]
        if len(texts) != len(values):
            raise _wrong(f"request.headers: {name[:60]!r} must be a string, an array of strings or null")
        if len(texts) > 1:
            raise _wrong(f"request.headers: {name[:60]!r} was sent more than once")
        if texts and texts[0]:
            headers.setdefault(name.lower(), []).append(texts[0])
    return headers


def _seconds(options: Fields, name: str, usual: float, most: int) -> float:
    value = options.get(name)
    if value is None:
        return usual
    if not is_number(value) or not 0 <= value <= most:
        raise _wrong(f"options.{name} must be a number of seconds from 0 to {most:g}")
    return value


def _names(given: Value) -> Sequence[str]:
    if given is None:
        return _HMAC_HEADERS
    if not isinstance(given, list) or not 1 <= len(given) <= 10:
        raise _wrong("options.headers must be an array of 1 to 10 header names")
    names = [name for name in given if isinstance(name, str) and name]
    if len(names) != len(given):
        raise _wrong("options.headers must hold header names")
    return names
