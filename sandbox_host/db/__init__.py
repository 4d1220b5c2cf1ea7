"""Tables, migrations and the only place that makes sessions.

Every row belongs to a tenant. `Database.tenant` gives a session that reads and writes the rows of one tenant
and of no other; there is no other way in.
"""

from __future__ import annotations

from sandbox_host.db.database import Database
from sandbox_host.db.scoped import Scoped
from sandbox_host.db.session import TenantMismatch, TenantSession, UnscopedStatement

__all__ = ["Database", "Scoped", "TenantMismatch", "TenantSession", "UnscopedStatement"]
