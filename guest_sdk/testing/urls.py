"""The grammar of URLs that a handler may ask for, and of the patterns in `permissions.http`. As the host's, but for
rules on host names that no permission can grant anyway: those only change a message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import unquote

UrlRule: TypeAlias = Literal["url_grammar", "private_address"]

_MAX_URL = 16 * 1024
_SCHEME = "https://"
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_PATH = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")
_QUERY = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?\[\]{}|^`-]|%[0-9A-Fa-f]{2})*")
_HIDDEN = re.compile(r"%(?:2[fFeE5]|5[cC]|[01][0-9A-Fa-f]|7[fF])")
_LOCAL = re.compile(
    r"(?:^|\.)(?:localhost|local|intranet|internal|private|corp|home|lan|localdomain|svc|home\.arpa)$"
)


class UrlRefused(Exception):
    """A URL that breaks the grammar."""

    def __init__(self, message: str, rule: UrlRule = "url_grammar") -> None:
        super().__init__(message)
        self.message = message
        self.rule: UrlRule = rule


@dataclass(frozen=True, slots=True)
class Url:
    """A URL in parts, each as it will be sent."""

    host: str
    port: int
    path: str
    query: str | None

    def __str__(self) -> str:
        return self.without_query() if self.query is None else f"{self.without_query()}?{self.query}"

    def without_query(self) -> str:
        return f"{_SCHEME}{self.host}{'' if self.port == 443 else f':{self.port}'}{self.path}"


def parse_url(text: str) -> Url:
    """Raises UrlRefused."""
    if len(text) > _MAX_URL:
        raise UrlRefused(f"the URL is longer than {_MAX_URL} characters")
    if not text.isascii():
        raise UrlRefused(
            "the URL holds a character outside ASCII; write a host as its A-label (xn--…) and encode "
            "the rest with encodeURIComponent"
        )
    if re.search(r"[\0-\x20\x7f]", text):
        raise UrlRefused("the URL holds a space or a control character; encode it with encodeURIComponent")
    if "\\" in text:
        raise UrlRefused("the URL holds a backslash; encode it with encodeURIComponent")
    if "#" in text:
        raise UrlRefused("the URL has a fragment (#…), which is never sent; leave it out")
    if text[: len(_SCHEME)].lower() != _SCHEME:
        raise UrlRefused("only https:// URLs are allowed")
    before_query, mark, query = text[len(_SCHEME) :].partition("?")
    authority, slash, path = before_query.partition("/")
    host, port = _host_and_port(authority)
    path = slash + path or "/"
    problem = _path_problem(path)
    if problem is not None:
        raise UrlRefused(problem)
    if not _QUERY.fullmatch(query):
        raise UrlRefused(
            "the query holds a character that must be encoded, or a stray %; "
            "use encodeURIComponent on each value"
        )
    return Url(host, port, path, query if mark else None)


def _host_and_port(authority: str) -> tuple[str, int]:
    if "@" in authority:
        raise UrlRefused("the URL names a user before its host (…@); send credentials in a header")
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(.*))?", authority.lower())
    host, port = (found[1], found[2]) if found else ("", None)
    reason = _private_host(host)
    if reason is not None:
        raise UrlRefused(f"{host} is {reason}; only public host names can be reached", "private_address")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise UrlRefused(f"{host or 'the host'} is not a host name")
    if port is None:
        return host, 443
    if not _PORT.fullmatch(port) or int(port) > 65535:
        raise UrlRefused("the port is not a number from 1 to 65535")
    return host, int(port)


def _private_host(host: str) -> str | None:
    name = host.rstrip(".")
    if host.startswith("[") or _NUMBER.fullmatch(name.rpartition(".")[2]):
        return "an IP address"
    if name and "." not in name:
        return "a name without a domain"
    return "a name of the local network" if _LOCAL.search(name) else None


def _path_problem(path: str) -> str | None:
    if not _PATH.fullmatch(path):
        return "the path holds a character that must be encoded, or a stray %; use encodeURIComponent"
    if _HIDDEN.search(path):
        return "the path holds an encoded slash, backslash, dot, percent sign or control character"
    try:
        decoded = unquote(path, errors="strict")
    except UnicodeDecodeError:
        return "the path's percent-encoding is not UTF-8"
    segments = decoded.split("/")[1:]
    if "" in segments[:-1]:
        return "the path has an empty segment (//)"
    if any(re.fullmatch(r"\.+", segment) for segment in segments):
        return "the path has a dot segment (. or ..)"
    return "the path has a `;` after a dot" if ".;" in decoded else None


def grants(pattern: str, url: Url) -> bool:
    """Does a pattern of `permissions.http` grant this URL?"""
    rest = pattern[len(_SCHEME) :]
    wildcard, prefix = rest.startswith("*."), pattern.endswith("/*")
    rest = rest.removeprefix("*.") if wildcard else rest
    granted = parse_url(_SCHEME + (rest[:-1] if prefix else rest))
    if granted.port != url.port:
        return False
    if not (url.host.endswith(f".{granted.host}") if wildcard else url.host == granted.host):
        return False
    path, asked = unquote(granted.path), unquote(url.path)
    return asked.startswith(path) if prefix else asked == path


def grants_host(pattern: str, host: str) -> bool:
    """Does it grant anything on this host?"""
    found = re.match(r"https://([^/:]*)", pattern, re.IGNORECASE)
    granted = found[1].lower() if found else ""
    return host.endswith(granted[1:]) if granted.startswith("*.") else host == granted
