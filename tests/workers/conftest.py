"""A sandbox of real worker processes, and bundles with one job."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from policies.limits import Limits
from sandbox_host.workers.run import Finished, RunRequest, Serve
from sandbox_host.workers.sandbox import Sandbox

MESSAGE = json.dumps(
    {
        "op": "invoke",
        "kind": "job",
        "file": "src/jobs/x.ts",
        "export": "run",
        "input": None,
        "seed": [1, 2, 3, 4],
    }
).encode()


def answer(message: bytes) -> bytes:
    return b'{"ok":null}'


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(size=10) as made:
        yield made


@pytest.fixture
def run(sandbox: Sandbox) -> Callable[..., Finished]:
    """`run("return 1")` runs a job with that body in a worker of tenant `t`."""

    def go(
        body: str, serve: Serve = answer, owner: str = "t", seconds: float = 30, **limits: Any
    ) -> Finished:
        bundle = f'__backfill_modules({{"src/jobs/x.ts": () => ({{ run: async () => {{ {body} }} }})}});'
        snapshot = sandbox.prepare(bundle.encode()).snapshot
        request = RunRequest(snapshot, MESSAGE, Limits(**limits), time.monotonic() + seconds, time.time_ns, 1)
        return sandbox.run(owner, request, serve)

    return go
