"""Builds the Python kernel's wasm: CPython, RestrictedPython and `app.py`, with all of WASI stubbed out.

Run by the wheel's build hook, never for a user: it needs `componentize-py` and Binaryen. What it makes depends on
pinned versions alone.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent


def build_wasm(binaryen: Sequence[str]) -> bytes:
    """The module's bytes. binaryen: see `link.link`. Raises RuntimeError with the tool's own words."""
    import RestrictedPython

    from . import link

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in ("app.py", "world.wit"):
            shutil.copy(HERE / name, folder)
        component = folder / "component.wasm"
        libraries = Path(RestrictedPython.__file__).parent.parent
        tool = "import sys, componentize_py; sys.exit(componentize_py.script())"
        arguments = ["--quiet", "--wit-path", "world.wit", "--world", "kernel", "componentize", "--stub-wasi"]
        paths = ["--python-path", ".", "--python-path", str(libraries)]
        done = subprocess.run(
            [sys.executable, "-c", tool, *arguments, "app", *paths, "--output", str(component)],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise RuntimeError(f"componentize-py failed: {done.stderr.strip()[-4000:]}")
        return link.link(component.read_bytes(), binaryen)
