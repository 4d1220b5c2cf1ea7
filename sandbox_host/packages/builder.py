"""From a project's folder to a package, or to the list of everything that keeps it from being one.

In order: read the files, sort them into roles, print each script on its own (syntax, imports, globals, names,
literal hosts), bundle what can be bundled, evaluate the bundle, check that the parts fit, pack. A file that
cannot take part is reported and replaced by an empty module, so that the rest is still looked at.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

from sandbox_host.errors import LimitError, RunError
from sandbox_host.packages import imports
from sandbox_host.packages.declarations import Exports
from sandbox_host.packages.dependencies import read_dependencies
from sandbox_host.packages.describe import describe
from sandbox_host.packages.discovery import MANIFEST, Discovered, discover, is_code
from sandbox_host.packages.esbuild import PROJECT, Bundled, BundlerFailed, Message, bundle, print_scripts
from sandbox_host.packages.evaluation import Evaluate, Evaluation, EvaluationFailed
from sandbox_host.packages.habits import foreign_globals, unknown_entities
from sandbox_host.packages.hosts import undeclared_hosts
from sandbox_host.packages.manifest_checks import pages
from sandbox_host.packages.messages import code as code_say
from sandbox_host.packages.messages import files as files_say
from sandbox_host.packages.messages.declarations import PLATFORM_NAME
from sandbox_host.packages.package import DEFAULT_MAX_BYTES, MAX_BYTES, Package
from sandbox_host.packages.places import Places
from sandbox_host.packages.printed import Printed
from sandbox_host.packages.problems import BuildFailed, Problem
from sandbox_host.packages.project import MODULE_ENDINGS, ProjectReader
from sandbox_host.packages.sdk_names import ENTITIES, SDK, sdk_module
from sandbox_host.packages.source_map import SourceMap

_STUB = b"module.exports = {};\n"
_MAX_ROUNDS = 8
Attempt: TypeAlias = "tuple[Bundled | None, list[Message]]"


def build(path: Path, evaluate: Evaluate, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Package:
    """Build the project in the folder `path`. The same source gives the same package, whoever builds it.

    evaluate: runs the bundle where guest code may run, and says what it exports.
    max_bytes: the operator's cap on the archive, at most 20 MiB.
    Raises BuildFailed with every problem.
    """
    reader = _read(path)
    dependencies = read_dependencies(reader)
    reader.refuse_case_collisions()
    own = {file: data for file, data in reader.files.items() if not file.startswith("node_modules/")}
    discovered = discover(own)
    problems = [*reader.problems, *discovered.problems]
    if not discovered.manifest:
        problems.append(Problem(MANIFEST, None, files_say.NO_MANIFEST()))

    unreadable = {problem.file for problem in reader.problems}
    with ThreadPoolExecutor(1) as beside:
        # Most projects are good: they are bundled while their scripts are looked at one by one.
        hoped = beside.submit(
            bundle, _staged(reader.files, unreadable), discovered.modules(), _sdk(discovered)
        )
        scripts = _Scripts(own, discovered, reader.files, dependencies)
    problems += scripts.problems
    broken = scripts.broken | unreadable
    first = hoped.result if broken == unreadable else None
    bundled, tainted, found = _bundle(reader.files, discovered, broken, dependencies, first)
    problems += found
    # The runtime has its own words for an entity that takes a name of the platform.
    tainted |= {one.file for one in discovered.problems if one.code == PLATFORM_NAME.code}
    limit = min(max_bytes, MAX_BYTES)
    modules: dict[str, Exports] = {}
    if bundled is not None and len(bundled.code) + len(bundled.source_map) > limit:
        problems.append(_oversize(bundled, len(bundled.code) + len(bundled.source_map), limit))
    elif bundled is not None:
        evaluation, found = _evaluate(bundled, tainted, evaluate, discovered.modules())
        problems += found
        modules = {file: one for file, one in evaluation.modules.items() if file not in tainted}

    raw, manifest, deployment, found = describe(discovered, modules, own, scripts)
    problems += found
    if raw is not None:
        problems += scripts.undeclared_hosts(raw.http())
        problems += scripts.page_imports({file for _, _, _, file in pages(raw)})
    if not problems and manifest is None:
        problems.append(Problem(MANIFEST, None, code_say.NOT_EVALUATED(reason="it declares nothing")))
    if problems or bundled is None or manifest is None:
        raise BuildFailed(problems)
    package = Package.pack(deployment, bundled.code, bundled.source_map)
    if len(package.archive) > limit:
        raise BuildFailed([_oversize(bundled, len(package.archive), limit)])
    return package


def _read(path: Path) -> ProjectReader:
    try:
        root = path.resolve()
        if not root.is_dir():
            wrong = files_say.NOT_A_FOLDER if root.exists() else files_say.NO_FOLDER
            raise BuildFailed([Problem(str(path), None, wrong())])
    except (OSError, ValueError, RuntimeError) as error:
        # Too long, a NUL, or links that go round in a circle.
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise BuildFailed([Problem(str(path)[:200], None, files_say.UNUSABLE(reason=reason))]) from error
    reader = ProjectReader(root)
    reader.read()
    return reader


class _Scripts:
    """The project's own scripts, each looked at alone."""

    def __init__(
        self,
        own: Mapping[str, bytes],
        discovered: Discovered,
        files: Collection[str],
        dependencies: Collection[str],
    ) -> None:
        self.problems: list[Problem] = []
        self.broken: set[str] = set()
        self._printed: dict[str, Printed] = {}
        self._places: dict[str, Places] = {}
        self._own, self._files, self._dependencies = own, files, dependencies
        self._scanned: set[str] = set()
        self._bundled: set[str] = set()
        sources = {file: data for file, data in own.items() if is_code(file)}
        try:
            self._printed, messages = print_scripts(sources)
        except BundlerFailed as error:
            self.problems.append(Problem(MANIFEST, None, error.said))
            return
        wrong = [imports.message_problem(message, files, dependencies) for message in messages]
        self._bundled = self._reach(discovered.modules())
        reached = self._bundled | {file for file in sources if file.startswith("src/")}
        self.problems += [problem for problem in wrong if problem.file in reached]
        self.broken = {problem.file for problem in wrong}
        for file in sorted(self._bundled & self._printed.keys()):
            found = list(imports.import_problems(file, self._printed[file], files, dependencies))
            self.problems += found
            if found:
                self.broken.add(file)
        self._scanned = (reached - {MANIFEST}) & self._printed.keys()
        entities = {*ENTITIES, *discovered.entities}
        for file in sorted(self._scanned):
            self.problems += foreign_globals(file, self._printed[file])
            self.problems += unknown_entities(file, self._printed[file], entities)

    def line(self, file: str, export: str, path: str = "") -> int | None:
        """Where something stands in one of the project's scripts."""
        places = self._places_of(file)
        return places.line(export, path) if places else None

    def exports(self, file: str) -> Collection[str] | None:
        """The names that a script exports, as it is written. None where it could not be printed."""
        places = self._places_of(file)
        return places.exports if places else None

    def _places_of(self, file: str) -> Places | None:
        if file not in self._places and file in self._printed:
            self._places[file] = Places(self._printed[file])
        return self._places.get(file)

    def _reach(self, modules: Iterable[str]) -> set[str]:
        """The modules and everything of the project that they import."""
        reached: set[str] = set()
        waiting = list(modules)
        while waiting:
            file = waiting.pop()
            if file in reached:
                continue
            reached.add(file)
            for one in self._printed[file].imports if file in self._printed else ():
                target = _resolve(file, one.spec, self._own)
                waiting += [target] if target else []
        return reached

    def undeclared_hosts(self, declared: list[str]) -> list[Problem]:
        """Hosts that are written in the project's code and not in its manifest."""
        return [
            one
            for file in sorted(self._scanned)
            for one in undeclared_hosts(file, self._printed[file], declared)
        ]

    def page_imports(self, scripts: Collection[str]) -> list[Problem]:
        """What is wrong with the imports of the scripts that the manifest names, and of what only they import."""
        reached = self._reach(file for file in scripts if file in self._printed) - self._bundled
        return [
            one
            for file in sorted(reached & self._printed.keys())
            for one in imports.import_problems(
                file, self._printed[file], self._files, self._dependencies, ui=True
            )
        ]


