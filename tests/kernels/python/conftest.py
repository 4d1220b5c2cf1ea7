"""CPython in a kernel of this process, with no language policy at all: what holds here holds by wasm alone."""

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
from sandbox_host.kernels.kernel import Budget, Outcome
from sandbox_host.kernels.python import PythonKernel
from sandbox_host.kernels.snapshot import Snapshot

BARE = """
import gc, json, random
from wit_world import host_call

space = {}

def ask(**call):
    return json.loads(host_call(json.dumps(call)))

def main(text):
    message = json.loads(text)
    if message["op"] == "bundle":
        space["ask"] = ask
        exec(compile(message["bundle"]["code"], "guest.py", "exec"), space)
    if message["op"] == "describe":
        return "{}"
    if message["op"] == "rest":
        gc.collect()
    if message["op"] == "invoke":
        random.seed()
        try:
            result = {"ok": True, "value": space["run"]()}
        except Exception as error:
            result = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        host_call('{"capability":"$result","args":' + json.dumps(result, default=str) + "}")
    return ""
"""
"""A prelude that runs whatever it is given."""


def budget(cpu_ms: int = 2000, wall_ms: int = 30_000, memory_mb: int = 64, size: int = 1 << 20) -> Budget:
    deadline = time.monotonic_ns() + wall_ms * 1_000_000
    return Budget(cpu_ms * 1_000_000, deadline, memory_mb << 20, size, size)


@dataclass
class BareGuest:
    """Evaluated code whose `run()` is called, with an echoing host."""

    kernel: PythonKernel
    snapshot: Snapshot
    asked: list[dict[str, Any]] = field(default_factory=list)
    clock_ns: int = 1_767_225_600_000_000_000

    def answer(self, message: bytes) -> tuple[bytes, int]:
        self.asked.append(json.loads(message))
        self.clock_ns += 5_000_000
        return message, self.clock_ns

    def outcome(self, limits: Budget | None = None, seed: int = 1) -> Outcome:
        return self.kernel.run(
            self.snapshot, b'{"op":"invoke"}', self.answer, self.clock_ns, seed, limits or budget()
        )

    def run(self, limits: Budget | None = None, seed: int = 1) -> Any:
        """What `run()` returned, or the text of what it raised."""
        result = json.loads(self.outcome(limits, seed).result)
        return result["value"] if result["ok"] else result["error"]


@pytest.fixture
def spend() -> Callable[..., Budget]:
    """Makes budgets: `spend(cpu_ms=50)`."""
    return budget


@pytest.fixture(scope="session")
def kernel() -> PythonKernel:
    engine = Engine(cache_folder())
    made = PythonKernel.load(engine, asset("python.wasm"))
    engine.start_ticker()
    return made


@pytest.fixture
def guest(kernel: PythonKernel) -> Iterator[Callable[[str], BareGuest]]:
    """`guest("return 1")` is a guest whose `run()` has that body; `top` stands before it."""
    files: list[int] = []
    prelude = json.dumps({"backfill_guest": "", "backfill_guest.main": BARE}).encode()

    def make(body: str, top: str = "") -> BareGuest:
        lines = "".join(f"\n    {line}" for line in body.splitlines())
        bundle = json.dumps({"code": f"{top}\ndef run():{lines}\n"}).encode()
        image = kernel.evaluate(prelude, bundle, 0, budget())
        fd = os.memfd_create("snapshot")
        files.append(fd)
        os.write(fd, image.memory)
        return BareGuest(kernel, Snapshot(fd, len(image.memory), image.main, image.scratch))

    yield make
    for fd in files:
        os.close(fd)
