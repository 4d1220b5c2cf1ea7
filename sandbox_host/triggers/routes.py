"""Route calls and webhook deliveries.

Where a route's `auth` is a signature scheme, the raw bytes are verified before anything else looks at them. A
route of a poll or backfill stream also gets the page it is asked for, in `searchParams` as strings and in `body`
with their types, unless the caller brought a body of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from sandbox_host import signatures
from sandbox_host.capabilities.base import Json
from sandbox_host.errors import RunError
from sandbox_host.guest_json import finite, no_constant
from sandbox_host.packages.deployment import Route
from sandbox_host.packages.package import Package
from sandbox_host.triggers.base import NoSuchEntrypoint, NotAccepted, Trigger
from sandbox_host.triggers.paths import match_path

SYNC_WALL_MS = 120_000
SYNC_PREFIX = "/sync/"
UNSIGNED = frozenset({"api_key", "public"})
WEBHOOK_SECRET = "webhook_secret"


class SignatureInvalid(RunError):
    """The delivery's signature does not verify; the guest never saw it."""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request to a route. body: its raw bytes. headers: any case of names."""

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Caller:
    """Where the request came in: what the guest sees as `request.context`, and what a sync page needs."""

    tenant: str
    extension: str
    connection: str | None
    run: str
    cursor: Json = None


def match_route(package: Package, method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route that answers that path and method, and what its parameters are there, decoded. path: as it was sent.
    Raises NoSuchEntrypoint listing the routes there are, MalformedPath."""
    routes = {route.path: route for route in package.entrypoints.routes}
    matched = match_path(routes, path)
    if matched is None or method not in routes[matched[0]].methods:
        known = [f"{each} {one.path}" for one in routes.values() for each in one.methods]
        raise NoSuchEntrypoint(f"no route {method} {path}; there are: {', '.join(known) or 'none'}")
    return routes[matched[0]], matched[1]


def find_route(package: Package, method: str, path: str) -> Route:
    """The route alone. Raises as `match_route` does."""
    return match_route(package, method, path)[0]


def is_signed(route: Route) -> bool:
    """Whether the host verifies a signature before this route runs."""
    return route.auth not in UNSIGNED


def check_signature(route: Route, request: Request, secret: str | None, now: float) -> None:
    """Verify a delivery's raw bytes. now: seconds since the epoch. Raises SignatureInvalid; without a secret
    every delivery is refused."""
    if secret is None:
        raise SignatureInvalid(
            f"{route.file}: no {WEBHOOK_SECRET} is set for this connection, so no delivery can be verified"
        )
    verdict = signatures.verify(route.auth, secret, request.body, request.headers, now)
    if isinstance(verdict, signatures.Refused):
        raise SignatureInvalid(verdict.message)


def route_trigger(package: Package, request: Request, caller: Caller) -> Trigger:
    """The run that answers this request. Raises NoSuchEntrypoint, MalformedPath, and NotAccepted for a connection
    test's body in which secrets could not be told from the rest."""
    route, params = match_route(package, request.method, request.path)
    stream = stream_of(package, request.method, route)
    query = _query(request.query)
    body = _parsed(request.body)
    if stream is not None:
        if caller.cursor is not None and "cursor" not in query:
            query["cursor"] = str(caller.cursor)
        if not request.body:
            body = _page(stream, query, caller.run)
    return Trigger(
        kind="route",
        label=f"{request.method} {route.path}",
        file=route.file,
        export=request.method,
        input={
            "method": request.method,
            "path": request.path,
            "searchParams": cast(Json, query),
            "params": cast(Json, params),
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "body": body,
            "rawBody": request.body.decode(errors="replace"),
            "context": {
                "tenant": {"id": caller.tenant},
                "extension": {"key": caller.extension},
                "connection": {"id": caller.connection} if caller.connection else None,
            },
        },
        ends="atomic",
        wall_ms=SYNC_WALL_MS if stream is not None else None,
        sync_stream=stream,
        secrets=_entered_secrets(package, route, body),
    )


def stream_of(package: Package, method: str, route: Route) -> str | None:
    """The poll or backfill stream that a call of this route syncs."""
    if method != "POST" or not route.path.startswith(SYNC_PREFIX):
        return None
    key = route.path.removeprefix(SYNC_PREFIX)
    streams = package.manifest.streams or ()
    return next((one.key for one in streams if one.key == key and one.mode != "webhook"), None)


def _query(pairs: Sequence[tuple[str, str]]) -> dict[str, str | list[str]]:
    query: dict[str, str | list[str]] = {}
    for name, value in pairs:
        before = query.get(name)
        if before is None:
            query[name] = value
        else:
            query[name] = [*([before] if isinstance(before, str) else before), value]
    return query


def _page(stream: str, query: Mapping[str, str | list[str]], run: str) -> dict[str, Json]:
    page: dict[str, Json] = {"stream": stream, "run_id": run, "mode": "poll"}
    for name in ("from", "to", "cursor", "page", "page_size"):
        value = query.get(name)
        if isinstance(value, str):
            numeric = name in ("page", "page_size") and value.isascii() and value.isdigit()
            page[name] = int(value) if numeric else value
    return page


def _parsed(body: bytes) -> Json:
    """JSON where the body is that, strictly: no doubled keys, no NaN, no number that no double holds. Else its
    text; null where it is empty."""
    if not body:
        return None
    try:
        return json.loads(
            body.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=no_constant, parse_float=finite
        )
    except (ValueError, RecursionError):
        return body.decode(errors="replace")


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def _entered_secrets(package: Package, route: Route, body: Json) -> tuple[tuple[str, str], ...]:
    """What an admin typed into secret fields and sends to the connection test."""
    connection = package.manifest.connection
    test = connection.test_connection if connection else None
    if connection is None or test is None or test.route != route.path or body is None:
        return ()
    if not isinstance(body, dict):
        raise NotAccepted(
            f"{route.path} tests a connection: its body must be a JSON object in which no key appears twice, "
            "so that the secrets in it are known"
        )
    names = secret_fields(connection.settings_schema or {})
    return tuple((name, text) for name in names for text in _texts(body.get(name)))


def _texts(value: Json) -> list[str]:
    """Every text and number in a value, as text."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
        elif one is not None and not isinstance(one, bool):
            found.append(one if isinstance(one, str) else json.dumps(one))
    return found


def secret_fields(schema: Mapping[str, object]) -> list[str]:
    """The properties of a settings schema that are stored as secrets (`x-secret: true`)."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return []
    typed = cast("Mapping[str, object]", properties)
    return [name for name, one in typed.items() if isinstance(one, Mapping) and one.get("x-secret") is True]
