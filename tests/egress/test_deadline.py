"""One deadline for the whole exchange, whatever the server does."""

from __future__ import annotations

import threading
import time

import pytest

from sandbox_host.egress import NetworkEgress, resolving, wire
from sandbox_host.errors import HttpTimeout


def drip(text: bytes, seconds: float):
    def answer(sock, request):
        for byte in text:
            sock.sendall(bytes([byte]))
            time.sleep(seconds)

    return answer


SLOW_HEADERS = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 0.05)


def slow_body(sock, request):
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    drip(b"x" * 100, 0.05)(sock, request)


def endless_interim_answers(sock, request):
    while True:
        sock.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        time.sleep(0.05)


def silence(sock, request):
    time.sleep(3)


@pytest.mark.parametrize("answer", [SLOW_HEADERS, slow_body, endless_interim_answers, silence])
def test_a_slow_server_is_cut_at_the_deadline(answer, provider, request_to, mapped):
    server = provider(answer)
    began = time.monotonic()
    with pytest.raises(HttpTimeout, match=r"^api\.example\.com did not finish its answer within 400 ms$"):
        mapped(server.port).send(request_to(timeout_s=0.4))
    assert 0.35 < time.monotonic() - began < 1.0


def test_a_timeout_per_operation_would_be_held_by_a_dripping_server(
    provider, request_to, mapped, monkeypatch
):
    monkeypatch.setattr(wire.Deadline, "remaining", lambda self: 0.4)
    server = provider(SLOW_HEADERS)
    began = time.monotonic()
    assert mapped(server.port).send(request_to(timeout_s=0.4)).body == b"hi"
    assert time.monotonic() - began > 1.5


def test_a_server_that_reads_nothing_is_cut_too(provider, request_to, mapped):
    server = provider(lambda sock, request: None)
    server._serve = lambda sock: time.sleep(3)
    began = time.monotonic()
    with pytest.raises(HttpTimeout):
        mapped(server.port).send(request_to(method="POST", body=b"x" * 30_000_000, timeout_s=0.4))
    assert time.monotonic() - began < 1.0


def test_a_slow_name_server_is_cut(request_to):
    def resolver(host: str, port: int) -> list[str]:
        time.sleep(2)
        return ["93.184.216.34"]

    began = time.monotonic()
    with pytest.raises(HttpTimeout):
        NetworkEgress(resolver).send(request_to(timeout_s=0.3))
    assert time.monotonic() - began < 1.0


def test_hanging_lookups_are_bounded_in_number(request_to, monkeypatch):
    monkeypatch.setattr(resolving, "_LOOKUPS", threading.BoundedSemaphore(1))
    released = threading.Event()

    def resolver(host: str, port: int) -> list[str]:
        released.wait(5)
        return []

    egress = NetworkEgress(resolver)
    before = threading.active_count()
    for _ in range(3):
        with pytest.raises(HttpTimeout):
            egress.send(request_to(timeout_s=0.05))
    assert threading.active_count() <= before + 1
    released.set()


def test_a_tls_handshake_that_stalls_is_cut_at_the_connect_timeout(
    provider, request_to, authority, a_public_loopback
):
    server = provider(lambda sock, request: None, None, a_public_loopback)
    server._serve = lambda sock: time.sleep(2)
    egress = NetworkEgress(lambda host, port: [a_public_loopback], trust=authority.client())
    began = time.monotonic()
    with pytest.raises(HttpTimeout, match=r"no connection to api\.example\.com within 300 ms"):
        egress.send(request_to(f"https://api.example.com:{server.port}/", connect_timeout_s=0.3))
    assert time.monotonic() - began < 1.0
