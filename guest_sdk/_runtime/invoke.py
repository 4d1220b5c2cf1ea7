"""One run of one handler: from the host's message to the text of its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import CoroutineType
from typing import Any, Literal, TypedDict, cast

from guest_sdk._runtime import host, printing
from guest_sdk._runtime.errors import thrown_text
from guest_sdk._runtime.json import to_json
from guest_sdk._runtime.objects import JsonObject, json_of
from guest_sdk.errors import InvalidArgument
from guest_sdk.hooks import HookContext
from guest_sdk.routes import ApiRequest

Find = Callable[[str, str], object]
"""(file, export) → what is exported, or None."""


class Invocation(TypedDict):
    """The host's message. `input` is a route's request, a hook's context, nothing for a job."""

    kind: Literal["route", "job", "hook"]
    file: str
    export: str
    input: Any


def invoke(message: Invocation, find: Find) -> str:
    """The JSON text of `{ok: true, value}` or `{ok: false, error}`. Whatever the handler does, it is one.

    Host calls work while the handler runs and until its answer has been written.
    """
    host.enter("running")
    printing.begin()
    try:
        return '{"ok":true,"value":' + _answer(message, find) + "}"
    except BaseException as thrown:
        return '{"ok":false,"error":' + thrown_text(thrown) + "}"
    finally:
        host.enter("ended")


def _answer(message: Invocation, find: Find) -> str:
    file, export = message["file"], message["export"]
    handler = find(file, export)
    if not callable(handler):
        raise InvalidArgument(f"{file} exports no function {export}")
    if message["kind"] == "job":
        returned = handler()
    elif message["kind"] == "hook":
        returned = handler(HookContext[Any](message["input"]))
    else:
        returned = handler(ApiRequest(message["input"]))
    if isinstance(returned, CoroutineType):
        cast("CoroutineType[Any, Any, Any]", returned).close()
        raise InvalidArgument(f"{file}: {export} is async; every call here is synchronous, so write def")
    return response_text(returned) if message["kind"] == "route" else ok_text(returned)


def response_text(value: object) -> str:
    """The JSON text of `{status, headers, body}` for whatever a route handler returned."""
    given = json_of(value) if isinstance(value, JsonObject) else value
    if not isinstance(given, Mapping):
        return ok_text(value)
    response = cast("Mapping[str, Any]", given)
    if response.get("__api_response") is not True:
        return ok_text(value)
    status = response.get("status")
    status = 200 if status is None else status
    if isinstance(status, float) and status.is_integer():
        status = int(status)
    if type(status) is not int or not 100 <= status <= 599:
        raise InvalidArgument("the response's status must be a whole number from 100 to 599")
    headers = response.get("headers")
    if headers is not None and not isinstance(headers, dict):
        raise InvalidArgument("the response's headers must be a dict of strings")
    headers_text = "{}" if headers is None else to_json(cast(object, headers), "headers")
    body = to_json(response.get("body"), "body")
    return f'{{"status":{status},"headers":{headers_text},"body":{body}}}'


def ok_text(value: object) -> str:
    """The same for a plain value: 200."""
    return '{"status":200,"headers":{},"body":' + to_json(value, "the returned value") + "}"
