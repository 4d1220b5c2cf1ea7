"""What the host answers, as objects: attributes in snake case over the JSON that arrived."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class JsonObject:
    """Read-only attributes over a JSON object.

    Logged, returned or ingested it is that JSON again. Its members are also there under their JSON names:
    `failure["idempotencyKey"]`, `{**failure}`.
    """

    __slots__ = ("_json",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, json: Mapping[str, Any]) -> None:
        self._json = json

    def keys(self) -> Iterable[str]:
        """The JSON names."""
        return self._json.keys()

    def __getitem__(self, name: str) -> Any:
        return self._json[name]

    def __eq__(self, other: object) -> bool:
        return self._json == other._json if isinstance(other, JsonObject) else NotImplemented

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self._json)!r})"


def json_of(value: JsonObject) -> Mapping[str, Any]:
    """The JSON underneath."""
    return value._json  # pyright: ignore[reportPrivateUsage]
