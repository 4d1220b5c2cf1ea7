"""Secrets in every spelling that URLs, JSON and JavaScript give them, cut short, overlapping, or huge."""

from __future__ import annotations

import base64
import json
import time
from urllib.parse import quote

import pytest

from sandbox_host.redaction import Redactor

KEY = "tok (a'b)!*~;,x"
UNICODE = 'pä"ss\\wörd/+=?'
LONG = "sk_live_" + "51H9xQ7ZbC3vN8mK2pL4tR6wY0aE5sD1fG" * 3


def redactor(**secrets: str) -> Redactor:
    made = Redactor()
    for name, value in secrets.items():
        made.learn(name, value)
    return made


@pytest.mark.parametrize("secret", [KEY, UNICODE, LONG, "p4ssw0rd", "line one\nline two"])
@pytest.mark.parametrize(
    "spell",
    [
        str,
        lambda text: quote(text, safe=""),
        lambda text: quote(text, safe="!'()*"),
        lambda text: quote(text, safe=";/?:@&=+$,#!'()*"),
        lambda text: "".join(f"%{byte:02x}" if byte % 2 else f"%{byte:02X}" for byte in text.encode()),
        lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
        lambda text: json.dumps(text),
        lambda text: json.dumps(text, ensure_ascii=False),
        lambda text: base64.b64encode(f"u:{text}".encode()).decode(),
        lambda text: base64.urlsafe_b64encode(f"us:{text}!".encode()).decode(),
        lambda text: base64.b64encode(text.encode("latin-1")).decode(),
        lambda text: "".join(c if c.isascii() and c.isalnum() else f"%{ord(c):02X}" for c in text),
    ],
    ids=[
        "plain",
        "quote",
        "component",
        "uri",
        "mixed",
        "unicode",
        "json",
        "json-utf8",
        "basic",
        "urlsafe",
        "btoa",
        "escape",
    ],
)
def test_every_spelling_is_hidden(secret, spell):
    shown = redactor(k=secret).text(f"<{spell(secret)}>")
    assert "[secret:k]" in shown
    assert len(shown) < len("<[secret:k]>") + 12, shown


def test_what_a_cap_cut_short_is_hidden_too():
    for cap in range(len(LONG) * 3 // 4 + 1, len(LONG)):
        assert redactor(k=LONG).text(f"options.{LONG[:cap]}'") == "options.[secret:k]'"
    assert redactor(k=LONG).text(LONG[:20]) == LONG[:20]


def test_of_two_that_overlap_nothing_is_left():
    hidden = redactor(a="abcdefgh1234", b="1234secretvalue").text("<abcdefgh1234secretvalue>")
    assert hidden == "<[secret:a]>"


def test_a_secret_is_found_behind_one_that_overlaps_it():
    """Else a guest could send a bound secret anywhere by setting one that ends as it begins."""
    assert redactor(b="xxxxxxxsk", a="sk_live_12345678").names_in("xxxxxxxsk_live_12345678") == {"a", "b"}


def test_one_value_under_two_names_is_both():
    assert redactor(a="same value", b="same value").names_in("same value") == {"a", "b"}


def test_a_label_is_not_redacted_again():
    assert redactor(k="[secret:", l="abcdefghij").text("abcdefghij") == "[secret:l]"


@pytest.mark.parametrize("secret", ["a" * 65_000 + "b", "ab" * 32_000 + "c"])
def test_time_is_linear_whatever_the_secret_is(secret):
    made = redactor(k=secret)
    started = time.monotonic()
    made.text(secret[:2] * 500_000)
    made.names_in(secret[:2] * 500_000)
    assert time.monotonic() - started < 2
