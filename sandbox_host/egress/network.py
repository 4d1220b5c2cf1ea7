"""The real network, one exchange at a time.

In this order, and a step that fails ends the exchange: where does the URL's origin lead (itself, or its
mapping), look the name up once, check every address, connect to a checked one, TLS for the URL's host,
send, read headers and body under their caps. Each exchange has a connection of its own, closed at its end:
nothing (a cookie, a connection, a session) is shared with another exchange, let alone another tenant.

This drives `httpcore`, the engine under `httpx`, and not an `httpx` client: what a client adds (a cookie
jar, proxies and netrc from the environment, redirects, a second URL parser, decompression without bounds,
log lines with the URL) would all have to be switched off again.
"""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import certifi
import httpcore

from sandbox_host.egress.base import EgressRequest, EgressResponse
from sandbox_host.egress.body import guest_headers, read_body, read_headers
from sandbox_host.egress.mapping import Origin
from sandbox_host.egress.resolving import Resolver, checked_addresses, look_up, system_resolver
from sandbox_host.egress.wire import Deadline, DeadlineStream
from sandbox_host.errors import EgressBlocked, InvalidArgument, ResponseTooLarge

_HEADER_WIRE_BYTES = 256 * 1024
"""Read at most this until the final status line and headers are there, interim answers included."""

_FRAMING = 4
"""Bytes on the wire per byte of body, at most: chunk sizes and extensions count."""

_METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

for _name in ("httpcore", "httpx"):
    # Their lines hold URLs and headers, and with them secrets.
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


def default_trust() -> ssl.SSLContext:
    """TLS 1.2 or later against the `certifi` roots. Unlike `ssl.create_default_context` it takes nothing from
    the environment (SSL_CERT_FILE, SSLKEYLOGFILE)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(certifi.where())
    return context


class NetworkEgress:
    """An `Egress` over real sockets.

    resolver: (host, port) → addresses. Not asked about a mapped origin.
    mapping: origins that are answered from elsewhere, as the operator says; only their targets are exempt
        from the check of addresses.
    trust: verifies servers instead of `default_trust`, for a test or a company's own roots.
    """

    def __init__(
        self,
        resolver: Resolver = system_resolver,
        mapping: Mapping[Origin, Origin] | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._resolver = resolver
        self._mapping = dict(mapping or {})
        self._trust = trust or default_trust()
        self._trust.set_alpn_protocols(["http/1.1"])

    def send(self, request: EgressRequest) -> EgressResponse:
        host = request.url.host
        deadline = Deadline(
            request.timeout_s, f"{host} did not finish its answer within {round(request.timeout_s * 1000)} ms"
        )
        with _guest_errors(host):
            stream = self._connect(request, deadline)
            try:
                return _exchange(stream, request, deadline)
            finally:
                stream.close()

    def close(self) -> None:
        return

    def _connect(self, request: EgressRequest, deadline: Deadline) -> DeadlineStream:
        host = request.url.host
        early = deadline.sooner(
            request.connect_timeout_s,
            f"no connection to {host} within {round(request.connect_timeout_s * 1000)} ms",
        )
        target = self._mapping.get(Origin.of(request.url))
        if target is None:
            addresses = checked_addresses(host, look_up(self._resolver, host, request.url.port, early))
            sock = _dial(addresses, request.url.port, early)
        else:
            sock = _dial(look_up(system_resolver, target.host, target.port, early), target.port, early)
        if target is None or target.scheme == "https":
            sock = self._start_tls(sock, host, early)
        return DeadlineStream(sock, deadline, _HEADER_WIRE_BYTES)

    def _start_tls(self, sock: socket.socket, host: str, deadline: Deadline) -> ssl.SSLSocket:
        try:
            sock.settimeout(deadline.remaining())
            return self._trust.wrap_socket(sock, server_hostname=host)
        except BaseException as error:
            sock.close()
            if isinstance(error, TimeoutError):
                raise deadline.passed() from None
            raise


def _dial(addresses: list[str], port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first address that answers, each having its share of the time. They are addresses, so
    nothing is looked up again."""
    for tried, address in enumerate(addresses):
        share = deadline.remaining() / (len(addresses) - tried)
        try:
            sock = socket.create_connection((address, port), timeout=share)
        except OSError:
            if address == addresses[-1]:
                deadline.remaining()
                raise
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    raise OSError("no address")


def _exchange(stream: DeadlineStream, request: EgressRequest, deadline: Deadline) -> EgressResponse:
    url = request.url
    wire_url = httpcore.URL(
        scheme=b"https", host=url.host.encode("ascii"), port=url.port, target=_target(request)
    )
    connection = httpcore.HTTP11Connection(origin=wire_url.origin, stream=stream)
    response = connection.handle_request(
        httpcore.Request(
            request.method, wire_url, headers=_wire_headers(request), content=request.body or b""
        )
    )
    if response.status == 101:
        raise EgressBlocked(f"{url.host} switched protocols, which nobody asked for")
    headers = read_headers(response.headers)
    stream.allow(_FRAMING * request.max_bytes + _HEADER_WIRE_BYTES)
    body = read_body(response.iter_stream(), headers, request.max_bytes, deadline)
    return EgressResponse(response.status, guest_headers(headers), body)


def _target(request: EgressRequest) -> bytes:
    path, query = request.url.path, request.url.query
    return (path if query is None else f"{path}?{query}").encode("ascii")


def _wire_headers(request: EgressRequest) -> list[tuple[bytes, bytes]]:
    """Ours first: the URL's host, whatever the connection leads to, and the only encoding we undo."""
    url = request.url
    headers = [
        ("Host", url.host if url.port == 443 else f"{url.host}:{url.port}"),
        ("Accept-Encoding", "gzip"),
        ("Connection", "close"),
    ]
    if request.body is not None or request.method in _METHODS_WITH_BODY:
        headers.append(("Content-Length", str(len(request.body or b""))))
    names = {name.lower() for name, _ in request.headers}
    if "user-agent" not in names:
        headers.append(("User-Agent", "backfill-sandbox"))
    if "accept" not in names:
        headers.append(("Accept", "*/*"))
    headers.extend(request.headers)
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]


@contextmanager
def _guest_errors(host: str) -> Iterator[None]:
    """What sockets, TLS and the protocol raise, as errors written for the guest's author: never the library's
    own text, which may quote a header."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise EgressBlocked(f"the certificate of {host} was not accepted: {error.verify_message}") from None
    except ssl.SSLError:
        raise EgressBlocked(f"no TLS connection to {host}") from None
    except OSError:
        raise EgressBlocked(f"no connection to {host}: it refuses, or is not reachable from here") from None
    except httpcore.LocalProtocolError:
        raise InvalidArgument(f"this request to {host} cannot be written as HTTP/1.1") from None
    except httpcore.RemoteProtocolError as error:
        if getattr(error.__cause__, "error_status_hint", None) == 431:
            raise ResponseTooLarge(f"the answer of {host} has too large headers") from None
        raise EgressBlocked(f"{host} did not answer in HTTP/1.1, or stopped in the middle") from None
    except httpcore.NetworkError:
        raise EgressBlocked(f"the connection to {host} broke off") from None
