"""What a run turned out to be: the object that `backfill invoke --json` prints, which others script against."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Response(_Part):
    """What the handler returned."""

    status: int
    headers: dict[str, str]
    body: JsonValue


class ProblemReport(_Part):
    """One thing that is wrong with the input. line is null where no line is to blame."""

    file: str
    line: int | None
    message: str


class ErrorReport(_Part):
    """Why the run did not succeed. stack holds the author's files and lines, and may be null."""

    name: str
    code: str
    message: str
    stack: str | None = None
    problems: list[ProblemReport] = []


class LogReport(_Part):
    level: Literal["debug", "info", "warn", "error"]
    message: str
    data: JsonValue


class CallReport(_Part):
    """One host call. duration_ms: milliseconds in the host."""

    seq: int
    capability: Literal[
        "http", "secrets", "settings", "entity", "ingest", "sync", "log", "verify", "crypto", "oauth"
    ]
    action: str
    resource: str
    decision: Literal["allow", "deny", "intercept", "limit"]
    rule: str
    reason: str
    outcome: Literal["ok", "error", "interrupted"]
    duration_ms: float


class WriteReport(_Part):
    """One effect. committed: it happened and stays."""

    kind: Literal["entity", "ingest", "secret", "checkpoint", "http"]
    action: str
    entity: str | None
    id: str | None
    data: JsonValue
    committed: bool


class UsageReport(_Part):
    """cpu_ms: the guest's own CPU. wall_ms: the whole run. memory_bytes: the guest's memory at its end."""

    cpu_ms: float = 0.0
    wall_ms: float = 0.0
    memory_bytes: int = 0
    host_calls: int = 0
    http_requests: int = 0


class RunReport(_Part):
    """ok: the handler returned, whatever its status."""

    ok: bool
    mode: Literal["live", "observe"]
    response: Response | None = None
    error: ErrorReport | None = None
    logs: list[LogReport] = []
    calls: list[CallReport] = []
    writes: list[WriteReport] = []
    usage: UsageReport = UsageReport()
