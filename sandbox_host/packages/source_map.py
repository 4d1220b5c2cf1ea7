"""From positions in a bundle back to the author's files.

The format is ECMA-426 (source map revision 3): base64 VLQ segments, groups per generated line.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

from sandbox_host.packages.evaluation import BUNDLE_NAME
from sandbox_host.packages.problems import PackageError

_DIGITS = {
    letter: value
    for value, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}
_FRAME = re.compile(re.escape(BUNDLE_NAME) + r":(\d{1,9})(?::(\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a source file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class SourceMap:
    """A decoded source map. Raises PackageError where the bytes are not one."""

    def __init__(self, data: bytes) -> None:
        try:
            document = json.loads(data)
            sources = document["sources"]
            mappings = document["mappings"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise PackageError("the source map is not a source map") from error
        if not isinstance(mappings, str) or not _is_list_of_text(sources):
            raise PackageError("the source map is not a source map")
        self._sources = cast("list[str]", sources)
        self._lines = _decode(mappings, len(self._sources))

    def position(self, line: int, column: int = 1) -> Position | None:
        """The source of a place in the bundle (both count from 1), or None where it is nobody's."""
        if not 1 <= line <= len(self._lines):
            return None
        columns, targets = self._lines[line - 1]
        index = bisect_right(columns, max(column - 1, 0)) - 1
        if index < 0 or targets[index] is None:
            return None
        source, source_line, source_column = cast("tuple[int, int, int]", targets[index])
        if not self._sources[source]:
            return None
        return Position(self._sources[source], source_line + 1, source_column + 1)

    def map_stack(self, stack: str) -> str:
        """A stack with the author's places. Frames of the bundle that belong to no source are left out."""
        lines: list[str] = []
        for text in stack.splitlines():
            frame = _FRAME.search(text)
            if frame is None:
                lines.append(text)
                continue
            position = self.position(int(frame[1]), int(frame[2] or 1))
            if position is not None:
                lines.append(text[: frame.start()] + str(position) + text[frame.end() :])
        return "\n".join(lines)

    def first_position(self, stack: str) -> Position | None:
        """The author's place nearest to where a stack was made."""
        for frame in _FRAME.finditer(stack):
            position = self.position(int(frame[1]), int(frame[2] or 1))
            if position is not None:
                return position
        return None


_Targets = list[tuple[int, int, int] | None]


def _decode(mappings: str, sources: int) -> list[tuple[list[int], _Targets]]:
    """Per generated line: start columns, and what each is the start of."""
    lines: list[tuple[list[int], _Targets]] = []
    source = source_line = source_column = 0
    for group in mappings.split(";"):
        column = 0
        columns: list[int] = []
        targets: _Targets = []
        for segment in group.split(",") if group else ():
            numbers = _vlq(segment)
            if len(numbers) not in (1, 4, 5):
                raise PackageError("the source map holds a broken segment")
            column += numbers[0]
            target = None
            if len(numbers) > 1:
                source += numbers[1]
                source_line += numbers[2]
                source_column += numbers[3]
                if not 0 <= source < sources or source_line < 0 or source_column < 0:
                    raise PackageError("the source map points outside its sources")
                target = (source, source_line, source_column)
            columns.append(column)
            targets.append(target)
        if any(later < earlier for earlier, later in pairwise(columns)):
            raise PackageError("the source map's columns are out of order")
        lines.append((columns, targets))
    return lines


def _vlq(segment: str) -> list[int]:
    numbers: list[int] = []
    value = shift = 0
    for letter in segment:
        digit = _DIGITS.get(letter)
        if digit is None or shift > 30:
            raise PackageError("the source map holds a broken segment")
        value |= (digit & 31) << shift
        shift += 5
        if not digit & 32:
            numbers.append(-(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    if shift:
        raise PackageError("the source map holds a broken segment")
    return numbers


def _is_list_of_text(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in cast("list[Any]", value))
