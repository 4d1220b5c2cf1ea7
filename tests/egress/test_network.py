"""The exchange: what is sent, what comes back, and nothing that one exchange leaves for the next."""

from __future__ import annotations

import logging
import socket
import threading

import pytest

from sandbox_host.egress import NetworkEgress, parse_egress_map
from sandbox_host.errors import EgressBlocked, HttpTimeout


def test_a_mapped_provider_is_asked_for_the_real_host(provider, ok, request_to, mapped):
    server = provider(ok(b'{"a":1}', "Content-Type: application/json"))
    response = mapped(server.port).send(request_to("https://api.example.com/v1/x?limit=2&q=a%20b"))

    assert (response.status, response.body) == (200, b'{"a":1}')
    assert response.headers["content-type"] == "application/json"
    assert server.requests[0].startswith(b"GET /v1/x?limit=2&q=a%20b HTTP/1.1\r\nHost: api.example.com\r\n")
    assert server.headers()["accept-encoding"] == "gzip"
    assert server.headers()["connection"] == "close"


def test_a_body_is_sent_with_its_length(provider, ok, request_to, mapped):
    server = provider(ok(b"", status=201))
    response = mapped(server.port).send(
        request_to(method="POST", body=b'{"n":1}', headers=(("Content-Type", "application/json"),))
    )

    assert response.status == 201
    assert server.requests[0].endswith(b'\r\n\r\n{"n":1}')
    assert server.headers()["content-length"] == "7"
    assert "transfer-encoding" not in server.headers()


def test_a_post_without_a_body_says_that_it_has_none(provider, ok, request_to, mapped):
    server = provider(ok())
    mapped(server.port).send(request_to(method="POST"))
    assert server.headers()["content-length"] == "0"


def test_repeated_headers_are_joined_and_wire_headers_left_out(provider, ok, request_to, mapped):
    server = provider(ok(b"x", "Link: <a>", "LINK: <b>", "X-Latin: caf\xe9"))
    response = mapped(server.port).send(request_to())
    assert response.headers == {"link": "<a>, <b>", "x-latin": "café"}


def test_every_exchange_has_a_connection_of_its_own(provider, ok, request_to, mapped):
    server = provider(ok())
    egress = mapped(server.port)
    for _ in range(3):
        egress.send(request_to())
    assert server.connections == 3


def test_a_cookie_is_not_sent_back(provider, ok, request_to, mapped):
    server = provider(ok(b"", "Set-Cookie: session=abc; Path=/"))
    egress = mapped(server.port)
    assert egress.send(request_to()).headers["set-cookie"] == "session=abc; Path=/"
    egress.send(request_to())
    assert "cookie" not in server.headers(1)


def test_a_redirect_and_a_refresh_are_only_answers(provider, ok, request_to, mapped):
    server = provider(ok(b"", "Location: https://evil.com/", "Refresh: 0; url=https://evil.com/", status=302))
    response = mapped(server.port).send(request_to())
    assert (response.status, response.headers["location"]) == (302, "https://evil.com/")
    assert server.connections == 1


def test_proxies_and_netrc_of_the_environment_are_ignored(
    provider, ok, request_to, mapped, monkeypatch, tmp_path
):
    proxy = provider(ok(b"from the proxy"))
    netrc = tmp_path / "netrc"
    netrc.write_text("machine api.example.com login somebody password hunter2\ndefault login a password b\n")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    server = provider(ok(b"from the provider"))

    assert mapped(server.port).send(request_to()).body == b"from the provider"
    assert proxy.connections == 0
    assert "authorization" not in server.headers()


def test_the_engine_logs_nothing(provider, ok, request_to, mapped, caplog):
    server = provider(ok())
    with caplog.at_level(logging.DEBUG):
        mapped(server.port).send(request_to("https://api.example.com/v1/x?token=s3cret"))
    assert caplog.records == []


def test_with_its_loggers_left_alone_the_engine_would_log(provider, ok, request_to, mapped, caplog):
    server = provider(ok())
    with caplog.at_level(logging.DEBUG, "httpcore"):
        mapped(server.port).send(request_to("https://api.example.com/v1/x?token=s3cret"))
    assert caplog.records != []


def test_a_request_shows_no_credentials_when_printed(request_to):
    request = request_to(
        "https://api.example.com/v1/x?token=s3cret", headers=(("X-Key", "s3cret"),), body=b"s3cret"
    )
    assert repr(request) == "<EgressRequest GET https://api.example.com/v1/x>"


