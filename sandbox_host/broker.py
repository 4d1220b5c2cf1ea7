"""The door: every request that a guest makes of its host passes here, in this order.

1. The message is read, once. What the guest sees afterwards cannot change what is decided.
2. The budget: one more host call, one more HTTP request. Over it, the run ends.
3. The capability understands the arguments.
4. The policy decides on every grant that the call needs.
5. The decision goes on record; before an effect, an HTTP request or a secret it survives a crash first.
6. The capability performs it; under observe, an effect is described instead.

The guest gets plain JSON: what it asked for, or a typed error written for it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, cast

from policies.limits import Budget, BudgetExceeded
from policies.permissions import Call, Decision, PermissionSet
from policies.urls import MAX_URL
from sandbox_host import guest_json
from sandbox_host.capabilities.base import Args, Ask, Capability, Json, Write
from sandbox_host.errors import (
    GuestBroke,
    GuestError,
    LimitError,
    NotAvailable,
    PermissionDenied,
    ResponseTooLarge,
    limit_error,
)
from sandbox_host.redaction import Redactor

DURABLE = frozenset({"http", "secrets", "oauth"})
"""Capabilities whose every decision is on disk before it is acted on; elsewhere only those on effects are."""

_ARGS = b',"args":'
"""What stands before the arguments in the prelude's messages, after capability and action."""

Verdict = Literal["allow", "deny", "intercept", "limit"]


class DecisionRecord(Protocol):
    """The audit's side of one run. See sandbox_host.audit."""

    def decision(
        self,
        seq: int,
        capability: str,
        action: str,
        resource: str,
        decision: str,
        rule: str,
        reason: str,
        *,
        durable: bool,
    ) -> None:
        """Put one decision on record. Raises where it cannot be written: then nothing is performed."""
        ...


@dataclass(slots=True)
class CallRecord:
    """One host call, as the run's report and the audit show it. duration_ms: in the host, milliseconds."""

    seq: int
    capability: str
    action: str
    resource: str
    decision: Verdict
    rule: str
    reason: str
    outcome: Literal["ok", "error", "interrupted"] = "interrupted"
    duration_ms: float = 0.0
    code: str | None = None
    status: int | None = None
    size: int | None = None


@dataclass(slots=True)
class Ledger:
    """What a run and all that it sets off did, in one order.

    staged: the unit of work's own list of writes, which grows as the run writes.
    calls, writes: every call as it began, and every effect in the order of the calls.
    effects_sent: how many HTTP requests that may have changed something have left; after one, nothing may be
    repeated.
    """

    staged: Sequence[Write] = ()
    calls: list[CallRecord] = field(default_factory=list[CallRecord])
    writes: list[Write] = field(default_factory=list[Write])
    effects_sent: int = 0
    _collected: list[Write] = field(default_factory=list[Write])

    def collect_writes(self) -> None:
        """Add what the unit of work has listed since the last time."""
        new = self.staged[len(self._collected) :]
        self.writes += new
        self._collected += new

    def take_back(self, kept: int) -> None:
        """The unit of work took back all but the first `kept` of its writes: they are listed no more."""
        gone = {id(write) for write in self._collected[kept:]}
        del self._collected[kept:]
        self.writes[:] = [write for write in self.writes if id(write) not in gone]


