"""The commands of the README and the docs run as they are printed, in order, on the files that the page shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_a_page_works_as_it_is_typed(
    page: Path, blocks: Callable[[Path], list[Any]], read: Callable[[list[Any]], None]
) -> None:
    read(blocks(page))
