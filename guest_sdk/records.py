"""The fields of the platform's entities, for editors and type checkers.

Records are plain dicts when code runs, and this module says no more than that. Their fields are in `records.pyi`, which
is written from the host's contracts (`python -m sandbox_host.records.python`) and not kept in the tree.
"""

from __future__ import annotations

from typing import Any

_TEXT = frozenset({"CurrencyCode", "DateString", "DateTimeString", "DecimalString", "DocumentType", "Id"})
_DICTS = ("Allocations", "Fields", "Line", "Record")


def __getattr__(name: str) -> Any:
    if name in _TEXT:
        return str
    if name.endswith(_DICTS):
        return dict
    raise AttributeError(f"guest_sdk.records has no {name}")
