"""What a project may import, decided on each script's own list before anything is bundled, and again on what
the bundler says it read.

1. Modules are `.ts`, `.tsx`, `.js` and `.json` files, within packages also `.mjs` and `.cjs`; no other kind,
   no Node builtin, no URL.
2. Imports are static: no `import()`, no computed `require`.
3. Nothing comes from outside the project: no absolute path, no `../` past its root.
4. A package comes from the production `dependencies` of package.json. `@backfill-io/sdk` is the platform's.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator

from policies.messages import Said
from sandbox_host.packages.esbuild import ENTRY, PROJECT, Bundled, Message
from sandbox_host.packages.instead import BUILTINS, NOTHING, PACKAGES
from sandbox_host.packages.messages import code as say
from sandbox_host.packages.printed import Printed
from sandbox_host.packages.problems import Problem, printable
from sandbox_host.packages.project import MODULE_ENDINGS, PACKAGE_ENDINGS
from sandbox_host.packages.sdk_names import SDK

_PACKAGE = re.compile(r"(@[^/]+/[^/]+|[^/@][^/]*)")
_ENDING = re.compile(r"\.[A-Za-z0-9]+$")
_DYNAMIC = "dynamic-import"
_DISABLED = "(disabled):"
"""What the bundler calls a module that a package's `browser` field switches off."""
_COMPUTED = re.compile(r'This (?:call to )?"(require|import)"')


def import_problems(
    path: str, printed: Printed, files: Collection[str], dependencies: Collection[str], *, ui: bool = False
) -> Iterator[Problem]:
    """What is wrong with the imports of one script of the project. ui: it renders a page, with components."""
    for one in printed.imports:
        if ui and one.spec == f"{SDK}/ui":
            continue
        reason = _why_not(path, one.spec, files, dependencies)
        if reason is None and one.kind == _DYNAMIC:
            reason = say.DYNAMIC_IMPORT(spec=_spec(one.spec))
        if reason is not None:
            yield Problem(path, _line_of(one.spec, printed), reason)
    yield from _computed_imports(path, printed)


def outside_problems(bundled: Bundled, staged: Collection[str]) -> Iterator[Problem]:
    """Whatever the bundler read, or left for later, that is not a staged file: nothing, if every other guard
    held."""
    known = {*staged, ENTRY}
    for target in bundled.inputs:
        if target not in known and not target.startswith(_DISABLED):
            importer, spec = _importer_of(target, bundled)
            yield Problem(_shown(importer), None, _outside(spec))
    for importer, one in bundled.inputs.items():
        for imported in one.get("imports", ()):
            target = str(imported.get("path", ""))
            spec = str(imported.get("original", target))
            if imported.get("external"):
                # Listed too where it is only a type. A pattern stands for whatever a computed name may be.
                if target in bundled.left_out:
                    yield Problem(_shown(importer), None, say.UNSUPPORTED_IMPORT(spec=_spec(spec)))
                elif "*" in target:
                    yield Problem(_shown(importer), None, say.DYNAMIC_IMPORT(spec=_spec(spec)))
            elif target == ENTRY:
                yield Problem(_shown(importer), None, _outside(spec))
            elif imported.get("kind") == _DYNAMIC:
                yield Problem(_shown(importer), None, say.DYNAMIC_IMPORT(spec=_spec(spec)))


def _importer_of(target: str, bundled: Bundled) -> tuple[str, str]:
    """Who asked for an input, and how; inputs of a computed name have nobody's name on them."""
    asked = [
        (importer, imported)
        for importer, one in bundled.inputs.items()
        for imported in one.get("imports", ())
        if imported.get("path") == target or (imported.get("external") and "*" in imported.get("path", ""))
    ]
    if not asked:
        return ENTRY, target
    importer, imported = asked[0]
    return importer, str(imported.get("original", imported["path"]))


