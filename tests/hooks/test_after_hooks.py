"""`after-*`: they run once the write is committed, and what they throw goes to the logs only."""

from __future__ import annotations

from sandbox_host.hooks.after import AfterHooks


def answer(report):
    assert report.response is not None, report.error
    return report.response.body


def messages(report):
    return [line.message for line in report.logs]


MAKE = {"run": 'Customer.create({ name: "Ada" }); Log.info("handler"); return Item.count();'}


def test_an_after_hook_runs_after_the_handler_and_the_commit(project):
    acme = project(
        MAKE,
        {
            "customer/after-save": 'Log.info("after " + Customer.count()); Item.create({ name: ctx.entity.name });'
        },
    )
    report = acme.route()
    assert answer(report) == 0
    assert messages(report) == ["handler", "after 1"]
    assert [(write.entity, write.committed) for write in report.writes] == [
        ("Customer", True),
        ("Item", True),
    ]
    assert [one["name"] for one in acme.all("Item")] == ["Ada"]


def test_an_after_hook_sees_the_record_as_it_is_stored(project):
    acme = project(
        MAKE,
        {
            "customer/before-save": 'return { email: "a@b.example" };',
            "customer/after-save": "Log.info(ctx.entity.email + ctx.entity._version + ctx.previous + ctx.changes);",
        },
    )
    assert messages(acme.route())[1] == "a@b.example1nullemail,name"


def test_what_an_after_hook_throws_is_logged_and_its_writes_are_dropped_and_nothing_else(project):
    acme = project(MAKE, {"customer/after-save": 'Item.create({ name: "x" });\nthrow new Error("too late");'})
    report = acme.route()
    assert report.ok and report.error is None
    (line,) = [line for line in report.logs if line.level == "error"]
    assert line.message == "hook:Customer:after_save failed: Error: too late"
    assert "src/hooks/customer/after-save.ts:3" in line.data["stack"]
    assert len(acme.all("Customer")) == 1 and acme.all("Item") == []
    assert [write.entity for write in report.writes] == ["Customer"]


def test_a_run_that_fails_sets_off_no_after_hook(project):
    acme = project(
        {"run": 'Customer.create({ name: "Ada" }); throw new Error("no");'},
        {"customer/after-save": 'Log.info("after");'},
    )
    report = acme.route()
    assert report.error.code == "handler_error" and messages(report) == []


def test_an_after_hook_of_a_write_that_was_rejected_is_forgotten(project):
    acme = project(
        {"run": 'try { Customer.create({ name: "Ada" }); } catch {}'},
        {
            "customer/before-save": 'Item.create({ name: "x" }); throw new Error("no");',
            "item/after-save": 'Log.info("after item");',
        },
    )
    report = acme.route()
    answer(report)
    assert messages(report) == []


def test_without_taking_the_queue_back_it_would_run(project, monkeypatch):
    from contextlib import contextmanager

    @contextmanager
    def forgetful(after, *, commit=False):
        with after._shared.unit.together(commit=commit):
            yield

    monkeypatch.setattr(AfterHooks, "together", forgetful)
    acme = project(
        {"run": 'try { Customer.create({ name: "Ada" }); } catch {}'},
        {
            "customer/before-save": 'Item.create({ name: "x" }); throw new Error("no");',
            "item/after-save": 'Log.info("after item");',
        },
    )
    assert messages(acme.route()) == ["after item"]


def test_every_write_has_its_own_after_hook_in_the_order_of_the_writes(project):
    acme = project(
        {
            "run": 'const { id } = Customer.create({ name: "A" });\n'
            'Customer.update(id, { name: "B" }); Customer.create({ name: "C" });'
        },
        {
            "customer/after-save": "const { operation, previous, entity } = ctx;\n"
            "Log.info(`${operation} ${previous && previous.name} ${entity.name}`);"
        },
    )
    assert messages(acme.route()) == ["create null A", "update A B", "create null C"]


def test_after_hooks_of_after_hooks_come_last(project):
    acme = project(
        {"run": 'Customer.create({ name: "A" }); Customer.create({ name: "B" });'},
        {
            "customer/after-save": 'Log.info("customer " + ctx.entity.name); Item.create({ name: ctx.entity.name });',
            "item/after-save": 'Log.info("item " + ctx.entity.name);',
        },
    )
    assert messages(acme.route()) == ["customer A", "customer B", "item A", "item B"]


def test_one_that_fails_does_not_keep_the_others_from_running(project):
    acme = project(
        {"run": 'Customer.create({ name: "A" }); Customer.create({ name: "B" });'},
        {
            "customer/after-save": 'if (ctx.entity.name === "A") throw new Error("no"); Log.info(ctx.entity.name);'
        },
    )
    assert messages(acme.route()) == ["hook:Customer:after_save failed: Error: no", "B"]


def test_a_limit_in_an_after_hook_is_logged_and_ends_the_queue(project):
    acme = project(
        {"run": 'Customer.create({ name: "A" }); Customer.create({ name: "B" });'},
        {"customer/after-save": "for (;;);"},
    )
    report = acme.route(limits=["cpu_ms=80"])
    assert report.ok
    assert [line.split(": ")[1] for line in messages(report)[:1]] == ["CpuLimit"]
    assert messages(report)[1] == "1 more after-hooks were not run"
    assert len(acme.all("Customer")) == 2
