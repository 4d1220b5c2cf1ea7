"""What a test sees of its runtime's world, and changes in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guest_sdk.testing.ask import partition_of
from guest_sdk.testing.records.checkpoints import own_checkpoint
from guest_sdk.testing.records.values import Value
from guest_sdk.testing.request import plain_json
from guest_sdk.testing.types import IngestCall, IngestFailureName, IngestFault
from guest_sdk.testing.world import World


class IngestLog:
    """What handlers handed to `ingest`, one by one."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def calls(self) -> Sequence[IngestCall]:
        return self._world.ingests

    def fail_next(
        self,
        *,
        document_type: str | None = None,
        source_id: str | None = None,
        idempotency_key: str | None = None,
        name: IngestFailureName = "ValidationError",
        message: str = "the test made this ingest fail",
    ) -> None:
        """Make the next ingest that matches fail, to see how a handler takes a partial failure. All that is given must
        match."""
        self._world.faults.append(IngestFault(document_type, source_id, idempotency_key, name, message))


class TestedCheckpoints:
    """Checkpoints by stream and partition. partition: as the handler gives it."""

    __test__ = False

    def __init__(self, world: World) -> None:
        self._records = world.records

    def get(
        self, stream: str, *, partition: Mapping[str, object] | str | None = None
    ) -> dict[str, Any] | None:
        kept = self._records.checkpoints.get(stream, partition_of(plain_json(partition, "partition")))
        return None if kept is None else plain_json(own_checkpoint(kept), "checkpoint")

    def set(
        self,
        stream: str,
        checkpoint: Mapping[str, object],
        *,
        partition: Mapping[str, object] | str | None = None,
    ) -> None:
        place = partition_of(plain_json(partition, "partition"))
        self._records.set_checkpoint(stream, plain_json(checkpoint, "checkpoint"), place)


class TestedSecrets:
    """Secrets by name."""

    __test__ = False

    def __init__(self, world: World) -> None:
        self._secrets = world.connected.secrets

    def get(self, name: str) -> str | None:
        return self._secrets.get(name)

    def set(self, name: str, value: str) -> None:
        self._secrets[name] = value

    def delete(self, name: str) -> bool:
        """False where none was set."""
        return self._secrets.pop(name, None) is not None


class TestedSettings:
    """Settings by key."""

    __test__ = False

    def __init__(self, world: World) -> None:
        self._settings = world.settings

    def get(self, key: str) -> Any:
        return self._settings.get(key)

    def set(self, key: str, value: object) -> None:
        self._settings[key] = plain_json(value, key)


class TestedRecords:
    """Records as a handler with `read` sees them."""

    __test__ = False

    def __init__(self, world: World) -> None:
        self._records = world.records

    def all(self, entity: str) -> list[dict[str, Any]]:
        """Oldest first."""
        oldest_first: Value = [{"field": "_created_at", "direction": "asc"}]
        return plain_json(self._records.query(entity, order_by=oldest_first, limit=1000), entity)

    def get(self, entity: str, id: str) -> dict[str, Any] | None:
        return plain_json(self._records.get(entity, id), entity)
