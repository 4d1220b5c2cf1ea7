"""The networks that may never be reached, whatever a manifest says.

An explicit list, because the standard library's `is_global` says yes to several of these (Python 3.11: NAT64,
6to4, IPv4-compatible and -translated, site-local, multicast, 192.88.99.0/24, 3fff::/20, 5f00::/16, Azure's
168.63.129.16). Sources: the IANA special-purpose registries for IPv4 and IPv6, and the cloud providers'
pages on their metadata addresses.

1. An IPv4-mapped address is judged as the IPv4 address in it.
2. An address in a listed network is denied under the name of the first one that holds it.
3. IPv6 outside of 2000::/3, the only block of global unicast addresses, is denied.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_IPV4_NETWORKS = tuple(
    (IPv4Network(network), name)
    for network, name in (
        ("169.254.169.254/32", "cloud instance metadata"),
        ("169.254.170.2/32", "cloud container credentials"),
        ("168.63.129.16/32", "Azure platform services"),
        ("100.100.100.200/32", "Alibaba Cloud instance metadata"),
        ("192.0.0.192/32", "Oracle Cloud instance metadata"),
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private network"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private network"),
        ("192.0.0.0/24", "IETF protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private network"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255/32", "broadcast"),
        ("240.0.0.0/4", "reserved"),
    )
)

_IPV6_NETWORKS = tuple(
    (IPv6Network(network), name)
    for network, name in (
        ("fd00:ec2::254/128", "cloud instance metadata"),
        ("fd20:ce::254/128", "cloud instance metadata"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::/96", "IPv4-compatible"),
        ("::ffff:0:0:0/96", "IPv4-translated"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "local NAT64"),
        ("100::/64", "discard-only"),
        ("100:0:0:1::/64", "dummy prefix"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "IETF protocol assignments"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3ffe::/16", "6bone"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "unique local"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)

_GLOBAL_UNICAST = IPv6Network("2000::/3")


def denied_network(address: str | IPv4Address | IPv6Address) -> str | None:
    """The name of the network that forbids reaching `address`, or None if it may be reached.

    Text that is not an IP address is denied too, as `not an IP address`.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return "not an IP address"
    if isinstance(ip, IPv4Address):
        return next((name for network, name in _IPV4_NETWORKS if ip in network), None)
    if ip.ipv4_mapped is not None:
        return denied_network(ip.ipv4_mapped)
    for network, name in _IPV6_NETWORKS:
        if ip in network:
            return name
    return None if ip in _GLOBAL_UNICAST else "outside of global unicast"
