"""Stubs stand in for the network, never for the policy."""

from __future__ import annotations

import pytest

GRANTED = {"http": ["https://api.acme.example/*"], "secrets": {"api_key": ["read"]}}


@pytest.fixture
def fetch(guest, invoke):
    """`fetch(url, *options)`: the report of a run that gets this URL."""
    path = guest("return Http.get(request.body);", permissions=GRANTED)
    return lambda url, *options: invoke(path, "POST /run", "--body", f'"{url}"', *options)


def test_the_policy_decides_before_a_stub_answers(fetch, stubs):
    report = fetch("https://evil.example/x", "--stub", stubs({"url": "*", "body": "pwned"}))
    assert report["error"]["name"] == "PermissionDenied"


def test_a_call_that_no_row_answers_names_method_and_url(fetch, stubs):
    report = fetch(
        "https://api.acme.example/v1/b?x=1", "--stub", stubs({"url": "https://api.acme.example/v1/a"})
    )
    assert report["error"]["code"] == "egress_blocked"
    assert "GET https://api.acme.example/v1/b?x=1" in report["error"]["message"]


def test_without_stubs_and_network_nothing_is_reached(fetch):
    report = fetch("https://api.acme.example/v1/b")
    assert report["error"]["code"] == "egress_blocked"
    assert "--stub FILE or --network" in report["error"]["message"]


def test_a_mapping_reaches_what_it_maps_and_nothing_else(fetch, provider, backfill):
    answers = provider.answers("other.example")
    assert fetch("https://api.acme.example/v1/b", *answers)["error"]["code"] == "egress_blocked"
    assert provider.connections == 0


def test_a_mapping_is_shown_loudly(guest, backfill, provider):
    path = guest("return 1;", permissions=GRANTED)
    ran = backfill("invoke", path, "POST /run", *provider.answers("api.acme.example"), "--json")
    assert ran.code == 0 and ran.report["ok"]
    assert "https://api.acme.example" in ran.err and f"127.0.0.1:{provider.port}" in ran.err


def test_rows_answer_in_order_and_as_often_as_they_say(guest, invoke, stubs):
    path = guest(
        'const url = "https://api.acme.example/v1/a"; const all: any[] = [];\n'
        "for (let i = 0; i < 3; i++) all.push(Http.get(url).body);\n"
        "all.push(Http.post(url, {}).status); return all;",
        permissions=GRANTED,
    )
    url = "https://api.acme.example/v1/a"
    stub = stubs(
        {"method": "GET", "url": url, "body": "first", "times": 1},
        {"method": "POST", "url": url, "status": 429},
        {"url": url, "body": {"then": "always"}},
    )
    report = invoke(path, "POST /run", "--stub", stub)
    assert report["response"]["body"] == ["first", {"then": "always"}, {"then": "always"}, 429]


def test_a_secret_in_a_url_that_no_row_answers_is_not_shown(guest, invoke, stubs):
    path = guest(
        'return Http.get("https://api.acme.example/x?key=" + Secrets.get("api_key"));', permissions=GRANTED
    )
    report = invoke(path, "POST /run", "--secret", "api_key=sk_live_12345678", "--stub", stubs())
    assert "sk_live_12345678" not in str(report)
    assert "[secret:api_key]" in report["error"]["message"]


def test_a_write_that_failed_on_its_way_is_listed_as_not_committed(guest, invoke):
    path = guest(
        "try { Http.post('https://api.acme.example/v1/x', { a: 1 }) } catch (e) { return e.name }",
        permissions=GRANTED,
    )
    report = invoke(path, "POST /run")
    assert report["response"]["body"] == "EgressBlocked"
    [write] = report["writes"]
    assert (write["kind"], write["id"], write["committed"]) == (
        "http",
        "https://api.acme.example/v1/x",
        False,
    )
