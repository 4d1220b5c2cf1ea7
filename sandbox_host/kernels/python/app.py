"""What runs inside the Python kernel before any prelude: the component's app.

`componentize-py` imports this once, while the wheel is built, and keeps the memory: what is imported here is there at
no cost in every run, and nothing else can be imported later, for there are no files then.
"""

import importlib
import importlib.abc
import importlib.machinery
import io
import json
import pathlib
import sys
import traceback
import types
import zoneinfo
import zoneinfo._common
from collections.abc import Sequence

import tzdata
import wit_world  # pyright: ignore[reportMissingImports]: made for the component while it is built

__all__ = ["WitWorld"]

ENTRY = "backfill_guest.main"

PRESENT = """
    abc ast base64 bisect calendar collections collections.abc contextlib copy csv dataclasses datetime decimal enum
    fractions functools gc hashlib heapq hmac html html.entities html.parser io itertools json linecache math operator
    random re secrets statistics string struct textwrap time traceback types typing unicodedata urllib.parse uuid
    warnings weakref zoneinfo
    RestrictedPython RestrictedPython.Eval RestrictedPython.Guards RestrictedPython.transformer
"""
"""The modules that the prelude can import."""

IMPORTED_LATE = """
    _colorize _strptime encodings.ascii encodings.cp1252 encodings.idna encodings.latin_1 encodings.punycode
    encodings.utf_8_sig encodings.utf_16 encodings.utf_16_be encodings.utf_16_le encodings.utf_32 ipaddress locale
    stringprep tokenize
"""
"""What they import themselves, but only when one of their functions is first called."""

for _name in (*PRESENT.split(), *IMPORTED_LATE.split()):
    importlib.import_module(_name)


def _zones() -> dict[str, bytes]:
    """Every time zone of `tzdata`, by name."""
    root = pathlib.Path(tzdata.__file__).parent / "zoneinfo"
    names = (root.parent / "zones").read_text().split()
    return {name: root.joinpath(name).read_bytes() for name in names}


ZONES = _zones()


def _load_zone(key: str) -> io.BytesIO:
    """In the place of the standard library's own loader, which looks for files."""
    try:
        return io.BytesIO(ZONES[key])
    except KeyError:
        raise zoneinfo.ZoneInfoNotFoundError(f"No time zone found with key {key}") from None


zoneinfo._common.load_tzdata = _load_zone
zoneinfo.reset_tzpath([])
zoneinfo.available_timezones = lambda: set(ZONES)


class Modules(importlib.abc.Loader):
    """Finds the prelude's modules in the sources that the host handed over."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None, /
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.sources:
            return None
        package = any(other.startswith(fullname + ".") for other in self.sources)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=package)

    def exec_module(self, module: types.ModuleType) -> None:
        name = module.__name__
        exec(compile(self.sources[name], f"<{name}>", "exec"), module.__dict__)


class WitWorld(wit_world.WitWorld):
    """The component's exports."""

    def load(self, prelude: str) -> str:
        """Evaluate the prelude, `{"module": "source"}`. Answers what went wrong, or nothing."""
        try:
            sys.meta_path[:] = [Modules(json.loads(prelude))]
            importlib.import_module(ENTRY)
        except BaseException:
            return traceback.format_exc()
        return ""

    def call(self, message: str) -> str:
        """Hand one message to the prelude's entry."""
        return sys.modules[ENTRY].main(message)
