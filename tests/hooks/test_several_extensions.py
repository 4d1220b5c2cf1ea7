"""Hooks of several extensions in one tenant: their order, what each sees and may write, and in whose name it runs."""

from __future__ import annotations

import io
import json

import pytest

from sandbox_host.egress import EgressResponse
from sandbox_host.guest import Shared
from sandbox_host.installs import set_status
from sandbox_host.records.work import Work

SDK = 'import { defineEntityField, defineLineField } from "@backfill-io/sdk";\n'
CUSTOMERS = {"entities": {"Customer": ["read", "write"], "Item": ["read", "write"]}}


def declared(entity, *fields, lines=()):
    """A file of declared fields: `("tier", "string")`, …."""
    record = [
        f'export const {key} = defineEntityField({{ key: "{key}", label: "L", type: "{kind}" }});'
        for key, kind in fields
    ]
    line = [
        f'export const {key} = defineLineField("line_items", {{ key: "{key}", label: "L", type: "{kind}" }});'
        for key, kind in lines
    ]
    return {f"fields/{entity}": SDK + "\n".join([*record, *line])}


def answer(report):
    assert report.response is not None, report.error
    return report.response.body


def messages(report):
    return [line.message for line in report.logs]


SAYS = (
    'Log.info(Settings.get("letter")); return { notes: (ctx.entity.notes || "") + Settings.get("letter") };'
)
INGEST = (
    'const options = { stream: "customers", idempotencyKey: "k:" + request.body.id };\n'
    'return ingest.canonical("customer", request.body, options);'
)
STREAMS = [{"key": "customers", "mode": "poll", "schedule": "0 * * * *"}]


@pytest.fixture
def shop(project):
    """A connector with a hook and a field of its own."""
    return project(
        {"run": INGEST, "sync/customers": "return {};", "make": "return Customer.create(request.body);"},
        {
            "customer/before-save": 'Log.info("shop"); return { shop_tag: "s", notes: (ctx.entity.notes || "") + "S" };'
        },
        fields=declared("Customer", ("shop_tag", "string"), ("score", "number")),
        connector=True,
        key="shop",
        streams=STREAMS,
    )


@pytest.fixture
def crm(project):
    return project(
        {"raise": 'return Customer.update(request.body, { score: "low", tier: "silver" });'},
        {
            "customer/before-save": "Log.info(`crm ${Object.keys(ctx.entity).sort()}`);\n"
            'return { tier: "gold", score: "high", notes: (ctx.entity.notes || "") + "C" };'
        },
        fields=declared("Customer", ("tier", "string"), ("score", "string")),
        key="crm",
    )


@pytest.fixture
def tax(project):
    return project(
        {"run": 'return Customer.create({ name: "Ada" });'},
        {
            "customer/before-save": "Log.info(`tax ${Object.keys(ctx.entity).sort()}`);\n"
            'return { tax_code: "T" + (ctx.entity.notes || ""), notes: (ctx.entity.notes || "") + "T" };'
        },
        fields=declared("Customer", ("tax_code", "string")),
        key="tax",
    )


def test_hooks_run_in_the_order_of_installation_and_each_sees_what_was_merged_before(
    together, shop, crm, tax
):
    together(tax, shop, crm)
    report = shop.route(body={"id": "c1", "name": "Ada", "score": 7})
    assert answer(report)["status"] == "created"
    native = "connection_id,name,notes,source_id,source_system"
    assert messages(report) == ["tax " + native.replace("notes,", ""), "shop", f"crm {native}"]
    (stored,) = shop.all("Customer")
    assert stored["notes"] == "TSC" and stored["_version"] == 1


def test_another_order_of_installation_is_another_order_of_the_hooks(together, shop, crm, tax):
    together(crm, tax, shop)
    answer(shop.route(body={"id": "c1", "name": "Ada"}))
    (stored,) = tax.all("Customer")
    assert (stored["notes"], stored["tax_code"]) == ("CTS", "TC")


def test_each_extension_keeps_fields_of_its_own_on_the_record_also_under_the_same_key(
    together, shop, crm, tax
):
    together(shop, crm, tax)
    answer(shop.route(body={"id": "c1", "name": "Ada", "score": 7}))
    (of_shop,), (of_crm,), (of_tax,) = (one.all("Customer") for one in (shop, crm, tax))
    own = {"shop_tag", "score", "tier", "tax_code"}
    assert {key: of_shop[key] for key in own & of_shop.keys()} == {"shop_tag": "s", "score": 7}
    assert {key: of_crm[key] for key in own & of_crm.keys()} == {"tier": "gold", "score": "high"}
    assert {key: of_tax[key] for key in own & of_tax.keys()} == {"tax_code": "TSC"}
    assert of_shop["id"] == of_crm["id"] == of_tax["id"]


