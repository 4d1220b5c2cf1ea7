"""Runs below the command: projects built and run in real workers, behind the real broker, with an egress of the
test's own."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox_host.cli.inputs import Entry
from sandbox_host.cli.local import Ask, LocalProject
from sandbox_host.egress import Egress, StubEgress
from sandbox_host.packages import build
from sandbox_host.report import RunReport
from sandbox_host.state import State
from sandbox_host.workers.evaluate import evaluator
from sandbox_host.workers.sandbox import Sandbox

Run = Callable[..., RunReport]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(4) as made:
        yield made


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.open(tmp_path / "state") as opened:
        yield opened


@pytest.fixture
def connector(sandbox: Sandbox, state: State, tmp_path: Path) -> Callable[..., Run]:
    """`connector({"add": "…"}, egress, permissions={…})`: `run("add", body)` runs the route with that handler."""
    made = 0

    def make(routes: dict[str, str], egress: Egress | None = None, **manifest: Any) -> Run:
        nonlocal made
        made += 1
        root = tmp_path / f"project{made}"
        whole = {"key": "acme", "name": "Acme", "provider": "acme", "version": "1.0.0", **manifest}
        files = {f"src/api/{name}.ts": route(body) for name, body in routes.items()}
        sdk = 'import { defineConnector } from "@backfill-io/sdk";\n'
        files["backfill.config.ts"] = f"{sdk}export default defineConnector({json.dumps(whole)});\n"
        for name, source in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(source)
        project = LocalProject(build(root, evaluator(sandbox)), state, sandbox, egress or StubEgress([]))

        def run(name: str, body: Any = None, **ask: Any) -> RunReport:
            entry = Entry("route", "POST", f"/{name}")
            return project.run(Ask(entry=entry, body=json.dumps(body).encode(), **ask))

        return run

    return make


def route(body: str) -> str:
    return f"export const POST = api(async (request: any) => {{\n{body}\n}});\n"


class Listener:
    """Takes connections and hangs up; `connections` says how many there were."""

    def __init__(self, address: str) -> None:
        self.connections = 0
        self._socket = socket.create_server((address, 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            accepted.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener("127.0.0.2")
    yield listening
    listening.close()
