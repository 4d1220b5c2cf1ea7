"""What `backfill test --sandbox` needs to make the same calls in the sandbox, one JSON line per call."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

from guest_sdk._runtime.json import to_json
from guest_sdk.testing.records.values import Value
from guest_sdk.testing.run import Run
from guest_sdk.testing.world import World

RECORD = "BACKFILL_TEST_RECORD"
"""The environment variable that names the file where calls are recorded; set by `backfill test --sandbox`."""

Ending: TypeAlias = Callable[[Run, Mapping[str, Any]], None]
"""Notes how a run ended: `{"response"}` or `{"error"}`."""

_runtimes = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Started:
    """What a run begins with. entry: as `backfill invoke` names it, or None for what is no entrypoint of the
    project."""

    place: str
    entry: str | None
    file: str | None
    connection: str | None
    input: Value


class Recording:
    """The runs of one runtime. pretends: what the test brings along that the sandbox does not have, or None. token:
    the connection's."""

    def __init__(
        self,
        file: Path,
        records: Mapping[str, Sequence[Mapping[str, object]]],
        pretends: str | None,
        token: str | None,
        world: World,
    ) -> None:
        self._file = file
        self._pretends = pretends
        self._token = token
        self._world = world
        self._runtime = f"{os.getpid()}-{next(_runtimes)}"
        # The records that the runs of one world begin with, and how many writes of records there were by then.
        self._given: object = records
        self._known = 0
        self._written = False
        self._worlds = 0

    @classmethod
    def asked_for(
        cls,
        records: Mapping[str, Sequence[Mapping[str, object]]],
        pretends: str | None,
        token: str | None,
        world: World,
    ) -> Recording | None:
        """One where `backfill test --sandbox` asks for it."""
        file = os.environ.get(RECORD)
        return None if file is None else cls(Path(file), records, pretends, token, world)

    def begin(self, started: Started) -> Ending:
        """Note what a run begins with; the function that it returns notes how it ended."""
        world = self._world
        requests, lines, failing = len(world.http.stubs.calls), len(world.logs), len(world.faults)
        why = self._why_not(started)
        before: dict[str, Any] = {
            "runtime": f"{self._runtime}-{self._worlds}",
            **asdict(started),
            "records": self._given,
            "checkpoints": [[*one] for one in world.records.checkpoints.all()],
            "secrets": dict[str, Value](world.connected.secrets),
            "oauth_token": None if started.connection is None else self._token,
            "settings": dict(world.settings),
        }

        def end(run: Run, outcome: Mapping[str, Any]) -> None:
            self._written = self._written or self._record_writes() > self._known
            self._known = self._record_writes()
            redacted = world.redactor.value
            after: dict[str, Any] = {
                "response": None,
                "error": None,
                **outcome,
                "http": [asdict(one) for one in world.http.stubs.calls[requests:]],
                "logs": [asdict(one) for one in world.logs[lines:]],
                "calls": [asdict(one) for one in run.calls],
                "writes": [{**asdict(one), "data": redacted(one.data)} for one in run.writes],
                "not_replayed": why if failing == len(world.faults) else "the test makes an ingest fail",
            }
            with self._file.open("a", encoding="utf-8") as file:
                file.write(to_json({**before, **after}, "the recorded call") + "\n")

        return end

    def _why_not(self, started: Started) -> str | None:
        """Why the sandbox cannot make this run: what the test pretends and the sandbox does not have."""
        if started.entry is None:
            return "its handler is no route of the project"
        if self._pretends is not None:
            return self._pretends
        return None if self._starts_anew() else "the test itself changed records between its calls"

    def _starts_anew(self) -> bool:
        """Where the test itself wrote records, the sandbox's begin with those; which they cannot when a run wrote
        too."""
        writes = self._record_writes()
        if writes == self._known:
            return True
        given = None if self._written else self._world.records.as_given()
        if given is None:
            return False
        self._given, self._known = given, writes
        self._worlds += 1
        return True

    def _record_writes(self) -> int:
        return sum(1 for write in self._world.records.writes if write.kind != "checkpoint")
