"""What a version may do: `min(what its manifest declares, what an admin accepted)`, asked one call at a time.

1. `log`, `settings`, `verify` and `crypto` are always allowed.
2. `sync`, `ingest` and `oauth` exist in a connector only.
3. HTTP needs an entry of `permissions.http` that matches the URL.
4. Entities and ingests need the verb on that entity; secrets need the verb on that name.
5. Whatever the manifest allows and the admin has not accepted yet is denied as `awaiting_consent`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from policies.manifest import HttpPermission, Manifest, Permissions
from policies.urls import Url, UrlPattern

Verb: TypeAlias = Literal["read", "write"]

_ALWAYS = frozenset({"log", "settings", "verify", "crypto"})
_CONNECTOR_ONLY = frozenset({"sync", "ingest", "oauth"})


@dataclass(frozen=True, slots=True)
class Call:
    """One question to the policy.

    needs: the verb, for entity, ingest and secret calls. url, method: for HTTP.
    """

    capability: str
    action: str
    entity: str | None = None
    needs: Verb | None = None
    secret: str | None = None
    url: Url | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """rule: what allows it (`permissions.http[0]`, `permissions.secrets.api_key`, `always`) or denies it."""

    allowed: bool
    rule: str
    reason: str


class PermissionSet:
    """The permissions of one running version, compiled once. Immutable and safe to share between threads."""

    def __init__(self, declared: _Grants, accepted: _Grants | None, connector: bool) -> None:
        self._declared = declared
        self._accepted = accepted
        self.connector = connector

    @classmethod
    def compile(cls, manifest: Manifest, accepted: Permissions | None = None) -> PermissionSet:
        """accepted: what the admin accepted; None where the manifest was accepted as it is."""
        grants = None if accepted is None else _Grants(accepted)
        return cls(_Grants(manifest.permissions), grants, manifest.is_connector)

    def decide(self, call: Call) -> Decision:
        """May this call be made? Reasons are written for the extension's author."""
        if call.capability in _CONNECTOR_ONLY and not self.connector:
            return _deny(
                "connector_only", f"{call.capability} exists in a connector only; see defineConnector"
            )
        decision = self._declared.decide(call)
        if not decision.allowed or self._accepted is None or self._accepted.decide(call).allowed:
            return decision
        asked = f"{decision.rule} is declared by this version, and waits for an admin to accept it"
        return _deny("awaiting_consent", asked)

    def reads_method(self, url: Url, method: str) -> bool:
        """Do manifest and admin both say that this method on this URL only reads (`{url, reads}`)?"""
        plain = method.upper()
        return all(grants.reads_method(url, plain) for grants in (self._declared, self._accepted) if grants)

    def secret_may_reach(self, name: str, host: str) -> bool:
        """May this secret's value be sent to this host? True where `secretHosts` does not bind it."""
        return all(grants.binds(name, host) for grants in (self._declared, self._accepted) if grants)

    def secret_names(self) -> tuple[str, ...]:
        """The names that `Secrets.list` may speak of, sorted."""
        names = self._declared.secrets.keys()
        return tuple(sorted(names if self._accepted is None else names & self._accepted.secrets.keys()))

    def hosts(self) -> tuple[str, ...]:
        """The hosts that the manifest names, as it writes them: `api.example.com`, `*.example.com`."""
        return self._declared.hosts


class _Grants:
    """One `permissions` block, indexed."""

    def __init__(self, permissions: Permissions) -> None:
        self.entities = {name: frozenset(verbs) for name, verbs in permissions.entities.items()}
        self.secrets = {name: frozenset(verbs) for name, verbs in permissions.secrets.items()}
        self._http = _HttpGrants(permissions.http)
        self.hosts = self._http.hosts
        self._secret_hosts = permissions.secret_hosts

    def decide(self, call: Call) -> Decision:
        if call.capability in _ALWAYS or call.capability in ("sync", "oauth"):
            return Decision(True, "always", f"{call.capability} needs no permission")
        if call.capability == "http":
            return self._http.decide(call.url)
        if call.capability == "secrets":
            return self._decide_secret(call)
        if call.capability in ("entity", "ingest"):
            return _decide_verb("entities", "entity", self.entities, call.entity, call.needs)
        return _deny("unknown_capability", f"there is no capability {call.capability!r}")

    def _decide_secret(self, call: Call) -> Decision:
        if call.action == "list" and call.secret is None:
            return Decision(True, "always", "the list holds granted names only")
        return _decide_verb("secrets", "secret", self.secrets, call.secret, call.needs)

    def reads_method(self, url: Url, method: str) -> bool:
        return any(method in grant.reads for _, _, grant in self._http.matching(url))

    def binds(self, name: str, host: str) -> bool:
        hosts = self._secret_hosts.get(name)
        if hosts is None:
            return True
        return any(host.endswith(bound[1:]) if bound.startswith("*.") else host == bound for bound in hosts)


class _HttpGrants:
    """`permissions.http`, grouped by host: a decision does not depend on how many entries there are."""

    def __init__(self, grants: tuple[HttpPermission, ...]) -> None:
        self._exact: dict[str, list[tuple[int, UrlPattern, HttpPermission]]] = {}
        self._under: dict[str, list[tuple[int, UrlPattern, HttpPermission]]] = {}
        for index, grant in enumerate(grants):
            pattern = UrlPattern.parse(grant.url)
            group = self._under if pattern.wildcard else self._exact
            group.setdefault(pattern.host, []).append((index, pattern, grant))
        self.hosts = (*self._exact, *(f"*.{host}" for host in self._under))

    def decide(self, url: Url | None) -> Decision:
        if url is None:
            return _deny("unknown_host", "the call names no URL")
        found = next(self.matching(url), None)
        if found is not None:
            index, pattern, _ = found
            return Decision(True, f"permissions.http[{index}]", f"granted by {pattern.text}")
        host = url.host if url.port == 443 else f"{url.host}:{url.port}"
        if any(True for _ in self._candidates(url.host)):
            return _deny(
                "unknown_host",
                f"permissions.http lists {url.host}, but not this path or port; add it to the manifest",
            )
        return _deny(
            "unknown_host", f'{host} is not in permissions.http; add "https://{host}/*" to the manifest'
        )

    def matching(self, url: Url) -> Iterator[tuple[int, UrlPattern, HttpPermission]]:
        """Grants that match the URL: of its exact host first, then of the nearest domain above it."""
        return (entry for entry in self._candidates(url.host) if entry[1].matches(url))

    def _candidates(self, host: str) -> Iterator[tuple[int, UrlPattern, HttpPermission]]:
        yield from self._exact.get(host, ())
        while self._under and host:
            host = host.partition(".")[2]
            yield from self._under.get(host, ())


def _decide_verb(
    block: str, noun: str, grants: Mapping[str, frozenset[Verb]], name: str | None, needs: Verb | None
) -> Decision:
    verbs = grants.get(name or "")
    if name is None or verbs is None:
        reason = f"permissions.{block} does not list the {noun} {_quoted(name)}; add it to the manifest"
        return _deny(f"unknown_{noun}", reason)
    if needs not in verbs:
        needed = needs or "read"
        reason = f'permissions.{block}.{name} does not list "{needed}"; add it to the manifest'
        return _deny(f"{needed}_not_granted", reason)
    return Decision(True, f"permissions.{block}.{name}", f"granted by permissions.{block}.{name}")


def _quoted(name: str | None) -> str:
    return ascii((name or "")[:80])


def _deny(rule: str, reason: str) -> Decision:
    return Decision(False, rule, reason)
