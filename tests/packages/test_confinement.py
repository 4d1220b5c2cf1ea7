"""What a project cannot pull into its package, and which guard stops it."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from types import SimpleNamespace

import pytest

from sandbox_host.packages import BuildFailed, build, esbuild, imports, launcher
from sandbox_host.packages.sdk_names import sdk_module

OUTSIDE = "asks for inputs from outside the project; copy the file into the project"
SECRET = "s3cr3t-of-the-build-machine"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.json"
    path.write_text(f'{{"token": "{SECRET}"}}')
    return path


@pytest.fixture
def no_first_look(monkeypatch):
    """Imports are no longer read before the bundler runs."""
    monkeypatch.setattr(imports, "import_problems", lambda *_: iter(()))


@pytest.fixture
def no_account(monkeypatch):
    """Nobody looks at what the bundler says it read."""
    monkeypatch.setattr(imports, "outside_problems", lambda *_: iter(()))


@pytest.fixture
def no_landlock(monkeypatch, tmp_path):
    """The bundler may open any file."""
    source = Path(launcher.__file__).read_text()
    open_launcher = tmp_path / "open_launcher.py"
    open_launcher.write_text(source.replace("    confine_files(program)\n", ""))
    assert open_launcher.read_text() != source
    monkeypatch.setattr(esbuild, "launcher", SimpleNamespace(__file__=str(open_launcher)))


def landlock_works(tmp_path: Path) -> bool:
    script = "import sys; sys.path.insert(0, sys.argv[1]); import launcher; print(launcher.confine_files('/bin/sh'))"
    command = [sys.executable, "-I", "-c", script, str(Path(launcher.__file__).parent)]
    return (
        subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout == "True\n"
    )


def reading(connector, spec):
    route = f'import stolen from "{spec}";\nexport const GET = () => stolen;\n'
    return connector | {"src/api/steal.ts": route}


SPECS = ["{secret}", "../../../secret.json", "../../../../../../../../../../../../../../..{secret}"]


@pytest.mark.parametrize("spec", SPECS)
def test_a_file_outside_the_project_is_refused(spec, connector, problems_of, secret):
    spec = spec.format(secret=secret)
    assert problems_of(reading(connector, spec)) == [f'src/api/steal.ts:1: import "{spec}" {OUTSIDE}']


@pytest.mark.parametrize("spec", [SPECS[0], SPECS[2]])
def test_the_bundler_cannot_open_it_either(
    spec, connector, problems_of, secret, no_first_look, no_account, tmp_path
):
    if not landlock_works(tmp_path):
        pytest.skip("this kernel has no Landlock")
    spec = spec.format(secret=secret)
    assert problems_of(reading(connector, spec)) == [f'src/api/steal.ts:1: import "{spec}" {OUTSIDE}']


@pytest.mark.parametrize("spec", [SPECS[0], SPECS[2]])
def test_the_bundlers_own_account_is_checked(
    spec, connector, problems_of, secret, no_first_look, no_landlock
):
    spec = spec.format(secret=secret)
    assert problems_of(reading(connector, spec)) == [f'src/api/steal.ts: import "{spec}" {OUTSIDE}']


@pytest.mark.parametrize("spec", [SPECS[0], SPECS[2]])
def test_without_these_guards_the_file_is_in_the_package(
    spec, connector, build_files, secret, no_first_look, no_account, no_landlock
):
    package = build_files(reading(connector, spec.format(secret=secret)))
    assert SECRET.encode() in package.bundle


def test_a_file_with_an_error_in_it_is_not_quoted(
    connector, problems_of, tmp_path, no_first_look, no_landlock
):
    key = tmp_path / "key.js"
    key.write_text(f"BEGIN {SECRET}")
    problems = problems_of(reading(connector, str(key)))
    assert problems
    assert not any(SECRET in problem or "BEGIN" in problem for problem in problems)


def test_the_entry_that_we_add_cannot_be_imported(connector, problems_of, no_first_look):
    assert problems_of(reading(connector, "../../../entry.js")) == [
        f'src/api/steal.ts: import "../../../entry.js" {OUTSIDE}'
    ]


@pytest.mark.parametrize(
    ("file", "text", "spec"),
    [
        ("package.json", '{{"imports": {{"#x": "./../secret.json"}}}}', "#x"),
        ("package.json", '{{"imports": {{"#x": "{secret}"}}}}', "#x"),
        ("package.json", '{{"browser": {{"./src/lib/client.ts": "{secret}"}}}}', "../lib/client"),
        ("src/lib/deep/package.json", '{{"main": "../../../../../{up}{secret}"}}', "../lib/deep"),
    ],
)
@pytest.mark.parametrize("landlock", [True, False])
def test_a_package_json_of_the_project_cannot_reach_outside(
    file, text, spec, landlock, connector, problems_of, secret, request
):
    if not landlock:
        request.getfixturevalue("no_landlock")
    project = reading(connector, spec) | {file: text.format(secret=secret, up="../" * 12)}
    problems = problems_of(project)
    assert problems
    assert not any(SECRET in problem for problem in problems)


TRICKS = {
    "main above the package": {"package.json": '{{"main": "../../../{up}{secret}"}}'},
    "an absolute main": {"package.json": '{{"main": "{secret}"}}'},
    "a module field": {"package.json": '{{"module": "../../../{up}{secret}"}}'},
    "a browser field": {"package.json": '{{"browser": "../../../{up}{secret}", "main": "index.js"}}'},
    "a browser map": {
        "package.json": '{{"browser": {{"./real.json": "../../../{up}{secret}"}}}}',
        "index.js": 'module.exports = require("./real.json");',
        "real.json": "{{}}",
    },
    "exports above the package": {"package.json": '{{"exports": "../../../{up}{secret}"}}'},
    "a require above the package": {
        "package.json": "{{}}",
        "index.js": 'module.exports = require("../../../{up}{secret}");',
    },
    "an absolute require": {"package.json": "{{}}", "index.js": 'module.exports = require("{secret}");'},
    "a pattern of requires": {
        "package.json": "{{}}",
        "index.js": 'module.exports = (name) => require("../../../{up}{folder}/" + name + ".json");',
    },
}


def tricky(connector, trick, secret):
    names = {"up": "../" * 12, "secret": str(secret), "folder": str(secret.parent)}
    names = {key: value.lstrip("/") if key != "secret" else value for key, value in names.items()}
    files = {f"node_modules/evil/{file}": text.format(**names) for file, text in TRICKS[trick].items()}
    route = 'import evil from "evil";\nexport const GET = () => evil;\n'
    return connector | files | {"package.json": '{"dependencies": {"evil": "1"}}', "src/api/evil.ts": route}


@pytest.mark.parametrize("trick", TRICKS)
def test_a_dependency_cannot_reach_outside(trick, connector, problems_of, secret):
    problems = problems_of(tricky(connector, trick, secret))
    assert problems
    assert not any(SECRET in problem for problem in problems)


@pytest.mark.parametrize("trick", TRICKS)
def test_a_dependency_cannot_reach_outside_without_landlock(
    trick, connector, problems_of, secret, no_landlock
):
    problems = problems_of(tricky(connector, trick, secret))
    assert problems
    assert not any(SECRET in problem for problem in problems)


@pytest.mark.parametrize(
    "trick", ["main above the package", "a browser map", "an absolute require", "a pattern of requires"]
)
def test_without_these_guards_a_dependency_brings_the_file(
    trick, connector, build_files, secret, no_account, no_landlock
):
    assert SECRET.encode() in build_files(tricky(connector, trick, secret)).bundle


@pytest.mark.parametrize(
    "tsconfig",
    [
        '{"compilerOptions": {"baseUrl": ".", "paths": {"stolen": ["../secret.json"]}}}',
        '{"extends": "../evil.json"}',
        '{"extends": "/etc/passwd"}',
        "{ not json",
    ],
)
def test_a_tsconfig_has_no_say(tsconfig, connector, build_files, problems_of, secret, tmp_path):
    (tmp_path / "evil.json").write_text(
        '{"compilerOptions": {"target": "es5", "paths": {"stolen": ["./secret.json"]}}}'
    )
    plain = build_files(connector)
    assert build_files(connector | {"tsconfig.json": tsconfig}).digest == plain.digest
    problems = problems_of(reading(connector, "stolen") | {"tsconfig.json": tsconfig})
    assert [problem.split(" - ")[0] for problem in problems] == [
        'src/api/steal.ts:1: Unsupported import "stolen"'
    ]


def test_without_its_fixed_configuration_a_tsconfig_would_have_a_say(connector, build_files, monkeypatch):
    project = connector | {
        "src/lib/client.ts": "class A { x = 1 }\nexport const page = (): any[] => [new A()];\n"
    }
    plain = build_files(project).digest
    tsconfig = {"tsconfig.json": '{"compilerOptions": {"useDefineForClassFields": false}}'}
    assert build_files(project | tsconfig).digest == plain
    fixed = tuple(one for one in esbuild._FIXED if "tsconfig" not in one)  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(esbuild, "_FIXED", fixed)
    assert build_files(project | tsconfig).digest != plain


def test_a_pure_dependency_is_bundled_with_its_own(connector, build_files):
    files = {
        "package.json": '{"dependencies": {"outer": "1"}, "devDependencies": {"dev": "1"}}',
        "node_modules/outer/package.json": '{"main": "./lib/index.js", "dependencies": {"@inner/core": "1"}}',
        "node_modules/outer/lib/index.js": 'module.exports = require("@inner/core");',
        "node_modules/@inner/core/package.json": '{"module": "core.js"}',
        "node_modules/@inner/core/core.js": 'export default "the inner one";',
        "src/api/steal.ts": 'import outer from "outer";\nexport const GET = () => outer;\n',
    }
    assert b"the inner one" in build_files(connector | files).bundle


def test_a_dev_dependency_is_not_there(connector, problems_of):
    files = {
        "package.json": '{"devDependencies": {"dev": "1"}}',
        "node_modules/dev/package.json": "{}",
        "node_modules/dev/index.js": "",
        "src/api/steal.ts": 'import dev from "dev";\nexport const GET = () => dev;\n',
    }
    assert problems_of(connector | files) == [
        (
            'src/api/steal.ts:1: Unsupported import "dev" - add "dev" to "dependencies" in package.json, or write ./ '
            "before a file"
        )
    ]


def test_a_dependency_that_needs_node_is_refused(connector, problems_of):
    files = {
        "package.json": '{"dependencies": {"evil": "1"}}',
        "node_modules/evil/package.json": "{}",
        "node_modules/evil/index.js": 'const fs = require("fs");\nmodule.exports = fs.readFileSync;\n',
        "src/api/steal.ts": 'import evil from "evil";\nexport const GET = () => evil;\n',
    }
    assert [problem.split(" - ")[0] for problem in problems_of(connector | files)] == [
        'node_modules/evil/index.js:1: Unsupported import "fs"'
    ]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("module.exports = (name) => require(name);", ':1: Unsupported import "require(...)"'),
        ("module.exports = (name) => import(name);", ':1: Unsupported import "import(...)"'),
        ('module.exports = () => import("./other.js");', ': Unsupported import "./other.js"'),
        ('module.exports = (name) => require("./" + name + ".js");', ': Unsupported import "./**/*.js"'),
    ],
)
def test_a_dependency_that_loads_while_it_runs_is_refused(code, shown, connector, problems_of):
    files = {
        "package.json": '{"dependencies": {"evil": "1"}}',
        "node_modules/evil/package.json": "{}",
        "node_modules/evil/index.js": code,
        "node_modules/evil/other.js": "",
        "src/api/steal.ts": 'import evil from "evil";\nexport const GET = () => evil;\n',
    }
    found = [problem.split(" - ")[0] for problem in problems_of(connector | files)]
    assert found == [f"node_modules/evil/index.js{shown}"]


def test_a_native_addon_is_refused(connector, problems_of):
    files = {
        "package.json": '{"dependencies": {"evil": "1"}}',
        "node_modules/evil/package.json": "{}",
        "node_modules/evil/index.js": 'module.exports = require("./build/addon.node");',
        "node_modules/evil/build/addon.node": "\x7fELF",
        "src/api/steal.ts": 'import evil from "evil";\nexport const GET = () => evil;\n',
    }
    assert [problem.split(" - ")[0] for problem in problems_of(connector | files)] == [
        'node_modules/evil/index.js:1: Unsupported import "./build/addon.node"'
    ]


def test_a_source_map_inside_a_file_names_nothing_outside(connector, build_files, problems_of):
    claimed = '{"version":3,"sources":["../../../../etc/passwd"],"names":[],"mappings":"AAAA"}'
    comment = "//# sourceMappingURL=data:application/json;base64," + b64encode(claimed.encode()).decode()
    helper = {"src/lib/client.ts": f"export const page = (): any[] => [];\n{comment}\n"}
    package = build_files(connector | helper)
    assert b"passwd" not in package.archive
    thrower = {
        "src/lib/client.ts": f"throw new Error('x'); export const page = (): any[] => [];\n{comment}\n"
    }
    (problem,) = problems_of(connector | thrower)
    assert problem.startswith("src/api/sync/customers.ts")


def test_a_source_map_on_disk_is_not_read(connector, build_files, tmp_path):
    (tmp_path / "far.map").write_text(
        '{"version":3,"sources":["secret-name.ts"],"names":[],"mappings":"AAAA"}'
    )
    comment = f"//# sourceMappingURL={tmp_path}/far.map\n"
    package = build_files(
        connector | {"src/lib/client.ts": f"export const page = (): any[] => [];\n{comment}"}
    )
    assert b"secret-name" not in package.archive


def test_an_installed_sdk_is_not_used(connector, build_files):
    evil = {
        "package.json": '{"dependencies": {"@backfill-io/sdk": "1"}}',
        "node_modules/@backfill-io/sdk/package.json": "{}",
        "node_modules/@backfill-io/sdk/index.js": 'export const api = "not the platform";',
    }
    assert build_files(connector | evil).digest == build_files(connector).digest


def test_custom_entities_can_be_imported_before_they_are_made(connector, build_files):
    files = {
        "src/entities/TaxRecord.ts": """\