def test_the_report_lists_one_write_with_what_everybody_set(together, shop, crm, tax):
    together(shop, crm, tax)
    report = shop.route(body={"id": "c1", "name": "Ada"})
    (write,) = report.writes
    assert (write.kind, write.committed) == ("ingest", True)
    assert write.data == {
        "source_id": "c1", "name": "Ada", "notes": "SCT", "shop_tag": "s", "tier": "gold", "score": "high",
        "tax_code": "TSC",
    }  # fmt: skip


def test_a_writer_is_answered_without_what_the_others_declare(together, shop, crm, tax):
    together(crm, tax)
    made = answer(tax.route())
    assert made["notes"] == "CT" and "tax_code" in made and "tier" not in made


def test_an_update_of_one_leaves_what_the_others_keep(together, shop, crm, tax):
    together(shop, crm)
    record = answer(shop.route(body={"id": "c1", "name": "Ada", "score": 7}))["id"]
    assert answer(crm.route("raise", record))["notes"] == "SCSC"
    (of_shop,), (of_crm,) = shop.all("Customer"), crm.all("Customer")
    assert (of_shop["score"], of_shop["shop_tag"], of_crm["score"], of_crm["tier"]) == (
        7,
        "s",
        "high",
        "gold",
    )


WRITES_OF_ANOTHER = {"customer/before-save": 'return { tax_code: "mine" };'}


def test_a_hook_cannot_set_a_field_that_another_extension_declares(project, together, tax):
    thief = project({}, WRITES_OF_ANOTHER, key="thief")
    together(tax, thief)
    report = tax.route()
    assert report.error.code == "hook_rejected"
    assert report.error.message.startswith(
        "hook:Customer:before_save of thief returned what cannot be merged: Customer (new): tax_code is not a field"
    )
    assert tax.all("Customer") == []


def test_a_hook_cannot_set_it_by_a_write_of_its_own_either(project, together, tax):
    thief = project(
        {}, {"customer/after-save": 'Customer.update(ctx.entity.id, { tax_code: "mine" });'}, key="thief"
    )
    together(tax, thief)
    report = tax.route()
    assert "after_save of thief failed: ValidationError: Customer " in messages(report)[-1]
    assert tax.all("Customer")[0]["tax_code"] == "T"


def test_without_a_view_of_its_own_it_could(project, together, tax, monkeypatch):
    monkeypatch.setattr(Shared, "unit_of", lambda shared, install: shared.unit)
    thief = project({}, WRITES_OF_ANOTHER, key="thief")
    together(tax, thief)
    assert answer(tax.route())["tax_code"] == "mine"


REJECTS = 'if (ctx.entity.name === "Nobody") throw new Error("nobody is no customer");'


def test_a_rejection_of_one_stops_the_others_and_takes_back_what_those_before_wrote(project, together):
    first = project(
        {}, {"customer/before-save": 'Log.info("first"); Item.create({ name: "i" });'}, key="first"
    )
    second = project({}, {"customer/before-save": REJECTS}, key="second")
    third = project({}, {"customer/before-save": 'Log.info("third");'}, key="third")
    writer = project(
        {"run": 'try { Customer.create({ name: "Nobody" }); } catch (error: any) { return error.message; }'},
        key="writer",
    )
    together(first, writer, second, third)
    report = writer.route()
    assert answer(report) == "hook:Customer:before_save of second rejected the write: nobody is no customer"
    assert messages(report) == ["first"]
    assert report.writes == [] and writer.all("Item") == writer.all("Customer") == []


def test_a_job_s_write_commits_with_what_the_others_merged_or_not_at_all(project, together):
    crm = project(
        {}, {"customer/before-save": REJECTS + ' return { tier: "gold" };'}, key="crm",
        fields=declared("Customer", ("tier", "string")),
    )  # fmt: skip
    source = 'export const schedule = "0 2 * * *";\nexport async function run() {\n'
    source += '  Customer.create({ name: "Ada" }); Customer.create({ name: "Nobody" });\n}\n'
    writer = project({}, {}, {"nightly": source}, key="writer")
    together(writer, crm)
    report = writer.job()
    assert report.error.code == "hook_rejected"
    assert [(one["name"], one["tier"]) for one in crm.all("Customer")] == [("Ada", "gold")]


