"""`Settings`: the manifest's `config`, overlaid with what the admin entered."""

from __future__ import annotations

from typing import Any

from guest_sdk._runtime.host import ask

__all__ = ["Settings", "SettingsApi"]


class SettingsApi:
    """The manifest's `config`, overlaid with what the admin entered."""

    __slots__ = ()

    def get(self, key: str) -> Any:
        """One setting; None where there is none of that name."""
        return ask("settings", "get", {"key": key})

    def get_all(self) -> dict[str, Any]:
        """All of them, by name."""
        return ask("settings", "getAll")


Settings = SettingsApi()
"""The manifest's `config`, overlaid with what the admin entered."""
