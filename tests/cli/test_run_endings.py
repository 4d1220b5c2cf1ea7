"""How a run ends: what it leaves behind when it succeeds, and when it does not."""

from __future__ import annotations

import json

import pytest

PERMISSIONS = {
    "entities": {"Customer": ["read", "write"], "Invoice": ["read", "write"]},
    "secrets": {"token": ["read", "write"]},
}
STREAMS = [{"key": "customers", "mode": "webhook"}]

TWO_WRITES = """\
Customer.create({ name: "Ada" });
ingest.canonical("customer", { id: "c2", name: "Grace" }, { stream: "customers", idempotencyKey: "k" });
sync.setCheckpoint("customers", { cursor: "1" });
Secrets.set("token", "rotated-token-1");
"""


def route(body: str) -> str:
    return f"export const POST = api(async (request: any) => {{\n{body}\n}});\n"


def job(body: str) -> str:
    return f'export const schedule = "0 2 * * *";\nexport async function run() {{\n{body}\n}}\n'


def hook(body: str) -> str:
    return f"export default async (ctx: any) => {{\n{body}\n}};\n"


@pytest.fixture
def acme(project):
    return project(
        {
            "src/api/throws.ts": route(TWO_WRITES + 'throw new Error("too late");'),
            "src/api/loops.ts": route(TWO_WRITES + "for (;;);"),
            "src/api/token.ts": route('return Secrets.get("token") === "rotated-token-1";'),
            "src/api/refuses.ts": route(TWO_WRITES + "return api.badRequest();"),
            "src/jobs/fails.ts": job(TWO_WRITES + 'throw new Error("half way");'),
            "src/jobs/loops.ts": job(TWO_WRITES + "for (;;);"),
            "src/hooks/invoice/before-save.ts": hook(
                'if (ctx.entity.memo === "no") throw new Error("no memo of this kind");\n'
                "return { memo: ctx.operation, changes: ctx.changes, previous: ctx.previous, actor: ctx.actor };"
            ),
            "src/hooks/invoice/after-save.ts": hook(
                TWO_WRITES.split("ingest")[0] + 'throw new Error("later");'
            ),
        },
        permissions=PERMISSIONS,
        streams=STREAMS,
    )


@pytest.mark.parametrize(("entry", "code"), [("POST /throws", "handler_error"), ("POST /loops", "cpu_limit")])
def test_a_route_that_fails_stores_nothing(acme, invoke, state, rows, entry, code):
    report = invoke(acme, entry, "--limit", "cpu_ms=80", "--state", state)
    assert report["error"]["code"] == code
    kept = rows(state)
    assert not (kept["record"] or kept["record_version"] or kept["ingest_key"] or kept["checkpoint"])
    assert [(write["kind"], write["committed"]) for write in report["writes"]] == [
        ("entity", False),
        ("ingest", False),
        ("checkpoint", False),
        ("secret", True),
    ]


@pytest.mark.parametrize(("entry", "code"), [("job:fails", "handler_error"), ("job:loops", "cpu_limit")])
def test_a_job_that_fails_keeps_what_it_wrote(acme, invoke, state, rows, entry, code):
    report = invoke(acme, entry, "--limit", "cpu_ms=80", "--state", state)
    assert report["error"]["code"] == code
    kept = rows(state)
    assert len(kept["record"]) == 2 and len(kept["checkpoint"]) == 1
    assert all(write["committed"] for write in report["writes"])


def test_a_rotated_secret_stays_whatever_happens_next(acme, invoke, state):
    assert not invoke(acme, "POST /throws", "--state", state)["ok"]
    assert invoke(acme, "POST /token", "--state", state)["response"]["body"] is True


def test_an_answer_that_refuses_is_an_answer_and_its_writes_are_kept(acme, invoke, state, rows):
    report = invoke(acme, "POST /refuses", "--state", state)
    assert report["ok"] and report["response"]["status"] == 400
    assert len(rows(state)["record"]) == 2


def test_what_a_handler_throws_names_the_author_s_line(acme, invoke):
    error = invoke(acme, "POST /throws")["error"]
    assert (error["name"], error["code"], error["message"]) == ("Error", "handler_error", "too late")
    assert "src/api/throws.ts:" in error["stack"]
    assert "/tmp" not in error["stack"] and "sandbox_host" not in error["stack"]


def test_a_hook_s_answer_is_shown_and_neither_saved_nor_merged(acme, invoke, state, rows):
    entity, previous = (
        {"id": "i1", "memo": "new", "total_amount": "5"},
        {"id": "i1", "memo": "old", "total_amount": "5"},
    )
    report = invoke(
        acme, "hook:Invoice:before_save", "--entity", json.dumps(entity), "--previous", json.dumps(previous),
        "--state", state,
    )  # fmt: skip
    assert report["response"] == {
        "status": 200,
        "headers": {},
        "body": {
            "memo": "update",
            "changes": ["memo"],
            "previous": previous,
            "actor": {"type": "user", "id": "cli"},
        },
    }
    assert report["writes"] == [] and rows(state)["record"] == []


def test_a_before_hook_that_throws_rejects(acme, invoke):
    report = invoke(acme, "hook:Invoice:before_save", "--entity", '{"id":"i1","memo":"no"}')
    assert report["response"] is None
    assert (report["error"]["code"], report["error"]["message"]) == ("hook_rejected", "no memo of this kind")


def test_an_after_hook_that_throws_rejects_nothing(acme, invoke, state, rows):
    report = invoke(acme, "hook:Invoice:after_save", "--entity", '{"id":"i1"}', "--state", state)
    assert report["error"]["code"] == "handler_error"
    assert rows(state)["record"] == []


def test_the_entity_of_a_hook_may_come_from_a_file(acme, invoke, tmp_path):
    (tmp_path / "entity.json").write_text('{"id":"i1"}')
    report = invoke(acme, "hook:Invoice:before_save", "--entity", f"@{tmp_path / 'entity.json'}")
    assert report["response"]["body"]["memo"] == "create"


@pytest.mark.parametrize(
    ("entry", "source", "path"),
    [
        ("job:nothing", job("return;"), "src/jobs/nothing.ts"),
        ("hook:Invoice:after_save", hook("return;"), "src/hooks/invoice/after-save.ts"),
    ],
)
def test_nothing_returned_is_null(project, invoke, entry, source, path):
    root = project({path: source}, permissions=PERMISSIONS)
    options = ["--entity", '{"id":"i1"}'] if entry.startswith("hook") else []
    assert invoke(root, entry, *options)["response"] == {"status": 200, "headers": {}, "body": None}