def test_each_runs_with_its_own_permissions_settings_and_secrets(project, together):
    letters = {"config": {"letter": "w"}, "permissions": CUSTOMERS | {"secrets": {"token": ["read"]}}}
    writer = project({"run": 'return Customer.create({ name: "Ada" }).notes;'}, key="writer", **letters)
    other = project(
        {},
        {
            "customer/before-save": "let denied;\n"
            'try { Secrets.get("token"); } catch (error: any) { denied = error.code; }\n'
            'return { notes: Settings.get("letter") + " " + denied };'
        },
        key="other",
        config={"letter": "o"},
        permissions=CUSTOMERS,
    )
    together(writer, other)
    report = writer.route(secrets={"token": "a-long-secret"})
    assert answer(report) == "o permission_denied"
    assert [(call.capability, call.decision) for call in report.calls] == [
        ("entity", "allow"),
        ("secrets", "deny"),
        ("settings", "allow"),
    ]


def test_a_hook_has_no_use_of_what_the_writer_may_do(project, together):
    writer = project(
        {"run": 'Customer.create({ name: "Ada" }); return Payment.query();'},
        key="writer",
        permissions={"entities": {"Customer": ["read", "write"], "Payment": ["read"]}},
    )
    other = project({}, {"customer/before-save": "Payment.query();"}, key="other", permissions=CUSTOMERS)
    together(writer, other)
    report = writer.route()
    assert report.error.message.startswith("hook:Customer:before_save of other rejected the write: ")
    assert [(call.resource, call.decision) for call in report.calls] == [
        ("Customer", "allow"),
        ("Payment", "deny"),
    ]


def test_the_audit_names_the_extension_and_the_version_of_each(together, shop, tax, state):
    together(tax, shop)
    answer(shop.route(body={"id": "c1", "name": "Ada"}))
    out = io.BytesIO()
    state.audit.export(out)
    records = [json.loads(line) for line in out.getvalue().splitlines()]
    runs = [one["run"] for one in records if one["type"] == "run_end"]
    hooks = {run["extension"]: run for run in runs if run["entrypoint"] == "hook:Customer:before_save"}
    for project, key in ((tax, "tax"), (shop, "shop")):
        run, install = hooks[key], project.install
        assert (run["install"], run["version"]) == (install.origin.install, install.version.package.digest)
        assert run["actor"] == "install:shop for user:cli"
    assert hooks["tax"]["connection"] is None and hooks["shop"]["connection"] is not None


CUSTOMER_TO_ITEM = {
    "customer/after-save": 'Log.info("customer " + ctx.actor.id); Item.create({ name: "i" });'
}
ITEM_TO_CUSTOMER = {"item/after-save": 'Log.info("item " + ctx.actor.id); Customer.create({ name: "c" });'}


def test_hooks_of_two_extensions_that_set_one_another_off_end_at_the_same_depth(project, together):
    one = project({"run": 'Customer.create({ name: "c" });'}, CUSTOMER_TO_ITEM, key="one")
    two = project({}, ITEM_TO_CUSTOMER, key="two")
    together(one, two)
    *fired, failed = messages(one.route())
    assert fired == ["customer one", "item one", "customer two", "item one", "customer two"]
    assert failed.startswith("hook:Customer:after_save failed: HookDepth: ")
    assert (len(one.all("Customer")), len(one.all("Item"))) == (3, 2)


def test_a_hook_in_a_hook_is_of_the_extension_that_declares_it_and_hears_who_wrote(project, together):
    outer = project(
        {}, {"customer/before-save": 'return { notes: Item.create({ name: "i" }).description };'}, key="outer"
    )
    inner = project(
        {},
        {"item/before-save": "return { description: JSON.stringify(ctx.actor), weight_class: 'heavy' };"},
        fields=declared("Item", ("weight_class", "string")),
        key="inner",
    )
    writer = project({"run": 'return Customer.create({ name: "Ada" }).notes;'}, key="writer")
    together(writer, outer, inner)
    assert json.loads(answer(writer.route())) == {
        "type": "install",
        "id": "outer",
        "root": {"type": "user", "id": "cli"},
    }
    assert inner.all("Item")[0]["weight_class"] == "heavy"
    assert "weight_class" not in outer.all("Item")[0]


def test_a_hook_of_one_extension_fires_for_the_write_of_another_s_on_its_record(project, together):
    """Only the very hook that wrote does not fire again."""
    one = project(
        {"run": 'Customer.create({ name: "Ada" });'},
        {"customer/after-save": 'if (!ctx.entity.notes) Customer.update(ctx.entity.id, { notes: "one" });'},
        key="one",
    )
    two = project({}, {"customer/after-save": 'Log.info(ctx.operation + " " + ctx.entity.notes);'}, key="two")
    together(one, two)
    assert messages(one.route()) == ["create undefined", "update one"]


