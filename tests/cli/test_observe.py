"""An observed run does everything but happen: it reports its writes, and nothing is stored or sent."""

from __future__ import annotations

import json

import pytest

PERMISSIONS = {
    "http": ["https://api.acme.example/*", {"url": "https://search.acme.example/*", "reads": ["POST"]}],
    "entities": {"Customer": ["read", "write"], "Invoice": ["read", "write"]},
    "secrets": {"api_key": ["read", "write"]},
}
STREAMS = [{"key": "customers", "mode": "webhook"}]

SEED = """\
const made = Customer.create({ name: "Ada", customer_id: "c1" });
ingest.canonical("customer", { id: "c2", name: "Grace" }, { stream: "customers", idempotencyKey: "k2" });
sync.setCheckpoint("customers", { cursor: "1" });
Secrets.set("api_key", "the-first-api-key");
return made.id;
"""

EVERY_WRITE = """\
const { id } = request.body;
const said: any[] = [];
const made = Customer.create({ name: "Eve" });
Customer.update(id, { name: "Ada L." });
Customer.update(made.id, { name: "Eve 2" });
ingest.canonical("customer", { id: "c2", name: "Grace H." }, { stream: "customers", idempotencyKey: "k2" });
ingest.batch("customer", [{ id: "c3", name: "Edsger" }], { stream: "customers", idempotencyKey: (c: any) => c.id });
sync.setCheckpoint("customers", { cursor: "2" });
sync.listPage(request, "customers").commit({ cursor: "3", hasMore: true });
Secrets.set("api_key", "the-second-api-key");
const read = Secrets.get("api_key");
Secrets.delete("api_key");
const api_ = "https://api.acme.example/v1/things";
const posted = Http.post(api_, { name: "thing" });
const shaped = Http.post(api_, {}, { observed: { status: 201, body: { ok: "shaped" } } });
Http.put(api_, {}); Http.patch(api_, {}); Http.delete(api_);
Http.get(api_, { headers: { "X-HTTP-Method-Override": "DELETE" } });
Http.get(api_ + "?_method=DELETE");
const plain = Http.get(api_);
const search = Http.post("https://search.acme.example/find", { q: "x" });
const ghost = Http.get(api_ + "/" + posted.body.id);
const ghostBody = Http.post("https://search.acme.example/find", { parent: posted.body.id });
const names = Customer.query({ orderBy: [{ field: "name", direction: "asc" }] }).map((c: any) => c.name);
Customer.delete(id);
return {
  names, count: Customer.count(), gone: Customer.get(id), checkpoint: sync.getCheckpoint("customers"),
  read: read === "the-second-api-key", has: Secrets.has("api_key"), posted, shaped,
  plain: plain.body.answered, search: search.body.answered, ghost: ghost.status, ghostBody: ghostBody.status,
};
"""


@pytest.fixture
def acme(project):
    def route(body: str) -> str:
        return f"export const POST = api(async (request: any) => {{\n{body}\n}});\n"

    return project(
        {
            "src/api/seed.ts": route(SEED),
            "src/api/write.ts": route(EVERY_WRITE),
            "src/api/throws.ts": route('Customer.create({ name: "x" }); throw new Error("no");'),
            "src/jobs/nightly.ts": 'export const schedule = "0 2 * * *";\n'
            'export async function run() { Customer.create({ name: "by a job" }); return Customer.count(); }\n',
        },
        permissions=PERMISSIONS,
        streams=STREAMS,
    )


@pytest.fixture
def seeded(acme, invoke, state):
    """The id of a customer in a state folder that holds something in every table."""
    return invoke(acme, "POST /seed", "--state", state)["response"]["body"]


@pytest.fixture
def observed(acme, invoke, state, seeded, provider):
    """The report of `POST /write` under observe."""
    answers = provider.answers("api.acme.example", "search.acme.example")
    body = json.dumps({"id": seeded})
    return invoke(acme, "POST /write", "--body", body, "--observe", "--state", state, *answers)


def test_every_write_of_every_kind_is_reported_and_not_committed(observed):
    assert observed["ok"], observed["error"]
    assert observed["mode"] == "observe"
    assert [(write["kind"], write["action"]) for write in observed["writes"]] == [
        ("entity", "create"),
        ("entity", "update"),
        ("entity", "update"),
        ("ingest", "canonical"),
        ("ingest", "batch"),
        ("checkpoint", "setCheckpoint"),
        ("checkpoint", "setCheckpoint"),
        ("secret", "set"),
        ("secret", "delete"),
        ("http", "post"),
        ("http", "post"),
        ("http", "put"),
        ("http", "patch"),
        ("http", "delete"),
        ("http", "get"),
        ("http", "get"),
        ("entity", "delete"),
    ]
    assert not any(write["committed"] for write in observed["writes"])


