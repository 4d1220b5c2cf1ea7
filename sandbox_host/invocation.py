"""One run, from its trigger to its report.

The unit of work ends as the trigger fixed it: committed whole after the handler returned, or, for a job, write
by write. Under observe it is the same run, and nothing is committed. A run whose reads had changed by the time
it committed is run once more, if it sent nothing that may have had an effect. The answer is released after the
commit only.
"""

from __future__ import annotations

import json
import logging
import random
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, cast

from policies.audit import CallOutcome, RunIdentity
from policies.limits import Budget, Limits
from sandbox_host import capabilities, guest_json
from sandbox_host.audit import AuditUnavailable
from sandbox_host.broker import Broker, DecisionRecord
from sandbox_host.capabilities import RunParts
from sandbox_host.capabilities.base import Json, Write
from sandbox_host.capabilities.log import LogCapability
from sandbox_host.capabilities.sync import SyncCapability, page_checkpoint
from sandbox_host.db import Database
from sandbox_host.egress.base import Egress
from sandbox_host.errors import Conflict, GuestBroke, InvalidArgument, MemoryLimit, RunError, StackLimit
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
from sandbox_host.vault import SecretsView, Vault
from sandbox_host.version import Version
from sandbox_host.workers.pool import Finished, RunRequest, Usage
from sandbox_host.workers.sandbox import Sandbox

Mode = Literal["live", "observe"]

_log = logging.getLogger(__name__)

_CODE = re.compile(r"[a-z][a-z_]{0,63}")


class RunRecord(DecisionRecord, Protocol):
    """The audit's side of one run, to its end."""

    def end(self, outcome: str, calls: Sequence[CallOutcome], unit: Mapping[str, Any] | None) -> None: ...


class AuditLog(Protocol):
    """Where decisions go on record. See sandbox_host.audit.AuditStore."""

    def begin(self, run: RunIdentity) -> RunRecord: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What to run, for whom, and how.

    settings: the merged settings. secrets, records: exist for this run only and are never stored. seed: the
    guest's randomness; the same seed, clock and answers give the same run.
    """

    version: Version
    trigger: Trigger
    origin: Origin
    run: str
    mode: Mode = "live"
    limits: Limits = field(default_factory=Limits)
    settings: Mapping[str, Json] = field(default_factory=dict[str, Json])
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    records: Mapping[str, Sequence[Json]] = field(default_factory=dict[str, Sequence[Json]], repr=False)
    seed: int = field(default_factory=lambda: secrets.randbits(128))


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


class _Run:
    """One attempt at an invocation."""

    def __init__(self, host: Host, invocation: Invocation, attempt: int) -> None:
        self._host = host
        self._invocation = invocation
        self._started = time.monotonic()
        self._deadline = self._started + invocation.limits.wall_ms / 1000
        self._observe = invocation.mode == "observe"
        self._usage = Usage()
        self._redactor = Redactor()
        for name, value in invocation.trigger.secrets:
            self._redactor.learn(name, value)
        version = invocation.version
        self._unit = UnitOfWork(
            host.db,
            invocation.origin,
            version.fields,
            ends=invocation.trigger.ends,
            observe=self._observe,
            now=lambda: datetime.now(UTC),
        )
        if invocation.records:
            self._unit.overlay(invocation.records)
        self._audit = host.audit.begin(_identity(invocation, attempt))
        budget = Budget(invocation.limits)
        parts = RunParts(
            permissions=version.permissions,
            budget=budget,
            redactor=self._redactor,
            unit=self._unit,
            secrets=SecretsView(
                host.vault, invocation.origin, observe=self._observe, overlay=invocation.secrets
            ),
            settings=invocation.settings,
            streams=version.streams,
            egress=host.egress,
            check=lambda call: self._broker.check(call),
            remaining_s=lambda: self._deadline - time.monotonic(),
            now_s=time.time,
            random=random.Random(invocation.seed),
        )
        every = capabilities.for_run(parts)
        self._logs = cast(LogCapability, every["log"])
        self._sync = cast(SyncCapability, every["sync"])
        self._broker = Broker(
            permissions=version.permissions,
            capabilities=every,
            budget=budget,
            audit=self._audit,
            redactor=self._redactor,
            observe=self._observe,
            answer_bytes=max(invocation.limits.response_bytes, invocation.limits.call_bytes) + 65_536,
            staged=self._unit.writes,
        )

    def report(self) -> RunReport:
        """Run, end the unit of work, close the audit. Raises StaleRead where it may be run again."""
        try:
            response = self._respond()
            self._stage_page(response)
            self._unit.commit()
        except StaleRead:
            self._unit.discard()
            if self._broker.effects_sent:
                return self.failed(
                    Conflict("what this run read was changed meanwhile; it sent requests, so it stays")
                )
            raise
        except AuditUnavailable as error:
            self._unit.discard()
            return self._made(error=ErrorReport(name=error.name, code=error.code, message=error.message))
        except (RunError, _Thrown) as error:
            self._unit.discard()
            return self.failed(error)
        except BaseException:
            self._unit.discard()
            self.close("host_error")
            raise
        self.close("ok")
        return self._made(response=response)

    def failed(self, error: RunError | _Thrown) -> RunReport:
        """The report of a run that did not succeed."""
        stack = None
        if isinstance(error, _Thrown):
            stack = self._invocation.version.package.map_stack(error.stack)
        code = (
            "hook_rejected" if isinstance(error, _Thrown) and self._invocation.trigger.rejects else error.code
        )
        shown = self._redactor.text
        report = ErrorReport(
            name=shown(error.name),
            code=shown(code),
            message=shown(error.message),
            stack=shown(stack) if stack else None,
        )
        self.close(code)
        return self._made(error=report)

    def _respond(self) -> Response:
        invocation = self._invocation
        trigger = invocation.trigger
        words = [(invocation.seed >> shift) & 0xFFFF_FFFF for shift in (0, 32, 64, 96)]
        message = {
            "op": "invoke",
            "kind": trigger.kind,
            "file": trigger.file,
            "export": trigger.export,
            "input": trigger.input,
            "seed": words,
        }
        request = RunRequest(
            snapshot=invocation.version.snapshot,
            message=json.dumps(message).encode(),
            limits=invocation.limits,
            deadline=self._deadline,
            clock=time.time_ns,
            seed=invocation.seed & 0xFFFF_FFFF_FFFF_FFFF,
        )
        finished = self._host.sandbox.run(invocation.origin.tenant, request, self._broker.serve)
        self._usage = finished.usage
        return _result(finished)

    def _stage_page(self, response: Response) -> None:
        """A sync route's answer may carry the checkpoint that its handler did not commit itself."""
        stream = self._invocation.trigger.sync_stream
        body = response.body
        if stream is None or stream in self._sync.committed or not isinstance(body, dict):
            return
        if not 200 <= response.status <= 299 or not {"cursor", "checkpoint"} & body.keys():
            return
        if body.get("cursor") is None and body.get("checkpoint") is None:
            return
        checkpoint = page_checkpoint(body.get("cursor"), body.get("hasMore"), body.get("checkpoint"))
        self._unit.set_checkpoint(stream, cast("dict[str, Any]", checkpoint))
        self._broker.collect_writes()

    def close(self, outcome: str) -> None:
        """Close the run's audit: how it ended, how each call did, what became of its writes."""
        calls = [
            CallOutcome(call.seq, call.outcome, call.code, call.status, call.size, call.duration_ms)
            for call in self._broker.calls
        ]
        committed = sum(write.committed for write in self._broker.writes)
        unit = {"committed": committed, "writes": len(self._broker.writes)}
        self._audit.end(outcome, calls, unit)

    def _made(self, response: Response | None = None, error: ErrorReport | None = None) -> RunReport:
        broker = self._broker
        return RunReport(
            ok=error is None,
            mode=self._invocation.mode,
            response=response,
            error=error,
            logs=[
                LogReport(
                    level=cast(Any, line.level),
                    message=self._redactor.text(line.message),
                    data=self._redactor.value(cast(Any, line.data)),
                )
                for line in self._logs.lines
            ],
            calls=[
                CallReport(
                    seq=call.seq,
                    capability=cast(Any, call.capability),
                    action=call.action,
                    resource=self._redactor.text(call.resource),
                    decision=call.decision,
                    rule=call.rule,
                    reason=self._redactor.text(call.reason),
                    outcome=call.outcome,
                    duration_ms=call.duration_ms,
                )
                for call in broker.calls
            ],
            writes=[self._write(write) for write in broker.writes],
            usage=UsageReport(
                cpu_ms=round(self._usage.cpu_ns / 1e6, 3),
                wall_ms=round((time.monotonic() - self._started) * 1000, 3),
                memory_bytes=self._usage.memory_bytes,
                host_calls=broker.budget.host_calls,
                http_requests=broker.budget.http_requests,
            ),
        )

    def _write(self, write: Write) -> WriteReport:
        return WriteReport(
            kind=cast(Any, write.kind),
            action=write.action,
            entity=write.entity,
            id=self._redactor.text(write.id),
            data=self._redactor.value(cast(Any, write.data)),
            committed=write.committed,
        )


