"""The arguments of an `Http` call, read strictly; and which headers a handler may set."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import TypeAlias

from guest_sdk._runtime.json import to_json
from guest_sdk.testing.errors import invalid
from guest_sdk.testing.records.values import Fields, Value, is_number

Headers: TypeAlias = "list[tuple[str, str]]"

_MAX_TIMEOUT_MS = 60_000
_MAX_BODY = 1024 * 1024
_MAX_HEADERS = 100
_MAX_HEADER_BYTES = 64 * 1024
_MAX_TTL_S = 86_400
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")
_OF_THE_CONNECTION = re.compile(
    r"host|content-length|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|forwarded|via|x-real-ip"
    r"|true-client-ip|x-client-ip|proxy-.*|x-forwarded-.*|cf-.*"
)


class HeaderRefused(Exception):
    """A header that a handler may not set."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


def sendable(headers: Sequence[tuple[str, str]]) -> Headers:
    """The headers as they will be sent. Raises HeaderRefused."""
    size = sum(len(name) + len(value) for name, value in headers)
    if len(headers) > _MAX_HEADERS:
        raise HeaderRefused("header_size", f"more than {_MAX_HEADERS} request headers")
    if size > _MAX_HEADER_BYTES:
        raise HeaderRefused("header_size", "more than 64 KiB of request headers")
    sent: Headers = []
    seen: set[str] = set()
    for name, value in headers:
        if not _NAME.fullmatch(name):
            raise HeaderRefused("header_grammar", f"{name[:60]!r} is not a header name")
        if _OF_THE_CONNECTION.fullmatch(name.lower().replace("_", "-")):
            raise HeaderRefused(
                "header_forbidden", f"the header {name} is set by the host alone; leave it out"
            )
        if not _VALUE.fullmatch(value):
            what = "holds a line break, a control character or one outside ASCII"
            raise HeaderRefused("header_grammar", f"the header {name} {what}")
        if name.lower() in seen:
            raise HeaderRefused("header_grammar", f"the header {name} is given twice, in different cases")
        seen.add(name.lower())
        if name.lower() != "accept-encoding":
            sent.append((name, value.strip()))
    return sent


def auth_of(given: Value) -> tuple[str | None, bool]:
    """The Authorization header, and whether the connection's token is wanted in its place."""
    auth = object_of(given, "options.auth")
    if auth is None:
        return None, False
    names = list(auth)
    if len(names) != 1 or names[0] not in ("bearer", "basic", "oauth"):
        raise invalid("options.auth must hold exactly one of bearer, basic and oauth")
    if names[0] == "oauth":
        return None, _wants_token(auth["oauth"])
    if names[0] == "basic":
        return _basic(auth["basic"]), False
    bearer = auth["bearer"]
    if not isinstance(bearer, str) or not bearer:
        raise invalid("options.auth.bearer must be a string that is not empty")
    return f"Bearer {bearer}", False


def _basic(given: Value) -> str:
    basic = object_of(given, "options.auth.basic") or {}
    if basic.keys() != {"user", "pass"}:
        raise invalid("options.auth.basic must be {user, pass}")
    user, password = basic["user"], basic["pass"]
    if not isinstance(user, str) or not isinstance(password, str) or ":" in user:
        raise invalid("options.auth.basic: user (without a colon) and pass must be strings")
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _wants_token(oauth: Value) -> bool:
    if isinstance(oauth, bool):
        return oauth
    options = object_of(oauth, "options.auth.oauth") or {}
    seconds = options.get("minTtlSeconds", 0)
    is_count = is_number(seconds) and seconds == int(seconds) and 0 <= seconds <= _MAX_TTL_S
    if not is_count or options.keys() - {"minTtlSeconds"}:
        raise invalid("options.auth.oauth must be true or {minTtlSeconds: 0 to 86400}")
    return True


def payload_of(argument: Value, option: Value) -> Value:
    """The body, wherever it was given."""
    if argument is not None and option is not None:
        raise invalid("the body is given twice, as an argument and in options.body; keep one")
    value = option if argument is None else argument
    if value is not None and not isinstance(value, str | dict | list):
        raise invalid("body must be a string, an object or an array")
    return value


def encoded(payload: Value) -> str | None:
    """The body as it is sent."""
    if payload is None:
        return None
    text = payload if isinstance(payload, str) else to_json(payload, "body")
    length = len(text.encode())
    if length > _MAX_BODY:
        raise invalid(f"body is {length} bytes, over the cap of {_MAX_BODY}")
    return text


def headers_of(given: Value) -> Headers:
    headers: Headers = []
    for name, value in (object_of(given, "options.headers") or {}).items():
        if not isinstance(value, str):
            raise invalid(f"options.headers: the value of {name[:60]!r} must be a string")
        headers.append((name, value))
    return headers


def check_timeout(given: Value) -> None:
    if given is None:
        return
    if not is_number(given) or given != int(given) or not 1 <= given <= _MAX_TIMEOUT_MS:
        raise invalid(f"options.timeout must be whole milliseconds from 1 to {_MAX_TIMEOUT_MS}")


def object_of(value: Value, what: str) -> Fields | None:
    """An argument that may be left out, else an object."""
    if value is not None and not isinstance(value, dict):
        raise invalid(f"{what} must be an object")
    return value
