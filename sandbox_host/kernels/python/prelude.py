"""The Python kernel's prelude: the SDK and the guest's own side of the sandbox, as `{"module": "source"}`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import guest_sdk

SDK = Path(guest_sdk.__file__).parent
GUEST = Path(__file__).parent / "guest"
GUEST_PACKAGE = "backfill_guest"
RUNTIME = "_runtime"


@cache
def prelude(folder: Path) -> bytes:
    """The prelude's JSON text. folder: a cache folder, which this does not need."""
    sources = _modules("guest_sdk", SDK) | _modules(f"guest_sdk.{RUNTIME}", SDK / RUNTIME)
    sources |= _modules(GUEST_PACKAGE, GUEST)
    return json.dumps(sources, sort_keys=True, separators=(",", ":")).encode()


def _modules(package: str, folder: Path) -> dict[str, str]:
    """The modules directly in a folder, by their full names; so `guest_sdk.testing`, which no guest needs, stays
    outside."""
    found: dict[str, str] = {}
    for file in sorted(folder.glob("*.py")):
        name = package if file.stem == "__init__" else f"{package}.{file.stem}"
        found[name] = file.read_text()
    return found | ({} if package in found else {package: ""})
