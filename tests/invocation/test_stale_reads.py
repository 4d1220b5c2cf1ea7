"""Two runs that read and change one record: the later one runs again, or says Conflict where it must not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sandbox_host.egress import EgressRequest, EgressResponse

PERMISSIONS = {
    "http": ["https://api.acme.example/*"],
    "entities": {"Customer": ["read", "write"]},
}
ROUTES = {
    "make": 'return Customer.create({ name: "0" }).id;',
    "name": "return Customer.get(request.body).name;",
    "add": 'const { name } = Customer.get(request.body); Http.get("https://api.acme.example/x");\n'
    "return Customer.update(request.body, { name: String(Number(name) + 1) }).name;",
    "add_and_tell": 'const { name } = Customer.get(request.body); Http.post("https://api.acme.example/x", { name });\n'
    "return Customer.update(request.body, { name: String(Number(name) + 1) }).name;",
    "only_read": 'const { name } = Customer.get(request.body); Http.get("https://api.acme.example/x"); return name;',
    "add_quietly": "const { name } = Customer.get(request.body);\n"
    "return Customer.update(request.body, { name: String(Number(name) + 1) }).name;",
}


class Between:
    """An egress whose requests let something else happen between a guest's read and its write."""

    def __init__(self, happens: Callable[[int], None]) -> None:
        self.methods: list[str] = []
        self._happens = happens
        self._lock = threading.Lock()

    def send(self, request: EgressRequest) -> EgressResponse:
        with self._lock:
            self.methods.append(request.method)
            number = len(self.methods)
        self._happens(number)
        return EgressResponse(200, {}, b"")

    def close(self) -> None:
        return


def meeting() -> Between:
    """The first two requests are answered when both are there, so both runs have read and neither has written."""
    barrier = threading.Barrier(2, timeout=20)

    def wait(number: int) -> None:
        if number <= 2:
            barrier.wait()

    return Between(wait)


def both(run, route: str, record: str):
    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(lambda _: run(route, record), range(2)))
    return sorted(reports, key=lambda report: not report.ok)


def test_the_later_of_two_runs_is_run_again_and_no_update_is_lost(connector):
    egress = meeting()
    run = connector(ROUTES, egress, permissions=PERMISSIONS)
    record = run("make").response.body
    reports = both(run, "add", record)
    assert sorted(report.response.body for report in reports) == ["1", "2"]
    assert run("name", record).response.body == "2"
    assert egress.methods == ["GET"] * 3


def test_a_run_that_sent_a_write_is_not_run_again_but_conflicts(connector):
    egress = meeting()
    run = connector(ROUTES, egress, permissions=PERMISSIONS)
    record = run("make").response.body
    won, lost = both(run, "add_and_tell", record)
    assert won.response.body == "1" and lost.ok is False and lost.response is None
    assert (lost.error.name, lost.error.code) == ("Conflict", "conflict")
    assert [(write.kind, write.committed) for write in lost.writes] == [("http", True), ("entity", False)]
    assert run("name", record).response.body == "1"
    assert egress.methods == ["POST"] * 2


def test_a_run_that_is_overtaken_twice_conflicts(connector):
    egress = Between(lambda number: overtake())
    run = connector(ROUTES, egress, permissions=PERMISSIONS)
    record = run("make").response.body

    def overtake() -> None:
        assert run("add_quietly", record).ok

    report = run("add", record)
    assert report.ok is False and report.error.name == "Conflict"
    assert run("name", record).response.body == "2"
    assert len(egress.methods) == 2


def test_a_run_that_only_read_is_not_run_again(connector):
    egress = Between(lambda number: overtake())
    run = connector(ROUTES, egress, permissions=PERMISSIONS)
    record = run("make").response.body

    def overtake() -> None:
        assert run("add_quietly", record).ok

    assert run("only_read", record).response.body == "0"
    assert len(egress.methods) == 1


def test_both_attempts_are_on_record(connector, state, tmp_path):
    egress = meeting()
    run = connector(ROUTES, egress, permissions=PERMISSIONS)
    record = run("make").response.body
    both(run, "add", record)
    with (tmp_path / "log.jsonl").open("wb") as out:
        state.audit.export(out)
    log = (tmp_path / "log.jsonl").read_text()
    assert log.count('"capability":"http"') == 3
    assert log.count('"type":"run_end"') == 4
