"""Jobs: each write commits at its call, with its hooks; a job that fails is tried again, and what it wrote stays."""

from __future__ import annotations

import pytest

from sandbox_host.egress import EgressResponse
from sandbox_host.records.unit_of_work import UnitOfWork

HTTP = {"http": ["https://api.acme.example/*"]}
ENTITIES = {"entities": {"Customer": ["read", "write"], "Item": ["read", "write"]}}


def job(body, **declared):
    lines = [f"export const {name} = {value!r};" for name, value in declared.items()]
    run = f"export async function run() {{\n{body}\n}}\n"
    return "\n".join(['export const schedule = "0 2 * * *";', *lines, run])


def messages(report):
    return [line.message for line in report.logs]


COUNTS = 'const n = Customer.count(); Customer.create({ name: "c" + n });\n'


def test_a_job_is_tried_as_often_as_it_asks_and_its_writes_stay(project):
    acme = project(
        jobs={"nightly": job(COUNTS + 'if (n < 2) throw new Error("only " + n); return n;', retry=3)}
    )
    report = acme.job()
    assert report.ok and report.response.body == 2
    assert [one["name"] for one in acme.all("Customer")] == ["c0", "c1", "c2"]
    assert messages(report) == [
        "attempt 1 of 3 failed: Error: only 0",
        "attempt 2 of 3 failed: Error: only 1",
    ]
    assert [call.seq for call in report.calls] == [1, 2, 3, 4, 5, 6]
    assert [(write.data["name"], write.committed) for write in report.writes] == [
        ("c0", True),
        ("c1", True),
        ("c2", True),
    ]
    assert report.usage.host_calls == 6


def test_a_job_that_never_succeeds_ends_with_its_last_error(project):
    acme = project(jobs={"nightly": job(COUNTS + 'throw new Error("only " + n);', retry=2)})
    report = acme.job()
    assert (report.ok, report.error.message) == (False, "only 1")
    assert len(acme.all("Customer")) == 2


def test_a_job_that_says_nothing_is_tried_once(project):
    acme = project(jobs={"nightly": job(COUNTS + 'throw new Error("no");')})
    assert not acme.job().ok
    assert len(acme.all("Customer")) == 1


def test_a_job_that_succeeds_is_not_tried_again(project):
    acme = project(jobs={"nightly": job(COUNTS, retry=5)})
    assert acme.job().ok
    assert len(acme.all("Customer")) == 1


def test_each_attempt_has_the_whole_of_its_limits(project):
    body = "for (let i = 0; i < 4; i++) Item.count();\n" + COUNTS + 'if (n < 1) throw new Error("again");'
    acme = project(jobs={"nightly": job(body, retry=2)})
    assert acme.job(limits=["host_calls=6"]).ok


def test_an_observed_attempt_sees_what_the_failed_one_would_have_written(project):
    acme = project(jobs={"nightly": job(COUNTS + 'if (n < 1) throw new Error("again"); return n;', retry=2)})
    report = acme.job(mode="observe")
    assert report.response.body == 1
    assert [write.committed for write in report.writes] == [False, False]
    assert acme.all("Customer") == []


def test_a_job_has_the_time_that_it_asks_for(project):
    acme = project(jobs={"nightly": job("for (;;) Item.count();", timeout_ms=300)})
    report = acme.job(limits=["host_calls=10000", "cpu_ms=9000"])
    assert report.error.code == "wall_limit" and 300 <= report.usage.wall_ms < 2_000


def test_hooks_run_at_each_write_of_a_job_and_stay_when_it_fails(project):
    acme = project(
        jobs={"nightly": job('Customer.create({ name: "Ada" }); Log.info("next"); throw new Error("late");')},
        hooks={
            "customer/before-save": 'Item.create({ name: "before" }); return { notes: "merged" };',
            "customer/after-save": 'Item.create({ name: "after" }); Log.info("after");',
        },
    )
    report = acme.job()
    assert report.error.message == "late" and messages(report) == ["after", "next"]
    assert [one["name"] for one in acme.all("Item")] == ["before", "after"]
    assert acme.all("Customer")[0]["notes"] == "merged"
    assert all(write.committed for write in report.writes) and len(report.writes) == 3


def test_a_rejected_write_of_a_job_leaves_nothing_and_the_job_goes_on(project):
    acme = project(
        jobs={
            "nightly": job(
                'try { Customer.create({ name: "Ada" }); } catch {} Item.create({ name: "mine" });'
            )
        },
        hooks={"customer/before-save": 'Item.create({ name: "before" }); throw new Error("no");'},
    )
    assert acme.job().ok
    assert acme.all("Customer") == []
    assert [one["name"] for one in acme.all("Item")] == ["mine"]


def test_without_the_block_what_a_rejecting_hook_wrote_would_stay(project, monkeypatch):
    from contextlib import contextmanager

    @contextmanager
    def loose(unit, *, commit=False):
        yield

    monkeypatch.setattr(UnitOfWork, "together", loose)
    acme = project(
        jobs={"nightly": job('try { Customer.create({ name: "Ada" }); } catch {}')},
        hooks={"customer/before-save": 'Item.create({ name: "before" }); throw new Error("no");'},
    )
    acme.job()
    assert [one["name"] for one in acme.all("Item")] == ["before"]


class Meanwhile:
    """An egress in whose requests somebody else changes the record."""

    def __init__(self, times):
        self.times = times
        self.happens = lambda: None

    def send(self, request):
        if self.times:
            self.times -= 1
            self.happens()
        return EgressResponse(200, {}, b"")

    def close(self):
        return


ADD = 'const { id } = Customer.query()[0]; return Customer.update(id, { name: "job" }).notes;'
READS = (
    'Http.METHOD("https://api.acme.example/x");\nreturn { notes: ctx.previous ? ctx.previous.name : "new" };'
)


@pytest.mark.parametrize(
    ("method", "times", "notes"), [("get", 1, "other"), ("get", 2, None), ("post", 1, None)]
)
def test_a_write_whose_record_changed_under_its_hook_is_made_again_once_and_never_lost(
    project, method, times, notes
):
    egress = Meanwhile(times)
    hooks = {"customer/before-save": READS.replace("METHOD", method)}
    acme = project(
        {"make": 'Customer.create({ name: "first" });'},
        hooks,
        {"nightly": job(ADD)},
        egress=egress,
        permissions=HTTP | ENTITIES,
    )
    other = project(
        {"change": 'const { id } = Customer.query()[0]; Customer.update(id, { name: "other" });'}, key="other"
    )
    times, egress.times = egress.times, 0
    assert acme.route("make").ok
    egress.times, egress.happens = times, lambda: other.route("change")
    report = acme.job()
    if notes is None:
        assert report.error.code == "conflict"
        assert acme.all("Customer")[0]["name"] == "other"
    else:
        assert report.response.body == notes
