"""What a host call raises, as one tree.

    BackfillError
    ├── PermissionDenied    the manifest, or what the admin accepted of it, does not grant this
    ├── NotAvailable        this exists elsewhere, not here: outside a connector, or while a module is loaded
    ├── InvalidArgument     an argument has the wrong type or form
    ├── EgressBlocked       the policy allowed the URL, but nothing may be reached there
    ├── HttpTimeout         the exchange did not end within its time
    ├── ResponseTooLarge    the provider's answer is over the cap
    ├── ValidationError     a record or payload breaks its contract; the message names the path
    ├── NotFound            no such record
    ├── Conflict            somebody else changed it, or the key already belongs to something else
    ├── HookRejected        a before-hook refused the write
    └── HookDepth           hooks that write set off hooks that write, too deep

Limits (CPU, memory, the number of calls, …) are not among them: they end the run and cannot be caught.
"""

from __future__ import annotations

import re

__all__ = [
    "BackfillError",
    "Conflict",
    "EgressBlocked",
    "HookDepth",
    "HookRejected",
    "HttpTimeout",
    "InvalidArgument",
    "NotAvailable",
    "NotFound",
    "PermissionDenied",
    "ResponseTooLarge",
    "ValidationError",
]


class BackfillError(Exception):
    """Base of everything that a host call raises.

    `name` is the error's name in every language, `code` the same in snake case, `message` a text for people.
    """

    def __init__(self, message: str, *, name: str | None = None, code: str | None = None) -> None:
        """name, code: where they are not the class's own."""
        super().__init__(message)
        self._name = name or type(self).__name__
        self._code = code or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self._name).lower()
        self._message = message

    @property
    def name(self) -> str:
        """`PermissionDenied`."""
        return self._name

    @property
    def code(self) -> str:
        """`permission_denied`."""
        return self._code

    @property
    def message(self) -> str:
        """Names the thing, the rule and the way out."""
        return self._message


class PermissionDenied(BackfillError):
    """The manifest, or what the admin accepted of it, does not grant this."""


class NotAvailable(BackfillError):
    """This exists elsewhere, not here: outside a connector, or while a module is loaded."""


class InvalidArgument(BackfillError):
    """An argument has the wrong type or form; the message names it."""


class EgressBlocked(BackfillError):
    """The policy allowed the URL, but nothing may be reached there."""


class HttpTimeout(BackfillError):
    """The exchange did not end within its time."""


class ResponseTooLarge(BackfillError):
    """The provider's answer is over the cap, raw or decoded."""


class ValidationError(BackfillError):
    """A record or payload breaks its contract; the message names the path."""


class NotFound(BackfillError):
    """No such record."""


class Conflict(BackfillError):
    """Somebody else changed it, or the key already belongs to something else."""


class HookRejected(BackfillError):
    """A before-hook refused the write; the message names the hook and says why."""


class HookDepth(BackfillError):
    """Hooks that write set off hooks that write, too deep."""
