"""The door of a test: every host call of the SDK is answered here, in the sandbox's order.

Count it against the run's budget, understand its arguments, decide on it, list it, perform it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from guest_sdk._runtime.json import to_json
from guest_sdk.testing.ask import Ask
from guest_sdk.testing.capabilities import Capabilities
from guest_sdk.testing.errors import Refused, invalid, snake_case
from guest_sdk.testing.guest import Message
from guest_sdk.testing.policy import Decision
from guest_sdk.testing.records.values import HALF, Value
from guest_sdk.testing.world import Credentials

if TYPE_CHECKING:
    from guest_sdk.testing.hooks.writes import HookedWrites
    from guest_sdk.testing.run import Limit, Run


@dataclass(slots=True)
class CallRecord:
    """One host call, as the sandbox's report lists it."""

    capability: str
    action: str
    resource: str
    decision: Literal["allow", "deny", "limit"]
    rule: str
    reason: str
    outcome: Literal["ok", "error", "interrupted"] = "error"


class Door:
    """The door of one guest: a handler, a hook that it set off, or what a test asks for outside of one.

    committed: streams whose page the guest committed itself.
    """

    def __init__(self, run: Run, writes: HookedWrites, credentials: Credentials) -> None:
        self.committed: set[str] = set()
        self._run = run
        self._capabilities = Capabilities(run, writes, credentials, self.committed, self._hop)

    def answer(self, message: Message) -> str:
        """Answer one host call, given as the SDK sends it. Raises LimitReached where it ends the run."""
        if self._run.limit is not None:
            raise self._run.limit
        capability, action, args = message["capability"], message["action"], message["args"]
        self._spend(capability, action, "CallLimit")
        if capability == "http":
            self._spend(capability, action, "SubrequestLimit")
        try:
            if _holds_half(args):
                raise invalid("the arguments must not hold half of a surrogate pair, which is no character")
            ask = self._capabilities.ask(capability, action, args)
        except Refused as refused:
            self._list(capability, action, "", "deny", "arguments", refused.message)
            return _error(refused)
        return self._decide(capability, action, ask)

    def _decide(self, capability: str, action: str, ask: Ask) -> str:
        gate = self._run.world.policy.capability(capability)
        decisions = [gate, *ask.decisions]
        denied = next((one for one in decisions if not one.allowed), None)
        decision = denied or decisions[-1]
        verdict = "deny" if denied else "allow"
        record = self._list(capability, action, ask.resource, verdict, decision.rule, decision.reason)
        if denied:
            name = "NotAvailable" if denied.rule == "connector_only" else "PermissionDenied"
            return _error(Refused(name, denied.reason))
        record.outcome = "interrupted"
        try:
            answer = ask.perform()
        except Refused as refused:
            record.outcome = "error"
            # A request may have arrived at the provider or not: it is listed.
            if ask.write and capability == "http":
                self._run.writes.append(ask.write)
            return _error(refused)
        if ask.write:
            self._run.writes.append(ask.write)
        self._run.collect_writes()
        record.outcome = "ok"
        return f'{{"ok":{to_json(answer, "answer")}}}'

    def _hop(self, method: str, resource: str, decision: Decision) -> None:
        self._spend("http", method, "SubrequestLimit")
        verdict = "allow" if decision.allowed else "deny"
        record = self._list("http", method, resource, verdict, decision.rule, decision.reason)
        if not decision.allowed:
            raise Refused("PermissionDenied", decision.reason)
        record.outcome = "ok"

    def _list(
        self,
        capability: str,
        action: str,
        resource: str,
        decision: Literal["allow", "deny", "limit"],
        rule: str,
        reason: str,
    ) -> CallRecord:
        shown = self._run.world.redactor.text
        record = CallRecord(capability, action, shown(resource), decision, rule, shown(reason))
        self._run.calls.append(record)
        return record

    def _spend(self, capability: str, action: str, limit: Limit) -> None:
        over = self._run.spend(limit)
        if over is not None:
            self._list(capability, action, "", "limit", snake_case(limit), over.message)
            raise over


def _error(refused: Refused) -> str:
    error: Value = {"name": refused.name, "code": refused.code, "message": refused.message}
    return f'{{"error":{to_json(error, "error")}}}'


def _holds_half(value: Value) -> bool:
    if isinstance(value, str):
        return HALF.search(value) is not None
    if isinstance(value, list):
        return any(map(_holds_half, value))
    if isinstance(value, dict):
        return any(HALF.search(key) or _holds_half(each) for key, each in value.items())
    return False
