"""What a project may import, decided on each script's own list before anything is bundled, and again on what
the bundler says it read.

1. Modules are `.ts`, `.tsx`, `.js` and `.json` files; no other kind, no Node builtin, no URL.
2. Imports are static: no `import()`, no computed `require`.
3. Nothing comes from outside the project: no absolute path, no `../` past its root.
4. A package comes from the production `dependencies` of package.json. `@backfill-io/sdk` is the platform's.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator

from sandbox_host.packages.esbuild import ENTRY, PROJECT, Bundled, Message, Printed
from sandbox_host.packages.problems import Problem, printable
from sandbox_host.packages.project import MODULE_ENDINGS
from sandbox_host.packages.scripts import Token, tokens
from sandbox_host.packages.sdk_names import SDK
from sandbox_host.packages.source_map import SourceMap

SUPPORTED = (
    "supported are .ts, .tsx, .js and .json files of the project, pure JavaScript packages listed in "
    '"dependencies", and @backfill-io/sdk'
)
ONE_FILE = "write a static import of one file"
STATIC = "write a static import; nothing is loaded while code runs"
BUILTINS = frozenset((
    "assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto",
    "dgram", "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https",
    "inspector", "module", "net", "os", "path", "perf_hooks", "process", "punycode", "querystring",
    "readline", "repl", "stream", "string_decoder", "sys", "timers", "tls", "trace_events", "tty",
    "url", "util", "v8", "vm", "wasi", "worker_threads", "zlib",
))  # fmt: skip
"""Modules that Node brings along and a sandbox does not."""
_PACKAGE = re.compile(r"(@[^/]+/[^/]+|[^/@][^/]*)")
_ENDING = re.compile(r"\.[A-Za-z0-9]+$")
_DYNAMIC = "dynamic-import"
_DISABLED = "(disabled):"
"""What the bundler calls a module that a package's `browser` field switches off."""
_COMPUTED = re.compile(r'This (?:call to )?"(require|import)"')


def import_problems(
    path: str, printed: Printed, files: Collection[str], dependencies: Collection[str]
) -> Iterator[Problem]:
    """What is wrong with the imports of one script of the project."""
    script = _Script(path, printed)
    for one in printed.imports:
        reason = _why_not(path, one.spec, files, dependencies)
        if reason is None and one.kind == _DYNAMIC:
            reason = _unsupported(one.spec, STATIC)
        if reason is not None:
            yield Problem(path, script.line_of(one.spec), reason)
    yield from script.computed_imports()


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
                    yield Problem(_shown(importer), None, _unsupported(spec))
                elif "*" in target:
                    yield Problem(_shown(importer), None, _unsupported(spec, STATIC))
            elif target == ENTRY:
                yield Problem(_shown(importer), None, _outside(spec))
            elif imported.get("kind") == _DYNAMIC:
                yield Problem(_shown(importer), None, _unsupported(spec, STATIC))


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
        return Problem("backfill.config.ts", None, message.text.replace(PROJECT, ""))
    if not file.startswith(PROJECT) or file.removeprefix(PROJECT) not in files:
        return Problem(
            "backfill.config.ts", None, "inputs from outside the project were asked for; import less"
        )
    path = file.removeprefix(PROJECT)
    if found := _COMPUTED.match(message.text):
        return Problem(path, message.line, _unsupported(f"{found[1]}(...)", ONE_FILE))
    if found := re.match(r'Could not resolve "(.*)"$', message.text):
        spec = found[1].replace('\\"', '"')
        reason = _why_not(path, spec, files, dependencies) or _not_found(path, spec)
        return Problem(path, message.line, reason)
    return Problem(path, message.line, message.text.replace(f'"{PROJECT}', '"'))


def _why_not(path: str, spec: str, files: Collection[str], dependencies: Collection[str]) -> str | None:
    """Why this import is refused whatever is on disk, or None."""
    if spec.startswith(("/", "\\", "file:")) or re.match(r"[A-Za-z]:[\\/]", spec):
        return _outside(spec)
    if spec.startswith(".") or spec == "":
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), spec))
        if target.startswith("..") or "\\" in spec:
            return _outside(spec)
        return _unsupported(spec) if _has_foreign_ending(target, files) else None
    if spec.startswith("#"):
        return None
    if ":" in spec or "\\" in spec:
        return _unsupported(spec)
    package = _PACKAGE.match(spec)
    name = package[1] if package else spec
    if name == SDK:
        return None if spec == SDK else _unsupported(spec, f'import from "{SDK}" instead')
    installed = any(one.endswith(f"node_modules/{name}/package.json") for one in files)
    if installed and (name in dependencies or "node_modules/" in path):
        return None
    if spec.split("/")[0] in BUILTINS:
        return _unsupported(spec)
    if name in dependencies:
        return _unsupported(spec, f'"{name}" is not installed; run npm install')
    if spec.startswith(("@/", "~/")):
        return _unsupported(spec, 'tsconfig "paths" are not used; write a relative path')
    return _unsupported(spec, f'add "{name}" to "dependencies" in package.json, or write ./ before a file')


def _has_foreign_ending(target: str, files: Collection[str]) -> bool:
    """Does the path end like a file of another kind, with no module behind it?"""
    ending = _ENDING.search(target)
    if ending is None or ending[0] in MODULE_ENDINGS:
        return False
    return not any(target + suffix in files for suffix in MODULE_ENDINGS)


def _not_found(path: str, spec: str) -> str:
    if spec.startswith("."):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), spec))
        return f'cannot find "{spec}" (no module {target} in the project)'
    return _unsupported(spec)


def _unsupported(spec: str, reason: str = SUPPORTED) -> str:
    return f'Unsupported import "{printable(spec)[:200]}" - {reason}'


def _outside(spec: str) -> str:
    return (
        f'import "{printable(spec)[:200]}" asks for inputs from outside the project; '
        "copy the file into the project"
    )


def _shown(staged: str) -> str:
    return staged.removeprefix(PROJECT) if staged != ENTRY else "backfill.config.ts"


class _Script:
    """Where things are in a printed script, in the author's lines."""

    def __init__(self, path: str, printed: Printed) -> None:
        self._path = path
        self._code = printed.code
        self._map = SourceMap(printed.source_map)
        self._tokens = list(tokens(printed.code))

    def line_of(self, spec: str) -> int | None:
        for token in self._tokens:
            if token.kind == "string" and token.text == spec:
                return self._line(token)
        return None

    def computed_imports(self) -> Iterator[Problem]:
        for index, token in enumerate(self._tokens[:-3]):
            before = self._tokens[index - 1].text if index else ""
            if token.kind != "name" or token.text not in ("import", "require") or before == ".":
                continue
            opening, argument, after = self._tokens[index + 1 : index + 4]
            called = opening.kind == "punctuation" and opening.text == "("
            literal = argument.kind == "string" and after.kind == "punctuation" and after.text in "),"
            if called and not literal:
                reason = _unsupported(f"{token.text}(...)", ONE_FILE)
                yield Problem(self._path, self._line(token), reason)

    def _line(self, token: Token) -> int | None:
        before = self._code[: token.offset]
        line = before.count("\n") + 1
        position = self._map.position(line, len(before) - before.rfind("\n"))
        return position.line if position else None
