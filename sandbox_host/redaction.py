"""Keeps secrets that a guest has read out of everything the host writes or shows.

A value read from the vault is replaced by `[secret:NAME]` wherever it turns up in logs, errors, audit records,
calls and writes, in every spelling of `sandbox_host.spellings`. Values under 8 characters are left alone: they would
blot out ordinary text. A value that a cap cut short is replaced too, if three quarters of it are there.

The hosts that a manifest names are no secrets, and stay readable inside one: else a guest could set a URL as a secret
and take the host it sends to out of every record of its run. Of `*.example.com`, `.example.com` stays.

Values and texts are a guest's choice, so the search takes time in proportion to their lengths, whatever they
are: no regular expression is made of a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import AnyStr, Generic, TypeVar, cast

from sandbox_host.spellings import MIN_LENGTH, latin, spellings, utf8, without_escapes

T = TypeVar("T")

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
        self._hosts: frozenset[str] = frozenset()

    def learn(self, name: str, value: str) -> None:
        """From now on, hide `value` as the secret `name`."""
        if len(value) < MIN_LENGTH or (name, value) in self._known:
            return
        self._known.add((name, value))
        forms = sorted(spellings(value))
        self._forms += [_Form.of(form, name) for form in forms]
        self._raw += [_Form.of(raw, name) for raw in sorted({*map(utf8, forms), latin(value)})]

    def keep_readable(self, hosts: Iterable[str]) -> None:
        """From now on, leave these hosts as they are, such as `api.example.com` and `*.example.com`."""
        self._hosts |= frozenset(hosts)

    def names_in(self, text: str) -> set[str]:
        """The names of the secrets that appear in `text` whole, in any form."""
        names = {form.name for form in self._forms if form.text in text}
        if self._is_escaped(text):
            for unescaped, _ in without_escapes(text):
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
        for start, end, name in _without(_merged(spans), self._readable(text)):
            parts += (text[shown_to:start], f"[secret:{name}]")
            shown_to = end
        return "".join([*parts, text[shown_to:]])

    def value(self, value: T) -> T:
        """A JSON value, or a structure of them, without secrets in any of its strings and keys."""
        if not self._forms:
            return value
        return cast(T, self._clean(value))

    def _is_escaped(self, text: str) -> bool:
        return bool(self._raw) and ("%" in text or "\\" in text) and len(text) <= MAX_UNESCAPED

    def _escaped_spans(self, text: str) -> Iterator[tuple[int, int, int, str]]:
        for unescaped, places in without_escapes(text):
            for order, form in enumerate(self._raw, len(self._forms)):
                for start, length in _spans(form, unescaped):
                    yield places[start], places[start] - places[start + length], order, form.name

    def _readable(self, text: str) -> list[tuple[int, int]]:
        """Where hosts stand that a manifest names."""
        return [found.span() for found in _any_of(self._hosts).finditer(text)] if self._hosts else []

    def _clean(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            items = cast("dict[str, object]", value).items()
            return {self.text(key): self._clean(each) for key, each in items}
        if isinstance(value, list):
            return [self._clean(each) for each in cast("list[object]", value)]
        return value


@cache
def _any_of(hosts: frozenset[str]) -> re.Pattern[str]:
    exact = [re.escape(host) for host in sorted(hosts) if not host.startswith("*")]
    under = [re.escape(host[1:]) for host in sorted(hosts) if host.startswith("*")]
    whole = [rf"(?<![\w.-])(?:https://)?(?:{'|'.join(exact)})"] if exact else []
    ends = [f"(?:{'|'.join(under)})"] if under else []
    return re.compile(rf"(?:{'|'.join([*whole, *ends])})(?!\.?[\w-])")


def _merged(spans: Iterable[tuple[int, int, int, str]]) -> list[tuple[int, int, str]]:
    """The spans (start, -length, order, name) as (start, end, name), with those that overlap as one.

    The longest of those that start together, and of equal ones the first that was learnt, gives the name.
    """
    merged: list[tuple[int, int, str]] = []
    for start, length, _, name in sorted(spans):
        if merged and start < merged[-1][1]:
            before, end, name = merged.pop()
            merged.append((before, max(end, start - length), name))
        else:
            merged.append((start, start - length, name))
    return merged


def _without(
    spans: Iterable[tuple[int, int, str]], readable: list[tuple[int, int]]
) -> Iterator[tuple[int, int, str]]:
    """What is left of the spans. Both are in order, and neither overlaps itself."""
    following = 0
    for start, end, name in spans:
        while following < len(readable) and readable[following][1] <= start:
            following += 1
        at = start
        while following < len(readable) and readable[following][0] < end:
            shown_from, shown_to = readable[following]
            if at < shown_from:
                yield at, shown_from, name
            at = max(at, shown_to)
            if shown_to > end:
                break
            following += 1
        if at < end:
            yield at, end, name


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
