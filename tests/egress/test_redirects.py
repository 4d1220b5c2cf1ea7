"""Redirects, followed only when asked, each hop like a new call. The providers here listen on loopback."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from policies.limits import Limits
from sandbox_host.capabilities import http as http_module
from sandbox_host.capabilities.http import HttpCapability
from sandbox_host.egress import redirects
from sandbox_host.errors import EgressBlocked, HttpTimeout, PermissionDenied

FIRST = "https://api.example.com/v1/x"


class Routes:
    """Answers by path and keeps (method, host, path, headers, body) of each request."""

    def __init__(self, routes: dict[str, bytes]) -> None:
        self.routes = routes
        self.seen: list[tuple[str, str, str]] = []
        self.raw: list[bytes] = []

    def __call__(self, sock, request: bytes) -> None:
        method, path, _ = request.split(b" ", 2)
        host = next(line[6:] for line in request.split(b"\r\n") if line.lower().startswith(b"host: "))
        self.seen.append((method.decode(), host.decode(), path.decode()))
        self.raw.append(request)
        sock.sendall(self.routes.get(path.decode(), b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast"))


def to(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} X\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")


@pytest.fixture
def call(provider, mapped, permissions):
    """call(routes, action, options, body): (answer, what the providers saw). Two hosts are granted; four answer."""

    def make(routes, action="get", options=None, body=None, grants=None, **extra):
        served = Routes(routes)
        server = provider(served)
        egress = mapped(
            server.port, "api.example.com", "other.example.com", "evil.com", "api.example.com:8443"
        )
        granted = grants or ["https://api.example.com/v1/*", "https://other.example.com/*"]
        http = HttpCapability(egress, permissions(*granted), Limits(), **extra)
        ask = http.ask(
            action, {"url": FIRST, "body": body, "options": {"redirect": "follow", **(options or {})}}
        )
        make.seen, make.raw, make.ask, make.http = served.seen, served.raw, ask, http
        return ask.perform()

    return make


def test_without_follow_the_redirect_is_the_answer(call):
    answer = call({"/v1/x": to("https://other.example.com/y")}, options={"redirect": None})
    assert (answer["status"], answer["headers"]["location"]) == (302, "https://other.example.com/y")
    assert len(call.seen) == 1


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/v1/y", "/v1/y"),
        ("y", "/v1/y"),
        ("?page=2", "/v1/x?page=2"),
        ("https://api.example.com/v1/y?a=b", "/v1/y?a=b"),
    ],
)
def test_a_relative_target_is_of_the_same_host(location, path, call):
    answer = call({"/v1/x": to(location)})
    assert answer["body"] == "last"
    assert call.seen == [("GET", "api.example.com", "/v1/x"), ("GET", "api.example.com", path)]


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.com/",
        "//evil.com",
        "//evil.com/v1/x",
        "https://api.example.com:8443/v1/x",
        "/admin",
        "/v1/../admin",
        "https://api.example.com/v2/",
        "http://api.example.com/v1/y",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
        "https://169.254.169.254/latest/meta-data/",
        "https://api.example.com@evil.com/",
        "https://evil.com\\@api.example.com/v1/y",
        "/v1/%2e%2e/admin",
        "https://user:pass@api.example.com/v1/y",
        "/v1/y#frag",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://evil.com\t/",
        "https://\xe4.com/",
    ],
)
def test_a_target_outside_of_the_grant_is_denied_and_gets_nothing(location, call):
    with pytest.raises(PermissionDenied):
        call({"/v1/x": to(location)}, options={"headers": {"X-Api-Key": "s3cret"}})
    assert call.seen == [("GET", "api.example.com", "/v1/x")]


def test_without_the_check_of_hops_an_ungranted_host_is_reached(call, monkeypatch):
    monkeypatch.setattr(HttpCapability, "_check_hop", lambda self, previous, hop: None)
    call({"/v1/x": to("https://evil.com/stolen")})
    assert call.seen[-1] == ("GET", "evil.com", "/stolen")


def test_every_hop_is_asked_about_before_it_is_sent(call):
    asked = []
    call({"/v1/x": to("/v1/y"), "/v1/y": to("https://other.example.com/z")}, check=asked.append)
    assert [(each.capability, each.action, each.method, str(each.url)) for each in asked] == [
        ("http", "get", "GET", "https://api.example.com/v1/y"),
        ("http", "get", "GET", "https://other.example.com/z"),
    ]


SECRETS = {
    "headers": {"X-Api-Key": "s3cret", "Cookie": "s3cret", "Accept": "a/b", "Stripe-Account": "s3cret"},
    "auth": {"bearer": "s3cret"},
}


@pytest.mark.parametrize("target", ["https://other.example.com/y", "https://api.example.com:8443/v1/y"])
def test_credentials_under_any_name_stay_with_the_first_origin(target, call):
    grants = ["https://api.example.com/*", "https://other.example.com/*", "https://api.example.com:8443/*"]
    call(
        {
            "/v1/x": to(target),
            "/y": to("https://api.example.com/v1/z"),
            "/v1/y": to("https://api.example.com/v1/z"),
        },
        options=SECRETS,
        grants=grants,
    )
    assert call.raw[0].count(b"s3cret") == 4
    for later in call.raw[1:]:
        assert b"s3cret" not in later
        assert b"Accept: a/b" in later


def test_credentials_go_along_within_the_origin(call):
    call({"/v1/x": to("/v1/y")}, options=SECRETS)
    assert call.raw[1].count(b"s3cret") == 4


def test_without_dropping_headers_another_host_gets_the_key(call, monkeypatch):
    monkeypatch.setattr(redirects, "safe_across_hosts", lambda headers: headers)
    call({"/v1/x": to("https://other.example.com/y")}, options=SECRETS)
    assert call.raw[1].count(b"s3cret") == 4


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_post_becomes_a_get_without_its_body(status, call):
    answer = call({"/v1/x": to("https://other.example.com/y", status)}, "post", body={"card": "4242"})
    assert answer["body"] == "last"
    assert call.seen[1] == ("GET", "other.example.com", "/y")
    assert b"4242" not in call.raw[1] and b"content-type" not in call.raw[1].lower()


@pytest.mark.parametrize(("status", "method"), [(303, "GET"), (302, "PUT"), (307, "PUT")])
def test_only_a_303_turns_other_methods_into_get(status, method, call):
    call({"/v1/x": to("/v1/y", status)}, "put", body="data")
    assert call.seen[1][0] == method
    assert call.raw[1].endswith(b"data") == (method == "PUT")


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize(("action", "body"), [("post", {"card": "4242"}), ("delete", None), ("get", "4242")])
def test_a_body_or_a_write_is_never_replayed_at_another_host(status, action, body, call):
    with pytest.raises(EgressBlocked, match=r"to another host \(other\.example\.com\) is not followed"):
        call({"/v1/x": to("https://other.example.com/y", status)}, action, body=body)
    assert len(call.seen) == 1


def test_a_307_within_the_host_repeats_the_body(call):
    call({"/v1/x": to("/v1/y", 307)}, "post", body={"a": 1})
    assert call.seen[1] == ("POST", "api.example.com", "/v1/y")
    assert call.raw[1].endswith(b'{"a":1}')


def test_five_redirects_are_followed_and_six_are_not(call):
    chain = {f"/v1/{n}": to(f"/v1/{n + 1}") for n in range(10)}
    assert (
        call({"/v1/x": to("/v1/6"), **chain, "/v1/10": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!"})[
            "body"
        ]
        == "!"
    )
    assert len(call.seen) == 6
    with pytest.raises(EgressBlocked, match="more than 5 redirects"):
        call({"/v1/x": to("/v1/x")})
    assert len(call.seen) == 6


def test_a_read_may_not_be_redirected_into_a_write(call):
    grants = [{"url": "https://api.example.com/v1/x", "reads": ["POST"]}, "https://api.example.com/v1/*"]
    routes = {"/v1/x": to("/v1/charges", 307)}
    with pytest.raises(PermissionDenied, match="would turn a read into a write"):
        call(routes, "post", body={"a": 1}, grants=grants)
    assert call.ask.effect is False
    assert len(call.seen) == 1
    with pytest.raises(PermissionDenied, match="would turn a read into a write"):
        call({"/v1/x": to("/v1/y?_method=DELETE")})


def test_without_that_rule_an_observed_read_would_end_as_a_write(call, monkeypatch):
    monkeypatch.setattr(HttpCapability, "_check_hop", lambda self, previous, hop: None)
    grants = [{"url": "https://api.example.com/v1/x", "reads": ["POST"]}, "https://api.example.com/v1/*"]
    call({"/v1/x": to("/v1/charges", 307)}, "post", body={"a": 1}, grants=grants)
    assert call.ask.effect is False
    assert call.seen[1] == ("POST", "api.example.com", "/v1/charges")


def test_the_hops_share_one_deadline(call, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(http_module, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    def slow(each):
        clock[0] += 0.6

    with pytest.raises(HttpTimeout, match="within 1000 ms"):
        call({"/v1/x": to("/v1/x")}, options={"timeout": 1000}, check=slow)
    assert len(call.seen) == 2


@pytest.mark.parametrize(
    "answer",
    [to("/v1/y", 304), to("/v1/y", 300), to("/v1/y", 201), b"HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n"],
)
def test_what_is_no_redirect_is_the_answer(answer, call):
    assert call({"/v1/x": answer})["status"] in (201, 300, 302, 304)
    assert len(call.seen) == 1
