"""What a caller gives for a record: whose it is, and what it is to hold."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

from guest_sdk.testing.errors import invalid, not_valid
from guest_sdk.testing.records.contract import Action, Contract
from guest_sdk.testing.records.ingest import Origin, as_id
from guest_sdk.testing.records.row import SYSTEM_TYPES
from guest_sdk.testing.records.values import Fields, Value

ACTOR = "user:test"
"""Who makes a test's calls."""
_BY_HAND = ("manual", "csv_upload")


def identity_in(origin: Origin, attrs: Fields) -> tuple[str, str | None, Fields]:
    """What `create` is given, taken apart: the source system, the source id if there is one, and the fields."""
    body = dict(attrs)
    source_system = body.get("source_system") or origin.source_system
    if source_system not in (origin.source_system, *_BY_HAND):
        raise not_valid(
            f"source_system is '{origin.source_system}' or one of {', '.join(_BY_HAND)}, not {source_system!r}"
        )
    if body.get("connection_id") not in (None, origin.connection):
        raise not_valid("connection_id is set by the host; leave it out")
    given = body.get("source_id")
    source_id = as_id(given)
    if given is not None and source_id is None:
        raise not_valid(f"source_id: {given!r} is not an id")
    for name in ("source_system", "connection_id", "source_id"):
        body.pop(name, None)
    for name in SYSTEM_TYPES:
        if body.pop(name, None) is not None:
            raise not_valid(f"{name} is set by the host; leave it out")
    return str(source_system), source_id, body


def with_initial(contract: Contract, body: Fields) -> Fields:
    """What a create writes: an absent field that has a default takes it."""
    absent = {name: spec for name, spec in contract.fields.items() if body.get(name) is None}
    initial = {name: copy.deepcopy(spec.default) for name, spec in absent.items() if spec.default is not None}
    return {**body, **initial}


def marks(contract: Contract, action: Action) -> Fields:
    """The time and the author of an action, where it leaves them on the record."""
    moment = f"{now()[:-3]}Z"
    stamps: Fields = {
        name: moment[:10] if contract.fields[name].type == "date" else moment for name in action.stamp
    }
    return stamps | dict.fromkeys(action.sign, ACTOR)


def object_of(name: str, value: Value) -> Fields:
    """An argument that must be an object. Raises Refused."""
    if not isinstance(value, dict):
        raise invalid(f"{name} is an object")
    return value


def now() -> str:
    """The time, as rows keep it: milliseconds, in six digits."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "000"
