"""Drives the SDK's own runtime, the one that runs in the sandbox: its door, its JSON, its invocation of a handler."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypedDict

from guest_sdk._runtime import door, errors, host, printing
from guest_sdk._runtime.invoke import invoke
from guest_sdk._runtime.json import LONGEST, from_json, to_json
from guest_sdk.testing.errors import LimitReached, RunEnded
from guest_sdk.testing.records.values import Fields, Value

Kind: TypeAlias = Literal["route", "hook", "job"]
Handler: TypeAlias = Callable[..., object]


class Message(TypedDict):
    """One host call, as the SDK sends it."""

    capability: str
    action: str
    args: Fields


Answer: TypeAlias = Callable[[Message], str]


@dataclass(frozen=True, slots=True)
class GuestError:
    """What the host is told about an exception. stack: the author's frames."""

    name: str
    code: str
    message: str
    stack: str


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a handler. error: None where it returned. thrown: the exception, where the handler raised one."""

    status: int
    headers: Mapping[str, str]
    body: Value
    error: GuestError | None = None
    thrown: BaseException | None = None


_answers: list[Answer] = []
"""Who answers host calls, innermost last: a hook runs while the guest that writes waits."""


def run(kind: Kind, place: tuple[str, str], handler: Handler, input: Value, answer: Answer) -> Ended:
    """Run one handler as the host runs it. place: its file and the name of its export. Never raises what the handler
    does."""
    thrown: list[BaseException] = []

    def watched(*given: object) -> object:
        try:
            return handler(*given)
        except BaseException as error:
            thrown.append(error)
            raise

    running = host.is_running()
    printed: int = printing._printed  # pyright: ignore
    _answers.append(answer)
    try:
        # A copy, as it would be in the sandbox: what a handler does to it stays with the handler.
        own = from_json(to_json(input, "input"))
        text = invoke(
            {"kind": kind, "file": place[0], "export": place[1], "input": own}, lambda _file, _export: watched
        )
    finally:
        _answers.pop()
        host.enter("running" if running else "loading")
        printing._printed = printed  # pyright: ignore[reportPrivateUsage]
    result: Any = from_json(text)
    if result["ok"]:
        value = result["value"]
        return Ended(value["status"], value["headers"], value["body"])
    return Ended(0, {}, None, GuestError(**result["error"]), thrown[0] if thrown else None)


@contextmanager
def connected(file_of: errors.FileOf) -> Generator[None]:
    """The SDK's door leads here. file_of: tells the author's frames from others."""
    before, known = door._call, errors._file_of  # pyright: ignore[reportPrivateUsage]
    door.connect(_answer)
    errors.connect(file_of)
    try:
        yield
    finally:
        door.connect(before)
        errors.connect(known)


@contextmanager
def outside_handlers(answer: Answer) -> Generator[None]:
    """Let the SDK be used outside of a handler: by a test, or by a helper that a test calls."""
    _answers.insert(0, answer)
    host.enter("running")
    try:
        yield
    finally:
        _answers.remove(answer)
        host.enter("loading")


@contextmanager
def loading() -> Generator[None]:
    """Modules are being loaded: host calls say that this is no place for them."""
    running = host.is_running()
    host.enter("loading")
    try:
        yield
    finally:
        if running:
            host.enter("running")


def _answer(text: str) -> str:
    if len(text) >= LONGEST:
        # It is no call: the SDK shows the host what is too long to be one, and refuses it itself.
        return ""
    try:
        return _answers[-1](from_json(text))
    except LimitReached as limit:
        raise RunEnded from limit
