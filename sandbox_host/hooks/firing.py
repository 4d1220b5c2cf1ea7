"""Runs one hook in the run that set it off, and says what its end means for the write."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from sandbox_host.capabilities.base import Json
from sandbox_host.errors import HookRejected, RunError
from sandbox_host.guest import Guest, Shared, Thrown, actor_json
from sandbox_host.hooks.after import AfterHooks
from sandbox_host.hooks.chain import Chain
from sandbox_host.hooks.installed import Change, Installed, InstalledHook
from sandbox_host.hooks.writes import HookedWrites
from sandbox_host.records.unit_of_work import UnitOfWork
from sandbox_host.triggers.hooks import hook_trigger


class Hooks:
    """The hooks of a root run. after: those that wait for a commit.

    installs: whose hooks fire, of however many extensions, in this order. actor: who set the root off.
    """

    def __init__(self, shared: Shared, installs: Sequence[Installed], actor: str) -> None:
        self._shared = shared
        self._installs = installs
        self._actor = actor
        self._entities = frozenset(
            hook.entity for install in installs for hook in install.version.package.entrypoints.hooks
        )
        self.after = AfterHooks(shared, self.run)

    def any(self, entity: str) -> bool:
        """Whether a write of this entity may set off a hook."""
        return entity in self._entities

    def on(self, entity: str, event: str) -> list[InstalledHook]:
        """The hooks of that event, in the order in which they run."""
        return [
            InstalledHook(install, entity, event)
            for install in self._installs
            if install.version.package.entrypoints.hook(entity, event) is not None
        ]

    def views(self, entity: str) -> dict[str, UnitOfWork]:
        """The unit of work, as each install sees it that has hooks on this entity; by install."""
        return {
            install.origin.install: self._shared.unit_of(install)
            for install in self._installs
            if any(hook.entity == entity for hook in install.version.package.entrypoints.hooks)
        }

    def name(self, hook: InstalledHook) -> str:
        """What people are told which hook it is."""
        return hook.name_for(self._shared.unit.view.origin.install)

    def writes_of(self, install: Installed | None, chain: Chain) -> HookedWrites:
        """How a guest of this install writes, at this place in the chain; None for the person who set off the
        root."""
        root = actor_json(self._actor)
        actor: dict[str, Json] = root
        if install is not None:
            actor = {"type": "install", "id": install.origin.extension, "root": root}
        shared = self._shared
        unit = shared.unit if install is None else shared.unit_of(install)
        return HookedWrites(unit, shared.ledger, self, chain, actor)

    def run(self, hook: InstalledHook, change: Change, chain: Chain, actor: Mapping[str, Json]) -> Json:
        """Run a hook on a change; answers what it returned. chain: its own place.

        Raises HookRejected where a before-hook or a recalculation threw, Thrown where another did, and
        LimitError: limits are the whole run's.
        """
        shared, install = self._shared, hook.install
        shared.nested += 1
        number = shared.nested
        trigger = hook_trigger(
            install.version.package, hook.entity, hook.event, change.record, change.previous, actor
        )
        guest = Guest(
            shared,
            install,
            trigger,
            self.writes_of(install, chain),
            run=f"{shared.run}/{number}",
            actor=_audited(actor),
            seed=random.Random(f"{shared.seed}/{number}").getrandbits(128),
            nested=True,
        )
        part = {"part_of": shared.run, "depth": chain.depth}
        try:
            response = guest.run()
        except Thrown as thrown:
            if not trigger.rejects:
                guest.close(thrown.code, part)
                raise
            guest.close("hook_rejected", part)
            # Whoever wrote hears why, and need not be who may read the hook's secrets.
            why = shared.redactor.text(thrown.message)
            raise HookRejected(f"{self.name(hook)} rejected the write: {why}", thrown.stack) from thrown
        except RunError as error:
            guest.close(error.code, part)
            raise
        except BaseException:
            guest.close("host_error", part)
            raise
        guest.close("ok", part)
        return response.body


def _audited(actor: Mapping[str, Json]) -> str:
    """The actor as the audit names it: `install:acme for user:cli`."""
    name = f"{actor['type']}:{actor['id']}"
    root = actor.get("root")
    return f"{name} for {root['type']}:{root['id']}" if isinstance(root, dict) else name
