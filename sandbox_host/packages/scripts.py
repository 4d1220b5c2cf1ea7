"""A small tokenizer for JavaScript as the bundler prints it: enough to tell code from what only looks like it.

It knows strings, templates with code in them, comments and regular expressions. It reads printed code, never
the author's: types and JSX are gone, and a division stands on the line of what it divides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["name", "number", "string", "template", "regex", "punctuation"]

_SPACE = re.compile(r"\s+|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_NAME = re.compile(r"[#\w$\\\u0080-\U0010ffff]+")
_STRING = {
    quote: re.compile(rf"{quote}((?:[^{quote}\\\n]|\\.)*)(?:{quote}|(?=\n)|\Z)", re.DOTALL) for quote in "'\""
}
_CHUNK = re.compile(r"((?:[^`\\$]|\\.|\$(?!\{))*)(`|\$\{|\\?\Z)", re.DOTALL)
_REGEX = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*")
_ESCAPE = re.compile(r"\\(u\{[0-9A-Fa-f]{1,6}\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|\r\n|.)", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}
_BEFORE_REGEX = frozenset((
    "return", "typeof", "case", "in", "of", "delete", "void", "instanceof", "new", "do", "else", "throw",
    "await", "yield", "default", "extends",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """One token. For strings `text` is the value; for templates `parts` are the fixed texts between code."""

    kind: Kind
    text: str
    offset: int
    parts: tuple[str, ...] = ()


def tokens(code: str) -> Iterator[Token]:
    """The tokens of printed code in order of their ends; the code inside a template comes before it."""
    templates: list[tuple[int, list[str], int]] = []
    depth = 0
    at = 0
    last = Token("punctuation", ";", 0)
    while at < len(code):
        space = _SPACE.match(code, at)
        if space:
            at = space.end()
            continue
        letter = code[at]
        if letter in _STRING and (match := _STRING[letter].match(code, at)):
            last = Token("string", unescape(match[1]), at)
            at = match.end()
            yield last
        elif letter == "`" or (letter == "}" and templates and templates[-1][2] == depth):
            start, parts = (at, []) if letter == "`" else templates.pop()[:2]
            chunk = _CHUNK.match(code, at + 1)
            assert chunk is not None
            parts.append(unescape(chunk[1]))
            at = chunk.end()
            if chunk[2] == "${":
                templates.append((start, parts, depth))
                last = Token("punctuation", "${", at)
            else:
                last = Token("template", "", start, tuple(parts))
                yield last
        elif letter == "/" and _regex_may_start(code, at, last) and (match := _REGEX.match(code, at)):
            last = Token("regex", match[0], at)
            at = match.end()
            yield last
        elif match := _NAME.match(code, at):
            last = Token("number" if letter.isdigit() else "name", match[0], at)
            at = match.end()
            yield last
        else:
            depth += {"{": 1, "}": -1}.get(letter, 0)
            last = Token("punctuation", letter, at)
            at += 1
            yield last


def unescape(text: str) -> str:
    """The value of a string or template chunk as it is written between its quotes."""
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(match: re.Match[str]) -> str:
    escape = match[1]
    if len(escape) > 2 and escape[0] in "ux":
        code = int(escape[1:].strip("{}"), 16)
        return chr(code) if code < 0x110000 else ""
    return _SIMPLE.get(escape, escape)


def _regex_may_start(code: str, at: int, last: Token) -> bool:
    """A slash after a value divides; after an operator, or first on its line, it starts an expression."""
    if last.kind == "name":
        return last.text in _BEFORE_REGEX
    if last.kind != "punctuation":
        return False
    if last.text not in ")]}":
        return True
    if last.text == "]":
        return False
    before = at - 1
    while before >= 0 and code[before] != "\n" and code[before].isspace():
        before -= 1
    return before < 0 or code[before] == "\n"
