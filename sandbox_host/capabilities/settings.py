"""`Settings`: the manifest's defaults, overlaid by what the admin set. Plain values, visible to admins."""

from __future__ import annotations

from collections.abc import Mapping

from policies.permissions import Call
from sandbox_host.capabilities.base import Args, Ask, Json
from sandbox_host.errors import InvalidArgument, NotAvailable


class SettingsCapability:
    """`Settings.get getAll`, for one run. values: defaults and overrides, merged."""

    name = "settings"
    actions = ("get", "getAll")

    def __init__(self, values: Mapping[str, Json]) -> None:
        self._values = dict(values)

    def ask(self, action: str, args: Args) -> Ask:
        needs = (Call(self.name, action),)
        if action == "getAll":
            return Ask("*", needs, lambda: dict(self._values))
        if action != "get":
            raise NotAvailable(f"Settings has no {action!r}; it has get and getAll")
        key = args.get("key")
        if type(key) is not str:
            raise InvalidArgument("key must be a string")
        return Ask(key, needs, lambda: self._values.get(key))
