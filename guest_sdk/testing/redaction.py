"""Secrets that a handler has read appear as `[secret:NAME]` in logs, calls and writes, as in the sandbox."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote, quote_plus

from guest_sdk.testing.records.values import Value

_MIN_LENGTH = 8
_URL_SAFE = ("", "!'()*", "!'()*;/?:@&=+$,#")
"""What stays as it is in a URL: nothing, or what `encodeURIComponent` or `encodeURI` leave alone."""


class Redactor:
    """The secrets of one test, as they are learnt."""

    def __init__(self) -> None:
        self._forms: dict[str, str] = {}

    def learn(self, name: str, value: str) -> None:
        """From now on, hide `value` as the secret `name`."""
        if len(value) >= _MIN_LENGTH:
            for form in sorted(_forms_of(value)):
                self._forms.setdefault(form, name)

    def names_in(self, text: str) -> set[str]:
        """The names of the secrets that appear in `text`, in any form."""
        return {name for form, name in self._forms.items() if form in text}

    def text(self, text: str) -> str:
        for form, name in sorted(self._forms.items(), key=lambda one: -len(one[0])):
            text = text.replace(form, f"[secret:{name}]")
        return text

    def value(self, value: Value) -> Value:
        if not self._forms:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(each) for each in value]
        if isinstance(value, dict):
            return {self.text(key): self.value(each) for key, each in value.items()}
        return value


def _forms_of(value: str) -> set[str]:
    raw = value.encode(errors="surrogatepass")
    forms = {value, quote_plus(raw), *(quote(raw, safe=safe) for safe in _URL_SAFE)}
    forms |= {json.dumps(value, ensure_ascii=ascii)[1:-1] for ascii in (True, False)}
    forms |= {re.sub("%[0-9A-F]{2}", lambda code: code[0].lower(), form) for form in set(forms)}
    for shift in range(3):
        # A group of three bytes gives four characters; those that hold only the secret's own bytes are the same
        # wherever the secret stands.
        text = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        kept = text[-(-shift * 4 // 3) : None if (shift + len(raw)) % 3 == 0 else -1]
        forms |= {kept, kept.replace("+", "-").replace("/", "_")}
    return {form for form in forms if len(form) >= _MIN_LENGTH}
