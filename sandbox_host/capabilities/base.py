"""What every capability looks like to the broker.

A capability is one file with one class. It turns a guest's arguments into an `Ask`: what to decide, what to
record, and how to perform it. It performs nothing until the broker, having decided and recorded, calls
`perform`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from policies.permissions import Call
from sandbox_host.records.writing import Write

__all__ = ["Args", "Ask", "Capability", "Json", "Write"]

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"
Args: TypeAlias = "dict[str, Json]"


@dataclass(frozen=True, slots=True)
class Ask:
    """One host call, understood and not yet decided.

    resource: what the call is about, as the audit and the `calls` list show it (no query, no value).
    needs: the questions for the policy; all must be allowed.
    perform: does it and returns the guest's answer; raises GuestError.
    effect: it changes something outside the run, so an observed run intercepts it.
    intercept: what an observed run does instead of `perform`; None where `perform` only stages.
    writes: how the report lists this effect; None where the unit of work keeps the list.
    refused: (rule, reason) where the arguments themselves break a rule of the policy, such as a URL's
    grammar: recorded and answered as a denial, never performed.
    """

    resource: str
    needs: tuple[Call, ...]
    perform: Callable[[], Json]
    effect: bool = False
    intercept: Callable[[], Json] | None = None
    writes: Write | None = None
    refused: tuple[str, str] | None = None


class Capability(Protocol):
    """A named set of actions that a guest may ask for."""

    name: str

    @property
    def actions(self) -> tuple[str, ...]:
        """All of them. The SDKs' methods and the reference are checked against this list."""
        ...

    def ask(self, action: str, args: Args) -> Ask:
        """Understand one call. Raises InvalidArgument for arguments of the wrong form, NotAvailable for an
        action that does not exist here."""
        ...
