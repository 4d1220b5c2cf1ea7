"""Corpora that tests of the policies read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def corpus() -> Callable[[str], Any]:
    """Reads a JSON file of the public corpora; skips the test where they are not on this machine."""
    root = Path(os.environ.get("BACKFILL_CORPORA", _REPOSITORY.parent / "shared" / "corpora"))

    def read(name: str) -> Any:
        path = root / name
        if not path.is_file():
            pytest.skip(f"no {name}; set BACKFILL_CORPORA to the folder that holds it")
        return json.loads(path.read_text(encoding="utf-8"))

    return read
