"""Hooks that write set off hooks: where that ends, and which of them do not fire."""

from __future__ import annotations

import pytest

from sandbox_host.hooks import chain


def answer(report):
    assert report.response is not None, report.error
    return report.response.body


ENDLESS = 'Customer.create({ name: ctx.entity.name + "x" }); return null;'
MAKE = {
    "run": 'Customer.create({ name: "" });',
    "catch": "try { %s } catch (error: any) { return error.code; }",
}
MAKE["catch"] %= MAKE["run"]


def test_the_write_of_the_fifth_hook_in_a_chain_fails(project):
    acme = project(MAKE, {"customer/before-save": 'Log.info(ctx.entity.name + "."); ' + ENDLESS})
    report = acme.route()
    assert report.error.code == "hook_rejected" and "cannot write" in report.error.message
    assert [line.message for line in report.logs] == [".", "x.", "xx.", "xxx.", "xxxx."]
    assert acme.all("Customer") == []


def test_a_hook_hears_that_it_is_too_deep_and_may_go_on(project):
    catch = 'catch (error: any) { Log.info(error.name + " " + error.code); return null; }'
    hook = f"try {{ {ENDLESS} }} {catch}"
    acme = project(MAKE, {"customer/before-save": hook})
    report = acme.route()
    assert report.ok
    assert [line.message for line in report.logs] == ["HookDepth hook_depth"]
    assert len(acme.all("Customer")) == 5


def test_without_the_guard_the_chain_goes_on(project, monkeypatch):
    monkeypatch.setattr(chain, "MAX_DEPTH", 7)
    acme = project(MAKE, {"customer/before-save": 'Log.info("."); ' + ENDLESS})
    assert len(acme.route().logs) == 7


def test_the_depth_is_carried_across_commits(project):
    acme = project(MAKE, {"customer/after-save": "Log.info(ctx.entity.name + '.'); " + ENDLESS})
    report = acme.route()
    assert report.ok
    *fired, failed = [line.message for line in report.logs]
    assert fired == [".", "x.", "xx.", "xxx.", "xxxx."]
    assert failed.startswith("hook:Customer:after_save failed: HookDepth: ")
    assert [one["name"] for one in acme.all("Customer")] == ["", "x", "xx", "xxx", "xxxx"]


TOUCHES = {
    "customer/after-save": 'Log.info(ctx.operation); Customer.update(ctx.entity.id, { notes: "seen" });'
}


def test_a_hook_does_not_fire_for_what_it_writes_on_its_own_record(project):
    acme = project({"run": 'Customer.create({ name: "Ada" });'}, TOUCHES)
    report = acme.route()
    assert [line.message for line in report.logs] == ["create"]
    assert acme.all("Customer")[0]["notes"] == "seen"


def test_without_that_it_would_fire_until_it_is_too_deep(project, monkeypatch):
    monkeypatch.setattr(chain.Chain, "is_own", lambda *_: False)
    acme = project({"run": 'Customer.create({ name: "Ada" });'}, TOUCHES)
    messages = [line.message for line in acme.route().logs]
    assert messages[:5] == ["create", *["update"] * 4] and "HookDepth" in messages[5]


def test_other_hooks_fire_for_it_and_it_fires_for_other_records(project):
    acme = project(
        {"run": 'Customer.create({ name: "Ada" });'},
        {
            "customer/after-save": 'Log.info("after " + ctx.entity.name);\n'
            'if (ctx.entity.name === "Ada") {\n'
            '  Customer.update(ctx.entity.id, { notes: "seen" }); Customer.create({ name: "Bea" });\n}',
            "customer/before-save": 'Log.info("before " + ctx.entity.name + ctx.actor.type);',
        },
    )
    report = acme.route()
    assert [line.message for line in report.logs] == [
        "before Adainstall",
        "after Ada",
        "before Adainstall",
        "before Beainstall",
        "after Bea",
    ]


@pytest.mark.parametrize("write", ['Item.create({ name: "i" })', 'Item.delete("none")'])
def test_too_deep_means_any_write_also_of_what_has_no_hook(project, write):
    hook = f'if (ctx.entity.name === "xxxx") {{ {write}; return null; }}\n{ENDLESS}'
    report = project(MAKE, {"customer/before-save": hook}).route()
    assert report.error.code == "hook_rejected" and "cannot write" in report.error.message
