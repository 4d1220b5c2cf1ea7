"""`.backfill/`: what an editor needs to know, kept inside the project and out of git.

    .backfill/.gitignore        ignores the folder
    .backfill/sdk/              the SDK of this installation, as the package that package.json names
    .backfill/entities.d.ts     the project's custom entities, as names of the SDK
    .backfill/node.d.ts         what tests use of Node, unless @types/node is installed

A project in Python has the package `guest_sdk` in `.backfill/sdk`, and neither of the last two: its tests import it
from there too. It makes a project check in an editor right after it was made or cloned, without npm or pip, and with
the types of the very SDK that will build it. A project has one where its tsconfig.json or pyproject.toml says so.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import guest_sdk
from sandbox_host.packages.language import PYTHON
from sandbox_host.records import python, typescript

FOLDER = ".backfill"
_PYTHON_SDK = Path(guest_sdk.__file__).resolve().parent
_SDK = _PYTHON_SDK / "javascript"
_RECORDS = "src/records.ts"
_NODE = Path(__file__).resolve().parent / "node.d.ts"
_CONFIGURATIONS = ("tsconfig.json", "pyproject.toml")
_MAX_CONFIGURATION = 1 << 20
_ENTITY = re.compile(r"([A-Z][A-Za-z0-9]{0,62})\.ts")

_UNCHECKED = b"// @ts-nocheck\n"
"""The SDK is checked where it is made; a project's own compiler options do not apply to it."""


class TypesNotWritten(Exception):
    """The folder cannot be written. The message says what is in the way."""


def wanted(project: Path) -> bool:
    """Does this project look for its types in `.backfill`?"""
    for name in _CONFIGURATIONS:
        try:
            with (project / name).open("rb") as stream:
                if f"{FOLDER}/sdk".encode() in stream.read(_MAX_CONFIGURATION):
                    return True
        except OSError:
            continue
    return False


def refresh(project: Path) -> list[str]:
    """Bring `.backfill` up to date; the paths that were written. Raises TypesNotWritten."""
    files = _files(project)
    written: list[str] = []
    try:
        for path, data in files.items():
            if _put(project, f"{FOLDER}/{path}", data):
                written.append(f"{FOLDER}/{path}")
        _remove_others(project, files)
    except OSError as error:
        raise TypesNotWritten(f"{FOLDER}: {error.strerror or error}") from error
    return written


def keep_fresh(project: Path) -> str | None:
    """Refresh the types of a project that looks for them; what was in the way, for whoever built it."""
    if not wanted(project):
        return None
    try:
        refresh(project)
    except TypesNotWritten as error:
        return f"the types for the editor were not refreshed: {error}"
    return None


def _files(project: Path) -> dict[str, bytes]:
    """What belongs into the folder, by path in it."""
    if (project / PYTHON.manifest).is_file():
        return {".gitignore": b"*\n", **_python_sdk()}
    files = {".gitignore": b"*\n", "entities.d.ts": _entities(project)}
    if not (project / "node_modules" / "@types" / "node").is_dir():
        files["node.d.ts"] = _NODE.read_bytes()
    return files | {f"sdk/{path}": data for path, data in sdk_files().items()}


def sdk_files() -> dict[str, bytes]:
    """The npm package of this installation, for who reads its types: its files by path."""
    files = {name: (_SDK / name).read_bytes() for name in ("package.json", "index.js", "names.json")}
    for source in sorted((*(_SDK / "src").glob("*.ts"), _SDK / "src" / "testing" / "index.ts")):
        head = b"" if source.name.endswith(".d.ts") else _UNCHECKED
        files[source.relative_to(_SDK).as_posix()] = head + source.read_bytes()
    return files | {_RECORDS: _UNCHECKED + typescript.render().encode()}


def _python_sdk() -> dict[str, bytes]:
    """The package `guest_sdk` as it is installed here, without the SDK of the other language; and the contracts of the
    records, where its test runtime looks for them."""
    paths = {path: path.relative_to(_PYTHON_SDK) for path in sorted(_PYTHON_SDK.rglob("*")) if path.is_file()}
    own = {path: name for path, name in paths.items() if not {"javascript", "__pycache__"} & {*name.parts}}
    files = {f"sdk/guest_sdk/{name.as_posix()}": path.read_bytes() for path, name in own.items()}
    contracts = Path("sandbox_host", "records", "contracts")
    for path in sorted((_PYTHON_SDK.parent / contracts).glob("*.json")):
        files[f"sdk/{(contracts / path.name).as_posix()}"] = path.read_bytes()
    return files | {"sdk/guest_sdk/records.pyi": python.render().encode()}


def _entities(project: Path) -> bytes:
    """The custom entities in src/entities as exports of the SDK, and as globals."""
    folder = project / "src" / "entities"
    found = (_ENTITY.fullmatch(path.name) for path in sorted(folder.glob("*.ts")))
    names = [one[1] for one in found if one]
    lines = ["// The custom entities of src/entities. Every build writes this file again.", "export {};"]
    if names:
        typed = {name: f'import("@backfill-io/sdk").CustomEntity<typeof import("../src/entities/{name}").default>'
                 for name in names}  # fmt: skip
        lines += ['declare module "@backfill-io/sdk" {']
        lines += [f"  export const {name}: {type_};" for name, type_ in typed.items()]
        lines += ["}", "declare global {"]
        lines += [f"  const {name}: {type_};" for name, type_ in typed.items()]
        lines += ["}"]
    return "\n".join([*lines, ""]).encode()


def _put(project: Path, path: str, data: bytes) -> bool:
    """Write one file whole, where it is not the same already. Never through a link."""
    target = project / path
    _refuse_links(project, target)
    if target.is_file() and target.read_bytes() == data:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        fresh = Path(name)
        fresh.chmod(0o644)
        fresh.replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return True


def _refuse_links(project: Path, target: Path) -> None:
    for part in (target, *target.parents):
        if part == project:
            return
        if part.is_symlink():
            raise TypesNotWritten(f"{part.relative_to(project)} is a symbolic link; remove it")


def _remove_others(project: Path, files: dict[str, bytes]) -> None:
    """Remove what an older SDK, or an entity that is gone, left behind."""
    folder = project / FOLDER
    for path in sorted((*folder.rglob("*.ts"), *folder.rglob("*.py"))):
        if path.relative_to(folder).as_posix() not in files:
            path.unlink()
