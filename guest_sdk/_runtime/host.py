"""Host calls: what is asked through the door, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from guest_sdk import errors
from guest_sdk._runtime import door
from guest_sdk._runtime.json import from_json, to_json
from guest_sdk.errors import BackfillError, NotAvailable

Phase = Literal["loading", "running", "ended"]

_NOTHING: Mapping[str, object] = {}
_WHY = {
    "loading": "there is no invocation while a module is loaded; call it inside the handler",
    "ended": "the handler has already returned",
}

HOST_ERRORS: Mapping[str, type[BackfillError]] = {
    name: getattr(errors, name) for name in errors.__all__ if name != "BackfillError"
}
"""The errors that the host knows, by name."""

_phase: Phase = "loading"


def enter(phase: Phase) -> None:
    """loading: modules are being evaluated. running: a handler is, and host calls work. ended: it has returned."""
    global _phase
    _phase = phase


def is_running() -> bool:
    """Whether host calls work now."""
    return _phase == "running"


def ask(
    capability: str,
    action: str,
    given: Mapping[str, object] = _NOTHING,
    also: Mapping[str, object] = _NOTHING,
) -> Any:
    """One host call. given: its arguments. also: those that are sent only where they are not None.

    Returns what the host answered. Raises BackfillError.
    """
    if _phase != "running":
        raise NotAvailable(f"{capability}.{action}: {_WHY[_phase]}")
    parts = [f'"{name}":{to_json(value, name)}' for name, value in given.items()]
    parts += [f'"{name}":{to_json(value, name)}' for name, value in also.items() if value is not None]
    return send(capability, action, "{" + ",".join(parts) + "}")


def send(capability: str, action: str, args: str) -> Any:
    """The same with the JSON text of the arguments."""
    answer = from_json(door.call(f'{{"capability":"{capability}","action":"{action}","args":{args}}}'))
    if "error" in answer:
        raise host_error(answer["error"])
    return answer.get("ok")


def host_error(error: Mapping[str, str]) -> BackfillError:
    """The exception for the host's `{name, code, message}`."""
    name, message = error["name"], error["message"]
    found = HOST_ERRORS.get(name)
    return found(message) if found else BackfillError(message, name=name, code=error["code"])


def present(**options: object) -> dict[str, object] | None:
    """The options that are not None; None where there are none."""
    return {name: value for name, value in options.items() if value is not None} or None
