"""What is measured: one built version, run in the kernel alone, in a worker, and through the whole host."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import connector
import provider
from measuring import Act

from policies.audit import CallOutcome, RunIdentity
from policies.limits import Limits
from sandbox_host.installs import ensure_connection, ensure_install
from sandbox_host.invocation import Host, Invocation
from sandbox_host.kernels.kernel import Budget, Kernel, Outcome
from sandbox_host.kernels.snapshot import Snapshot
from sandbox_host.packages import Package, build
from sandbox_host.records.origin import Origin
from sandbox_host.report import RunReport
from sandbox_host.state import State
from sandbox_host.triggers.routes import Caller, Request, route_trigger
from sandbox_host.version import Version
from sandbox_host.workers.evaluate import evaluator
from sandbox_host.workers.run import Finished, RunRequest, Serve
from sandbox_host.workers.sandbox import Sandbox

TENANT = "benchmark"
LIMITS = Limits(http_requests=1000)
SEED = 0x0123_4567_89AB_CDEF


Write = Callable[[Path, int], Path]
"""Writes a project of so many functions to a folder, and returns the folder."""


def build_package(
    folder: Path, sandbox: Sandbox, functions: int, write: Write = connector.write_project
) -> Package:
    """Build the generated project with the product's own build, with room for large bundles."""
    return build(write(folder, functions), evaluator(sandbox), max_bytes=20 << 20)


class NoAudit:
    """Keeps no records. It stands here, and not in the product, because every run is audited there."""

    def begin(self, run: RunIdentity) -> NoAudit:
        return self

    def decision(self, *_: object, durable: bool) -> None:
        return

    def end(self, outcome: str, calls: Sequence[CallOutcome], unit: Mapping[str, Any] | None) -> None:
        return


@dataclass(frozen=True, slots=True)
class Subject:
    """One version and everything that runs it. in_this_process: its snapshot, as this process's kernel takes it."""

    version: Version
    in_this_process: Snapshot
    sandbox: Sandbox
    kernel: Kernel
    host: Host
    unaudited: Host
    origin: Origin

    @classmethod
    def load(cls, package: Package, sandbox: Sandbox, kernel: Kernel, state: State) -> Subject:
        """A version of the package, in an install and a connection of the state folder."""
        now = datetime.now(UTC)
        manifest = package.manifest
        install = ensure_install(state.db, TENANT, manifest.key, publisher=TENANT, now=now)
        connection = ensure_connection(state.db, TENANT, install.id, "default", now=now)
        origin = Origin(
            tenant=TENANT,
            install=install.id,
            connection=connection.id,
            source_system=manifest.provider or manifest.key,
            extension=manifest.key,
            actor="schedule",
        )
        state.vault.set(origin, "api_key", provider.SECRET)
        host = Host(sandbox, state.db, state.vault, state.audit, connector.Provider())
        unaudited = dataclasses.replace(host, audit=NoAudit())
        version = Version.load(sandbox, package)
        file = version.snapshot
        snapshot = Snapshot(file.fd, file.size, file.main, file.scratch)
        return cls(version, snapshot, sandbox, kernel, host, unaudited, origin)

    def in_kernel(self, run: int) -> Callable[[], Outcome]:
        """One page in the kernel of this process, host calls answered on the spot."""
        message = self._message(run)
        snapshot = self.in_this_process
        budget = kernel_budget()

        def host(asked: bytes) -> tuple[bytes, int]:
            return provider.answer(asked), time.time_ns()

        def act() -> Outcome:
            outcome = self.kernel.run(snapshot, message, host, time.time_ns(), SEED, budget)
            _check(outcome.result)
            return outcome

        return act

    def loaded_ahead(self, run: int) -> Callable[[], Outcome]:
        """The same with an instance that was made ready before, as a worker does between two runs."""
        act = self.in_kernel(run)
        self.kernel.get_ready(self.in_this_process, kernel_budget().memory_bytes)
        return act

    def in_worker(self, run: int, serve: Serve = provider.answer) -> Callable[[], Finished]:
        """One page in a worker, host calls answered on the spot on the host's side."""
        message = self._message(run)

        def act() -> Finished:
            deadline = time.monotonic() + LIMITS.wall_ms / 1000
            request = RunRequest(self.version.snapshot, message, LIMITS, deadline, time.time_ns, SEED)
            finished = self.sandbox.run(TENANT, request, serve)
            _check(finished.result)
            return finished

        return act

    def through_host(self, run: int) -> Act:
        """One page from its request to its report: worker, broker, audit, unit of work, commit."""
        return self._run(self.host, "/sync/customers", connector.page_body(run))

    def without_audit(self, run: int) -> Act:
        """The same with an audit that keeps nothing."""
        return self._run(self.unaudited, "/sync/customers", connector.page_body(run))

    def calls(self, call: str, count: int) -> Act:
        """A run that makes one host call so often."""
        return self._run(self.host, "/calls", connector.calls_body(call, count))

    def _run(self, host: Host, path: str, body: bytes) -> Act:
        def act() -> RunReport:
            run = str(uuid4())
            caller = Caller(TENANT, self.origin.extension, self.origin.connection, run)
            trigger = route_trigger(self.version.package, Request("POST", path, body=body), caller)
            report = host.run(
                Invocation(
                    version=self.version,
                    trigger=trigger,
                    origin=self.origin,
                    run=run,
                    limits=LIMITS,
                    settings=connector.SETTINGS,
                )
            )
            if report.error is not None or report.response is None or report.response.status != 200:
                raise RuntimeError(f"the measured run failed: {report.error or report.response}")
            return report

        return act

    def customers(self, run: int) -> dict[str, Any]:
        """What the handler answers to run number `run`, its own part of the response."""
        return json.loads(self.in_kernel(run)().result)["value"]["body"]

    def _message(self, run: int) -> bytes:
        file = f"{connector.CUSTOMERS}{self.version.package.language.ending}"
        return invoke_message(file, connector.page_body(run), run)


def _check(result: bytes | None) -> None:
    if result is None or not result.startswith(b'{"ok":true,"value":{"status":200'):
        raise RuntimeError(f"the measured run failed: {result!r}")


def kernel_budget(limits: Limits = LIMITS) -> Budget:
    """The limits as a kernel takes them, for a run that starts now."""
    return Budget(
        limits.cpu_ms * 1_000_000,
        time.monotonic_ns() + limits.wall_ms * 1_000_000,
        limits.memory_mb << 20,
        limits.call_bytes,
        limits.result_bytes,
    )


def invoke_message(file: str, body: bytes, run: int) -> bytes:
    """What a kernel is handed to call a file's `POST` with a JSON body."""
    request: dict[str, Any] = {
        "method": "POST",
        "path": "/sync/customers",
        "searchParams": {},
        "params": {},
        "headers": {},
        "body": json.loads(body),
        "rawBody": body.decode(),
        "context": {"tenant": {"id": TENANT}, "extension": {"key": "benchmark"}, "connection": {"id": "c"}},
    }
    message = {"op": "invoke", "kind": "route", "file": file, "export": "POST", "input": request}
    return json.dumps({**message, "seed": [run, 2, 3, 4]}).encode()
