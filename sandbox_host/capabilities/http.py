"""`Http`: requests to providers.

A call is understood here into an `EgressRequest`; after the broker's decision it is sent, and answered as a
plain `{status, headers, body, ok}`. Nothing of the library underneath is ever part of an answer.

A URL or a header that breaks a rule is a denial (`Ask.refused`), recorded as such; an argument of the wrong
type is InvalidArgument.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TypeAlias

from policies.effects import is_http_effect, mentions_observed_id, observed_http_answer
from policies.limits import Limits
from policies.permissions import Call, PermissionSet
from policies.urls import UrlError, parse_url
from sandbox_host.capabilities.base import Args, Ask, Json, Write
from sandbox_host.capabilities.http_arguments import HttpArguments, read_arguments
from sandbox_host.egress.base import Egress, EgressRequest, EgressResponse
from sandbox_host.egress.headers import HeaderError, guest_request_headers
from sandbox_host.egress.redirects import MAX_REDIRECTS, next_hop
from sandbox_host.errors import EgressBlocked, HttpTimeout, NotAvailable, PermissionDenied
from sandbox_host.guest_json import is_deep

METHODS = {"get": "GET", "post": "POST", "put": "PUT", "patch": "PATCH", "delete": "DELETE"}

_CHARSETS = {"iso-8859-1": "cp1252", "latin1": "cp1252", "windows-1252": "cp1252", "us-ascii": "cp1252"}

AccessToken: TypeAlias = Callable[[int], str]
"""(seconds it must still be valid) → the connection's OAuth access token."""


class HttpCapability:
    """`Http.get post put patch delete`, for one run.

    check: asked about every redirect hop before it is sent, as about a new call; it decides, records and
        counts, and raises PermissionDenied. Without one the permissions decide.
    remaining_s: seconds of the run's wall time that are left; no request outlasts them.
    oauth: the connection's access token; None where there is no OAuth connection.
    secrets_in: the names of the secrets, of those that the run has read, that occur in a text. One that
        `permissions.secretHosts` binds goes to its hosts only.
    """

    name = "http"
    actions = tuple(METHODS)

    def __init__(
        self,
        egress: Egress,
        permissions: PermissionSet,
        limits: Limits,
        *,
        check: Callable[[Call], None] | None = None,
        remaining_s: Callable[[], float] | None = None,
        oauth: AccessToken | None = None,
        secrets_in: Callable[[str], Collection[str]] | None = None,
    ) -> None:
        self._egress = egress
        self._permissions = permissions
        self._limits = limits
        self._check = check or self._decide
        self._remaining_s = remaining_s
        self._oauth = oauth
        self._secrets_in = secrets_in
        self._observed = 0

    def ask(self, action: str, args: Args) -> Ask:
        method = METHODS.get(action)
        if method is None:
            raise NotAvailable(f"Http has no {action[:40]!r}; it has {', '.join(self.actions)}")
        given = read_arguments(args, self._limits)
        if given.oauth_min_ttl is not None and self._oauth is None:
            raise NotAvailable("options.auth.oauth needs a connector with connection.oauth in its manifest")
        try:
            url = parse_url(given.url)
            headers = guest_request_headers(given.headers)
        except (UrlError, HeaderError) as error:
            return _refusal(_shown(given.url), error.rule, error.message)
        request = EgressRequest(
            method=method,
            url=url,
            headers=headers,
            body=given.body,
            timeout_s=given.timeout_s,
            connect_timeout_s=self._limits.http_connect_ms / 1000,
            max_bytes=self._limits.response_bytes,
        )
        if reason := self._misdirected_secret(request):
            return _refusal(url.without_query(), "secret_host", reason)
        effect = self._is_effect(request)
        return Ask(
            resource=url.without_query(),
            needs=(Call(self.name, action, url=url, method=method),),
            perform=lambda: self._perform(request, given),
            effect=effect,
            writes=Write("http", action, None, url.without_query(), given.payload) if effect else None,
            intercept=lambda: self._intercept(request, given),
        )

    def _perform(self, request: EgressRequest, given: HttpArguments) -> Json:
        if self._is_about_observed(request):
            return _not_found()
        if given.oauth_min_ttl is not None and self._oauth is not None:
            token = self._oauth(given.oauth_min_ttl)
            request = replace(request, headers=(*request.headers, ("Authorization", f"Bearer {token}")))
        return _answer(self._send(request, given.follow))

    def _intercept(self, request: EgressRequest, given: HttpArguments) -> Json:
        if self._is_about_observed(request):
            return _not_found()
        self._observed += 1
        return observed_http_answer(self._observed, given.observed)

    def _is_about_observed(self, request: EgressRequest) -> bool:
        """Is this about something that an earlier request of this run only pretended to create?"""
        if self._observed == 0:
            return False
        body = (request.body or b"").decode("utf-8", "replace")
        return mentions_observed_id(str(request.url)) or mentions_observed_id(body)

    def _send(self, request: EgressRequest, follow: bool) -> EgressResponse:
        """One exchange, or with `follow` the chain of them, under one deadline."""
        seconds = request.timeout_s
        if self._remaining_s is not None:
            seconds = min(seconds, self._remaining_s())
        end = time.monotonic() + seconds
        hop = request
        for _ in range(MAX_REDIRECTS + 1):
            left = end - time.monotonic()
            if left <= 0:
                host = request.url.host
                raise HttpTimeout(
                    f"{host} did not finish its answer within {max(0, round(seconds * 1000))} ms"
                )
            response = self._egress.send(replace(hop, timeout_s=left))
            following = next_hop(hop, response) if follow else None
            if following is None:
                return response
            self._check_hop(hop, following)
            hop = following
        raise EgressBlocked(f"more than {MAX_REDIRECTS} redirects, starting at {request.url.host}")

    def _check_hop(self, previous: EgressRequest, hop: EgressRequest) -> None:
        if self._is_effect(hop) and not self._is_effect(previous):
            # It was decided and recorded as a read, and an observed run sends reads.
            raise PermissionDenied(
                f"the redirect to {hop.url.without_query()} would turn a read into a write"
            )
        if reason := self._misdirected_secret(hop):
            raise PermissionDenied(reason)
        self._check(Call(self.name, hop.method.lower(), url=hop.url, method=hop.method))

    def _misdirected_secret(self, request: EgressRequest) -> str | None:
        """Why this request may not leave, where it carries a secret to a host that the secret is kept from."""
        if self._secrets_in is None:
            return None
        host = request.url.host
        texts = [str(request.url), *(value for _, value in request.headers)]
        texts.append((request.body or b"").decode("utf-8", "replace"))
        for name in sorted({name for text in texts for name in self._secrets_in(text)}):
            if not self._permissions.secret_may_reach(name, host):
                return f"the secret {name} may not be sent to {host}: permissions.secretHosts.{name} does not list it"
        return None

    def _decide(self, call: Call) -> None:
        decision = self._permissions.decide(call)
        if not decision.allowed:
            raise PermissionDenied(decision.reason)

    def _is_effect(self, request: EgressRequest) -> bool:
        return is_http_effect(request.method, request.headers, request.url, request.body, self._permissions)


