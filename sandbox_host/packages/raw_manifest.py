"""The manifest as it was written: any JSON, read with care."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast


class RawManifest:
    """The manifest as it was written: any JSON, read with care."""

    def __init__(self, data: Any, declaration: str = "extension") -> None:
        self._declaration = declaration
        self.data: dict[str, Any] = cast("dict[str, Any]", data) if isinstance(data, dict) else {}

    def block(self, *path: str) -> dict[str, Any]:
        """The object at a path, empty where there is none."""
        here: Any = self.data
        for key in path:
            here = cast("dict[str, Any]", here).get(key) if isinstance(here, dict) else None
        return cast("dict[str, Any]", here) if isinstance(here, dict) else {}

    def items(self, *path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Path and value of each object in the list at a path."""
        *above, last = path
        values: Any = self.block(*above).get(last)
        for index, value in enumerate(cast("list[Any]", values) if isinstance(values, list) else ()):
            if isinstance(value, dict):
                yield f"{'.'.join(path)}[{index}]", cast("dict[str, Any]", value)

    def http(self) -> list[str]:
        """The patterns of `permissions.http`."""
        values: Any = self.block("permissions").get("http")
        found: list[str] = []
        for value in cast("list[Any]", values) if isinstance(values, list) else ():
            url: Any = cast("dict[str, Any]", value).get("url") if isinstance(value, dict) else value
            if isinstance(url, str):
                found.append(url)
        return found

    def grants(self, entity: str) -> set[str]:
        value: Any = self.block("permissions", "entities").get(entity)
        return {str(verb) for verb in cast("list[Any]", value)} if isinstance(value, list) else set()

    @property
    def is_connector(self) -> bool:
        return self._declaration == "connector" or isinstance(self.data.get("provider"), str)
