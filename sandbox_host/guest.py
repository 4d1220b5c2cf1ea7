"""One guest at work: its door, its worker, and what it made of its input.

A run is one guest, and the guests of the hooks that its writes set off. What they have in common is `Shared`: one
unit of work, one list of calls, one budget, one deadline. What each has of its own is its permissions, its secrets
and settings, its worker, and its records in the audit.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, cast

from policies.audit import CallOutcome, RunIdentity
from policies.limits import Budget, Limits
from sandbox_host import capabilities, guest_json
from sandbox_host.broker import Broker, DecisionRecord, Ledger
from sandbox_host.capabilities import RecordWrites, RunParts
from sandbox_host.capabilities.base import Json, Write
from sandbox_host.capabilities.log import LogCapability, LogLine
from sandbox_host.capabilities.sync import SyncCapability
from sandbox_host.egress.base import Egress
from sandbox_host.egress.headers import grammar_problem
from sandbox_host.errors import (
    CpuLimit,
    GuestBroke,
    InvalidArgument,
    MemoryLimit,
    RunError,
    StackLimit,
    WallLimit,
)
from sandbox_host.hooks.installed import Installed
from sandbox_host.records.unit_of_work import UnitOfWork
from sandbox_host.redaction import Redactor
from sandbox_host.report import Response
from sandbox_host.triggers.base import Trigger
from sandbox_host.vault import SecretsView, Vault
from sandbox_host.workers.run import Finished, RunRequest, Usage
from sandbox_host.workers.sandbox import Sandbox

OAUTH_TOKEN = "oauth_token"
"""What stands in the place of the connection's access token, as `[secret:oauth_token]`."""

STATUSES = range(100, 600)
"""What a response may have."""

_CODE = re.compile(r"[a-z][a-z_]{0,63}")

_PAST_ITS_STACK = frozenset(
    {
        ("RangeError", "Maximum call stack size exceeded"),
        ("RecursionError", "maximum recursion depth exceeded"),
    }
)
_OUT_OF_MEMORY = frozenset({("InternalError", "out of memory"), ("MemoryError", "out of memory")})
"""How the runtimes report what their engines throw: by name and message."""


class RunRecord(DecisionRecord, Protocol):
    """The audit's side of one guest's run, to its end."""

    def end(self, outcome: str, calls: Sequence[CallOutcome], unit: Mapping[str, Any] | None) -> None: ...


class AuditLog(Protocol):
    """Where decisions go on record. See sandbox_host.audit.AuditStore."""

    def begin(self, run: RunIdentity) -> RunRecord: ...


@dataclass(slots=True, kw_only=True)
class Shared:
    """What a root run has in common with everything that it sets off.

    unit: the unit of work, as the root's extension sees it; the guests of others have a view of their own.
    run: the root's id; nested runs are `<run>/1`, `<run>/2`, …, in the order of their start. seed: the root's.
    deadline: on the monotonic clock, in seconds. usage: of all guests so far.
    """

    sandbox: Sandbox
    vault: Vault
    audit: AuditLog
    egress: Egress
    run: str
    observe: bool
    limits: Limits
    deadline: float
    seed: int
    unit: UnitOfWork
    ledger: Ledger
    budget: Budget
    redactor: Redactor
    lines: list[LogLine]
    usage: Usage = field(default_factory=Usage)
    nested: int = 0
    nested_cpu_ns: int = 0
    _units: dict[str, UnitOfWork] = field(default_factory=dict[str, UnitOfWork])
    _views: dict[str, SecretsView] = field(default_factory=dict[str, SecretsView])

    @property
    def remaining_s(self) -> float:
        return self.deadline - time.monotonic()

    def unit_of(self, install: Installed) -> UnitOfWork:
        """The unit of work, as the extension of this install sees it."""
        origin = install.origin
        if origin == self.unit.view.origin:
            return self.unit
        if origin.install not in self._units:
            self._units[origin.install] = self.unit.seen_by(origin, install.version.schema)
        return self._units[origin.install]

    def secrets_of(self, install: Installed, *, nested: bool) -> SecretsView:
        """The install's secrets; a nested hook has no connection, so it sees none of one. All guests of one run
        see what any of them staged."""
        origin = replace(install.origin, connection=None) if nested else install.origin
        key = f"{origin.install}/{origin.connection or ''}"
        if key not in self._views:
            self._views[key] = SecretsView(self.vault, origin, observe=self.observe, overlay=install.secrets)
        return self._views[key]

    def note(self, level: str, message: str, data: Json = None) -> None:
        """Write a line of the host's own into the run's log, within its budget."""
        LogCapability(self.budget, self.redactor, self.lines).write(level, message, data)

    def count(self, usage: Usage, *, nested: bool) -> None:
        """Add what one guest used. Memory is the most that any of them had."""
        before = self.usage
        self.usage = Usage(before.cpu_ns + usage.cpu_ns, max(before.memory_bytes, usage.memory_bytes))
        if nested:
            self.nested_cpu_ns += usage.cpu_ns


