"""`backfill invoke --with`: hooks of several extensions, in the order of their installation."""

from __future__ import annotations

import pytest

HOOK = "hook:Customer:before_save"


@pytest.fixture
def extension(project):
    """`extension("a")`: adds its key to a customer's notes, and rejects one with its own key for a name."""

    def make(key, **files):
        body = (
            f'if (ctx.entity.name === "{key}") throw new Error("not here");\n'
            f'return {{ notes: (ctx.entity.notes ?? "") + Settings.get("letter") }};'
        )
        source = f"export default async (ctx: any) => {{\n{body}\n}};\n"
        return project(
            {"src/hooks/customer/before-save.ts": source, **files},
            connector=False,
            key=key,
            config={"letter": key},
            permissions={"entities": {"Customer": ["read", "write"]}},
        )

    return make


def saved(invoke, path, *options):
    report = invoke(path, HOOK, "--entity", '{"name": "Ada"}', "--save", *options)
    assert report["ok"], report["error"]
    return report["response"]["body"]["notes"]


def test_hooks_of_others_fire_before_those_of_what_is_tried(invoke, extension):
    assert saved(invoke, extension("c"), "--with", extension("b"), "--with", extension("a")) == "bac"


def test_without_it_an_extension_is_alone(invoke, extension):
    extension("b")
    assert saved(invoke, extension("a")) == "a"


def test_what_was_installed_first_stays_first(invoke, extension, tmp_path):
    one, two, state = extension("a"), extension("b"), ("--state", tmp_path / "state")
    assert saved(invoke, one, *state) == "a"
    assert saved(invoke, one, "--with", two, *state) == "ab"
    assert saved(invoke, two, "--with", one, *state) == "ab"


def test_an_observed_run_installs_nothing(invoke, extension, tmp_path):
    one, two, state = extension("a"), extension("b"), ("--state", tmp_path / "state")
    assert saved(invoke, one, "--with", two, "--observe", *state) == "ba"
    assert saved(invoke, one, *state) == "a"
    assert saved(invoke, one, "--with", two, "--observe", *state) == "ab"


def test_a_rejection_says_whose_it_is(invoke, extension):
    asked = (extension("a"), HOOK, "--entity", '{"name": "b"}', "--save", "--with", extension("b"))
    report = invoke(*asked)
    assert (report["error"]["name"], report["writes"]) == ("HookRejected", [])
    assert "before_save of b rejected the write: not here" in report["error"]["message"]


def test_an_extension_is_installed_once(invoke, extension):
    one, two = extension("a"), extension("b")
    report = invoke(one, HOOK, "--entity", "{}", "--with", two, "--with", two, "--with", one)
    assert [(each["file"], each["message"]) for each in report["error"]["problems"]] == [
        ("--with", "b is there already; an extension is installed once"),
        ("--with", "a is there already; an extension is installed once"),
    ]


def test_what_is_wrong_with_the_other_project_has_its_folder(invoke, extension, tmp_path):
    wrong = extension("b", **{"src/jobs/nightly.ts": "export const schedule = '0 2 * * *';\n"})
    report = invoke(extension("a"), HOOK, "--entity", "{}", "--with", wrong)
    (problem,) = report["error"]["problems"]
    assert problem["file"] == f"{wrong}/src/jobs/nightly.ts"
    report = invoke(extension("c"), HOOK, "--entity", "{}", "--with", tmp_path / "none")
    (problem,) = report["error"]["problems"]
    assert (problem["file"], problem["message"]) == (str(tmp_path / "none"), "there is no such folder")
