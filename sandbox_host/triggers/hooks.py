"""Hooks: an entity's write, as a handler sees it."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox_host.capabilities.base import Json
from sandbox_host.packages.package import Package
from sandbox_host.triggers.base import NoSuchEntrypoint, NotAccepted, Trigger


def hook_trigger(
    package: Package,
    entity: str,
    event: str,
    record: Mapping[str, Json] | None,
    previous: Mapping[str, Json] | None,
    actor: Mapping[str, Json],
) -> Trigger:
    """A run of the hook on `entity` for `event` (`before_save`).

    record: the entity after the change; for before-hooks the proposed one. previous: as it was, None on
    create. Raises NoSuchEntrypoint listing the hooks there are, NotAccepted without a record.
    """
    event = event.replace("-", "_")
    hook = package.entrypoints.hook(entity, event)
    if hook is None:
        known = ", ".join(f"hook:{one.entity}:{one.event}" for one in package.entrypoints.hooks) or "none"
        raise NoSuchEntrypoint(f"no hook {entity}:{event}; there are: {known}")
    if record is None:
        raise NotAccepted(
            f"hook:{entity}:{event} needs the entity it runs on; the command line takes it as --entity"
        )
    deleting = event.endswith("_delete")
    return Trigger(
        kind="hook",
        label=f"hook:{entity}:{event}",
        file=hook.file,
        export="default",
        input={
            "entity": dict(record),
            "entityType": entity,
            "operation": "delete" if deleting else "create" if previous is None else "update",
            "previous": dict(previous) if previous is not None else None,
            "changes": _changes(record, previous),
            "actor": dict(actor),
        },
        ends="atomic",
    )


def _changes(record: Mapping[str, Json], previous: Mapping[str, Json] | None) -> list[Json]:
    before = previous or {}
    names = sorted(record.keys() | before.keys())
    return [name for name in names if record.get(name) != before.get(name)]
