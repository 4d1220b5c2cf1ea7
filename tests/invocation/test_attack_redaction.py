"""Secrets in every spelling that URLs, JSON and JavaScript give them, cut short, overlapping, or huge."""

from __future__ import annotations

import base64
import json
import re
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_host import spellings
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


def in_json(value: str, layers: int, ascii: bool = True) -> str:
    for _ in range(layers):
        value = json.dumps({"key": value}, ensure_ascii=ascii)
    return value


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=30)
TELLING = [
    'pass"word',
    "back\\slash\\",
    "new\nline\ttab",
    "émoji 😀 key",
    "sk_live/+=?&51H",
    "\x01\x7f\x1fcontrol",
    '"' * 9,
]
LAYERS = {
    "json": lambda text: json.dumps(text),
    "json-utf8": lambda text: json.dumps(text, ensure_ascii=False),
    "url": lambda text: quote(text, safe=""),
    "basic": lambda text: base64.b64encode(f"u:{text}".encode()).decode(),
    "urlsafe": lambda text: base64.urlsafe_b64encode(f"user:{text}|".encode()).decode(),
}


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("ascii", [True, False])
@pytest.mark.parametrize("room", [0, 70_000], ids=["short", "longer than what is unescaped"])
@pytest.mark.parametrize("secret", TELLING)
def test_a_secret_in_json_in_json_is_hidden(secret, ascii, layers, room):
    text = in_json(secret, layers, ascii) + " " * room
    shown = redactor(k=secret).text(text).rstrip()
    assert "[secret:k]" in shown and len(shown) < len(in_json("", layers)) + 14, shown


@given(TEXT, st.lists(st.sampled_from(["json", "json-utf8", "url"]), min_size=1, max_size=3), st.data())
def test_a_secret_is_hidden_under_any_layers_of_escapes(secret, layers, data):
    end = data.draw(st.sampled_from(["", "basic", "urlsafe"]))
    text = f"<{secret}>" if not end else LAYERS[end](secret)
    for layer in layers:
        text = LAYERS[layer](text)
    made = redactor(k=secret)
    shown = made.text(text)
    assert "[secret:k]" in shown, (text, shown)
    assert "k" in made.names_in(text)


@given(TEXT, st.booleans())
def test_a_secret_that_json_escapes_is_hidden_in_base64_too(secret, ascii):
    body = json.dumps({"key": secret}, ensure_ascii=ascii)
    assert "[secret:k]" in redactor(k=secret).text(base64.b64encode(body.encode()).decode())


def test_with_one_layer_alone_json_in_json_would_show_it(monkeypatch):
    """The guard, removed."""
    monkeypatch.setattr(spellings, "ROUNDS", 1)
    monkeypatch.setattr(spellings, "_in_json", lambda texts: set())
    text = in_json('pass"word\\n', 2)
    assert redactor(k='pass"word\\n').text(text) == text


@given(st.text(st.sampled_from('abc%\\u0041"n😀é'), max_size=60))
def test_undoing_escapes_keeps_every_place(text):
    for data, places in spellings.without_escapes(text):
        assert len(places) == len(data) + 1 and places[-1] == len(text)
        assert places == sorted(places)


HOSTS = ("api.acme.example", "hooks.acme.example", "*.shops.example")


def public(**secrets: str) -> Redactor:
    made = redactor(**secrets)
    made.keep_readable(HOSTS)
    return made


READABLE = [
    ("https://api.acme.example/v1", "https://api.acme.example/v1/x", "https://api.acme.example[secret:k]/x"),
    ("https://api.acme.example", "https://api.acme.example/v1/x", "https://api.acme.example/v1/x"),
    ("pi.acme.example/v", "https://api.acme.example/v1", "https://api.acme.example[secret:k]1"),
    ("https://a", "https://api.acme.example/v1", "https://api.acme.example/v1"),
    ("https://hooks.acme.example/T0/s3cr3t", "to https://hooks.acme.example/T0/s3cr3t.", "to https://hooks.acme.example[secret:k]."),
    ("https://ada.shops.example/x", "https://ada.shops.example/x", "[secret:k].shops.example[secret:k]"),
    ("user@api.acme.example", "user@api.acme.example", "[secret:k]api.acme.example"),
    # A host that only ends or begins as a named one does is not that one.
    ("xapi.acme.example", "xapi.acme.example", "[secret:k]"),
    ("api.acme.example.evil", "https://api.acme.example.evil/", "https://[secret:k]/"),
    ("evil-api.acme.example", "https://evil-api.acme.example/", "https://[secret:k]/"),
]  # fmt: skip


@pytest.mark.parametrize(("secret", "text", "shown"), READABLE)
def test_a_host_that_the_manifest_names_stays_readable_and_nothing_else(secret, text, shown):
    assert public(k=secret).text(text) == shown


SAID = st.lists(
    st.sampled_from(["a.b", "https://a.b", ".c.a", "abc.abc", "/", "-", ".", "1", "23"]), min_size=3
)
AROUND = st.text("abc./:-@", max_size=12)


@given(SAID.map("".join).filter(lambda text: len(text) >= 8), AROUND, AROUND)
def test_of_a_secret_nothing_but_named_hosts_is_ever_shown(secret, before, after):
    """No host that is named has a digit."""
    made = redactor(k=secret)
    made.keep_readable(["a.b", "*.c.a", "abc.abc"])
    assert not re.search("[0-9]", made.text(f"{before}{secret}{after}"))


@pytest.mark.parametrize("spell", [LAYERS["url"], LAYERS["basic"], lambda text: json.dumps(json.dumps(text))])
def test_a_secret_with_a_named_host_in_it_is_hidden_in_its_other_spellings(spell):
    secret = 'https://hooks.acme.example/"T0"/s3cr3t'
    assert "s3cr3t" not in public(k=secret).text(spell(secret))
    assert spell(secret)[8:-8] not in public(k=secret).text(spell(secret))


def test_many_hosts_and_many_secrets_take_linear_time():
    made = redactor(k="https://api.acme.example/v1/aaaa", l="aaaaaaaaaaaaaaaa")
    made.keep_readable([f"h{number}.acme.example" for number in range(2_000)] + ["api.acme.example"])
    started = time.monotonic()
    made.text("https://api.acme.example/v1/aaaa " * 20_000)
    assert time.monotonic() - started < 5
