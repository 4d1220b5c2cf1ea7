"""`--egress-map FROM=TO`."""

from __future__ import annotations

import pytest

from sandbox_host.egress import EgressMapError, NetworkEgress, Origin, parse_egress_map
from sandbox_host.errors import EgressBlocked


@pytest.mark.parametrize(
    ("text", "source", "target"),
    [
        (
            "https://api.stripe.com=http://127.0.0.1:8090",
            ("api.stripe.com", 443),
            ("http", "127.0.0.1", 8090),
        ),
        ("https://API.stripe.com/=http://localhost:1/", ("api.stripe.com", 443), ("http", "localhost", 1)),
        ("https://api.stripe.com:8443=http://[::1]:80", ("api.stripe.com", 8443), ("http", "::1", 80)),
        ("https://api.stripe.com=http://127.0.0.1", ("api.stripe.com", 443), ("http", "127.0.0.1", 80)),
        ("https://api.stripe.com=https://mock.corp", ("api.stripe.com", 443), ("https", "mock.corp", 443)),
    ],
)
def test_a_mapping_is_two_origins(text, source, target):
    assert parse_egress_map(text) == (Origin("https", *source), Origin(*target))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "write https://HOST="),
        ("https://api.stripe.com", "write https://HOST="),
        ("https://api.stripe.com=", "write https://HOST="),
        ("=http://127.0.0.1:1", "write https://HOST="),
        ("http://api.stripe.com=http://127.0.0.1:1", "only https"),
        ("https://127.0.0.1=http://127.0.0.1:1", "not a provider's origin"),
        ("https://api.stripe.com/v1=http://127.0.0.1:1", "without a path"),
        ("https://api.stripe.com?x=http://127.0.0.1:1", "egress map"),
        ("https://api.stripe.com=127.0.0.1:1", "not an origin"),
        ("https://api.stripe.com=ftp://127.0.0.1:1", "not an origin"),
        ("https://api.stripe.com=http://127.0.0.1:1/path", "not an origin"),
        ("https://api.stripe.com=http://user@127.0.0.1:1", "not an origin"),
        ("https://api.stripe.com=http://127.0.0.1:70000", "not between 1 and 65535"),
        ("https://api.stripe.com=http://127.0.0.1:0", "not between 1 and 65535"),
        ("https://api.stripe.com=http://mock.corp:80", "plain http may only go to this machine"),
        ("https://api.stripe.com=http://10.0.0.1:80", "use https for 10.0.0.1"),
        ("https://api.stripe.com=http://127.0.0.1.evil.com:80", "plain http may only go to this machine"),
    ],
)
def test_a_wrong_mapping_says_what_to_write(text, says):
    with pytest.raises(EgressMapError, match="egress map") as caught:
        parse_egress_map(text)
    assert says in str(caught.value)


def test_only_the_mapped_origin_goes_elsewhere(provider, ok, request_to):
    server = provider(ok())
    asked: list[tuple[str, int]] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return []

    mapping = dict([parse_egress_map(f"https://api.example.com=http://127.0.0.1:{server.port}")])
    egress = NetworkEgress(resolver, mapping)
    assert egress.send(request_to("https://api.example.com/")).status == 200
    for other in ("https://api.example.com:8443/", "https://www.example.com/"):
        with pytest.raises(EgressBlocked, match="could not be resolved"):
            egress.send(request_to(other))
    assert asked == [("api.example.com", 8443), ("www.example.com", 443)]
    assert server.connections == 1
