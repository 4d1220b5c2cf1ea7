"""The same scenario through the TypeScript and the Python connector, and what each of them leaves behind."""

from __future__ import annotations

import io
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sandbox_host.cli.demo.stage import load_provider
from sandbox_host.cli.inputs import Entry
from sandbox_host.cli.local import Ask, LocalProject
from sandbox_host.egress import MappedEgress, parse_egress_map
from sandbox_host.packages import Package, build
from sandbox_host.report import RunReport
from sandbox_host.state import State
from sandbox_host.workers.evaluate import evaluator
from sandbox_host.workers.sandbox import Sandbox

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
STRIPE = "https://api.stripe.com"
NOT_COPIED = shutil.ignore_patterns("__pycache__", ".*", "node_modules", "state")

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_IDS = {"_hash", "prev", "chain", "segment", "version"}
"""Names of the audit log's own ids: hashes of lines that hold ids and times, and the digest of the package."""
_TIMES = {"at", "_created_at", "_updated_at"}
_COLUMNS_OF_TIME = {"created_at", "updated_at", "written_at"}
"""Columns that say when the host wrote a row. A record's own `created_at` is in its `data`, and stays."""
_MEASURED = {"duration_ms", "cpu_ms", "wall_ms"}
_OF_THE_ENGINE = {"memory_bytes"}
"""What the two engines need is theirs, and no connector's doing."""
_JSON_COLUMNS = {"data", "fields", "value"}


@dataclass
class Stage:
    """A connector in a state of its own, with its own provider: what a scenario plays on.

    runs: every report, as `backfill invoke --json` prints it.
    """

    project: LocalProject
    provider: Any
    secrets: Mapping[str, str]
    runs: list[dict[str, Any]] = field(default_factory=list)

    def run(self, entry: str, body: Any = None, **ask: Any) -> RunReport:
        """Run `POST /path`, `hook:Entity:event` or `job:name`. body: JSON. ask: the rest of an `Ask`."""
        if body is not None:
            ask["body"] = json.dumps(body).encode()
            ask["headers"] = {"Content-Type": "application/json", **ask.get("headers", {})}
        report = self.project.run(Ask(entry=_entry(entry), secrets=ask.pop("secrets", self.secrets), **ask))
        self.runs.append(report.model_dump(mode="json"))
        return report


Scenario = Callable[[Stage], object]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(4, eager=None) as made:
        yield made


@pytest.fixture(scope="session")
def built(sandbox: Sandbox) -> Callable[[Path], Package]:
    """The package of a project's folder, built once."""
    packages: dict[Path, Package] = {}

    def make(folder: Path) -> Package:
        if folder not in packages:
            packages[folder] = build(folder, evaluator(sandbox))
        return packages[folder]

    return make


