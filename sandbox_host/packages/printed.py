"""One script as plain JavaScript, on its own: no types, no JSX; with the way back to the author's lines."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from sandbox_host.packages.scripts import Token, tokens
from sandbox_host.packages.source_map import SourceMap


class Import:
    """One import that a script asks for, as it is written. kind: the bundler's word for it."""

    __slots__ = ("kind", "spec")

    def __init__(self, spec: str, kind: str) -> None:
        self.spec = spec
        self.kind = kind


class Printed:
    """A printed script. What is worked out about it is worked out once, and only if somebody asks."""

    def __init__(self, code: str, source_map: bytes, imports: tuple[Import, ...]) -> None:
        self.code = code
        self.imports = imports
        self._source_map = source_map

    @cached_property
    def tokens(self) -> list[Token]:
        """The script's tokens, in order of their ends."""
        return list(tokens(self.code))

    def line(self, offset: int) -> int | None:
        """The author's line of an offset into `code`, from 1."""
        line = bisect_right(self._starts, offset)
        position = self._map.position(line, offset - self._starts[line - 1] + 1)
        return position.line if position else None

    @cached_property
    def _starts(self) -> list[int]:
        """Where each line begins."""
        starts = [0]
        at = self.code.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.code.find("\n", at + 1)
        return starts

    @cached_property
    def _map(self) -> SourceMap:
        return SourceMap(self._source_map)
