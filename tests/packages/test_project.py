"""Reading a project: what is taken, what is passed over, what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox_host.packages import project
from sandbox_host.packages.dependencies import read_dependencies
from sandbox_host.packages.project import ProjectReader


def read(root: Path) -> ProjectReader:
    reader = ProjectReader(root)
    reader.read()
    reader.refuse_case_collisions()
    return reader


def problems(reader: ProjectReader) -> list[str]:
    return [str(problem) for problem in reader.problems]


def follow_links(monkeypatch):
    monkeypatch.setattr(project, "NOT_THROUGH_LINKS", 0)
    monkeypatch.setattr(project, "_kind", lambda entry: "folder" if entry.is_dir() else "file")


def test_only_modules_are_taken(write):
    root = write(
        {"src/a.ts": "a", "src/b.tsx": "b", "c.js": "c", "d.json": "d", "e.css": "e", "f.mjs": "f", "g": "g"}
    )
    assert sorted(read(root).files) == ["c.js", "d.json", "src/a.ts", "src/b.tsx"]


def test_credentials_and_other_hidden_files_are_never_read(write):
    root = write({".backfillrc": "token", ".env.json": "{}", ".git/config.json": "{}", "src/.cache/a.ts": ""})
    assert read(root).files == {}


def test_installed_packages_are_not_part_of_the_project(write):
    assert read(write({"node_modules/a/index.js": "", "src/node_modules/b.js": ""})).files == {}


@pytest.mark.parametrize("link", ["src/secret.json", "src/passwd", "secret.ts"])
def test_a_link_to_a_file_is_refused(link, write, tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_text('{"token": "s3cr3t"}')
    root = write({"src/a.ts": ""})
    (root / link).symlink_to(secret)
    reader = read(root)
    assert list(reader.files) == ["src/a.ts"]
    assert problems(reader) == [
        f"{link}: a symbolic link, and its target may be outside the project; put a copy of the file in its place"
    ]


def test_a_link_to_a_folder_is_refused(write, tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "secret.json").write_text("{}")
    root = write({"src/a.ts": ""})
    (root / "src" / "shared").symlink_to(tmp_path / "shared")
    reader = read(root)
    assert list(reader.files) == ["src/a.ts"]
    assert len(reader.problems) == 1


def test_without_its_guards_the_reader_would_follow_links(write, tmp_path, monkeypatch):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "secret.json").write_text("s3cr3t")
    root = write({"src/a.ts": ""})
    (root / "src" / "shared").symlink_to(tmp_path / "shared")
    (root / "copy.json").symlink_to(tmp_path / "shared" / "secret.json")
    follow_links(monkeypatch)
    files = read(root).files
    assert files["src/shared/secret.json"] == b"s3cr3t"
    assert files["copy.json"] == b"s3cr3t"


def test_a_file_that_becomes_a_link_while_it_is_read_is_refused(write, tmp_path, monkeypatch):
    (tmp_path / "secret.json").write_text("s3cr3t")
    root = write({"src/a.ts": ""})
    (root / "late.json").symlink_to(tmp_path / "secret.json")
    monkeypatch.setattr(project, "_kind", lambda entry: "folder" if entry.is_dir() else "file")
    reader = read(root)
    assert list(reader.files) == ["src/a.ts"]
    assert [problem.file for problem in reader.problems] == ["late.json"]


def test_a_pipe_is_refused_and_not_waited_for(write):
    root = write({"src/a.ts": ""})
    os.mkfifo(root / "src" / "pipe.ts")
    assert problems(read(root)) == ["src/pipe.ts: not a regular file"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb.ts", "a\\nb.ts"),
        ("a\\b.ts", "a\\b.ts"),
        ("caf\u00e9.ts", "caf\\xe9.ts"),
        ("\u202egnp.ts", "\\u202egnp.ts"),
        ('a"b.ts', 'a"b.ts'),
        ("a:b.ts", "a:b.ts"),
        ("a*b.ts", "a*b.ts"),
        ("\x1b[2J.ts", "\\x1b[2J.ts"),
    ],
)
def test_a_name_that_is_not_the_same_everywhere_is_refused(name, shown, write):
    root = write({"src/a.ts": ""})
    (root / "src" / name).write_text("")
    reader = read(root)
    assert list(reader.files) == ["src/a.ts"]
    assert problems(reader) == [f"src/{shown}: this name is not portable; use letters, digits and . _ - only"]


def test_a_name_that_is_not_text_is_refused(write):
    root = write({"src/a.ts": ""})
    Path(os.fsdecode(os.fsencode(root) + b"/src/\xff.ts")).write_text("")
    assert problems(read(root)) == [
        "src/\\udcff.ts: this name is not portable; use letters, digits and . _ - only"
    ]


def test_names_that_differ_by_case_only_are_refused(write):
    reader = read(write({"src/lib/Client.ts": "", "src/lib/client.ts": "", "src/Lib/other.ts": ""}))
    assert problems(reader) == [
        'src/lib/Client.ts: differs from "src/Lib" by upper and lower case only; rename one',
        'src/lib/client.ts: differs from "src/Lib" by upper and lower case only; rename one',
    ]


def test_a_huge_file_is_refused(write, monkeypatch):
    monkeypatch.setattr(project, "MAX_FILE_BYTES", 1 << 20)
    reader = read(write({"a.json": b"0" * (1 << 20), "b.json": b"0" * ((1 << 20) + 1)}))
    assert list(reader.files) == ["a.json"]
    assert problems(reader) == ["b.json: larger than 1 MiB"]


def test_many_large_files_are_refused_together(write, monkeypatch):
    monkeypatch.setattr(project, "MAX_TOTAL_BYTES", 1 << 20)
    reader = read(write({f"{n}.json": b"0" * (600 << 10) for n in range(2)}))
    assert problems(reader) == ["1.json: the project's modules are larger than 1 MiB together"]


def test_a_folder_of_very_many_files_is_refused_once(write, monkeypatch):
    monkeypatch.setattr(project, "MAX_ENTRIES", 100)
    reader = read(write({f"src/{folder}/{n}.ts": "" for folder in "abc" for n in range(60)}))
    assert problems(reader) == ["src/b: more than 100 files; a project is its sources only"]
    assert len(reader.files) < 100


def test_deep_nesting_is_refused(write):
    reader = read(write({"a/" * 40 + "x.ts": ""}))
    assert reader.files == {}
    assert problems(reader)[0].endswith("folders are nested more than 24 deep")


def with_dependencies(write, files=(), **listed):
    names = ", ".join(f'"{name.replace("_", "-")}": "1"' for name in listed)
    base = {"package.json": f'{{"dependencies": {{{names}}}}}', "src/a.ts": ""}
    reader = ProjectReader(write(base | dict(files)))
    reader.read()
    return reader, read_dependencies(reader)


def test_dependencies_come_with_theirs_and_nothing_else(write):
    reader, names = with_dependencies(
        write,
        {
            "node_modules/a/package.json": '{"dependencies": {"b": "1", "c": "1"}}',
            "node_modules/a/index.js": "",
            "node_modules/a/node_modules/b/package.json": "{}",
            "node_modules/a/node_modules/b/index.js": "nested",
            "node_modules/b/package.json": "{}",
            "node_modules/c/package.json": '{"dependencies": {"a": "1", "gone": "1"}}',
            "node_modules/unlisted/package.json": "{}",
            "node_modules/unlisted/index.js": "",
        },
        a=1,
    )
    assert names == {"a"}
    assert sorted(file for file in reader.files if "node_modules" in file) == [
        "node_modules/a/index.js",
        "node_modules/a/node_modules/b/index.js",
        "node_modules/a/node_modules/b/package.json",
        "node_modules/a/package.json",
        "node_modules/c/package.json",
    ]
    assert reader.problems == []


def test_packages_above_the_project_are_never_found(write, tmp_path):
    above = tmp_path / "node_modules" / "a"
    above.mkdir(parents=True)
    (above / "package.json").write_text("{}")
    reader, _ = with_dependencies(write, a=1)
    assert not any("node_modules" in file for file in reader.files)


@pytest.mark.parametrize("name", ["../secret", "..", "/etc", "a/../../b", "@a/../b", "a b", "", "."])
def test_a_dependency_that_is_a_path_is_refused(name, write):
    reader = ProjectReader(write({"package.json": f'{{"dependencies": {{"{name}": "1"}}}}'}))
    reader.read()
    assert read_dependencies(reader) == set()
    assert problems(reader) == [f'package.json: "{name}" is not a package name']


def test_a_linked_package_is_refused_with_a_way_out(write, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    root = write({"package.json": '{"dependencies": {"a": "1"}}', "node_modules/x": ""})
    (root / "node_modules" / "a").symlink_to(tmp_path / "elsewhere")
    reader = ProjectReader(root)
    reader.read()
    read_dependencies(reader)
    assert problems(reader) == [
        (
            "node_modules/a: a symbolic link, and its target may be outside the project; install with npm, or with "
            "another tool's hoisted layout"
        )
    ]


@pytest.mark.parametrize("text", ["[]", '{"dependencies": []}', "null", "1"])
def test_a_package_json_of_another_shape_is_a_problem(text, write):
    reader = ProjectReader(write({"package.json": text}))
    reader.read()
    read_dependencies(reader)
    assert problems(reader) == [
        'package.json: "dependencies" must be an object of package names and versions'
    ]
