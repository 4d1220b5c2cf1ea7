"""Patterns of `permissions.http`: what they match, what they include, and which are refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies import urls
from policies.urls import UrlError, UrlPattern, parse_url


def matches(pattern: str, url: str) -> bool:
    return UrlPattern.parse(pattern).matches(parse_url(url))


def test_an_apex_host_is_not_matched_by_its_wildcard() -> None:
    assert not matches("https://*.example.com/*", "https://example.com/")


def test_a_wildcard_matches_one_and_more_labels() -> None:
    assert matches("https://*.example.com/*", "https://a.example.com/")
    assert matches("https://*.example.com/*", "https://a.b.c.example.com/")


def test_a_prefix_needs_its_slash() -> None:
    assert not matches("https://a.example.com/v1/*", "https://a.example.com/v1")
    assert matches("https://a.example.com/v1/*", "https://a.example.com/v1/")
    assert matches("https://a.example.com/v1/*", "https://a.example.com/v1/x/y")


def test_a_path_without_star_is_exact() -> None:
    assert matches("https://a.example.com/v1", "https://a.example.com/v1?x=1")
    assert not matches("https://a.example.com/v1", "https://a.example.com/v1/")
    assert not matches("https://a.example.com/v1", "https://a.example.com/V1")


def test_paths_match_decoded_on_both_sides() -> None:
    assert matches("https://a.example.com/caf%C3%A9/*", "https://a.example.com/caf%c3%a9/x")
    assert matches("https://a.example.com/customers", "https://a.example.com/%63ustomers")


def test_a_port_is_part_of_the_match_and_443_is_the_default() -> None:
    assert matches("https://a.example.com:443/*", "https://a.example.com/")
    assert matches("https://a.example.com:8443/*", "https://a.example.com:8443/")
    assert not matches("https://a.example.com/*", "https://a.example.com:8443/")
    assert not matches("https://a.example.com:8443/*", "https://a.example.com/")


@pytest.mark.parametrize("host", ["a.example.com", "*.example.com", "a.example.com:8443"])
def test_a_pattern_without_a_path_says_what_to_write(host: str) -> None:
    with pytest.raises(UrlError, match=r"write https://") as refused:
        UrlPattern.parse(f"https://{host}")
    assert f"write https://{host}/*" in refused.value.message


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "**",
        "*/*",
        "*://*/*",
        "https://*",
        "https://*/*",
        "https://*:443/*",
        "*.example.com/*",
        "https://*.com/*",
        "https://*.co.uk/*",
        "https://*.xn--p1ai/*",
        "https://*./*",
        "https://*.*.example.com/*",
        "https://**.example.com/*",
        "https://api*.example.com/*",
        "https://*api.example.com/*",
        "https://a.*.example.com/*",
        "https://example.com*",
        "https://example.*/*",
        "https://a.example.com/v1*",
        "https://a.example.com/*/x",
        "https://a.example.com/**",
        "https://a.example.com/*?x=1",
        "https://a.example.com/x?x=1",
        "https://a.example.com/*#x",
        "https://user@a.example.com/*",
        "https://a.example.com:0/*",
        "https://a.example.com:65536/*",
        "https://a.example.com:*/*",
        "https://a.example.com:1-9/*",
        "https://a.example.com/v1/../*",
        "https://a.example.com/%2e%2e/*",
        "https://a.example.com/a%2fb/*",
        "https://a.example.com//*",
        "https://münchen.de/*",
        "http://a.example.com/*",
        "ws://a.example.com/*",
        "a.example.com/*",
        "//a.example.com/*",
        "",
        " https://a.example.com/*",
    ],
)
def test_a_pattern_that_is_too_wide_or_malformed_is_refused(text: str) -> None:
    with pytest.raises(UrlError):
        UrlPattern.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://127.0.0.1/*",
        "https://2130706433/*",
        "https://[::1]/*",
        "https://169.254.169.254/*",
        "https://localhost/*",
        "https://*.localhost/*",
        "https://*.internal/*",
        "https://*.127.0.0.1/*",
        "https://intranet/*",
        "https://127。0。0。1/*",
        "http://127.0.0.1/*",
    ],
)
def test_a_pattern_cannot_name_an_address_or_a_private_host(text: str) -> None:
    with pytest.raises(UrlError) as refused:
        UrlPattern.parse(text)
    assert refused.value.rule == "private_address"


def test_a_wildcard_over_a_domain_that_a_company_shares_among_its_customers_is_a_pattern() -> None:
    assert matches("https://*.myshopify.com/*", "https://shop.myshopify.com/admin/api")


def test_without_the_suffix_check_a_whole_registry_is_granted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urls, "is_public_suffix", lambda host: False)
    assert matches("https://*.com/*", "https://evil.com/")


_HOSTS = st.sampled_from(["example.com", "a.example.com", "b.a.example.com", "xexample.com", "example.org"])
_PORTS = st.sampled_from(["", ":443", ":8443"])
_PATHS = st.sampled_from(["/", "/v1", "/v1/", "/v1/x", "/v1/x/", "/v1/x/y", "/v10", "/%76%31/", "/v1/%78"])
PATTERNS = st.builds(
    lambda star, host, port, path, rest: UrlPattern.parse(f"https://{star}{host}{port}{path}{rest}"),
    st.sampled_from(["", "*."]),
    _HOSTS,
    _PORTS,
    _PATHS,
    st.just(""),
) | st.builds(
    lambda star, host, port, path: UrlPattern.parse(f"https://{star}{host}{port}{path.rstrip('/')}/*"),
    st.sampled_from(["", "*."]),
    _HOSTS,
    _PORTS,
    _PATHS,
)
URLS = st.builds(lambda host, port, path: parse_url(f"https://{host}{port}{path}"), _HOSTS, _PORTS, _PATHS)


@settings(max_examples=300)
@given(PATTERNS, PATTERNS, st.lists(URLS, min_size=10, max_size=10))
def test_what_an_included_pattern_matches_the_including_one_matches_too(
    wide: UrlPattern, narrow: UrlPattern, candidates: list[urls.Url]
) -> None:
    if wide.includes(narrow):
        assert all(wide.matches(url) for url in candidates if narrow.matches(url))


@settings(max_examples=300)
@given(PATTERNS, PATTERNS)
def test_a_pattern_that_is_not_included_matches_something_more(wide: UrlPattern, narrow: UrlPattern) -> None:
    if wide.includes(narrow):
        return
    host = ("zz.yy." if narrow.wildcard else "") + narrow.host
    port = f":{narrow.port}"
    rests = ["", "zz"] if narrow.prefix else [""]
    hosts = [host, "zz." + narrow.host] if narrow.wildcard else [host]
    samples = [parse_url(f"https://{name}{port}{narrow.path}{rest}") for name in hosts for rest in rests]
    assert all(narrow.matches(url) for url in samples)
    assert not all(wide.matches(url) for url in samples)


@given(PATTERNS)
def test_a_pattern_includes_itself(pattern: UrlPattern) -> None:
    assert pattern.includes(pattern)


def test_inclusion_by_host_port_and_path() -> None:
    def includes(wide: str, narrow: str) -> bool:
        return UrlPattern.parse(wide).includes(UrlPattern.parse(narrow))

    assert includes("https://*.example.com/*", "https://a.example.com/v1/*")
    assert includes("https://*.example.com/*", "https://*.a.example.com/*")
    assert includes("https://a.example.com/*", "https://a.example.com/v1")
    assert not includes("https://*.example.com/*", "https://example.com/*")
    assert not includes("https://a.example.com/*", "https://*.a.example.com/*")
    assert not includes("https://a.example.com/v1/*", "https://a.example.com/v1")
    assert not includes("https://a.example.com/v1", "https://a.example.com/v1/*")
    assert not includes("https://a.example.com/*", "https://a.example.com:8443/*")
