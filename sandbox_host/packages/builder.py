"""From a project's folder to a package, or to the list of everything that keeps it from being one.

In order: read the files, sort them into roles, print each script on its own (syntax, imports, literal hosts),
bundle what can be bundled, evaluate the bundle, check that the parts fit, pack. A file that cannot take part
is reported and replaced by an empty module, so that the rest is still looked at.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from sandbox_host.errors import RunError
from sandbox_host.packages import imports
from sandbox_host.packages.declarations import Exports
from sandbox_host.packages.dependencies import read_dependencies
from sandbox_host.packages.describe import describe
from sandbox_host.packages.discovery import MANIFEST, Discovered, discover, is_code
from sandbox_host.packages.esbuild import PROJECT, Bundled, BundlerFailed, Printed, bundle, print_scripts
from sandbox_host.packages.evaluation import Evaluate, Evaluation, EvaluationFailed
from sandbox_host.packages.hosts import undeclared_hosts
from sandbox_host.packages.package import DEFAULT_MAX_BYTES, MAX_BYTES, Package
from sandbox_host.packages.problems import BuildFailed, Problem
from sandbox_host.packages.project import MODULE_ENDINGS, ProjectReader
from sandbox_host.packages.sdk_names import SDK, sdk_module
from sandbox_host.packages.source_map import SourceMap

_STUB = b"module.exports = {};\n"
_MAX_ROUNDS = 8


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
        message = (
            "not found; a project has one, with export default defineExtension({…}) or defineConnector({…})"
        )
        problems.append(Problem(MANIFEST, None, message))

    unreadable = {problem.file for problem in reader.problems}
    scripts = _Scripts(own, discovered, reader.files, dependencies)
    problems += scripts.problems
    bundled, tainted, found = _bundle(reader.files, discovered, scripts.broken | unreadable, dependencies)
    problems += found
    limit = min(max_bytes, MAX_BYTES)
    modules: dict[str, Exports] = {}
    if bundled is not None and len(bundled.code) + len(bundled.source_map) > limit:
        problems.append(_oversize(bundled, len(bundled.code) + len(bundled.source_map), limit))
    elif bundled is not None:
        evaluation, found = _evaluate(bundled, tainted, evaluate)
        problems += found
        modules = {file: one for file, one in evaluation.modules.items() if file not in tainted}

    raw, manifest, deployment, found = describe(discovered, modules, own)
    problems += found
    if raw is not None:
        problems += scripts.undeclared_hosts(raw.http())
    if not problems and manifest is None:
        problems.append(Problem(MANIFEST, None, "could not be evaluated"))
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
            wrong = "is a file; give the folder that it is in" if root.exists() else "there is no such folder"
            raise BuildFailed([Problem(str(path), None, wrong)])
    except (OSError, ValueError, RuntimeError) as error:
        # Too long, a NUL, or links that go round in a circle.
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise BuildFailed([Problem(str(path)[:200], None, f"cannot be opened: {reason}")]) from error
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
        sources = {file: data for file, data in own.items() if is_code(file)}
        try:
            self._printed, messages = print_scripts(sources)
        except BundlerFailed as error:
            self.problems.append(Problem(MANIFEST, None, str(error)))
            return
        wrong = [imports.message_problem(message, files, dependencies) for message in messages]
        reached = self._reach(discovered.modules(), own)
        reached |= {file for file in sources if file.startswith("src/")}
        self.problems += [problem for problem in wrong if problem.file in reached]
        self.broken = {problem.file for problem in wrong}
        bundled = self._reach(discovered.modules(), own)
        for file in sorted(bundled & self._printed.keys()):
            found = list(imports.import_problems(file, self._printed[file], files, dependencies))
            self.problems += found
            if found:
                self.broken.add(file)
        self._scanned = reached - {MANIFEST}

    def _reach(self, modules: Iterable[str], own: Collection[str]) -> set[str]:
        """The modules and everything of the project that they import."""
        reached: set[str] = set()
        waiting = list(modules)
        while waiting:
            file = waiting.pop()
            if file in reached:
                continue
            reached.add(file)
            for one in self._printed[file].imports if file in self._printed else ():
                target = _resolve(file, one.spec, own)
                waiting += [target] if target else []
        return reached

    def undeclared_hosts(self, declared: list[str]) -> list[Problem]:
        """Hosts that are written in the project's code and not in its manifest."""
        files = sorted(self._scanned & self._printed.keys()) if self._printed else []
        return [one for file in files for one in undeclared_hosts(file, self._printed[file], declared)]


def _resolve(file: str, spec: str, own: Collection[str]) -> str | None:
    """The project's file that a relative import means."""
    if not spec.startswith("."):
        return None
    target = posixpath.normpath(posixpath.join(posixpath.dirname(file), spec))
    stem = target.removesuffix(".js")
    candidates = [target, *(f"{base}{ending}" for base in (target, stem) for ending in MODULE_ENDINGS)]
    candidates += [f"{target}/index{ending}" for ending in MODULE_ENDINGS]
    return next((one for one in candidates if one in own), None)


def _bundle(
    files: Mapping[str, bytes], discovered: Discovered, broken: set[str], dependencies: Collection[str]
) -> tuple[Bundled | None, set[str], list[Problem]]:
    """The bundle, the files whose modules are not what their author wrote, and what is wrong."""
    problems: list[Problem] = []
    broken = set(broken)
    sdk = sdk_module(tuple(name for name in sorted(discovered.entities)))
    for _ in range(_MAX_ROUNDS):
        staged = {file: _stub(file) if file in broken else data for file, data in files.items()}
        try:
            bundled, messages = bundle(staged, discovered.modules(), sdk)
        except BundlerFailed as error:
            return None, broken, [*problems, Problem(MANIFEST, None, str(error))]
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
    bundled: Bundled, tainted: Collection[str], evaluate: Evaluate
) -> tuple[Evaluation, list[Problem]]:
    try:
        evaluation = evaluate(bundled.code)
    except (EvaluationFailed, RunError) as error:
        return Evaluation(), [Problem(MANIFEST, None, f"the project cannot be evaluated: {error}")]
    source_map = SourceMap(bundled.source_map)
    problems: list[Problem] = []
    for error in evaluation.errors:
        if error.file in tainted:
            continue
        place = source_map.first_position(error.stack)
        file, line = (place.file, place.line) if place else (error.file, None)
        problems.append(Problem(file, line, f"throws while it is loaded: {error.message}"))
    return evaluation, problems


def _oversize(bundled: Bundled, size: int, limit: int) -> Problem:
    """The blame goes to the largest file."""
    largest = max(bundled.sizes, key=lambda file: bundled.sizes[file])
    message = (
        f"the package is {size / (1 << 20):.1f} MiB, over its limit of {limit / (1 << 20):.1f} MiB; "
        f"this file alone is {bundled.sizes[largest] / (1 << 20):.1f} MiB"
    )
    return Problem(largest.removeprefix(PROJECT), None, message)
