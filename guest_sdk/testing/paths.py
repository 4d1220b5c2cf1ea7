"""Paths of requests, matched against the paths of routes by the host's rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

_BYTE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


class MalformedPath(ValueError):
    """The request's path cannot be read; the message says where and why."""


def match_path(routes: Iterable[str], path: str) -> tuple[str, dict[str, str]] | None:
    """The route's path that answers a request's, and the values of its parameters. Raises MalformedPath."""
    parts = _parts(path)
    found = [(route, params) for route in routes if (params := _params(route, parts)) is not None]
    # Static before a parameter, at the first part where two routes differ.
    return min(found, key=lambda one: [_is_parameter(part) for part in one[0].split("/")], default=None)


def parameters_of(route: str) -> list[str]:
    """The names of a route's parameters."""
    return [part[1:-1] for part in route.split("/") if _is_parameter(part)]


def path_with(route: str, params: Mapping[str, str]) -> str:
    """The path of a request to this route with these parameters."""
    parts = [
        quote(params[part[1:-1]], safe="!'()*") if _is_parameter(part) else part for part in route.split("/")
    ]
    return "/".join(parts)


def _is_parameter(part: str) -> bool:
    return part.startswith("[")


def _params(route: str, parts: list[str]) -> dict[str, str] | None:
    names = route.split("/")
    if len(names) != len(parts):
        return None
    params: dict[str, str] = {}
    for name, part in zip(names, parts, strict=True):
        if part == "" if _is_parameter(name) else part != name:
            return None
        if _is_parameter(name):
            params[name[1:-1]] = part
    return params


def _parts(path: str) -> list[str]:
    for mark, what in (("?", "query"), ("#", "fragment")):
        if mark in path:
            raise MalformedPath(f"the path {path[:200]!r} holds a {what}; a path ends before its {mark}")
    return [_decoded(part, path) for part in path.split("/")]


def _decoded(part: str, path: str) -> str:
    wrong = _BYTE.search(part)
    if wrong:
        raise MalformedPath(
            f"the path {path[:200]!r} holds {part[wrong.start() : wrong.start() + 3]!r}, which is no escaped byte;"
            " write %25 for a percent sign"
        )
    try:
        part.encode()
        return _ESCAPES.sub(lambda found: bytes.fromhex(found[0].replace("%", "")).decode(), part)
    except UnicodeError:
        raise MalformedPath(f"the path {path[:200]!r} is not UTF-8") from None
