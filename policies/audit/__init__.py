"""The audit log's form: what a record holds, how records are chained and signed, and how a log is verified.

1. `records`: the records, their canonical form (RFC 8785, one line each), the hash chain, the signatures.
2. `entries`: one line of a log, read.
3. `verifier`: reads a whole log and says whether it holds, or which record is the first bad one.
"""

from policies.audit.entries import Broken, Kind
from policies.audit.records import (
    ZERO,
    CallOutcome,
    Chained,
    Json,
    RunIdentity,
    canonical,
    chained,
    checkpoint_record,
    decision_record,
    plain,
    run_end_record,
    safe_text,
    seal_record,
    sealed,
    start_record,
)
from policies.audit.verifier import NotAnAuditLog, Verified, verify

__all__ = [
    "ZERO",
    "Broken",
    "CallOutcome",
    "Chained",
    "Json",
    "Kind",
    "NotAnAuditLog",
    "RunIdentity",
    "Verified",
    "canonical",
    "chained",
    "checkpoint_record",
    "decision_record",
    "plain",
    "run_end_record",
    "safe_text",
    "seal_record",
    "sealed",
    "start_record",
    "verify",
]
