"""Input that is wrong: exit 2, the place, the way out, and never a traceback."""

from __future__ import annotations

import json

import pytest
from typer.core import TyperCommand

SIGNED = 'export const config = { auth: "hmac_sha256" };\nexport const POST = api(async () => 1);\n'
FILES = {
    "src/api/run.ts": "export const POST = api(async () => 1);\nexport const GET = api(async () => 2);\n",
    "src/api/webhooks/acme.ts": SIGNED,
    "src/jobs/nightly.ts": 'export const schedule = "0 2 * * *";\nexport async function run() {}\n',
    "src/hooks/invoice/before-save.ts": "export default async () => null;\n",
}
PERMISSIONS = {"entities": {"Invoice": ["read", "write"], "Customer": ["read"]}}


@pytest.fixture
def acme(project):
    return project(FILES, permissions=PERMISSIONS)


@pytest.fixture
def refused(backfill):
    """`refused(path, entry, *options)`: the problems, as `place: message` lines."""

    def run(path, entry, *options):
        ran = backfill("invoke", path, entry, *options, "--json")
        assert ran.code == 2 and ran.err == "", ran
        assert ran.report["error"]["name"] == "InvalidInput"
        return [f"{each['file']}: {each['message']}" for each in ran.report["error"]["problems"]]

    return run


ARGUMENTS = [
    (["POST /elsewhere"], "ENTRY", "there are: GET /run, POST /run"),
    (["DELETE /run"], "ENTRY", "no route DELETE /run"),
    (["job:weekly"], "ENTRY", "there are: job:nightly"),
    (["job:"], "ENTRY", "job:NAME"),
    (["hook:Invoice:after_save", "--entity", "{}"], "ENTRY", "hook:Invoice:before_save"),
    (["hook:Invoice:before_save"], "ENTRY", "--entity"),
    (["hook:Invoice"], "ENTRY", "hook:Entity:event"),
    (["run"], "ENTRY", "METHOD /path"),
    ([""], "ENTRY", "METHOD /path"),
    (["POST /run", "--body", "{"], "--body", "not JSON"),
    (["POST /run", "--body", "NaN"], "--body", "not JSON"),
    (["POST /run", "--body", "[" * 100_000], "--body", "not JSON"),
    (["POST /run", "--body", "@missing.json"], "--body", "missing.json"),
    (["POST /run", "--body", "1", "--raw-body", "@x"], "--raw-body", "not both"),
    (["POST /run", "--raw-body", "@missing.bin"], "--raw-body", "missing.bin"),
    (["POST /run", "--raw-body", "@\0"], "--raw-body", "null byte"),
    (["POST /run", "--query", "nonsense"], "--query", "NAME=VALUE"),
    (["POST /run", "--header", "=x"], "--header", "NAME=VALUE"),
    (["POST /run", "--secret", "api_key"], "--secret", "NAME=VALUE"),
    (["POST /run", "--secret", "API KEY=x"], "--secret", "lower case"),
    (["POST /run", "--setting", "nonsense"], "--setting", "NAME=VALUE"),
    (["POST /run", "--sign"], "ENTRY", "leave out --sign"),
    (["POST /webhooks/acme", "--sign", "--body", "{}"], "ENTRY", "--secret webhook_secret=VALUE"),
    (["POST /webhooks/acme", "--sign", "--secret", "webhook_secret="], "ENTRY", "secret"),
    (["hook:Invoice:before_save", "--entity", "[1]"], "--entity", "object"),
    (["hook:Invoice:before_save", "--entity", "null"], "", ""),
    (["hook:Invoice:before_save", "--entity", "{}", "--previous", "7"], "--previous", "object"),
    (["POST /run", "--limit", "cpu_ms"], "--limit", "NAME=VALUE"),
    (["POST /run", "--limit", "cpu=5"], "--limit", "cpu_ms"),
    (["POST /run", "--limit", "cpu_ms=fast"], "--limit", "whole number"),
    (["POST /run", "--limit", "cpu_ms=0"], "--limit", "from 1 to 10000"),
    (["POST /run", "--limit", "cpu_ms=-1"], "--limit", "whole number"),
    (["POST /run", "--limit", "cpu_ms=10001"], "--limit", "from 1 to 10000"),
    (["POST /run", "--limit", "memory_mb=257"], "--limit", "from 1 to 256"),
    (["POST /run", "--limit", "http_requests=99999999999999"], "--limit", "whole number"),
    (["POST /run", "--egress-map", "nonsense"], "--egress-map", "https://HOST=http://127.0.0.1:PORT"),
    (["POST /run", "--egress-map", "https://a.example=http://b.example:80"], "--egress-map", "https"),
    (["POST /run", "--records", "missing.json"], "missing.json", "No such file"),
    (["POST /run", "--stub", "missing.json"], "missing.json", "No such file"),
    (["POST /run", "--no-such-option"], "arguments", "--no-such-option"),
    (["POST /run", "--limit", "--observe"], "arguments", "'--limit' needs a value; '--observe' is an option"),
    (["POST /run", "--secret", "--limit", "cpu_ms=5"], "arguments", "'--secret' needs a value"),
    (["POST /run", "--oauth-token", "tok_12345678"], "--oauth-token", "no connection.oauth"),
    (["job:nightly", "--oauth-token", "two words"], "--oauth-token", "visible ASCII"),
    (["job:nightly", "--oauth-token", ""], "--oauth-token", "visible ASCII"),
    (["job:nightly", "--oauth-token", "é" * 20], "--oauth-token", "visible ASCII"),
    (["job:nightly", "--oauth-token", "x" * 16_385], "--oauth-token", "16 KiB at most"),
    (["job:nightly", "--oauth-token", "@missing.txt"], "--oauth-token", "missing.txt"),
    (
        ["hook:Invoice:before_save", "--entity", "{}", "--oauth-token", "tok_1"],
        "--oauth-token",
        "no connection",
    ),
    (["POST /run", "and", "more"], "arguments", "unexpected"),
]


