"""Networks that may never be reached."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import addresses
from policies.addresses import denied_network

# fmt: off
NETWORKS = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32", "::/96",
    "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
    "2002::/16", "3ffe::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
]
# fmt: on

# fmt: off
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
    "126.255.255.255", "128.0.0.0", "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0",
    "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0",
    "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0",
    "203.0.112.255", "203.0.114.0", "223.255.255.255", "::ffff:8.8.8.8", "2000::1", "2001:200::1",
    "2001:4860:4860::8888", "2001:db7::1", "2001:db9::1", "2003::1", "2606:4700:4700::1111",
    "3fff:1000::1",
]
# fmt: on


@pytest.mark.parametrize("text", NETWORKS)
def test_a_denied_network_is_denied_from_its_first_address_to_its_last(text: str) -> None:
    network = ip_network(text)
    middle = network[network.num_addresses // 2]
    assert all(denied_network(address) for address in (network[0], middle, network[-1]))
    assert all(denied_network(str(address)) for address in (network[0], middle, network[-1]))


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_not_denied(text: str) -> None:
    assert denied_network(text) is None
    assert denied_network(ip_address(text)) is None


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("169.254.169.254", "cloud instance metadata"),
        ("::ffff:169.254.169.254", "cloud instance metadata"),
        ("::ffff:a9fe:a9fe", "cloud instance metadata"),
        ("fd00:ec2::254", "cloud instance metadata"),
        ("fe80::1%eth0", "link-local"),
        ("168.63.129.16", "Azure platform services"),
        ("::127.0.0.1", "IPv4-compatible"),
        ("::ffff:0:127.0.0.1", "IPv4-translated"),
        ("64:ff9b::7f00:1", "NAT64"),
        ("2002:7f00:1::", "6to4"),
        ("2001:0:4136:e378:8000:63bf:3f57:fdf2", "Teredo"),
        ("::1", "loopback"),
        ("127.0.0.1", "loopback"),
        ("4000::1", "outside of global unicast"),
        ("not an address", "not an IP address"),
        ("127.1", "not an IP address"),
        ("", "not an IP address"),
    ],
)
def test_the_reason_names_the_network(address: str, name: str) -> None:
    assert denied_network(address) == name


def test_addresses_that_the_standard_library_calls_global_are_denied() -> None:
    for text in (
        "64:ff9b::1",
        "2002::1",
        "::7f00:1",
        "fec0::1",
        "224.0.0.1",
        "192.88.99.1",
        "3fff::1",
        "168.63.129.16",
    ):
        assert denied_network(text), text


@given(st.integers(0, 2**32 - 1))
def test_a_mapped_address_is_judged_as_the_one_in_it(number: int) -> None:
    mapped = IPv6Address(0xFFFF << 32 | number)
    assert denied_network(mapped) == denied_network(IPv4Address(number))


@given(st.integers(0, 2**128 - 1))
def test_what_is_reachable_in_ipv6_is_global_unicast_or_mapped(number: int) -> None:
    address = IPv6Address(number)
    if denied_network(address) is None:
        assert address in ip_network("2000::/3") or address.ipv4_mapped


def test_without_the_list_metadata_is_reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_IPV4_NETWORKS", ())
    monkeypatch.setattr(addresses, "_IPV6_NETWORKS", ())
    assert denied_network("169.254.169.254") is None
    assert denied_network("2002:a9fe:a9fe::") is None
