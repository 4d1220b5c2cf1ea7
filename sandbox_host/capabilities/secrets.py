"""`Secrets`: the named values that the manifest grants, of this connection or else of this install.

What a guest reads is told to the redactor first, so that it cannot appear in anything the host writes. In a
live run `set` and `delete` are stored at the call and stay, whatever happens next: a rotated token must not be
lost. Under observe they stay in the run's overlay.
"""

from __future__ import annotations

from collections.abc import Callable

from policies.permissions import Call
from sandbox_host.capabilities.base import Args, Ask, Json
from sandbox_host.errors import InvalidArgument, NotAvailable
from sandbox_host.redaction import Redactor
from sandbox_host.records.unit_of_work import Write
from sandbox_host.vault import SecretsView

MAX_VALUE_BYTES = 64 * 1024


class SecretsCapability:
    """`Secrets.get set delete has list`, for one run.

    readable: the names that the grants let this run read; `list` answers those that are set. writes: what this
    run set or deleted, without values.
    """

    name = "secrets"

    def __init__(self, view: SecretsView, redactor: Redactor, readable: frozenset[str], observe: bool) -> None:
        self.writes: list[Write] = []
        self._view = view
        self._redactor = redactor
        self._readable = readable
        self._observe = observe

    def ask(self, action: str, args: Args) -> Ask:
        if action == "list":
            needs = (Call(self.name, action),)
            return Ask("*", needs, lambda: [name for name in self._view.names() if name in self._readable])
        name = args.get("name")
        if type(name) is not str:
            raise InvalidArgument("name must be a string")
        if action in ("get", "has"):
            read: dict[str, Callable[[], Json]] = {"get": lambda: self._get(name), "has": lambda: self._view.has(name)}
            return Ask(name, (Call(self.name, action, secret=name, needs="read"),), read[action])
        write = Call(self.name, action, secret=name, needs="write")
        if action == "delete":
            return Ask(name, (write,), lambda: self._delete(name), effect=True)
        if action != "set":
            raise NotAvailable(f"Secrets has no {action!r}; it has get, set, delete, has and list")
        value = args.get("value")
        if type(value) is not str:
            raise InvalidArgument("value must be a string")
        if len(value.encode()) > MAX_VALUE_BYTES:
            raise InvalidArgument(f"value must be at most {MAX_VALUE_BYTES} bytes")
        return Ask(name, (write,), lambda: self._set(name, value), effect=True)

    def _get(self, name: str) -> str | None:
        value = self._view.get(name)
        if value is not None:
            self._redactor.learn(name, value)
        return value

    def _set(self, name: str, value: str) -> None:
        self._redactor.learn(name, value)
        self._view.set(name, value)
        self._note("set", name)

    def _delete(self, name: str) -> bool:
        existed = self._view.delete(name)
        self._note("delete", name)
        return existed

    def _note(self, action: str, name: str) -> None:
        self.writes.append(Write("secret", action, None, name, None, committed=not self._observe))