@pytest.mark.parametrize(("arguments", "place", "way_out"), ARGUMENTS)
def test_a_wrong_argument_is_named(refused, acme, arguments, place, way_out):
    problems = refused(acme, *arguments)
    assert any(each.startswith(place) and way_out in each for each in problems), problems


@pytest.mark.parametrize(("arguments", "place", "way_out"), ARGUMENTS)
def test_a_wrong_argument_is_shown_to_people_without_a_traceback(backfill, acme, arguments, place, way_out):
    ran = backfill("invoke", acme, *arguments)
    assert ran.code == 2 and (ran.out + ran.err).strip()
    assert "Traceback" not in ran.out + ran.err and "sandbox_host" not in ran.out + ran.err


def test_every_wrong_argument_is_named_at_once(refused, acme):
    options = ["--body", "{", "--limit", "cpu=1", "--secret", "x", "--records", "missing.json"]
    assert len(refused(acme, "POST", *options)) == 5


def test_a_value_of_a_secret_is_never_quoted(backfill, acme):
    ran = backfill("invoke", acme, "POST /run", "--secret", "Api-Key=sk_live_51H", "--json")
    assert ran.code == 2 and "sk_live_51H" not in ran.out + ran.err


STUB_FILES = [
    ("{", "not JSON"),
    ("{}", "array of rows"),
    ('[{"url": "https://api.acme.example/*", "stauts": 200}]', "did you mean 'status'"),
    ('[{"method": "FETCH", "url": "https://x.example/"}]', "row 1: method"),
    ('[{"url": "https://x.example/"}, {"url": 7}]', "row 2: url"),
    ('[{"url": "http://x.example/"}]', "https://"),
    ('[{"url": "https://x.example/", "status": 99}]', "200 to 599"),
    ('[{"url": "https://x.example/", "times": 0}]', "times"),
    ('[{"url": "https://x.example/", "headers": {"a": 1}}]', "headers"),
    ("\xff", "UTF-8"),
    ("[" * 100_000, "nested too deeply"),
]


@pytest.mark.parametrize(("text", "way_out"), STUB_FILES)
def test_a_wrong_stub_file_is_named(refused, acme, tmp_path, text, way_out):
    (tmp_path / "stubs.json").write_bytes(text.encode("latin-1"))
    problems = refused(acme, "POST /run", "--stub", tmp_path / "stubs.json")
    assert all(each.startswith("stubs.json: ") for each in problems)
    assert any(way_out.lower() in each.lower() for each in problems), problems


