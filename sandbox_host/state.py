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

from sqlalchemy.exc import SQLAlchemyError

from sandbox_host.audit import AuditStore, AuditUnavailable
from sandbox_host.db import Database
from sandbox_host.vault import Vault, VaultError


class StateUnusable(Exception):
    """The folder cannot hold a state, or what it holds cannot be read. The message names it."""


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
        """Open a state folder, made at first use. Raises StateUnusable."""
        try:
            with ExitStack() as closing:
                db = Database.open(folder)
                closing.callback(db.close)
                audit = AuditStore.open(folder)
                closing.callback(audit.close)
                state = cls(folder, db, Vault(db, folder / "keys"), audit)
                state._closing = closing.pop_all()
                return state
        except OSError as error:
            raise StateUnusable(f"{folder}: {error.strerror or error}") from error
        except SQLAlchemyError as error:
            raise StateUnusable(f"{folder / 'state.db'}: the database cannot be opened") from error
        except (AuditUnavailable, VaultError) as error:
            raise StateUnusable(str(error)) from error

    def close(self) -> None:
        self._closing.close()

    def __enter__(self) -> State:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
