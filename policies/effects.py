"""What counts as an effect, and what an observed run gets in its place.

An observed run performs no effect: entity writes, ingests, checkpoints and secret writes are staged or kept
in an overlay, and an HTTP request that may change something at the provider is answered here, never sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Protocol, TypeAlias, cast
from urllib.parse import unquote_plus

from policies.urls import Url

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Headers: TypeAlias = "Mapping[str, str] | Iterable[tuple[str, str]]"

EFFECTS: frozenset[tuple[str, str]] = frozenset(
    {
        ("entity", "create"),
        ("entity", "update"),
        ("entity", "delete"),
        ("entity", "action"),
        ("ingest", "canonical"),
        ("ingest", "batch"),
        ("sync", "setCheckpoint"),
        ("sync", "commitPage"),
        ("secrets", "set"),
        ("secrets", "delete"),
    }
)
"""(capability, action) pairs that always are effects. Of HTTP requests `is_http_effect` says which are."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# Frameworks let a request name another method than its own in one of these headers, or in a `_method` field
# (Rails, Laravel, Express method-override, ASP.NET, OData).
_OVERRIDE_HEADERS = frozenset({"x-http-method-override", "x-http-method", "x-method-override", "x-method"})
_OVERRIDE_FIELD = re.compile(
    r"(?<![a-z0-9])(?:_method|x-http-method(?:-override)?|x-method-override)(?![a-z0-9_-])", re.IGNORECASE
)
_JSON_ESCAPE = re.compile(r"\\u00([2-7][0-9a-f])", re.IGNORECASE)
_OBSERVED_ID = re.compile(r"(?<![A-Za-z0-9])observed_[0-9]+")


class ReadsMethods(Protocol):
    """The part of a PermissionSet that is asked here."""

    def reads_method(self, url: Url, method: str) -> bool: ...


def is_http_effect(
    method: str, headers: Headers, url: Url, body: Json | bytes, permissions: ReadsMethods
) -> bool:
    """May this request change something at the provider?

    No for GET, HEAD and OPTIONS, in any case of letters, and for methods that the manifest lists under
    `reads` for this URL. Yes for every other method, and always where a header, the query or the body names
    another method for the server to use instead.
    """
    if not method.isascii() or _overrides_method(headers, url, body):
        return True
    plain = method.upper()
    return plain not in _SAFE_METHODS and not permissions.reads_method(url, plain)


def observed_http_answer(n: int, expected: Mapping[str, Json] | None = None) -> dict[str, Json]:
    """The answer to the n-th intercepted request: what the call itself expects (`{status?, body?}`), else 202
    with the id `observed_<n>`. Raises ValueError where `expected` has another form."""
    given = dict(expected or {})
    status = given.pop("status", 202)
    body = given.pop("body", {"id": f"observed_{n}"})
    if given:
        raise ValueError(f"observed: unknown key {next(iter(given))!r}; it holds status and body")
    if type(status) is not int or not 100 <= status <= 599:
        raise ValueError("observed.status: must be a whole number from 100 to 599")
    return {"status": status, "ok": 200 <= status <= 299, "headers": {}, "body": body, "observed": True}


def mentions_observed_id(text: str) -> bool:
    """Does a URL or a body hold the id of something that an observed run only pretended to create?"""
    return _OBSERVED_ID.search(_plain(text)) is not None


def _overrides_method(headers: Headers, url: Url, body: Json | bytes) -> bool:
    pairs = cast("Mapping[str, str]", headers).items() if isinstance(headers, Mapping) else headers
    if any(name.strip().lower().replace("_", "-") in _OVERRIDE_HEADERS for name, _ in pairs):
        return True
    return _OVERRIDE_FIELD.search(_plain(url.query or "")) is not None or _names_method(body)


def _names_method(body: Json | bytes) -> bool:
    if body is None:
        return False
    if isinstance(body, bytes):
        text = body.decode("utf-8", errors="replace")
    elif isinstance(body, str):
        text = body
    else:
        try:
            text = json.dumps(body)
        except (TypeError, ValueError, RecursionError):
            return True
    return _OVERRIDE_FIELD.search(_plain(text)) is not None


def _plain(text: str) -> str:
    """`text` with its percent and JSON escapes of ASCII characters undone."""
    unescaped = _JSON_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return unquote_plus(unescaped)