RECORD_FILES = [
    ("{", "not JSON"),
    ("[]", "object"),
    ("null", "object"),
    ('{"Customer": {}}', "list of records"),
    ('{"Customer": [7]}', "Customer[0]"),
    ('{"Customer": [{"id": "c1"}, {"id": "c2", "nmae": "x"}]}', "Customer[1]"),
    ('{"Customers": [{"id": "c1"}]}', "Customers"),
    ('{"Invoice": [{"id": "i1", "total_amount": "a lot"}]}', "total_amount"),
    (
        '{"Customer": [{"id": "c1"}, {"id": "c2"}, {"id": "c1"}]}',
        "Customer[2] has the id of Customer[0], 'c1'",
    ),
]


@pytest.mark.parametrize(("text", "way_out"), RECORD_FILES)
def test_a_wrong_record_file_is_named(refused, acme, tmp_path, text, way_out):
    (tmp_path / "records.json").write_text(text)
    problems = refused(acme, "POST /run", "--records", tmp_path / "records.json")
    assert any(way_out in each for each in problems), problems
    assert all("records" in each for each in problems), problems


PROJECTS = [
    ({"backfill.config.ts": "export default {{{"}, "backfill.config.ts", 1),
    ({"backfill.config.ts": 'throw new Error("at once");'}, "backfill.config.ts", 1),
    ({"backfill.config.ts": "export const nothing = 1;"}, "backfill.config.ts", None),
    ({"src/api/run.ts": "export const POST = api(async () => {\n  return (;\n});\n"}, "src/api/run.ts", 2),
    ({"src/api/run.ts": "\n\nthrow new Error('at load');"}, "src/api/run.ts", 3),
    ({"src/api/run.ts": "Log.info('at load'); export const POST = api(async () => 1);"}, "src/api/run.ts", 1),
    ({"src/api/run.ts": "export const post = api(async () => 1);"}, "src/api/run.ts", None),
    ({"src/api/run.ts": 'import fs from "node:fs";\nexport const POST = api(async () => fs);'}, "src/api/run.ts", 1),
    ({"src/api/run.ts": 'import x from "./missing";\nexport const POST = api(async () => x);'}, "src/api/run.ts", 1),
    ({"src/api/run.ts": "for (;;);\nexport const POST = api(async () => 1);"}, "src/api/run.ts", None),
    ({"src/api/run.ts": 'export const POST = () =>\nHttp.get("https://evil.example/x");'}, "src/api/run.ts", 2),
    ({"src/jobs/nightly.ts": "export async function run() {}"}, "src/jobs/nightly.ts", None),
    ({"src/hooks/payment/after-save.ts": "export default () => null;"}, "src/hooks/payment/after-save.ts", None),
]  # fmt: skip


@pytest.mark.parametrize(("files", "place", "line"), PROJECTS)
def test_a_wrong_source_file_is_named_with_its_line(backfill, project, files, place, line):
    path = project({**FILES, **files}, permissions=PERMISSIONS)
    ran = backfill("invoke", path, "POST /run", "--json")
    assert ran.code == 2 and ran.err == ""
    problems = ran.report["error"]["problems"]
    mine = [each for each in problems if each["file"] == place]
    assert mine and (line is None or any(each["line"] == line for each in mine)), problems
    shown = backfill("invoke", path, "POST /run")
    assert shown.code == 2 and place in shown.out + shown.err and "Traceback" not in shown.err


MANIFESTS = [
    ({"permisions": {}}, "did you mean"),
    ({"permissions": {"http": ["https://api.acme.example"]}}, "write https://api.acme.example/*"),
    ({"permissions": {"http": ["http://api.acme.example/*"]}}, "permissions.http[0]"),
    ({"permissions": {"entities": {"Custmer": ["read"]}}}, "permissions.entities.Custmer"),
    ({"permissions": {"entities": {"Customer": ["raed"]}}}, "permissions.entities.Customer"),
    ({"key": "Not A Key"}, "key"),
    ({"streams": [{"key": "invoices", "mode": "poll", "schedule": "*/15 * * * *"}]}, "POST"),
    ({"streams": [{"key": "invoices", "mode": "poll", "schedule": "whenever"}]}, "streams[0].schedule"),
    ({"webhooks": {"endpoint": "/webhooks/acme", "auth": "stripe_signature"}}, "webhooks.auth"),
]