def message_problem(message: Message, files: Collection[str], dependencies: Collection[str]) -> Problem:
    """An error of the bundler in the author's terms. Text about files that are not the project's is dropped:
    it could quote them."""
    file = message.file
    if file is None:
        return Problem("backfill.config.ts", None, say.SYNTAX(text=message.text.replace(PROJECT, "")))
    if not file.startswith(PROJECT) or file.removeprefix(PROJECT) not in files:
        return Problem("backfill.config.ts", None, say.OUTSIDE_INPUTS())
    path = file.removeprefix(PROJECT)
    if found := _COMPUTED.match(message.text):
        return Problem(path, message.line, say.COMPUTED_IMPORT(spec=f"{found[1]}(...)"))
    if found := re.match(r'Could not resolve "(.*)"$', message.text):
        spec = found[1].replace('\\"', '"')
        reason = _why_not(path, spec, files, dependencies) or _not_found(path, spec)
        return Problem(path, message.line, reason)
    return Problem(path, message.line, say.SYNTAX(text=message.text.replace(f'"{PROJECT}', '"')))


def _why_not(path: str, spec: str, files: Collection[str], dependencies: Collection[str]) -> Said | None:
    """Why this import is refused whatever is on disk, or None."""
    if spec.startswith(("/", "\\", "file:")) or re.match(r"[A-Za-z]:[\\/]", spec):
        return _outside(spec)
    if spec.startswith(".") or spec == "":
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), spec))
        if target.startswith("..") or "\\" in spec:
            return _outside(spec)
        return say.UNSUPPORTED_IMPORT(spec=_spec(spec)) if _has_foreign_ending(path, target, files) else None
    if spec.startswith("#"):
        return None
    name = _PACKAGE.match(spec.removeprefix("node:"))
    package = name[1] if name else spec
    shown = _spec(spec)
    if spec.startswith("node:"):
        return say.INSTEAD_OF_MODULE(spec=shown, instead=BUILTINS.get(package, NOTHING))
    if ":" in spec or "\\" in spec:
        return say.UNSUPPORTED_IMPORT(spec=shown)
    if package == SDK:
        return None if spec == SDK else say.SDK_PATH(spec=shown)
    within = "node_modules/" in path
    if package in PACKAGES and not within:
        return say.INSTEAD_OF_MODULE(spec=shown, instead=PACKAGES[package])
    installed = any(one.endswith(f"node_modules/{package}/package.json") for one in files)
    if installed and (package in dependencies or within):
        return None
    if package in BUILTINS:
        return say.INSTEAD_OF_MODULE(spec=shown, instead=BUILTINS[package])
    if package in dependencies:
        return say.NOT_INSTALLED(spec=shown, name=package)
    if spec.startswith(("@/", "~/")):
        return say.TSCONFIG_PATH(spec=shown)
    return say.NOT_A_DEPENDENCY(spec=shown, name=printable(package)[:200])


def _has_foreign_ending(path: str, target: str, files: Collection[str]) -> bool:
    """Does the path end like a file of another kind, with no module behind it?"""
    ending = _ENDING.search(target)
    endings = PACKAGE_ENDINGS if "node_modules/" in path else MODULE_ENDINGS
    if ending is None or ending[0] in endings:
        return False
    return not any(target + suffix in files for suffix in endings)


def _not_found(path: str, spec: str) -> Said:
    if spec.startswith("."):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), spec))
        return say.NOT_FOUND(spec=spec, target=target)
    return say.UNSUPPORTED_IMPORT(spec=_spec(spec))


def _spec(spec: str) -> str:
    return printable(spec)[:200]


def _outside(spec: str) -> Said:
    return say.OUTSIDE(spec=_spec(spec))


def _shown(staged: str) -> str:
    return staged.removeprefix(PROJECT) if staged != ENTRY else "backfill.config.ts"


def _line_of(spec: str, printed: Printed) -> int | None:
    for token in printed.tokens:
        if token.kind == "string" and token.text == spec:
            return printed.line(token.offset)
    return None


def _computed_imports(path: str, printed: Printed) -> Iterator[Problem]:
    tokens = printed.tokens
    for index, token in enumerate(tokens[:-3]):
        before = tokens[index - 1].text if index else ""
        if token.kind != "name" or token.text not in ("import", "require") or before == ".":
            continue
        opening, argument, after = tokens[index + 1 : index + 4]
        called = opening.kind == "punctuation" and opening.text == "("
        literal = argument.kind == "string" and after.kind == "punctuation" and after.text in "),"
        if called and not literal:
            yield Problem(path, printed.line(token.offset), say.COMPUTED_IMPORT(spec=f"{token.text}(...)"))
