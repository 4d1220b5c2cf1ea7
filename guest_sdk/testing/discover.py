"""What each file of a project is, by its path alone: the build's rules. What the build would refuse is passed over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from guest_sdk import entities as platform

MANIFEST = "backfill.config.py"

_TEST = re.compile(
    r"^tests?/|(?:^|/)conftest\.py$"
    r"|^(?!src/(?:api|hooks|jobs|entities|fields)/)(?:.*/)?(?:test_[^/]*|[^/]*_test)\.py$"
)
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+|\[[A-Za-z_][A-Za-z0-9_]*\]")
_JOB = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PASCAL = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")
_EVENTS = (
    "before-save",
    "after-save",
    "before-post",
    "after-post",
    "before-delete",
    "after-delete",
    "before-approve",
    "after-approve",
    "recalculate",
)


@dataclass(frozen=True, slots=True)
class Hook:
    """event: its id, `before_save`."""

    entity: str
    event: str
    file: str

    @property
    def key(self) -> str:
        return f"{self.entity}:{self.event}"

    @property
    def label(self) -> str:
        return f"hook:{self.key}"

    @property
    def rejects(self) -> bool:
        """Does what this hook raises reject the write?"""
        return not self.event.startswith("after_")

    @property
    def merges(self) -> bool:
        """Is what this hook returns merged into the draft?"""
        return self.event in ("before_save", "recalculate")


@dataclass(frozen=True, slots=True)
class Roles:
    """The files with a role, from the project's folder: by custom entity, host entity, route path and job name."""

    manifest: str | None
    entities: Mapping[str, str]
    fields: Mapping[str, str]
    routes: Mapping[str, str]
    hooks: Sequence[Hook]
    jobs: Mapping[str, str]


def find_root(folder: Path) -> Path | None:
    """The nearest folder, from this one up, that holds a manifest."""
    return next((one for one in (folder, *folder.parents) if (one / MANIFEST).is_file()), None)


def code_files(root: Path) -> list[str]:
    """The project's own code, from its folder; tests and hidden names are left alone."""
    return sorted(path for path in _files(root, "") if not _TEST.search(path))


def _files(root: Path, folder: str) -> Iterator[str]:
    for entry in (root / folder).iterdir():
        path = folder + entry.name
        if entry.name.startswith(".") or entry.name in ("__pycache__", "node_modules"):
            continue
        if entry.is_dir():
            if not (entry / "pyvenv.cfg").is_file():
                yield from _files(root, f"{path}/")
        elif path.endswith(".py"):
            yield path


def discover(files: Iterable[str]) -> Roles:
    """Sort a project's code into its roles."""
    paths = [path for path in files if not path.endswith("__init__.py")]
    entities = _within(paths, "src/entities/", lambda name: _PASCAL.fullmatch(name) is not None)
    known = {*platform.__all__, *entities}
    routes = _within(paths, "src/api/", lambda name: all(map(_SEGMENT.fullmatch, name.split("/"))))
    return Roles(
        manifest=MANIFEST if MANIFEST in paths else None,
        entities=entities,
        fields=_within(paths, "src/fields/", known.__contains__),
        routes={f"/{name}": file for name, file in routes.items()},
        hooks=_hooks(_within(paths, "src/hooks/", lambda name: name.count("/") == 1), known),
        jobs=_within(paths, "src/jobs/", lambda name: _JOB.fullmatch(name) is not None),
    )


def _within(paths: Iterable[str], folder: str, is_one: Callable[[str], bool]) -> dict[str, str]:
    """Name in the folder → file."""
    names = {path[len(folder) : -len(".py")]: path for path in paths if path.startswith(folder)}
    return {name: file for name, file in names.items() if is_one(name)}


def _hooks(files: Mapping[str, str], known: Iterable[str]) -> list[Hook]:
    folders = {_kebab(entity): entity for entity in known}
    hooks: list[Hook] = []
    for name, file in files.items():
        folder, _, event = name.partition("/")
        if folder in folders and event in _EVENTS:
            hooks.append(Hook(folders[folder], event.replace("-", "_"), file))
    return hooks


def _kebab(entity: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", entity).lower()
