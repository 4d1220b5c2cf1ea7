"""Wrong folders and files, and what their authors are told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from policies.messages import messages_in
from sandbox_host.packages import BuildFailed, build, builder, dependencies, esbuild, problems, project
from sandbox_host.packages.messages import code, files


def linked(root: Path) -> Path:
    (root / "src/lib/secret.json").symlink_to("/etc/passwd")
    return root


def with_a_pipe(root: Path) -> Path:
    os.mkfifo(root / "src/lib/pipe.json")
    return root


def with_an_endless_name(root: Path) -> Path:
    inner = root / "src/lib" / ("a" * 100) / ("b" * 100)
    inner.mkdir(parents=True)
    (inner / "c.ts").write_text("")
    return root


def unreadable(root: Path) -> Path:
    (root / "src/lib/locked.ts").write_text("")
    (root / "src/lib/locked.ts").chmod(0)
    return root


WRONG = {
    "a folder that is not there": (lambda p: p, lambda root: root / "nowhere", files.NO_FOLDER),
    "a file": (lambda p: p, lambda root: root / "backfill.config.ts", files.NOT_A_FOLDER),
    "a folder without a manifest": (lambda p: p.without("backfill.config.ts"), None, files.NO_MANIFEST),
    "a link": (lambda p: p, linked, files.LINK),
    "folders within folders": (lambda p: p.plus("src/lib/" + "a/" * 30 + "x.ts", ""), None, files.TOO_DEEP),
    "a name that is not portable": (lambda p: p.plus("src/lib/naïve.ts", ""), None, files.UNPORTABLE_NAME),
    "a path without an end": (lambda p: p, with_an_endless_name, files.LONG_PATH),
    "a pipe": (lambda p: p, with_a_pipe, files.ODD_FILE),
    "two names that differ by case": (
        lambda p: p.plus("src/lib/Client.ts", "export {};"),
        None,
        files.CASE_COLLISION,
    ),
    "a package.json that breaks off": (
        lambda p: p.plus("package.json", '{\n "dependencies": {\n'),
        None,
        files.PACKAGE_JSON,
    ),
    "dependencies that are a list": (
        lambda p: p.plus("package.json", '{"dependencies": []}'),
        None,
        files.DEPENDENCIES,
    ),
    "a dependency that is a path": (
        lambda p: p.plus("package.json", '{"dependencies": {"../x": "1"}}'),
        None,
        files.PACKAGE_NAME,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_author_is_told(name, connector, write, evaluate):
    change, spoil, message = WRONG[name]
    root = write(change(connector))
    assert message.example in told(spoil(root) if spoil else root, evaluate, root)


def told(path: Path, evaluate, root: Path, **more) -> list[str]:
    with pytest.raises(BuildFailed) as failed:
        build(path, evaluate, **more)
    return [str(one).replace(str(root), "project") for one in failed.value.problems]


LIMITS = {
    "many files": (project, "MAX_ENTRIES", 3, files.TOO_MANY_FILES),
    "a large file": (project, "MAX_FILE_BYTES", 1 << 20, files.LARGE_FILE),
    "a large project": (project, "MAX_TOTAL_BYTES", 2 << 20, files.LARGE_PROJECT),
    "many packages": (dependencies, "MAX_PACKAGES", 1, files.TOO_MANY_PACKAGES),
    "many problems": (problems, "MAX_PROBLEMS", 1, files.MORE),
    "a slow bundler": (esbuild, "WALL_SECONDS", 0, code.BUNDLER_SLOW),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_told(name, connector, write, evaluate, monkeypatch):
    module, limit, value, message = LIMITS[name]
    monkeypatch.setattr(module, limit, value)
    large = b" " * (1 << 20) + b"1"
    spoilt = connector | {
        "package.json": '{"dependencies": {"a": "1", "b": "1"}}',
        "node_modules/a/package.json": "{}",
        "node_modules/b/package.json": "{}",
        "src/lib/a.json": large,
        "src/lib/b.json": large,
        "src/lib/c.json": large,
        "src/jobs/Wrong.ts": "",
        "src/jobs/Bad.ts": "",
    }
    root = write(spoilt)
    assert message.example in told(root, evaluate, root)


def test_a_package_over_its_limit_is_told(connector, write, evaluate):
    words = {
        "src/lib/words.ts": 'export const words = "' + "x" * 60_000 + '";\n',
        "src/api/words.ts": 'export { words } from "../lib/words";\nexport const GET = () => 1;\n',
    }
    root = write(connector | words)
    assert told(root, evaluate, root, max_bytes=50_000) == [files.OVERSIZE.example]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_cannot_be_read_is_told(connector, write, evaluate):
    root = unreadable(write(connector))
    assert files.UNREADABLE.example in told(root, evaluate, root)


def test_a_folder_that_cannot_be_opened_is_told(connector, write, evaluate, monkeypatch):
    """As a file or folder that is taken away, or is not ours, between the look at its name and its opening."""
    root = write(connector)
    real = os.open

    def refuse(path, flags, **more):
        if str(path) == "client.ts":
            raise PermissionError(13, "Permission denied")
        return real(path, flags, **more)

    monkeypatch.setattr(os, "open", refuse)
    assert files.UNREADABLE.example in told(root, evaluate, root)


ELSEWHERE = {files.ARGUMENTS, files.OVERSIZE, files.UNREADABLE, files.UNUSABLE}
"""Provoked above, and by the test of the command."""


@pytest.mark.parametrize("message", messages_in(vars(files).values()), ids=lambda one: one.code)
def test_every_message_is_provoked(message):
    rows = {message for *_, message in WRONG.values()} | {message for *_, message in LIMITS.values()}
    assert message in rows | ELSEWHERE


def test_a_look_that_fails_is_told_although_the_bundle_is_made(connector, write, evaluate, monkeypatch):
    def fail(_):
        raise esbuild.BundlerFailed(code.BUNDLER_SLOW(seconds=0))

    monkeypatch.setattr(builder, "print_scripts", fail)
    root = write(connector)
    assert told(root, evaluate, root) == [code.BUNDLER_SLOW.example]
