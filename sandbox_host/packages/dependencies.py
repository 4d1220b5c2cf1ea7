"""The packages that a project may import: the production `dependencies` of its package.json, and theirs.

They are found in the project's own `node_modules` as Node would find them, but never above the project.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

from sandbox_host.packages.messages import files as say
from sandbox_host.packages.problems import Problem
from sandbox_host.packages.project import ProjectReader
from sandbox_host.packages.sdk_names import SDK

MAX_PACKAGES = 500
_NAME = re.compile(r"(?:@[a-z0-9~-][a-z0-9._~-]*/)?[A-Za-z0-9~-][A-Za-z0-9._~-]*")


def read_dependencies(reader: ProjectReader) -> frozenset[str]:
    """Add the files of every production dependency to `reader`; the names that package.json lists.

    A dependency that is not installed is no problem until something imports it.
    """
    declared = _dependencies(reader, "package.json", report=True)
    queue = [("", name) for name in declared]
    done: set[str] = set()
    while queue:
        owner, name = queue.pop(0)
        folder = _find(reader, owner, name)
        if folder is None or folder in done:
            continue
        if len(done) == MAX_PACKAGES:
            reader.problems.append(Problem("package.json", None, say.TOO_MANY_PACKAGES(limit=MAX_PACKAGES)))
            break
        done.add(folder)
        reader.read(folder, own=False)
        queue += [(folder, one) for one in _dependencies(reader, f"{folder}/package.json", report=False)]
    return frozenset(declared)


def _find(reader: ProjectReader, owner: str, name: str) -> str | None:
    """The nearest installed copy of a package, from its user's folder up to the project's."""
    while True:
        prefix = f"{owner}/" if owner else ""
        folder = f"{prefix}node_modules/{name}"
        if reader.has_folder(folder):
            return folder
        if not owner:
            return None
        owner = owner.rpartition("node_modules/")[0].rstrip("/")


def _dependencies(reader: ProjectReader, path: str, *, report: bool) -> list[str]:
    """The names in one package.json, sorted. Problems are the author's business only in their own file."""
    data = reader.files.get(path)
    if data is None:
        return []
    problem = None
    names: list[str] = []
    try:
        document: Any = json.loads(data)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        problem = Problem(path, line, say.PACKAGE_JSON())
    else:
        listed: Any = (
            cast("dict[str, Any]", document).get("dependencies", {}) if isinstance(document, dict) else None
        )
        if not isinstance(listed, dict):
            problem = Problem(path, None, say.DEPENDENCIES())
        else:
            names = [name for name in cast("dict[str, Any]", listed) if name != SDK]
            for name in names:
                if not _NAME.fullmatch(name):
                    problem = Problem(path, None, say.PACKAGE_NAME(name=json.dumps(name)))
    if problem is not None and report:
        reader.problems.append(problem)
    return sorted(name for name in names if _NAME.fullmatch(name))
