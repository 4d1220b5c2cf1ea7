"""`backfill invoke --json`: one object on standard output, and its form, whatever the run came to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest

SCHEMA = jsonschema_rs.validator_for(json.loads((Path(__file__).parent / "invoke.schema.json").read_text()))

PERMISSIONS = {
    "http": ["https://api.acme.example/*"],
    "entities": {"Customer": ["read", "write"], "Invoice": ["read", "write"]},
    "secrets": {"api_key": ["read"], "token": ["read", "write"]},
}

EVERY_CAPABILITY = """\
Log.info("started", { at: 1 });
Log.warn("no data");
Settings.get("region");
const key = Secrets.get("api_key");
Secrets.set("token", "a-rotated-token");
Http.get("https://api.acme.example/v1/things");
Http.post("https://api.acme.example/v1/things", { name: "one" });
const made = Customer.create({ name: "Ada" });
Customer.update(made.id, { name: "Ada L." });
Customer.query({ where: { name: "Ada L." } });
ingest.canonical("customer", { id: "c1", name: "Grace" }, { stream: "customers", idempotencyKey: "acme:customer:c1" });
ingest.batch("customer", [{ id: "c2" }], { stream: "customers", idempotencyKey: (c: any) => `k:${c.id}` });
sync.setCheckpoint("customers", { cursor: "2" });
Crypto.sha256("x");
verify.hmacSha256({ rawBody: "x", headers: {} }, "a secret of ours", { header: "x-signature" });
Customer.delete(made.id);
return api.json({ key: key !== null }, { status: 201, headers: { "x-a": "b" } });
"""

STREAM = {"key": "customers", "mode": "webhook"}


@pytest.fixture
def acme(project):
    """A connector with an entrypoint for every outcome."""

    def route(body: str, config: str = "") -> str:
        return f"{config}export const POST = api(async (request: any) => {{\n{body}\n}});\n"

    return project(
        {
            "src/api/everything.ts": route(EVERY_CAPABILITY),
            "src/api/echo.ts": route("return request.body;"),
            "src/api/nothing.ts": route("return undefined;"),
            "src/api/throws.ts": route('throw new TypeError("no such thing");'),
            "src/api/throws_text.ts": route('throw "just text";'),
            "src/api/denied.ts": route('return Http.get(["https:/", "evil.example", "x"].join("/")).body;'),
            "src/api/caught.ts": route(
                'try { Invoice.get("x"); Item.get("x"); } catch (e: any) { return e.code; }'
            ),
            "src/api/loops.ts": route("for (;;);"),
            "src/api/calls.ts": route('for (;;) Log.info("again");'),
            "src/api/refused.ts": route("return api.unauthorized();"),
            "src/api/webhooks/acme.ts": route(
                "return 1;", 'export const config = { auth: "hmac_sha256" };\n'
            ),
            "src/hooks/invoice/before-save.ts": "export default async (ctx: any) => ({ memo: ctx.operation });\n",
            "src/hooks/invoice/before-delete.ts": 'export default async () => { throw new Error("keep it"); };\n',
            "src/jobs/nightly.ts": 'export const schedule = "0 2 * * *";\nexport async function run() { return 7; }\n',
        },
        permissions=PERMISSIONS,
        streams=[STREAM],
    )


OUTCOMES = [
    ("POST /everything", ["--secret", "api_key=k-12345678", "--setting", "region=eu"], 0, None),
    ("POST /everything", ["--secret", "api_key=k-12345678", "--observe"], 0, None),
    ("POST /echo", ["--body", '{"a":[1,2.5,null,true,"ü"]}'], 0, None),
    ("POST /nothing", [], 0, None),
    ("POST /refused", [], 0, None),
    ("POST /caught", [], 0, None),
    ("POST /throws", [], 1, "handler_error"),
    ("POST /throws_text", [], 1, "handler_error"),
    ("POST /throws", ["--observe"], 1, "handler_error"),
    ("POST /denied", [], 1, "permission_denied"),
    ("POST /everything", [], 1, "egress_blocked"),
    ("POST /loops", ["--limit", "cpu_ms=50"], 1, "cpu_limit"),
    ("POST /calls", ["--limit", "host_calls=5"], 1, "call_limit"),
    ("POST /webhooks/acme", ["--body", "{}"], 1, "signature_invalid"),
    ("job:nightly", [], 0, None),
    ("hook:Invoice:before_save", ["--entity", '{"id":"i1"}'], 0, None),
    ("hook:Invoice:before_delete", ["--entity", '{"id":"i1"}'], 1, "hook_rejected"),
    ("POST /elsewhere", [], 2, "invalid_input"),
    ("job:weekly", [], 2, "invalid_input"),
    ("POST /echo", ["--body", "{"], 2, "invalid_input"),
    ("POST /echo", ["--no-such-option"], 2, "invalid_input"),
]


@pytest.mark.parametrize(("entry", "options", "code", "error"), OUTCOMES)
def test_every_outcome_has_the_same_form(backfill, acme, stubs, entry, options, code, error):
    answering = stubs({"url": "https://api.acme.example/*", "body": {"id": "t1"}})
    if code == 0 and entry == "POST /everything":
        options = [*options, "--stub", answering]
    ran = backfill("invoke", acme, entry, *options, "--json")
    report = ran.report
    problems = [
        f"{'/'.join(map(str, each.instance_path))}: {each.message}" for each in SCHEMA.iter_errors(report)
    ]
    assert not problems
    assert ran.code == code and report["ok"] is (code == 0), report["error"]
    assert (report["error"] or {}).get("code") == error
    assert [call["seq"] for call in report["calls"]] == list(range(1, len(report["calls"]) + 1))
    assert report["usage"]["host_calls"] <= len(report["calls"])
    assert report["mode"] == ("observe" if "--observe" in options else "live")


def test_every_kind_of_call_and_write_is_named_as_agreed(invoke, acme, stubs):
    answering = stubs({"url": "https://api.acme.example/*", "body": {"id": "t1"}})
    report = invoke(acme, "POST /everything", "--secret", "api_key=k-12345678", "--stub", answering)
    customer = report["writes"][2]["id"]
    assert [(call["capability"], call["action"], call["resource"]) for call in report["calls"]] == [
        ("log", "write", "info"),
        ("log", "write", "warn"),
        ("settings", "get", "region"),
        ("secrets", "get", "api_key"),
        ("secrets", "set", "token"),
        ("http", "get", "https://api.acme.example/v1/things"),
        ("http", "post", "https://api.acme.example/v1/things"),
        ("entity", "create", "Customer"),
        ("entity", "update", f"Customer/{customer}"),
        ("entity", "query", "Customer"),
        ("ingest", "canonical", "Customer/c1"),
        ("ingest", "batch", "Customer"),
        ("sync", "setCheckpoint", "customers"),
        ("crypto", "sha256", report["calls"][13]["resource"]),
        ("verify", "hmacSha256", report["calls"][14]["resource"]),
        ("entity", "delete", f"Customer/{customer}"),
    ]
    assert [(write["kind"], write["action"], write["entity"]) for write in report["writes"]] == [
        ("secret", "set", None),
        ("http", "post", None),
        ("entity", "create", "Customer"),
        ("entity", "update", "Customer"),
        ("ingest", "canonical", "Customer"),
        ("ingest", "batch", "Customer"),
        ("checkpoint", "setCheckpoint", None),
        ("entity", "delete", "Customer"),
    ]
    assert all(write["committed"] for write in report["writes"])
    assert report["writes"][0]["data"] is None
    assert report["logs"] == [
        {"level": "info", "message": "started", "data": {"at": 1}},
        {"level": "warn", "message": "no data", "data": None},
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda report: report.pop("logs"),
        lambda report: report.update(extra=1),
        lambda report: report.update(mode="dry"),
        lambda report: report["usage"].pop("cpu_ms"),
        lambda report: report["calls"][0].update(decision="maybe"),
        lambda report: report["calls"][0].update(extra=1),
        lambda report: report["writes"][0].pop("committed"),
        lambda report: report.update(ok=False),
    ],
)
def test_the_schema_refuses_a_report_of_another_form(invoke, acme, stubs, change):
    answering = stubs({"url": "https://api.acme.example/*", "body": {}})
    report = invoke(acme, "POST /everything", "--secret", "api_key=k-12345678", "--stub", answering)
    assert SCHEMA.is_valid(report)
    change(report)
    assert not SCHEMA.is_valid(report)


def test_a_query_is_never_part_of_a_resource(invoke, guest, stubs):
    path = guest(
        'return Http.get("https://api.acme.example/v1/x?token=abc").status;', permissions=PERMISSIONS
    )
    report = invoke(path, "POST /run", "--stub", stubs({"url": "https://api.acme.example/*"}))
    assert report["calls"][0]["resource"] == "https://api.acme.example/v1/x"


@pytest.mark.parametrize(
    ("options", "code"),
    [(["POST /echo"], 0), (["POST /throws"], 1), (["POST /elsewhere"], 2), (["POST /echo", "--nope"], 2)],
)
def test_a_process_of_its_own_prints_one_object_and_exits_as_agreed(acme, options, code):
    command = [sys.executable, "-c", "from sandbox_host.cli import main; main()", "invoke", str(acme)]
    ran = subprocess.run([*command, *options, "--json"], capture_output=True, timeout=60, check=False)
    assert ran.returncode == code
    assert ran.stderr == b""
    assert ran.stdout.endswith(b"}\n") and SCHEMA.is_valid(json.loads(ran.stdout))