class Guest:
    """One entrypoint of one install, run once.

    nested: another guest's write set it off, or the commit of one. It draws on the root's calls, requests, logs
    and wall time; of CPU, all nested guests of a run together get as much again as the root has.
    """

    def __init__(
        self,
        shared: Shared,
        install: Installed,
        trigger: Trigger,
        writes: RecordWrites,
        run: str,
        actor: str,
        seed: int,
        *,
        nested: bool,
    ) -> None:
        self.trigger = trigger
        self._shared = shared
        self._install = install
        self._seed = seed
        self._nested = nested
        for name, value in trigger.secrets:
            shared.redactor.learn(name, value)
        # As of its secrets, a nested hook sees nothing of the connection's.
        token = None if nested else install.oauth_token
        if token is not None:
            shared.redactor.learn(OAUTH_TOKEN, token)
        version = install.version
        shared.redactor.keep_readable(version.permissions.hosts())
        self._audit = shared.audit.begin(_identity(install, run, trigger.label, actor, shared.observe))
        every = capabilities.for_run(
            RunParts(
                permissions=version.permissions,
                budget=shared.budget,
                redactor=shared.redactor,
                unit=shared.unit_of(install),
                writes=writes,
                lines=shared.lines,
                secrets=shared.secrets_of(install, nested=nested),
                oauth_token=token,
                settings=install.settings,
                streams=version.streams,
                egress=shared.egress,
                check=lambda call: self._broker.check(call),
                remaining_s=lambda: shared.remaining_s,
                now_s=time.time,
                random=random.Random(seed),
            )
        )
        self._sync = cast(SyncCapability, every["sync"])
        self._broker = Broker(
            permissions=version.permissions,
            capabilities=every,
            budget=shared.budget,
            audit=self._audit,
            redactor=shared.redactor,
            observe=shared.observe,
            answer_bytes=max(shared.limits.response_bytes, shared.limits.call_bytes) + 65_536,
            ledger=shared.ledger,
        )

    @property
    def committed_streams(self) -> set[str]:
        """The streams whose page the handler committed itself."""
        return self._sync.committed

    def run(self) -> Response:
        """Call the handler. Raises Thrown for what it threw, LimitError, and what is wrong with the host."""
        shared, trigger = self._shared, self.trigger
        words = [(self._seed >> shift) & 0xFFFF_FFFF for shift in (0, 32, 64, 96)]
        message = {
            "op": "invoke",
            "kind": trigger.kind,
            "file": trigger.file,
            "export": trigger.export,
            "input": trigger.input,
            "seed": words,
        }
        request = RunRequest(
            snapshot=self._install.version.snapshot,
            message=json.dumps(message).encode(),
            limits=self._limits(),
            deadline=shared.deadline,
            clock=time.time_ns,
            seed=self._seed & 0xFFFF_FFFF_FFFF_FFFF,
        )
        owner = self._install.origin.tenant
        finished = shared.sandbox.run(owner, request, self._broker.serve, nested=self._nested)
        shared.count(finished.usage, nested=self._nested)
        return _result(finished, self._install.version.package.map_stack)

    def close(self, outcome: str, unit: Mapping[str, Any]) -> None:
        """Close this guest's audit: how it ended, how each of its calls did, what became of its writes."""
        calls = [
            CallOutcome(call.seq, call.outcome, call.code, call.status, call.size, call.duration_ms)
            for call in self._broker.calls
        ]
        self._audit.end(outcome, calls, unit)

    def _limits(self) -> Limits:
        limits = self._shared.limits
        if not self._nested:
            return limits
        if self._shared.remaining_s <= 0:
            raise WallLimit("the run's time was over before this hook began")
        left_ms = limits.cpu_ms - self._shared.nested_cpu_ns // 1_000_000
        if left_ms < 1:
            raise CpuLimit(f"the hooks of this run used up their {limits.cpu_ms} ms of CPU")
        return replace(limits, cpu_ms=left_ms)


def committed(writes: Sequence[Write]) -> dict[str, int]:
    """What became of a unit of work, for the audit."""
    return {"committed": sum(write.committed for write in writes), "writes": len(writes)}


class Thrown(Exception):
    """What the guest's own code threw, as it reported it. stack: in its author's files."""

    def __init__(self, name: str, code: str, message: str, stack: str) -> None:
        super().__init__(message)
        self.name = name
        self.code = code
        self.message = message
        self.stack = stack


Failure = RunError | Thrown


def _result(finished: Finished, map_stack: Callable[[str], str]) -> Response:
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
    if (name, message) in _PAST_ITS_STACK:
        raise StackLimit("the guest recursed past its stack")
    if (name, message) in _OUT_OF_MEMORY:
        raise MemoryLimit("the guest used up its memory")
    if not _CODE.fullmatch(code):
        code = "handler_error"
    raise Thrown(name or "Error", code, message, map_stack(stack))


def _response(text: bytes, value: dict[str, Any]) -> Response:
    """What a handler returned. Raises InvalidArgument for what no answer can be."""
    guest_json.check(text, value, "the returned value")
    for name, header in value["headers"].items():
        if type(header) is not str:
            raise InvalidArgument(f"the response's header {name[:60]!r} must be a string")
        if problem := grammar_problem(name, header):
            raise InvalidArgument(f"the response: {problem}")
    response = Response.model_validate(value, strict=True)
    if response.status not in STATUSES:
        raise InvalidArgument("the response's status must be a whole number from 100 to 599")
    return response


def _identity(install: Installed, run: str, entrypoint: str, actor: str, observe: bool) -> RunIdentity:
    origin = install.origin
    return RunIdentity(
        run=run,
        tenant=origin.tenant,
        install=origin.install,
        connection=origin.connection,
        version=install.version.package.digest,
        extension=origin.extension,
        entrypoint=entrypoint,
        mode="observe" if observe else "live",
        actor=actor,
    )


def actor_json(actor: str) -> dict[str, Json]:
    """`user:cli` as a guest sees it: `{type: "user", id: "cli"}`."""
    kind, _, name = actor.partition(":")
    return {"type": kind, "id": name or kind}
