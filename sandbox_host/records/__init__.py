"""Canonical records: contracts, queries, ingest, and the unit of work that a run stages its writes in.

Its names are imported when they are asked for: who only reads a contract does not wait for the database.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox_host.records.contract import (
        Contract,
        FieldSpec,
        contract_of,
        contract_of_document,
        contracts,
    )
    from sandbox_host.records.fields import ExtensionFields
    from sandbox_host.records.origin import Origin
    from sandbox_host.records.schema import ExtensionSchema
    from sandbox_host.records.store import StaleRead, Version
    from sandbox_host.records.unit_of_work import UnitOfWork
    from sandbox_host.records.writing import Write

__all__ = [
    "Contract",
    "ExtensionFields",
    "ExtensionSchema",
    "FieldSpec",
    "Origin",
    "StaleRead",
    "UnitOfWork",
    "Version",
    "Write",
    "contract_of",
    "contract_of_document",
    "contracts",
]

_MODULES = {
    "contract": ("Contract", "FieldSpec", "contract_of", "contract_of_document", "contracts"),
    "fields": ("ExtensionFields",),
    "origin": ("Origin",),
    "schema": ("ExtensionSchema",),
    "store": ("StaleRead", "Version"),
    "unit_of_work": ("UnitOfWork",),
    "writing": ("Write",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