def _resolve(file: str, spec: str, own: Collection[str]) -> str | None:
    """The project's file that a relative import means."""
    if not spec.startswith("."):
        return None
    target = posixpath.normpath(posixpath.join(posixpath.dirname(file), spec))
    stem = target.removesuffix(".js")
    candidates = [target, *(f"{base}{ending}" for base in (target, stem) for ending in MODULE_ENDINGS)]
    candidates += [f"{target}/index{ending}" for ending in MODULE_ENDINGS]
    return next((one for one in candidates if one in own), None)


def _sdk(discovered: Discovered) -> dict[str, bytes]:
    return sdk_module(tuple(sorted(discovered.entities)))


def _staged(files: Mapping[str, bytes], broken: Collection[str]) -> dict[str, bytes]:
    """What the bundler is given: an empty module in the place of each broken one."""
    return {file: _stub(file) if file in broken else data for file, data in files.items()}


def _bundle(
    files: Mapping[str, bytes],
    discovered: Discovered,
    broken: set[str],
    dependencies: Collection[str],
    first: Callable[[], Attempt] | None = None,
) -> tuple[Bundled | None, set[str], list[Problem]]:
    """The bundle, the files whose modules are not what their author wrote, and what is wrong.

    first: answers the first attempt, if it has been made.
    """
    problems: list[Problem] = []
    broken = set(broken)
    sdk = _sdk(discovered)
    for _ in range(_MAX_ROUNDS):
        try:
            attempt = first() if first else bundle(_staged(files, broken), discovered.modules(), sdk)
            (bundled, messages), first = attempt, None
        except BundlerFailed as error:
            return None, broken, [*problems, Problem(MANIFEST, None, error.said)]
        if bundled is not None:
            known = {PROJECT + file for file in files} | {f"{PROJECT}node_modules/{SDK}/{one}" for one in sdk}
            outside = list(imports.outside_problems(bundled, known))
            return (None if outside else bundled), _tainted(bundled, broken), [*problems, *outside]
        found = [imports.message_problem(message, files, dependencies) for message in messages]
        problems += found
        fresh = {problem.file for problem in found if problem.file in files} - broken
        if not fresh:
            break
        broken |= fresh
    return None, broken, problems


