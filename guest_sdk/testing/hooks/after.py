"""The hooks after a write: they wait for its commit, and what they raise goes to the logs only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guest_sdk.testing.discover import Hook
from guest_sdk.testing.errors import LimitReached, Refused
from guest_sdk.testing.hooks.chain import Chain
from guest_sdk.testing.hooks.hook import Change, Thrown
from guest_sdk.testing.records.values import Fields

if TYPE_CHECKING:
    from guest_sdk.testing.run import Run


@dataclass(frozen=True, slots=True)
class _Waiting:
    hook: Hook
    change: Change
    chain: Chain
    actor: Fields


class AfterHooks:
    """The queue of one run. What an after-hook's writes set off joins its end."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._waiting: list[_Waiting] = []

    def later(self, hook: Hook, change: Change, chain: Chain, actor: Fields) -> None:
        self._waiting.append(_Waiting(hook, change, chain, actor))

    def savepoint(self) -> Callable[[], None]:
        """A function that takes back what joins from here on."""
        copy = list(self._waiting)

        def take_back() -> None:
            self._waiting = copy

        return take_back

    def run_all(self) -> None:
        """Run what waits, and what comes of that, until nothing waits. Whatever happens is logged."""
        while self._waiting:
            self._run_one(self._waiting.pop(0))

    def _run_one(self, one: _Waiting) -> None:
        try:
            self._run.together(lambda: self._run.fire(one.hook, one.change, one.chain, one.actor))
        except Thrown as thrown:
            error = thrown.error
            self._note(one, f"{error.name}: {error.message}", error.stack)
        except Refused as refused:
            self._note(one, f"{refused.name}: {refused.message}")
        except LimitReached as limit:
            self._note(one, f"{limit.name}: {limit.message}")
            self._give_up()

    def _note(self, one: _Waiting, why: str, stack: str | None = None) -> None:
        data: Fields = {"record": one.change.record.get("id"), "stack": stack}
        self._run.logs.note("error", f"{one.hook.label} failed: {why}", data)

    def _give_up(self) -> None:
        """What the hooks of a run share is spent: no further one could do anything."""
        left = len(self._waiting)
        if left:
            self._run.logs.note("error", f"{left} more after-hooks were not run", None)
        self._waiting = []
        self._run.limit = None
