"""Canonical records: contracts, queries, ingest, and the unit of work that a run stages its writes in."""

from __future__ import annotations

from sandbox_host.records.contract import Contract, FieldSpec, contract_of, contract_of_document, contracts
from sandbox_host.records.fields import ExtensionFields
from sandbox_host.records.origin import Origin
from sandbox_host.records.store import StaleRead, Version
from sandbox_host.records.unit_of_work import UnitOfWork
from sandbox_host.records.writing import Write

__all__ = [
    "Contract",
    "ExtensionFields",
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
