"""Hostile Python through the whole host: real builds, workers, broker and audit, with everything laid out that an
attack could reach, and judged by whether it did."""

from __future__ import annotations

import io
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from policies.audit import Verified, verify
from policies.limits import Limits
from sandbox_host import errors
from sandbox_host.egress.base import EgressRequest, EgressResponse
from sandbox_host.installs import ensure_install
from sandbox_host.invocation import Host, Invocation
from sandbox_host.kernels.python.prelude import prelude
from sandbox_host.packages import build
from sandbox_host.packages.package import Package
from sandbox_host.records.origin import Origin
from sandbox_host.report import RunReport
from sandbox_host.state import State
from sandbox_host.triggers import routes
from sandbox_host.version import Version
from sandbox_host.workers.evaluate import evaluator
from sandbox_host.workers.sandbox import Sandbox

CANARY = "canary-7f3a-of-the-host"
SECRET = "sk_live_51H9xQ7ZbC3vN8mK2pL4"
HOST_NAMES = {name for name, one in vars(errors).items() if isinstance(one, type)}
"""Names that an end of a run may have because the host gave it."""

MANIFEST = """
from guest_sdk import define_extension

define_extension(
    key="hostile",
    name="Hostile",
    version="1.0.0",
    permissions={
        "http": ["https://api.acme.example/*"],
        "entities": {"Customer": ["read", "write"]},
        "secrets": {"api_key": ["read"]},
    },
)
"""

NEIGHBOUR = """
from guest_sdk import Customer, Http

seen = []

def POST(request):
    seen.append(request.body["n"])
    Customer.create({"name": "neighbour"})
    answer = Http.get("https://api.acme.example/wait")
    return [seen, answer.body["n"] + request.body["n"], sum(range(1000))]

def GET(request):
    seen.append("looked")
    return [seen, len(Customer.query())]
"""
"""The other tenant's code: a run of it is under way whenever an attack runs."""


class Provider:
    """Answers for every host. A request for /wait is answered once `go` is set."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.arrived = threading.Semaphore(0)
        self.sent: list[str] = []

    def send(self, request: EgressRequest) -> EgressResponse:
        if request.url.path == "/wait":
            self.arrived.release()
            assert self.go.wait(20)
        else:
            self.sent.append(str(request.url))
        return EgressResponse(200, {"content-type": "application/json"}, b'{"n":41}')

    def close(self) -> None:
        return


@dataclass(frozen=True)
class Guest:
    """A version of a tenant's, ready to run; each call is one run."""

    host: Host
    version: Version
    origin: Origin
    ran: dict[str, RunReport]

    def __call__(self, name: str, body: Any = None, method: str = "POST", **limits: int) -> RunReport:
        asked = routes.Request(method, f"/{name}", body=json.dumps(body).encode())
        run = str(uuid4())
        caller = routes.Caller(self.origin.tenant, self.origin.extension, None, run)
        invocation = Invocation(
            version=self.version,
            trigger=routes.route_trigger(self.version.package, asked, caller),
            origin=self.origin,
            run=run,
            limits=replace(Limits(), **{"cpu_ms": 400, **limits}),
            secrets={"api_key": SECRET},
        )
        report = self.ran[run] = self.host.run(invocation)
        return report


