"""Providers on loopback: real sockets, real TLS, answers written byte by byte."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from policies.manifest import parse_manifest
from policies.permissions import PermissionSet
from policies.urls import parse_url
from sandbox_host.egress import EgressRequest, NetworkEgress, parse_egress_map

Answer = Callable[[socket.socket, bytes], None]


def read_request(sock: socket.socket) -> bytes:
    """One request with its body; what came until the peer stopped."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = sock.recv(65536)
        if not part:
            return data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        part = sock.recv(65536)
        if not part:
            break
        body += part
    return head + b"\r\n\r\n" + body


class Provider:
    """A server that answers every connection with `answer` and keeps what it was sent."""

    def __init__(self, answer: Answer | bytes, tls: ssl.SSLContext | None, address: str, port: int) -> None:
        self.requests: list[bytes] = []
        self.server_names: list[str | None] = []
        self.connections = 0
        self._answer = answer
        self._tls = tls
        if tls is not None:
            tls.sni_callback = lambda _sock, name, _context: self.server_names.append(name)
        self._listener = socket.create_server((address, port))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
            request = read_request(sock)
            if request:
                self.requests.append(request)
                if isinstance(self._answer, bytes):
                    sock.sendall(self._answer)
                else:
                    self._answer(sock, request)
        except OSError:
            pass
        finally:
            sock.close()

    def headers(self, index: int = 0) -> dict[str, str]:
        lines = self.requests[index].partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def provider() -> Iterator[Callable[..., Provider]]:
    """provider(answer, tls=None, address="127.0.0.1", port=0): a running Provider."""
    running: list[Provider] = []

    def start(
        answer: Answer | bytes, tls: ssl.SSLContext | None = None, address: str = "127.0.0.1", port: int = 0
    ) -> Provider:
        running.append(Provider(answer, tls, address, port))
        return running[-1]

    yield start
    for each in running:
        each.close()


@pytest.fixture
def ok() -> Callable[..., bytes]:
    """ok(body, *header_lines, status=200): an answer with its length."""

    def answer(body: bytes = b"hello", *lines: str, status: int = 200) -> bytes:
        head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *lines]
        return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body

    return answer


@pytest.fixture
def request_to() -> Callable[..., EgressRequest]:
    """request_to(url, **fields): an EgressRequest, with a short timeout."""

    def make(url: str = "https://api.example.com/v1/x", method: str = "GET", **fields: Any) -> EgressRequest:
        return EgressRequest(method, parse_url(url), **{"timeout_s": 5.0, **fields})

    return make


@pytest.fixture
def mapped() -> Callable[..., NetworkEgress]:
    """mapped(port, *hosts): a NetworkEgress whose hosts are answered in plain http at that port."""

    def make(port: int, *hosts: str) -> NetworkEgress:
        names = hosts or ("api.example.com",)
        return NetworkEgress(
            resolver=lambda host, port: [],
            mapping=dict(parse_egress_map(f"https://{name}=http://127.0.0.1:{port}") for name in names),
        )

    return make


@pytest.fixture
def permissions() -> Callable[..., PermissionSet]:
    """permissions(*http entries): a compiled set."""

    def compile(*http: object) -> PermissionSet:
        manifest = {
            "key": "test",
            "name": "Test",
            "version": "1.0.0",
            "permissions": {"http": list(http)},
        }
        return PermissionSet.compile(parse_manifest(manifest))

    return compile


class Authority:
    """A throwaway certificate authority."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._sign("Test CA", self._key, None)
        self.trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.trust.load_verify_locations(cadata=self._pem(self._certificate).decode())

    def server(self, *names: str) -> ssl.SSLContext:
        """A server context with a certificate for these names."""
        key = ec.generate_private_key(ec.SECP256R1())
        chain = self._folder / f"{names[0]}.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        chain.write_bytes(self._pem(self._sign(names[0], key, names)) + secret)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context

    def client(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self._pem(self._certificate).decode())
        return context

    def _sign(
        self, name: str, key: ec.EllipticCurvePrivateKey, names: tuple[str, ...] | None
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = subject if names is None else self._certificate.subject
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True)
        )
        if names is not None:
            alternatives = x509.SubjectAlternativeName([_general_name(each) for each in names])
            builder = builder.add_extension(alternatives, critical=False)
        return builder.sign(self._key, hashes.SHA256())

    @staticmethod
    def _pem(certificate: x509.Certificate) -> bytes:
        return certificate.public_bytes(serialization.Encoding.PEM)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


PUBLIC = "127.0.0.2"
"""Stands for a public address where the fixture `a_public_loopback` says so."""


@pytest.fixture
def a_public_loopback(monkeypatch: pytest.MonkeyPatch) -> str:
    """127.0.0.2 passes the check of addresses, and nothing else that would not: a public address on loopback."""
    from sandbox_host.egress import resolving

    real = resolving.denied_network
    monkeypatch.setattr(
        resolving, "denied_network", lambda address: None if str(address) == PUBLIC else real(address)
    )
    return PUBLIC
