"""Projects with hooks and jobs, built and run in real workers behind the real broker."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sandbox_host.cli.inputs import Entry
from sandbox_host.cli.local import Ask, LocalProject
from sandbox_host.egress import Egress, StubEgress
from sandbox_host.hooks.installed import Installed
from sandbox_host.invocation import Host, Invocation
from sandbox_host.packages import build
from sandbox_host.report import RunReport
from sandbox_host.state import State
from sandbox_host.workers.evaluate import evaluator
from sandbox_host.workers.sandbox import Sandbox

ENTITIES = {
    "Customer": ["read", "write"],
    "Invoice": ["read", "write"],
    "Item": ["read", "write"],
}


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(4) as made:
        yield made


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.open(tmp_path / "state") as opened:
        yield opened


def route(body: str) -> str:
    return f"export const POST = api(async (request: any) => {{\n{body}\n}});\n"


def hook(body: str) -> str:
    return f"export default async (ctx: any) => {{\n{body}\n}};\n"


@dataclass
class Project:
    """A project on a state folder. Each way to run it answers the report."""

    local: LocalProject
    state: State

    def route(self, name: str = "run", body: Any = None, **ask: Any) -> RunReport:
        entry = Entry("route", "POST", f"/{name}")
        return self.local.run(Ask(entry=entry, body=json.dumps(body).encode(), **ask))

    def job(self, name: str = "nightly", **ask: Any) -> RunReport:
        return self.local.run(Ask(entry=Entry("job", name, ""), **ask))

    def save(self, hook: str, entity: Any, previous: Any = None, **ask: Any) -> RunReport:
        """`save("Invoice:before_save", {…})`: the whole write around the hook."""
        name, _, event = hook.partition(":")
        entry = Entry("hook", name, event)
        whole: dict[str, Any] = {"save": True, **ask}
        return self.local.run(Ask(entry=entry, entity=entity, previous=previous, **whole))

    @property
    def install(self) -> Installed:
        """Its install, made if there is none yet, as another one's run finds it: without a connection."""
        origin = self.local._origin(Ask(entry=Entry("hook", "", "")))
        return Installed(version=self.local._version, origin=origin, settings=self.local._version.defaults)

    def all(self, entity: str) -> list[dict[str, Any]]:
        """What is stored, oldest first."""
        return answer(self.route("all", entity))


def answer(report: RunReport) -> Any:
    """What the handler returned; fails where it did not."""
    assert report.response is not None, report.error
    return report.response.body


Make = Callable[..., Project]


@pytest.fixture
def project(sandbox: Sandbox, state: State, tmp_path: Path) -> Make:
    """`project({"run": "…"}, hooks={"invoice/before-save": "…"}, jobs={"nightly": "…"})`: bodies of handlers;
    fields: whole files under `src`. There is always a route `all` that answers every record of an entity."""
    made = 0

    def make(
        routes: Mapping[str, str] | None = None,
        hooks: Mapping[str, str] | None = None,
        jobs: Mapping[str, str] | None = None,
        *,
        fields: Mapping[str, str] | None = None,
        egress: Egress | None = None,
        sandbox: Sandbox = sandbox,
        connector: bool = False,
        **manifest: Any,
    ) -> Project:
        nonlocal made
        made += 1
        root = tmp_path / f"project{made}"
        permissions = {"entities": ENTITIES} | manifest.pop("permissions", {})
        whole = {"key": "acme", "name": "Acme", "version": "1.0.0", "permissions": permissions, **manifest}
        if connector:
            whole["provider"] = "acme"
        every = {
            "all": 'return Entity.query(request.body, { orderBy: [{ field: "_created_at", direction: "asc" }] });'
        }
        files = {f"src/api/{name}.ts": route(body) for name, body in {**every, **(routes or {})}.items()}
        files |= {f"src/hooks/{name}.ts": hook(body) for name, body in (hooks or {}).items()}
        files |= {f"src/jobs/{name}.ts": text for name, text in (jobs or {}).items()}
        files |= {f"src/{name}.ts": text for name, text in (fields or {}).items()}
        define = "defineConnector" if connector else "defineExtension"
        sdk = f'import {{ {define} }} from "@backfill-io/sdk";\n'
        files["backfill.config.ts"] = f"{sdk}export default {define}({json.dumps(whole)});\n"
        for name, source in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(source)
        package = build(root, evaluator(sandbox))
        return Project(LocalProject(package, state, sandbox, egress or StubEgress([])), state)

    return make


@dataclass(frozen=True)
class Tenant:
    """A host that fires the hooks of several installs for what any of them writes."""

    host: Host
    installs: Sequence[Installed]

    def run(self, invocation: Invocation) -> RunReport:
        own = invocation.install
        installs = [own if one.origin.install == own.origin.install else one for one in self.installs]
        return self.host.run(replace(invocation, installs=installs))


@pytest.fixture
def together() -> Callable[..., None]:
    """`together(one, two)`: in one tenant, installed in this order."""

    def join(*projects: Project) -> None:
        installs = [project.install for project in projects]
        for project in projects:
            project.local._host = Tenant(project.local._host, installs)

    return join