import { defineEntity } from "@backfill-io/sdk";
export default defineEntity({ name: "TaxRecord", fields: { rate: { type: "decimal", required: true } } });
""",
        "src/api/tax.ts": """\
import { TaxRecord } from "@backfill-io/sdk";
export const GET = () => TaxRecord.query({});
""",
    }
    package = build_files(connector | files)
    assert [entity.name for entity in package.entrypoints.entities] == ["TaxRecord"]
    assert b"globalThis.TaxRecord" in package.bundle


def test_the_bundler_has_an_end(connector, write, evaluate, monkeypatch):
    monkeypatch.setattr(esbuild, "WALL_SECONDS", 0.001)
    with pytest.raises(BuildFailed, match="bundling took more than"):
        build(write(connector), evaluate)


def test_a_bundler_that_cannot_be_confined_does_not_run(monkeypatch, tmp_path):
    source = Path(launcher.__file__).read_text()
    broken = tmp_path / "broken.py"
    broken.write_text(source.replace("PR_SET_NO_NEW_PRIVS = 38", "PR_SET_NO_NEW_PRIVS = 9999"))
    monkeypatch.setattr(esbuild, "launcher", SimpleNamespace(__file__=str(broken)))
    with pytest.raises(esbuild.BundlerFailed, match="cannot confine the bundler"):
        esbuild.bundle({"a.ts": b""}, ["a.ts"], sdk_module(()))


def test_a_file_that_the_bundler_does_not_survive_is_a_problem(connector, problems_of, monkeypatch, tmp_path):
    source = Path(launcher.__file__).read_text()
    tight = tmp_path / "tight.py"
    tight.write_text(source.replace("MEMORY_BYTES = 4 << 30", "MEMORY_BYTES = 1 << 30"))
    monkeypatch.setattr(esbuild, "launcher", SimpleNamespace(__file__=str(tight)))
    project = reading(connector, "../lib/deep.json") | {"src/lib/deep.json": "[" * 3_000_000}
    (problem,) = problems_of(project)
    assert problem.startswith(
        "backfill.config.ts: the project's modules, with everything they import, need more"
    )
    assert "\n" not in problem


INSPECT = """
import ctypes, os, resource, sys
sys.path.insert(0, sys.argv[1])
import launcher

def report(program, arguments, environment):
    reads = []
    for path in ("/etc/hostname", "/proc/self/status", sys.argv[2] + "/../beside.json", "inside.json"):
        try:
            open(path).close()
            reads.append(path)
        except PermissionError:
            pass
    libc = ctypes.CDLL(None)
    print(environment, libc.prctl(39, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE), reads)

launcher.os.execve = report
launcher.main([sys.argv[2], sys.executable])
"""


def test_the_launcher_gives_up_what_the_bundler_does_not_need(tmp_path):
    if not landlock_works(tmp_path):
        pytest.skip("this kernel has no Landlock")
    folder = tmp_path / "stage"
    folder.mkdir()
    (folder / "inside.json").write_text("{}")
    (tmp_path / "beside.json").write_text("{}")
    command = [sys.executable, "-I", "-c", INSPECT, str(Path(launcher.__file__).parent), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "{} 1 (0, 0) ['inside.json']\n", done.stderr