def test_a_provider_that_is_not_there_is_blocked_without_naming_the_mapping(request_to, mapped):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(EgressBlocked, match=r"^no connection to api\.example\.com") as caught:
        mapped(port).send(request_to())
    assert "127.0.0.1" not in caught.value.message


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nBad Header: 1\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
    ],
)
def test_what_is_not_an_http_answer_is_blocked(provider, request_to, mapped, answer):
    server = provider(answer)
    with pytest.raises(EgressBlocked, match=r"api\.example\.com"):
        mapped(server.port).send(request_to())


def test_an_early_refusal_of_a_large_body_is_still_an_answer(provider, ok, request_to, mapped):
    server = provider(ok(b"too much", status=413))
    response = mapped(server.port).send(request_to(method="POST", body=b"x" * 1_000_000))
    assert response.status == 413


def test_exchanges_on_many_threads_do_not_mix(provider, request_to, mapped):
    def echo(sock, request):
        path = request.split(b" ")[1]
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path))

    server = provider(echo)
    egress = mapped(server.port)
    wrong: list[str] = []

    def work(name: str) -> None:
        for n in range(20):
            path = f"/v1/{name}-{n}"
            if egress.send(request_to(f"https://api.example.com{path}")).body != path.encode():
                wrong.append(path)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


class TestTls:
    def test_name_and_host_are_the_urls_wherever_the_connection_goes(
        self, provider, ok, request_to, authority, a_public_loopback
    ):
        server = provider(ok(), authority.server("api.example.com"), a_public_loopback)
        egress = NetworkEgress(lambda host, port: [a_public_loopback], trust=authority.client())
        response = egress.send(request_to(f"https://api.example.com:{server.port}/v1/x"))

        assert response.body == b"hello"
        assert server.server_names == ["api.example.com"]
        assert server.headers()["host"] == f"api.example.com:{server.port}"

    def test_a_certificate_for_another_name_is_refused(
        self, provider, ok, request_to, authority, a_public_loopback
    ):
        server = provider(ok(), authority.server("evil.com", "127.0.0.2"), a_public_loopback)
        egress = NetworkEgress(lambda host, port: [a_public_loopback], trust=authority.client())
        with pytest.raises(EgressBlocked, match=r"certificate of api\.example\.com was not accepted"):
            egress.send(request_to(f"https://api.example.com:{server.port}/"))
        assert server.requests == []

    def test_an_unknown_authority_is_refused_even_when_the_environment_trusts_it(
        self, provider, ok, request_to, authority, a_public_loopback, monkeypatch, tmp_path
    ):
        roots = tmp_path / "roots.pem"
        roots.write_bytes(b"")
        monkeypatch.setenv("SSL_CERT_FILE", str(roots))
        monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
        server = provider(ok(), authority.server("api.example.com"), a_public_loopback)
        with pytest.raises(EgressBlocked, match="certificate"):
            NetworkEgress(lambda host, port: [a_public_loopback]).send(
                request_to(f"https://api.example.com:{server.port}/")
            )
        assert not (tmp_path / "keys").exists()

    def test_a_server_that_speaks_no_tls_is_blocked(
        self, provider, ok, request_to, authority, a_public_loopback
    ):
        server = provider(ok(), None, a_public_loopback)
        egress = NetworkEgress(lambda host, port: [a_public_loopback], trust=authority.client())
        with pytest.raises((EgressBlocked, HttpTimeout)):
            egress.send(request_to(f"https://api.example.com:{server.port}/", timeout_s=1.0))

    def test_only_http_1_1_is_offered(self, provider, ok, request_to, authority, a_public_loopback):
        context = authority.server("api.example.com")
        context.set_alpn_protocols(["h2", "http/1.1"])
        server = provider(ok(), context, a_public_loopback)
        egress = NetworkEgress(lambda host, port: [a_public_loopback], trust=authority.client())
        egress.send(request_to(f"https://api.example.com:{server.port}/v1/x"))
        assert server.requests[0].startswith(b"GET /v1/x HTTP/1.1\r\n")

    def test_a_mapping_to_https_keeps_the_providers_name(self, provider, ok, request_to, authority):
        server = provider(ok(), authority.server("api.example.com"))
        mapping = dict([parse_egress_map(f"https://api.example.com=https://127.0.0.1:{server.port}")])
        egress = NetworkEgress(mapping=mapping, trust=authority.client())
        assert egress.send(request_to()).status == 200
        assert server.server_names == ["api.example.com"]
