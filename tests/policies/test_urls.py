"""The URL grammar: what it accepts means the same to every server, and the rest is refused with a reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import hosts, urls
from policies.urls import MAX_URL, UrlError, UrlPattern, parse_url

CASES: list[dict[str, str]] = json.loads(
    Path(__file__).with_name("url_cases.json").read_text(encoding="utf-8")
)


def outcome(pattern: str, url: str) -> str:
    try:
        return "allow" if UrlPattern.parse(pattern).matches(parse_url(url)) else "unknown_host"
    except UrlError as error:
        return error.rule


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["url"])[:60])
def test_every_case_of_the_attack_corpus(case: dict[str, str]) -> None:
    result = outcome(case["pattern"], case["url"])
    if case["expect"] == "deny":
        assert result != "allow"
    else:
        assert result == case["expect"]


def test_a_url_over_16_kib_is_refused_and_one_of_16_kib_is_not() -> None:
    longest = "https://api.stripe.com/v1/".ljust(MAX_URL, "a")
    assert outcome("https://api.stripe.com/v1/*", longest) == "allow"
    assert outcome("https://api.stripe.com/v1/*", longest + "a") == "url_grammar"


def test_only_an_exact_string_is_a_url() -> None:
    class Text(str):
        pass

    for value in (
        Text("https://a.example.com/"),
        b"https://a.example.com/",
        None,
        1,
        ["https://a.example.com/"],
    ):
        with pytest.raises(UrlError):
            parse_url(value)  # type: ignore[arg-type]


def test_a_url_in_parts() -> None:
    url = parse_url("HTTPS://API.Example.com:8443/v1/a%20b?x=1&y[]=%2F")
    assert (url.scheme, url.host, url.port) == ("https", "api.example.com", 8443)
    assert (url.path, url.decoded_path, url.query) == ("/v1/a%20b", "/v1/a b", "x=1&y[]=%2F")
    assert str(url) == "https://api.example.com:8443/v1/a%20b?x=1&y[]=%2F"
    assert url.without_query() == "https://api.example.com:8443/v1/a%20b"


@pytest.mark.parametrize(
    ("text", "rebuilt"),
    [
        ("https://a.example.com", "https://a.example.com/"),
        ("https://a.example.com?x", "https://a.example.com/?x"),
        ("https://a.example.com/?", "https://a.example.com/?"),
        ("https://a.example.com:443/x", "https://a.example.com/x"),
    ],
)
def test_the_rebuilt_url_is_canonical(text: str, rebuilt: str) -> None:
    assert str(parse_url(text)) == rebuilt


def test_messages_hold_neither_path_nor_query() -> None:
    for text in (
        "https://a.example.com/s3cret path",
        "https://a.example.com/../s3cret?s3cret",
        "http://127.0.0.1/s3cret?s3cret",
        "https://user:s3cret@a.example.com/",
        "https://a.example.com/x?s3cret#s3cret",
        "https://a.example.com:s3cret/",
    ):
        with pytest.raises(UrlError) as refused:
            parse_url(text)
        assert "s3cret" not in refused.value.message


def test_what_encode_uri_component_leaves_alone_is_accepted() -> None:
    kept = "ABYZabyz0189-_.!~*'()"
    assert parse_url(f"https://a.example.com/x{kept}?q={kept}").query == f"q={kept}"


def test_nothing_that_whatwg_refuses_is_accepted_and_the_rest_means_the_same(
    corpus: Callable[[str], Any],
) -> None:
    accepted = 0
    for row in corpus("wpt-url/urltestdata.json"):
        if isinstance(row, str):
            continue
        is_http = row["input"].lower().startswith("http:")
        # The corpus is mostly http: both are special schemes, so the same URL as https means the same.
        text = "https" + row["input"][4:] if is_http else row["input"]
        try:
            url = parse_url(text)
        except UrlError:
            continue
        accepted += 1
        assert not row.get("failure"), text
        assert (url.host, url.path) == (row["hostname"], row["pathname"]), text
        assert (url.port == 443) == (row["port"] == ""), text
    assert accepted >= 15


_LABELS = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
_TEXT = st.text(st.sampled_from("ab1.~_-%/;:@?#\\*[]& 2e5cfF\u3002é\n"), max_size=30)
NEARLY_URLS = st.builds(
    lambda scheme, labels, port, rest: scheme + ".".join(labels) + port + rest,
    st.sampled_from(["https://", "HTTPS://", "https:/", "http://", "https://x@", ""]),
    st.lists(_LABELS, min_size=1, max_size=4),
    st.sampled_from(["", ":443", ":8443", ":0", ":", ":65536"]),
    st.one_of(st.just(""), _TEXT.map(lambda text: "/" + text), _TEXT),
)


@given(NEARLY_URLS)
def test_a_parsed_url_parses_to_itself(text: str) -> None:
    try:
        url = parse_url(text)
    except UrlError:
        return
    assert parse_url(str(url)) == url
    assert str(parse_url(str(url))) == str(url)


@given(NEARLY_URLS)
def test_an_accepted_path_has_no_second_reading(text: str) -> None:
    try:
        url = parse_url(text)
    except UrlError:
        return
    assert url.decoded_path.startswith("/")
    assert not {".", "..", "%"} & set(re.split(r"[/\\]", url.decoded_path))
    assert "//" not in url.decoded_path
    assert url.path.count("/") == url.decoded_path.count("/")


@given(st.text(max_size=60))
def test_any_text_is_a_url_or_a_url_error(text: str) -> None:
    for candidate in (text, f"https://{text}", f"https://a.example.com/{text}"):
        try:
            parse_url(candidate)
        except UrlError as error:
            assert error.rule in ("url_grammar", "private_address")


NEVER = re.compile(r"(?!)")


@pytest.mark.parametrize(
    ("guard", "replacement", "attack"),
    [
        ("private_host", lambda host: None, "https://127.0.0.1/v1/x"),
        ("private_host", lambda host: None, "https://metadata.google.internal/"),
        ("host_problem", lambda host: None, "https://a.example.com;evil.example.org/"),
        ("_HIDDEN", NEVER, "https://a.example.com/v1/x%2fadmin"),
        ("_HIDDEN", NEVER, "https://a.example.com/v1/%252e%252e/admin"),
        ("_DOTS", NEVER, "https://a.example.com/v1/../admin"),
        ("_PATH", re.compile(".*"), 'https://a.example.com/v1/"'),
        ("_PORT", re.compile(".*"), "https://a.example.com:0443/"),
        ("_path_problem", lambda path: None, "https://a.example.com/v1/..;/admin"),
        ("_path_problem", lambda path: None, "https://a.example.com//v1"),
        ("_reads_as_control_or_separator", lambda char: False, "https://a.example.com/v1/%ef%bc%8fadmin"),
    ],
)
def test_without_its_guard_the_attack_passes(
    monkeypatch: pytest.MonkeyPatch, guard: str, replacement: object, attack: str
) -> None:
    with pytest.raises(UrlError):
        parse_url(attack)
    monkeypatch.setattr(urls, guard, replacement)
    parse_url(attack)


def test_without_the_a_label_check_an_invalid_one_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UrlError):
        parse_url("https://xn--a.com/")
    monkeypatch.setattr(hosts, "_is_a_label", lambda label: True)
    parse_url("https://xn--a.com/")
