"""The names that `@backfill-io/sdk` exports, read from the SDK's own list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import guest_sdk

SDK = "@backfill-io/sdk"


def _names() -> dict[str, list[str]]:
    path = Path(guest_sdk.__file__).resolve().parent / "javascript" / "names.json"
    return cast("dict[str, list[str]]", json.loads(path.read_text(encoding="utf-8")))


ENTITIES: tuple[str, ...] = tuple(_names()["entities"])
"""The platform's own entity classes."""

EXPORTS: tuple[str, ...] = tuple(_names()["capabilities"] + _names()["helpers"]) + ENTITIES
"""Every name that a script may import, its own custom entities aside."""


def sdk_module(custom_entities: tuple[str, ...]) -> dict[str, bytes]:
    """The files of the package that stands for the SDK in a bundle: exports that are the globals.

    Custom entities are read at each use, since their classes are made after their own modules have run.
    """
    lines = [f"export const {name} = globalThis.{name};" for name in EXPORTS]
    files = {"package.json": b'{"name":"@backfill-io/sdk","main":"index.js","sideEffects":false}\n'}
    custom = [name for name in custom_entities if name not in EXPORTS]
    if custom:
        lines.append(f'export {{ {", ".join(custom)} }} from "./entities.js";')
        getters = [f"  get {name}() {{ return globalThis.{name}; }}," for name in custom]
        files["entities.js"] = "\n".join(["module.exports = {", *getters, "};", ""]).encode()
    files["index.js"] = "\n".join([*lines, ""]).encode()
    return files
