"""One run: what its handler, and the hooks that its writes set off, have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, TypeVar

from guest_sdk.testing import guest
from guest_sdk.testing.discover import Hook
from guest_sdk.testing.door import CallRecord, Door
from guest_sdk.testing.errors import LimitReached, Refused
from guest_sdk.testing.hooks.after import AfterHooks
from guest_sdk.testing.hooks.chain import Chain
from guest_sdk.testing.hooks.hook import Change, Thrown, context_of
from guest_sdk.testing.hooks.writes import HookedWrites
from guest_sdk.testing.logs import Logs
from guest_sdk.testing.records.table import Write
from guest_sdk.testing.records.values import Fields, Value
from guest_sdk.testing.world import Credentials, World

T = TypeVar("T")
Ends: TypeAlias = Literal["atomic", "immediate"]
"""`atomic`: every write, or none. `immediate`: each is committed at its call."""
Limit: TypeAlias = Literal["CallLimit", "SubrequestLimit"]

_MOST: dict[Limit, tuple[int, str]] = {
    "CallLimit": (1000, "host calls"),
    "SubrequestLimit": (50, "HTTP requests"),
}

PERSON: Fields = {"type": "user", "id": "test"}
"""Who makes a test's calls."""


class Run:
    """before: the failed attempt of a job that this one goes on after; one report tells of both.

    writes: the effects of the run, in the order of the calls. limit: the one that the run hit.
    """

    def __init__(self, world: World, ends: Ends, before: Run | None = None) -> None:
        self.world = world
        self.calls: list[CallRecord] = before.calls if before else []
        self.writes: list[Write] = before.writes if before else []
        self.logs = Logs(world)
        self.after = AfterHooks(self)
        self.limit: LimitReached | None = None
        self._ends: Ends = ends
        self._base = len(world.records.writes)
        self._collected: list[Write] = []
        self._spent: dict[Limit, int] = {"CallLimit": 0, "SubrequestLimit": 0}
        self._grouped = False

    def door(self, chain: Chain, actor: Fields, credentials: Credentials | None = None) -> Door:
        """The door of the guest that the run begins with. actor: who hooks are told that wrote."""
        return Door(self, HookedWrites(self, chain, actor), credentials or self.world.connected)

    def fire(self, hook: Hook, change: Change, chain: Chain, actor: Fields) -> Value:
        """Run a hook on a change; answers what it returned.

        Raises Refused where one before a write raised, Thrown where another did, LimitReached.
        """
        world = self.world
        assert world.modules is not None
        door = self.door(chain, script_actor(world.extension), world.unconnected)
        handler = world.modules.function(hook.file, hook.event)
        place = (hook.file, "default")
        ended = guest.run("hook", place, handler, context_of(hook, change, actor), door.answer)
        if self.limit is not None:
            raise self.limit
        if ended.error is None:
            return ended.body
        if not hook.rejects:
            raise Thrown(ended.error)
        why = world.redactor.text(ended.error.message)
        raise Refused("HookRejected", f"{hook.label} rejected the write: {why}")

    def whole(self, write: Callable[[], T]) -> T:
        """Make a write and what its hooks write, or none of it. Where writes commit at their call, this one does, and
        the hooks after it run."""
        answer = self.together(write)
        if self._ends == "immediate" and not self._grouped:
            self.after.run_all()
        return answer

    def together(self, block: Callable[[], T]) -> T:
        """A block of writes that stays whole or is taken back whole: the records, the list of them, and the hooks that
        wait for them."""
        records = self.world.records
        take_back, forget, written = records.savepoint(), self.after.savepoint(), len(records.writes)
        outer, self._grouped = self._grouped, True
        try:
            answer = block()
            self.collect_writes()
            return answer
        except BaseException:
            take_back()
            forget()
            del records.writes[written:]
            gone = set(self._collected[written - self._base :])
            del self._collected[written - self._base :]
            self.writes[:] = [write for write in self.writes if write not in gone]
            raise
        finally:
            self._grouped = outer

    def collect_writes(self) -> None:
        """Add what the records have listed since the last time."""
        fresh = self.world.records.writes[self._base + len(self._collected) :]
        self.writes += fresh
        self._collected += fresh

    def spend(self, limit: Limit) -> LimitReached | None:
        """Count one more against the run's budget; answers the limit that is over."""
        self._spent[limit] += 1
        most, what = _MOST[limit]
        if self._spent[limit] > most:
            self.limit = LimitReached(limit, f"more than {most} {what} in one run")
        return self.limit


def script_actor(extension: str) -> Fields:
    """A script as hooks are told of it: its install, with who set off the run beside it."""
    return {"type": "install", "id": extension, "root": PERSON}
