"""Answers that a test gives to requests, and the requests that they answered. Nothing ever leaves the machine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guest_sdk._runtime.json import from_json, to_json
from guest_sdk.testing.errors import Refused
from guest_sdk.testing.http_arguments import Headers
from guest_sdk.testing.records.values import Fields, Value
from guest_sdk.testing.types import Failure, HttpAnswer, HttpCall, HttpFailure, HttpStub
from guest_sdk.testing.urls import Url


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it would be sent."""

    method: str
    url: Url
    headers: Headers
    body: str | None
    payload: Value


class StubbedHttp:
    """The stubs of one test, and the requests that they answered.

    Answers are used once, in the order in which they were added, each by the first request it matches. A request that
    none matches raises EgressBlocked. The `json` forms send every body as JSON, a string too.

    Each takes the same. url: answers requests to this URL only; `*` matches anything, and a URL without `?` ignores
    the query; any URL where it is left out. body: a dict or list is sent as JSON, a string as it is. error: the
    request fails like this instead of being answered.
    """

    def __init__(self) -> None:
        self._calls: list[HttpCall] = []
        self._waiting: list[HttpStub] = []

    @property
    def calls(self) -> Sequence[HttpCall]:
        """Every request that a handler made."""
        return self._calls

    @property
    def pending(self) -> Sequence[HttpStub]:
        """Answers that no request has used yet."""
        return self._waiting

    def get_once(
        self,
        url: str | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        error: HttpFailure | None = None,
    ) -> None:
        self._add("GET", url, status, headers, body, error)

    def post_once(
        self,
        url: str | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        error: HttpFailure | None = None,
    ) -> None:
        self._add("POST", url, status, headers, body, error)

    def put_once(
        self,
        url: str | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        error: HttpFailure | None = None,
    ) -> None:
        self._add("PUT", url, status, headers, body, error)

    def patch_once(
        self,
        url: str | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        error: HttpFailure | None = None,
    ) -> None:
        self._add("PATCH", url, status, headers, body, error)

    def delete_once(
        self,
        url: str | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        error: HttpFailure | None = None,
    ) -> None:
        self._add("DELETE", url, status, headers, body, error)

    def get_json_once(
        self,
        url: str | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        error: HttpFailure | None = None,
    ) -> None:
        self._add("GET", url, status, headers, body, error, as_json=True)

    def post_json_once(
        self,
        url: str | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        error: HttpFailure | None = None,
    ) -> None:
        self._add("POST", url, status, headers, body, error, as_json=True)

    def put_json_once(
        self,
        url: str | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        error: HttpFailure | None = None,
    ) -> None:
        self._add("PUT", url, status, headers, body, error, as_json=True)

    def patch_json_once(
        self,
        url: str | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        error: HttpFailure | None = None,
    ) -> None:
        self._add("PATCH", url, status, headers, body, error, as_json=True)

    def delete_json_once(
        self,
        url: str | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        error: HttpFailure | None = None,
    ) -> None:
        self._add("DELETE", url, status, headers, body, error, as_json=True)

    def exchange(self, request: Request, options: Fields) -> tuple[Fields, dict[str, str]]:
        """What a request is answered, and the headers in that. Raises Refused."""
        url = str(request.url)
        sent = {name.lower(): value for name, value in request.headers}
        stub = next((one for one in self._waiting if _answers(one, request)), None)
        if stub is not None:
            self._waiting.remove(stub)

        def note(response: HttpAnswer | None, error: Failure | None) -> None:
            call = HttpCall(request.method, url, sent, request.payload, options, response, error)
            self._calls.append(call)

        failed = _failure_of(stub, request.method, url)
        if stub is None or failed is not None:
            failed = failed or Refused("EgressBlocked", "")
            note(None, Failure(failed.name, failed.code, failed.message))
            raise failed
        headers, text = _on_the_wire(stub)
        note(HttpAnswer(stub.status, headers, text), None)
        answer: Fields = {
            "status": stub.status,
            "headers": dict[str, Value](headers),
            "body": _decoded(headers, text),
            "ok": 200 <= stub.status <= 299,
        }
        return answer, headers

    def _add(
        self,
        method: str,
        url: str | None,
        status: int,
        headers: Mapping[str, str] | None,
        body: object,
        error: HttpFailure | None,
        *,
        as_json: bool = False,
    ) -> None:
        if not 200 <= status <= 599:
            raise ValueError(f"a stub's status is a whole number from 200 to 599, not {status}")
        self._waiting.append(HttpStub(method, url, status, headers or {}, body, error, as_json))


def _failure_of(stub: HttpStub | None, method: str, url: str) -> Refused | None:
    """What a request fails with that no stub answers, or whose stub is a failure."""
    what = f"{method} {url[:1000]}"
    if stub is None:
        way = f"runtime.http.{method.lower()}_once(status=…, body=…)"
        return Refused("EgressBlocked", f"no stub answers {what}; add {way} before the call")
    if stub.error is None:
        return None
    return Refused(stub.error, f"the stub of {what} fails with {stub.error}")


def _answers(stub: HttpStub, request: Request) -> bool:
    if stub.method != request.method:
        return False
    if stub.url is None:
        return True
    pattern = ".*".join(map(re.escape, stub.url.split("*")))
    url = str(request.url) if "?" in stub.url else request.url.without_query()
    return re.fullmatch(pattern, url, re.DOTALL) is not None


def _on_the_wire(stub: HttpStub) -> tuple[dict[str, str], str]:
    headers = {name.lower(): value for name, value in stub.headers.items()}
    if not stub.as_json and (stub.body is None or isinstance(stub.body, str)):
        return headers, stub.body or ""
    return {"content-type": "application/json", **headers}, to_json(stub.body, "the stub's body")


def _decoded(headers: Mapping[str, str], text: str) -> Value:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        return text
    try:
        value: Any = from_json(text)
    except ValueError:
        return text
    return value