@dataclass
class Ground:
    """One host with two tenants: `attack` is the hostile one's, and the neighbour's run surrounds each.

    told: a folder of the machine that attacks know of. prelude: what versions are prepared with, if not our own.
    """

    state: State
    sandbox: Sandbox
    folder: Path
    told: str
    prelude: bytes | None = None
    provider: Provider = field(default_factory=Provider)
    ran: dict[str, RunReport] = field(default_factory=dict[str, RunReport])

    def __post_init__(self) -> None:
        self._host = Host(self.sandbox, self.state.db, self.state.vault, self.state.audit, self.provider)
        self._neighbour = self.guest(self.package({"src/api/neighbour.py": NEIGHBOUR}), "neighbour")

    def package(self, files: Mapping[str, str | bytes]) -> Package:
        """Build a project of these files. Raises BuildFailed."""
        root = self.folder / str(uuid4())
        for name, source in {"backfill.config.py": MANIFEST, "src/lib/kept.py": KEPT, **files}.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(source if isinstance(source, bytes) else source.encode("utf-8", "surrogatepass"))
        with self._language():
            return build(root, evaluator(self.sandbox))

    @contextmanager
    def _language(self) -> Iterator[None]:
        """Versions are prepared with the prelude of this ground."""
        with pytest.MonkeyPatch.context() as patch:
            if (text := self.prelude) is not None:
                patch.setattr("sandbox_host.workers.snapshots.prelude_of", lambda runtime, folder: text)
            yield

    def guest(self, package: Package, tenant: str = "hostile") -> Guest:
        install = ensure_install(
            self.state.db, tenant, package.manifest.key, publisher="local", now=datetime.now(UTC)
        )
        origin = Origin(
            tenant=tenant,
            install=install.id,
            connection=None,
            source_system=package.manifest.key,
            extension=package.manifest.key,
            actor="user:test",
        )
        with self._language():
            version = Version.load(self.sandbox, package)
        return Guest(self._host, version, origin, self.ran if tenant == "hostile" else {})

    def routes(self, bodies: Mapping[str, str], top: str = "", **files: str) -> Guest:
        """A guest with a route `POST /<name>` for each body, and `POST /after`, which tells what it finds."""
        sources = {f"src/api/{name}.py": handler(body, top) for name, body in bodies.items()}
        return self.guest(self.package({**sources, "src/api/after.py": AFTER, **files}))

    def attack(self, guest: Guest, name: str, body: Any = None, **limits: int) -> RunReport:
        """Run it beside the neighbour's run, and hold everything against what it must be."""
        self.provider.go.clear()
        answered: list[RunReport] = []
        beside = threading.Thread(target=lambda: answered.append(self._neighbour("neighbour", {"n": 1})))
        beside.start()
        assert self.provider.arrived.acquire(timeout=30)
        try:
            report = guest(name, body, **limits)
        finally:
            self.provider.go.set()
            beside.join(30)
        [neighbour] = answered
        assert neighbour.ok, neighbour.error
        assert neighbour.response is not None and neighbour.response.body == [[1], 42, 499500]
        after = guest("after")
        assert after.ok and after.response is not None, after.error
        committed = sum(write.committed for each in self.ran.values() for write in each.writes)
        assert after.response.body == [*UNTOUCHED[:3], committed, *UNTOUCHED[4:]]
        self.check_report(report)
        self.check_audit()
        return report

    def check_report(self, report: RunReport) -> None:
        """Nothing of the machine is in it, and its end is typed."""
        text = report.model_dump_json().replace(self.told, "")
        for kept in (
            CANARY,
            SECRET,
            str(Path(__file__).parents[3]),
            "/tmp/",
            "/home/",
            "site-packages",
            "sandbox_host",
        ):
            assert kept not in text, text[max(0, text.find(kept) - 300) :][:600]
        for ours in ("backfill_guest", "guest_sdk/", "<guest_sdk", "app.py", "componentize"):
            assert ours not in ((report.error and report.error.stack) or ""), report.error
        if report.error is not None:
            assert report.error.name and report.error.code
            if report.error.name in HOST_NAMES and report.error.code != "handler_error":
                assert report.error.code == errors.snake_case(report.error.name)
            assert not any(write.committed for write in report.writes)

    def check_audit(self) -> None:
        """The log verifies, and holds what the reports say: each decision, and one end for each run."""
        out = io.BytesIO()
        self.state.audit.export(out, "hostile")
        lines = out.getvalue().splitlines(keepends=True)
        assert CANARY.encode() not in out.getvalue() and SECRET.encode() not in out.getvalue()
        assert isinstance(verify(lines, self.state.audit.public_key), Verified)
        decisions: dict[str, list[Any]] = {}
        ends: dict[str, list[str]] = {}
        for record in map(json.loads, lines):
            if record["type"] == "decision":
                facts = [
                    record[key] for key in ("seq", "capability", "action", "resource", "decision", "rule")
                ]
                decisions.setdefault(record["run"]["id"], []).append(facts)
            if record["type"] == "run_end":
                ends.setdefault(record["run"]["id"], []).append(record["outcome"])
        for run in ends:
            report = self.ran[run]
            made = [
                [call.seq, call.capability, call.action, call.resource, call.decision, call.rule]
                for call in report.calls
            ]
            assert decisions.get(run, []) == made
            assert ends[run] == ["ok" if report.error is None else report.error.code]
        assert decisions.keys() <= ends.keys()