class _Thrown(Exception):
    """What the guest's own code threw, as it reported it."""

    def __init__(self, name: str, code: str, message: str, stack: str) -> None:
        super().__init__(message)
        self.name = name
        self.code = code
        self.message = message
        self.stack = stack


def _result(finished: Finished) -> Response:
    """The guest's own report of its result, which is trusted for nothing but its text."""
    if finished.limit is not None:
        raise finished.limit
    text = finished.result or b""
    try:
        result = guest_json.read(text)
        if result["ok"] is True:
            return _response(text, result["value"])
        error = result["error"]
        name, code, message, stack = (
            guest_json.whole_text(str(error.get(key) or "")) for key in ("name", "code", "message", "stack")
        )
    except RecursionError as deep:
        raise guest_json.too_deep("the returned value") from deep
    except (ValueError, KeyError, TypeError, AttributeError) as broken:
        raise GuestBroke("the guest reported a result that is none") from broken
    if name == "RangeError" and message == "Maximum call stack size exceeded":
        raise StackLimit("the guest recursed past its stack")
    if name == "InternalError" and message == "out of memory":
        raise MemoryLimit("the guest used up its memory")
    if not _CODE.fullmatch(code):
        code = "handler_error"
    raise _Thrown(name or "Error", code, message, stack)


def _response(text: bytes, value: dict[str, Any]) -> Response:
    """What a handler returned. Raises InvalidArgument for what no answer can be."""
    guest_json.check(text, value, "the returned value")
    for name, header in value["headers"].items():
        if type(header) is not str:
            raise InvalidArgument(f"the response's header {name[:60]!r} must be a string")
    return Response.model_validate(value, strict=True)


def _identity(invocation: Invocation, attempt: int) -> RunIdentity:
    origin = invocation.origin
    return RunIdentity(
        run=invocation.run if attempt == 1 else f"{invocation.run}.{attempt}",
        tenant=origin.tenant,
        install=origin.install,
        connection=origin.connection,
        version=invocation.version.package.digest,
        extension=origin.extension,
        entrypoint=invocation.trigger.label,
        mode=invocation.mode,
        actor=origin.actor,
    )
