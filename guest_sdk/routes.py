"""API routes: `src/api/<path>.py` defines a function per verb and, where it matters, its `config`.

config = {"auth": "api_key"}

def POST(request: ApiRequest):
    return {"hello": request.json()["name"]}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias, TypedDict, TypeVar

from guest_sdk._runtime.host import present
from guest_sdk._runtime.json import from_json
from guest_sdk._runtime.objects import JsonObject
from guest_sdk.errors import InvalidArgument
from guest_sdk.http import HttpResponse

__all__ = [
    "Api",
    "ApiRequest",
    "ApiResponse",
    "ConnectionContext",
    "ExtensionContext",
    "RequestContext",
    "RouteAuth",
    "RouteConfig",
    "TenantContext",
    "api",
]

SignatureScheme: TypeAlias = Literal[
    "stripe_signature",
    "shopify_hmac",
    "github_signature",
    "slack_signature",
    "standard_webhook",
    "hmac_sha256",
]
"""A signature scheme is checked by the host, over the raw body, before the handler runs. For connectors."""

RouteAuth: TypeAlias = Literal["api_key", "public"] | SignatureScheme
"""Who may call a route. `public` routes verify for themselves, with `verify`."""


class RouteConfig(TypedDict, total=False):
    """`config: RouteConfig = {"auth": "public"}`. `auth` is `api_key` where it is left out."""

    auth: RouteAuth


class TenantContext(JsonObject):
    """The workspace that was called."""

    __slots__ = ()

    @property
    def id(self) -> str:
        return self._json["id"]


class ExtensionContext(JsonObject):
    """The extension that runs."""

    __slots__ = ()

    @property
    def key(self) -> str:
        """As in its manifest."""
        return self._json["key"]


class ConnectionContext(JsonObject):
    """The connection that the call is for."""

    __slots__ = ()

    @property
    def id(self) -> str:
        return self._json["id"]


class RequestContext(JsonObject):
    """Where a request arrived."""

    __slots__ = ()

    @property
    def tenant(self) -> TenantContext:
        return TenantContext(self._json["tenant"])

    @property
    def extension(self) -> ExtensionContext:
        return ExtensionContext(self._json["extension"])

    @property
    def connection(self) -> ConnectionContext | None:
        """None where the route was called for none."""
        connection = self._json.get("connection")
        return None if connection is None else ConnectionContext(connection)


class ApiRequest(JsonObject):
    """What a route handler is called with."""

    __slots__ = ()

    @property
    def method(self) -> str:
        """`POST`."""
        return self._json["method"]

    @property
    def search_params(self) -> dict[str, Any]:
        """The query: text by name, a list of texts where a name came several times."""
        return self._json["searchParams"]

    @property
    def params(self) -> dict[str, Any]:
        """The path's own parameters."""
        return self._json["params"]

    @property
    def body(self) -> Any:
        """Parsed where the content type is JSON."""
        return self._json["body"]

    @property
    def raw_body(self) -> str:
        """The body exactly as it arrived: what signatures are made over."""
        return self._json["rawBody"]

    @property
    def headers(self) -> dict[str, str]:
        """By lower-case name."""
        return self._json["headers"]

    @property
    def context(self) -> RequestContext:
        return RequestContext(self._json["context"])

    def json(self) -> Any:
        """The raw body, parsed now. Raises InvalidArgument where it is not JSON."""
        raw = self._json.get("rawBody")
        if not isinstance(raw, str):
            return self._json.get("body")
        try:
            return from_json(raw)
        except (ValueError, RecursionError):
            raise InvalidArgument("request.json(): the body is not JSON") from None


class ApiResponse(JsonObject):
    """A response with a status. A handler may return any plain value instead: that is 200."""

    __slots__ = ()

    @property
    def status(self) -> int:
        return self._json["status"]

    @property
    def headers(self) -> dict[str, str]:
        return self._json.get("headers") or {}

    @property
    def body(self) -> Any:
        return self._json["body"]


Handler = TypeVar("Handler", bound=Callable[..., Any])


class Api:
    """Makes responses. As a decorator, `@api`, it marks a handler and changes nothing."""

    __slots__ = ()

    def __call__(self, handler: Handler) -> Handler:
        if not callable(handler):
            raise InvalidArgument("api(handler): handler must be a function")
        return handler

    def json(
        self, data: object = None, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> ApiResponse:
        """200, or the status given."""
        return _respond(status, data, headers)

    def bad_request(self, message: str = "Bad request", data: object = None) -> ApiResponse:
        """400"""
        return _refuse(400, "bad_request", message, data)

    def unauthorized(self, message: str = "Unauthorized", data: object = None) -> ApiResponse:
        """401"""
        return _refuse(401, "unauthorized", message, data)

    def forbidden(self, message: str = "Forbidden", data: object = None) -> ApiResponse:
        """403"""
        return _refuse(403, "forbidden", message, data)

    def not_found(self, message: str = "Not found", data: object = None) -> ApiResponse:
        """404"""
        return _refuse(404, "not_found", message, data)

    def error(
        self,
        message: str = "Internal error",
        *,
        status: int = 500,
        headers: Mapping[str, str] | None = None,
        data: object = None,
    ) -> ApiResponse:
        """500, or the status given."""
        return _refuse(status, "error", message, data, headers)

    def provider_error(self, message: str, response: HttpResponse | None = None) -> ApiResponse:
        """502 for a provider's failure. Its 429 stays a 429, with its `retry-after`, so that the host waits that
        long."""
        status = None if response is None else response.status
        if response is None or status != 429:
            data = {} if status is None else {"provider_status": status}
            return _refuse(502, "provider_error", message, data)
        retry_after = response.headers.get("retry-after")
        headers = None if retry_after is None else {"retry-after": retry_after}
        data = present(provider_status=status, retry_after=retry_after)
        return _refuse(429, "provider_throttled", message, data, headers)


def _respond(status: int, body: object, headers: Mapping[str, str] | None) -> ApiResponse:
    response = {"__api_response": True, "status": status, "body": body}
    return ApiResponse(response if headers is None else {**response, "headers": headers})


def _refuse(
    status: int, code: str, message: str, data: object, headers: Mapping[str, str] | None = None
) -> ApiResponse:
    error = {"code": code, "message": message}
    return _respond(status, {"error": error if data is None else {**error, "data": data}}, headers)


api = Api()
"""Marks route handlers, and makes responses."""
