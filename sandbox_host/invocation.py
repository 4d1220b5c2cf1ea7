"""One run, from its trigger to its report.

The unit of work ends as the trigger fixed it: committed whole after the handler returned, or, for a job, write
by write. Hooks that its writes set off are part of it: those before a write can reject it, those after one run when
it is committed. Under observe it is the same run, and nothing is committed. A run whose reads had changed by the
time it committed is run once more, if it sent nothing that may have had an effect; a job that fails is tried again
as often as it asks for, and what it wrote stays. The answer is released after the commit only.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, cast

from policies.limits import Budget, Limits
from sandbox_host.audit import AuditUnavailable
from sandbox_host.broker import Ledger
from sandbox_host.capabilities.base import Json, Write
from sandbox_host.capabilities.log import LogLine
from sandbox_host.capabilities.sync import page_checkpoint
from sandbox_host.db import Database
from sandbox_host.egress.base import Egress
from sandbox_host.errors import Conflict, HookRejected, RunError
from sandbox_host.guest import AuditLog, Guest, Shared, Thrown
from sandbox_host.hooks.chain import Chain
from sandbox_host.hooks.firing import Hooks
from sandbox_host.hooks.installed import Installed
from sandbox_host.hooks.saving import perform
from sandbox_host.records.origin import Origin
from sandbox_host.records.store import StaleRead
from sandbox_host.records.unit_of_work import UnitOfWork
from sandbox_host.redaction import Redactor
from sandbox_host.report import (
    CallReport,
    ErrorReport,
    LogReport,
    Response,
    RunReport,
    UsageReport,
    WriteReport,
)
from sandbox_host.triggers.base import Trigger
from sandbox_host.vault import Vault
from sandbox_host.version import Version
from sandbox_host.workers.sandbox import Sandbox

Mode = Literal["live", "observe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What to run, for whom, and how.

    settings: the merged settings. secrets, records, oauth_token (the connection's access token): exist for this
    run only and are never stored. seed: the guest's randomness; the same seed, clock and answers give the same
    run. installs: whose hooks fire, of however many extensions, in the order of their installation; None where the
    one that runs is the only one.
    """

    version: Version
    trigger: Trigger
    origin: Origin
    run: str
    mode: Mode = "live"
    limits: Limits = field(default_factory=Limits)
    settings: Mapping[str, Json] = field(default_factory=dict[str, Json])
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    oauth_token: str | None = field(default=None, repr=False)
    records: Mapping[str, Sequence[Json]] = field(default_factory=dict[str, Sequence[Json]], repr=False)
    seed: int = field(default_factory=lambda: secrets.randbits(128))
    installs: Sequence[Installed] | None = None

    @property
    def install(self) -> Installed:
        """The install that runs."""
        return Installed(
            version=self.version,
            origin=self.origin,
            settings=self.settings,
            secrets=self.secrets,
            oauth_token=self.oauth_token,
        )


@dataclass(frozen=True, slots=True)
class Host:
    """Everything that runs need of the host. Thread-safe."""

    sandbox: Sandbox
    db: Database
    vault: Vault
    audit: AuditLog
    egress: Egress

    def run(self, invocation: Invocation) -> RunReport:
        """Run it. Whatever the guest does is in the report; raises only what is wrong with the host itself."""
        if invocation.trigger.attempts > 1:
            return self._attempts(invocation)
        first = _Run(self, invocation, attempt=1)
        try:
            return first.report()
        except StaleRead:
            first.close("stale_read")
        again = _Run(self, invocation, attempt=2)
        try:
            return again.report()
        except StaleRead:
            return again.failed(Conflict("what this run read was changed meanwhile, twice; try again"))

    def _attempts(self, invocation: Invocation) -> RunReport:
        """Run a job until it succeeds, or has failed as often as it may. One report tells of all attempts."""
        attempts = invocation.trigger.attempts
        run = _Run(self, invocation, attempt=1)
        report = run.report()
        for attempt in range(2, attempts + 1):
            if report.error is None:
                break
            run.note_failure(f"attempt {attempt - 1} of {attempts}", report.error)
            run = _Run(self, invocation, attempt, before=run)
            report = run.report()
        return report


