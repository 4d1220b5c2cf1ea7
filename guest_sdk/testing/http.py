"""`Http`, answered by the stubs of the test. Nothing ever leaves the machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from urllib.parse import urljoin

from guest_sdk._runtime.json import from_json, to_json
from guest_sdk.testing.errors import Refused, invalid
from guest_sdk.testing.http_arguments import (
    HeaderRefused,
    Headers,
    auth_of,
    check_timeout,
    encoded,
    headers_of,
    object_of,
    payload_of,
    sendable,
)
from guest_sdk.testing.policy import Decision, Policy, deny
from guest_sdk.testing.records.values import Fields, Value
from guest_sdk.testing.redaction import Redactor
from guest_sdk.testing.types import Failure, HttpAnswer, HttpCall, HttpFailure, HttpStub
from guest_sdk.testing.urls import Url, UrlRefused, parse_url

_OPTIONS = ("headers", "body", "auth", "timeout", "redirect", "observed")
_METHODS = {"get": "GET", "post": "POST", "put": "PUT", "patch": "PATCH", "delete": "DELETE"}
_MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override", "x-method")
_NAMES_METHOD = re.compile(
    r"(?<![a-z0-9])(?:_method|x-http-method(?:-override)?|x-method-override)(?![a-z0-9_-])", re.IGNORECASE
)
_OF_THE_BODY = re.compile(r"content-(type|encoding|language)", re.IGNORECASE)
_FOR_ANY_HOST = re.compile(r"accept|accept-language|user-agent", re.IGNORECASE)

Hop: TypeAlias = Callable[[str, str, Decision], None]
"""Counts and lists a redirect's next request (method, resource, decision); raises where it may not be made."""


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: Url
    headers: Headers
    body: str | None
    payload: Value


@dataclass(frozen=True, slots=True)
class HttpAsk:
    """An HTTP call, understood: what it is about, whether it may be made, and how to make it."""

    resource: str
    decision: Decision
    effect: bool
    payload: Value
    perform: Callable[[], Value]


