"""The prelude in the engine that runs it, with a host of the test's own behind the one door."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import guest_sdk
from sandbox_host.assets import asset
from sandbox_host.kernels.engine import Engine, cache_folder
from sandbox_host.kernels.javascript import JavaScriptKernel
from sandbox_host.kernels.kernel import Budget, Image
from sandbox_host.kernels.prelude import prelude
from sandbox_host.kernels.snapshot import Snapshot
from sandbox_host.templates.editor_types import sdk_files

Answer = Callable[[dict[str, Any]], dict[str, Any]]
FILE = "src/api/x.ts"


def budget() -> Budget:
    return Budget(2_000_000_000, time.monotonic_ns() + 30_000_000_000, 64 << 20, 1 << 20, 1 << 20)


def ok(_call: dict[str, Any]) -> dict[str, Any]:
    return {"ok": None}


@dataclass
class Guest:
    """Evaluated modules. `invoke` runs one export; `asked` is every host call as the host read it."""

    kernel: JavaScriptKernel
    image: Image
    snapshot: Snapshot
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def facts(self) -> dict[str, Any]:
        return json.loads(self.image.description)

    def invoke(
        self,
        export: str = "POST",
        kind: str = "route",
        request: dict[str, Any] | None = None,
        answer: Answer = ok,
        seed: int = 1,
        file: str = FILE,
    ) -> dict[str, Any]:
        """The result as the prelude reports it: `{ok, value}` or `{ok, error}`."""
        whole: dict[str, Any] = {
            "method": "POST", "searchParams": {}, "params": {}, "body": None, "rawBody": "", "headers": {},
            "context": {"tenant": {"id": "t"}, "extension": {"key": "x"}},
        }  # fmt: skip
        given = whole | (request or {}) if kind == "route" else request
        message = {"op": "invoke", "kind": kind, "file": file, "export": export, "input": given}
        text = json.dumps({**message, "seed": [seed, 2, 3, 4]}).encode()

        def host(call: bytes) -> tuple[bytes, int]:
            asked = json.loads(call)
            self.asked.append(asked)
            return json.dumps(answer(asked)).encode(), 0

        return json.loads(self.kernel.run(self.snapshot, text, host, 0, seed, budget()).result)

    def body(self, **options: Any) -> Any:
        """What a handler returned; fails where it threw."""
        result = self.invoke(**options)
        assert result["ok"], result
        return result["value"]["body"]

    def error(self, **options: Any) -> dict[str, Any]:
        """What a handler threw; fails where it returned."""
        result = self.invoke(**options)
        assert not result["ok"], result
        return result["error"]


@pytest.fixture(scope="session")
def kernel() -> JavaScriptKernel:
    engine = Engine(cache_folder())
    made = JavaScriptKernel.load(engine, asset("quickjs.wasm"))
    engine.start_ticker()
    return made


@pytest.fixture
def modules(kernel: JavaScriptKernel) -> Iterator[Callable[..., Guest]]:
    """`modules({"src/a.ts": "({ POST: … })"})`: each value is the expression of one module's exports."""
    files: list[int] = []

    def make(sources: dict[str, str], script: bytes | None = None) -> Guest:
        loaders = ",".join(f"{json.dumps(file)}: () => {source}" for file, source in sources.items())
        bundle = f"__backfill_modules({{{loaders}}});".encode()
        image = kernel.evaluate(script or prelude(cache_folder()), bundle, 0, budget())
        fd = os.memfd_create("snapshot")
        files.append(fd)
        os.write(fd, image.memory)
        return Guest(kernel, image, Snapshot(fd, len(image.memory), image.main, image.scratch))

    yield make
    for fd in files:
        os.close(fd)


@pytest.fixture
def guest(modules: Callable[..., Guest]) -> Callable[..., Guest]:
    """`guest("return 1")`: a route whose handler has that body; `top` runs before it, in the same module."""

    def make(body: str, top: str = "", script: bytes | None = None) -> Guest:
        return modules(
            {FILE: f"{{ {top}; return {{ POST: api(async (request) => {{ {body} }}) }} }}"}, script
        )

    return make


@pytest.fixture(scope="session")
def sdk() -> Path:
    """The npm package's sources."""
    return Path(guest_sdk.__file__).resolve().parent / "javascript"


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The npm package as a project has it: whole, with the types of records."""
    folder = tmp_path_factory.mktemp("sdk")
    for name, data in sdk_files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="session")
def names(sdk: Path) -> dict[str, list[str]]:
    return json.loads((sdk / "names.json").read_text(encoding="utf-8"))
