"""Hooks of what a connector ingests: they fire after de-duplication, and the key remembers what the provider sent."""

from __future__ import annotations

STREAMS = [{"key": "customers", "mode": "poll", "schedule": "0 * * * *"}]
MERGE = {
    "customer/before-save": 'Log.info(ctx.operation); return { email: ctx.entity.name + "@example.com" };'
}
INGEST = (
    'const options = { stream: "customers", idempotencyKey: "k:" + request.body.id };\n'
    'return ingest.canonical("customer", request.body, options);'
)


def answer(report):
    assert report.response is not None, report.error
    return report.response.body


def connector(project, routes, hooks=MERGE, **more):
    routes = {"sync/customers": "return {};"} | routes
    return project(routes, hooks, connector=True, streams=STREAMS, **more)


def test_an_ingested_document_is_merged_with_what_before_save_returns(project):
    acme = connector(project, {"run": INGEST})
    assert answer(acme.route(body={"id": "c1", "name": "ada"}))["status"] == "created"
    (stored,) = acme.all("Customer")
    assert (stored["source_id"], stored["email"], stored["_version"]) == ("c1", "ada@example.com", 1)


def test_a_duplicate_sets_off_nothing(project):
    acme = connector(project, {"run": INGEST})
    reports = [acme.route(body={"id": "c1", "name": name}) for name in ("ada", "ada", "bea", "ada")]
    assert [answer(report)["status"] for report in reports] == ["created", "duplicate", "updated", "updated"]
    assert [[line.message for line in report.logs] for report in reports] == [
        ["create"],
        [],
        ["update"],
        ["update"],
    ]
    assert acme.all("Customer")[0]["_version"] == 3


def test_a_hook_on_an_ingested_update_sees_the_stored_record(project):
    hooks = {"customer/before-save": "return { notes: String(ctx.previous && ctx.previous.name) };"}
    acme = connector(project, {"run": INGEST}, hooks)
    for name in ("ada", "bea"):
        answer(acme.route(body={"id": "c1", "name": name}))
    assert acme.all("Customer")[0]["notes"] == "ada"


REJECTING = {
    "customer/before-save": "const { name } = ctx.entity;\n"
    'Item.create({ name });\nif (name === "no") throw new Error("no");',
    "customer/after-save": "Log.info(ctx.entity.name);",
}
BATCH = (
    "return ingest.batch('customer', request.body, { stream: 'customers', continueOnError: GO_ON,\n"
    "  sourceId: (one: any) => one.id, idempotencyKey: (one: any) => one.id });"
)
THREE = [{"id": "1", "name": "yes"}, {"id": "2", "name": "no"}, {"id": "3", "name": "also"}]


def test_a_batch_that_goes_on_leaves_out_what_a_hook_rejects(project):
    acme = connector(project, {"run": BATCH.replace("GO_ON", "true")}, REJECTING)
    report = acme.route(body=THREE)
    body = answer(report)
    assert (body["imported"], body["failed"], body["duplicates"]) == (2, 1, 0)
    (failed,) = body["failedRecords"]
    assert (failed["index"], failed["error"]["code"]) == (1, "hook_rejected")
    assert [one["name"] for one in acme.all("Customer")] == ["yes", "also"]
    assert [one["name"] for one in acme.all("Item")] == ["yes", "also"]
    assert [line.message for line in report.logs] == ["yes", "also"]


def test_a_batch_that_stops_is_taken_back_whole(project):
    acme = connector(project, {"run": BATCH.replace("GO_ON", "false")}, REJECTING)
    report = acme.route(body=THREE)
    assert report.error.code == "hook_rejected" and report.error.message.startswith("item 1: ")
    assert acme.all("Customer") == acme.all("Item") == []
    assert report.writes == []
