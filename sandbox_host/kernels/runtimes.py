"""What a version's code can run on, and the parts of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from policies.limits import Limits
from sandbox_host.assets import asset
from sandbox_host.kernels import prelude as javascript_prelude
from sandbox_host.kernels.engine import Engine
from sandbox_host.kernels.javascript import JavaScriptKernel
from sandbox_host.kernels.kernel import Kernel
from sandbox_host.kernels.python import PythonKernel
from sandbox_host.kernels.python import prelude as python_prelude

Runtime: TypeAlias = Literal["javascript", "python"]


@dataclass(frozen=True, slots=True)
class Parts:
    """wasm: the engine's asset. prelude: makes the script that is evaluated before every bundle, given the cache
    folder. load: the kernel for an engine. evaluation_cpu_ms, description_bytes: what the evaluation of a
    bundle may take in any case, once per version: where it compiles the sources, that is more than runs get."""

    wasm: str
    prelude: Callable[[Path], bytes]
    load: Callable[[Engine, Path], Kernel]
    evaluation_cpu_ms: int = 0
    description_bytes: int = 0


_PARTS: dict[Runtime, Parts] = {
    "javascript": Parts("quickjs.wasm", javascript_prelude.prelude, JavaScriptKernel.load),
    "python": Parts("python.wasm", python_prelude.prelude, PythonKernel.load, 5_000, 6 << 20),
}


def load_kernel(runtime: Runtime, engine: Engine) -> Kernel:
    """The runtime's kernel, compiled or taken from the cache."""
    parts = _PARTS[runtime]
    return parts.load(engine, asset(parts.wasm))


def prelude_of(runtime: Runtime, cache: Path) -> bytes:
    """What is evaluated before every bundle of this runtime. cache: a folder that only we write."""
    return _PARTS[runtime].prelude(cache)


def evaluation_limits(runtime: Runtime, limits: Limits) -> Limits:
    """What a version may use while it is evaluated. limits: what its runs may use."""
    parts = _PARTS[runtime]
    return replace(
        limits,
        cpu_ms=max(limits.cpu_ms, parts.evaluation_cpu_ms),
        result_bytes=max(limits.result_bytes, parts.description_bytes),
    )


def wasm_of(runtime: Runtime) -> bytes:
    """The engine's own bytes, which are part of a snapshot's key."""
    return asset(_PARTS[runtime].wasm).read_bytes()


def known(name: str) -> Runtime:
    """The runtime of this name. Raises ValueError."""
    for runtime in _PARTS:
        if runtime == name:
            return runtime
    raise ValueError(f'there is no runtime "{name}"')
