"""One strict grammar of URLs, and the patterns that permissions are written in.

The rules, in the order in which a URL meets them:

1. ASCII only, at most 16 KiB, no space, control character, backslash or fragment.
2. `https://`, then a host and an optional port of 1 to 65535. No userinfo. No port means 443.
3. The host is a name (`policies.hosts`): no IP address in any spelling, nothing private.
4. The path is sent as it stands and matched decoded. It has no dot segment, no empty segment, no `;` after a
   dot, and no encoded slash, backslash, dot, percent sign or control character, so that no server can read
   another path in it than the one that was matched.
5. The query is not part of a match.

A URL that parses is rebuilt from its parts (`str(url)`), and only that text may be sent. Nothing that the
WHATWG URL standard refuses is accepted, and what is accepted means the same host, port and path to it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import unquote

from policies.hosts import apparent_host, host_problem, is_public_suffix, private_host

MAX_URL = 16 * 1024

UrlRule: TypeAlias = Literal["url_grammar", "private_address"]

_SCHEME = "https://"
_PORT = re.compile(r"[1-9][0-9]{0,4}")
# RFC 3986 pchar and "/"; in queries also the characters that clients send as they are.
_PATH = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")
_QUERY = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?\[\]{}|^`-]|%[0-9A-Fa-f]{2})*")
_HIDDEN = re.compile(r"%(?:2[fFeE5]|5[cC]|[01][0-9A-Fa-f]|7[fF])")
_DOTS = re.compile(r"\.+")


class UrlError(ValueError):
    """A URL or a pattern that breaks the grammar.

    rule: `private_address` where the host is an IP address or a private name, however it is spelled and
    whatever else is wrong; `url_grammar` otherwise. The message holds neither path nor query.
    """

    def __init__(self, message: str, rule: UrlRule = "url_grammar") -> None:
        super().__init__(message)
        self.message = message
        self.rule: UrlRule = rule


@dataclass(frozen=True, slots=True)
class Url:
    """A URL in parts, each as it will be sent; made by `parse_url`."""

    scheme: str
    host: str
    port: int
    path: str
    query: str | None

    def __str__(self) -> str:
        return self.without_query() if self.query is None else f"{self.without_query()}?{self.query}"

    def without_query(self) -> str:
        """The URL as logs and the audit show it."""
        port = "" if self.port == 443 else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path}"

    @property
    def decoded_path(self) -> str:
        """The path that patterns are matched against."""
        return unquote(self.path) if "%" in self.path else self.path


def parse_url(text: str) -> Url:
    """Read `text` by the grammar above. Raises UrlError."""
    try:
        return _parse(text)
    except UrlError as error:
        if error.rule == "url_grammar" and isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            host = apparent_host(text)
            if reason := private_host(host):
                raise _private(host, reason) from None
        raise


def _parse(text: str) -> Url:
    if type(text) is not str:
        raise UrlError("a URL must be a string")
    if len(text) > MAX_URL:
        raise UrlError(f"the URL is longer than {MAX_URL} characters")
    if not text.isascii():
        raise UrlError(
            "the URL holds a character outside ASCII; write a host as its A-label (xn--…) and encode "
            "the rest with encodeURIComponent"
        )
    if any(c <= " " or c == "\x7f" for c in text):
        raise UrlError("the URL holds a space or a control character; encode it with encodeURIComponent")
    if "\\" in text:
        raise UrlError("the URL holds a backslash; encode it with encodeURIComponent")
    if "#" in text:
        raise UrlError("the URL has a fragment (#…), which is never sent; leave it out")
    if text[: len(_SCHEME)].lower() != _SCHEME:
        raise UrlError("only https:// URLs are allowed")

    before_query, mark, query = text[len(_SCHEME) :].partition("?")
    authority, slash, path = before_query.partition("/")
    host, port = _host_and_port(authority)
    path = slash + path or "/"
    if problem := _path_problem(path):
        raise UrlError(problem)
    if not _QUERY.fullmatch(query):
        raise UrlError(
            "the query holds a character that must be encoded, or a stray %; "
            "use encodeURIComponent on each value"
        )
    return Url("https", host, port, path, query if mark else None)


def _host_and_port(authority: str) -> tuple[str, int]:
    if "@" in authority:
        raise UrlError("the URL names a user before its host (…@); send credentials in a header")
    host, colon, port = authority.lower().partition(":")
    if reason := private_host(authority.lower() if host.startswith("[") else host):
        raise _private(authority.lower() if host.startswith("[") else host, reason)
    if problem := host_problem(host):
        raise UrlError(problem)
    if not colon:
        return host, 443
    if not _PORT.fullmatch(port) or int(port) > 65535:
        raise UrlError("the port is not a number from 1 to 65535")
    return host, int(port)


def _path_problem(path: str) -> str | None:
    if not _PATH.fullmatch(path):
        return "the path holds a character that must be encoded, or a stray %; use encodeURIComponent"
    if _HIDDEN.search(path):
        return "the path holds an encoded slash, backslash, dot, percent sign or control character"
    decoded = path
    if "%" in path:
        try:
            decoded = unquote(path, errors="strict")
        except UnicodeDecodeError:
            return "the path's percent-encoding is not UTF-8"
        if any(not c.isascii() and _reads_as_control_or_separator(c) for c in decoded):
            return (
                "the path holds a character that some servers read as a slash, dot, backslash or percent sign"
            )
    segments = decoded.split("/")[1:]
    if "" in segments[:-1]:
        return "the path has an empty segment (//)"
    if any(_DOTS.fullmatch(segment) for segment in segments):
        return "the path has a dot segment (. or ..)"
    if ".;" in decoded:
        return "the path has a `;` after a dot"
    return None


def _reads_as_control_or_separator(char: str) -> bool:
    folded = unicodedata.normalize("NFKC", char)
    return (
        unicodedata.category(char) == "Cc"
        or any(c in "/\\.%;" for c in folded)
        or char in "\u2215\u29f8\u3002"
    )


def _private(host: str, reason: str) -> UrlError:
    shown = host if host.isprintable() and len(host) <= 80 else "the host"
    return UrlError(f"{shown} is {reason}; only public host names can be reached", "private_address")


@dataclass(frozen=True, slots=True)
class UrlPattern:
    """One entry of `permissions.http`.

    host: an exact host, or with `wildcard` the domain whose subdomains are meant, at any depth, never itself.
    path: decoded; exact, or with `prefix` what the path must start with (it ends with `/`).
    """

    text: str
    host: str
    wildcard: bool
    port: int
    path: str
    prefix: bool

    @classmethod
    def parse(cls, text: str) -> UrlPattern:
        """Read a pattern such as `https://*.example.com:8443/v1/*`. Raises UrlError."""
        if type(text) is not str:
            raise UrlError("a URL pattern must be a string")
        start = text[: len(_SCHEME)]
        rest = text[len(_SCHEME) :]
        if start.lower() != _SCHEME and not text.startswith("*"):
            return cls._from_url(text, parse_url(text), wildcard=False, prefix=False)
        authority = rest.partition("/")[0]
        if text.startswith("*") or authority == "*" or authority.startswith("*:"):
            raise UrlError("`*` is not a host; name the hosts, as in https://api.example.com/*")
        wildcard = rest.startswith("*.")
        has_path = "/" in rest or "?" in rest
        prefix = rest.endswith("/*")
        # A wildcard is checked as one of the hosts that it stands for.
        sample = "x" + rest[1:] if wildcard else rest
        try:
            url = parse_url(_SCHEME + (sample[:-1] if prefix else sample))
        except UrlError as error:
            if wildcard and error.message.startswith("x."):
                raise UrlError("*" + error.message[1:], error.rule) from None
            raise
        pattern = cls._from_url(text, url, wildcard, prefix)
        if not has_path:
            raise UrlError(f"the pattern has no path; write https://{rest.lower()}/*")
        return pattern

    @classmethod
    def _from_url(cls, text: str, url: Url, wildcard: bool, prefix: bool) -> UrlPattern:
        host = url.host.removeprefix("x.") if wildcard else url.host
        if url.query is not None:
            raise UrlError("a pattern has no query; the query is not part of the match")
        if "*" in url.path:
            raise UrlError("a `*` in a path stands at its end, after a slash, as in https://HOST/v1/*")
        if wildcard and is_public_suffix(host):
            raise UrlError(f"*.{host} is every name under a public suffix; name the domain as well")
        return cls(text, host, wildcard, url.port, url.decoded_path, prefix)

    def matches(self, url: Url) -> bool:
        """Does the pattern grant this URL?"""
        if url.port != self.port or not self._has_host(url.host):
            return False
        path = url.decoded_path
        return path.startswith(self.path) if self.prefix else path == self.path

    def includes(self, other: UrlPattern) -> bool:
        """Is every URL that `other` matches matched by this pattern too?"""
        if other.port != self.port:
            return False
        same_domain = self.wildcard and other.wildcard and other.host == self.host
        if not same_domain and (not self._has_host(other.host) or (other.wildcard and not self.wildcard)):
            return False
        if self.prefix:
            return other.path.startswith(self.path)
        return not other.prefix and other.path == self.path

    def _has_host(self, host: str) -> bool:
        return host.endswith("." + self.host) if self.wildcard else host == self.host
