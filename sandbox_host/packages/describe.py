"""What a project is, from what its modules turned out to export: the deployment manifest, or what does not fit.

A build comes here with an evaluation of its own; whoever receives a package from somebody else comes here with
another one, and compares.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from policies.manifest import Manifest
from sandbox_host.errors import RunError
from sandbox_host.packages import checks, manifest_checks
from sandbox_host.packages.checks import Facts, NoSources, Sources
from sandbox_host.packages.declarations import Declarations, Exports
from sandbox_host.packages.deployment import Deployment, Entrypoints, Hook, Job, Page, Route
from sandbox_host.packages.discovery import Discovered, discover
from sandbox_host.packages.evaluation import Evaluate, EvaluationFailed
from sandbox_host.packages.manifest_checks import read_manifest
from sandbox_host.packages.package import Package
from sandbox_host.packages.problems import PackageError, Problem
from sandbox_host.packages.raw_manifest import RawManifest
from sandbox_host.packages.sdk_names import ENTITIES


def verify(package: Package, evaluate: Evaluate) -> None:
    """Work out the deployment manifest again from the bundle alone, and refuse a package that says otherwise.

    For whoever receives a package from somebody else. Raises PackageError.
    """
    try:
        evaluation = evaluate(package.bundle, package.language.runtime)
    except (EvaluationFailed, RunError) as error:
        raise PackageError(f"the bundle cannot be evaluated: {error}") from error
    if evaluation.errors:
        raise PackageError(f"{evaluation.errors[0].file}: {evaluation.errors[0].message}")
    pages = {page.file for page in package.entrypoints.pages}
    discovered = discover(evaluation.modules, package.language)
    _, manifest, deployment, problems = describe(discovered, evaluation.modules, pages)
    problems += discovered.problems
    if problems:
        raise PackageError(str(problems[0]))
    if manifest is None or deployment.as_json() != package.deployment:
        raise PackageError("the deployment manifest is not what the bundle declares")


def describe(
    discovered: Discovered,
    modules: Mapping[str, Exports],
    files: Collection[str],
    sources: Sources | None = None,
) -> tuple[RawManifest | None, Manifest | None, Deployment, list[Problem]]:
    """The manifest as written and as parsed, the deployment manifest, and what does not fit.

    sources: the scripts as they are written, where somebody has them.
    """
    sources = sources or NoSources()
    raw = manifest = None
    problems: list[Problem] = []
    language = discovered.language
    if language.manifest in modules:
        raw, manifest, problems = read_manifest(modules[language.manifest], sources, language)
    facts = Facts(discovered, files, modules, raw, sources)
    problems += checks.check(facts)
    problems += manifest_checks.check(facts)
    declarations = Declarations({*ENTITIES, *discovered.entities}, sources)
    for name, file in sorted(discovered.entities.items()):
        if file in modules:
            declarations.read_entity(file, name, modules[file])
    for name, file in sorted(discovered.fields.items()):
        if file in modules:
            declarations.read_fields(file, name, modules[file])
    problems += declarations.problems
    fields = declarations.fields()
    if all(file in modules for file in discovered.fields.values()):
        problems += manifest_checks.line_columns(facts, fields)
        if all(file in modules for file in discovered.entities.values()):
            problems += manifest_checks.visibility(facts, declarations.entities, fields)
    if problems or manifest is None or any(file not in modules for file in discovered.modules()):
        return raw, manifest, Deployment(manifest={}), problems
    entrypoints = _entrypoints(facts, declarations)
    return (
        raw,
        manifest,
        Deployment(manifest=manifest.as_authored(), fields=fields, entrypoints=entrypoints),
        [],
    )


def _entrypoints(facts: Facts, declarations: Declarations) -> Entrypoints:
    """Everything that can be started. All files are known and right by now."""
    found = facts.discovered
    exports = facts.modules
    routes = [
        Route(
            path=path,
            methods=checks.route_methods(exports[file]),
            auth=checks.route_auth(exports[file]),
            file=file,
        )
        for path, file in sorted(found.routes.items())
    ]
    hooks = [
        Hook(entity=hook.entity, event=hook.event.replace("-", "_"), file=hook.file) for hook in found.hooks
    ]
    jobs = [
        Job(
            name=name,
            schedule=checks.value_of(exports[file], "schedule"),
            timezone=checks.value_of(exports[file], "timezone", "UTC"),
            retry=checks.value_of(exports[file], "retry", 1),
            timeout_ms=checks.value_of(exports[file], "timeout_ms", 30_000),
            file=file,
        )
        for name, file in sorted(found.jobs.items())
    ]
    pages = [
        Page.model_validate({"kind": kind, "id": name, "file": file})
        for _, kind, name, file in (manifest_checks.pages(facts.manifest) if facts.manifest else ())
    ]
    return Entrypoints(
        routes=tuple(routes),
        hooks=tuple(hooks),
        jobs=tuple(jobs),
        pages=tuple(pages),
        entities=tuple(declarations.entities),
    )
