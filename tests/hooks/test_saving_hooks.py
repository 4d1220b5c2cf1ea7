"""`before-save` and `recalculate`: what they see, what is merged, and what a rejection takes back."""

from __future__ import annotations

import pytest

REJECT = 'if (ctx.entity.name === "Nobody") throw new Error("nobody is no customer");'


def answer(report):
    assert report.response is not None, report.error
    return report.response.body


def test_what_before_save_returns_is_merged_into_a_route_s_write(project):
    acme = project(
        {"run": 'return Customer.create({ name: "Ada" });'},
        {"customer/before-save": 'return { email: ctx.entity.name + "@example.com" };'},
    )
    assert answer(acme.route())["email"] == "Ada@example.com"
    (stored,) = acme.all("Customer")
    assert (stored["email"], stored["_version"]) == ("Ada@example.com", 1)


def test_a_hook_on_a_create_sees_the_proposed_record_and_who_writes(project):
    acme = project(
        {"run": 'Customer.create({ name: "Ada", email: "a@b.example" }); return null;'},
        {"customer/before-save": "return { notes: JSON.stringify(ctx) };"},
    )
    answer(acme.route())
    context = acme.all("Customer")[0]["notes"]
    assert '"entityType":"Customer","operation":"create","previous":null' in context
    assert '"changes":["email","name"]' in context
    assert '"actor":{"type":"install","id":"acme","root":{"type":"user","id":"cli"}}' in context


def test_a_hook_on_an_update_sees_the_record_before_and_after(project):
    acme = project(
        {
            "run": 'const { id } = Customer.create({ name: "Ada" }); return Customer.update(id, { name: "Bea" });'
        },
        {
            "customer/before-save": "if (ctx.operation === 'create') return null;\n"
            "const { entity, previous, changes } = ctx;\n"
            "return { notes: JSON.stringify([entity.id === previous.id, previous.name, entity.name, changes]) };"
        },
    )
    assert answer(acme.route())["notes"] == '[true,"Ada","Bea",["name"]]'


@pytest.mark.parametrize("nothing", ["return null;", "return;", "return {};", "return ctx.entity;"])
def test_a_hook_that_returns_nothing_new_changes_nothing(project, nothing):
    acme = project({"run": 'return Customer.create({ name: "Ada" });'}, {"customer/before-save": nothing})
    stored = answer(acme.route())
    assert (stored["name"], stored["_version"], "email" in stored) == ("Ada", 1, False)


def test_a_null_clears_a_field(project):
    acme = project(
        {"run": 'return Customer.create({ name: "Ada", email: "a@b.example" });'},
        {"customer/before-save": "return { email: null };"},
    )
    assert "email" not in answer(acme.route())


def test_recalculate_comes_first_and_before_save_sees_what_it_made(project):
    acme = project(
        {"run": 'return Invoice.create({ currency: "USD", subtotal: "10.00" });'},
        {
            "invoice/recalculate": "return { total_amount: String(Number(ctx.entity.subtotal) * 1.2) };",
            "invoice/before-save": 'return { memo: "total " + ctx.entity.total_amount };',
        },
    )
    assert answer(acme.route())["memo"] == "total 12"


def test_a_hook_may_give_what_is_required_and_without_it_the_write_is_refused(project):
    routes = {"run": 'return Deposit.create({ currency: "USD", status: "pending", line_items: [] });'}
    permissions = {"entities": {"Deposit": ["read", "write"]}}
    refused = project(routes, {"deposit/before-save": "return null;"}, permissions=permissions).route()
    assert refused.error.code == "validation_error" and "total_amount is required" in refused.error.message
    given = {"deposit/before-save": 'return { total_amount: "5.00" };'}
    filled = project(routes, given, permissions=permissions, key="filled").route()
    assert answer(filled)["total_amount"] == "5.00"


