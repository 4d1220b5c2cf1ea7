"""Guests that hand over what breaks whoever reads it without care: each gets a typed error, and a report."""

from __future__ import annotations

import json
import time

import pytest

GRANTED = {
    "http": ["https://api.acme.example/*"],
    "entities": {"Customer": ["read", "write"]},
    "secrets": {"token": ["read", "write"]},
}
STREAMS = [{"key": "s", "mode": "webhook"}]
DEEP = "let v: any = 1; for (let i = 0; i < 500; i++) v = { v };"
DOCUMENT = "ingest.canonical('customer', { id: '1', name: 'a' }, { stream: 's', idempotencyKey: 'k', "
HALF = '"\\ud800x"'


@pytest.fixture
def acme(guest):
    return lambda body: guest(body, permissions=GRANTED, streams=STREAMS)


@pytest.mark.parametrize(
    "body",
    [
        f"return {HALF};",
        f"return {{ [{HALF}]: 1 }};",
        f"return api.json(1, {{ headers: {{ a: {HALF} }} }});",
        "let v: any = 1; for (let i = 0; i < 129; i++) v = [v]; return v;",
        "let v: any = 1; for (let i = 0; i < 3000; i++) v = { v }; return v;",
        "return api.json(1, { headers: { 'retry-after': 5 as any } });",
        f"Log.info({HALF}); return 1;",
        DEEP + "Log.info('deep', v); return 1;",
        DEEP + "Http.post('https://api.acme.example/x', v); return 1;",
        DEEP + "sync.getCheckpoint('s', { partition: { v } }); return 1;",
        "sync.getCheckpoint('s', { partition: { n: (JSON as any).rawJSON('9007199254740992') } }); return 1;",
        "Customer.query({ orderBy: Array.from({ length: 70 }, () => ({ field: 'email' })) } as any); return 1;",
        DOCUMENT + "sourceUpdatedAt: '0001-01-01T00:00:00+14:00' }); return 1;",
    ],
)
def test_what_cannot_be_handed_over_is_an_invalid_argument(invoke, acme, stubs, body):
    report = invoke(acme(body), "POST /run", "--stub", stubs({"url": "*"}))
    assert report["error"] and report["error"]["code"] == "invalid_argument", report["error"]


def test_a_deep_value_is_refused_before_a_secret_is_looked_for_in_it(invoke, acme):
    body = "Secrets.get('token'); let v: any = 1; for (let i = 0; i < 700; i++) v = [v]; Log.info('deep', v);"
    report = invoke(acme(body), "POST /run", "--secret", "token=abcdefgh12")
    assert report["error"]["code"] == "invalid_argument"


@pytest.mark.parametrize(
    "number", ["1e999", "-1e999", "1" * 5000, '"\\ud800"'], ids=["inf", "-inf", "digits", "half"]
)
@pytest.mark.parametrize(
    "use", ["return V;", "Log.info('x', { V });", "Customer.create({ name: 'x', metadata: { V } });"]
)
def test_raw_json_that_no_double_or_text_holds_ends_the_run(invoke, acme, number, use):
    body = f"const V: any = (JSON as any).rawJSON({json.dumps(number)}); {use}"
    report = invoke(acme(body), "POST /run")
    assert report["error"]["code"] in ("guest_broke", "invalid_argument")


@pytest.mark.parametrize(
    "thrown",
    [
        "throw new Error('\\ud800');",
        "const e = new Error('a'); e.name = '\\ud800'; throw e;",
        "throw '\\ud800';",
        # A message is cut at a number of code units, which may be in the middle of a character.
        "throw new Error('x'.repeat(8191) + '\\u{1F600}');",
        "const e = new Error('a'); e.name = 'x'.repeat(127) + '\\u{1F600}'; throw e;",
    ],
)
def test_an_error_with_half_a_character_is_reported(invoke, acme, thrown):
    report = invoke(acme(thrown), "POST /run")
    assert report["error"]["code"] == "handler_error"
    assert "?" in report["error"]["name"] + report["error"]["message"]


def test_a_providers_deep_answer_stays_text(invoke, acme, stubs):
    deep = json.loads("[" * 500 + "]" * 500)
    body = "return typeof Http.get('https://api.acme.example/x').body;"
    report = invoke(acme(body), "POST /run", "--stub", stubs({"url": "*", "body": deep}))
    assert report["response"]["body"] == "string"


def test_a_delivery_with_a_number_that_no_double_holds_stays_text(invoke, acme, tmp_path):
    raw = tmp_path / "raw"
    raw.write_bytes(b'{"a":1e999}')
    report = invoke(acme("return [request.body, request.rawBody];"), "POST /run", "--raw-body", f"@{raw}")
    assert report["response"]["body"] == ['{"a":1e999}', '{"a":1e999}']


def test_what_a_run_writes_is_bounded_in_all(invoke, acme):
    body = "const t = 'x'.repeat(900_000); for (let i = 0; i < 900; i++) Customer.create({ name: t + i });"
    report = invoke(acme(body), "POST /run", "--limit", "cpu_ms=10000")
    assert report["error"]["code"] == "result_too_large"
    assert len(report["writes"]) < 80 and not any(write["committed"] for write in report["writes"])
    assert report["calls"][-1]["decision"] == "limit"


def test_what_a_call_is_about_is_kept_short(invoke, acme):
    report = invoke(acme("Settings.get('x'.repeat(900_000)); return 1;"), "POST /run")
    assert len(report["calls"][0]["resource"]) < 20_000


@pytest.mark.parametrize("name", ["X-Original-URL", "X-Rewrite-URL", "x_original_url", "Client-IP", "X-Host"])
def test_headers_that_mean_another_path_or_origin_are_refused(invoke, acme, stubs, name):
    body = f"Http.get('https://api.acme.example/x', {{ headers: {{ '{name}': '/admin' }} }}); return 1;"
    report = invoke(acme(body), "POST /run", "--stub", stubs({"url": "*"}))
    assert report["calls"][0]["decision"] == "deny"
    assert report["calls"][0]["rule"] == "header_forbidden"


def test_secrets_that_a_guest_sets_cannot_slow_the_host_down(invoke, acme):
    body = "Secrets.set('token', 'a'.repeat(60_000) + 'b'); for (let i = 0; i < 9; i++) Log.info('a'.repeat(900_000));"
    started = time.monotonic()
    report = invoke(acme(body + " return 1;"), "POST /run", "--limit", "cpu_ms=10000")
    assert report["ok"], report["error"]
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("value", ["'abcdefgh' + i", "'x'.repeat(60_000) + i"])
def test_a_run_sets_a_bounded_number_of_secrets(invoke, acme, value):
    body = f"let n = 0; try {{ for (let i = 0; i < 500; i++) {{ Secrets.set('token', {value}); n++ }} }}"
    report = invoke(acme(body + " catch (e: any) { return [n, e.name]; }"), "POST /run")
    count, name = report["response"]["body"]
    assert name == "InvalidArgument" and 4 <= count <= 50
