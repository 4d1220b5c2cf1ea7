"""An author's project, ready for Node: its TypeScript as JavaScript in a folder of ours, and what is where."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox_host.assets import asset
from sandbox_host.author_tests.problems import TestsCannotRun
from sandbox_host.packages.discovery import MANIFEST, discover
from sandbox_host.packages.esbuild import read_messages
from sandbox_host.packages.problems import Problem

TESTS = "test"
_ENDING = ".test.ts"
_OPTIONS = (
    "--format=esm", "--platform=node", "--target=es2023", "--charset=utf8", "--tsconfig-raw={}",
    "--sourcemap=external", "--sources-content=false", "--log-limit=0", "--color=false", "--log-level=info",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prepared:
    """root: the project's folder. tests: its test files. layout: the file that says so to Node."""

    root: Path
    tests: tuple[str, ...]
    layout: Path


def prepare(path: Path, folder: Path, record: Path | None) -> Prepared:
    """Make a project ready. folder: an empty one of ours. record: where calls are to be recorded.

    Raises TestsCannotRun where there is no project, no test, or a file that is no TypeScript.
    """
    root = path.resolve()
    if not root.is_dir():
        wrong = "is a file; give the folder that it is in" if root.exists() else "there is no such folder"
        raise TestsCannotRun(Problem(str(path), None, wrong))
    files = sorted(_files(root))
    tests = tuple(file for file in files if file.startswith(f"{TESTS}/") and file.endswith(_ENDING))
    if not tests:
        raise TestsCannotRun(Problem(f"{TESTS}/", None, f"holds no test; write one as {TESTS}/NAME{_ENDING}"))
    out = folder / "out"
    _transpile(root, [file for file in files if file.endswith((".ts", ".tsx"))], out)
    found = discover(files)
    layout = folder / "project.json"
    layout.write_text(
        json.dumps(
            {
                "root": str(root),
                "out": str(out),
                "config": MANIFEST if found.manifest else None,
                "entities": found.entities,
                "fields": found.fields,
                "routes": found.routes,
                "hooks": [
                    {"entity": one.entity, "event": one.event.replace("-", "_"), "file": one.file}
                    for one in found.hooks
                ],
                "jobs": found.jobs,
                "record": None if record is None else str(record),
            }
        ),
        encoding="utf-8",
    )
    return Prepared(root, tests, layout)


def _files(root: Path) -> Iterator[str]:
    """The project's own files; dependencies and hidden names are left alone."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != "node_modules" and not name.startswith(".")]
        relative = Path(folder).relative_to(root)
        for name in names:
            if not name.startswith(".") and not name.endswith(".d.ts"):
                yield (relative / name).as_posix()


def _transpile(root: Path, files: Sequence[str], out: Path) -> None:
    """Each file on its own, by the bundler that builds packages. Raises TestsCannotRun with its errors."""
    command = [str(asset("esbuild")), *files, *_OPTIONS, f"--outdir={out}", "--outbase=."]
    done = subprocess.run(command, capture_output=True, env={}, cwd=root, check=False)
    if done.returncode == 0:
        return
    said = done.stderr.decode("utf-8", "replace")
    messages = read_messages(said)
    if not messages:
        raise TestsCannotRun(Problem(str(root), None, f"cannot be read as TypeScript: {said.strip()[:500]}"))
    raise TestsCannotRun(*(Problem(one.file or str(root), one.line, one.text) for one in messages))
