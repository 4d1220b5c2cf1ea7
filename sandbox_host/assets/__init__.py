"""The files that the wheel carries for the sandbox: the wasm engines and the bundler, pinned by hash."""

from __future__ import annotations

from pathlib import Path

BIN = Path(__file__).resolve().parent / "bin"


class AssetMissing(RuntimeError):
    """An asset of the wheel is not on disk: the installation is broken or was never finished."""


def asset(name: str) -> Path:
    """The path of one collected asset (`quickjs.wasm`, `python.wasm`, `esbuild`).

    Raises AssetMissing, with the way out, where the build hook has not run.
    """
    path = BIN / name
    if not path.is_file():
        raise AssetMissing(f"{name} is missing from the installation; reinstall it, or run `make install`")
    return path
