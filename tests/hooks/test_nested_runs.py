"""A hook runs while the guest that wrote waits: in a worker of its own, on the root's budgets, in its report."""

from __future__ import annotations

import io
import json
import sqlite3
import threading
from dataclasses import replace

import pytest

from sandbox_host.egress import EgressResponse
from sandbox_host.workers.pool import WorkerPool
from sandbox_host.workers.sandbox import Sandbox

MAKE = {"run": 'return Customer.create({ name: "Ada" }).notes;'}
DEEP = {
    "customer/before-save": 'return { notes: Item.create({ name: "i" }).description };',
    "item/before-save": 'return { description: "from " + ctx.entity.name };',
}
HTTP = {"http": ["https://api.acme.example/*"]}


def answer(report):
    assert report.response is not None, report.error
    return report.response.body


@pytest.fixture(scope="module")
def lonely():
    """A sandbox with one worker."""
    with Sandbox(1) as made:
        yield made


def test_hooks_in_hooks_run_although_there_is_one_worker(project, lonely):
    acme = project(MAKE, DEEP, sandbox=lonely)
    assert answer(acme.route()) == "from i"
    assert lonely.pool._total == 1, "the workers beyond the pool's size are gone"


def test_several_such_runs_at_once_do_not_wait_for_each_other_for_ever(project, lonely):
    acme = project(MAKE, DEEP, sandbox=lonely)
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(answer(acme.route()))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == ["from i"] * 3
    assert lonely.pool._total == 1


def test_without_a_worker_beyond_the_pool_s_size_it_waits_for_itself(project, lonely, monkeypatch):
    lease = WorkerPool._lease
    monkeypatch.setattr(
        WorkerPool,
        "_lease",
        lambda pool, owner, runtime, deadline, *, beyond=False: lease(pool, owner, runtime, deadline),
    )
    acme = project(MAKE, DEEP, sandbox=lonely)
    assert acme.route(limits=["wall_ms=700"]).error.code == "wall_limit"


LOOP = 'for (let n = 0; n < 4; n++) Customer.create({ name: "c" + n });'


def test_host_calls_are_counted_over_all_of_a_run(project):
    hooks = {"customer/before-save": "Item.count(); Item.count(); Item.count();"}
    acme = project({"run": LOOP}, hooks)
    assert acme.route(limits=["host_calls=16"]).ok
    report = acme.route(limits=["host_calls=15"])
    assert report.error.code == "call_limit" and report.usage.host_calls == 15


def test_wall_time_is_the_root_s(project):
    class Slow:
        def send(self, request):
            threading.Event().wait(0.4)
            return EgressResponse(200, {}, b"")

        def close(self):
            return

    hooks = {"customer/before-save": 'Http.get("https://api.acme.example/x");'}
    acme = project({"run": LOOP}, hooks, egress=Slow(), permissions=HTTP | ENTITIES)
    report = acme.route(limits=["wall_ms=700"])
    assert report.error.code == "wall_limit" and report.usage.wall_ms < 2_000


ENTITIES = {"entities": {"Customer": ["read", "write"], "Item": ["read", "write"]}}
BUSY = "const end = Date.now(); let n = 0; while (n < 1e6) n++;"


def test_all_hooks_of_a_run_share_one_budget_of_cpu(project):
    acme = project({"run": LOOP.replace("4", "16")}, {"customer/before-save": BUSY})
    report = acme.route(limits=["cpu_ms=100"])
    assert report.error.code == "cpu_limit"
    assert report.usage.cpu_ms < 2 * 100 + 100


def test_without_sharing_it_each_hook_would_have_its_own(project, monkeypatch):
    from sandbox_host.guest import Guest

    monkeypatch.setattr(Guest, "_limits", lambda guest: guest._shared.limits)
    acme = project({"run": LOOP.replace("4", "16")}, {"customer/before-save": BUSY})
    report = acme.route(limits=["cpu_ms=100"])
    assert report.ok and report.usage.cpu_ms > 2 * 100 + 100


MANY = 'const many: any = {}; for (let n = 0; n < 2000; n++) many["k" + ctx.entity.name + n] = n + 300;\n'


def test_the_memory_of_what_all_of_a_run_writes_is_one_limit(project):
    """It takes about ten times the bytes of the calls that write it."""
    hooks = {"customer/before-save": MANY + 'Item.create({ name: "i", metadata: many });'}
    acme = project({"run": LOOP}, hooks)
    host = acme.local._host

    class Small:
        def run(self, invocation):
            return host.run(replace(invocation, limits=replace(invocation.limits, write_bytes=400_000)))

    assert acme.route().ok
    acme.local._host = Small()
    report = acme.route()
    assert report.error.code == "result_too_large" and "bytes of memory" in report.error.message
    assert len(acme.all("Customer")) == 4


