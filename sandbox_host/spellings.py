"""How a secret may be written: as it is, in base64, and as URLs and JSON escape it, once or on top of each other.

Base64 is found at any alignment, so also inside `user:password` of a Basic header. JSON text that stands as a string
in JSON is escaped twice. Escapes may be mixed in any way: they are undone, round by round.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

MIN_LENGTH = 8
"""Shorter values, and shorter spellings, are left alone: they would blot out ordinary text."""

ROUNDS = 3
"""How many layers of escapes are undone: JSON in JSON, and one more, such as that of a URL."""

_URL_SAFE = ("", "!'()*", "!'()*;/?:@&=+$,#")
"""What stays as it is: nothing, or what `encodeURIComponent` or `encodeURI` leave alone."""
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}"
    rb"|%[0-9A-Fa-f]{2}|(?:%u|\\u)[0-9A-Fa-f]{4}|\\.",
    re.DOTALL,
)
_CONTROLS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f"}


def spellings(value: str) -> set[str]:
    """The usual ones, as text: they are found in a text of any length."""
    raw = utf8(value)
    forms = {value, quote_plus(raw), *(quote(raw, safe=safe) for safe in _URL_SAFE)}
    forms |= {re.sub("%[0-9A-F]{2}", lambda code: code.group().lower(), form) for form in set(forms)}
    once = _in_json({value})
    forms |= once | _in_json(once)
    for data in {raw, latin(value), *map(utf8, once)}:
        forms.update(_in_base64(data))
    return {form for form in forms if len(form) >= MIN_LENGTH}


def without_escapes(text: str) -> Iterator[tuple[bytes, list[int]]]:
    """The text with one layer of escapes undone, with two, and so on as long as there are any, at most ROUNDS: each
    in UTF-8, with the place in the text where each byte begins, and the text's end."""
    data, places = _bytes(text)
    for _ in range(ROUNDS):
        if b"%" not in data and b"\\" not in data:
            return
        data, places = _undone(data, places)
        yield data, places


def utf8(text: str) -> bytes:
    """Its bytes in UTF-8, those of half a surrogate pair too."""
    return text.encode(errors="surrogatepass")


def latin(value: str) -> bytes:
    """The bytes of which JavaScript's `btoa` makes base64 and `escape` makes escapes; those of UTF-8 where it
    cannot."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return utf8(value)


def _in_json(texts: set[str]) -> set[str]:
    return {json.dumps(text, ensure_ascii=ascii)[1:-1] for text in texts for ascii in (True, False)}


def _in_base64(data: bytes) -> Iterator[str]:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            # A group of three bytes gives four characters; those that hold only the secret's own bytes are
            # the same wherever the secret stands.
            text = encode(b"\0" * shift + data).decode().rstrip("=")
            start = -(-shift * 4 // 3) if shift else 0
            end = len(text) if (shift + len(data)) % 3 == 0 else len(text) - 1
            yield text[start:end]


def _bytes(text: str) -> tuple[bytes, list[int]]:
    if text.isascii():
        return text.encode(), list(range(len(text) + 1))
    data = bytearray()
    places: list[int] = []
    for place, character in enumerate(text):
        one = utf8(character)
        data += one
        places += [place] * len(one)
    return bytes(data), [*places, len(text)]


def _undone(data: bytes, places: list[int]) -> tuple[bytes, list[int]]:
    fresh = bytearray()
    kept: list[int] = []
    at = 0
    for found in _ESCAPE.finditer(data):
        fresh += data[at : found.start()]
        kept += places[at : found.start()]
        one = _meant(found.group())
        fresh += one
        kept += [places[found.start()]] * len(one)
        at = found.end()
    fresh += data[at:]
    return bytes(fresh), kept + places[at:]


def _meant(escape: bytes) -> bytes:
    """What one escape stands for."""
    if len(escape) == 12:
        return json.loads(b'"%b"' % escape).encode()
    if escape[:1] == b"%" and len(escape) == 3:
        return bytes([int(escape[1:], 16)])
    if len(escape) == 6:
        return utf8(chr(int(escape[2:], 16)))
    return _CONTROLS.get(escape[1:], escape[1:])