@dataclass(slots=True)
class Broker:
    """The door of one run. calls: its own. ledger: its and those of the runs around it and in it."""

    permissions: PermissionSet
    capabilities: Mapping[str, Capability]
    budget: Budget
    audit: DecisionRecord
    redactor: Redactor
    observe: bool
    answer_bytes: int
    ledger: Ledger = field(default_factory=Ledger)
    calls: list[CallRecord] = field(default_factory=list[CallRecord])

    def serve(self, message: bytes) -> bytes:
        """Answer one host call. Raises LimitError where it ends the run."""
        started = time.perf_counter()
        capability, action, args = self._read(message)
        self._count(capability.name, action, self.budget.spend_call)
        if capability.name == "http":
            self._count(capability.name, action, self.budget.spend_http)
        try:
            if args is None:
                raise guest_json.too_deep("the arguments")
            guest_json.check(message, args, "the arguments")
            ask = capability.ask(action, args)
        except GuestError as error:
            record = self._record(capability.name, action, "", "deny", "arguments", error.message, started)
            return self._refuse(record, error, started)
        if ask.effect:
            self._count(capability.name, action, lambda: self.budget.spend_write(len(message)))
        record = self._decide(capability.name, action, ask, started)
        if record.decision == "deny":
            return self._refuse(record, _denial(record), started)
        listed = False
        try:
            if record.decision == "intercept":
                answer = (ask.intercept or ask.perform)()
            else:
                if ask.effect and record.capability == "http":
                    self.ledger.effects_sent += 1
                answer = ask.perform()
            if ask.effect:
                self._list_writes(ask)
                listed = True
            text = self._encode(answer)
        except GuestError as error:
            if ask.writes is not None and not listed and record.capability == "http":
                # It may have arrived at the provider or not: it is listed, and not as done.
                self.ledger.writes.append(ask.writes)
            return self._refuse(record, error, started)
        except LimitError:
            record.duration_ms = _since(started)
            raise
        record.outcome = "ok"
        record.size = len(text)
        if record.capability == "http" and isinstance(answer, dict):
            record.status = cast(int, answer.get("status"))
        record.duration_ms = _since(started)
        return text

    def check(self, call: Call) -> None:
        """Decide on a further hop of a call that is under way, such as a redirect, as on a call of its own.

        Raises PermissionDenied, or LimitError.
        """
        started = time.perf_counter()
        self._count(call.capability, call.action, self.budget.spend_http)
        resource = call.url.without_query() if call.url else ""
        ask = Ask(resource, (call,), lambda: None)
        record = self._decide(call.capability, call.action, ask, started)
        record.duration_ms = _since(started)
        if record.decision == "deny":
            record.outcome = "error"
            raise PermissionDenied(record.reason)
        record.outcome = "ok"

    def _read(self, message: bytes) -> tuple[Capability, str, Args | None]:
        """The call. Its arguments are None where they are nested too deeply to be read at all."""
        deep = False
        try:
            try:
                call = guest_json.read(message)
            except RecursionError:
                deep = True
                call = guest_json.read(message.partition(_ARGS)[0] + _ARGS + b"{}}")
            name, action, args = call["capability"], call["action"], call["args"]
            capability = self.capabilities[name]
            if type(action) is not str or type(args) is not dict:
                raise ValueError("not a call")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise GuestBroke("the guest sent its host something that is no call") from error
        return capability, action, None if deep else cast(Args, args)

    def _count(self, capability: str, action: str, spend: Callable[[], None]) -> None:
        try:
            spend()
        except BudgetExceeded as over:
            error = limit_error(over.limit, over.message)
            record = self._record(
                capability, action, "", "limit", error.code, error.message, time.perf_counter()
            )
            record.outcome = "error"
            raise error from None

    def _decide(self, capability: str, action: str, ask: Ask, started: float) -> CallRecord:
        verdict, rule, reason = self._verdict(ask)
        durable = verdict != "deny" and (ask.effect or capability in DURABLE)
        return self._record(capability, action, ask.resource, verdict, rule, reason, started, durable)

    def _verdict(self, ask: Ask) -> tuple[Verdict, str, str]:
        if ask.refused is not None:
            return "deny", *ask.refused
        decision = Decision(True, "always", "")
        for need in ask.needs:
            decision = self.permissions.decide(need)
            if not decision.allowed:
                return "deny", decision.rule, decision.reason
        if self.observe and ask.effect:
            return "intercept", decision.rule, "observed: described, not performed"
        return "allow", decision.rule, decision.reason

    def _list_writes(self, ask: Ask) -> None:
        if ask.writes is not None:
            ask.writes.committed = not self.observe
            self.ledger.writes.append(ask.writes)
        self.ledger.collect_writes()

    def _record(
        self,
        capability: str,
        action: str,
        resource: str,
        verdict: Verdict,
        rule: str,
        reason: str,
        started: float,
        durable: bool = False,
    ) -> CallRecord:
        seq = len(self.ledger.calls) + 1
        resource, reason = self._shown(resource), self._shown(reason)
        self.audit.decision(seq, capability, action, resource, verdict, rule, reason, durable=durable)
        record = CallRecord(seq, capability, action, resource, verdict, rule, reason)
        record.duration_ms = _since(started)
        self.calls.append(record)
        self.ledger.calls.append(record)
        return record

    def _shown(self, text: str) -> str:
        """Text of a guest's as it is kept: without secrets, and not more than a URL may be long."""
        shown = self.redactor.text(text)
        return shown if len(shown) <= MAX_URL else shown[:MAX_URL] + "…"

    def _refuse(self, record: CallRecord, error: GuestError, started: float) -> bytes:
        record.outcome = "error"
        record.code = error.code
        record.duration_ms = _since(started)
        return _encode({"error": {"name": error.name, "code": error.code, "message": error.message}})

    def _encode(self, answer: Json) -> bytes:
        text = _encode({"ok": answer})
        if len(text) > self.answer_bytes:
            raise ResponseTooLarge(
                f"the answer is {len(text)} bytes, over {self.answer_bytes}; ask for less at a time"
            )
        return text


def _encode(value: Json) -> bytes:
    try:
        return _to_json(value).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def _denial(record: CallRecord) -> GuestError:
    if record.rule == "connector_only":
        return NotAvailable(record.reason)
    return PermissionDenied(record.reason)


# `json.dumps` would make a new encoder for every call.
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)
