"""The one way out: text to the host, text back.

The kernel connects it in wasm, `guest_sdk.testing` connects it in a test. Until then every call says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from guest_sdk.errors import NotAvailable

Call = Callable[[str], str]

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HALF = re.compile("[\ud800-\udfff]")


def _nobody(_text: str) -> str:
    raise NotAvailable(
        "nothing answers host calls here; run this through backfill, or through guest_sdk.testing"
    )


_call: Call = _nobody


def connect(call: Call | None) -> None:
    """Send everything through `call` from now on; None disconnects."""
    global _call
    _call = call or _nobody


def call(text: str) -> str:
    """Hand the host one message and return its answer. Raises NotAvailable where nobody is connected."""
    return _call(well_formed(text))


def well_formed(json_text: str) -> str:
    """JSON text as UTF-8 can carry it: a surrogate pair becomes its character, half of one its escape."""
    if json_text.isascii():
        return json_text
    try:
        json_text.encode()
    except UnicodeEncodeError:
        return _HALF.sub(_escaped, _PAIR.sub(_joined, json_text))
    return json_text


def _joined(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _escaped(half: re.Match[str]) -> str:
    return f"\\u{ord(half[0]):04x}"
