"""From the folder of a project in Python to a package, or to everything that keeps it from being one.

Nothing of it is read as Python here: the text of its modules goes to the worker, where the guest's own CPython
compiles them, and comes back as facts. In order: read the files, sort them into roles, evaluate, hold what the
modules say against what there is, check that the parts fit, pack.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from policies.manifest_messages import SCRIPT_PATH
from policies.messages import Said
from sandbox_host.errors import LimitError, RunError
from sandbox_host.packages.describe import describe
from sandbox_host.packages.discovery import Discovered, discover
from sandbox_host.packages.evaluation import Evaluate, Evaluation, EvaluationFailed, ModuleError, ModuleFacts
from sandbox_host.packages.language import PYTHON, TYPESCRIPT, Language
from sandbox_host.packages.manifest_checks import pages
from sandbox_host.packages.messages import code as say
from sandbox_host.packages.messages import files as files_say
from sandbox_host.packages.messages import python as python_say
from sandbox_host.packages.messages.declarations import NO_DECLARATION, NO_ENTITY, NO_SCRIPT, PLATFORM_NAME
from sandbox_host.packages.package import Package
from sandbox_host.packages.problems import BuildFailed, Problem
from sandbox_host.packages.project import ProjectReader
from sandbox_host.packages.python_bundle import make_python_bundle
from sandbox_host.packages.python_facts import (
    PythonSources,
    import_problems,
    undeclared_hosts,
    unknown_entities,
    unknown_names,
)
from sandbox_host.packages.sdk_names import ENTITIES

FOLDERS = ("src", "lib")
"""Where the modules of a project in Python are, beside its manifest."""
_OTHERS = {PYTHON: (".ts", ".tsx", ".js"), TYPESCRIPT: (".py",)}
_OF_PAGES = frozenset((SCRIPT_PATH.code, NO_SCRIPT.code))
_MISSING = frozenset((NO_DECLARATION.code, NO_ENTITY.code))
_FRAME = re.compile(r'^ *File "([^"\n]+)", line (\d+)', re.MULTILINE)
_RAISED_BY_COMPILER = re.compile(r"(?:SyntaxError|IndentationError|TabError): ")


def language_in(root: Path) -> Language:
    """What the project in a folder is written in. Raises BuildFailed where it is both."""
    found = [one for one in (PYTHON, TYPESCRIPT) if os.path.lexists(root / one.manifest)]
    if len(found) > 1:
        message = python_say.TWO_MANIFESTS(other=TYPESCRIPT.manifest)
        raise BuildFailed([Problem(PYTHON.manifest, None, message)])
    return found[0] if found else TYPESCRIPT


def foreign_code(reader: ProjectReader, language: Language) -> Iterator[Problem]:
    """Code of another language where the project has its own."""
    for file in reader.others:
        folder = file.partition("/")[0]
        if folder in FOLDERS and folder != file:
            found = (
                "Python" if file.endswith(".py") else "JavaScript" if file.endswith(".js") else "TypeScript"
            )
            message = python_say.OTHER_LANGUAGE(found=found, language=language.name, folder=folder)
            yield Problem(file, None, message)


def build_python(root: Path, evaluate: Evaluate, limit: int) -> Package:
    """Build the project. limit: of the archive, in bytes. Raises BuildFailed with every problem."""
    try:
        return _build(root, evaluate, limit)
    except BuildFailed as failed:
        raise BuildFailed(_reworded(one) for one in failed.problems) from None


def _reworded(problem: Problem) -> Problem:
    if problem.said is None:
        return problem
    return Problem(problem.file, problem.line, python_say.in_python(problem.said))


def _spelled(problem: Problem, sources: PythonSources) -> Problem:
    """A problem of the manifest, with its path as the author wrote it."""
    said = problem.said
    if said is None or not said.before:
        return problem
    path = sources.spelled(PYTHON.manifest, "default", said.before.removesuffix(": "))
    text = str(said).removeprefix(said.before)
    return Problem(problem.file, problem.line, Said(text, said.code, said.values, f"{path}: "))


def _build(root: Path, evaluate: Evaluate, limit: int) -> Package:
    reader = ProjectReader(root, (PYTHON.ending,), _OTHERS[PYTHON])
    reader.read_file(PYTHON.manifest)
    for folder in FOLDERS:
        reader.read(folder)
    reader.refuse_case_collisions()
    problems = [*reader.problems, *foreign_code(reader, PYTHON)]
    files, found = _texts(reader)
    problems += found
    discovered = discover(files, PYTHON)
    problems += discovered.problems
    bundle = make_python_bundle(files)
    if len(bundle) > limit:
        raise BuildFailed([*problems, _oversize(files, len(bundle), limit)])

    evaluation, found = _evaluate(bundle, evaluate, discovered.modules())
    problems += found
    problems += _module_problems(
        evaluation, discovered, {*reader.files, *(one.file for one in reader.problems)}
    )
    sources = PythonSources(evaluation)
    raw, _, deployment, found = describe(discovered, evaluation.modules, files, sources)
    failed = {error.file for error in evaluation.errors}
    problems += [
        _spelled(one, sources)
        for one in found
        if one.code not in _OF_PAGES and not (one.code in _MISSING and one.file in failed)
    ]
    if raw is not None:
        problems += undeclared_hosts(_without_manifest(evaluation), raw.http())
        for path, *_ in pages(raw):
            line = sources.line(PYTHON.manifest, "default", path)
            problems.append(Problem(PYTHON.manifest, line, python_say.PAGES(path=path)))
    if not problems and not deployment.manifest:
        problems.append(Problem(PYTHON.manifest, None, say.NOT_EVALUATED(reason="it declares nothing")))
    if problems:
        raise BuildFailed(problems)
    package = Package.pack_python(deployment, bundle)
    if len(package.archive) > limit:
        raise BuildFailed([_oversize(files, len(package.archive), limit)])
    return package


def _texts(reader: ProjectReader) -> tuple[dict[str, str], list[Problem]]:
    """The source of every module of a package, by file. A byte order mark is no part of it."""
    files: dict[str, str] = {}
    problems: list[Problem] = []
    for file, data in reader.files.items():
        if not PYTHON.is_code(file):
            continue
        try:
            files[file] = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            problems.append(Problem(file, None, python_say.NOT_UTF8()))
    return files, problems


def _evaluate(
    bundle: bytes, evaluate: Evaluate, modules: Collection[str]
) -> tuple[Evaluation, list[Problem]]:
    try:
        return evaluate(bundle, PYTHON.runtime), []
    except (EvaluationFailed, RunError) as error:
        module = error.module if isinstance(error, LimitError) else None
        if module is not None and module in modules:
            return Evaluation(), [Problem(module, None, say.NOT_LOADED(reason=error))]
        return Evaluation(), [Problem(PYTHON.manifest, None, say.NOT_EVALUATED(reason=error))]


def _module_problems(
    evaluation: Evaluation, discovered: Discovered, files: Collection[str]
) -> Iterator[Problem]:
    """What is wrong with the modules themselves. What follows from a problem that is told is not told again.

    files: all of the project, those included that could not be read.
    """
    told: set[tuple[str, int | None]] = set()
    for file, facts in sorted(evaluation.facts.items()):
        for problem in import_problems(file, facts, files):
            told.add((problem.file, problem.line))
            yield problem
    entities = {*ENTITIES, *discovered.entities}
    for file, facts in sorted(_without_manifest(evaluation).items()):
        yield from unknown_names(file, facts)
        yield from unknown_entities(file, facts, entities)
    # The runtime has its own words for an entity that takes a name of the platform.
    taken = {one.file for one in discovered.problems if one.code == PLATFORM_NAME.code}
    for error in evaluation.errors:
        file, line = _place(error, files)
        missing = error.message.startswith("ModuleNotFoundError: ") and file in evaluation.facts
        if error.file in taken or (file, line) in told or missing:
            continue
        yield Problem(file, line, _said(error))


def _place(error: ModuleError, files: Collection[str]) -> tuple[str, int | None]:
    """The author's place nearest to where a module raised: the last frame of a traceback that is one of theirs."""
    frames = [(file, int(line)) for file, line in _FRAME.findall(error.stack) if file in files]
    return frames[-1] if frames else (error.file, error.line)


def _said(error: ModuleError) -> str:
    compiler = _RAISED_BY_COMPILER.match(error.message)
    return say.SYNTAX(text=error.message[compiler.end() :]) if compiler else say.THROWS(text=error.message)


def _without_manifest(evaluation: Evaluation) -> Mapping[str, ModuleFacts]:
    return {file: facts for file, facts in evaluation.facts.items() if file != PYTHON.manifest}


def _oversize(files: Mapping[str, str], size: int, limit: int) -> Problem:
    """The blame goes to the largest file."""
    sizes = {file: len(text.encode()) for file, text in files.items()}
    largest = max(sizes, key=lambda file: sizes[file])
    message = files_say.OVERSIZE(
        size=f"{size / (1 << 20):.1f}",
        limit=f"{limit / (1 << 20):.1f}",
        file=f"{sizes[largest] / (1 << 20):.1f}",
    )
    return Problem(largest, None, message)
