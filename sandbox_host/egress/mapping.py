"""`--egress-map https://api.stripe.com=http://127.0.0.1:8090`: where a provider answers from instead.

The policy, the audit and the guest keep seeing the real URL, and the request says the real host (`Host`,
and the TLS name where the target is https); only the connection goes elsewhere.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from policies.urls import Url, UrlError, parse_url

_TARGET = re.compile(r"(https?)://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?/?")
_FORM = "write https://HOST=http://127.0.0.1:PORT"


class EgressMapError(ValueError):
    """A mapping that cannot be used; the message quotes it and says what to write."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: what a connection is made to."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: Url) -> Origin:
        return cls(url.scheme, url.host, url.port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def parse_egress_map(text: str) -> tuple[Origin, Origin]:
    """Read one `FROM=TO`; both are origins, without path, query or user.

    `TO` may be plain http on this machine only: anywhere else it would carry a guest's credentials in the
    clear. Raises EgressMapError.
    """
    source, equals, target = text.partition("=")
    if not equals or not source or not target:
        raise EgressMapError(f"egress map {text!r}: {_FORM}")
    return _source(text, source), _target(text, target)


def _source(text: str, source: str) -> Origin:
    try:
        url = parse_url(source.rstrip("/") + "/")
    except UrlError as error:
        raise EgressMapError(
            f"egress map {text!r}: {source!r} is not a provider's origin: {error}; {_FORM}"
        ) from None
    if url.path != "/" or url.query is not None:
        raise EgressMapError(f"egress map {text!r}: map a whole origin, without a path; {_FORM}")
    return Origin.of(url)


def _target(text: str, target: str) -> Origin:
    match = _TARGET.fullmatch(target)
    if match is None:
        raise EgressMapError(f"egress map {text!r}: {target!r} is not an origin; {_FORM}")
    scheme, host, port_text = match.groups()
    port = int(port_text) if port_text else (443 if scheme == "https" else 80)
    if not 1 <= port <= 65535:
        raise EgressMapError(f"egress map {text!r}: port {port} is not between 1 and 65535")
    origin = Origin(scheme, host.strip("[]").lower(), port)
    if scheme == "http" and not _is_this_machine(origin.host):
        raise EgressMapError(
            f"egress map {text!r}: plain http may only go to this machine (127.0.0.1, ::1 or localhost); "
            f"use https for {origin.host}"
        )
    return origin


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
