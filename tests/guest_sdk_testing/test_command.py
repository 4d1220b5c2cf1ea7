"""An author's tests in Python: under plain pytest, under `backfill test`, and compared with the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

CUSTOMERS = """from guest_sdk import ApiRequest, Http, Secrets, api, ingest

from lib.names import name_of

config = {"auth": "api_key"}


def POST(request: ApiRequest):
    stream = "customers"
    api_key = Secrets.get("api_key")
    if not api_key:
        return api.bad_request("Missing api_key")
    res = Http.get("https://api.acme.test/v1/customers?limit=100", auth={"bearer": api_key})
    if not res.ok:
        return api.error(f"Acme {res.status}", status=502)
    results = [
        ingest.canonical(
            "customer",
            {"customer_id": c["id"], "name": name_of(c)},
            stream=stream,
            idempotency_key=f"acme:customer:{c['id']}",
        )
        for c in res.body["data"]
    ]
    return api.json({"stream": stream, "imported": len(results), "hasMore": res.body.get("has_more")})
"""
NAMES = "def name_of(customer):\n    return customer['name'].strip()\n"

TEST = """from guest_sdk.testing import connector_test_runtime


def test_customers_sync_emits_canonical_customers():
    with connector_test_runtime(secrets={"api_key": "sk_test_123"}) as runtime:
        runtime.http.get_once(status=200, body={"data": [{"id": "cus_123", "name": "Ada Lovelace"}]})

        response = runtime.call("POST /sync/customers")

        assert response.status == 200
        assert runtime.ingest.calls[0].document_type == "customer"
        assert runtime.ingest.calls[0].source_id == "cus_123"
"""
FIXTURE = """import pytest

from guest_sdk.testing import ConnectorTestRuntime, connector_test_runtime


@pytest.fixture
def runtime():
    with connector_test_runtime(secrets={"api_key": "sk_test_123"}) as runtime:
        yield runtime


def test_an_imported_route(runtime: ConnectorTestRuntime):
    from src.api.sync.customers import POST

    runtime.http.get_once(status=500)
    assert runtime.call(POST).body["error"]["message"] == "Acme 500"


def test_a_helper(runtime: ConnectorTestRuntime):
    from lib.names import name_of

    assert name_of({"name": " Ada "}) == "Ada"
"""
INSTALLED = """from guest_sdk.testing import connector_test_runtime


def test_by_hand():
    runtime = connector_test_runtime()
    try:
        runtime.install()
        assert runtime.call("POST /sync/customers").status == 400
    finally:
        runtime.restore()
"""
FILES = {
    "src/api/sync/customers.py": CUSTOMERS,
    "src/lib/names.py": NAMES,
    "test/test_customers.py": TEST,
    "test/test_fixture.py": FIXTURE,
    "test/test_by_hand.py": INSTALLED,
}
PASSING = [
    "test_a_helper",
    "test_an_imported_route",
    "test_by_hand",
    "test_customers_sync_emits_canonical_customers",
]

FORGETFUL = """from guest_sdk.testing.policy import Policy, allow


def test_it(monkeypatch):
    monkeypatch.setattr(Policy, "entity", lambda *_: allow("always", "whatever"))
    with connector_test_runtime(secrets={"api_key": "sk_test_123"}) as runtime:
        runtime.call("POST /forbidden")