def _stub(file: str) -> bytes:
    return b"{}\n" if file.endswith(".json") else _STUB


def _tainted(bundled: Bundled, broken: set[str]) -> set[str]:
    """The broken files and whatever imports them, near or far."""
    users: dict[str, list[str]] = {}
    for importer, one in bundled.inputs.items():
        for imported in one.get("imports", ()):
            users.setdefault(imported["path"], []).append(importer)
    tainted: set[str] = set()
    waiting = [PROJECT + file for file in broken]
    while waiting:
        staged = waiting.pop()
        if staged not in tainted:
            tainted.add(staged)
            waiting += users.get(staged, [])
    return {staged.removeprefix(PROJECT) for staged in tainted}


def _evaluate(
    bundled: Bundled, tainted: Collection[str], evaluate: Evaluate, modules: Collection[str]
) -> tuple[Evaluation, list[Problem]]:
    try:
        evaluation = evaluate(bundled.code)
    except (EvaluationFailed, RunError) as error:
        module = error.module if isinstance(error, LimitError) else None
        if module is not None and module in modules:
            return Evaluation(), [Problem(module, None, code_say.NOT_LOADED(reason=error))]
        return Evaluation(), [Problem(MANIFEST, None, code_say.NOT_EVALUATED(reason=error))]
    source_map = SourceMap(bundled.source_map)
    problems: list[Problem] = []
    for error in evaluation.errors:
        if error.file in tainted:
            continue
        place = source_map.first_position(error.stack)
        file, line = (place.file, place.line) if place else (error.file, None)
        problems.append(Problem(file, line, code_say.THROWS(text=error.message)))
    return evaluation, problems


def _oversize(bundled: Bundled, size: int, limit: int) -> Problem:
    """The blame goes to the largest file."""
    largest = max(bundled.sizes, key=lambda file: bundled.sizes[file])
    message = files_say.OVERSIZE(
        size=f"{size / (1 << 20):.1f}",
        limit=f"{limit / (1 << 20):.1f}",
        file=f"{bundled.sizes[largest] / (1 << 20):.1f}",
    )
    return Problem(largest.removeprefix(PROJECT), None, message)
