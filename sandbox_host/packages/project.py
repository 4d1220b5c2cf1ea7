"""Reading a project: regular files only, by handle, never through a link.

What is read here is all that a build ever sees of the author's machine. In order: hidden names and
`node_modules` are not looked at; links and odd files are refused; names must mean the same everywhere; only the
kinds of files that can be modules are taken; counts, sizes and depth are capped.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from policies.messages import Said
from sandbox_host.packages.messages import files as say
from sandbox_host.packages.problems import Problem, printable

MODULE_ENDINGS = (".ts", ".tsx", ".js", ".json")
"""The kinds of files that a project's own modules can be."""

PACKAGE_ENDINGS = (*MODULE_ENDINGS, ".mjs", ".cjs")
"""The kinds that the modules of installed packages can be: plain JavaScript by another name."""

MAX_ENTRIES = 20_000
"""Files and folders in a project, dependencies apart."""
MAX_DEPTH = 24
MAX_PATH = 200
MAX_FILE_BYTES = 20 << 20
MAX_TOTAL_BYTES = 100 << 20

NOT_THROUGH_LINKS = os.O_NOFOLLOW
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC

NAME = re.compile(r"[A-Za-z0-9_@+()\[\] ~$,=-][A-Za-z0-9_.@+()\[\] ~$,=-]*")
"""A name that every file system spells the same way and no tool reads as something else."""


class ProjectReader:
    """Collects files of one project; `files` maps relative paths to bytes, `problems` says what is wrong."""

    def __init__(
        self, root: Path, endings: tuple[str, ...] = MODULE_ENDINGS, others: tuple[str, ...] = ()
    ) -> None:
        """endings: of the files that can be its modules. others: of files that are only noted, in `others`."""
        self.root = root
        self.files: dict[str, bytes] = {}
        self.problems: list[Problem] = []
        self.others: list[str] = []
        self._endings, self._others = endings, others
        self._entries = 0
        self._bytes = 0

    def read(self, folder: str = "", *, own: bool = True) -> bool:
        """Read one folder of the project, whole ("" is all of it). False where it does not exist.

        Folders named `node_modules` and hidden names inside it are left alone. own: whether its author wrote
        it, so that a module whose name is not portable is a problem; in an installed package, whose modules
        may have other endings too, such a module is passed over.
        """
        fd = self._open_folder(folder)
        if fd is None:
            return False
        self._entries = 0
        try:
            self._walk(fd, folder, 0, own)
        finally:
            os.close(fd)
        return True

    def read_file(self, name: str) -> None:
        """Read one file of the project's folder itself. One that does not exist is passed over."""
        fd = os.open(self.root, _FOLDER)
        try:
            if _is_link(name, fd):
                self._refuse_link(name)
            elif os.access(name, os.F_OK, dir_fd=fd, follow_symlinks=False):
                self._take(fd, name, name, own=True)
        finally:
            os.close(fd)

    def has_folder(self, folder: str) -> bool:
        """Is this a folder of the project? A link on the way there is a problem, and not a folder."""
        fd = self._open_folder(folder)
        if fd is not None:
            os.close(fd)
        return fd is not None

    def _open_folder(self, folder: str) -> int | None:
        """Open a folder below the root part by part, refusing a link at each."""
        fd = os.open(self.root, _FOLDER)
        done: list[str] = []
        for part in folder.split("/") if folder else ():
            done.append(part)
            try:
                deeper = os.open(part, _FOLDER | NOT_THROUGH_LINKS, dir_fd=fd)
            except FileNotFoundError:
                return None
            except OSError:
                if _is_link(part, fd):
                    self._refuse_link("/".join(done))
                return None
            finally:
                os.close(fd)
            fd = deeper
        return fd

    def _walk(self, fd: int, folder: str, depth: int, own: bool) -> None:
        for entry in _sorted_entries(fd, MAX_ENTRIES):
            self._entries += 1
            if self._entries > MAX_ENTRIES:
                if self._entries == MAX_ENTRIES + 1:
                    self._refuse(folder or ".", say.TOO_MANY_FILES(limit=MAX_ENTRIES))
                return
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.name.startswith(".") or entry.name == "node_modules":
                continue
            kind = _kind(entry)
            if kind == "link":
                self._refuse_link(path)
            elif kind == "folder":
                if depth >= MAX_DEPTH:
                    self._refuse(path, say.TOO_DEEP(limit=MAX_DEPTH))
                else:
                    self._enter(fd, entry.name, path, depth, own)
            elif entry.name.endswith(self._endings if own else PACKAGE_ENDINGS):
                self._take(fd, entry.name, path, own)
            elif own and entry.name.endswith(self._others):
                self.others.append(path)

    def _enter(self, fd: int, name: str, path: str, depth: int, own: bool) -> None:
        try:
            inner = os.open(name, _FOLDER | NOT_THROUGH_LINKS, dir_fd=fd)
        except OSError as error:
            self._refuse(path, say.UNREADABLE(reason=error.strerror))
            return
        try:
            self._walk(inner, path, depth + 1, own)
        finally:
            os.close(inner)

    def _take(self, fd: int, name: str, path: str, own: bool) -> None:
        if not all(NAME.fullmatch(part) for part in path.split("/")):
            if own:
                self._refuse(path, say.UNPORTABLE_NAME())
            return
        if len(path) > MAX_PATH:
            self._refuse(path, say.LONG_PATH(limit=MAX_PATH))
            return
        try:
            file = os.open(name, _FILE | NOT_THROUGH_LINKS, dir_fd=fd)
        except OSError as error:
            self._refuse(path, say.UNREADABLE(reason=error.strerror))
            return
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            self._refuse(path, say.ODD_FILE())
            return
        with os.fdopen(file, "rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            self._refuse(path, say.LARGE_FILE(limit=MAX_FILE_BYTES >> 20))
            return
        self._bytes += len(data)
        if self._bytes > MAX_TOTAL_BYTES:
            self._refuse(path, say.LARGE_PROJECT(limit=MAX_TOTAL_BYTES >> 20))
            return
        self.files[path] = data

    def refuse_case_collisions(self) -> None:
        """Two paths that differ by case only are one file on some machines: refuse the second."""
        seen: dict[str, str] = {}
        for path in sorted(self.files):
            for prefix in _prefixes(path):
                first = seen.setdefault(prefix.casefold(), prefix)
                if first != prefix:
                    self._refuse(path, say.CASE_COLLISION(other=printable(first)))
                    break

    def _refuse_link(self, path: str) -> None:
        way_out = "put a copy of the file in its place"
        if path.startswith("node_modules"):
            way_out = "install with npm, or with another tool's hoisted layout"
        self._refuse(path, say.LINK(way_out=way_out))

    def _refuse(self, path: str, message: Said) -> None:
        self.problems.append(Problem(printable(path), None, message))


def _sorted_entries(fd: int, at_most: int) -> list[os.DirEntry[str]]:
    """The folder's entries by name; one more than the cap at most, so that a huge folder costs little."""
    entries: list[os.DirEntry[str]] = []
    with os.scandir(fd) as scan:
        for entry in scan:
            entries.append(entry)
            if len(entries) > at_most:
                break
    return sorted(entries, key=lambda entry: entry.name)


def _kind(entry: os.DirEntry[str]) -> Literal["link", "folder", "file"]:
    if entry.is_symlink():
        return "link"
    return "folder" if entry.is_dir(follow_symlinks=False) else "file"


def _is_link(name: str, fd: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _prefixes(path: str) -> Iterator[str]:
    parts = path.split("/")
    for count in range(1, len(parts) + 1):
        yield "/".join(parts[:count])
