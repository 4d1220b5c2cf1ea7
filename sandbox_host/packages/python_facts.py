"""What the modules of a project in Python say, held against what there is.

The facts come from the guest's compiler, which has read the modules as they are written.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from policies.messages import Said
from sandbox_host.packages.evaluation import Evaluation, ModuleFacts
from sandbox_host.packages.habits import unknown_name
from sandbox_host.packages.hosts import DeclaredHosts, authority_of
from sandbox_host.packages.messages import code as say
from sandbox_host.packages.messages.python import NOT_OFFERED
from sandbox_host.packages.names import did_you_mean
from sandbox_host.packages.places import around
from sandbox_host.packages.problems import Problem, printable
from sandbox_host.packages.python_instead import offers

SDK = "guest_sdk"
ROOTS = ("src/", "")
"""Where a module that is imported by its whole name is looked for."""
_SHOWN = 200


class PythonSources:
    """The modules as they are written: `Sources` of the checks."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation

    def line(self, file: str, export: str, path: str = "") -> int | None:
        """The line of what stands at a path of an export, or of the nearest thing around it.

        A key is found by what it means: `secret_hosts` is `secretHosts`.
        """
        spelled = self._spellings(file, export)
        while path and _folded(path) not in spelled:
            path = around(path)
        if not spelled:
            return self._evaluation.modules.get(file, {}).get(export, {"type": ""}).get("line")
        return spelled[_folded(path)][1]

    def spelled(self, file: str, export: str, path: str) -> str:
        """A path as the author writes it, with the keys that are there and the others in snake case."""
        spelled = self._spellings(file, export)
        found = path
        while found and _folded(found) not in spelled:
            found = around(found)
        rest = re.sub(r"(?<=[a-z])[A-Z]", lambda one: f"_{one[0].lower()}", path[len(found) :])
        return (spelled[_folded(found)][0] if found else "") + rest

    def _spellings(self, file: str, export: str) -> dict[str, tuple[str, int]]:
        """Path and line of all that is in an export, by what its path means."""
        facts = self._evaluation.facts.get(file)
        lines = dict(facts.places.get(export, {})) if facts else {}
        return {_folded(path): (path, line) for path, line in reversed(lines.items())}

    def exports(self, file: str) -> Collection[str] | None:
        """Nothing: what scripts of pages export, of which a project in Python has none."""
        return None


def _folded(path: str) -> str:
    return path.replace("_", "").lower()


def import_problems(file: str, facts: ModuleFacts, files: Collection[str]) -> Iterator[Problem]:
    """Imports of one module that resolve to nothing, each module once."""
    seen: set[str] = set()
    for one in facts.imports:
        if one.name not in seen and (said := _why_not(file, one.name, files)):
            seen.add(one.name)
            yield Problem(file, one.line, said)


def _why_not(file: str, name: str, files: Collection[str]) -> Said | None:
    """Why this module cannot be imported, or None."""
    if name.startswith("."):
        return _relative(file, name, files)
    top = name.partition(".")[0]
    shown = printable(name)[:_SHOWN]
    if top == SDK:
        return None if name == SDK else say.SDK_PATH(spec=shown)
    if name in offers().modules or any(_exists(root + name.replace(".", "/"), files) for root in ROOTS):
        return None
    if any(_exists(root + top, files) for root in ROOTS):
        return say.NOT_FOUND(spec=shown, target="src/" + shown.replace(".", "/"))
    if instead := offers().instead.get(name) or offers().instead.get(top):
        return say.INSTEAD_OF_MODULE(spec=shown, instead=instead)
    known = offers().modules
    return NOT_OFFERED(name=shown, guess=did_you_mean(shown, known), known=", ".join(known))


def _relative(file: str, name: str, files: Collection[str]) -> Said | None:
    rest = name.lstrip(".")
    up = "../" * (len(name) - len(rest) - 1)
    shown = printable(name)[:_SHOWN]
    target = posixpath.normpath(posixpath.join(posixpath.dirname(file), up, rest.replace(".", "/")))
    if target.startswith(".."):
        return say.OUTSIDE(spec=shown)
    if target == "." or _exists(target, files):
        return None
    return say.NOT_FOUND(spec=shown, target=printable(target)[:_SHOWN])


def _exists(target: str, files: Collection[str]) -> bool:
    """Is this a module of the project, or a folder with some?"""
    return f"{target}.py" in files or any(file.startswith(f"{target}/") for file in files)


def unknown_names(file: str, facts: ModuleFacts) -> Iterator[Problem]:
    """Uses of functions that a sandbox has only to say what to use instead."""
    for one in facts.names:
        if instead := offers().calls.get(one.name):
            yield Problem(file, one.line, say.FOREIGN_GLOBAL(name=one.name, instead=instead))


def unknown_entities(file: str, facts: ModuleFacts, entities: Collection[str]) -> Iterator[Problem]:
    """Names of entities in calls of `Entity` and `ingest` that are written out and that nobody defines."""
    for one in facts.calls:
        capability, _, verb = one.name.partition(".")
        if said := unknown_name(capability, verb, one.text, entities):
            yield Problem(file, one.line, said)


def undeclared_hosts(facts: Mapping[str, ModuleFacts], declared: Sequence[str]) -> Iterator[Problem]:
    """Hosts that are written out in the modules and that `permissions.http` does not have."""
    hosts = DeclaredHosts(declared)
    for file, one in sorted(facts.items()):
        for text in one.texts:
            authority = authority_of(text.parts)
            if authority is not None and (said := hosts.refusal(authority)):
                yield Problem(file, text.line, said)
