"""`Http`: requests to the hosts that the manifest names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, TypedDict

from guest_sdk._runtime.host import ask, present
from guest_sdk._runtime.objects import JsonObject

__all__ = ["Http", "HttpApi", "HttpAuth", "HttpResponse", "Observed"]

# `pass` is a keyword, so these cannot be written as classes.
Basic = TypedDict("Basic", {"user": str, "pass": str})
"""The two halves of `Authorization: Basic …`."""


class OAuthOptions(TypedDict, total=False):
    """min_ttl_seconds: how long the token must still be valid; it is refreshed first where it is not."""

    min_ttl_seconds: int


class HttpAuth(TypedDict, total=False):
    """How a request proves who it is; one of the three.

    bearer: `Authorization: Bearer …`. basic: `Authorization: Basic …`. oauth: the connection's own token; for
    connectors with `connection.oauth` only.
    """

    bearer: str
    basic: Basic
    oauth: bool | OAuthOptions


class Observed(TypedDict, total=False):
    """What a write answers while this version is only observed. Default: 202 with `{"id": "observed_<n>"}`."""

    status: int
    body: Any


Body: TypeAlias = Mapping[str, Any] | list[Any] | tuple[Any, ...] | str
Redirect: TypeAlias = Literal["follow", "manual"]


class HttpResponse(JsonObject):
    """A provider's answer. A status outside 2xx is an answer too, not an error."""

    __slots__ = ()

    @property
    def status(self) -> int:
        return self._json["status"]

    @property
    def headers(self) -> dict[str, str]:
        """By lower-case name."""
        return self._json["headers"]

    @property
    def body(self) -> Any:
        """Parsed where the content type is JSON, else text."""
        return self._json["body"]

    @property
    def ok(self) -> bool:
        """The status is 2xx."""
        return self._json["ok"]

    @property
    def observed(self) -> bool:
        """The request was a write of an observed run: it was not sent."""
        return self._json.get("observed", False)


class HttpApi:
    """Requests to the hosts of `permissions.http`; https only.

    Each method takes the same options. headers: text by name. auth: see `HttpAuth`. timeout_ms: milliseconds for
    the whole exchange; 10,000 where it is left out. redirect: `"follow"` checks every hop like a new call and drops
    credentials when the host changes; not followed where it is left out. observed: see `Observed`.

    Raises PermissionDenied (not in the manifest), EgressBlocked (nothing may be reached there), HttpTimeout,
    ResponseTooLarge, InvalidArgument.
    """

    __slots__ = ()

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: HttpAuth | None = None,
        timeout_ms: int | None = None,
        redirect: Redirect | None = None,
        observed: Observed | None = None,
    ) -> HttpResponse:
        options = _options(headers, auth, timeout_ms, redirect, observed)
        return HttpResponse(ask("http", "get", {"url": url}, {"options": options}))

    def delete(
        self,
        url: str,
        *,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        auth: HttpAuth | None = None,
        timeout_ms: int | None = None,
        redirect: Redirect | None = None,
        observed: Observed | None = None,
    ) -> HttpResponse:
        """body: see `post`."""
        options = _options(headers, auth, timeout_ms, redirect, observed, body)
        return HttpResponse(ask("http", "delete", {"url": url}, {"options": options}))

    def post(
        self,
        url: str,
        body: Body | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        auth: HttpAuth | None = None,
        timeout_ms: int | None = None,
        redirect: Redirect | None = None,
        observed: Observed | None = None,
    ) -> HttpResponse:
        """body: a dict or a list is sent as JSON, text as it is."""
        return _send("post", url, body, _options(headers, auth, timeout_ms, redirect, observed))

    def put(
        self,
        url: str,
        body: Body | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        auth: HttpAuth | None = None,
        timeout_ms: int | None = None,
        redirect: Redirect | None = None,
        observed: Observed | None = None,
    ) -> HttpResponse:
        """body: see `post`."""
        return _send("put", url, body, _options(headers, auth, timeout_ms, redirect, observed))

    def patch(
        self,
        url: str,
        body: Body | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        auth: HttpAuth | None = None,
        timeout_ms: int | None = None,
        redirect: Redirect | None = None,
        observed: Observed | None = None,
    ) -> HttpResponse:
        """body: see `post`."""
        return _send("patch", url, body, _options(headers, auth, timeout_ms, redirect, observed))


def _send(action: str, url: str, body: Body | None, options: dict[str, object] | None) -> HttpResponse:
    return HttpResponse(ask("http", action, {"url": url}, {"body": body, "options": options}))


def _options(
    headers: Mapping[str, str] | None,
    auth: HttpAuth | None,
    timeout_ms: int | None,
    redirect: Redirect | None,
    observed: Observed | None,
    body: Body | None = None,
) -> dict[str, object] | None:
    return present(
        headers=headers,
        body=body,
        auth=_auth(auth),
        timeout=timeout_ms,
        redirect=redirect,
        observed=observed,
    )


def _auth(auth: HttpAuth | None) -> object:
    """The names inside are ours; what is not known is for the host to refuse."""
    oauth = auth.get("oauth") if isinstance(auth, dict) else None
    if auth is None or not isinstance(oauth, dict) or "min_ttl_seconds" not in oauth:
        return auth
    rest = {name: value for name, value in oauth.items() if name != "min_ttl_seconds"}
    return {**auth, "oauth": {"minTtlSeconds": oauth["min_ttl_seconds"], **rest}}


Http = HttpApi()
"""Requests to the hosts that the manifest names."""
