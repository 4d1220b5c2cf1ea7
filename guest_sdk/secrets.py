"""`Secrets`: the secrets that the manifest names."""

from __future__ import annotations

import builtins

from guest_sdk._runtime.host import ask

__all__ = ["Secrets", "SecretsApi"]


class SecretsApi:
    """The secrets that the manifest names: the connection's, else the install's. Values never appear in logs.

    Raises PermissionDenied for a name that the manifest does not grant, whether or not it exists.
    """

    __slots__ = ()

    def get(self, name: str) -> str | None:
        """The value, or None while none is set."""
        return ask("secrets", "get", {"name": name})

    def set(self, name: str, value: str) -> None:
        """Needs `write`. Stays, whatever the run ends with."""
        ask("secrets", "set", {"name": name}, {"value": value})

    def delete(self, name: str) -> bool:
        """Needs `write`. False where none was set."""
        return ask("secrets", "delete", {"name": name})

    def has(self, name: str) -> bool:
        """Whether one is set."""
        return ask("secrets", "has", {"name": name})

    def list(self) -> builtins.list[str]:
        """The names that are set, among those the manifest grants."""
        return ask("secrets", "list")


Secrets = SecretsApi()
"""The secrets that the manifest names."""
