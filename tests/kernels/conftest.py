"""A kernel in this process, and a way to run one handler's body in it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox_host.assets import asset
from sandbox_host.kernels.engine import Engine, cache_folder
from sandbox_host.kernels.javascript import JavaScriptKernel
from sandbox_host.kernels.kernel import Budget, Outcome
from sandbox_host.kernels.prelude import prelude
from sandbox_host.kernels.snapshot import Snapshot

SEED = [1, 2, 3, 4]


def budget(cpu_ms: int = 1000, wall_ms: int = 30_000, memory_mb: int = 64, size: int = 1 << 20) -> Budget:
    deadline = time.monotonic_ns() + wall_ms * 1_000_000
    return Budget(cpu_ms * 1_000_000, deadline, memory_mb << 20, size, size)


@dataclass
class Guest:
    """One bundle, evaluated, with an echoing host."""

    kernel: JavaScriptKernel
    snapshot: Snapshot
    asked: list[dict[str, Any]] = field(default_factory=list)
    clock_ns: int = 1_000_000_000

    def answer(self, message: bytes) -> tuple[bytes, int]:
        self.asked.append(json.loads(message))
        self.clock_ns += 5_000_000
        return b'{"ok":{"status":200,"headers":{},"body":{},"ok":true}}', self.clock_ns

    def outcome(self, limits: Budget | None = None, seed: int = 1) -> Outcome:
        message = {"op": "invoke", "kind": "job", "file": "src/jobs/x.ts", "export": "run", "input": None}
        text = json.dumps({**message, "seed": [seed, 2, 3, 4]}).encode()
        return self.kernel.run(self.snapshot, text, self.answer, self.clock_ns, seed, limits or budget())

    def run(self, limits: Budget | None = None, seed: int = 1) -> dict[str, Any]:
        return json.loads(self.outcome(limits, seed).result)

    def value(self) -> Any:
        result = self.run()
        assert result["ok"], result
        return result["value"]["body"]


@pytest.fixture
def spend() -> Callable[..., Budget]:
    """Makes budgets: `spend(cpu_ms=50)`."""
    return budget


@pytest.fixture(scope="session")
def kernel() -> JavaScriptKernel:
    engine = Engine(cache_folder())
    made = JavaScriptKernel.load(engine, asset("quickjs.wasm"))
    engine.start_ticker()
    return made


@pytest.fixture
def guest(kernel: JavaScriptKernel) -> Iterator[Callable[[str], Guest]]:
    """`guest("return 1")` is a guest whose job has that body."""
    files: list[int] = []

    def make(body: str, top: str = "") -> Guest:
        script = (
            f'{top}\n__backfill_modules({{"src/jobs/x.ts": () => ({{ run: async () => {{ {body} }} }})}});'
        )
        image = kernel.evaluate(prelude(cache_folder()), script.encode(), 0, budget())
        fd = os.memfd_create("snapshot")
        files.append(fd)
        os.write(fd, image.memory)
        return Guest(kernel, Snapshot(fd, len(image.memory), image.main, image.scratch))

    yield make
    for fd in files:
        os.close(fd)
