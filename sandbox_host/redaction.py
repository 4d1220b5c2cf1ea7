"""Keeps secrets that a guest has read out of everything the host writes or shows.

A value read from the vault is replaced by `[secret:NAME]` wherever it turns up in logs, errors, audit records,
calls and writes: as it is, in base64 (at any alignment, so also inside `user:password` of a Basic header), and
as URLs and JSON escape it, in whatever mixture of escapes. Values under 8 characters are left alone: they would
blot out ordinary text. A value that a cap cut short is replaced too, if three quarters of it are there.

Values and texts are a guest's choice, so the search takes time in proportion to their lengths, whatever they
are: no regular expression is made of a value.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import AnyStr, Generic, TypeVar, cast
from urllib.parse import quote, quote_plus

MIN_LENGTH = 8

T = TypeVar("T")

_URL_SAFE = ("", "!'()*", "!'()*;/?:@&=+$,#")
"""What stays as it is: nothing, or what `encodeURIComponent` or `encodeURI` leave alone."""
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}|(?:%u|\\u)[0-9A-Fa-f]{4}|\\.", re.DOTALL)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
MAX_UNESCAPED = 65_536
"""Characters of a text that is also read without its escapes, however they are chosen and written: more than a
URL, an error or a log line has."""


@dataclass(frozen=True, slots=True)
class _Form(Generic[AnyStr]):
    """One spelling of a secret. lead: how much of it, from its start, is enough."""

    text: AnyStr
    lead: AnyStr
    name: str

    @classmethod
    def of(cls, text: AnyStr, name: str) -> _Form[AnyStr]:
        return cls(text, text[: max(MIN_LENGTH, -(-len(text) * 3 // 4))], name)


class Redactor:
    """The secrets of one run, as they are learnt."""

    def __init__(self) -> None:
        self._forms: list[_Form[str]] = []
        self._raw: list[_Form[bytes]] = []
        self._known: set[tuple[str, str]] = set()

    def learn(self, name: str, value: str) -> None:
        """From now on, hide `value` as the secret `name`."""
        if len(value) < MIN_LENGTH or (name, value) in self._known:
            return
        self._known.add((name, value))
        self._forms += [_Form.of(form, name) for form in sorted(_forms(value))]
        self._raw += [_Form.of(raw, name) for raw in sorted({_utf8(value), _latin(value)})]

    def names_in(self, text: str) -> set[str]:
        """The names of the secrets that appear in `text` whole, in any form."""
        names = {form.name for form in self._forms if form.text in text}
        if self._is_escaped(text):
            unescaped, _ = _unescaped(text)
            names |= {form.name for form in self._raw if form.text in unescaped}
        return names

    def text(self, text: str) -> str:
        """`text` without secrets."""
        spans = [
            (start, -length, order, form.name)
            for order, form in enumerate(self._forms)
            for start, length in _spans(form, text)
        ]
        if self._is_escaped(text):
            spans += self._escaped_spans(text)
        if not spans:
            return text
        parts: list[str] = []
        shown_to = 0
        # The longest of those that start together, and of equal ones the first that was learnt, gives the name.
        for start, length, _, name in sorted(spans):
            if start >= shown_to:
                parts += (text[shown_to:start], f"[secret:{name}]")
            shown_to = max(shown_to, start - length)
        return "".join([*parts, text[shown_to:]])

    def value(self, value: T) -> T:
        """A JSON value, or a structure of them, without secrets in any of its strings and keys."""
        if not self._forms:
            return value
        return cast(T, self._clean(value))

    def _is_escaped(self, text: str) -> bool:
        return bool(self._raw) and ("%" in text or "\\" in text) and len(text) <= MAX_UNESCAPED

    def _escaped_spans(self, text: str) -> Iterator[tuple[int, int, int, str]]:
        unescaped, places = _unescaped(text)
        for order, form in enumerate(self._raw, len(self._forms)):
            for start, length in _spans(form, unescaped):
                yield places[start], places[start] - places[start + length], order, form.name

    def _clean(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            items = cast("dict[str, object]", value).items()
            return {self.text(key): self._clean(each) for key, each in items}
        if isinstance(value, list):
            return [self._clean(each) for each in cast("list[object]", value)]
        return value


def _spans(form: _Form[AnyStr], text: AnyStr) -> Iterator[tuple[int, int]]:
    """Where a form stands in a text, and how much of it."""
    start = text.find(form.lead)
    while start >= 0:
        length = _common(form.text, text, start, len(form.lead))
        yield start, length
        start = text.find(form.lead, start + length)


def _common(form: AnyStr, text: AnyStr, start: int, known: int) -> int:
    """How many characters of `form` stand at `start`; `known` of them do."""
    if text.startswith(form, start):
        return len(form)
    over = len(form)
    while over - known > 1:
        middle = (known + over) // 2
        if text[start : start + middle] == form[:middle]:
            known = middle
        else:
            over = middle
    return known


def _unescaped(text: str) -> tuple[bytes, list[int]]:
    """The text without its percent and backslash escapes, in UTF-8, and where each byte begins in the text."""
    data = bytearray()
    places: list[int] = []
    at = 0
    for found in _ESCAPE.finditer(text):
        _append(text, at, found.start(), data, places)
        one = _meant(found.group())
        data += one
        places += [found.start()] * len(one)
        at = found.end()
    _append(text, at, len(text), data, places)
    return bytes(data), [*places, len(text)]


def _append(text: str, start: int, end: int, data: bytearray, places: list[int]) -> None:
    part = text[start:end]
    if part.isascii():
        data += part.encode()
        places += range(start, end)
        return
    for place, character in enumerate(part, start):
        one = _utf8(character)
        data += one
        places += [place] * len(one)


def _meant(escape: str) -> bytes:
    """What one escape stands for."""
    if escape[0] == "%" and escape[1] != "u":
        return bytes([int(escape[1:], 16)])
    if escape[1] == "u" and len(escape) == 6:
        return _utf8(chr(int(escape[2:], 16)))
    return _utf8(_CONTROLS.get(escape[1], escape[1]))


def _forms(value: str) -> set[str]:
    """The spellings that are found in a text of any length."""
    raw = _utf8(value)
    forms = {value, quote_plus(raw), *(quote(raw, safe=safe) for safe in _URL_SAFE)}
    forms |= {re.sub("%[0-9A-F]{2}", lambda code: code.group().lower(), form) for form in set(forms)}
    forms |= {json.dumps(value, ensure_ascii=ascii)[1:-1] for ascii in (True, False)}
    for data in {raw, _latin(value)}:
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            for shift in range(3):
                # A group of three bytes gives four characters; those that hold only the secret's own bytes are
                # the same wherever the secret stands.
                text = encode(b"\0" * shift + data).decode().rstrip("=")
                start = -(-shift * 4 // 3) if shift else 0
                end = len(text) if (shift + len(data)) % 3 == 0 else len(text) - 1
                forms.add(text[start:end])
    return {form for form in forms if len(form) >= MIN_LENGTH}


def _utf8(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _latin(value: str) -> bytes:
    """The bytes of which JavaScript's `btoa` makes base64 and `escape` makes escapes; those of UTF-8 where it
    cannot."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return _utf8(value)
