"""`.backfill/`: the types are there, they are the project's own, and nothing else is touched."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sandbox_host.templates import editor_types

THING = """import { defineEntity } from "@backfill-io/sdk";
export default defineEntity({
  name: "Thing",
  fields: {
    label: { type: "string", required: true },
    rate: { type: "decimal", default: "1.00" },
    colour: { type: "enum", values: ["red", "green"] },
    count: { type: "number" },
  },
});
"""
USES = """import { Thing, api } from "@backfill-io/sdk";
export const POST = api(async () => {
  const made = Thing.create({ label: "one", rate: 2, colour: "red" });
  const rate: string = made.rate;
  const colour: "red" | "green" | null | undefined = made.colour;
  const found = Thing.query({ where: { label: "one", count: { gt: 1 } } });
  return { id: made.id, label: made.label.trim(), rate, colour, found: found.length };
});
"""
MISTAKES = [
    ('Thing.create({ rate: "1.00" });', "'label' is missing"),
    ('Thing.create({ label: "one", color: "red" });', "'color' does not exist"),
    ('Thing.create({ label: "one", colour: "blue" });', "'\"blue\"' is not assignable"),
    ('Thing.update("1", { count: "2" });', "'string' is not assignable"),
    ('const count: number = Thing.query()[0].count;', "'number | null | undefined' is not assignable"),
]  # fmt: skip


@pytest.fixture
def project(run: Any, tmp_path: Path) -> Path:
    assert run("init", "stripe", "--template", "connector").exit_code == 0
    return tmp_path / "stripe"


def add_entity(project: Path, extra: str = "") -> None:
    (project / "src" / "entities").mkdir()
    (project / "src" / "entities" / "Thing.ts").write_text(THING)
    (project / "src" / "api" / "things.ts").write_text(USES + extra)
    (project / "src" / "lib" / "count.ts").write_text("export const count = (): number => Thing.count();\n")


def test_mistakes_are_shown_in_the_editor(project: Path, tsc: Any) -> None:
    manifest = project / "backfill.config.ts"
    manifest.write_text(manifest.read_text().replace('mode: "poll"', 'mode: "push"'))
    test = project / "test" / "customers.test.ts"
    test.write_text(test.read_text().replace("runtime.call(POST)", "runtime.cal(POST)"))
    said = tsc(project)
    assert "Type '\"push\"' is not assignable" in said
    assert "Property 'cal' does not exist on type 'TestRuntime'" in said


def test_custom_entities_have_the_types_of_their_declarations(project: Path, run: Any, tsc: Any) -> None:
    add_entity(project)
    assert "has no exported member 'Thing'" in tsc(project)
    assert run("init", "--refresh", "stripe").exit_code == 0
    assert tsc(project) == ""


def test_mistakes_with_custom_entities_are_shown_too(project: Path, run: Any, tsc: Any) -> None:
    add_entity(
        project,
        "\n".join(f"export const wrong{n} = () => {{ {source} }};" for n, (source, _) in enumerate(MISTAKES)),
    )
    run("init", "--refresh", "stripe")
    said = tsc(project).splitlines()
    assert len([line for line in said if not line.startswith(" ")]) == len(MISTAKES), said
    for source, complaint in MISTAKES:
        assert any(complaint in line for line in said), (source, said)


def test_an_entity_that_is_gone_is_gone_from_the_types(project: Path, run: Any) -> None:
    add_entity(project)
    run("init", "--refresh", "stripe")
    types = project / ".backfill" / "entities.d.ts"
    assert "Thing" in types.read_text()
    shutil.rmtree(project / "src" / "entities")
    run("init", "--refresh", "stripe")
    assert "Thing" not in types.read_text()


@pytest.mark.parametrize("command", ["build", "test"])
def test_the_commands_that_read_a_project_bring_its_types_back(command: str, project: Path, run: Any) -> None:
    before = contents(project)
    shutil.rmtree(project / ".backfill")
    assert run(command, "stripe").exit_code == 0
    assert contents(project) == before


def test_what_an_older_sdk_left_is_removed_and_what_is_the_same_is_not_written(project: Path) -> None:
    old = project / ".backfill" / "sdk" / "src" / "old.ts"
    old.write_text("export {};")
    changed = project / ".backfill" / "sdk" / "src" / "routes.ts"
    changed.write_text("export {};")
    assert editor_types.refresh(project) == [".backfill/sdk/src/routes.ts"]
    assert not old.exists()
    assert editor_types.refresh(project) == []


def test_a_project_that_finds_its_types_elsewhere_is_left_alone(project: Path, run: Any) -> None:
    shutil.rmtree(project / ".backfill")
    (project / "tsconfig.json").unlink()
    assert run("build", "stripe").exit_code == 0
    assert not (project / ".backfill").exists()


def test_installed_types_of_node_take_the_place_of_ours(project: Path) -> None:
    ours = project / ".backfill" / "node.d.ts"
    assert ours.is_file()
    (project / "node_modules" / "@types" / "node").mkdir(parents=True)
    editor_types.refresh(project)
    assert not ours.exists()


def test_types_that_cannot_be_written_keep_nobody_from_building(project: Path, run: Any) -> None:
    shutil.rmtree(project / ".backfill")
    (project / ".backfill").write_text("mine")
    result = run("build", "stripe", "--json")
    assert json.loads(result.stdout)["ok"]
    assert result.stderr.startswith("the types for the editor were not refreshed: .backfill: ")
    assert (project / ".backfill").read_text() == "mine"


@pytest.mark.parametrize("link", [".backfill", ".backfill/sdk", ".backfill/sdk/src/index.ts"])
def test_nothing_is_written_through_a_link(link: str, project: Path, run: Any, tmp_path: Path) -> None:
    outside = lead_outside(project, link, tmp_path)
    result = run("init", "--refresh", "stripe", "--json")
    assert result.exit_code == 2
    [problem] = json.loads(result.stdout)["problems"]
    assert problem["message"] == f"{link} is a symbolic link; remove it"
    assert contents(outside) == {}


def test_nothing_is_removed_through_a_link(project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.ts").write_text("export {};")
    (project / ".backfill" / "more").symlink_to(outside)
    editor_types.refresh(project)
    assert (outside / "mine.ts").exists()


def test_without_that_guard_a_link_leads_outside(
    project: Path, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = lead_outside(project, ".backfill", tmp_path)
    monkeypatch.setattr(editor_types, "_refuse_links", lambda project, target: None)
    assert run("init", "--refresh", "stripe").exit_code == 0
    assert "sdk/src/index.ts" in contents(outside)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere: is not a project: it has no backfill.config.ts; give the folder that has one"),
        ([], ".: is not a project: it has no backfill.config.ts; give the folder that has one"),
        (["stripe", "--template", "webhook"],
         "--template: is for a new project; leave it out with --refresh"),
    ],
)  # fmt: skip
def test_a_refresh_of_something_else_is_refused(
    arguments: list[str], message: str, project: Path, run: Any
) -> None:
    result = run("init", "--refresh", *arguments)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == message


def test_a_refresh_says_what_it_wrote(project: Path, run: Any) -> None:
    assert run("init", "--refresh", "stripe").stdout == "stripe/.backfill is up to date: no file written\n"
    (project / ".backfill" / "entities.d.ts").unlink()
    answer = json.loads(run("init", "--refresh", "stripe", "--json").stdout)
    assert answer == {
        "ok": True, "path": "stripe", "template": None, "files": [".backfill/entities.d.ts"], "invoke": None,
        "problems": [],
    }  # fmt: skip


def lead_outside(project: Path, link: str, tmp_path: Path) -> Path:
    """Put a link to a folder elsewhere in this place."""
    outside = tmp_path / "outside"
    outside.mkdir()
    place = project / link
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    place.symlink_to(outside)
    return outside


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
