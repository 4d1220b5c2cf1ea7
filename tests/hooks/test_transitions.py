"""`before-post`, `before-approve`, `before-delete`: guards of a transition, however it is written."""

from __future__ import annotations

import pytest

MAKE = 'const { id } = Invoice.create({ currency: "USD", total_amount: "5.00" });\n'
GUARD = {"invoice/before-approve": 'Log.info(ctx.entity.approval_status); throw new Error("over the limit");'}
LOGS = {
    "invoice/before-approve": 'Log.info("before " + ctx.changes);',
    "invoice/after-approve": 'Log.info("after " + ctx.entity.approval_status);',
}
SUBMIT = MAKE + 'Invoice.action(id, "submit");\n'


def answer(report):
    assert report.response is not None, report.error
    return report.response.body


def messages(report):
    return [line.message for line in report.logs]


@pytest.mark.parametrize(
    "approving",
    [
        SUBMIT + 'Invoice.action(id, "approve");',
        SUBMIT + 'Invoice.update(id, { approval_status: "approved" });',
        'Invoice.create({ currency: "USD", total_amount: "5.00", approval_status: "approved" });',
    ],
    ids=["by its action", "by an update", "from the beginning"],
)
def test_a_before_approve_that_throws_aborts_it(project, approving):
    acme = project({"run": approving}, GUARD)
    report = acme.route()
    assert report.error.code == "hook_rejected"
    assert report.error.message == "hook:Invoice:before_approve rejected the write: over the limit"
    assert messages(report) == ["approved"]
    assert acme.all("Invoice") == []


def test_the_hooks_of_an_approval_run_for_it_and_for_no_other_change(project):
    acme = project(
        {"run": SUBMIT + 'Invoice.action(id, "approve"); Invoice.update(id, { memo: "x" });'}, LOGS
    )
    report = acme.route()
    answer(report)
    assert messages(report) == ["before approval_status", "after approved"]


def test_posting_has_hooks_of_its_own(project):
    acme = project(
        {"run": SUBMIT + 'Invoice.action(id, "approve"); return Invoice.action(id, "post").posting_status;'},
        {
            "invoice/before-post": 'Log.info("before post");',
            "invoice/after-post": 'Log.info("after post " + ctx.entity.posting_status);',
        },
    )
    report = acme.route()
    assert answer(report) == "posted"
    assert messages(report) == ["before post", "after post posted"]


def test_a_transition_is_a_save_too_and_what_before_save_returns_is_in_the_same_version(project):
    acme = project(
        {"run": SUBMIT + 'return Invoice.action(id, "approve");'},
        {"invoice/before-save": 'return { memo: ctx.operation + " " + ctx.entity.approval_status };'},
    )
    stored = answer(acme.route())
    assert (stored["memo"], stored["approval_status"], stored["_version"]) == (
        "update approved",
        "approved",
        3,
    )


def test_an_action_that_the_record_is_in_no_state_for_sets_off_nothing(project):
    acme = project({"run": MAKE + 'Invoice.action(id, "void"); Invoice.action(id, "approve");'}, GUARD)
    report = acme.route()
    assert report.error.code == "conflict" and messages(report) == []


def test_a_before_delete_that_throws_keeps_the_record(project):
    acme = project(
        {
            "make": 'Customer.create({ name: "Ada" });',
            "run": "return Customer.delete(Customer.query()[0].id);",
        },
        {
            "customer/before-delete": 'if (ctx.operation === "delete") throw new Error("keep " + ctx.entity.name);'
        },
    )
    answer(acme.route("make"))
    report = acme.route()
    assert report.error.message == "hook:Customer:before_delete rejected the write: keep Ada"
    assert len(acme.all("Customer")) == 1


def test_a_deletion_sets_off_its_own_hooks_and_not_those_of_a_save(project):
    acme = project(
        {
            "make": 'Customer.create({ name: "Ada" });',
            "run": 'return [Customer.delete(Customer.query()[0].id), Customer.delete("none")];',
        },
        {
            "customer/before-delete": 'Log.info("before " + ctx.previous.name + ctx.changes.length);',
            "customer/after-delete": 'Log.info("after " + ctx.entity.name + Customer.count());',
            "customer/before-save": 'Log.info("save");',
        },
    )
    assert messages(acme.route("make")) == ["save"]
    report = acme.route()
    assert answer(report) == [True, False]
    assert messages(report) == ["before Ada0", "after Ada0"]
