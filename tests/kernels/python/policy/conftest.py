"""Projects run under the language policy, in the kernel; and the same with a hole cut into the policy."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sandbox_host.kernels.engine import cache_folder
from sandbox_host.kernels.instance import Ended
from sandbox_host.kernels.kernel import Budget
from sandbox_host.kernels.python import PythonKernel
from sandbox_host.kernels.python.prelude import prelude
from sandbox_host.kernels.snapshot import Snapshot

MAIN = """
import json
from wit_world import host_call
from .modules import Project

def main(text):
    message = json.loads(text)
    if message["op"] == "invoke":
        answer = run(message)
        host_call('{"capability":"$result","args":' + json.dumps(answer) + "}")
    return "{}" if message["op"] == "describe" else ""

def run(message):
    printed = []
    result = None
    try:
        if "plain" in message:
            space = {"__name__": "plain", "print_to": printed}
            exec(compile(message["plain"], "plain.py", "exec", dont_inherit=True), space)
            result = space.get("r")
        else:
            project = Project(message["files"], printed.append)
            for file in message["load"]:
                result = project.load(file).get("r")
            if message["facts"]:
                result = project.facts(message["load"][-1])
    except BaseException as thrown:
        return {"printed": printed, "error": type(thrown).__name__, "message": str(thrown)}
    try:
        json.dumps(result)
    except (TypeError, ValueError):
        result = "<" + type(result).__name__ + "> " + repr(result)[:20_000]
    return {"printed": printed, "result": result}
"""
"""Instead of the prelude's entry: loads modules, and tells what they printed and what they called `r`."""

FILE = "src/x.py"


def budget(cpu_ms: int = 2000, memory_mb: int = 64) -> Budget:
    deadline = time.monotonic_ns() + 30_000_000_000
    return Budget(cpu_ms * 1_000_000, deadline, memory_mb << 20, 1 << 20, 1 << 20)


@dataclass(frozen=True)
class Answer:
    """What became of a project. error: the name of the exception, or of the limit, that ended it."""

    printed: str = ""
    result: Any = None
    error: str | None = None
    message: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Language:
    """An evaluated prelude, in which each project runs alone."""

    kernel: PythonKernel
    snapshot: Snapshot

    def run(self, code: str | dict[str, str], *load: str, facts: bool = False, cpu_ms: int = 2000) -> Answer:
        """Load modules, by default the only one."""
        files = {FILE: code} if isinstance(code, str) else code
        load = load or tuple(files)[:1]
        return self._invoke({"files": files, "load": load, "facts": facts}, cpu_ms)

    def plainly(self, code: str) -> Answer:
        """Run code that no policy looks at, beside the policy's own modules."""
        return self._invoke({"plain": code}, 2000)

    def _invoke(self, message: dict[str, Any], cpu_ms: int) -> Answer:
        asked: list[dict[str, Any]] = []

        def host(text: bytes) -> tuple[bytes, int]:
            asked.append(json.loads(text))
            return b'{"ok":null}', 1_767_225_600_000_000_000

        text = json.dumps({"op": "invoke", **message}).encode()
        try:
            limits = budget(cpu_ms)
            outcome = self.kernel.run(self.snapshot, text, host, 1_767_225_600_000_000_000, 1, limits)
        except Ended as ended:
            return Answer(error=ended.name, message=str(ended), asked=asked)
        answer = json.loads(outcome.result)
        printed = "".join(line + "\n" for line in answer.pop("printed"))
        return Answer(printed, **answer, asked=asked)


@pytest.fixture(scope="session")
def language_of(kernel: PythonKernel) -> Iterator[Callable[[dict[str, str]], Language]]:
    """Makes a language of the prelude's sources."""
    files: list[int] = []

    def make(sources: dict[str, str]) -> Language:
        text = json.dumps({**sources, "backfill_guest.main": MAIN}).encode()
        image = kernel.evaluate(text, b"{}", 0, budget(10_000))
        fd = os.memfd_create("snapshot")
        files.append(fd)
        os.write(fd, image.memory)
        return Language(kernel, Snapshot(fd, len(image.memory), image.main, image.scratch))

    yield make
    for fd in files:
        os.close(fd)


@pytest.fixture(scope="session")
def sources() -> dict[str, str]:
    """The prelude's modules."""
    return json.loads(prelude(cache_folder()))


@pytest.fixture(scope="session")
def language(language_of: Callable[[dict[str, str]], Language], sources: dict[str, str]) -> Language:
    """The language as it is."""
    return language_of(sources)


@pytest.fixture
def language_with_hole(
    language_of: Callable[[dict[str, str]], Language], sources: dict[str, str]
) -> Callable[..., Language]:
    """`language_with_hole("names", "old", "new")`: the language after an edit of `names.py`; several may follow."""

    def make(*edits: str) -> Language:
        changed = dict(sources)
        for module, old, new in zip(edits[::3], edits[1::3], edits[2::3], strict=True):
            name = f"backfill_guest.{module}"
            assert changed[name].count(old) == 1, f"{module}.py has not one {old!r}"
            changed[name] = changed[name].replace(old, new)
        return language_of(changed)

    return make


@pytest.fixture(scope="session")
def cases() -> list[dict[str, str]]:
    """The rows of the public case file; skips the test where it is not on this machine."""
    corpora = os.environ.get("BACKFILL_CORPORA")
    shared = Path(corpora).parent if corpora else Path(__file__).parents[5] / "shared"
    path = shared / "cases" / "python_escape_and_exhaustion.json"
    if not path.is_file():
        pytest.skip(
            "no python_escape_and_exhaustion.json; set BACKFILL_CORPORA to the corpora beside its folder"
        )
    return json.loads(path.read_text(encoding="utf-8"))
