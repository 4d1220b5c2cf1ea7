"""What an admin enters into secret fields is shown nowhere, in whatever form it was sent to the connection test."""

from __future__ import annotations

import json

import pytest

from sandbox_host.triggers import routes

KEY = "sk_live_51Habcdef"
CONNECTION = {
    "testConnection": {"route": "/setup/test", "method": "POST"},
    "settingsSchema": {
        "type": "object",
        "properties": {"api_key": {"type": "string", "x-secret": True}, "region": {"type": "string"}},
    },
}
HANDLER = "export const POST = api(async (request: any) => {{\n  {body}\n}});\n"


@pytest.fixture
def tested(project, backfill):
    """`tested(text)`: the connection test, with that body, by a handler that shows all it was given."""

    def run(text: str, handler: str = "Log.info(request.rawBody); throw new Error(request.rawBody);"):
        path = project({"src/api/setup/test.ts": HANDLER.format(body=handler)}, connection=CONNECTION)
        raw = path / "body"
        raw.write_text(text)
        return backfill("invoke", path, "POST /setup/test", "--raw-body", f"@{raw}", "--json")

    return run


def test_an_entered_secret_is_hidden(tested):
    ran = tested(json.dumps({"api_key": KEY, "region": "eu"}))
    assert KEY not in ran.out and "[secret:api_key]" in ran.out and "eu" in ran.out


@pytest.mark.parametrize("value", [12345678901, [KEY], {"key": KEY}, {KEY: {"deep": [[KEY]]}}])
def test_so_is_one_that_is_no_plain_text(tested, value):
    ran = tested(json.dumps({"api_key": value}))
    assert KEY not in ran.out and "12345678901" not in ran.out


UNCLEAR = {
    "a key that appears twice": f'{{"api_key": "{KEY}", "api_key": "{KEY}"}}',
    "a key that appears twice further in": f'{{"api_key": "{KEY}", "a": {{"b": 1, "b": 2}}}}',
    "not JSON": f"api_key={KEY}",
    "a number that no double holds": f'{{"api_key": "{KEY}", "n": 1e999}}',
    "NaN": f'{{"api_key": "{KEY}", "n": NaN}}',
    "nested too deeply": f'{{"api_key": "{KEY}", "n": {"[" * 2000}{"]" * 2000}}}',
    "an array": f'["{KEY}"]',
    "a text": f'"{KEY}"',
}


@pytest.mark.parametrize("text", UNCLEAR.values(), ids=UNCLEAR.keys())
def test_a_body_in_which_secrets_are_not_clear_is_refused_before_anything_runs(tested, text):
    ran = tested(text)
    assert ran.code == 2 and KEY not in ran.out + ran.err
    [problem] = ran.report["error"]["problems"]
    assert "must be a JSON object in which no key appears twice" in problem["message"]
    assert ran.report["logs"] == [] and ran.report["calls"] == []


def test_a_test_without_a_body_runs(tested):
    assert tested("", "return request.body === null;").report["response"]["body"] is True


def test_without_the_refusal_doubled_keys_would_show_the_secret(tested, monkeypatch):
    """The guard, removed."""
    monkeypatch.setattr(routes, "_entered_secrets", lambda *given: ())
    assert KEY in tested(UNCLEAR["a key that appears twice"]).out


def test_any_other_route_takes_any_body(project, backfill):
    path = project({"src/api/run.ts": HANDLER.format(body="return request.body;")})
    (path / "body").write_text("a=1&a=2")
    ran = backfill("invoke", path, "POST /run", "--raw-body", f"@{path / 'body'}", "--json")
    assert ran.report["response"]["body"] == "a=1&a=2"
