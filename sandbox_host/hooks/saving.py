"""A write that a person makes, whole: what `backfill invoke hook:… --save` performs around the hook."""

from __future__ import annotations

from sandbox_host.capabilities.base import Json
from sandbox_host.hooks.writes import HookedWrites
from sandbox_host.records.row import SYSTEM_TYPES
from sandbox_host.records.unit_of_work import UnitOfWork
from sandbox_host.triggers.base import Save

Record = dict[str, Json]


def perform(save: Save, unit: UnitOfWork, writes: HookedWrites) -> Json:
    """Make the write that sets off the hooks of `save.event`, and answer what it left: the record, or for a delete
    whether there was one.

    A record that has to be there and is not, by its id or its source id, is stored first, as `previous` says,
    without hooks. Raises GuestError.
    """
    name = save.event.partition("_")[2]
    if name in ("delete", "post", "approve"):
        record = _found(unit, save, save.previous or save.record)
        if name == "delete":
            return writes.delete(save.entity, record)
        return writes.action(save.entity, record, name)
    if save.previous is None and _known(unit, save.entity, save.record) is None:
        return writes.create(save.entity, _new(save.record))
    record = _found(unit, save, save.previous or save.record)
    gone = (save.previous or {}).keys() - save.record.keys()
    body = {key: value for key, value in save.record.items() if key not in SYSTEM_TYPES}
    return writes.update(save.entity, record, body | dict.fromkeys(gone - SYSTEM_TYPES.keys()))


def _found(unit: UnitOfWork, save: Save, wanted: Record) -> str:
    """The id of the record that the write is about, which is stored first if there is none."""
    known = _known(unit, save.entity, wanted)
    if known is not None:
        return known
    return str(unit.create(save.entity, _new(wanted))["id"])


def _new(wanted: Record) -> Record:
    """What to create it from. An id of the caller's own becomes the source id, by which a later run finds it."""
    body = {key: value for key, value in wanted.items() if key not in SYSTEM_TYPES}
    source_id = wanted.get("source_id") or wanted.get("id")
    return body if source_id is None else {**body, "source_id": source_id}


def _known(unit: UnitOfWork, entity: str, wanted: Record) -> str | None:
    """The id of the stored record that this one means."""
    record = wanted.get("id")
    if isinstance(record, str) and unit.get(entity, record) is not None:
        return record
    source_id = wanted.get("source_id") or record
    if source_id is None:
        return None
    found = unit.query(entity, {"source_id": source_id}, limit=1)
    return str(found[0]["id"]) if found else None