def _refusal(resource: str, rule: str, reason: str) -> Ask:
    def never() -> Json:
        raise PermissionDenied(reason)

    return Ask(resource, needs=(), perform=never, refused=(rule, reason))


def _shown(text: str) -> str:
    """A URL that may not parse, fit for a record: no query, fragment, user or control character, capped."""
    plain = text[:2000].partition("?")[0].partition("#")[0]
    scheme, mark, rest = plain.partition("://")
    authority, slash, path = rest.partition("/")
    if mark:
        plain = f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"
    return plain.encode("unicode_escape").decode("ascii")[:300]


def _answer(response: EgressResponse) -> Json:
    return {
        "status": response.status,
        "headers": dict[str, Json](response.headers),
        "body": _decoded(response),
        "ok": 200 <= response.status <= 299,
    }


def _not_found() -> Json:
    return {
        "status": 404,
        "headers": {},
        "body": {"error": "the object was only observed, not created, so it cannot be found"},
        "ok": False,
        "observed": True,
    }


def _decoded(response: EgressResponse) -> Json:
    """JSON where the answer says so and it is, else text. What is not plain JSON (NaN, half a surrogate pair,
    very deep nesting) stays text."""
    kind, _, parameters = response.headers.get("content-type", "").lower().partition(";")
    kind = kind.strip()
    text = response.body.decode(_charset(parameters), "replace")
    if kind == "application/json" or kind.endswith("+json"):
        try:
            value: Json = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
            _reject_surrogates(text, value)
        except (ValueError, RecursionError):
            return text
        return text if is_deep(value) else value
    return text


def _charset(parameters: str) -> str:
    """Only text encodings that a page may have: Python's codecs include compressors and slow ones."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "charset":
            return _CHARSETS.get(value.strip("\"' "), "utf-8")
    return "utf-8"


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text[:40]} is too large for a number")
    return value


def _reject_surrogates(text: str, value: Json) -> None:
    if "\\ud" in text or "\\uD" in text:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
