"""`Http`: calls understood, and redirects followed, by the host's rules."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias
from urllib.parse import urljoin

from guest_sdk.testing.errors import Refused, invalid
from guest_sdk.testing.http_arguments import (
    HeaderRefused,
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
from guest_sdk.testing.stubs import Request, StubbedHttp
from guest_sdk.testing.urls import UrlRefused, parse_url

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
class HttpAsk:
    """An HTTP call, understood: what it is about, whether it may be made, and how to make it."""

    resource: str
    decision: Decision
    effect: bool
    payload: Value
    perform: Callable[[], Value]


class Http:
    """What handlers ask of `Http`, by the host's rules. stubs: what it is answered with."""

    def __init__(self, policy: Policy, redactor: Redactor) -> None:
        self.stubs = StubbedHttp()
        self._policy = policy
        self._redactor = redactor

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
            request = Request(method, parse_url(text), sendable(headers), body, payload)
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
            return self.stubs.exchange(whole, options)[0]

        headers_sent = request.headers
        decision = deny("secret_host", misdirected) if misdirected else self._policy.http(request.url)
        return HttpAsk(request.url.without_query(), decision, self._is_effect(request), payload, perform)

    def _follow(self, first: Request, options: Fields, check: Hop) -> Fields:
        request = first
        for _ in range(_MAX_REDIRECTS + 1):
            answer, headers = self.stubs.exchange(request, options)
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

    def _is_effect(self, request: Request) -> bool:
        if any(name.lower().replace("_", "-") in _OVERRIDES for name, _ in request.headers):
            return True
        if _NAMES_METHOD.search(request.url.query or "") or _NAMES_METHOD.search(request.body or ""):
            return True
        return request.method != "GET" and not self._policy.reads_method(request.url, request.method)

    def _misdirected(self, request: Request) -> str | None:
        """Why this request may not leave, where it carries a secret to a host that the secret is kept from."""
        host = request.url.host
        texts = [str(request.url), *(value for _, value in request.headers), request.body or ""]
        for name in sorted({name for text in texts for name in self._redactor.names_in(text)}):
            if not self._policy.secret_may_reach(name, host):
                return f"the secret {name} may not be sent to {host}: permissions.secretHosts.{name} does not list it"
        return None


def _never() -> Value:
    raise RuntimeError("a refused call is never performed")


def _next_hop(request: Request, status: int, location: str) -> Request:
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
