"""The same source is the same package: whoever builds it, wherever, whenever."""

from __future__ import annotations

import os
import shutil
import time

import pytest

from sandbox_host.packages import BuildFailed, build


@pytest.fixture
def source(write, connector):
    return write(connector | {"package.json": '{"dependencies": {"dep": "1"}}', **DEPENDENCY})


DEPENDENCY = {
    "node_modules/dep/package.json": '{"main": "index.js"}',
    "node_modules/dep/index.js": "module.exports = 1;",
    "src/api/dep.ts": 'import dep from "dep";\nexport const GET = () => dep;\n',
}


def copy(source, *parts):
    target = source.parent.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target)
    return target


def test_under_any_parent_folder(source, evaluate):
    expected = build(source, evaluate).digest
    for parts in (
        ["b"],
        ["a very", "deep", "päth with ünicode", "x"],
        ["node_modules", "pkg"],
        ["project", "project"],
    ):
        assert build(copy(source, *parts), evaluate).digest == expected


def configure(folder):
    """Everything in a folder that could change what is built below it."""
    (folder / "tsconfig.json").write_text(
        '{"compilerOptions": {"target": "es5", "jsx": "react-jsx", "useDefineForClassFields": false, '
        '"baseUrl": ".", "paths": {"*": ["./evil/*"]}, "alwaysStrict": true}}'
    )
    (folder / "package.json").write_text(
        '{"type": "module", "sideEffects": false, "browser": {"dep": "./evil"}}'
    )
    (folder / "node_modules" / "dep").mkdir(parents=True)
    (folder / "node_modules" / "dep" / "package.json").write_text("{}")
    (folder / "node_modules" / "dep" / "index.js").write_text("module.exports = 'evil';")


def test_with_configuration_in_a_parent_folder(source, evaluate):
    expected = build(source, evaluate).digest
    target = copy(source, "parent", "project")
    configure(target.parent)
    configure(source.parent)
    assert build(target, evaluate).digest == expected


def test_with_configuration_beside_the_staged_copy(source, evaluate, monkeypatch, tmp_path):
    expected = build(source, evaluate).digest
    configure(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert build(source, evaluate).digest == expected
    shutil.rmtree(source / "node_modules")
    with pytest.raises(BuildFailed, match="is not installed"):
        build(source, evaluate)


def test_at_any_time_and_with_any_modes(source, evaluate):
    expected = build(source, evaluate).digest
    target = copy(source, "later")
    for path in target.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
        os.utime(path, (1, 1))
    mask = os.umask(0o077)
    try:
        assert build(target, evaluate).digest == expected
    finally:
        os.umask(mask)


def test_in_any_environment(source, evaluate, monkeypatch):
    expected = build(source, evaluate).digest
    for name, value in {
        "LANG": "tr_TR.UTF-8",
        "LC_ALL": "C",
        "TZ": "Pacific/Kiritimati",
        "HOME": str(source),
        "NODE_PATH": str(source.parent),
        "NODE_ENV": "development",
        "ESBUILD_BINARY_PATH": "/nonexistent",
        "GOMAXPROCS": "1",
        "NO_COLOR": "1",
        "FORCE_COLOR": "1",
        "TMPDIR": str(source.parent),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tempfile.tempdir", None)
    time.tzset()
    try:
        assert build(source, evaluate).digest == expected
    finally:
        monkeypatch.undo()
        time.tzset()


def test_in_whatever_order_its_files_were_made(write, connector, evaluate, tmp_path):
    first = build(write(connector), evaluate)
    shutil.rmtree(tmp_path / "project")
    assert build(write(dict(reversed(connector.items()))), evaluate).digest == first.digest


def test_through_a_link_to_its_folder(source, evaluate):
    link = source.parent / "link"
    link.symlink_to(source)
    assert build(link, evaluate).digest == build(source, evaluate).digest


def test_whatever_lies_beside_its_modules(source, evaluate):
    expected = build(source, evaluate).digest
    (source / "README.md").write_text("hello")
    (source / ".backfillrc").write_text("token")
    (source / "src" / "lib" / "client.test.ts").write_text(
        'import test from "node:test"; test("x", () => {});'
    )
    (source / "src" / "lib" / "unused.ts").write_text("export const unused = 1;")
    assert build(source, evaluate).digest == expected


def test_and_another_source_is_another_package(source, evaluate):
    expected = build(source, evaluate).digest
    (source / "src" / "jobs" / "nightly.ts").write_text(
        'export const schedule = "0 3 * * *";\nexport const run = () => 1;'
    )
    assert build(source, evaluate).digest != expected
