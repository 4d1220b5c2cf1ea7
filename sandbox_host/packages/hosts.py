"""Hosts that are written out in the code, held against `permissions.http`.

A string or template that starts with `https://` and names its host is a request that will be refused at
run time if no pattern has that host. Hosts that are put together while the code runs are not seen here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from policies.messages import Said
from policies.urls import UrlError, UrlPattern, parse_url
from sandbox_host.packages.messages.code import HOST_UNDECLARED, HOST_UNREACHABLE
from sandbox_host.packages.printed import Printed
from sandbox_host.packages.problems import Problem
from sandbox_host.packages.scripts import Token

_AUTHORITY = re.compile(r"\s*https://([^/?#\s]*)", re.IGNORECASE)
_LINK = re.compile(r"\bhref\s*[:=]\s*$")
_LINK_ROOM = 40
"""How far before a literal an `href` is looked for."""


def undeclared_hosts(path: str, printed: Printed, declared: Sequence[str]) -> Iterator[Problem]:
    """The literal hosts of one script that none of the declared patterns has."""
    hosts = DeclaredHosts(declared)
    imported = {one.spec for one in printed.imports}
    for token in printed.tokens:
        authority = literal_authority(token)
        if authority is None or token.text in imported or _is_link(printed.code, token.offset):
            continue
        if message := hosts.refusal(authority):
            yield Problem(path, printed.line(token.offset), message)


class DeclaredHosts:
    """The hosts that `permissions.http` has."""

    def __init__(self, declared: Sequence[str]) -> None:
        self._patterns = [pattern for text in declared if (pattern := _pattern(text))]
        self._broken = [text.lower() for text in declared if _pattern(text) is None]

    def refusal(self, authority: str) -> Said | None:
        """What is wrong with a host and port that are written out; None where they are declared."""
        # A pattern that is none is a problem of the manifest; what it means to declare is declared.
        if any(authority in text for text in self._broken):
            return None
        return _refusal(authority, self._patterns)


def _is_link(code: str, offset: int) -> bool:
    return _LINK.search(code[max(offset - _LINK_ROOM, 0) : offset]) is not None


def literal_authority(token: Token) -> str | None:
    """Host and port of the URL that a literal starts with, or None where it is no URL or not all there.

    Code in a template that follows a whole host belongs to the path: `https://api.example.com${path}`.
    """
    return authority_of((token.text,) if token.kind == "string" else token.parts)


def authority_of(texts: Sequence[str]) -> str | None:
    """Host and port of the URL that a text starts with, of which the fixed parts are given."""
    found = _AUTHORITY.match(texts[0]) if texts else None
    if found is None or not found[1]:
        return None
    if found.end() < len(texts[0]) or len(texts) == 1:
        return found[1].lower()
    goes_on = re.match(r"[A-Za-z0-9.:@-]", texts[1])
    whole = "." in found[1] and not found[1].endswith((".", "-", ":", "@"))
    return found[1].lower() if whole and not goes_on else None


def _refusal(authority: str, patterns: Sequence[UrlPattern]) -> Said | None:
    try:
        url = parse_url(f"https://{authority}/")
    except UrlError as error:
        return HOST_UNREACHABLE(host=authority[:200], reason=error.message)
    for pattern in patterns:
        same_host = url.host.endswith("." + pattern.host) if pattern.wildcard else url.host == pattern.host
        if same_host and url.port == pattern.port:
            return None
    return HOST_UNDECLARED(host=authority)


def _pattern(text: str) -> UrlPattern | None:
    try:
        return UrlPattern.parse(text)
    except UrlError:
        return None
