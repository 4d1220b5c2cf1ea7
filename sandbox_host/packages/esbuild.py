"""The bundler, confined: what it may see is a staged copy in an empty folder, under fixed names.

    entry.js                                  asks for every module by its path
    project/…                                 the project's modules, and its dependencies
    project/node_modules/@backfill-io/sdk/…   exports that are the platform's globals
    out/…                                     what it writes

Nothing of the machine takes part: no environment, no tsconfig, no plugin, no parent folder.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from policies.messages import Said
from sandbox_host.assets import asset
from sandbox_host.packages import launcher
from sandbox_host.packages.instead import FOREIGN_GLOBALS, FREE
from sandbox_host.packages.launcher import MEMORY_BYTES
from sandbox_host.packages.messages import code as say
from sandbox_host.packages.printed import Import, Printed
from sandbox_host.packages.sdk_names import SDK

PROJECT = "project/"
ENTRY = "entry.js"
WALL_SECONDS = 60
MAX_MESSAGES = 4 << 20
PRINTED_AT_ONCE = 500
"""Scripts that are printed in one run: what it needs of memory grows with the square of their number."""

_FIXED = (
    "--target=es2022", "--platform=browser", "--tsconfig-raw={}", "--preserve-symlinks",
    "--resolve-extensions=.ts,.tsx,.js,.json", "--define:process.env.NODE_ENV=\"production\"",
    "--legal-comments=none", "--sourcemap=external", "--sources-content=false", "--metafile=out/meta.json",
    "--log-limit=0", "--color=false", "--log-level=info",
)  # fmt: skip
_PRINT = (
    "--minify-syntax", "--outdir=out", *(f"--define:{name}={FREE}{name}" for name in sorted(FOREIGN_GLOBALS)),
)  # fmt: skip
_BUNDLE = (
    "--bundle", "--format=iife", "--outfile=out/bundle.js",
    "--log-override:unsupported-require-call=error", "--log-override:unsupported-dynamic-import=error",
)  # fmt: skip

_ERROR = re.compile(r"^✘ \[ERROR\] (.*?)(?: \[[a-z-]+\])?$")
_PLACE = re.compile(r"^ {2,4}(\S.*):(\d+):(\d+):$")


class BundlerFailed(Exception):
    """The bundler ended without an answer. said: what to tell the author."""

    def __init__(self, said: Said) -> None:
        super().__init__(said)
        self.said = said


@dataclass(frozen=True, slots=True)
class Message:
    """An error of the bundler. `file` is as it is staged; None where the error has no place."""

    text: str
    file: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Bundled:
    """All modules as one script. `inputs` is the bundler's own account of what went into it."""

    code: bytes
    source_map: bytes
    inputs: Mapping[str, Any]
    sizes: Mapping[str, int]
    """Bytes of the bundle that each input became."""
    left_out: frozenset[str] = frozenset()
    """Imports that the bundle would still ask for when it runs."""


def print_scripts(files: Mapping[str, bytes]) -> tuple[dict[str, Printed], list[Message]]:
    """Print each script on its own, by path, and the syntax errors of those that cannot be."""
    printed: dict[str, Printed] = {}
    messages: list[Message] = []
    paths = sorted(files)
    for start in range(0, len(paths), PRINTED_AT_ONCE):
        some = paths[start : start + PRINTED_AT_ONCE]
        done, found = _print({path: files[path] for path in some})
        printed |= done
        messages += found
    return printed, messages


def _print(files: Mapping[str, bytes]) -> tuple[dict[str, Printed], list[Message]]:
    broken: dict[str, Message] = {}
    messages: list[Message] = []
    while True:
        paths = [path for path in files if PROJECT + path not in broken]
        if not paths:
            return {}, messages
        with _stage({PROJECT + path: files[path] for path in paths}) as folder:
            names = [f"{index}={PROJECT}{path}" for index, path in enumerate(paths)]
            found = _run(folder, [*names, *_PRINT, *_FIXED])
            if not found:
                return _read_printed(folder, paths), messages
        messages += found
        fresh = {message.file: message for message in found if message.file and message.file not in broken}
        if not fresh:
            raise BundlerFailed(say.SYNTAX(text=found[0].text))
        broken |= fresh