class _Run:
    """One attempt at an invocation. before: the failed attempt of a job that this one goes on after: it sees what
    that one wrote, and their calls, writes, logs and usage are one report's."""

    def __init__(self, host: Host, invocation: Invocation, attempt: int, before: _Run | None = None) -> None:
        self._invocation = invocation
        self._before = before
        self._started = before._started if before else time.monotonic()
        self._observe = invocation.mode == "observe"
        self._unit = before._unit if before else _unit(host, invocation)
        self._shared = Shared(
            sandbox=host.sandbox,
            vault=host.vault,
            audit=host.audit,
            egress=host.egress,
            run=invocation.run if attempt == 1 else f"{invocation.run}.{attempt}",
            observe=self._observe,
            limits=invocation.limits,
            deadline=time.monotonic() + invocation.limits.wall_ms / 1000,
            seed=invocation.seed if not before else _reseeded(invocation.seed, attempt),
            unit=self._unit,
            ledger=before._shared.ledger if before else Ledger(staged=self._unit.writes),
            budget=Budget(invocation.limits),
            redactor=before._shared.redactor if before else Redactor(),
            lines=before._shared.lines if before else list[LogLine](),
        )
        install, trigger = invocation.install, invocation.trigger
        installs = [install] if invocation.installs is None else invocation.installs
        self._hooks = Hooks(self._shared, installs, invocation.origin.actor)
        writer = None if trigger.save else install
        self._writes = self._hooks.writes_of(writer, _place(invocation))
        self._guest = Guest(
            self._shared,
            install,
            trigger,
            self._writes,
            run=self._shared.run,
            actor=invocation.origin.actor,
            seed=self._shared.seed,
            nested=False,
        )

    def report(self) -> RunReport:
        """Run, end the unit of work, close the audit. Raises StaleRead where it may be run again."""
        try:
            response = self._respond()
            self._stage_page(response)
            self._unit.commit()
        except StaleRead:
            self._discard()
            if self._shared.ledger.effects_sent:
                return self.failed(
                    Conflict("what this run read was changed meanwhile; it sent requests, so it stays")
                )
            raise
        except AuditUnavailable as error:
            self._discard()
            return self._made(error=ErrorReport(name=error.name, code=error.code, message=error.message))
        except (RunError, Thrown) as error:
            self._discard()
            return self.failed(error)
        except BaseException:
            self._discard()
            self.close("host_error")
            raise
        try:
            self._hooks.after.run()
        except BaseException:
            self.close("host_error")
            raise
        self.close("ok")
        return self._made(response=response)

    def failed(self, error: RunError | Thrown) -> RunReport:
        """The report of a run that did not succeed."""
        rejects = self._invocation.trigger.rejects
        code = "hook_rejected" if isinstance(error, Thrown) and rejects else error.code
        stack = error.stack if isinstance(error, Thrown | HookRejected) else None
        shown = self._shared.redactor.text
        report = ErrorReport(
            name=shown(error.name),
            code=shown(code),
            message=shown(error.message),
            stack=shown(stack) if stack else None,
        )
        self.close(code)
        return self._made(error=report)

    def note_failure(self, which: str, error: ErrorReport) -> None:
        """Say in the log how this attempt ended."""
        self._shared.note("warn", f"{which} failed: {error.name}: {error.message}", {"stack": error.stack})

    def _respond(self) -> Response:
        save = self._invocation.trigger.save
        if save is None:
            return self._guest.run()
        body = perform(save, self._unit, self._writes)
        self._shared.ledger.collect_writes()
        return Response(status=200, headers={}, body=body)

    def _stage_page(self, response: Response) -> None:
        """A sync route's answer may carry the checkpoint that its handler did not commit itself."""
        stream = self._invocation.trigger.sync_stream
        body = response.body
        if stream is None or stream in self._guest.committed_streams or not isinstance(body, dict):
            return
        if not 200 <= response.status <= 299 or not {"cursor", "checkpoint"} & body.keys():
            return
        if body.get("cursor") is None and body.get("checkpoint") is None:
            return
        query = cast("dict[str, Any]", self._invocation.trigger.input)["searchParams"]
        self._unit.set_checkpoint(stream, page_checkpoint(body, query))
        self._shared.ledger.collect_writes()

    def _discard(self) -> None:
        """Drop what is staged; of a job nothing is, but for what an observed one would have written by now."""
        if self._unit.work.ends == "atomic":
            self._unit.discard()

    def close(self, outcome: str) -> None:
        """Close the run's audit: how it ended, how each call did, what became of its writes."""
        writes = self._shared.ledger.writes
        committed = sum(write.committed for write in writes)
        self._guest.close(outcome, {"committed": committed, "writes": len(writes)})

    @property
    def _counted(self) -> tuple[float, int, int, int]:
        """CPU in milliseconds, memory in bytes, host calls and HTTP requests, those of earlier attempts too."""
        usage, budget = self._shared.usage, self._shared.budget
        cpu_ms, memory, calls, requests = self._before._counted if self._before else (0.0, 0, 0, 0)
        return (
            cpu_ms + usage.cpu_ns / 1e6,
            max(memory, usage.memory_bytes),
            calls + budget.host_calls,
            requests + budget.http_requests,
        )

    def _made(self, response: Response | None = None, error: ErrorReport | None = None) -> RunReport:
        ledger, redactor = self._shared.ledger, self._shared.redactor
        cpu_ms, memory_bytes, host_calls, http_requests = self._counted
        return RunReport(
            ok=error is None,
            mode=self._invocation.mode,
            response=response,
            error=error,
            logs=[
                LogReport(
                    level=cast(Any, line.level),
                    message=redactor.text(line.message),
                    data=redactor.value(cast(Any, line.data)),
                )
                for line in self._shared.lines
            ],
            calls=[
                CallReport(
                    seq=call.seq,
                    capability=cast(Any, call.capability),
                    action=call.action,
                    resource=redactor.text(call.resource),
                    decision=call.decision,
                    rule=call.rule,
                    reason=redactor.text(call.reason),
                    outcome=call.outcome,
                    duration_ms=call.duration_ms,
                )
                for call in ledger.calls
            ],
            writes=[self._write(write) for write in ledger.writes],
            usage=UsageReport(
                cpu_ms=round(cpu_ms, 3),
                wall_ms=round((time.monotonic() - self._started) * 1000, 3),
                memory_bytes=memory_bytes,
                host_calls=host_calls,
                http_requests=http_requests,
            ),
        )

    def _write(self, write: Write) -> WriteReport:
        redactor = self._shared.redactor
        return WriteReport(
            kind=cast(Any, write.kind),
            action=write.action,
            entity=write.entity,
            id=redactor.text(write.id),
            data=redactor.value(cast(Any, write.data)),
            committed=write.committed,
        )


def _unit(host: Host, invocation: Invocation) -> UnitOfWork:
    unit = UnitOfWork(
        host.db,
        invocation.origin,
        invocation.version.schema,
        ends=invocation.trigger.ends,
        observe=invocation.mode == "observe",
        now=lambda: datetime.now(UTC),
        room=invocation.limits.write_bytes,
    )
    if invocation.records:
        unit.overlay(invocation.records)
    return unit


def _place(invocation: Invocation) -> Chain:
    """The root of every chain; a hook that was started by hand does not fire for what it writes on its record."""
    trigger = invocation.trigger
    if trigger.kind != "hook" or trigger.save:
        return Chain()
    _, entity, event = trigger.label.split(":")
    about = cast("dict[str, dict[str, Json]]", trigger.input)["entity"].get("id")
    record = about if isinstance(about, str) else None
    return Chain(0, (invocation.origin.install, entity, event), record)


def _reseeded(seed: int, attempt: int) -> int:
    return random.Random(f"{seed}.{attempt}").getrandbits(128)
