"""Host names: internationalised labels, private names, public suffixes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from policies.hosts import apparent_host, host_problem, is_public_suffix, private_host
from policies.urls import UrlError, parse_url


def a_labels(name: str) -> str:
    labels = (
        label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
        for label in name.split(".")
    )
    return ".".join(labels)


@pytest.mark.parametrize(
    "name",
    [
        "münchen.de",
        "straße.de",
        "例え.jp",
        "пример.рф",
        "مثال.com",
        "हिन्दी.भारत",
        "ไทย.com",
        "한국.kr",
        "שלום.com",
    ],
)
def test_real_names_in_many_scripts_are_hosts(name: str) -> None:
    assert host_problem(a_labels(name)) is None


@pytest.mark.parametrize(
    "name",
    [
        "Ünlü.com",  # upper case
        "①.com",  # folds to 1
        "x²y.com",
        "a\u200bb.com",  # invisible
        "a\u180bb.com",
        "\u0301a.com",  # starts with a mark
        "e\u0301.com",  # not normalised
        "☃.com",  # a symbol
        "\u0080.com",
        "aש.com",  # breaks the Bidi rule
    ],
)
def test_a_labels_that_no_registry_would_sell_are_refused(name: str) -> None:
    assert host_problem(a_labels(name)) is not None


def test_no_a_label_that_whatwg_refuses_is_accepted(corpus: Callable[[str], Any]) -> None:
    accepted = 0
    for row in [*corpus("wpt-url/IdnaTestV2.json"), *corpus("wpt-url/toascii.json")]:
        if isinstance(row, str) or not row["input"].isascii():
            continue
        try:
            url = parse_url(f"https://{row['input']}.example.com/")
        except UrlError:
            continue
        accepted += 1
        assert row["output"] is not None, row["input"]
        assert url.host == row["output"] + ".example.com"
    assert accepted > 100


@pytest.mark.parametrize(
    "host", ["a.example.com", "0.example.com", "1x.example", "xn--e1afmkfd.xn--p1ai", "3com.com"]
)
def test_a_public_name_is_not_private(host: str) -> None:
    assert private_host(host) is None
    assert host_problem(host) is None


@pytest.mark.parametrize(
    "host", ["internal.example.com", "localhost.example.com", "local.example", "notlocal.co"]
)
def test_a_private_word_in_front_of_a_public_domain_is_not_private(host: str) -> None:
    assert private_host(host) is None


@pytest.mark.parametrize(
    "host", ["a.0x7f", "a.1", "1.1.1.1", "[::1]", "::1", "localhost", "x.local", "printer"]
)
def test_addresses_and_local_names_are_private(host: str) -> None:
    assert private_host(host)


def test_label_and_name_lengths() -> None:
    assert host_problem("a" * 63 + ".com") is None
    assert host_problem("a" * 64 + ".com")
    longest = ".".join(["a" * 49] * 5) + ".co"
    assert len(longest) == 252
    assert host_problem(longest) is None
    assert host_problem("b." + longest)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("http://127。0。0。1:80/", "127.0.0.1"),
        ("http:\\\\LOCALHOST\\x", "localhost"),
        ("https://a@b@[::1]:80/", "[::1]:80"),
        ("data:text/plain,x", ""),
        ("", ""),
    ],
)
def test_the_host_that_a_lenient_client_would_read(text: str, host: str) -> None:
    assert apparent_host(text) == host


def test_public_suffixes_are_those_of_registries() -> None:
    assert is_public_suffix("com")
    assert is_public_suffix("co.uk")
    assert not is_public_suffix("example.com")
    assert not is_public_suffix("myshopify.com"), "a company's own domain, although its customers share it"