def bundle(
    files: Mapping[str, bytes], modules: Sequence[str], sdk: Mapping[str, bytes]
) -> tuple[Bundled | None, list[Message]]:
    """Bundle `modules` (paths of `files`) with everything that they import, in this order."""
    loaders = [
        f"  {json.dumps(path)}: () => require({json.dumps('./' + PROJECT + path)})," for path in modules
    ]
    staged = {PROJECT + path: data for path, data in files.items()}
    staged |= {f"{PROJECT}node_modules/{SDK}/{name}": data for name, data in sdk.items()}
    staged[ENTRY] = "\n".join(["__backfill_modules({", *loaders, "});", ""]).encode()
    staged["package.json"] = b"{}\n"
    staged.setdefault(PROJECT + "package.json", b"{}\n")
    with _stage(staged) as folder:
        messages = _run(folder, [ENTRY, *_BUNDLE, *_FIXED])
        if messages:
            return None, messages
        meta = _read_meta(folder)
        code = (folder / "out" / "bundle.js").read_bytes()
        source_map = (folder / "out" / "bundle.js.map").read_bytes()
    output = meta["outputs"]["out/bundle.js"]
    sizes = {path: cast("int", one["bytesInOutput"]) for path, one in output["inputs"].items()}
    left_out = frozenset(one["path"] for one in output["imports"])
    return Bundled(code, _without_staging(source_map, staged), meta["inputs"], sizes, left_out), []


@contextmanager
def _stage(files: Mapping[str, bytes]):
    with tempfile.TemporaryDirectory(prefix="backfill-build-") as name:
        folder = Path(name).resolve()
        (folder / "out").mkdir()
        made: set[Path] = set()
        for path, data in files.items():
            target = folder / path
            if target.parent not in made:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.add(target.parent)
            target.write_bytes(data)
        yield folder


def _run(folder: Path, arguments: Sequence[str]) -> list[Message]:
    """Run the bundler in a staged folder; its errors, none if it succeeded. Raises BundlerFailed."""
    command = [sys.executable, "-I", "-S", launcher.__file__, str(folder), str(asset("esbuild")), *arguments]
    log = folder / "out" / "log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, cwd=folder, env={},
            start_new_session=True,
        )  # fmt: skip
        try:
            if not _has_ended(process, WALL_SECONDS):
                raise BundlerFailed(say.BUNDLER_SLOW(seconds=WALL_SECONDS))
            status = process.wait()
        finally:
            _end(process)
    with log.open("rb") as stream:
        text = stream.read(MAX_MESSAGES).decode("utf-8", "replace")
    if status == 0:
        return []
    messages = read_messages(text)
    if status != 1 or not messages:
        if "out of memory" in text or "cannot allocate memory" in text:
            raise BundlerFailed(say.BUNDLER_MEMORY(limit=MEMORY_BYTES >> 30))
        said = text.strip().splitlines()[:1]
        reason = said[0][:200] if said else f"signal {-status}" if status < 0 else f"status {status}"
        raise BundlerFailed(say.BUNDLER_STOPPED(reason=reason))
    return messages


def _has_ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for the bundler's end. `Popen.wait` with a timeout looks again every 50 ms, which is half a build."""
    handle = os.pidfd_open(process.pid)
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the bundler and whatever it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def read_messages(text: str) -> list[Message]:
    """The errors in the bundler's log. An error without a place is kept only if no other has one."""
    messages: list[Message] = []
    for line in text.splitlines():
        if error := _ERROR.match(line):
            messages.append(Message(error[1], None, None))
        elif messages and (place := _PLACE.match(line)) and messages[-1].file in (None, ENTRY):
            messages[-1] = Message(messages[-1].text, place[1], int(place[2]))
    return [message for message in messages if message.file] or messages


def _read_printed(folder: Path, paths: Sequence[str]) -> dict[str, Printed]:
    outputs = _read_meta(folder)["outputs"]
    printed: dict[str, Printed] = {}
    for index, path in enumerate(paths):
        name = f"out/{index}.js"
        imports = tuple(Import(one["path"], one["kind"]) for one in outputs[name]["imports"])
        code = (folder / name).read_text(encoding="utf-8")
        printed[path] = Printed(code, (folder / f"{name}.map").read_bytes(), imports)
    return printed


def _read_meta(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "out" / "meta.json").read_bytes())


def _without_staging(source_map: bytes, staged: Collection[str]) -> bytes:
    """The source map with the project's own paths, in a fixed form.

    Only files of the project have names: what we added has none, and neither has what a map inside one of the
    files claims to come from.
    """
    document = json.loads(source_map)
    sources = [posixpath.normpath(posixpath.join("out", source)) for source in document["sources"]]
    document["sources"] = [
        source.removeprefix(PROJECT) if source in staged and _is_the_projects(source) else ""
        for source in sources
    ]
    kept = {key: document[key] for key in ("version", "sources", "names", "mappings")}
    return json.dumps(kept, separators=(",", ":"), ensure_ascii=True).encode()


def _is_the_projects(staged: str) -> bool:
    return staged.startswith(PROJECT) and not staged.startswith(f"{PROJECT}node_modules/{SDK}/")
