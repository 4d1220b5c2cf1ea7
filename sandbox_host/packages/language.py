"""The languages that a project can be written in, and what tells their files apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sandbox_host.kernels.runtimes import Runtime


@dataclass(frozen=True, slots=True)
class Language:
    """name: as people call it. manifest: the file that makes a folder a project of this language.

    ending: of the files that have a role. runtime: what its bundles run on.
    """

    name: Literal["TypeScript", "Python"]
    manifest: str
    ending: str
    runtime: Runtime
    _code: re.Pattern[str]
    _test: re.Pattern[str]
    _helper: re.Pattern[str]

    def is_code(self, path: str) -> bool:
        """May this file's code become part of a package? Tests and type declarations do not."""
        return bool(self._code.search(path)) and not self._test.search(path)

    def is_entrypoint(self, path: str) -> bool:
        """Can this file have a role of its own?"""
        return self.is_code(path) and not self._helper.search(path)

    def without_ending(self, path: str) -> str:
        """The path of a code file, as roles are named by it."""
        return self._code.sub("", path)


TYPESCRIPT = Language(
    name="TypeScript",
    manifest="backfill.config.ts",
    ending=".ts",
    runtime="javascript",
    _code=re.compile(r"\.(?:ts|tsx|js)$"),
    _test=re.compile(r"\.d\.ts$|\.(?:test|spec)\.(?:ts|tsx|js)$|(?:^|/)__tests__/"),
    _helper=re.compile(r"(?!)"),
)
PYTHON = Language(
    name="Python",
    manifest="backfill.config.py",
    ending=".py",
    runtime="python",
    _code=re.compile(r"\.py$"),
    # Where every file is an entrypoint, test_connection.py is one too.
    _test=re.compile(
        r"^tests?/|(?:^|/)conftest\.py$"
        r"|^(?!src/(?:api|hooks|jobs|entities|fields)/)(?:.*/)?(?:test_[^/]*|[^/]*_test)\.py$"
    ),
    _helper=re.compile(r"(?:^|/)__init__\.py$"),
)


def language_of(folder: Path) -> Language:
    """What the project in a folder seems to be written in. A build says whether it is one."""
    try:
        return PYTHON if (folder / PYTHON.manifest).is_file() else TYPESCRIPT
    except (OSError, ValueError):
        # A name that no file can have, which the build puts into words.
        return TYPESCRIPT