def test_the_type_of_a_value_is_checked_before_any_hook_runs(project):
    acme = project(
        {"run": "return Customer.create({ name: 5 });"},
        {"customer/before-save": 'Log.info("ran"); return null;'},
    )
    report = acme.route()
    assert report.error.code == "validation_error" and report.logs == []


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (
            '"a text"',
            "hook:Customer:before_save returned 'a text'; it returns an object of fields to merge, or null",
        ),
        (
            "[1]",
            "hook:Customer:before_save returned a list; it returns an object of fields to merge, or null",
        ),
        ("({ nmae: 'x' })", "hook:Customer:before_save returned what cannot be merged: Customer (new): nmae"),
        ("({ email: 5 })", "hook:Customer:before_save returned what cannot be merged: Customer (new): email"),
        ("({ id: 'x' })", "hook:Customer:before_save returned what cannot be merged: id is set by the host"),
    ],
)
def test_what_cannot_be_merged_rejects_the_write_and_names_the_hook(project, returned, message):
    acme = project(
        {"run": 'Customer.create({ name: "Ada" });'}, {"customer/before-save": f"return {returned};"}
    )
    report = acme.route()
    assert (report.error.name, report.error.code) == ("HookRejected", "hook_rejected")
    assert message in report.error.message
    assert acme.all("Customer") == []


def test_a_rejection_can_be_caught_by_whoever_writes(project):
    acme = project(
        {
            "run": 'Customer.create({ name: "Ada" });\n'
            'try { Customer.create({ name: "Nobody" }); }\n'
            "catch (error: any) { return [error instanceof Error, error.name, error.code, error.message]; }"
        },
        {"customer/before-save": REJECT},
    )
    assert answer(acme.route()) == [
        True,
        "HookRejected",
        "hook_rejected",
        "hook:Customer:before_save rejected the write: nobody is no customer",
    ]
    assert [one["name"] for one in acme.all("Customer")] == ["Ada"]


def test_a_rejection_that_nobody_catches_ends_the_run_and_nothing_is_stored(project):
    acme = project(
        {"run": 'Customer.create({ name: "Ada" }); Customer.create({ name: "Nobody" });'},
        {"customer/before-save": REJECT},
    )
    report = acme.route()
    assert (report.ok, report.error.name, report.error.code) == (False, "HookRejected", "hook_rejected")
    assert "src/api/run.ts:" in report.error.stack
    assert [(write.kind, write.committed) for write in report.writes] == [("entity", False)]
    assert acme.all("Customer") == []


WRITES_AND_REJECTS = (
    'Item.create({ name: ctx.entity.name });\nif (ctx.entity.name === "no") throw new Error("no");'
)


def test_what_a_hook_writes_stays_with_the_write_that_set_it_off(project):
    acme = project(
        {"run": 'Customer.create({ name: "yes" }); return Item.query().map((one: any) => one.name);'},
        {"customer/before-save": WRITES_AND_REJECTS},
    )
    report = acme.route()
    assert answer(report) == ["yes"]
    assert [(write.entity, write.committed) for write in report.writes] == [
        ("Item", True),
        ("Customer", True),
    ]


def test_what_a_rejecting_hook_wrote_is_taken_back_with_the_write(project):
    acme = project(
        {
            "run": 'try { Customer.create({ name: "no" }); } catch {}\n'
            'Customer.create({ name: "yes" }); return Item.query().map((one: any) => one.name);'
        },
        {"customer/before-save": WRITES_AND_REJECTS},
    )
    report = acme.route()
    assert answer(report) == ["yes"]
    assert [one["name"] for one in acme.all("Item")] == ["yes"]
    assert [(write.entity, write.committed) for write in report.writes] == [
        ("Item", True),
        ("Customer", True),
    ]


def test_without_the_savepoint_a_rejected_hook_s_writes_would_stay(project, monkeypatch):
    from sandbox_host.records.staging import Staging

    monkeypatch.setattr(Staging, "savepoint", lambda staging: lambda: None)
    acme = project(
        {"run": 'try { Customer.create({ name: "no" }); } catch {} return Item.count();'},
        {"customer/before-save": WRITES_AND_REJECTS},
    )
    assert answer(acme.route()) == 1


def test_a_limit_that_a_hook_hits_ends_the_run_and_cannot_be_caught(project):
    acme = project(
        {"run": 'try { Customer.create({ name: "Ada" }); } catch {} return "went on";'},
        {"customer/before-save": "for (;;);"},
    )
    report = acme.route(limits=["cpu_ms=80"])
    assert (report.error.code, report.response) == ("cpu_limit", None)
    assert answer(acme.route("all", "Customer")) == []


def test_a_hook_needs_its_grants_like_any_script(project):
    acme = project(
        {"run": 'Customer.create({ name: "Ada" });'},
        {"customer/before-save": "Payment.query(); return null;"},
    )
    report = acme.route()
    assert report.error.code == "hook_rejected"
    assert [(call.capability, call.resource, call.decision) for call in report.calls] == [
        ("entity", "Customer", "allow"),
        ("entity", "Payment", "deny"),
    ]