def test_calls_of_nested_runs_are_numbered_with_the_root_s(project):
    acme = project(
        {"run": 'Item.count(); Customer.create({ name: "Ada" }); Item.count();'},
        {
            "customer/before-save": 'Log.info("hi"); Item.create({ name: "i" });',
            "item/before-save": "Item.exists();",
        },
    )
    report = acme.route()
    assert [(call.seq, call.capability, call.action, call.resource) for call in report.calls] == [
        (1, "entity", "count", "Item"),
        (2, "entity", "create", "Customer"),
        (3, "log", "write", "info"),
        (4, "entity", "create", "Item"),
        (5, "entity", "exists", "Item"),
        (6, "entity", "count", "Item"),
    ]
    assert all(call.outcome == "ok" for call in report.calls)
    assert report.usage.host_calls == 6


def test_the_audit_names_each_nested_run_and_who_set_it_off(project, state):
    acme = project(
        {"run": 'Customer.create({ name: "Ada" });'},
        {"customer/before-save": "Item.count();", "customer/after-save": 'throw new Error("late");'},
    )
    assert acme.route().ok
    out = io.BytesIO()
    state.audit.export(out)
    records = [json.loads(line) for line in out.getvalue().splitlines()]
    ends = {one["run"]["entrypoint"]: one for one in records if one["type"] == "run_end"}
    root, before, after = (
        ends[name] for name in ("POST /run", "hook:Customer:before_save", "hook:Customer:after_save")
    )
    assert before["run"]["id"] == root["run"]["id"] + "/1" and after["run"]["id"] == root["run"]["id"] + "/2"
    assert (root["run"]["actor"], before["run"]["actor"]) == ("user:cli", "install:acme for user:cli")
    assert (root["outcome"], before["outcome"], after["outcome"]) == ("ok", "ok", "handler_error")
    assert before["unit"] == {"part_of": root["run"]["id"], "depth": 1}
    (decision,) = [one for one in records if one["type"] == "decision" and one["resource"] == "Item"]
    assert (decision["run"]["id"], decision["seq"]) == (before["run"]["id"], 2)
    assert [call["seq"] for call in before["calls"]] == [2]


def test_a_secret_that_a_hook_read_is_hidden_in_all_of_the_run_s_report(project):
    permissions = ENTITIES | {"secrets": {"token": ["read"]}}
    acme = project(
        {"run": 'return Customer.create({ name: "Ada" });'},
        {"customer/before-save": 'return { notes: Secrets.get("token") };'},
        permissions=permissions,
    )
    report = acme.route(secrets={"token": "a-long-secret"})
    assert report.writes[0].data["notes"] == "[secret:token]"


def test_a_rejection_does_not_tell_the_writer_the_hook_s_secrets(project):
    acme = project(
        {
            "run": 'try { Customer.create({ name: "Ada" }); } catch (error: any) { return error.message.length; }'
        },
        {"customer/before-save": 'throw new Error(Secrets.get("token"));'},
        permissions=ENTITIES | {"secrets": {"token": ["read"]}},
    )
    told = "hook:Customer:before_save rejected the write: [secret:token]"
    assert answer(acme.route(secrets={"token": "a-long-secret" * 9})) == len(told)


def test_no_transaction_is_open_while_a_hook_runs(project, state, tmp_path):
    busy: list[int] = []

    class Looks:
        def send(self, request):
            db = sqlite3.connect(tmp_path / "state" / "state.db", timeout=0)
            db.execute("CREATE TABLE IF NOT EXISTS scratch (n)")
            busy.append(db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
            db.close()
            return EgressResponse(200, {}, b"")

        def close(self):
            return

    look = 'Http.get("https://api.acme.example/x");'
    hooks = {f"customer/{event}": look for event in ("recalculate", "before-save", "after-save")}
    acme = project(
        {"run": 'Customer.create({ name: "Ada" });'}, hooks, egress=Looks(), permissions=HTTP | ENTITIES
    )
    assert acme.route().ok
    assert busy == [0, 0, 0]


def test_under_observe_hooks_run_on_what_is_staged_and_nothing_is_stored(project, tmp_path):
    permissions = ENTITIES | {"secrets": {"token": ["read", "write"]}}
    hooks = {
        "customer/before-save": 'Secrets.set("token", "abcdefgh"); return { notes: "merged" };',
        "customer/after-save": 'Item.create({ name: ctx.entity.notes + Customer.count() + Secrets.get("token") });',
    }
    acme = project({"run": 'return Customer.create({ name: "Ada" }).notes;'}, hooks, permissions=permissions)
    assert acme.all("Item") == []
    before = rows(tmp_path)
    report = acme.route(mode="observe")
    assert answer(report) == "merged"
    assert [(write.kind, write.entity, write.committed) for write in report.writes] == [
        ("secret", None, False),
        ("entity", "Customer", False),
        ("entity", "Item", False),
    ]
    assert report.writes[2].data["name"] == "merged1[secret:token]"
    assert rows(tmp_path) == before


def rows(folder):
    db = sqlite3.connect(folder / "state" / "state.db")
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {table: sorted(db.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr) for table in tables}
    db.close()
    return found
