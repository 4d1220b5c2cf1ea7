"""What the host calls: take the bundle, load and describe its modules, or run one handler.

While a version is prepared: `{"op":"bundle","bundle":{…}}` hands over the sources; `{"op":"next"}` answers the next
module's file, `""` after the last, and `{"op":"load"}` loads it, so that the host knows which one never ends;
`{"op":"describe"}` answers with what the modules are, and `{"op":"rest"}` tidies up before the memory is kept. For a
run, `{"op":"invoke",…}` reports through the door. Everything here is convenience for the guest: the host trusts none
of it and checks every call again.
"""

from __future__ import annotations

import gc
import sys
from typing import Any

from guest_sdk._runtime import door, errors, host, printing
from guest_sdk._runtime.invoke import invoke
from guest_sdk._runtime.json import from_json

from .described import Described
from .modules import Project


class Guest:
    """The modules of one version. files: their sources by path. order: those to load."""

    def __init__(self, files: dict[str, str], order: list[str]) -> None:
        self.described = Described()
        self._project = Project(files, printing.write)
        self._files = frozenset(files)
        self._waiting = iter(order)
        self._loading = ""
        errors.connect(self.own_file)

    def own_file(self, file: str) -> str | None:
        """The frame's file where it is the author's."""
        return file if file in self._files else None

    def next_file(self) -> str:
        """Go on to the next module: its file, or nothing when all are loaded."""
        self._loading = next(self._waiting, "")
        if not self._loading:
            self._read_the_others()
        return self._loading

    def begin(self) -> None:
        """A run begins."""
        self._project.begin()

    def load(self) -> None:
        """Load it. What it raises is kept for the description and stops no other."""
        file = self._loading
        host.enter("loading")
        facts: dict[str, Any] = {}
        try:
            facts = self._project.facts(file)
            self.described.loaded(file, self._project.load(file), facts)
        except BaseException as thrown:
            self.described.failed(file, thrown, facts)

    def _read_the_others(self) -> None:
        """What helpers say as they are written, used or not; none is executed for it."""
        for file in sorted(self._files - self.described.facts.keys()):
            facts: dict[str, Any] = {}
            try:
                facts = self._project.facts(file)
                self._project.check(file)
                self.described.facts[file] = facts
            except SyntaxError as refused:
                self.described.failed(file, refused, facts)


_guest = Guest({}, [])


def main(text: str) -> str:
    """Answer one message of the host's."""
    message = from_json(text)
    match message["op"]:
        case "invoke":
            _guest.begin()
            result = invoke(message, _guest.described.find)
            door.call('{"capability":"$result","args":' + result + "}")
        case "next":
            return _guest.next_file()
        case "load":
            _guest.load()
        case "describe":
            return door.well_formed(_guest.described.as_json())
        case "bundle":
            _take(message["bundle"])
        case "rest":
            # What the modules made lives as long as the version: no run shall look through it for garbage.
            gc.collect()
            gc.freeze()
        case _:
            raise ValueError("the host asked for something that is not known here")
    return ""


def _lost(unraisable: Any) -> None:
    """In the place of Python's own hook, which prints: an exception that nobody can catch, such as one of a generator
    that is closed when it is freed, is a line of the log and never the end of a run."""
    try:
        thrown = unraisable.exc_value
        printing.write(f"ignored, in what was being freed: {errors.headline(thrown)}")
    except BaseException:
        return


sys.unraisablehook = _lost


def _take(bundle: dict[str, Any]) -> None:
    global _guest
    _guest = Guest(bundle["files"], bundle["modules"])


# The kernel's world. Elsewhere, as in a test, somebody else connects the door.
if "wit_world" in sys.modules:
    door.connect(sys.modules["wit_world"].host_call)
