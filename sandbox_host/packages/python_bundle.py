"""The bundle of a project in Python: its modules as they were written, in one canonical JSON text.

    {"files": {"backfill.config.py": "…", "src/api/sync/customers.py": "…"}, "modules": ["backfill.config.py", …]}

`files` is all that the modules may import of the project; `modules` are loaded, in this order.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import rfc8785

from sandbox_host.packages.discovery import discover
from sandbox_host.packages.language import PYTHON
from sandbox_host.packages.problems import PackageError
from sandbox_host.packages.project import MAX_PATH, NAME

PYTHON_BUNDLE_NAME = "bundle.json"


def make_python_bundle(files: Mapping[str, str]) -> bytes:
    """The one bundle that holds these sources. Which of them are loaded is said by their paths."""
    return rfc8785.dumps({"files": dict(files), "modules": list(discover(files, PYTHON).modules())})


def read_python_bundle(data: bytes) -> dict[str, str]:
    """The sources in a bundle, by file. Raises PackageError where a build would not have written it."""
    try:
        document: Any = json.loads(data)
        canonical = rfc8785.dumps(document)
    except (ValueError, RecursionError) as error:
        raise PackageError(f"{PYTHON_BUNDLE_NAME} is not JSON") from error
    if canonical != data:
        raise PackageError(f"{PYTHON_BUNDLE_NAME} is not in canonical form")
    if not isinstance(document, dict) or document.keys() != {"files", "modules"}:
        raise PackageError(f"{PYTHON_BUNDLE_NAME} does not hold files and modules")
    files, modules = cast("dict[str, Any]", document)["files"], cast("dict[str, Any]", document)["modules"]
    if not isinstance(files, dict) or not all(
        _is_source(*one) for one in cast("dict[str, Any]", files).items()
    ):
        raise PackageError(f"{PYTHON_BUNDLE_NAME} holds a file that is no module of a project")
    sources = cast("dict[str, str]", files)
    if (
        not isinstance(modules, list)
        or tuple(cast("list[Any]", modules)) != discover(sources, PYTHON).modules()
    ):
        raise PackageError(f"{PYTHON_BUNDLE_NAME} does not load the modules that its files are")
    return sources


def _is_source(path: str, text: object) -> bool:
    named = all(NAME.fullmatch(part) for part in path.split("/")) and len(path) <= MAX_PATH
    return named and PYTHON.is_code(path) and isinstance(text, str)
