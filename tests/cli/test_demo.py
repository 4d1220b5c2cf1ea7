"""`backfill demo`: what it reports is so, it reads well anywhere, and it fails where a guard is gone."""

from __future__ import annotations

import dataclasses
import json
import os
import pty
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

import sandbox_host
from policies.permissions import Decision, PermissionSet
from sandbox_host.audit import RunAudit
from sandbox_host.cli.demo import guards, stage
from sandbox_host.cli.demo.books import Books
from sandbox_host.invocation import Host
from sandbox_host.records import UnitOfWork

PROGRAM = [sys.executable, "-c", "from sandbox_host.cli import main; main()", "demo"]
STEPS = ["build", "connection", "sync", "webhook", "refused", "observe", "audit"]


def environment(temporary: Path, **more: str) -> dict[str, str]:
    """Ours, as a pipe has it: no width, no colours asked for, and a folder of its own for temporary files."""
    ours = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR")}
    return ours | {"TMPDIR": str(temporary)} | more


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """The object that `--json` prints on a machine where it never ran, and its folder for temporary files."""
    temporary, cache = tmp_path_factory.mktemp("tmp"), tmp_path_factory.mktemp("cache")
    done = subprocess.run(
        [*PROGRAM, "--json"],
        capture_output=True,
        env=environment(temporary, BACKFILL_CACHE=str(cache)),
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b""), done
    value, end = json.JSONDecoder().raw_decode(done.stdout.decode())
    assert done.stdout.decode()[end:] == "\n"
    return value, temporary


@pytest.fixture
def figures(shown: tuple[dict[str, Any], Path]) -> dict[str, Any]:
    return {step["name"]: step["figures"] for step in shown[0]["steps"]}


def test_every_step_holds_on_a_machine_where_nothing_is_cached_yet(shown):
    report, _ = shown
    assert report["ok"] is True
    assert report["error"] is None
    assert [step["name"] for step in report["steps"]] == STEPS
    assert all(step["ok"] and step["error"] is None for step in report["steps"])
    assert 0 < report["seconds"] < 15


def test_nothing_but_the_cache_is_left_behind(shown):
    assert list(shown[1].iterdir()) == []


def test_what_is_stored_is_what_the_provider_has(figures):
    provider = stage.load_provider(stage.find_example()).StripeProvider()
    sources = {
        "customers": provider.customers,
        "invoices": provider.invoices,
        "payments": provider.charges,
        "payouts": provider.payouts,
    }
    streams = figures["sync"]["streams"]
    assert {name: one["stored"] for name, one in streams.items()} == {
        name: len(items) for name, items in sources.items()
    }
    assert streams["customers"]["pages"] == 3
    assert figures["sync"]["records"] == sum(map(len, sources.values()))


def test_the_wrong_key_is_refused_by_the_provider(figures):
    assert figures["connection"]["right_key"]["status"] == 200
    assert figures["connection"]["wrong_key"]["provider_status"] == 401


def test_the_signed_delivery_makes_a_version_and_the_forged_one_is_refused(figures):
    signed = figures["webhook"]["signed"]
    assert (signed["version_before"], signed["version_after"]) == (1, 2)
    assert figures["webhook"]["forged"]["error"] == "SignatureInvalid"


def test_the_refused_calls_are_on_record_as_denied_and_the_thief_received_nothing(figures):
    assert figures["refused"]["denied"] == [
        {"call": "http.post", "resource": "https://collector.attacker.example/keys", "rule": "unknown_host"},
        {"call": "entity.query", "resource": "Payment", "rule": "unknown_entity"},
    ]
    assert figures["refused"]["thief_received"] == 0
    assert figures["audit"]["denials"] == 2


def test_under_observe_nothing_is_written_here_or_at_the_provider(figures):
    observed = figures["observe"]
    assert (observed["writes"], observed["committed"]) == (5, 0)
    assert observed["provider_reads"] > 0
    assert observed["provider_writes"] == 0
    assert observed["rows_before"] == observed["rows_after"]
    assert observed["rows_before"]["record"] == figures["sync"]["records"]


def test_a_changed_bit_is_found_on_its_line(figures):
    audit = figures["audit"]
    assert audit["broken"]["line"] == audit["changed"]["line"]
    assert audit["broken"]["kind"] == "modified"


def test_no_secret_is_printed(shown):
    text = json.dumps(shown[0])
    assert "sk_test_backfill_demo" not in text
    assert stage.WRONG_KEY not in text
    assert "whsec_" not in text


def test_in_a_narrow_pipe_it_is_plain_text_that_fits(tmp_path):
    done = subprocess.run(
        PROGRAM,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(tmp_path, NO_COLOR="1", COLUMNS="60"),
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    text, _, commands = done.stdout.decode().partition("Try next")
    assert "\x1b" not in text
    assert "\r" not in text
    assert max(map(len, text.splitlines())) <= 60
    assert not [line for line in text.splitlines() if line != line.rstrip()]
    assert "https://api.stripe.com is answered by\n  http://127.0.0.1:" in text
    assert "All of it held" in text
    assert len(commands.split("\n  backfill ")) == 3


def test_a_terminal_gets_colours_and_nothing_that_moves(tmp_path):
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        PROGRAM,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(tmp_path, TERM="xterm-256color", COLUMNS="80"),
    ) as running:
        os.close(theirs)
        text = b""
        try:
            while read := os.read(ours, 65_536):
                text += read
        except OSError:
            pass
        os.close(ours)
    assert running.returncode == 0
    assert b"\x1b[1;32m" in text
    assert b"\r" not in text.replace(b"\r\n", b"\n")
    assert b"Traceback" not in text


