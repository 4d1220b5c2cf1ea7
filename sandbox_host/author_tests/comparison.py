"""`backfill test --sandbox`: every call of the tests, made again in the sandbox, and what differs."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import typer
from pydantic import JsonValue

from sandbox_host.author_tests.differences import ABSENT, Difference, differences, plain
from sandbox_host.author_tests.problems import TestsCannotRun
from sandbox_host.author_tests.recorded import Call, Exchange, read_recorded
from sandbox_host.author_tests.replay import Replay, Replayed, replay
from sandbox_host.cli.inputs import InvalidInput
from sandbox_host.egress.base import EgressRequest
from sandbox_host.packages import BuildFailed, Package, build
from sandbox_host.packages.problems import Problem
from sandbox_host.workers.evaluate import evaluator
from sandbox_host.workers.sandbox import Sandbox
from sandbox_host.workers.template_process import SandboxUnavailable

MAX_SHOWN = 20
"""Differences listed of one call."""
_MAX_TEXT = 400


@dataclass(frozen=True, slots=True)
class Compared:
    """One call. place: the test's line, `test/customers.test.ts:12`. entry: what it called, `POST /sync/customers`.
    skipped: why it was not made, or None."""

    place: str
    entry: str
    differences: tuple[Difference, ...] = ()
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every call of the tests, in the order in which they were made."""

    calls: tuple[Compared, ...]

    @property
    def same(self) -> bool:
        return not any(call.differences for call in self.calls)

    def as_json(self) -> dict[str, Any]:
        return {"same": self.same, "calls": [asdict(call) for call in self.calls]}

    def show(self) -> None:
        made = [call for call in self.calls if call.skipped is None]
        typer.echo(f"\nIn the sandbox: {_count(len(made), 'call')} made again")
        for call in self.calls:
            if call.skipped is not None:
                typer.echo(f"- {call.place} {call.entry}: not made, {call.skipped}")
            for one in call.differences:
                typer.secho(f"✗ {call.place} {call.entry}: {one.place} differs", fg="red")
                typer.echo(f"    test     {_shown(one.test)}\n    sandbox  {_shown(one.sandbox)}")
        different = sum(1 for call in made if call.differences)
        if different:
            typer.echo(f"{different} of {_count(len(made), 'call')} differ")
        elif made:
            typer.secho("✔ the sandbox answers all of them as the tests saw them", fg="green")


def compare_recorded(root: Path, record: Path) -> Comparison:
    """Make the recorded calls of the project in `root` again. Raises TestsCannotRun where it does not build."""
    calls = read_recorded(record)
    try:
        with Sandbox() as sandbox:
            package = build(root, evaluator(sandbox))
            return Comparison(tuple(_compare_all(package, sandbox, root, calls)))
    except BuildFailed as error:
        raise TestsCannotRun(*error.problems) from error
    except SandboxUnavailable as error:
        raise TestsCannotRun(Problem("sandbox", None, str(error))) from error


def _compare_all(package: Package, sandbox: Sandbox, root: Path, calls: list[Call]) -> list[Compared]:
    compared: list[Compared] = []
    for runtime in dict.fromkeys(call.runtime for call in calls):
        with replay(package, sandbox) as state:
            compared += [_compare(state, root, call) for call in calls if call.runtime == runtime]
    return compared


def _compare(state: Replay, root: Path, call: Call) -> Compared:
    place = call.place.removeprefix(f"{root}/")
    entry = call.entry or "a handler"
    if call.not_replayed is not None:
        return Compared(place, entry, skipped=call.not_replayed)
    try:
        replayed = state.make(call)
    except InvalidInput as error:
        return Compared(place, entry, skipped=str(error))
    now = time.time()
    test = plain(_as_tested(call), now, {})
    names = {replayed.connection: call.connection} if replayed.connection and call.connection else {}
    sandbox = plain(_as_replayed(replayed), now, names)
    return Compared(place, entry, tuple(islice(differences(test, sandbox), MAX_SHOWN)))


def _as_tested(call: Call) -> JsonValue:
    return {
        "response": call.response,
        "error": call.error.model_dump() if call.error else None,
        "http": [_request(one) for one in call.http],
        **_writes(call.writes),
        "logs": _without_stacks(call.logs),
        "calls": call.calls,
    }


def _as_replayed(replayed: Replayed) -> JsonValue:
    report = replayed.report
    error = report.error
    writes: list[JsonValue] = [one.model_dump(exclude={"committed"}) for one in report.writes]
    return {
        "response": report.response.model_dump() if report.response else None,
        "error": {"name": error.name, "message": error.message} if error else None,
        "http": [_sent(one) for one in replayed.sent],
        **_writes(writes),
        "logs": _without_stacks([one.model_dump() for one in report.logs]),
        "calls": [one.model_dump(exclude={"seq", "duration_ms"}) for one in report.calls],
    }


def _writes(writes: list[JsonValue]) -> dict[str, JsonValue]:
    """Writes under the names that authors know them by."""
    groups: dict[str, JsonValue] = {}
    for name, kinds in {"ingest": ["ingest"], "checkpoints": ["checkpoint"]}.items():
        groups[name] = [one for one in writes if isinstance(one, dict) and one["kind"] in kinds]
    groups["writes"] = [
        one for one in writes if isinstance(one, dict) and one["kind"] not in ("ingest", "checkpoint")
    ]
    return groups


def _without_stacks(value: JsonValue) -> JsonValue:
    """Stacks name the same lines in two ways."""
    if isinstance(value, dict):
        return {
            key: "(stack)" if key == "stack" and each else _without_stacks(each)
            for key, each in value.items()
        }
    return [_without_stacks(each) for each in value] if isinstance(value, list) else value


def _request(one: Exchange) -> JsonValue:
    body = one.body
    return {"method": one.method, "url": one.url, "headers": dict(one.headers), "body": body}


def _sent(request: EgressRequest) -> JsonValue:
    headers: dict[str, JsonValue] = {name.lower(): value for name, value in request.headers}
    return {
        "method": request.method,
        "url": str(request.url),
        "headers": headers,
        "body": _body(request.body, headers),
    }


def _body(body: bytes | None, headers: Mapping[str, JsonValue]) -> JsonValue:
    """The body as the handler gave it: JSON where it was sent as that."""
    if body is None:
        return None
    text = body.decode("utf-8", "replace")
    if str(headers.get("content-type", "")).startswith("application/json"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _shown(value: JsonValue) -> str:
    text = ABSENT if value == ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
