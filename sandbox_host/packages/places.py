"""Where in its file a declaration says what it says.

It reads a printed script and finds the object literals of its exports: of what `defineConnector({…})` is given,
and of constants that are named in it. What is put together in another way has no place here, and the nearest
place around it is given instead. A place that could be wrong is none: after a spread nothing is certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies.plain_json import MAX_DEPTH, join_path
from sandbox_host.packages.printed import Printed
from sandbox_host.packages.scripts import Token

MAX_PLACES = 50_000
_LAST_PART = re.compile(r"(?:\.[^.\[\]]+|\[(?:\d+|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")\])$")
_OPENING, _CLOSING = frozenset("{[("), frozenset("}])")
_DECLARES = frozenset(("const", "let", "var"))
_BEFORE_STATEMENT = frozenset(("", ";", "}", "export", "default", "async"))


def around(path: str) -> str:
    """The path of what a path is in: `permissions.http[0]` is in `permissions.http`."""
    return _LAST_PART.sub("", path) if _LAST_PART.search(path) else ""


class Places:
    """The places of one script's exports. exports: their names."""

    def __init__(self, printed: Printed) -> None:
        self._printed = printed
        self._tokens = printed.tokens
        self._local: dict[str, int] = {}
        self._exported: dict[str, int] = {}
        self._offsets: dict[str, dict[str, int]] = {}
        listed = list(self._scan())
        self.exports = frozenset((*self._exported, *(name for _, name in listed)))
        for inner, name in listed:
            if inner in self._local:
                self._exported[name] = self._local[inner]

    def line(self, export: str, path: str = "") -> int | None:
        """The author's line of what stands at `path` (as in `permissions.http[0]`) of an export, or of the
        nearest thing around it. None where there is no such export."""
        if export not in self._exported:
            return None
        offsets = self._offsets.get(export)
        if offsets is None:
            offsets = self._offsets[export] = self._find(self._exported[export])
        while path not in offsets:
            path = around(path)
        return self._printed.line(offsets[path])

    def _scan(self) -> Iterator[tuple[str, str]]:
        """Find the script's own names; yields what `export { a, b as c }` lists, as (local, exported)."""
        depth = 0
        declaring = exporting = False
        for index, token in enumerate(self._tokens):
            if token.kind == "punctuation":
                if depth == 0 and token.text == "," and declaring:
                    self._declare(index + 1, exporting)
                if depth == 0 and token.text == ";":
                    declaring = exporting = False
                depth += (token.text in _OPENING) - (token.text in _CLOSING)
            elif depth > 0 or token.kind != "name":
                continue
            elif token.text == "export":
                exporting = True
                if self._is(index + 1, "default"):
                    self._exported["default"] = index + 2
                elif self._is(index + 1, "{"):
                    yield from self._list(index + 2)
            elif token.text in _DECLARES:
                declaring = True
                self._declare(index + 1, exporting)
            elif token.text in ("function", "class") and self._text(index - 1) in _BEFORE_STATEMENT:
                named = index + 1 + self._is(index + 1, "*")
                self._add(named, named, exporting)
                exporting = False

    def _declare(self, index: int, exporting: bool) -> None:
        if self._is(index + 1, "="):
            self._add(index, index + 2, exporting)

    def _add(self, index: int, value: int, exporting: bool) -> None:
        token = self._token(index)
        if token is not None and token.kind == "name":
            self._local.setdefault(token.text, value)
            if exporting:
                self._exported.setdefault(token.text, value)

    def _list(self, index: int) -> list[tuple[str, str]]:
        """The (local, exported) names of `export { a, b as c }`."""
        found: list[tuple[str, str]] = []
        while index < len(self._tokens) and not self._is(index, "}"):
            if self._is(index + 1, "as"):
                found.append((self._text(index), self._text(index + 2)))
                index += 3
            else:
                found.append((self._text(index), self._text(index)))
                index += 1
            index += self._is(index, ",")
        return found

    def _find(self, index: int) -> dict[str, int]:
        """Path → offset of everything in the value that begins at a token."""
        named = self._follows(index)
        index = index if named is None else named
        value = self._token(index)
        if value is None:
            return {"": 0}
        offsets = {"": value.offset}
        if value.kind == "name" and self._is(index + 1, "("):
            # What a helper is given: the first argument that is an object, or the name of one.
            at = index + 2
            while not self._is(at, ")") and self._token(at) is not None:
                if self._is(at, "{") or self._follows(at) is not None:
                    self._value(at, "", 0, offsets)
                    break
                at = self._after(at)
                at += self._is(at, ",")
        else:
            self._value(index, "", 0, offsets)
        return offsets

    def _value(self, index: int, path: str, depth: int, offsets: dict[str, int]) -> None:
        target = index if self._is(index, "{") or self._is(index, "[") else self._follows(index)
        if target is None or depth > MAX_DEPTH or len(offsets) > MAX_PLACES:
            return
        if self._is(target, "{"):
            self._object(target + 1, path, depth, offsets)
        elif self._is(target, "["):
            self._list_items(target + 1, path, depth, offsets)

    def _follows(self, index: int) -> int | None:
        """The value of a constant of the same file that a token names, and nothing more than names."""
        token = self._token(index)
        after = self._token(index + 1)
        if token is None or token.kind != "name" or (after is not None and after.text not in ",;)]}"):
            return None
        return self._local.get(token.text)

    def _object(self, index: int, path: str, depth: int, offsets: dict[str, int]) -> None:
        before = len(offsets)
        while (token := self._token(index)) is not None and not self._is(index, "}"):
            if token.kind in ("name", "string", "number") and self._text(index + 1) in (":", ",", "}"):
                where = join_path(path, token.text)
                offsets[where] = token.offset
                is_pair = self._is(index + 1, ":")
                self._value(index + 2 if is_pair else index, where, depth + 1, offsets)
            elif self._is(index, "."):
                # A spread may replace what stands before it.
                for where in list(offsets)[before:]:
                    del offsets[where]
            index = self._after(index)
            index += self._is(index, ",")

    def _list_items(self, index: int, path: str, depth: int, offsets: dict[str, int]) -> None:
        count = 0
        while (token := self._token(index)) is not None and not self._is(index, "]"):
            if self._is(index, "."):
                return
            where = join_path(path, count)
            offsets[where] = token.offset
            self._value(index, where, depth + 1, offsets)
            count += 1
            index = self._after(index)
            index += self._is(index, ",")

    def _after(self, index: int) -> int:
        """The index of the comma or the closing bracket after a value."""
        depth = 0
        while (token := self._token(index)) is not None:
            if token.kind == "punctuation":
                if depth == 0 and (token.text == "," or token.text in _CLOSING):
                    return index
                depth += (token.text in _OPENING) - (token.text in _CLOSING)
            index += 1
        return index

    def _token(self, index: int) -> Token | None:
        return self._tokens[index] if 0 <= index < len(self._tokens) else None

    def _text(self, index: int) -> str:
        token = self._token(index)
        return token.text if token is not None and token.kind in ("name", "punctuation") else ""

    def _is(self, index: int, text: str) -> bool:
        return self._text(index) == text
