"""Makes a test's call again in the sandbox: the same request, settings, secrets and answers to HTTP requests."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox_host import errors
from sandbox_host.author_tests.recorded import Call, Exchange
from sandbox_host.cli.inputs import Inputs
from sandbox_host.cli.local import CONNECTION, PUBLISHER, TENANT, Ask, LocalProject
from sandbox_host.egress.base import EgressRequest, EgressResponse
from sandbox_host.errors import EgressBlocked
from sandbox_host.installs import ensure_connection, ensure_install
from sandbox_host.packages.package import Package
from sandbox_host.records.fields import ExtensionFields
from sandbox_host.records.origin import Origin
from sandbox_host.records.unit_of_work import UnitOfWork
from sandbox_host.report import RunReport
from sandbox_host.state import State
from sandbox_host.triggers import routes
from sandbox_host.workers.sandbox import Sandbox

TEST_ACTOR = "user:test"
"""Who makes the calls of a test."""
_MADE_UP_SECRET = "whsec_bWFkZSB1cCBmb3IgdGhlIHRlc3Q="


class RecordedEgress:
    """An `Egress` that answers as the test's stubs did, in their order, and keeps what it was sent."""

    def __init__(self) -> None:
        self.sent: list[EgressRequest] = []
        self._exchanges: list[Exchange] = []

    def expect(self, exchanges: list[Exchange]) -> None:
        """Answer the next call's requests like these."""
        self.sent = []
        self._exchanges = list(exchanges)

    def send(self, request: EgressRequest) -> EgressResponse:
        self.sent.append(request)
        found = next((one for one in self._exchanges if _is(one, request)), None)
        if found is None:
            raise EgressBlocked(f"the test makes no such request here: {request.method} {request.url}")
        self._exchanges.remove(found)
        if found.response is None:
            failed = found.error
            raised = getattr(errors, failed.name if failed else "EgressBlocked")
            raise raised(failed.message if failed else "")
        answer = found.response
        return EgressResponse(answer.status, dict(answer.headers), answer.body.encode())

    def close(self) -> None:
        return


@dataclass(frozen=True, slots=True)
class Replayed:
    """One call as the sandbox made it. connection: its connection's id there. between: Unix seconds."""

    report: RunReport
    sent: list[EgressRequest]
    connection: str | None
    between: tuple[float, float]


@dataclass(slots=True)
class Replay:
    """The calls of one runtime, against one state. Made by `replay`. given: the records that the test gives are
    there."""

    package: Package
    state: State
    project: LocalProject
    egress: RecordedEgress
    given: bool = False
    origin: Origin = field(init=False)

    def __post_init__(self) -> None:
        manifest, db, now = self.package.manifest, self.state.db, datetime.now(UTC)
        install = ensure_install(db, TENANT, manifest.key, publisher=PUBLISHER, now=now)
        made = (
            ensure_connection(db, TENANT, install.id, CONNECTION, now=now) if manifest.is_connector else None
        )
        self.origin = Origin(
            tenant=TENANT,
            install=install.id,
            connection=made.id if made else None,
            source_system=manifest.provider or manifest.key,
            extension=manifest.key,
            actor=TEST_ACTOR,
        )

    def make(self, call: Call) -> Replayed:
        """Make one call. What earlier calls of the runtime left is there."""
        assert call.entry is not None
        if not self.given:
            self.project.give(call.records)
            self.given = True
        self._set_secrets(call)
        self._set_checkpoints(call)
        self.egress.expect(call.http)
        ask = Ask(
            entry=Inputs().entry(call.entry),
            oauth_token=call.oauth_token,
            settings=[f"{name}={self._setting(name, value)}" for name, value in call.settings.items()],
        )
        given = call.input or {}
        if ask.entry.kind == "route":
            ask = self._routed(ask, call, given)
        elif ask.entry.kind == "hook":
            ask = replace(ask, entity=given["entity"], previous=given["previous"])
        started = time.time()
        report = self.project.run(ask)
        return Replayed(report, self.egress.sent, self.origin.connection, (started, time.time()))

    def _routed(self, ask: Ask, call: Call, request: Mapping[str, Any]) -> Ask:
        auths = [one.auth for one in self.package.entrypoints.routes if one.file == call.file]
        signed = any(auth not in routes.UNSIGNED for auth in auths)
        needs_secret = signed and routes.WEBHOOK_SECRET not in call.secrets
        return replace(
            ask,
            body=request["rawBody"].encode(),
            query=list(_pairs(request["searchParams"])),
            headers=request["headers"],
            sign=signed,
            secrets={routes.WEBHOOK_SECRET: _MADE_UP_SECRET} if needs_secret else {},
        )

    def _set_secrets(self, call: Call) -> None:
        """Make these the secrets: the connection's, or the install's where the call has no connection."""
        vault = self.state.vault
        origin = self.origin if call.connection else replace(self.origin, connection=None)
        for name in set(vault.names(origin)) - call.secrets.keys():
            vault.delete(origin, name)
        for name, value in call.secrets.items():
            vault.set(origin, name, value)

    def _set_checkpoints(self, call: Call) -> None:
        unit = UnitOfWork(
            self.state.db,
            self.origin,
            ExtensionFields(),
            ends="atomic",
            observe=False,
            now=lambda: datetime.now(UTC),
        )
        for stream, partition, value in call.checkpoints:
            unit.set_checkpoint(stream, value, partition or None)
        unit.commit()

    def _setting(self, name: str, value: object) -> str:
        """A value as the command line would give it."""
        connection = self.package.manifest.connection
        schema = (connection.settings_schema if connection else None) or {}
        properties = schema.get("properties")
        declared = properties.get(name) if isinstance(properties, dict) else None
        is_text = isinstance(declared, dict) and declared.get("type") == "string"
        return value if is_text and isinstance(value, str) else json.dumps(value)


@contextmanager
def replay(package: Package, sandbox: Sandbox) -> Iterator[Replay]:
    """A fresh state for the calls of one runtime."""
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="backfill-replay-")))
        state = closing.enter_context(State.open(folder))
        egress = RecordedEgress()
        yield Replay(package, state, LocalProject(package, state, sandbox, egress, TEST_ACTOR), egress)


def _is(exchange: Exchange, request: EgressRequest) -> bool:
    return (exchange.method, exchange.url) == (request.method, str(request.url))


def _pairs(query: Mapping[str, str | list[str]]) -> Iterator[tuple[str, str]]:
    for name, value in query.items():
        for one in [value] if isinstance(value, str) else value:
            yield name, one