@pytest.mark.parametrize(("manifest", "says"), MANIFESTS)
def test_a_wrong_manifest_is_named_with_its_path(refused, project, manifest, says):
    path = project(
        {"src/api/webhooks/acme.ts": SIGNED, "src/api/run.ts": FILES["src/api/run.ts"]}, **manifest
    )
    problems = refused(path, "POST /run")
    assert any(says in each for each in problems), problems


@pytest.mark.parametrize("kind", ["missing", "file", "empty", "link"])
def test_a_project_that_is_none_is_named(refused, tmp_path, acme, kind):
    path = tmp_path / "no-project"
    if kind == "file":
        path.write_text("x")
    elif kind == "empty":
        path.mkdir()
    elif kind == "link":
        path.mkdir()
        (path / "backfill.config.ts").symlink_to(acme / "backfill.config.ts")
    problems = refused(path, "POST /run")
    assert problems and all(each.split(": ", 1)[1] for each in problems)


@pytest.mark.parametrize("kind", ["a file", "below a file", "not a database"])
def test_a_state_folder_that_cannot_be_one_is_named(backfill, acme, tmp_path, kind):
    state = tmp_path / "state"
    if kind == "not a database":
        state.mkdir()
        (state / "state.db").write_bytes(b"this is no database, whatever its name says" * 100)
    else:
        state.write_text("x")
    place = state / "inner" if kind == "below a file" else state
    ran = backfill("invoke", acme, "POST /run", "--state", place, "--json")
    assert ran.code == 2 and "Traceback" not in ran.err
    assert any(str(place) in each["file"] + each["message"] for each in ran.report["error"]["problems"]), (
        ran.report
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["audit", "export", "--state", "nowhere"],
        ["audit", "verify", "nothing.jsonl", "--state", "nowhere"],
        ["audit", "verify"],
        ["build", "nowhere"],
        ["invoke"],
        ["invoke", "nowhere"],
        ["nonsense"],
    ],
)
def test_every_command_says_what_is_wrong_and_exits_2(backfill, arguments):
    ran = backfill(*arguments)
    assert ran.code == 2 and (ran.err + ran.out).strip() and "Traceback" not in ran.err


@pytest.mark.parametrize("option", ["--limit", "--secret", "--body", "--state", "--stub"])
def test_an_option_does_not_take_json_for_its_value(backfill, acme, option):
    ran = backfill("invoke", acme, "POST /run", option, "--json")
    assert ran.code == 2 and ran.err == ""
    [problem] = ran.report["error"]["problems"]
    assert problem["file"] == "arguments" and f"'{option}' needs a value" in problem["message"]


def test_without_that_rule_the_run_would_not_print_an_object(backfill, acme, monkeypatch):
    """The guard, removed."""
    monkeypatch.setattr("sandbox_host.cli._Command", TyperCommand)
    ran = backfill("invoke", acme, "POST /run", "--secret", "--json")
    assert not ran.out.startswith("{") and "needs a value" not in ran.out + ran.err


def test_a_value_may_look_like_an_option_that_is_none(backfill, acme):
    assert backfill("invoke", acme, "POST /run", "--setting=--json", "--json").code == 2
    assert backfill("invoke", acme, "POST /run", "--header", "x=--limit", "--json").code == 0


@pytest.mark.parametrize(
    "command", [["init"], ["build"], ["test"], ["invoke"], ["demo"], ["audit", "verify"]]
)
def test_every_command_answers_json_even_where_no_argument_can_be_read(backfill, command):
    ran = backfill(*command, "--nonsense", "--json")
    assert (ran.code, ran.err) == (2, "")
    assert "--nonsense" in json.dumps(ran.report)
    assert ran.report.get("ok", ran.report.get("verified")) is False


def test_the_object_is_there_even_where_no_argument_can_be_read(backfill):
    ran = backfill("invoke", "--json")
    assert ran.code == 2
    assert [each["file"] for each in ran.report["error"]["problems"]] == ["arguments"]
    assert json.loads(ran.out) == ran.report
