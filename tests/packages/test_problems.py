"""All that is wrong with a project, in one run. What is said of each mistake is in `test_wrong_*.py`."""

from __future__ import annotations

import pytest

from sandbox_host.errors import limit_error
from sandbox_host.packages import BuildFailed, Evaluation, build

HANDLER = "export const POST = api(async () => api.json({}));\n"


def test_a_good_project_has_no_problems(connector, problems_of):
    assert problems_of(connector) == []


def test_mistakes_of_every_kind_are_reported_in_one_run(connector, problems_of):
    project = connector.config("streams:", "strems: 1, streams:").config(
        'Customer: ["write"]', 'Custmer: ["write"]'
    )
    project = project.changed("src/lib/client.ts", "return answer", "return = answer")
    project = project.without("src/api/webhooks/acme.ts")
    project |= {
        "src/api/files.ts": "import fs from 'fs';\nexport const GET = () => fs;\n",
        "src/api/far.ts": "\nexport const GET = () => Http.get('https://other.example/');\n",
        "src/hooks/invoice/after-save.ts": "throw new Error('no');\n",
        "src/jobs/hourly.ts": "export const run = () => 1;\n",
    }
    assert problems_of(project) == [
        'backfill.config.ts:9: permissions.entities.Custmer: unknown entity Custmer; did you mean "Customer"?',
        (
            "backfill.config.ts:13: strems: unknown key; did you mean 'streams'?; allowed here: key, name, version, "
            "provider, kind, permissions, config, pages, ui, connection, webhooks, streams, changes, purpose"
        ),
        'src/api/far.ts:2: host "other.example" is not declared; add "https://other.example/*" to permissions.http',
        (
            'src/api/files.ts:1: Unsupported import "fs" - not in a sandbox; use Entity for records and Settings for '
            "configuration; there are no files"
        ),
        'src/api/webhooks/acme.ts: webhooks.endpoint "/webhooks/acme" has no POST route',
        "src/hooks/invoice/after-save.ts:1: throws while it is loaded: no",
        'src/jobs/hourly.ts: has no schedule; write export const schedule = "0 2 * * *"',
        'src/lib/client.ts:4: Unexpected "="',
    ]


def test_an_error_in_a_module_that_several_import_is_reported_once(connector, problems_of):
    project = connector | {"src/lib/client.ts": "throw new Error('broken');\nexport const page = () => [];\n"}
    project["src/api/more.ts"] = 'import { page } from "../lib/client";\nexport const GET = () => page();\n'
    assert problems_of(project) == ["src/lib/client.ts:1: throws while it is loaded: broken"]


def test_no_operator_can_allow_more_than_the_ceiling(connector, write, evaluate, monkeypatch):
    monkeypatch.setattr("sandbox_host.packages.builder.MAX_BYTES", 1 << 10)
    with pytest.raises(BuildFailed, match="over its limit of 0"):
        build(write(connector), evaluate, max_bytes=1 << 30)


def test_what_a_project_throws_cannot_write_to_the_terminal(connector, problems_of):
    text = r"throw new Error('a\nsrc/b.ts: forged \x1b[2J \u202e \ud800' + 'x'.repeat(5000));"
    (problem,) = problems_of(connector | {"src/jobs/evil.ts": text})
    start = r"src/jobs/evil.ts:1: throws while it is loaded: a\nsrc/b.ts: forged \x1b[2J \u202e "
    assert problem.startswith(start)
    assert len(problem) < 1100
    problem.encode()


def test_a_bundle_that_runs_away_is_a_problem(connector, problems_of):
    (problem,) = problems_of(connector | {"src/jobs/evil.ts": "for (;;) {}"})
    assert problem.startswith(
        "src/jobs/evil.ts: cannot be loaded, or a module that it imports: the run used its"
    )


LOADING = {
    "loops": ("for (;;) {}", "the run used its 1000 ms of CPU"),
    "fills its memory": (
        "const all: any[] = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1));",
        "MiB of memory",
    ),
    "recurses in the engine": ("JSON.parse('['.repeat(1e6) + ']'.repeat(1e6));", None),
    "breaks the runtime": ("queueMicrotask(() => { for (;;); });", "the run used its 1000 ms of CPU"),
}


@pytest.mark.parametrize("name", LOADING)
def test_a_module_that_ends_the_evaluation_is_named_and_not_the_manifest(name, connector, problems_of):
    source, reason = LOADING[name]
    problems = problems_of(
        connector | {"src/jobs/evil.ts": source, "src/jobs/fine.ts": "export const x = 1;"}
    )
    mine = [one for one in problems if one.startswith("src/jobs/evil.ts:")]
    assert mine, problems
    assert reason is None or any(reason in one for one in mine)
    assert not [one for one in problems if one.startswith("backfill.config.ts")]


def test_a_bundle_that_ends_when_it_is_described_has_no_one_module(connector, problems_of):
    """All are loaded by then."""
    loops = "export const schedule = { get x() { for (;;); } }; export async function run() {}"
    assert any(
        one.startswith("backfill.config.ts: the project cannot be evaluated: the run used")
        for one in problems_of(connector | {"src/jobs/evil.ts": loops})
    )


def test_a_name_that_is_no_module_of_the_project_is_not_shown(connector, write):
    """A worker says it."""

    def lie(bundle):
        raise limit_error("CpuLimit", "the run used its CPU", "src/other/evil.ts")

    with pytest.raises(BuildFailed) as failed:
        build(write(connector), lie)
    assert {one.file for one in failed.value.problems} == {"backfill.config.ts"}


def test_an_evaluation_that_knows_nothing_is_a_problem(connector, write):
    with pytest.raises(BuildFailed) as failed:
        build(write(connector), lambda _: Evaluation())
    assert failed.value.problems


def test_a_flood_of_problems_is_counted(connector, problems_of):
    flood = "export const x: number = 1;\n" * 3_000
    problems = problems_of(connector | {"src/lib/flood.ts": flood})
    assert len(problems) == 1_001
    assert problems[-1] == "src/lib/flood.ts: and 4998 more problems from here on"
