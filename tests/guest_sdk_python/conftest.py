"""The Python SDK in this process, with a host of the test's own behind the one door; the JavaScript prelude in its
engine beside it, for what must be the same in both languages."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import guest_sdk
from guest_sdk._runtime import declared, door, errors, host
from guest_sdk._runtime.invoke import invoke
from sandbox_host.assets import asset
from sandbox_host.kernels.engine import Engine, cache_folder
from sandbox_host.kernels.python import PythonKernel
from sandbox_host.kernels.python.prelude import prelude as python_prelude
from sandbox_host.kernels.snapshot import Snapshot

FILE = "src/api/x.py"
Answer = Callable[[dict[str, Any]], dict[str, Any]]
TESTS = Path(__file__).parents[1]


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_javascript = _load("javascript_guest", TESTS / "guest_sdk" / "conftest.py")
kernel = _javascript.kernel
modules = _javascript.modules
javascript = _javascript.guest
names = _javascript.names
sdk = _javascript.sdk


@dataclass
class Guest:
    """One module with handlers. `invoke` runs one of them; `asked` is every host call as the host read it."""

    namespace: dict[str, Any]
    asked: list[dict[str, Any]] = field(default_factory=list)

    def invoke(
        self,
        export: str = "POST",
        kind: str = "route",
        request: dict[str, Any] | None = None,
        answer: Answer = lambda _call: {"ok": None},
    ) -> dict[str, Any]:
        """The result as the runtime reports it: `{ok, value}` or `{ok, error}`."""
        whole: dict[str, Any] = {
            "method": "POST", "path": "/x", "searchParams": {}, "params": {}, "body": None, "rawBody": "",
            "headers": {}, "context": {"tenant": {"id": "t"}, "extension": {"key": "x"}, "connection": None},
        }  # fmt: skip
        given = whole | (request or {}) if kind == "route" else request

        def call(text: str) -> str:
            asked = json.loads(text)
            self.asked.append(asked)
            return json.dumps(answer(asked))

        door.connect(call)
        message: Any = {"kind": kind, "file": FILE, "export": export, "input": given}
        return json.loads(invoke(message, lambda _file, name: self.namespace.get(name)))

    def body(self, **options: Any) -> Any:
        """What a handler returned; fails where it raised."""
        result = self.invoke(**options)
        assert result["ok"], result
        return result["value"]["body"]

    def error(self, **options: Any) -> dict[str, Any]:
        """What a handler raised; fails where it returned."""
        result = self.invoke(**options)
        assert not result["ok"], result
        return result["error"]


@pytest.fixture
def python() -> Callable[..., Guest]:
    """`python("return 1")`: a route whose handler has that body; `top` runs before it, in the same module."""

    def make(body: str, top: str = "", arguments: str = "request") -> Guest:
        source = f"{textwrap.dedent(top)}\ndef POST({arguments}):\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"
        namespace = {name: getattr(guest_sdk, name) for name in guest_sdk.__all__}
        host.enter("loading")
        exec(compile(source, FILE, "exec"), namespace)
        return Guest(namespace)

    return make


@dataclass
class WasmGuest(_javascript.Guest):
    """The same, evaluated by the Python kernel. `facts` is what the build learns of its modules."""

    def invoke(self, *args: Any, file: str = FILE, **options: Any) -> dict[str, Any]:
        return super().invoke(*args, file=file, **options)


@pytest.fixture(scope="session")
def python_kernel() -> PythonKernel:
    engine = Engine(cache_folder())
    made = PythonKernel.load(engine, asset("python.wasm"))
    engine.start_ticker()
    return made


@pytest.fixture
def wasm(python_kernel: PythonKernel) -> Iterator[Callable[..., WasmGuest]]:
    """`wasm({"src/api/x.py": "…"})`: a project in the kernel that runs it; `prelude` replaces the runtime's."""
    files: list[int] = []

    def make(
        sources: dict[str, str], order: list[str] | None = None, prelude: bytes | None = None
    ) -> WasmGuest:
        dedented = {file: textwrap.dedent(source) for file, source in sources.items()}
        bundle = json.dumps({"files": dedented, "modules": order or sorted(sources)}).encode()
        image = python_kernel.evaluate(
            prelude or python_prelude(cache_folder()), bundle, 0, _javascript.budget()
        )
        fd = os.memfd_create("snapshot")
        files.append(fd)
        os.write(fd, image.memory)
        return WasmGuest(python_kernel, image, Snapshot(fd, len(image.memory), image.main, image.scratch))

    yield make
    for fd in files:
        os.close(fd)


@pytest.fixture(scope="session")
def calls() -> list[dict[str, str]]:
    """Every host call, as it is written in both languages, and what is asked for by it."""
    return json.loads((Path(__file__).parent / "calls.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def clean_runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The runtime keeps what it needs in its modules: one guest is in an instance, and many tests in a process."""
    monkeypatch.setattr(declared, "_declarations", [])
    errors.connect(lambda file: file if file.startswith("src/") or file == "backfill.config.py" else None)
    yield
    door.connect(None)
    host.enter("loading")
