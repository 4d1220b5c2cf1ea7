"""What a key and an identity mean over several runs of the command on one state folder."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys

import pytest


@pytest.fixture
def acme(guest):
    """A connector whose route ingests its body: `{id, name, key}`."""
    return guest(
        'return ingest.canonical("customer", { id: request.body.id, name: request.body.name },'
        ' { stream: "customers", idempotencyKey: request.body.key });',
        permissions={"entities": {"Customer": ["write"]}},
        streams=[{"key": "customers", "mode": "webhook"}],
    )


@pytest.fixture
def ingest(acme, invoke, state):
    """`ingest("A", key=…)`: one run; the answer of `ingest.canonical`, or the error."""

    def run(name, key="acme:customer:c1", id="c1", *options):
        body = json.dumps({"id": id, "name": name, "key": key})
        report = invoke(acme, "POST /run", "--body", body, "--state", state, *options)
        return report["response"]["body"] if report["ok"] else report["error"]

    return run


def versions(state) -> list[str]:
    db = sqlite3.connect(state / "state.db")
    try:
        found = db.execute("SELECT data FROM record_version ORDER BY record, version").fetchall()
        return [json.loads(data)["name"] for (data,) in found]
    finally:
        db.close()


def test_polling_a_b_a_gives_three_versions(ingest, state, stored):
    answers = [ingest(name) for name in ("A", "B", "A")]
    assert [(each["status"], each["version"]) for each in answers] == [
        ("created", 1),
        ("updated", 2),
        ("updated", 3),
    ]
    assert versions(state) == ["A", "B", "A"]
    assert stored(state, "Customer")["c1"]["name"] == "A"


def test_a_delivery_that_comes_again_does_not_undo_a_later_one(ingest, state, stored):
    answers = [ingest("A", key="evt1"), ingest("B", key="evt2"), ingest("A", key="evt1")]
    assert [each["status"] for each in answers] == ["created", "updated", "duplicate"]
    assert stored(state, "Customer")["c1"]["name"] == "B"
    assert versions(state) == ["A", "B"]


def test_polling_the_same_page_twice_changes_nothing(ingest, state, rows):
    ingest("A")
    before = rows(state)
    assert ingest("A")["status"] == "duplicate"
    assert rows(state) == before


def test_one_key_through_two_connections_gives_two_records(ingest, state, rows):
    first = ingest("A", "k", "c1", "--query", "connection_id=berlin")
    second = ingest("A", "k", "c1", "--query", "connection_id=paris")
    assert [first["status"], second["status"]] == ["created", "created"]
    assert first["id"] != second["id"] and len(rows(state)["record"]) == 2


def test_one_key_for_another_record_is_a_conflict(ingest, state, stored):
    ingest("A", "k", "c1")
    assert ingest("B", "k", "c2")["name"] == "Conflict"
    assert list(stored(state, "Customer")) == ["c1"]


def test_several_commands_at_once_share_a_new_folder(acme, state, rows, backfill, tmp_path):
    command = [
        sys.executable,
        "-c",
        "from sandbox_host.cli import main; main()",
        "invoke",
        str(acme),
        "POST /run",
    ]
    bodies = [json.dumps({"id": f"c{n}", "name": "A", "key": f"k{n}"}) for n in range(3)]
    running = [
        subprocess.Popen([*command, "--body", body, "--state", str(state), "--json"], stdout=subprocess.PIPE)
        for body in bodies
    ]
    reports = [json.loads(each.communicate(timeout=60)[0]) for each in running]
    assert all(report["ok"] for report in reports), reports
    assert len(rows(state)["record"]) == 3 and len(rows(state)["install"]) == 1
    (tmp_path / "log.jsonl").write_text(backfill("audit", "export", "--state", state).out)
    assert backfill("audit", "verify", tmp_path / "log.jsonl", "--state", state).code == 0


def test_nothing_lasts_without_a_state_folder(acme, invoke):
    body = json.dumps({"id": "c1", "name": "A", "key": "k"})
    statuses = [invoke(acme, "POST /run", "--body", body)["response"]["body"]["status"] for _ in range(2)]
    assert statuses == ["created", "created"]


def test_records_of_the_command_line_are_read_and_never_stored(guest, invoke, state, tmp_path, rows):
    path = guest(
        "return Customer.query({}).map((c: any) => c.name);", permissions={"entities": {"Customer": ["read"]}}
    )
    records = tmp_path / "records.json"
    records.write_text('{"Customer": [{"id": "c1", "name": "Ada"}, {"id": "c2", "name": "Grace"}]}')
    with_them = invoke(path, "POST /run", "--records", records, "--state", state)
    assert sorted(with_them["response"]["body"]) == ["Ada", "Grace"]
    assert rows(state)["record"] == []
    assert invoke(path, "POST /run", "--state", state)["response"]["body"] == []


def test_secrets_of_the_command_line_are_never_stored(guest, invoke, state, rows):
    path = guest('return Secrets.has("api_key");', permissions={"secrets": {"api_key": ["read"]}})
    given = invoke(path, "POST /run", "--secret", "api_key=sk_live_12345678", "--state", state)
    assert given["response"]["body"] is True
    assert rows(state)["secret"] == []
    assert invoke(path, "POST /run", "--state", state)["response"]["body"] is False
    assert b"sk_live_12345678" not in b"".join(
        file.read_bytes() for file in state.rglob("*") if file.is_file()
    )


def test_settings_are_typed_as_the_schema_says_and_never_stored(project, invoke, state):
    path = project(
        {"src/api/run.ts": "export const POST = api(async () => Settings.getAll());\n"},
        connection={
            "settingsSchema": {
                "type": "object",
                "required": [],
                "properties": {
                    "days": {"type": "integer", "default": 30},
                    "label": {"type": "string", "default": "none"},
                },
            }
        },
    )
    given = invoke(path, "POST /run", "--setting", "days=7", "--setting", "label=42", "--state", state)
    assert given["response"]["body"] == {"days": 7, "label": "42"}
    assert invoke(path, "POST /run", "--state", state)["response"]["body"] == {"days": 30, "label": "none"}