AFTER = """
import json, random, re
from guest_sdk import Customer, Http, Secrets
from lib import kept

def POST(request):
    return [kept.seen, json.loads("[1]"), re.sub("a", "b", "a"), Customer.count(), type(Http).__name__,
            hasattr(Http, "left"), random.random() != 0.8444218515250481, len(Secrets.get("api_key"))]
"""
KEPT = "seen = []\n"
UNTOUCHED = [[], [1], "b", 0, "HttpApi", False, True, len(SECRET)]
"""What the run after an attack answers."""


def handler(body: str, top: str = "") -> str:
    lines = "".join(f"\n    {line}" for line in body.splitlines())
    return f"{top}\ndef POST(request):{lines}\n"


class Listener:
    """Takes connections on loopback; `connections` says how many there were."""

    def __init__(self) -> None:
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
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


@pytest.fixture(scope="session")
def listener() -> Iterator[Listener]:
    with closing(Listener()) as listening:
        yield listening


@pytest.fixture(scope="session")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the host's."""
    path = tmp_path_factory.mktemp("canary") / "canary.txt"
    path.write_text(CANARY)
    return path


@pytest.fixture(scope="session")
def environment() -> Iterator[None]:
    """A variable in the host's environment."""
    os.environ["BACKFILL_CANARY"] = CANARY
    yield
    del os.environ["BACKFILL_CANARY"]


@pytest.fixture(scope="session")
def grounds(
    canary: Path, environment: None, listener: Listener, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Ground]]:
    """Makes grounds, each with workers and a state of its own; in the end nothing outside was touched."""
    opened: list[Any] = []

    def make(prelude: bytes | None = None) -> Ground:
        sandbox = Sandbox(4, eager=None)
        opened.append(sandbox)
        state = State.open(tmp_path_factory.mktemp("state"))
        opened.append(state)
        return Ground(state, sandbox, tmp_path_factory.mktemp("projects"), str(canary.parent), prelude)

    yield make
    for one in reversed(opened):
        one.close()
    assert canary.read_text() == CANARY
    assert [one.name for one in canary.parent.iterdir()] == [canary.name]
    assert os.environ["BACKFILL_CANARY"] == CANARY
    assert listener.connections == 0


@pytest.fixture(scope="session")
def ground(grounds: Callable[..., Ground]) -> Ground:
    """The host as it is."""
    return grounds()


@pytest.fixture(scope="session")
def open_ground(grounds: Callable[..., Ground]) -> Ground:
    """The same with the policy switched off: modules are compiled by plain `compile`, and have Python's own builtins
    and every module that the engine has."""
    return grounds(edited(*POLICY_OFF))


@pytest.fixture
def without() -> Callable[..., bytes]:
    """`without("main", "old", "new")`: the prelude after an edit of `main.py`."""
    return edited


EVERY_BUILTIN = """
        import builtins
        every = lambda name, *rest: (self._import if name == "lib" else builtins.__import__)(name, *rest)
        self._builtins = {**vars(builtins), "__import__": every}
"""
POLICY_OFF = (
    "restricted", "tree = policy.visit(tree)", "pass",
    "modules", "        self._builtins = guest_builtins(self._import, write)\n", EVERY_BUILTIN,
    "modules", "facts.read(parse(self._files[file], file))", 'facts.read(parse("", file))',
)  # fmt: skip
"""Modules are compiled as they are, may use and import everything, and the build does not look at what they say."""


def edited(*edits: str) -> bytes:
    """The prelude with some of its lines replaced: (module, old, new) for each."""
    sources = json.loads(prelude(Path()))
    for module, old, new in zip(edits[::3], edits[1::3], edits[2::3], strict=True):
        [name] = [one for one in sources if one.endswith(f".{module}") and old in sources[one]]
        assert sources[name].count(old) == 1, f"{module}.py has not one {old!r}"
        sources[name] = sources[name].replace(old, new)
    return json.dumps(sources).encode()


@pytest.fixture(scope="session")
def secret() -> str:
    """The value of every run's secret `api_key`."""
    return SECRET


@pytest.fixture(scope="session")
def cases() -> list[dict[str, str]]:
    """The rows of the public case file; skips the test where it is not on this machine."""
    corpora = os.environ.get("BACKFILL_CORPORA")
    shared = Path(corpora).parent if corpora else Path(__file__).parents[4] / "shared"
    path = shared / "cases" / "python_escape_and_exhaustion.json"
    if not path.is_file():
        pytest.skip(
            "no python_escape_and_exhaustion.json; set BACKFILL_CORPORA to the corpora beside its folder"
        )
    return json.loads(path.read_text(encoding="utf-8"))