LINES = '[{ line_key: "a", quantity: 1, description: "first" }, { line_key: "b", quantity: 2 }]'


def test_lines_carry_the_fields_of_each_extension_apart(project, together):
    writer = project(
        {
            "run": f'const lines: any[] = {LINES}; for (const line of lines) line.origin = "w" + line.line_key;\n'
            'return Invoice.create({ currency: "USD", line_items: lines });',
            "drop": 'const line_items = [{ line_key: "b", quantity: 9, origin: "new" }];\n'
            "return Invoice.update(request.body, { line_items });",
        },
        fields=declared("Invoice", lines=[("origin", "string")]),
        key="writer",
    )
    tax = project(
        {},
        {
            "invoice/before-save": "if (ctx.previous) return null;\n"
            'const rated = (line: any) => ({ ...line, rate: "0." + line.quantity });\n'
            "return { line_items: ctx.entity.line_items.map(rated) };"
        },
        fields=declared("Invoice", lines=[("rate", "decimal")]),
        key="tax",
    )
    together(writer, tax)
    made = answer(writer.route())
    assert [(line["line_key"], line["origin"], "rate" in line) for line in made["line_items"]] == [
        ("a", "wa", False),
        ("b", "wb", False),
    ]
    (seen,) = tax.all("Invoice")
    assert [(line["rate"], "origin" in line) for line in seen["line_items"]] == [
        ("0.1", False),
        ("0.2", False),
    ]
    answer(writer.route("drop", made["id"]))
    (seen,) = tax.all("Invoice")
    assert [(line["line_key"], line["quantity"], line["rate"]) for line in seen["line_items"]] == [
        ("b", "9", "0.2")
    ]


def test_a_hook_does_not_reach_another_extension_s_entity(project, together):
    record = (
        'import { defineEntity } from "@backfill-io/sdk";\n'
        'export default defineEntity({ name: "TaxRecord", fields: { year: { type: "number" } } });'
    )
    tax = project(
        {"run": 'TaxRecord.create({ year: 1 }); Customer.create({ name: "Ada" });'},
        fields={"entities/TaxRecord": record},
        permissions={"entities": {"Customer": ["read", "write"], "TaxRecord": ["read", "write"]}},
        key="tax",
    )
    spy = project(
        {},
        {
            "customer/before-save": 'const name = ["Tax", "Record"].join("");\n'
            "try { Entity.query(name); } catch (error: any) { return { notes: error.code }; }"
        },
        key="spy",
        permissions=CUSTOMERS,
    )
    together(tax, spy)
    assert tax.route().ok
    assert spy.all("Customer")[0]["notes"] == "permission_denied"


def test_a_person_s_save_sets_off_the_hooks_of_all(together, shop, crm, tax):
    together(crm, shop, tax)
    saved = answer(tax.save("Customer:before_save", {"id": "x", "name": "Ada"}))
    assert (saved["notes"], saved["tax_code"]) == ("CST", "TCS")


def test_under_observe_all_of_it_is_described_and_nothing_is_stored(together, shop, crm, tax):
    together(shop, crm, tax)
    report = shop.route(body={"id": "c1", "name": "Ada"}, mode="observe")
    assert [(write.data["tier"], write.committed) for write in report.writes] == [("gold", False)]
    assert shop.all("Customer") == crm.all("Customer") == []


@pytest.fixture
def disabling(project, together, state):
    """A writer whose request, after its write, disables the extension whose hook merged something."""
    http = {"permissions": CUSTOMERS | {"http": ["https://api.acme.example/*"]}}

    class Disables:
        def send(self, request):
            set_status(state.db, "local", other.install.origin.install, "disabled")
            return EgressResponse(200, {}, b"")

        def close(self):
            return

    body = 'Customer.create({ name: "Ada" }); Http.get("https://api.acme.example/x");'
    writer = project({"run": body}, egress=Disables(), key="writer", **http)
    other = project({}, {"customer/before-save": 'return { notes: "other" };'}, key="other")
    together(writer, other)
    return writer


def test_an_extension_that_is_disabled_during_the_run_has_no_part_in_what_is_stored(disabling):
    report = disabling.route()
    assert report.error.code == "permission_denied"
    assert (
        report.error.message
        == "the install of other was disabled or removed during the run; nothing was stored"
    )
    assert disabling.all("Customer") == []


def test_without_the_check_of_every_install_its_part_would_be_stored(disabling, monkeypatch):
    monkeypatch.setattr(Work, "_check_installs", lambda *_: None)
    assert disabling.route().ok
    assert [one["notes"] for one in disabling.all("Customer")] == ["other"]
