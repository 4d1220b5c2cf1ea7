"""`connector_test_runtime` in a test: what it connects, answers, remembers and takes back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import guest_sdk
from guest_sdk import BackfillError, Customer, Http, Log, OAuth, Payment, Secrets, Settings, ingest, sync
from guest_sdk.errors import EgressBlocked, InvalidArgument, NotAvailable, PermissionDenied
from guest_sdk.testing import LimitReached, connector_test_runtime

THINGS = """from guest_sdk import Secrets, Settings, api, ingest


def POST(request):
    ingest.canonical(
        "customer", {"id": request.body["id"], "name": "Ada"},
        stream="customers", idempotency_key=f"acme:customer:{request.body['id']}",
    )
    if request.body.get("fail"):
        raise RuntimeError("late")
    return api.json({"key": Secrets.get("api_key")}, status=201)


def GET(request):
    while True:
        Settings.get("a")


def DELETE(request):
    return {"f": api}
"""
BATCH = """from guest_sdk import ingest


def POST(request):
    return ingest.batch(
        "customer", request.body, stream="customers", continue_on_error=True,
        idempotency_key=lambda c: f"acme:customer:{c['id']}",
    )
"""
ONE = "def GET(request):\n    return [request.params, request.method]\n"
HOOK = """from guest_sdk import Log


def before_save(ctx):
    if ctx.entity["name"] == "no":
        raise ValueError("not this one")
    return {"name": ctx.entity["name"].title()}
"""
JOB = """from guest_sdk import Customer

schedule = "0 2 * * *"
retry = 2
tried = []


def run():
    tried.append(1)
    Customer.create({"name": "Ada"})
    if len(tried) < 2:
        raise ValueError("too early")
    return Customer.count()
