"""What a handler sees of a test's request: the request as the host would hand it over."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guest_sdk._runtime.door import well_formed
from guest_sdk._runtime.json import from_json, to_json
from guest_sdk.testing.paths import match_path, parameters_of, path_with
from guest_sdk.testing.project import Project, Route
from guest_sdk.testing.records.checkpoints import next_cursor
from guest_sdk.testing.records.values import Fields, Value, number_text

LEFT_OUT: Any = object()
"""A body that was not given; None is one."""

_PAGE = ("from", "to", "cursor", "page", "page_size")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a test gives it; what is left out is empty. See `ConnectorTestRuntime.call`."""

    method: str | None = None
    path: str | None = None
    search_params: Mapping[str, str | Sequence[str]] = field(default_factory=dict[str, str])
    params: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: object = LEFT_OUT
    raw_body: str | None = None


def plain_json(value: object, place: str) -> Any:
    """A value as JSON carries it. Raises InvalidArgument."""
    return from_json(well_formed(to_json(value, place)))


def input_of(
    request: Request, project: Project | None, route: Route | None, kept: Fields | None, context: Fields
) -> Fields:
    """The handler's input. kept: the checkpoint of a sync route's stream. Raises ValueError where the route answers no
    such request."""
    search_params = _query_of(request.search_params)
    raw = request.raw_body
    if raw is None:
        raw = "" if request.body is LEFT_OUT else well_formed(to_json(request.body, "body"))
    body: Value = _parsed(raw) if request.body is LEFT_OUT else plain_json(request.body, "body")
    if route is not None and route.stream is not None:
        cursor = next_cursor(kept or {}, search_params)
        if cursor is not None and "cursor" not in search_params:
            is_text = isinstance(cursor, str)
            search_params["cursor"] = cursor if is_text else to_json(cursor, "cursor")
        if raw == "":
            body = _page_of(route.stream, search_params)
    path, params = _place_of(request, project, route)
    return {
        "method": request.method or (route.method if route else "POST"),
        "path": path,
        "params": params,
        "searchParams": search_params,
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "body": body,
        "rawBody": raw,
        "context": context,
    }


def _place_of(request: Request, project: Project | None, route: Route | None) -> tuple[str, Fields]:
    """The request's path and its parameters."""
    params: dict[str, str] = dict(request.params or {})
    if route is None or project is None:
        return request.path or "/", dict[str, Value](params)
    name = f"{route.method} {route.path}"
    if request.path is not None:
        if request.params is not None:
            raise ValueError(f"{name}: give the path or its params, not both")
        routes = project.roles.routes
        found = match_path(routes, request.path)
        if found is not None and found[0] == route.path:
            return request.path, dict[str, Value](found[1])
        answered = "no route answers it" if found is None else f"{routes[found[0]]} answers it"
        raise ValueError(f"{name} does not answer {request.path}: {answered}")
    names = parameters_of(route.path)
    unknown = next((key for key in params if key not in names), None)
    if unknown is not None:
        raise ValueError(f"{name} has no parameter '{unknown}'")
    for key in names:
        if not params.get(key):
            raise ValueError(f'{name} needs params={{"{key}": "…"}}')
    return path_with(route.path, params), dict[str, Value](params)


def _query_of(given: Mapping[str, str | Sequence[str]]) -> Fields:
    query: Fields = {}
    for name, value in given.items():
        values = [_as_text(one) for one in ([value] if not isinstance(value, list | tuple) else value)]
        if values:
            query[name] = values[0] if len(values) == 1 else list[Value](values)
    return query


def _as_text(value: Any) -> str:
    return (
        number_text(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
    )


def _page_of(stream: str, search_params: Fields) -> Fields:
    page: Fields = {"stream": stream, "run_id": str(uuid.uuid4()), "mode": "poll"}
    for name in _PAGE:
        value = search_params.get(name)
        if isinstance(value, str):
            is_count = name in ("page", "page_size") and re.fullmatch("[0-9]+", value)
            page[name] = int(value) if is_count else value
    return page


def _parsed(raw: str) -> Value:
    if not raw:
        return None
    try:
        return from_json(raw)
    except ValueError:
        return raw
