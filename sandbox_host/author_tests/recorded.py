"""The calls that an author's tests made, as the test runtime wrote them down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Answer(_Part):
    status: int
    headers: dict[str, str]
    body: str


class Failure(_Part):
    name: str
    message: str


class Exchange(_Part):
    """One HTTP request and what the test's stub answered: an answer or a failure."""

    method: str
    url: str
    headers: dict[str, str]
    body: JsonValue
    response: Answer | None
    error: Failure | None


class Call(_Part):
    """One `runtime.call`, `hook` or `job` of a test.

    runtime: calls of one runtime share its state. place: the test's own line. entry: as `invoke` takes it, None for
    what is no entrypoint of the project. file: the entrypoint's. input: what the handler was given. checkpoints:
    stream, partition and value as they were before. not_replayed: why the sandbox cannot make it, or None.
    """

    runtime: str
    place: str
    entry: str | None
    file: str | None
    input: dict[str, Any] | None
    connection: str | None
    records: dict[str, list[JsonValue]]
    checkpoints: list[tuple[str, str, dict[str, JsonValue]]]
    secrets: dict[str, str]
    oauth_token: str | None
    settings: dict[str, JsonValue]
    response: dict[str, JsonValue] | None
    error: Failure | None
    http: list[Exchange]
    logs: list[JsonValue]
    calls: list[JsonValue]
    writes: list[JsonValue]
    not_replayed: str | None


def read_recorded(path: Path) -> list[Call]:
    """Every call, in the order in which they ended."""
    if not path.is_file():
        return []
    return [Call.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]
