"""The arguments of an `Http` call: `{url, body?, options?}`, read strictly.

Types are compared exactly. Nothing here knows the rules for URLs and headers: those are policy, and
breaking one is a denial, not a wrong argument.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import cast

from policies.effects import observed_http_answer
from policies.limits import CEILINGS, Limits
from sandbox_host.capabilities.base import Args, Json
from sandbox_host.errors import InvalidArgument

MAX_BODY = 1024 * 1024
"""Bytes of a request's body."""

_OPTIONS = ("headers", "body", "auth", "timeout", "redirect", "observed")


@dataclass(frozen=True, slots=True, repr=False)
class HttpArguments:
    """One call, as the guest asked for it.

    headers: with those that follow from auth and body.
    payload, body: the body as it was given, and as it is sent.
    oauth_min_ttl: seconds for which the connection's token must still be valid; None where none is asked for.
    timeout_s: for the whole exchange, redirects included.
    observed: what an intercepted call is to answer.
    """

    url: str
    headers: dict[str, str]
    payload: Json
    body: bytes | None
    oauth_min_ttl: int | None
    timeout_s: float
    follow: bool
    observed: dict[str, Json] | None


def read_arguments(args: Args, limits: Limits) -> HttpArguments:
    """Raises InvalidArgument naming the argument; the message never quotes a value that may be a secret."""
    unknown = [key for key in args if key not in ("url", "body", "options")]
    if unknown:
        raise InvalidArgument(f"unknown argument {unknown[0][:60]!r}; Http takes url, body and options")
    url = args.get("url")
    if type(url) is not str:
        raise InvalidArgument("url must be a string")
    options = _object(args.get("options"), "options") or {}
    for key in options:
        if key not in _OPTIONS:
            raise InvalidArgument(f"options.{key[:60]} is unknown; there are {', '.join(_OPTIONS)}")

    headers = _headers(options.get("headers"))
    authorization, min_ttl = _auth(options.get("auth"))
    if (authorization is not None or min_ttl is not None) and _has(headers, "authorization"):
        raise InvalidArgument("options.auth and an Authorization header are both given; keep one")
    if authorization is not None:
        headers["Authorization"] = authorization
    payload = _payload(args.get("body"), options.get("body"))
    body = _encoded(payload)
    if isinstance(payload, dict | list) and not _has(headers, "content-type"):
        headers["Content-Type"] = "application/json"
    return HttpArguments(
        url=url,
        headers=headers,
        payload=payload,
        body=body,
        oauth_min_ttl=min_ttl,
        timeout_s=_timeout_s(options.get("timeout"), limits),
        follow=_follow(options.get("redirect")),
        observed=_observed(options.get("observed")),
    )


def _timeout_s(given: Json, limits: Limits) -> float:
    """What the call asks for, never more than the run's own limit of a request."""
    if given is None:
        return limits.http_ms / 1000
    if type(given) is not int or not 1 <= given <= CEILINGS.http_ms:
        raise InvalidArgument(f"options.timeout must be whole milliseconds from 1 to {CEILINGS.http_ms}")
    return min(given, limits.http_ms) / 1000


def _auth(given: Json) -> tuple[str | None, int | None]:
    """The Authorization header, or how long an OAuth token must still be valid."""
    auth = _object(given, "options.auth")
    if auth is None:
        return None, None
    if len(auth) != 1 or next(iter(auth)) not in ("bearer", "basic", "oauth"):
        raise InvalidArgument("options.auth must hold exactly one of bearer, basic and oauth")
    if "bearer" in auth:
        return f"Bearer {_text(auth['bearer'], 'options.auth.bearer')}", None
    if "basic" in auth:
        return _basic(_object(auth["basic"], "options.auth.basic") or {}), None
    return None, _min_ttl(auth["oauth"])


def _payload(argument: Json, option: Json) -> Json:
    if argument is not None and option is not None:
        raise InvalidArgument("the body is given twice, as an argument and in options.body; keep one")
    value = argument if option is None else option
    if value is not None and type(value) not in (str, dict, list):
        raise InvalidArgument("body must be a string, an object or an array")
    return value


def _encoded(payload: Json) -> bytes | None:
    """A string as it is, an object or array as JSON; None for no body."""
    if payload is None:
        return None
    try:
        text = (
            payload
            if isinstance(payload, str)
            else json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        )
        data = text.encode("utf-8")
    except (ValueError, RecursionError):
        raise InvalidArgument(
            "body holds half a surrogate pair, NaN or Infinity, or is nested too deeply"
        ) from None
    if len(data) > MAX_BODY:
        raise InvalidArgument(f"body is {len(data)} bytes, over the cap of {MAX_BODY}")
    return data


def _headers(given: Json) -> dict[str, str]:
    headers = _object(given, "options.headers") or {}
    for name, value in headers.items():
        if type(value) is not str:
            raise InvalidArgument(f"options.headers: the value of {name[:60]!r} must be a string")
    return cast("dict[str, str]", dict(headers))


def _basic(given: dict[str, Json]) -> str:
    if set(given) != {"user", "pass"}:
        raise InvalidArgument("options.auth.basic must be {user, pass}")
    user, password = given["user"], given["pass"]
    if type(user) is not str or type(password) is not str or ":" in user:
        raise InvalidArgument("options.auth.basic: user (without a colon) and pass must be strings")
    try:
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    except UnicodeEncodeError:
        raise InvalidArgument("options.auth.basic holds half a surrogate pair") from None


def _min_ttl(given: Json) -> int | None:
    if given is True:
        return 0
    if given is False:
        return None
    options = _object(given, "options.auth.oauth") or {}
    seconds = options.get("minTtlSeconds", 0)
    if set(options) - {"minTtlSeconds"} or type(seconds) is not int or not 0 <= seconds <= 86_400:
        raise InvalidArgument("options.auth.oauth must be true or {minTtlSeconds: 0 to 86400}")
    return seconds


def _observed(given: Json) -> dict[str, Json] | None:
    expected = _object(given, "options.observed")
    if expected is None:
        return None
    try:
        observed_http_answer(1, expected)
    except ValueError as error:
        raise InvalidArgument(f"options.{error}") from None
    return expected


def _follow(given: Json) -> bool:
    if given not in (None, "manual", "follow"):
        raise InvalidArgument('options.redirect must be "follow", or absent to get the redirect itself')
    return given == "follow"


def _object(value: Json, what: str) -> dict[str, Json] | None:
    if value is None:
        return None
    if type(value) is not dict:
        raise InvalidArgument(f"{what} must be an object")
    return value


def _text(value: Json, what: str) -> str:
    if type(value) is not str or not value:
        raise InvalidArgument(f"{what} must be a string that is not empty")
    return value


def _has(headers: dict[str, str], name: str) -> bool:
    return any(given.lower() == name for given in headers)
