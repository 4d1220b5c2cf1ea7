"""Looks at worker processes from outside, through /proc."""

from __future__ import annotations

import os
from pathlib import Path


def children(pid: int) -> set[int]:
    """The processes that `pid` started and that still live."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for path in lists for child in path.read_text().split()}


def workers() -> set[int]:
    """The workers of this process: the children of its templates."""
    return {worker for template in children(os.getpid()) for worker in children(template)}


def memory_kb(pid: int, kind: str) -> int | None:
    """KiB of a process's memory of one kind, as `smaps_rollup` names it. None where the system does not show it:
    workers are not dumpable, so only root may look.

    Private_Dirty: what no other process has. Anonymous: what no file backs, so also every page of a snapshot
    that a guest has written to, and not the snapshot itself, which is dirty until the system has stored it.
    """
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return None
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{kind}:"))