@pytest.fixture(scope="session")
def play(sandbox: Sandbox, built: Callable[[Path], Package], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`play(folder, scenario)`: everything that the scenario leaves behind, with ids numbered and times taken out."""

    def perform(folder: Path, scenario: Scenario) -> dict[str, Any]:
        state = tmp_path_factory.mktemp("state")
        module = load_provider(EXAMPLES / "stripe")
        with module.StripeProvider() as provider, State.open(state) as opened:
            mapping = dict([parse_egress_map(f"{STRIPE}={provider.url}")])
            with closing(MappedEgress(mapping)) as egress:
                project = LocalProject(built(folder), opened, sandbox, egress)
                secrets = {"api_key": provider.api_key, "webhook_secret": "whsec_parity"}
                stage = Stage(project, provider, secrets)
                scenario(stage)
                log = io.BytesIO()
                opened.audit.export(log)
            return comparable(stage.runs, rows(state), records_of(log.getvalue()), provider.requests)

    return perform


@pytest.fixture
def both(play: Any) -> Callable[..., tuple[dict[str, Any], dict[str, Any]]]:
    """`both("stripe", scenario)`: what the TypeScript and the Python example leave behind."""

    def perform(example: str, scenario: Scenario) -> tuple[dict[str, Any], dict[str, Any]]:
        return play(EXAMPLES / example, scenario), play(EXAMPLES / f"{example}-python", scenario)

    return perform


@pytest.fixture
def same(both: Any) -> Callable[..., dict[str, Any]]:
    """`same("stripe", scenario)`: fails with every difference between the two; what they both left behind."""

    def perform(example: str, scenario: Scenario) -> dict[str, Any]:
        typescript, python = both(example, scenario)
        assert differences(typescript, python) == []
        return python

    return perform


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Path]:
    """`changed("stripe-python", "src/lib/money.py", old, new)`: a copy of the example with one thing otherwise."""

    def make(example: str, file: str, old: str, new: str) -> Path:
        copied = shutil.copytree(EXAMPLES / example, tmp_path / example, ignore=NOT_COPIED)
        text = (copied / file).read_text()
        assert text.count(old) == 1, f"{file} has {old!r} {text.count(old)} times"
        (copied / file).write_text(text.replace(old, new))
        return copied

    return make


@pytest.fixture(scope="session")
def differing() -> Callable[[object, object], list[str]]:
    return differences


def _entry(text: str) -> Entry:
    method, space, path = text.partition(" ")
    if space:
        return Entry("route", method, path)
    kind, first, *second = text.split(":")
    return Entry(kind, first, *(second or [""]))


def rows(state: Path) -> dict[str, list[dict[str, Any]]]:
    """Every table of a state's database, row by row as they were written."""
    with closing(sqlite3.connect(state / "state.db")) as db:
        db.row_factory = sqlite3.Row
        names = [
            name
            for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        tables = {name: db.execute(f'SELECT * FROM "{name}" ORDER BY rowid').fetchall() for name in names}
    return {name: [_row(row) for row in found] for name, found in tables.items()}


def _row(row: sqlite3.Row) -> dict[str, Any]:
    """Times are taken out here, where a column is told from a field of the record."""
    return {
        name: "time" if name in _COLUMNS_OF_TIME else json.loads(value) if name in _JSON_COLUMNS else value
        for name, value in zip(row.keys(), tuple(row), strict=True)
    }


def records_of(log: bytes) -> list[dict[str, Any]]:
    """The audit log without the seals over it, which sign hashes."""
    found = [json.loads(line) for line in log.splitlines()]
    return [one for one in found if one["type"] not in ("checkpoint", "end")]


def comparable(
    runs: list[dict[str, Any]],
    tables: dict[str, list[dict[str, Any]]],
    audit: list[dict[str, Any]],
    requests: list[Any],
) -> dict[str, Any]:
    """All of it, with each id as the number of its first appearance, and no times."""
    seen = [
        {"method": one.method, "path": one.path, "query": one.query, "body": one.body.decode(),
         "headers": {name: value for name, value in one.headers.items() if name != "host"}}
        for one in requests
    ]  # fmt: skip
    numbers: dict[str, int] = {}
    return _without({"runs": runs, "audit": audit, "tables": tables, "requests": seen}, numbers)


def _without(value: Any, numbers: dict[str, int], name: str = "", place: str = "") -> Any:
    if isinstance(value, dict):
        inside = place or name
        return {key: _without(item, numbers, key, inside) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, numbers, name, place) for item in value]
    if name in _TIMES | _MEASURED | _OF_THE_ENGINE and value is not None:
        return "measured"
    if not isinstance(value, str):
        return value
    if place == "audit" and name in _IDS:
        return f"id {numbers.setdefault(value, len(numbers))}"
    return _UUID.sub(lambda found: f"id {numbers.setdefault(found[0], len(numbers))}", value)


def differences(one: object, other: object, path: str = "") -> list[str]:
    """Where two values differ, each as `path: this, that`. The order of an object's keys counts, and so do types."""
    if isinstance(one, dict) and isinstance(other, dict):
        found = [
            each
            for key in one.keys() & other.keys()
            for each in differences(one[key], other[key], f"{path}.{key}".lstrip("."))
        ]
        if list(one) != list(other):
            found.append(f"{path}: keys {list(one)}, {list(other)}")
        return sorted(found)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [each for index, (a, b) in pairs for each in differences(a, b, f"{path}[{index}]")]
    return [] if type(one) is type(other) and one == other else [f"{path}: {one!r:.200}, {other!r:.200}"]
