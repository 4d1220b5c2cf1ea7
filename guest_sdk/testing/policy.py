"""What the project's manifest allows, asked one call at a time: the host's rules, for one manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from guest_sdk.testing.urls import Url, grants, grants_host

Verb: TypeAlias = Literal["read", "write"]
Json: TypeAlias = Mapping[str, Any]

_CONNECTOR_ONLY = ("sync", "ingest", "oauth")
_UNRESTRICTED = "no permissions are given to this test"


@dataclass(frozen=True, slots=True)
class Decision:
    allowed: bool
    rule: str
    reason: str


class Policy:
    """permissions: without them everything is allowed. manifest: without one it is a connector."""

    def __init__(self, permissions: Json | None, manifest: Json | None) -> None:
        self._permissions = permissions
        self.is_connector = manifest is None or manifest.get("provider") is not None

    def capability(self, name: str) -> Decision:
        """May this capability be used at all?"""
        if name in _CONNECTOR_ONLY and not self.is_connector:
            return deny("connector_only", f"{name} exists in a connector only; see defineConnector")
        return allow("always", f"{name} needs no permission")

    def entity(self, entity: str, verb: Verb) -> Decision:
        return self._verb("entities", "entity", entity, verb)

    def secret(self, name: str, verb: Verb) -> Decision:
        return self._verb("secrets", "secret", name, verb)

    def lists_secret(self, name: str) -> bool:
        """May `Secrets.list` speak of this one?"""
        return self._permissions is None or name in self._block("secrets")

    def http(self, url: Url) -> Decision:
        if self._permissions is None:
            return allow("always", _UNRESTRICTED)
        patterns = [entry if isinstance(entry, str) else str(entry["url"]) for entry in self._http()]
        for index, pattern in enumerate(patterns):
            if grants(pattern, url):
                return allow(f"permissions.http[{index}]", f"granted by {pattern}")
        if any(grants_host(pattern, url.host) for pattern in patterns):
            return deny(
                "unknown_host",
                f"permissions.http lists {url.host}, but not this path or port; add it to the manifest",
            )
        host = url.host if url.port == 443 else f"{url.host}:{url.port}"
        return deny(
            "unknown_host", f'{host} is not in permissions.http; add "https://{host}/*" to the manifest'
        )

    def reads_method(self, url: Url, method: str) -> bool:
        """Does this method on this URL only read (`{url, reads}`)?"""
        return any(
            not isinstance(entry, str)
            and grants(str(entry["url"]), url)
            and method in (entry.get("reads") or ())
            for entry in self._http()
        )

    def secret_may_reach(self, name: str, host: str) -> bool:
        """May this secret's value be sent to this host?"""
        hosts: Sequence[str] | None = self._block("secretHosts").get(name)
        return hosts is None or any(grants_host(f"https://{bound}", host) for bound in hosts)

    def _block(self, name: str) -> Json:
        return (self._permissions or {}).get(name) or {}

    def _http(self) -> Sequence[str | Json]:
        return (self._permissions or {}).get("http") or ()

    def _verb(self, block: str, noun: str, name: str, verb: Verb) -> Decision:
        if self._permissions is None:
            return allow("always", _UNRESTRICTED)
        verbs: Sequence[str] | None = self._block(block).get(name)
        if verbs is None:
            reason = f"permissions.{block} does not list the {noun} '{name[:80]}'; add it to the manifest"
            return deny(f"unknown_{noun}", reason)
        if verb not in verbs:
            reason = f'permissions.{block}.{name} does not list "{verb}"; add it to the manifest'
            return deny(f"{verb}_not_granted", reason)
        return allow(f"permissions.{block}.{name}", f"granted by permissions.{block}.{name}")


def allow(rule: str, reason: str) -> Decision:
    return Decision(True, rule, reason)


def deny(rule: str, reason: str) -> Decision:
    return Decision(False, rule, reason)
