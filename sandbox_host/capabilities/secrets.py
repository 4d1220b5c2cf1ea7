"""`Secrets`: the named values that the manifest grants, of this connection or else of this install.

What a guest reads is told to the redactor first, so that it cannot appear in anything the host writes. In a
live run `set` and `delete` are stored at the call and stay, whatever happens next: a rotated token must not be
lost. Under observe they stay in the run's overlay.
"""

from __future__ import annotations

from collections.abc import Callable

from policies.permissions import Call
from sandbox_host.capabilities.base import Args, Ask, Json, Write
from sandbox_host.errors import InvalidArgument, NotAvailable
from sandbox_host.redaction import Redactor
from sandbox_host.vault import SecretsView

MAX_VALUE_BYTES = 64 * 1024
MAX_SET = 50
MAX_SET_BYTES = 256 * 1024
"""How many values a run may set, and how much in all: each is looked for in everything that the run shows."""


class SecretsCapability:
    """`Secrets.get set delete has list`, for one run.

    granted: the names that `list` may speak of; it answers those that are set.
    """

    name = "secrets"
    actions = ("get", "set", "delete", "has", "list")

    def __init__(self, view: SecretsView, redactor: Redactor, granted: tuple[str, ...]) -> None:
        self._view = view
        self._redactor = redactor
        self._granted = frozenset(granted)
        self._set_count = 0
        self._set_bytes = 0

    def ask(self, action: str, args: Args) -> Ask:
        if action == "list":
            return Ask("*", (Call(self.name, action),), self._list)
        name = args.get("name")
        if type(name) is not str:
            raise InvalidArgument("name must be a string")
        if action in ("get", "has"):
            reads: dict[str, Callable[[], Json]] = {
                "get": lambda: self._get(name),
                "has": lambda: self._view.has(name),
            }
            return Ask(name, (Call(self.name, action, secret=name, needs="read"),), reads[action])
        needs = (Call(self.name, action, secret=name, needs="write"),)
        written = Write("secret", action, None, name, None)
        if action == "delete":
            return Ask(name, needs, lambda: self._view.delete(name), effect=True, writes=written)
        if action != "set":
            raise NotAvailable(f"Secrets has no {action!r}; it has get, set, delete, has and list")
        value = args.get("value")
        if type(value) is not str:
            raise InvalidArgument("value must be a string")
        if len(value.encode()) > MAX_VALUE_BYTES:
            raise InvalidArgument(f"value must be at most {MAX_VALUE_BYTES} bytes")
        return Ask(name, needs, lambda: self._set(name, value), effect=True, writes=written)

    def _list(self) -> Json:
        return [name for name in self._view.names() if name in self._granted]

    def _get(self, name: str) -> str | None:
        value = self._view.get(name)
        if value is not None:
            self._redactor.learn(name, value)
        return value

    def _set(self, name: str, value: str) -> None:
        self._set_count += 1
        self._set_bytes += len(value.encode())
        if self._set_count > MAX_SET or self._set_bytes > MAX_SET_BYTES:
            raise InvalidArgument(
                f"a run sets at most {MAX_SET} secrets, of {MAX_SET_BYTES // 1024} KiB in all"
            )
        self._redactor.learn(name, value)
        self._view.set(name, value)
