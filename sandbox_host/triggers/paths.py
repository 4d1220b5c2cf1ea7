"""Paths of requests, matched against the paths of routes.

A route's path has static parts and parameters, `/customers/[id]`. A request's path is cut at its slashes first and
each part is decoded once (RFC 3986, UTF-8), so a parameter is one part whatever it holds: `a%2Fb` is the value `a/b`.

1. A path that cannot be read is refused: a `%` that begins no byte, bytes that are no UTF-8, a `?` or `#`.
2. A route matches where each part is equal, or is a parameter and not empty.
3. Of several that match, the one that is static in the first part where they differ answers: `/customers/new` before
   `/customers/[id]`. The method is asked for after that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sandbox_host.triggers.base import NotAccepted

_BYTE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


class MalformedPath(NotAccepted):
    """The request's path cannot be read; the message says where and why."""


def match_path(routes: Iterable[str], path: str) -> tuple[str, dict[str, str]] | None:
    """The route's path that answers a request's `path`, and the values of its parameters. Raises MalformedPath."""
    parts = _parts(path)
    found = [(route, params) for route in routes if (params := _params(route, parts)) is not None]
    return min(found, key=lambda one: [part.startswith("[") for part in one[0].split("/")], default=None)


def _params(route: str, parts: list[str]) -> dict[str, str] | None:
    names = route.split("/")
    if len(names) != len(parts):
        return None
    params: dict[str, str] = {}
    for name, part in zip(names, parts, strict=True):
        if not name.startswith("["):
            if name != part:
                return None
        elif part:
            params[name[1:-1]] = part
        else:
            return None
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
