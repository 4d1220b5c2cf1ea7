"""`backfill audit export` and `backfill audit verify`, as a person and as a script use them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner, Result

from sandbox_host.audit import AuditStore, CallOutcome
from sandbox_host.cli.audit import audit


@pytest.fixture
def state(folder, identity, decide):
    """A state folder with one finished run in its log."""
    with AuditStore.open(folder) as store:
        run = store.begin(identity())
        for seq in (1, 2, 3):
            decide(run, seq)
        run.end("ok", [CallOutcome(seq, "ok") for seq in (1, 2, 3)], {"committed": True})
    return folder


@pytest.fixture
def log(state, tmp_path):
    path = tmp_path / "log.jsonl"
    assert backfill("export", "--state", state, "--out", path).exit_code == 0
    return path


def backfill(*arguments: object) -> Result:
    result = CliRunner().invoke(audit, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_an_export_on_standard_output_is_json_lines_and_verifies_on_standard_input(state):
    program = [sys.executable, "-c", "from sandbox_host.cli.audit import audit; audit()"]
    text = subprocess.run([*program, "export", "--state", state], stdout=subprocess.PIPE, check=True).stdout
    assert [json.loads(line)["type"] for line in text.split(b"\n")[:-1]][-2:] == ["checkpoint", "end"]
    answer = subprocess.run([*program, "verify", "-", "--state", state], input=text, stdout=subprocess.PIPE)
    assert answer.returncode == 0
    assert answer.stdout.startswith(b"Verified: 6 records of 1 runs of tenant local")


def test_a_genuine_log_is_verified_with_the_pinned_key_and_with_a_copy_of_it(state, log, tmp_path):
    copy = tmp_path / "copied.pub"
    copy.write_bytes((state / "keys" / "audit-ed25519.pub").read_bytes())
    assert backfill("verify", log, "--state", state).exit_code == 0
    assert backfill("verify", log, "--key", copy).exit_code == 0


def test_a_changed_log_is_not_verified_and_the_record_is_named(state, log):
    log.write_bytes(log.read_bytes().replace(b'"seq":2', b'"seq":9', 1))
    result = backfill("verify", log, "--state", state)
    assert result.exit_code == 1
    assert "Not verified. Line 3, record 3 of chain " in result.stdout
    assert "(call 9 of run run_1), by its own account: modified." in result.stdout


def test_a_missing_call_is_named_by_its_place(state, log):
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:2] + lines[3:]))
    result = backfill("verify", log, "--state", state)
    assert result.exit_code == 1
    assert "Line 3, record 3 of chain" in result.stdout
    assert "call 3 of run run_1) stands where it belongs" in result.stdout


def test_another_hosts_key_does_not_verify_it(log, tmp_path):
    AuditStore.open(tmp_path / "elsewhere").close()
    result = backfill("verify", log, "--state", tmp_path / "elsewhere", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["kind"] == "wrong_key"


def test_an_older_log_is_told_by_the_head_that_was_kept(state, log, identity, decide, tmp_path):
    with AuditStore.open(state) as store:
        decide(store.begin(identity("run_2")))
    newer = tmp_path / "newer.jsonl"
    backfill("export", "--state", state, "--out", newer)
    old, new = (
        json.loads(backfill("verify", path, "--state", state, "--json").stdout) for path in (log, newer)
    )
    assert backfill("verify", newer, "--state", state, "--expect-head", old["head"]).exit_code == 0
    result = backfill("verify", log, "--state", state, "--expect-head", new["head"])
    assert result.exit_code == 1
    assert "older" in result.stdout


def test_the_json_answer_has_every_key_whatever_it_is(state, log, tmp_path):
    answers = [backfill("verify", log, "--state", state, "--json")]
    log.write_bytes(log.read_bytes()[:-100])
    answers.append(backfill("verify", log, "--state", state, "--json"))
    answers.append(backfill("verify", tmp_path / "nowhere", "--state", state, "--json"))
    reports = [json.loads(answer.stdout) for answer in answers]
    assert [answer.exit_code for answer in answers] == [0, 1, 2]
    assert [report["kind"] for report in reports] == [None, "truncated", "invalid_input"]
    assert len({frozenset(report) for report in reports}) == 1


def test_an_empty_state_has_an_empty_log_that_verifies(folder):
    AuditStore.open(folder).close()
    text = backfill("export", "--state", folder).stdout_bytes
    result = CliRunner().invoke(audit, ["verify", "-", "--state", str(folder)], input=text)
    assert (result.exit_code, "an empty log" in result.stdout) == (0, True)


def test_wrong_input_says_what_to_do_and_exits_with_2(state, log, tmp_path):
    prose = tmp_path / "prose.txt"
    prose.write_text("Dear auditor,\nall is well.\n")
    wrong = {
        ("verify", log): "pass --key PUB, or --state DIR",
        ("verify", log, "--key", tmp_path / "no.pub"): "no.pub: cannot be read",
        ("verify", log, "--key", log): "not a public key in PEM form",
        ("verify", log, "--state", tmp_path): "audit-ed25519.pub: cannot be read",
        ("verify", tmp_path / "no.jsonl", "--state", state): "no.jsonl: cannot be read",
        ("verify", tmp_path, "--state", state): "cannot be read",
        ("verify", prose, "--state", state): "not an audit log",
        ("verify", log, "--state", state, "--expect-head", "xyz"): "64 hexadecimal digits",
        ("export", "--state", tmp_path): "no audit log here",
        ("export", "--state", state, "--out", tmp_path): "cannot be written",
    }
    for arguments, message in wrong.items():
        result = backfill(*arguments)
        assert result.exit_code == 2, arguments
        assert message in result.stderr
        assert "Traceback" not in result.output


def test_a_log_that_cannot_be_opened_is_told_in_one_line(state):
    (state / "keys" / "audit-ed25519.key").unlink()
    result = backfill("export", "--state", state)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "restore the key" in result.stderr


def test_what_a_hostile_file_says_cannot_steer_the_terminal(state, log):
    record = json.loads(log.read_bytes().splitlines()[1])
    record["chain"] = "\x1b[2J\r\n"
    log.write_bytes(json.dumps(record).encode() + b"\n")
    result = backfill("verify", log, "--state", state)
    assert result.exit_code == 1
    assert "\x1b" not in result.stdout
