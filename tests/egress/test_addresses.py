"""Names lead to addresses once, and every address is checked."""

from __future__ import annotations

import socket

import pytest

from policies.addresses import denied_network
from sandbox_host.egress import NetworkEgress, network, resolving
from sandbox_host.errors import EgressBlocked


class RecordingResolver:
    """Answers in turn, the last answer again and again, and counts."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


@pytest.fixture
def private(provider, ok, authority):
    """A service on loopback with a certificate for the name, which an attacker can have."""
    return provider(ok(b"internal"), authority.server("api.example.com"))


def test_a_name_that_leads_to_loopback_is_not_connected_to(private, authority, request_to):
    egress = NetworkEgress(RecordingResolver(["127.0.0.1"]), trust=authority.client())
    with pytest.raises(EgressBlocked, match=r"may never be reached \(loopback\)"):
        egress.send(request_to(f"https://api.example.com:{private.port}/"))
    assert private.connections == 0


def test_without_the_check_of_addresses_loopback_is_reached(private, authority, request_to, monkeypatch):
    monkeypatch.setattr(resolving, "denied_network", lambda address: None)
    egress = NetworkEgress(RecordingResolver(["127.0.0.1"]), trust=authority.client())
    assert egress.send(request_to(f"https://api.example.com:{private.port}/")).body == b"internal"


@pytest.mark.parametrize(
    "bad",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "fd00:ec2::254",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "fe80::1%lo",
        "0.0.0.0",
        "2130706433",
        "127.1",
        "localhost",
        "",
    ],
)
def test_one_bad_address_among_good_ones_blocks(bad, provider, ok, authority, request_to, a_public_loopback):
    server = provider(ok(), authority.server("api.example.com"), a_public_loopback)
    for found in ([a_public_loopback, bad], [bad, a_public_loopback]):
        egress = NetworkEgress(RecordingResolver(found), trust=authority.client())
        with pytest.raises(EgressBlocked):
            egress.send(request_to(f"https://api.example.com:{server.port}/"))
    assert server.connections == 0


def test_checking_only_the_first_address_would_let_the_second_be_tried(
    private, authority, request_to, a_public_loopback, monkeypatch
):
    first_only = lambda host, found: [*resolving.checked_addresses(host, found[:1]), *found[1:]]  # noqa: E731
    monkeypatch.setattr(network, "checked_addresses", first_only)
    egress = NetworkEgress(RecordingResolver([a_public_loopback, "127.0.0.1"]), trust=authority.client())
    assert egress.send(request_to(f"https://api.example.com:{private.port}/")).body == b"internal"


def test_a_name_is_looked_up_once_and_the_checked_address_is_used(
    provider, ok, private, authority, request_to, a_public_loopback
):
    public = provider(ok(b"public"), authority.server("api.example.com"), a_public_loopback, private.port)
    resolver = RecordingResolver([a_public_loopback], ["127.0.0.1"])
    response = NetworkEgress(resolver, trust=authority.client()).send(
        request_to(f"https://api.example.com:{public.port}/")
    )
    assert response.body == b"public"
    assert resolver.asked == [("api.example.com", public.port)]
    assert private.connections == 0


def test_looking_up_again_to_connect_would_follow_a_rebound_name(
    provider, ok, private, authority, request_to, a_public_loopback, monkeypatch
):
    provider(ok(b"public"), authority.server("api.example.com"), a_public_loopback, private.port)
    resolver = RecordingResolver([a_public_loopback], ["127.0.0.1"])
    dial = network._dial
    monkeypatch.setattr(
        network,
        "_dial",
        lambda checked, port, deadline: dial(resolver("api.example.com", port), port, deadline),
    )
    response = NetworkEgress(resolver, trust=authority.client()).send(
        request_to(f"https://api.example.com:{private.port}/")
    )
    assert response.body == b"internal"


def test_a_rebound_name_is_checked_again_on_the_next_exchange(
    provider, ok, authority, request_to, a_public_loopback
):
    server = provider(ok(), authority.server("api.example.com"), a_public_loopback)
    egress = NetworkEgress(RecordingResolver([a_public_loopback], ["127.0.0.1"]), trust=authority.client())
    egress.send(request_to(f"https://api.example.com:{server.port}/"))
    with pytest.raises(EgressBlocked):
        egress.send(request_to(f"https://api.example.com:{server.port}/"))
    assert server.connections == 1


def test_an_address_that_does_not_answer_gives_way_to_the_next(
    provider, ok, authority, request_to, monkeypatch
):
    monkeypatch.setattr(resolving, "denied_network", lambda address: None)
    server = provider(ok(b"second"), authority.server("api.example.com"), "127.0.0.3")
    egress = NetworkEgress(RecordingResolver(["127.0.0.2", "127.0.0.3"]), trust=authority.client())
    assert egress.send(request_to(f"https://api.example.com:{server.port}/")).body == b"second"


@pytest.mark.parametrize(
    "failure", [socket.gaierror(-2, "unknown"), UnicodeError("label too long"), OSError()]
)
def test_a_name_without_an_address_is_blocked(failure, request_to):
    def resolver(host: str, port: int) -> list[str]:
        raise failure

    with pytest.raises(EgressBlocked, match=r"api\.example\.com could not be resolved"):
        NetworkEgress(resolver).send(request_to())
    with pytest.raises(EgressBlocked, match="could not be resolved"):
        NetworkEgress(RecordingResolver([])).send(request_to())


def test_the_systems_resolver_gives_addresses_of_which_each_is_judged():
    found = resolving.system_resolver("localhost", 443)
    assert found and all(denied_network(address) == "loopback" for address in found)