def test_every_effect_is_decided_as_intercepted_and_every_read_allowed(observed):
    reads = {"get", "query", "count", "getCheckpoint", "has"}
    for call in observed["calls"]:
        if call["capability"] != "http":
            assert call["decision"] == ("allow" if call["action"] in reads else "intercept"), call
    http = [(call["action"], call["decision"]) for call in observed["calls"] if call["capability"] == "http"]
    assert http == [
        ("post", "intercept"),
        ("post", "intercept"),
        ("put", "intercept"),
        ("patch", "intercept"),
        ("delete", "intercept"),
        ("get", "intercept"),
        ("get", "intercept"),
        ("get", "allow"),
        ("post", "allow"),
        ("get", "allow"),
        ("post", "allow"),
    ]


def test_reads_see_what_was_staged(observed):
    body = observed["response"]["body"]
    assert body["names"] == ["Ada L.", "Edsger", "Eve 2", "Grace H."]
    assert (body["count"], body["gone"]) == (3, None)
    assert body["checkpoint"] == {"cursor": "3", "hasMore": True}
    assert (body["read"], body["has"]) == (True, False)


def test_an_intercepted_request_is_answered_in_its_place(observed):
    body = observed["response"]["body"]
    placeholder = {"status": 202, "ok": True, "headers": {}, "body": {"id": "observed_1"}, "observed": True}
    assert body["posted"] == placeholder
    assert body["shaped"] == {**placeholder, "status": 201, "body": {"ok": "shaped"}}


def test_only_reads_left_and_nothing_about_a_placeholder(observed, provider):
    body = observed["response"]["body"]
    assert (body["plain"], body["search"], body["ghost"], body["ghostBody"]) == (True, True, 404, 404)
    left = [(method, path, headers["host"]) for method, path, headers, _ in provider.requests]
    assert left == [
        ("GET", "/v1/things", "api.acme.example"),
        ("POST", "/find", "search.acme.example"),
    ]


def test_no_row_of_any_table_changes(acme, invoke, state, seeded, rows, provider):
    before = rows(state)
    assert before["record"] and before["secret"] and before["checkpoint"] and before["ingest_key"]
    answers = provider.answers("api.acme.example", "search.acme.example")
    body = json.dumps({"id": seeded})
    assert invoke(acme, "POST /write", "--body", body, "--observe", "--state", state, *answers)["ok"]
    assert rows(state) == before
    assert invoke(acme, "job:nightly", "--observe", "--state", state)["response"]["body"] == 3
    assert not invoke(acme, "POST /throws", "--observe", "--state", state)["ok"]
    assert rows(state) == before


def test_the_same_run_live_changes_what_it_reported(acme, invoke, state, seeded, rows, stored, provider):
    before = rows(state)
    answers = provider.answers("api.acme.example", "search.acme.example")
    body = json.dumps({"id": seeded})
    report = invoke(acme, "POST /write", "--body", body, "--state", state, *answers)
    assert report["ok"], report["error"]
    assert all(write["committed"] for write in report["writes"])
    after = rows(state)
    assert all(after[table] != before[table] for table in ("record", "secret", "checkpoint", "ingest_key"))
    assert [each["name"] for _, each in sorted(stored(state, "Customer").items()) if "name" in each]
    assert provider.methods.count("POST") >= 3 and {"PUT", "PATCH", "DELETE"} <= set(provider.methods)


def test_an_observed_run_in_a_new_folder_leaves_every_table_empty(acme, invoke, state, rows):
    connection = ("--query", "connection_id=another")
    assert invoke(acme, "job:nightly", "--observe", "--state", state, *connection)["ok"]
    assert {table for table, found in rows(state).items() if found} <= {"alembic_version"}


def test_without_interception_the_request_leaves(acme, invoke, state, seeded, provider, monkeypatch):
    monkeypatch.setattr("sandbox_host.capabilities.http.is_http_effect", lambda *given: False)
    answers = provider.answers("api.acme.example", "search.acme.example")
    body = json.dumps({"id": seeded})
    invoke(acme, "POST /write", "--body", body, "--observe", "--state", state, *answers)
    assert {"POST", "PUT", "PATCH", "DELETE"} <= set(provider.methods)


def test_a_guest_cannot_turn_observation_off(acme, invoke, state, seeded, rows):
    before = rows(state)
    options = ["--header", "x-backfill-mode=live", "--query", "mode=live", "--setting", "mode=live"]
    report = invoke(acme, "POST /seed", "--observe", "--state", state, *options)
    assert report["mode"] == "observe" and not any(write["committed"] for write in report["writes"])
    assert rows(state) == before