class StubbedHttp:
    """The stubs of one test, and the requests that they answered.

    Answers are used once, in the order in which they were added, each by the first request it matches. A request that
    none matches raises EgressBlocked. The `json` forms send every body as JSON, a string too.

    Each takes the same. url: answers requests to this URL only; `*` matches anything, and a URL without `?` ignores
    the query; any URL where it is left out. body: a dict or list is sent as JSON, a string as it is. error: the
    request fails like this instead of being answered.
    """

    def __init__(self, policy: Policy, redactor: Redactor) -> None:
        self._policy = policy
        self._redactor = redactor
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

    def ask(self, action: str, args: Fields, hop: Hop, token: Callable[[], str] | None) -> HttpAsk:
        """Understand one call of a handler's. token: its connection's. Raises Refused."""
        method = _METHODS.get(action)
        if method is None:
            raise Refused("NotAvailable", f"Http has no '{action}'; it has {', '.join(_METHODS)}")
        text = args.get("url")
        if not isinstance(text, str):
            raise invalid("url must be a string")
        options = object_of(args.get("options"), "options") or {}
        for key in options:
            if key not in _OPTIONS:
                raise invalid(f"options.{key[:60]} is unknown; there are {', '.join(_OPTIONS)}")
        headers = headers_of(options.get("headers"))
        authorization, wants_token = auth_of(options.get("auth"))
        given = {name.lower() for name, _ in headers}
        if (authorization is not None or wants_token) and "authorization" in given:
            raise invalid("options.auth and an Authorization header are both given; keep one")
        if authorization is not None:
            headers.append(("Authorization", authorization))
        payload = payload_of(args.get("body"), options.get("body"))
        body = encoded(payload)
        if isinstance(payload, dict | list) and "content-type" not in given:
            headers.append(("Content-Type", "application/json"))
        check_timeout(options.get("timeout"))
        redirect = options.get("redirect")
        if redirect not in (None, "manual", "follow"):
            raise invalid('options.redirect must be "follow", or absent to get the redirect itself')
        object_of(options.get("observed"), "options.observed")
        if wants_token and token is None:
            why = "options.auth.oauth needs a connector with connection.oauth in its manifest"
            raise Refused("NotAvailable", why)
        try:
            request = _Request(method, parse_url(text), sendable(headers), body, payload)
        except (UrlRefused, HeaderRefused) as refused:
            refusal = deny(refused.rule, refused.message)
            return HttpAsk(_shown_url(text), refusal, False, payload, _never)
        misdirected = self._misdirected(request)

        def perform() -> Value:
            whole = request
            if wants_token and token is not None:
                whole = replace(request, headers=[*headers_sent, ("Authorization", f"Bearer {token()}")])
            if redirect == "follow":
                return self._follow(whole, options, hop)
            return self._exchange(whole, options)[0]

        headers_sent = request.headers
        decision = deny("secret_host", misdirected) if misdirected else self._policy.http(request.url)
        return HttpAsk(request.url.without_query(), decision, self._is_effect(request), payload, perform)

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

    def _exchange(self, request: _Request, options: Fields) -> tuple[Fields, dict[str, str]]:
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

    def _follow(self, first: _Request, options: Fields, check: Hop) -> Fields:
        request = first
        for _ in range(_MAX_REDIRECTS + 1):
            answer, headers = self._exchange(request, options)
            status, location = answer["status"], headers.get("location")
            if not isinstance(status, int) or status not in _REDIRECTS or location is None:
                return answer
            following = _next_hop(request, status, location)
            where = following.url.without_query()
            if self._is_effect(following) and not self._is_effect(request):
                raise Refused("PermissionDenied", f"the redirect to {where} would turn a read into a write")
            misdirected = self._misdirected(following)
            if misdirected is not None:
                raise Refused("PermissionDenied", misdirected)
            check(following.method.lower(), where, self._policy.http(following.url))
            request = following
        raise Refused("EgressBlocked", f"more than {_MAX_REDIRECTS} redirects, starting at {first.url.host}")

    def _is_effect(self, request: _Request) -> bool:
        if any(name.lower().replace("_", "-") in _OVERRIDES for name, _ in request.headers):
            return True
        if _NAMES_METHOD.search(request.url.query or "") or _NAMES_METHOD.search(request.body or ""):
            return True
        return request.method != "GET" and not self._policy.reads_method(request.url, request.method)

    def _misdirected(self, request: _Request) -> str | None:
        """Why this request may not leave, where it carries a secret to a host that the secret is kept from."""
        host = request.url.host
        texts = [str(request.url), *(value for _, value in request.headers), request.body or ""]
        for name in sorted({name for text in texts for name in self._redactor.names_in(text)}):
            if not self._policy.secret_may_reach(name, host):
                return f"the secret {name} may not be sent to {host}: permissions.secretHosts.{name} does not list it"
        return None


def _failure_of(stub: HttpStub | None, method: str, url: str) -> Refused | None:
    """What a request fails with that no stub answers, or whose stub is a failure."""
    what = f"{method} {url[:1000]}"
    if stub is None:
        way = f"runtime.http.{method.lower()}_once(status=…, body=…)"
        return Refused("EgressBlocked", f"no stub answers {what}; add {way} before the call")
    if stub.error is None:
        return None
    return Refused(stub.error, f"the stub of {what} fails with {stub.error}")


def _never() -> Value:
    raise RuntimeError("a refused call is never performed")


def _answers(stub: HttpStub, request: _Request) -> bool:
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


def _next_hop(request: _Request, status: int, location: str) -> _Request:
    try:
        url = parse_url(urljoin(str(request.url), location))
    except UrlRefused as refused:
        raise Refused("PermissionDenied", f"the redirect's target was refused: {refused.message}") from None
    hop = replace(request, url=url)
    if status == 303 or (status <= 302 and request.method == "POST"):
        headers = [one for one in request.headers if not _OF_THE_BODY.fullmatch(one[0])]
        hop = replace(hop, method="GET", body=None, payload=None, headers=headers)
    if (url.host, url.port) == (request.url.host, request.url.port):
        return hop
    if hop.method != "GET" or hop.body is not None:
        raise Refused(
            "EgressBlocked",
            f"a redirect of this {hop.method} to another host ({url.host}) is not followed: it would send there what "
            "was meant for the first; call it directly",
        )
    return replace(hop, headers=[one for one in hop.headers if _FOR_ANY_HOST.fullmatch(one[0])])


def _shown_url(text: str) -> str:
    """A URL that may not parse, without query, fragment and user."""
    plain = re.sub(r"[?#].*", "", text[:2000], flags=re.DOTALL)
    return re.sub(r"^([^:]*://)[^/]*@", r"\1", plain)[:300]