"""
FORBIDDEN = "from guest_sdk import Payment\n\n\ndef POST(request):\n    return Payment.count()\n"


@pytest.fixture
def acme(project: Callable[..., Path]) -> Path:
    return project(FILES)


def test_they_pass_under_plain_pytest(acme, plain_pytest):
    ran = plain_pytest(acme)
    assert ran.code == 0, ran.out
    assert "4 passed" in ran.out


def test_they_pass_where_pytest_collects_two_projects_at_once(project, plain_pytest, tmp_path):
    for name in ("one", "two"):
        names = NAMES.replace("strip()", f"strip() + ' {name}'")
        test = TEST.replace("def test_customers", f"def test_{name}_customers") + (
            f'        assert runtime.ingest.calls[0].payload["name"] == "Ada Lovelace {name}"\n'
        )
        project(
            {**FILES, "src/lib/names.py": names, "test/test_customers.py": test, "test/__init__.py": ""},
            name=name,
        )
    ran = plain_pytest(
        tmp_path, "--import-mode=importlib", "one/test/test_customers.py", "two/test/test_customers.py"
    )
    assert ran.code == 0, ran.out
    assert "2 passed" in ran.out


def test_they_pass_under_backfill_test(acme, backfill_test):
    ran = backfill_test(acme, "--json")
    assert (ran.code, ran.answer["ok"], ran.answer["sandbox"]) == (0, True, None)
    assert sorted(one["name"] for one in ran.answer["tests"]) == PASSING
    assert {one["outcome"] for one in ran.answer["tests"]} == {"passed"}


def test_the_sandbox_answers_their_calls_alike(acme, backfill_test):
    ran = backfill_test(acme, "--sandbox")
    assert ran.code == 0, ran.out + ran.err
    assert "3 calls made again" in ran.out
    assert "the sandbox answers all of them as the tests saw them" in ran.out


def test_a_call_that_the_sandbox_answers_otherwise_is_shown_with_its_place(project, backfill_test):
    files = {"src/api/forbidden.py": FORBIDDEN, "test/test_it.py": TEST.partition("\n")[0] + "\n" + FORGETFUL}
    ran = backfill_test(project(files), "--sandbox", "--json")
    assert (ran.code, ran.answer["ok"]) == (1, False)
    assert [one["outcome"] for one in ran.answer["tests"]] == ["passed"]
    [call] = ran.answer["sandbox"]["calls"]
    line = 1 + (TEST.partition("\n")[0] + "\n" + FORGETFUL).splitlines().index(
        '        runtime.call("POST /forbidden")'
    )
    assert (call["place"], call["entry"]) == (f"test/test_it.py:{line}", "POST /forbidden")
    places = [one["place"] for one in call["differences"]]
    assert "response" in places and "error" in places


PRETENDING = {
    'permissions={"entities": {"Customer": ["read"]}}': "the test brings its own manifest or permissions",
    'connector={"key": "other"}': "the test is about another connector",
    'oauth={"access_token": "t", "required_scopes": ["a"]}': "the test gives OAuth tokens that lack a scope",
}


def test_a_call_that_the_sandbox_cannot_make_says_why(project, backfill_test):
    test = "from guest_sdk.testing import connector_test_runtime\n"
    for index, options in enumerate(PRETENDING):
        test += f"\n\ndef test_{index}():\n    with connector_test_runtime({options}) as runtime:\n"
        test += '        runtime.call("POST /sync/customers")\n'
    ran = backfill_test(project({"test/test_it.py": test}), "--sandbox", "--json")
    assert ran.code == 0, ran.answer
    assert [call["skipped"] for call in ran.answer["sandbox"]["calls"]] == list(PRETENDING.values())


def test_a_test_that_changes_records_itself_is_made_again_from_there(project, backfill_test):
    route = "from guest_sdk import Customer\n\n\ndef GET(request):\n    return Customer.count()\n"
    test = """from guest_sdk import Customer
from guest_sdk.testing import connector_test_runtime


def test_it():
    with connector_test_runtime() as runtime:
        assert runtime.call("GET /count").body == 0
        Customer.create({"name": "Ada"})
        assert runtime.call("GET /count").body == 1
"""
    ran = backfill_test(project({"src/api/count.py": route, "test/test_it.py": test}), "--sandbox", "--json")
    assert [(one["skipped"], one["differences"]) for one in ran.answer["sandbox"]["calls"]] == [
        (None, [])
    ] * 2
    assert ran.code == 0


def test_a_project_that_does_not_build_is_not_compared(project, backfill_test):
    files = {"test/test_it.py": "def test_it():\n    pass\n", "src/lib/x.py": "import os\n"}
    ran = backfill_test(project(files), "--sandbox", "--json")
    assert ran.code == 2
    assert ran.answer["problems"][0]["file"] == "src/lib/x.py"


def test_the_sdks_testing_needs_nothing_of_the_host(plain_pytest, acme):
    """An author's tests run where the host's dependencies are not loaded, or a rule of the host's would be asked
    instead of the one that is tested against it."""
    test = TEST.replace("    with", "    import sys\n    with", 1) + (
        '    loaded = {name.partition(".")[0] for name in sys.modules}\n'
        '    assert loaded.isdisjoint({"sandbox_host", "policies", "pydantic", "sqlalchemy", "wasmtime"})\n'
    )
    (acme / "test/test_customers.py").write_text(test)
    ran = plain_pytest(acme, "-p", "no:hypothesispytest", "test/test_customers.py")
    assert ran.code == 0, ran.out