"""


@pytest.fixture
def acme(project: Callable[..., Path]) -> Path:
    files = {
        "src/api/things.py": THINGS,
        "src/api/batch.py": BATCH,
        "src/api/things/[id].py": ONE,
        "src/hooks/customer/before-save.py": HOOK,
        "src/jobs/nightly.py": JOB,
    }
    return project(files)


@pytest.fixture
def made(acme: Path) -> Callable[..., Any]:
    """`made(secrets=…)`: a runtime of that project, not installed."""
    return lambda **options: connector_test_runtime(project=acme, **options)


@pytest.fixture
def runtime(made: Callable[..., Any]) -> Any:
    with made(secrets={"api_key": "sk_test_1"}) as installed:
        yield installed


def test_a_route_answers_with_its_status_and_body(runtime):
    answer = runtime.call("POST /things", body={"id": "1"})
    assert (answer.status, answer.headers, answer.body) == (201, {}, {"key": "sk_test_1"})


def test_a_route_may_be_given_as_its_function(runtime):
    from src.api.things import POST

    assert runtime.call(POST, body={"id": "1"}).status == 201


def test_a_function_that_is_no_route_can_be_called(runtime):
    assert runtime.call(lambda request: request.context.extension.key).body == "acme"


def test_the_path_of_a_request_holds_its_parameters(runtime):
    assert runtime.call("GET /things/a%20b").body == [{"id": "a b"}, "GET"]
    assert runtime.call("GET /things/[id]", params={"id": "a b"}).body == [{"id": "a b"}, "GET"]
    assert runtime.call("GET /things/[id]", path="/things/c").body == [{"id": "c"}, "GET"]


@pytest.mark.parametrize(
    ("entry", "given", "message"),
    [
        ("POST /nothing", {}, "no route answers POST /nothing"),
        ("GET /things/[id]", {}, "needs params"),
        ("GET /things/[id]", {"params": {"no": "1"}}, "has no parameter 'no'"),
        ("GET /things/[id]", {"path": "/things"}, "src/api/things.py answers it"),
        ("GET /things/[id]", {"path": "/things/1", "params": {"id": "1"}}, "not both"),
        ("GET /things/%zz", {}, "no escaped byte"),
    ],
)
def test_a_request_that_no_route_answers_is_refused(runtime, entry, given, message):
    with pytest.raises(ValueError, match=message):
        runtime.call(entry, **given)


def test_a_verb_that_the_route_does_not_have_is_named(runtime):
    with pytest.raises(TypeError, match=r"src/api/things\.py defines no function PUT"):
        runtime.call("PUT /things")


def test_what_is_no_handler_is_refused(runtime):
    with pytest.raises(TypeError, match="or its function"):
        runtime.call(None)


def test_what_the_handler_raises_is_what_the_call_raises(runtime, acme):
    with pytest.raises(RuntimeError, match="late") as raised:
        runtime.call("POST /things", body={"id": "1", "fail": True})
    assert str(raised.traceback[-1].path) == str(acme / "src/api/things.py")


def test_an_answer_that_is_no_json_is_refused_as_in_the_sandbox(runtime):
    with pytest.raises(InvalidArgument, match=r"the returned value\.f is of type Api"):
        runtime.call("DELETE /things")


def test_a_handler_that_is_async_is_refused_by_its_name(made, acme):
    (acme / "src/api/late.py").write_text("async def GET(request):\n    return 1\n")
    with pytest.raises(InvalidArgument, match=r"src/api/late\.py: GET is async"):
        made().call("GET /late")


def test_what_a_handler_does_to_its_input_stays_with_it(runtime):
    body = {"rows": [1]}
    assert runtime.call(lambda request: request.body["rows"].append(2) or request.body, body=body).body == {
        "rows": [1, 2]
    }
    assert body == {"rows": [1]}


def test_a_limit_ends_the_run(runtime):
    with pytest.raises(LimitReached, match="more than 1000 host calls") as raised:
        runtime.call("GET /things")
    assert (raised.value.name, raised.value.code) == ("CallLimit", "call_limit")


def test_what_a_handler_that_raises_wrote_is_taken_back_and_its_ingest_stays_listed(runtime):
    with pytest.raises(RuntimeError):
        runtime.call("POST /things", body={"id": "1", "fail": True})
    assert runtime.records.all("Customer") == []
    assert len(runtime.ingest.calls) == 1


def test_an_ingest_is_listed_with_its_result(runtime):
    runtime.call("POST /things", body={"id": 7})
    [call] = runtime.ingest.calls
    assert (call.action, call.document_type, call.source_id) == ("canonical", "customer", "7")
    assert (call.idempotency_key, call.stream) == ("acme:customer:7", "customers")
    assert (call.payload, call.error) == ({"id": 7, "name": "Ada"}, None)
    assert (call.result.status, call.result.version) == ("created", 1)
    assert runtime.records.get("Customer", call.result.id)["name"] == "Ada"


def test_a_batchs_partial_failure_is_the_tests_to_make(runtime):
    runtime.ingest.fail_next(source_id="2", message="no")
    rows = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3, "nope": 1}]
    body = runtime.call("POST /batch", body=rows).body
    assert (body["imported"], body["failed"]) == (1, 2)
    assert body["failedRecords"][0]["error"]["message"] == "no"
    codes = [call.error.code if call.error else call.result.status for call in runtime.ingest.calls]
    assert codes == ["created", "validation_error", "validation_error"]
    assert runtime.call("POST /batch", body=rows[1:2]).body["imported"] == 1


def test_a_hook_is_run_by_itself(runtime):
    outcome = runtime.hook("Customer", "before-save", {"name": "ada"})
    assert (outcome.record["name"], outcome.returned, outcome.rejected) == ("Ada", {"name": "Ada"}, None)
    rejected = runtime.hook("Customer", "before_save", {"name": "no"}).rejected
    assert dataclasses.astuple(rejected) == ("ValueError", "handler_error", "not this one")
    with pytest.raises(ValueError, match="no hook Customer:after_save; there are: Customer:before_save"):
        runtime.hook("Customer", "after_save", {})


def test_a_write_sets_off_the_hooks_of_the_project(runtime):
    assert Customer.create({"name": "ada"})["name"] == "Ada"
    with pytest.raises(BackfillError, match="hook:Customer:before_save rejected the write: not this one"):
        Customer.create({"name": "no"})


def test_a_job_is_run_as_often_as_it_says(runtime):
    assert runtime.job("nightly") == 2
    assert [line.level for line in runtime.logs] == ["warn"]
    assert "attempt 1 of 2 failed: ValueError: too early" in runtime.logs[0].message
    with pytest.raises(ValueError, match="no job weekly; there are: nightly"):
        runtime.job("weekly")


def test_a_stub_is_used_once_and_one_for_a_url_waits_for_it(runtime):
    runtime.http.get_once("https://api.acme.test/v1/b*", body="b")
    runtime.http.get_once(body="a")
    assert Http.get("https://api.acme.test/v1/a").body == "a"
    assert [stub.body for stub in runtime.http.pending] == ["b"]
    assert Http.get("https://api.acme.test/v1/b?x=1").body == "b"
    with pytest.raises(EgressBlocked, match=r"add runtime\.http\.get_once\("):
        Http.get("https://api.acme.test/v1/a")
    calls = runtime.http.calls
    assert [call.url[-3:] for call in calls] == ["1/a", "x=1", "1/a"]
    assert calls[1].response.body == "b" and calls[2].error.name == "EgressBlocked"


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_the_json_forms_send_text_as_json_too(runtime, method):
    getattr(runtime.http, f"{method}_once")(body="1")
    getattr(runtime.http, f"{method}_json_once")(body="1")
    send = getattr(Http, method)
    assert [send("https://api.acme.test/v1/a").headers for _ in range(2)] == [
        {},
        {"content-type": "application/json"},
    ]


def test_a_status_that_no_provider_sends_is_refused(runtime):
    with pytest.raises(ValueError, match="a stub's status"):
        runtime.http.get_once(status=99)


def test_the_projects_manifest_holds(runtime):
    with pytest.raises(PermissionDenied):
        Http.get("https://other.test/")
    with pytest.raises(PermissionDenied):
        Payment.count()
    with pytest.raises(InvalidArgument):
        sync.get_checkpoint("nope")


def test_a_manifest_of_the_tests_own_takes_its_place(made):
    manifest = {"key": "x", "name": "X", "permissions": {"http": ["https://other.test/*"]}}
    with made(manifest=manifest) as plain:
        plain.http.get_once(body="x")
        assert Http.get("https://other.test/a").body == "x"
        with pytest.raises(NotAvailable):
            ingest.canonical("customer", {}, stream="a", idempotency_key="b")


def test_permissions_may_be_written_as_in_the_manifest(made):
    permissions = {
        "http": ["https://*.acme.test/*"],
        "secrets": {"k": ["read"]},
        "secret_hosts": {"k": ["a.acme.test"]},
    }
    with made(permissions=permissions, secrets={"k": "a-long-secret"}) as runtime:
        runtime.http.get_once(body="x")
        assert Http.get("https://a.acme.test/", auth={"bearer": Secrets.get("k")}).body == "x"
        with pytest.raises(PermissionDenied, match="may not be sent to b"):
            Http.get("https://b.acme.test/", auth={"bearer": Secrets.get("k")})


def test_an_oauth_token_is_sent_unless_a_scope_is_missing(made):
    oauth = {"access_token": "tok_12345678", "scopes": ["a"]}
    with made(oauth=oauth) as runtime:
        runtime.http.get_once(body={})
        Http.get("https://api.acme.test/v1/a", auth={"oauth": {"min_ttl_seconds": 60}})
        assert runtime.http.calls[0].headers["authorization"] == "Bearer tok_12345678"
        assert OAuth.access_token() == "tok_12345678"
    with made(oauth={**oauth, "required_scopes": ["a", "b"]}), pytest.raises(NotAvailable, match="granted b"):
        OAuth.access_token()


def test_secrets_that_a_handler_has_read_are_hidden_in_its_logs(made):
    with made(secrets={"api_key": "sk_live_123456"}) as runtime:
        Log.info("sk_live_123456")
        Log.info("read", {"key": f"Bearer {Secrets.get('api_key')}"})
        assert [line.data or line.message for line in runtime.logs] == [
            "sk_live_123456",
            {"key": "Bearer [secret:api_key]"},
        ]


def test_records_and_checkpoints_that_the_test_gives_are_there(made):
    records = {"Customer": [{"id": "c1", "name": "Ada"}]}
    with made(records=records, checkpoints={"customers": {"n": 1}}) as runtime:
        assert Customer.get("c1")["name"] == "Ada"
        assert sync.get_checkpoint("customers") == {"n": 1}
        sync.set_checkpoint("customers", {"n": 2}, partition={"a": 1})
        assert runtime.checkpoints.get("customers", partition={"a": 1}) == {"n": 2}
        runtime.checkpoints.set("customers", {"n": 3})
        assert sync.get_checkpoint("customers") == {"n": 3}
    with pytest.raises(Exception, match=r"Customer\[0\].*nope"):
        made(records={"Customer": [{"nope": 1}]})


def test_settings_and_secrets_can_be_changed_between_calls(runtime):
    runtime.settings.set("a", 5)
    assert (Settings.get("a"), runtime.settings.get("a")) == (5, 5)
    runtime.secrets.set("api_key", "two")
    assert runtime.call("POST /things", body={"id": 1}).body == {"key": "two"}
    assert [runtime.secrets.delete("api_key"), runtime.secrets.delete("api_key")] == [True, False]
    assert runtime.secrets.get("api_key") is None


def test_the_sdk_works_outside_a_handler_while_a_runtime_is_installed(made):
    with pytest.raises(NotAvailable):
        Settings.get("a")
    runtime = made(settings={"a": 5})
    runtime.install()
    assert Settings.get("a") == 5
    runtime.restore()
    with pytest.raises(NotAvailable):
        Settings.get("a")


def test_a_second_runtime_is_not_installed_over_the_first(runtime, made):
    with pytest.raises(RuntimeError, match=r"restore\(\) first"):
        made().install()
    with pytest.raises(RuntimeError, match="installed already"):
        runtime.install()


def test_a_call_without_install_is_answered(made):
    assert made(secrets={"api_key": "k"}).call("POST /things", body={"id": "1"}).body == {"key": "k"}
    with pytest.raises(NotAvailable):
        Settings.get("a")


def test_a_test_without_a_project_is_a_connector_that_may_do_everything(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("guest_sdk.testing.project.find_root", lambda folder: None)
    with connector_test_runtime(secrets={"any": "1"}) as runtime:
        assert Secrets.get("any") == "1"
        assert Customer.create({"name": "Ada"})["source_system"] == "test"
        with pytest.raises(ValueError, match=r"no backfill\.config\.py is above the test"):
            runtime.call("POST /a")


def test_what_is_printed_is_logged_and_shown(made, acme, capsys):
    (acme / "src/api/printing.py").write_text("def GET(request):\n    print('a', 1, sep='-')\n")
    runtime = made()
    runtime.call("GET /printing")
    assert [(line.level, line.message) for line in runtime.logs] == [("debug", "a-1")]
    assert capsys.readouterr().out == "a-1\n"


def test_every_public_name_is_exported():
    assert all(hasattr(guest_sdk.testing, name) for name in guest_sdk.testing.__all__)
