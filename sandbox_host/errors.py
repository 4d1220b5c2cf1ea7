"""What can go wrong in a run, as one tree.

    RunError
    ├── GuestError         the guest may catch it: it has a name, a code and a message written for its author
    │   ├── PermissionDenied, NotAvailable, InvalidArgument, EgressBlocked, HttpTimeout, ResponseTooLarge
    │   └── ValidationError, NotFound, Conflict, HookRejected, HookDepth
    └── LimitError         ends the run; the guest cannot catch it
        ├── CpuLimit, WallLimit, MemoryLimit, StackLimit, CallLimit, SubrequestLimit, ResultTooLarge
        ├── NotSettled, GuestBroke
        └── WorkerLost

Messages cross to the guest as they are: they name the thing, the rule and the way out, and hold no path,
traceback, header or URL of the host's.
"""

from __future__ import annotations

import re


def snake_case(name: str) -> str:
    """`PermissionDenied` → `permission_denied`, the form that `code` has."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class RunError(Exception):
    """Base of everything a run can end with."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def name(self) -> str:
        return type(self).__name__

    @property
    def code(self) -> str:
        return snake_case(self.name)


class GuestError(RunError):
    """An error that crosses to the guest and can be caught there."""


class PermissionDenied(GuestError):
    """The manifest, or what the admin accepted of it, does not grant this."""


class NotAvailable(GuestError):
    """This exists elsewhere, not here: outside a connector, or while a bundle is evaluated."""


class InvalidArgument(GuestError):
    """An argument has the wrong type or form."""


class EgressBlocked(GuestError):
    """The policy allowed the URL, but nothing may be reached there."""


class HttpTimeout(GuestError):
    """The exchange did not end within its time."""


class ResponseTooLarge(GuestError):
    """The provider's answer is over the cap, raw or decoded."""


class ValidationError(GuestError):
    """A record or payload breaks its contract; the message names the path."""


class NotFound(GuestError):
    """No such record for this tenant."""


class Conflict(GuestError):
    """Somebody else changed it, or the key already belongs to something else."""


class HookRejected(GuestError):
    """A before-hook refused the write; the message names the hook and says why.

    stack: where the hook threw, in its author's files. It stays in the host.
    """

    def __init__(self, message: str, stack: str | None = None) -> None:
        super().__init__(message)
        self.stack = stack


class HookDepth(GuestError):
    """Hooks that write set off hooks that write, too deep."""


class LimitError(RunError):
    """Ends the run. The guest never sees it.

    module: the file that was being loaded, where a bundle was evaluated; None elsewhere.
    """

    module: str | None = None


class CpuLimit(LimitError):
    """The guest used up its CPU time."""


class WallLimit(LimitError):
    """The run did not end within its wall time."""


class MemoryLimit(LimitError):
    """The guest asked for more memory than its budget."""


class StackLimit(LimitError):
    """The guest recursed past the engine's stack."""


class CallLimit(LimitError):
    """The guest made more host calls than its budget."""


class SubrequestLimit(LimitError):
    """The guest made more HTTP requests than its budget."""


class ResultTooLarge(LimitError):
    """What the guest sent (its result, or one host call) is over the cap."""


class NotSettled(LimitError):
    """The handler's promise waits for something that can never happen."""


class GuestBroke(LimitError):
    """The guest broke the runtime it runs on, so that it could not report a result."""


class WorkerLost(LimitError):
    """The worker process died, or broke its protocol, while it ran this."""


def limit_error(name: str, message: str, module: str | None = None) -> LimitError:
    """The limit error with this name; an unknown name is a worker that does not keep its protocol."""
    found = _LIMITS.get(name)
    error = found(message) if found else WorkerLost(f"the worker reported an unknown end: {name[:40]!r}")
    error.module = module
    return error


_LIMITS = {each.__name__: each for each in LimitError.__subclasses__()}
