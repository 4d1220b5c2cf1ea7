"""What runs inside the Python kernel before any prelude: the component's app.

`componentize-py` imports this once, while the wheel is built, and keeps the memory: what is imported here is there at
no cost in every run, and nothing else can be imported later, for there are no files then.
"""

import abc
import ast
import base64
import bisect
import calendar
import collections
import collections.abc
import contextlib
import copy
import csv
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import gc
import hashlib
import heapq
import hmac
import html
import html.entities
import html.parser
import importlib.machinery
import io
import itertools
import json
import linecache
import math
import operator
import pathlib
import random
import re
import secrets
import statistics
import string
import struct
import sys
import textwrap
import time
import traceback
import types
import typing
import unicodedata
import urllib.parse
import uuid
import warnings
import zoneinfo
import zoneinfo._common

# What the modules above import only when one of their functions is first called.
import _colorize
import _strptime
import encodings.ascii
import encodings.cp1252
import encodings.idna
import encodings.latin_1
import encodings.punycode
import encodings.utf_8_sig
import encodings.utf_16
import encodings.utf_16_be
import encodings.utf_16_le
import encodings.utf_32
import ipaddress
import locale
import stringprep
import tokenize

import RestrictedPython
import RestrictedPython.Eval
import RestrictedPython.Guards
import RestrictedPython.transformer
import tzdata
import wit_world

__all__ = ["WitWorld"]

ENTRY = "backfill_guest.main"


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


class Modules:
    """Finds the prelude's modules in the sources that the host handed over."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        if name not in self.sources:
            return None
        package = any(other.startswith(name + ".") for other in self.sources)
        return importlib.machinery.ModuleSpec(name, self, is_package=package)

    def create_module(self, spec: object) -> None:
        return None

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
