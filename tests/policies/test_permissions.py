"""Decisions: what a version may do is the smaller of what it declares and what an admin accepted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.manifest import Permissions, parse_manifest
from policies.permissions import Call, Decision, PermissionSet
from policies.urls import parse_url

DECLARED: dict[str, Any] = {
    "http": [
        "https://api.example.com/v1/*",
        "https://*.example.com/files/*",
        {"url": "https://api.example.com/v1/search", "reads": ["POST"]},
        "https://*.api.example.org/*",
        "https://eu.api.example.org/v2",
    ],
    "entities": {"Customer": ["read", "write"], "Invoice": ["write"], "Payment": ["read"]},
    "secrets": {"api_key": ["read"], "token": ["read", "write"]},
    "secretHosts": {"api_key": ["api.example.com", "*.example.org"]},
}


def permission_set(
    accepted: dict[str, Any] | None = None, connector: bool = True, **changes: Any
) -> PermissionSet:
    manifest = {"key": "x", "name": "X", "permissions": {**DECLARED, **changes}}
    if connector:
        manifest |= {"provider": "x"}
    if accepted is None:
        return PermissionSet.compile(parse_manifest(manifest))
    grants = parse_manifest({"key": "x", "name": "X", "permissions": accepted}).permissions
    return PermissionSet.compile(parse_manifest(manifest), grants)


def http(url: str, method: str = "GET") -> Call:
    return Call("http", method.lower(), url=parse_url(url), method=method)


def entity(name: str, needs: Any, capability: str = "entity") -> Call:
    return Call(capability, "x", entity=name, needs=needs)


def secret(name: str | None, needs: Any = "read", action: str = "get") -> Call:
    return Call("secrets", action, secret=name, needs=needs)


def rule(decision: Decision) -> tuple[bool, str]:
    return decision.allowed, decision.rule


@pytest.mark.parametrize(
    ("call", "allowed", "expected"),
    [
        (http("https://api.example.com/v1/x"), True, "permissions.http[0]"),
        (http("https://b.example.com/files/x"), True, "permissions.http[1]"),
        (http("https://api.example.com/files/x"), True, "permissions.http[1]"),
        (http("https://a.b.example.com/files/x"), True, "permissions.http[1]"),
        (http("https://us.api.example.org/"), True, "permissions.http[3]"),
        (http("https://eu.api.example.org/v2"), True, "permissions.http[4]"),
        (http("https://eu.api.example.org/v3"), True, "permissions.http[3]"),
        (http("https://api.example.org/"), False, "unknown_host"),
        (http("https://example.com/files/x"), False, "unknown_host"),
        (http("https://api.example.com/v2/x"), False, "unknown_host"),
        (http("https://api.example.com:8443/v1/x"), False, "unknown_host"),
        (http("https://evil.com/"), False, "unknown_host"),
        (Call("http", "get"), False, "unknown_host"),
        (entity("Customer", "read"), True, "permissions.entities.Customer"),
        (entity("Customer", "write"), True, "permissions.entities.Customer"),
        (entity("Invoice", "read"), False, "read_not_granted"),
        (entity("Payment", "write"), False, "write_not_granted"),
        (entity("Vendor", "read"), False, "unknown_entity"),
        (entity("customer", "read"), False, "unknown_entity"),
        (Call("entity", "get"), False, "unknown_entity"),
        (Call("entity", "get", entity="Invoice"), False, "read_not_granted"),
        (entity("Invoice", "write", "ingest"), True, "permissions.entities.Invoice"),
        (entity("Payment", "write", "ingest"), False, "write_not_granted"),
        (secret("api_key"), True, "permissions.secrets.api_key"),
        (secret("api_key", "write", "set"), False, "write_not_granted"),
        (secret("token", "write", "set"), True, "permissions.secrets.token"),
        (secret("other"), False, "unknown_secret"),
        (secret(None), False, "unknown_secret"),
        (secret(None, None, "list"), True, "always"),
        (Call("log", "write"), True, "always"),
        (Call("settings", "get"), True, "always"),
        (Call("verify", "hmacSha256"), True, "always"),
        (Call("crypto", "sha256"), True, "always"),
        (Call("sync", "getCheckpoint"), True, "always"),
        (Call("oauth", "accessToken"), True, "always"),
        (Call("fs", "read"), False, "unknown_capability"),
        (Call("", ""), False, "unknown_capability"),
    ],
)
def test_decisions(call: Call, allowed: bool, expected: str) -> None:
    assert rule(permission_set().decide(call)) == (allowed, expected)


def test_nothing_is_granted_by_an_empty_manifest() -> None:
    nothing = permission_set(http=[], entities={}, secrets={}, secretHosts={})
    for call in (http("https://api.example.com/v1/x"), entity("Customer", "read"), secret("api_key")):
        assert not nothing.decide(call).allowed


@pytest.mark.parametrize("capability", ["ingest", "sync", "oauth"])
def test_a_connector_s_capabilities_are_denied_outside_of_one(capability: str) -> None:
    extension = permission_set(connector=False)
    assert not extension.connector
    assert extension.decide(Call(capability, "x", entity="Customer", needs="write")).rule == "connector_only"


def test_an_absent_secret_and_a_forbidden_one_get_the_same_answer() -> None:
    permissions = permission_set()
    for name in ("stripe_key", "no_such_key"):
        reason = permissions.decide(secret(name)).reason
        assert reason.replace(name, "NAME") == permissions.decide(secret("third")).reason.replace(
            "third", "NAME"
        )


def test_reasons_say_what_to_add() -> None:
    permissions = permission_set()
    assert '"https://evil.com/*"' in permissions.decide(http("https://evil.com/x?token=s3cret")).reason
    assert "s3cret" not in permissions.decide(http("https://evil.com/x?token=s3cret")).reason
    assert "permissions.entities.Invoice" in permissions.decide(entity("Invoice", "read")).reason
    assert "path or port" in permissions.decide(http("https://api.example.com/v2/x")).reason


def test_what_the_admin_has_not_accepted_yet_awaits_consent() -> None:
    permissions = permission_set(
        accepted={
            "http": ["https://api.example.com/v1/customers/*"],
            "entities": {"Customer": ["read"]},
            "secrets": {"api_key": ["read"]},
        }
    )
    assert permissions.decide(http("https://api.example.com/v1/customers/1")).allowed
    for call in (
        http("https://api.example.com/v1/x"),
        http("https://b.example.com/files/x"),
        entity("Customer", "write"),
        entity("Invoice", "write"),
        secret("token"),
    ):
        assert rule(permissions.decide(call)) == (False, "awaiting_consent")


def test_an_admin_cannot_widen_what_the_manifest_declares() -> None:
    wide = {
        "http": ["https://evil.com/*"],
        "entities": {"Vendor": ["read", "write"], "Payment": ["read", "write"]},
        "secrets": {"other": ["read"], "api_key": ["read", "write"]},
    }
    permissions = permission_set(accepted=wide)
    assert permissions.decide(http("https://evil.com/")).rule == "unknown_host"
    assert permissions.decide(entity("Vendor", "read")).rule == "unknown_entity"
    assert permissions.decide(entity("Payment", "write")).rule == "write_not_granted"
    assert permissions.decide(secret("other")).rule == "unknown_secret"
    assert permissions.decide(secret("api_key", "write")).rule == "write_not_granted"


def test_an_entry_without_reads_never_reads() -> None:
    url = parse_url("https://api.example.com/v1/search")
    assert permission_set().reads_method(url, "POST")
    assert permission_set().reads_method(url, "post")
    assert not permission_set().reads_method(url, "PUT")
    assert not permission_set().reads_method(parse_url("https://api.example.com/v1/x"), "POST")
    without = permission_set(accepted={"http": ["https://api.example.com/*"]})
    assert not without.reads_method(url, "POST")


def test_a_bound_secret_reaches_its_hosts_only() -> None:
    permissions = permission_set()
    assert permissions.secret_may_reach("api_key", "api.example.com")
    assert permissions.secret_may_reach("api_key", "a.example.org")
    assert not permissions.secret_may_reach("api_key", "example.org")
    assert not permissions.secret_may_reach("api_key", "b.api.example.com")
    assert not permissions.secret_may_reach("api_key", "evilexample.org")
    assert permissions.secret_may_reach("token", "anywhere.example.net"), "not named in secretHosts"


def test_listed_secrets_are_those_of_manifest_and_admin() -> None:
    assert permission_set().secret_names() == ("api_key", "token")
    assert permission_set(accepted={"secrets": {"token": ["read"], "other": ["read"]}}).secret_names() == (
        "token",
    )


_VERBS = st.lists(st.sampled_from(["read", "write"]), unique=True, max_size=2)
_BLOCKS = st.fixed_dictionaries(
    {
        "entities": st.dictionaries(st.sampled_from(["Customer", "Invoice"]), _VERBS),
        "secrets": st.dictionaries(st.sampled_from(["api_key", "token"]), _VERBS),
        "http": st.lists(
            st.sampled_from(
                ["https://a.example.com/*", "https://*.example.com/v1/*", "https://b.example.com/v1"]
            ),
            unique=True,
        ),
    }
)
_CALLS = st.sampled_from(
    [
        *(entity(name, needs) for name in ("Customer", "Invoice", "Vendor") for needs in ("read", "write")),
        *(secret(name, needs) for name in ("api_key", "token", "x") for needs in ("read", "write")),
        *(http(f"https://{host}.example.com{path}") for host in "abc" for path in ("/", "/v1", "/v1/x")),
    ]
)


@given(_BLOCKS, _BLOCKS, _CALLS)
def test_a_call_is_allowed_exactly_where_manifest_and_admin_both_allow_it(
    declared: dict[str, Any], accepted: dict[str, Any], call: Call
) -> None:
    def compiled(block: dict[str, Any], other: dict[str, Any] | None = None) -> PermissionSet:
        manifest = parse_manifest({"key": "x", "name": "X", "permissions": block})
        agreed = (
            None
            if other is None
            else parse_manifest({"key": "x", "name": "X", "permissions": other}).permissions
        )
        return PermissionSet.compile(manifest, agreed)

    both = compiled(declared, accepted).decide(call)
    assert both.allowed == (
        compiled(declared).decide(call).allowed and compiled(accepted).decide(call).allowed
    )
    assert compiled(declared, declared).decide(call) == compiled(declared).decide(call)
    assert not compiled(declared, Permissions().model_dump(by_alias=True, mode="json")).decide(call).allowed


def test_without_the_admin_s_part_the_wider_manifest_would_run(monkeypatch: pytest.MonkeyPatch) -> None:
    permissions = permission_set(accepted={})
    assert not permissions.decide(entity("Customer", "write")).allowed
    monkeypatch.setattr(permissions, "_accepted", None)
    assert permissions.decide(entity("Customer", "write")).allowed
