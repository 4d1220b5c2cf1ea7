"""The hooks after a write: they wait for its commit, and what they throw goes to the logs only.

Each is a unit of work of its own, all or nothing. What it writes sets off hooks like any write, and those after it
join the end of the queue, one deeper.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sandbox_host.capabilities.base import Json
from sandbox_host.errors import CallLimit, Conflict, CpuLimit, RunError, WallLimit
from sandbox_host.guest import Shared, Thrown
from sandbox_host.hooks.chain import Chain
from sandbox_host.hooks.installed import Change, InstalledHook
from sandbox_host.records.store import StaleRead

SPENT = (CallLimit, WallLimit, CpuLimit)
"""What the hooks of a run share: after one of these, no further hook could do anything."""

Run = Callable[[InstalledHook, Change, Chain, Mapping[str, Json]], Json]


@dataclass(frozen=True, slots=True)
class _Waiting:
    hook: InstalledHook
    change: Change
    chain: Chain
    actor: Mapping[str, Json]


class AfterHooks:
    """The queue of one root run. run_hook: runs one; see sandbox_host.hooks.firing."""

    def __init__(self, shared: Shared, run_hook: Run) -> None:
        self._shared = shared
        self._run_hook = run_hook
        self._waiting: deque[_Waiting] = deque()

    def later(self, hook: InstalledHook, change: Change, chain: Chain, actor: Mapping[str, Json]) -> None:
        """Run this hook once the write that sets it off is committed."""
        self._waiting.append(_Waiting(hook, change, chain, actor))

    @contextmanager
    def together(self, *, commit: bool = False) -> Iterator[None]:
        """A block of writes that stays whole or is taken back whole: the records, the report of them, and the
        hooks that wait for them. See UnitOfWork.together."""
        shared = self._shared
        written, waiting = len(shared.unit.writes), list(self._waiting)
        try:
            with shared.unit.together(commit=commit):
                yield
        except BaseException:
            shared.ledger.take_back(written)
            self._waiting = deque(waiting)
            raise

    def run(self) -> None:
        """Run what waits, and what comes of that, until nothing waits. Whatever happens is logged."""
        while self._waiting:
            one = self._waiting.popleft()
            try:
                self._run(one)
            except SPENT as limit:
                self._failed(one, limit.name, limit.message)
                if self._waiting:
                    self._shared.note("error", f"{len(self._waiting)} more after-hooks were not run")
                self._waiting.clear()
            except (RunError, Thrown) as error:
                self._failed(one, error.name, error.message, getattr(error, "stack", None))

    def _run(self, one: _Waiting) -> None:
        ledger = self._shared.ledger
        for _ in range(2):
            sent = ledger.effects_sent
            try:
                with self.together(commit=True):
                    self._run_hook(one.hook, one.change, one.chain, one.actor)
                    ledger.collect_writes()
                return
            except StaleRead:
                if ledger.effects_sent != sent:
                    break
        raise Conflict("what this hook read was changed meanwhile, so what it wrote was dropped")

    def _failed(self, one: _Waiting, name: str, message: str, stack: str | None = None) -> None:
        data: dict[str, Json] = {"record": one.change.record["id"], "stack": stack}
        hook = one.hook.name_for(self._shared.unit.view.origin.install)
        self._shared.note("error", f"{hook} failed: {name}: {message}", data)
