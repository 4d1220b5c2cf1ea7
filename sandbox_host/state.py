"""A state folder: everything one embedded host keeps, opened and closed together.

    state.db        installs, connections, records, checkpoints, sealed secrets
    audit.db        the audit log
    keys/           the master key and the audit's signing key, readable by their owner alone
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from sandbox_host.audit import AuditStore
from sandbox_host.db import Database
from sandbox_host.vault import Vault


@dataclass(slots=True)
class State:
    """The open stores of one state folder."""

    folder: Path
    db: Database
    vault: Vault
    audit: AuditStore
    _closing: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def open(cls, folder: Path) -> State:
        """Open a state folder, made at first use. Raises OSError, AuditUnavailable, VaultError."""
        with ExitStack() as closing:
            db = Database.open(folder)
            closing.callback(db.close)
            audit = AuditStore.open(folder)
            closing.callback(audit.close)
            state = cls(folder, db, Vault(db, folder / "keys"), audit)
            state._closing = closing.pop_all()
            return state

    def close(self) -> None:
        self._closing.close()

    def __enter__(self) -> State:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