def test_a_reader_that_leaves_early_sees_no_traceback(tmp_path):
    with subprocess.Popen(
        PROGRAM, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(tmp_path)
    ) as running:
        assert running.stdout and running.stderr
        running.stdout.readline()
        running.stdout.close()
        assert b"Traceback" not in running.stderr.read()


def test_the_commands_that_it_proposes_run(shown, backfill, tmp_path):
    example = stage.find_example()
    build, invoke = (shlex.split(line)[1:] for line in shown[0]["next"])
    assert Path(build[1]).samefile(example)
    assert backfill(*build).code == 0
    invoke = [word.replace("YOUR_TEST_KEY", "sk_test_backfill_demo") for word in invoke]
    with stage.load_provider(example).StripeProvider() as provider:
        answered = f"https://api.stripe.com={provider.url}"
        ran = backfill(*invoke, "--egress-map", answered, "--state", tmp_path, "--json").report
    assert ran["mode"] == "observe"
    assert ran["response"]["body"]["imported"] == 100


def blind_policy(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PermissionSet, "decide", lambda self, call: Decision(True, "always", ""))


def blind_signatures(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("sandbox_host.triggers.routes.check_signature", lambda *_: None)


def blind_build(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("sandbox_host.packages.builder.undeclared_hosts", lambda *_: iter(()))


def no_observe(patch: pytest.MonkeyPatch) -> None:
    run = Host.run
    patch.setattr(Host, "run", lambda self, one: run(self, dataclasses.replace(one, mode="live")))


def no_intercept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("sandbox_host.capabilities.http.is_http_effect", lambda *_: False)


def no_commit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(UnitOfWork, "commit", lambda self: None)


def lost_record(patch: pytest.MonkeyPatch) -> None:
    read = Books.source_ids
    patch.setattr(Books, "source_ids", lambda self, entity: read(self, entity)[1:])


def blind_verifier(patch: pytest.MonkeyPatch) -> None:
    verify, verdicts = guards.verify_log, []

    def first_verdict(*arguments: Any) -> Any:
        verdicts.append(verify(*arguments))
        return verdicts[0]

    patch.setattr(guards, "verify_log", first_verdict)


def talkative_log(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("sandbox_host.redaction.Redactor.text", lambda self, text: f"{text} sk_test_backfill_demo")


def mistaken_log(patch: pytest.MonkeyPatch) -> None:
    decision = RunAudit.decision

    def mistaken(self: RunAudit, *facts: Any, durable: bool) -> None:
        changed: list[Any] = ["allow" if fact == "deny" else fact for fact in facts]
        decision(self, *changed, durable=durable)

    patch.setattr(RunAudit, "decision", mistaken)


@pytest.mark.parametrize(
    ("remove", "step", "message"),
    [
        (blind_policy, "refused", "https://collector.attacker.example received the API key"),
        (blind_build, "refused", "the build did not see that https://collector.attacker.example"),
        (blind_signatures, "webhook", "a delivery that was changed after it was signed was let in"),
        (no_observe, "observe", "writes were committed under observe"),
        (no_intercept, "observe", "the provider received 1 requests that may change something"),
        (no_commit, "sync", "customers: still more after 20 pages"),
        (lost_record, "sync", "customers: the provider has 230 records, and 229 are stored"),
        (blind_verifier, "audit", "the log was verified although a byte of it was changed"),
        (talkative_log, "audit", "1 of 3 secrets can be read in the log or in a report"),
        (mistaken_log, "audit", "the log holds 0 refused calls instead of 2"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_it_fails_where_a_guard_is_gone(remove, step, message, backfill, monkeypatch):
    remove(monkeypatch)
    done = backfill("demo", "--json")
    assert done.code == 1
    assert done.report["ok"] is False
    *held, failed = done.report["steps"]
    assert all(one["ok"] for one in held)
    assert failed["name"] == step
    assert message in failed["error"]
    assert failed["figures"] == {}


def test_a_failure_is_told_in_a_sentence_and_everything_is_removed(backfill, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    blind_signatures(monkeypatch)
    done = backfill("demo")
    assert done.code == 1
    assert "✗ a delivery that was changed after it was signed was let in" in done.out
    assert "All of it held" not in done.out
    assert list(tmp_path.iterdir()) == []


def test_what_nobody_expected_is_told_without_a_traceback(backfill, monkeypatch):
    def broken() -> Path:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(stage, "find_example", broken)
    for arguments in (["demo"], ["demo", "--json"]):
        done = backfill(*arguments)
        assert done.code == 1
        assert "RuntimeError: the disk is on fire" in done.out
        assert "Traceback" not in done.out + done.err
    assert (done.report["ok"], done.report["steps"]) == (False, [])


def test_the_example_is_found_in_an_installed_distribution_and_missed_where_there_is_none(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(sandbox_host, "__file__", str(tmp_path / "sandbox_host" / "__init__.py"))
    with pytest.raises(stage.DemoFailed, match=r"the Stripe example is missing; looked in .*: install again"):
        stage.find_example()
    installed = tmp_path / "sandbox_host" / "examples" / "stripe"
    installed.mkdir(parents=True)
    (installed / "provider.py").write_text("")
    assert stage.find_example() == installed


def test_it_can_be_stopped(tmp_path):
    with subprocess.Popen(
        PROGRAM,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
        start_new_session=True,
    ) as running:
        assert running.stdout and running.stderr
        while b"1/7" not in running.stdout.readline():
            pass
        os.killpg(running.pid, 2)
        rest, errors = running.stdout.read(), running.stderr.read()
    assert running.returncode == 130
    assert "✗ stopped".encode() in rest
    assert errors == b""
    assert list(tmp_path.iterdir()) == []
