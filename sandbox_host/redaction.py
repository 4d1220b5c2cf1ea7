"""Keeps secrets that a guest has read out of everything the host writes or shows.

A value read from the vault is replaced by `[secret:NAME]` wherever it turns up in logs, errors, audit records,
calls and writes: as it is, in base64 (at any alignment, so also inside `user:password` of a Basic header), and
URL-encoded. Values under 8 characters are left alone: they would blot out ordinary text.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TypeVar, cast
from urllib.parse import quote, quote_plus

MIN_LENGTH = 8

T = TypeVar("T")


class Redactor:
    """The secrets of one run, as they are learnt."""

    def __init__(self) -> None:
        self._forms: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def learn(self, name: str, value: str) -> None:
        """From now on, hide `value` as the secret `name`."""
        if len(value) < MIN_LENGTH:
            return
        for form in _forms(value):
            self._forms.setdefault(form, f"[secret:{name}]")
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def names_in(self, text: str) -> set[str]:
        """The names of the secrets that appear in `text`, in any form."""
        if self._pattern is None:
            return set()
        return {self._forms[match][8:-1] for match in self._pattern.findall(text)}

    def text(self, text: str) -> str:
        """`text` without secrets."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: self._forms[match.group()], text)

    def value(self, value: T) -> T:
        """A JSON value, or a structure of them, without secrets in any of its strings and keys."""
        if self._pattern is None:
            return value
        return cast(T, self._clean(value))

    def _clean(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            items = cast("dict[str, object]", value).items()
            return {self.text(key): self._clean(each) for key, each in items}
        if isinstance(value, list):
            return [self._clean(each) for each in cast("list[object]", value)]
        return value


def _forms(value: str) -> set[str]:
    raw = value.encode(errors="surrogatepass")
    forms = {value, quote(value, safe="", errors="replace"), quote_plus(value, errors="replace")}
    forms |= {re.sub("%[0-9A-F]{2}", lambda code: code.group().lower(), form) for form in set(forms)}
    forms.add(json.dumps(value)[1:-1])
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            # A group of three bytes gives four characters; those that hold only the secret's own bytes are
            # the same wherever the secret stands.
            text = encode(b"\0" * shift + raw).decode().rstrip("=")
            start = -(-shift * 4 // 3) if shift else 0
            end = len(text) if (shift + len(raw)) % 3 == 0 else len(text) - 1
            forms.add(text[start:end])
    return {form for form in forms if len(form) >= MIN_LENGTH}
