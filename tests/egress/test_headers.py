"""Which request headers a guest may set."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.urls import parse_url
from sandbox_host.egress import EgressRequest, headers
from sandbox_host.egress.headers import HeaderError, guest_request_headers, safe_across_hosts
from sandbox_host.errors import InvalidArgument


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "hOsT",
        "Content-Length",
        "Transfer-Encoding",
        "Transfer_Encoding",
        "Connection",
        "Keep-Alive",
        "Proxy-Authorization",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "x_forwarded_for",
        "Forwarded",
        "Via",
        "CF-Connecting-IP",
        "X-Real-IP",
    ],
)
def test_a_header_of_the_connection_or_of_proxies_is_refused(name):
    with pytest.raises(HeaderError, match="is set by the host alone") as caught:
        guest_request_headers({name: "x"})
    assert caught.value.rule == "header_forbidden"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "b\r\nHost: evil.com"),
        ("X-A", "b\n"),
        ("X-A", "b\r"),
        ("X-A", "b\0"),
        ("X-A", "b\x7f"),
        ("X-A", "b\x1b[31m"),
        ("X-A", "caf\xe9"),
        ("X-A", "\u2028"),
        ("X-A", "\ud800"),
        ("X A", "b"),
        ("X-A:", "b"),
        ("X-A\r\nHost", "b"),
        ("", "b"),
        (":authority", "b"),
        ("X-\u00c4", "b"),
        ("Host\u200b", "b"),
    ],
)
def test_a_name_or_value_that_could_break_a_line_is_refused(name, value):
    with pytest.raises(HeaderError) as caught:
        guest_request_headers({name: value})
    assert caught.value.rule == "header_grammar"
    assert "evil" not in caught.value.message or "evil" in name


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=4))
def test_what_passes_is_plain_ascii_without_line_breaks(given_headers):
    try:
        kept = guest_request_headers(given_headers)
    except HeaderError:
        return
    for name, value in kept:
        assert (name + value).isascii() and name and not set(name + value) & set("\r\n\0")


def test_an_accept_encoding_is_left_out_without_a_word():
    assert guest_request_headers({"Accept-Encoding": "br", "Accept": "a/b"}) == (("Accept", "a/b"),)


def test_the_same_header_in_two_cases_is_refused():
    with pytest.raises(HeaderError, match="given twice"):
        guest_request_headers({"X-A": "1", "x-a": "2"})


def test_count_and_size_are_capped():
    assert len(guest_request_headers({f"x-{n}": "v" for n in range(100)})) == 100
    for too_much in ({f"x-{n}": "v" for n in range(101)}, {"x-a": "v" * 65_536}, {"x-a": "v" * 1_000_000}):
        with pytest.raises(HeaderError) as caught:
            guest_request_headers(too_much)
        assert caught.value.rule == "header_size"


def test_only_harmless_headers_go_along_to_another_host():
    given_headers = (
        ("Authorization", "x"),
        ("X-Api-Key", "x"),
        ("Cookie", "x"),
        ("Accept", "a/b"),
        ("Accept-Language", "en"),
        ("User-Agent", "u"),
        ("Stripe-Account", "x"),
    )
    assert [name for name, _ in safe_across_hosts(given_headers)] == [
        "Accept",
        "Accept-Language",
        "User-Agent",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [("Transfer-Encoding", "chunked"), ("Connection", "keep-alive"), ("X-Forwarded-For", "10.0.0.1")],
)
def test_without_the_lists_such_a_header_is_on_the_wire(name, value, provider, ok, mapped, monkeypatch):
    monkeypatch.setattr(headers, "_OF_THE_CONNECTION", frozenset())
    monkeypatch.setattr(headers, "_FAMILIES_OF_PROXIES", ())
    server = provider(ok())
    kept = guest_request_headers({name: value})
    mapped(server.port).send(EgressRequest("POST", parse_url("https://api.example.com/"), kept, b"abc"))
    assert f"\r\n{name}: {value}\r\n".encode() in server.requests[0]


def test_without_the_value_rule_only_the_engine_stands_between_a_guest_and_the_wire(
    provider, ok, mapped, monkeypatch
):
    monkeypatch.setattr(headers, "_VALUE", re.compile(r"[\s\S]*"))
    kept = guest_request_headers({"X-A": "b\r\nX-Injected: yes"})
    assert kept == (("X-A", "b\r\nX-Injected: yes"),)
    server = provider(ok())
    with pytest.raises(InvalidArgument, match=r"cannot be written as HTTP/1\.1"):
        mapped(server.port).send(EgressRequest("GET", parse_url("https://api.example.com/"), kept))
    assert server.requests == []
