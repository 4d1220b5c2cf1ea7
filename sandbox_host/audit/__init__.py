"""The audit log, kept: `audit.db`, its signing key, and its exports.

1. `keys`: the Ed25519 key, outside the database.
2. `segments`: which host process a chain belongs to, and whether that process still lives.
3. `store`: records are chained and committed; one writer.
4. `export`: one tenant's log as JSON Lines that end in a signed seal.

The form of the records and their verification are in `policies.audit`.
"""

from policies.audit import CallOutcome, RunIdentity
from sandbox_host.audit.keys import AuditUnavailable, KeyUnusable, pinned_key, read_public_key
from sandbox_host.audit.store import AuditStore, RunAudit, SeveralTenants

__all__ = [
    "AuditStore",
    "AuditUnavailable",
    "CallOutcome",
    "KeyUnusable",
    "RunAudit",
    "RunIdentity",
    "SeveralTenants",
    "pinned_key",
    "read_public_key",
]
