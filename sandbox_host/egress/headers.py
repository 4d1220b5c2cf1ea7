"""Which request headers a guest may set, and what a header may look like.

A guest may not set what belongs to the connection (it would confuse virtual hosts or smuggle a second
request), nor what proxies say about a request's origin. `Accept-Encoding` is taken out without a word,
since libraries set it and the host decodes the answer itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MAX_REQUEST_HEADERS = 100
MAX_REQUEST_HEADER_BYTES = 64 * 1024

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")
_OF_THE_CONNECTION = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "expect",
    }
)
_OF_PROXIES = frozenset(
    {
        *("forwarded", "x-forwarded", "via", "true-client-ip", "client-ip", "fastly-client-ip"),
        *(
            "x-real-ip",
            "x-client-ip",
            "x-cluster-client-ip",
            "x-originating-ip",
            "x-remote-ip",
            "x-remote-addr",
        ),
        # Frameworks take another path or host from these than the one that was decided on.
        *("x-original-url", "x-rewrite-url", "x-original-host", "x-host"),
    }
)
_FAMILIES_OF_PROXIES = ("proxy-", "x-forwarded-", "cf-")
_IGNORED = frozenset({"accept-encoding"})
_SAFE_ACROSS_HOSTS = frozenset({"accept", "accept-language", "user-agent"})


class HeaderError(ValueError):
    """A header that may not be sent. rule: `header_grammar`, `header_forbidden` or `header_size`."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


def guest_request_headers(given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The headers that are sent for those a guest gave. Raises HeaderError, whose message quotes no value."""
    if len(given) > MAX_REQUEST_HEADERS:
        raise HeaderError("header_size", f"more than {MAX_REQUEST_HEADERS} request headers")
    if sum(len(name) + len(value) for name, value in given.items()) > MAX_REQUEST_HEADER_BYTES:
        raise HeaderError(
            "header_size", f"more than {MAX_REQUEST_HEADER_BYTES // 1024} KiB of request headers"
        )
    seen: set[str] = set()
    kept: list[tuple[str, str]] = []
    for name, value in given.items():
        _check(name, value)
        key = name.lower()
        if key in seen:
            raise HeaderError("header_grammar", f"the header {name} is given twice, in different cases")
        seen.add(key)
        if key not in _IGNORED:
            kept.append((name, value.strip()))
    return tuple(kept)


def safe_across_hosts(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """What may go along when a redirect leads to another origin: nothing that could be a credential, under
    any name."""
    return tuple((name, value) for name, value in headers if name.lower() in _SAFE_ACROSS_HOSTS)


def grammar_problem(name: str, value: str) -> str | None:
    """What is wrong with a header by the grammar of HTTP (RFC 9110 section 5), or None. Quotes no value."""
    if not _TOKEN.fullmatch(name):
        return f"{name[:60]!r} is not a header name"
    if not _VALUE.fullmatch(value):
        return f"the header {name[:60]} holds a line break, a control character or one outside ASCII"
    return None


def _check(name: str, value: str) -> None:
    if problem := grammar_problem(name, value):
        raise HeaderError("header_grammar", problem)
    # Servers that hand headers on as variables read X_Forwarded_For as X-Forwarded-For.
    plain = name.lower().replace("_", "-")
    if plain in _OF_THE_CONNECTION | _OF_PROXIES or plain.startswith(_FAMILIES_OF_PROXIES):
        raise HeaderError("header_forbidden", f"the header {name} is set by the host alone; leave it out")
