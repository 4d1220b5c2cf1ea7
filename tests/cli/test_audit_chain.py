"""The audit log of real runs: exported, verified, and found out when it was changed."""

from __future__ import annotations

import json

import pytest

GRANTED = {"entities": {"Customer": ["read", "write"]}, "http": ["https://api.acme.example/*"]}
BODY = """\
Customer.create({ name: "Ada" });
Http.get("https://api.acme.example/v1/x?token=secret");
try { Invoice.query({}); } catch {}
if (request.body) throw new Error("asked to");
return 1;
"""


@pytest.fixture
def log(invoke, backfill, guest, stubs, state):
    """The exported lines of three runs: one that succeeded, one that threw, one observed."""
    path = guest(BODY, permissions=GRANTED)
    stub = ("--stub", stubs({"url": "https://api.acme.example/*"}))
    invoke(path, "POST /run", "--state", state, *stub)
    invoke(path, "POST /run", "--body", "1", "--state", state, *stub)
    invoke(path, "POST /run", "--observe", "--state", state, *stub)
    ran = backfill("audit", "export", "--state", state)
    assert ran.code == 0 and ran.err == ""
    return ran.out.encode()


@pytest.fixture
def verify(backfill, tmp_path, state):
    def run(data: bytes):
        (tmp_path / "log.jsonl").write_bytes(data)
        return backfill("audit", "verify", tmp_path / "log.jsonl", "--state", state, "--json")

    return run


def test_every_call_has_its_decision_and_every_run_its_end(log):
    records = [json.loads(line) for line in log.splitlines()]
    decisions = [each for each in records if each["type"] == "decision"]
    verdicts = [each["decision"] for each in decisions]
    assert verdicts == ["allow", "allow", "deny"] * 2 + ["intercept", "allow", "deny"]
    ends = [each for each in records if each["type"] == "run_end"]
    assert [each["outcome"] for each in ends] == ["ok", "handler_error", "ok"]
    assert [len(each["calls"]) for each in ends] == [3, 3, 3]
    assert {each["run"]["id"] for each in decisions} == {each["run"]["id"] for each in ends}
    assert b"token=secret" not in log


def test_a_genuine_export_verifies(verify, log):
    ran = verify(log)
    assert ran.code == 0 and ran.report["verified"] is True and ran.report["runs"] == 3


@pytest.mark.parametrize("place", [0.05, 0.3, 0.5, 0.7, 0.95])
def test_one_changed_byte_is_found(verify, log, place):
    at = int(len(log) * place)
    changed = log[:at] + (b"0" if log[at : at + 1] != b"0" else b"1") + log[at + 1 :]
    ran = verify(changed)
    assert ran.code == 1 and ran.report["verified"] is False
    assert ran.report["line"] == log[:at].count(b"\n") + 1


def lines(log: bytes) -> list[bytes]:
    return log.splitlines(keepends=True)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda all: all[:3] + all[4:], "missing"),
        (lambda all: [*all[:3], all[4], all[3], *all[5:]], "swapped"),
        (lambda all: [*all[:4], all[3], *all[4:]], "doubled"),
        (lambda all: all[:-1], "truncated"),
        (lambda all: all[:4], "truncated"),
    ],
)
def test_records_that_are_removed_swapped_doubled_or_cut_off_are_found(verify, log, change, kind):
    ran = verify(b"".join(change(lines(log))))
    assert ran.code == 1 and ran.report["kind"] == kind and ran.report["line"]


def test_another_folder_s_key_does_not_verify_it(backfill, invoke, guest, log, tmp_path):
    other = tmp_path / "other"
    invoke(guest("return 1;"), "POST /run", "--state", other)
    (tmp_path / "log.jsonl").write_bytes(log)
    ran = backfill("audit", "verify", tmp_path / "log.jsonl", "--state", other, "--json")
    assert ran.code == 1 and ran.report["kind"] == "wrong_key"
