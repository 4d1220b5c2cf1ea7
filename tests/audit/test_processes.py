"""Hosts that die, and hosts that share a log."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager

from policies.audit import Verified, verify
from sandbox_host.audit import AuditStore, segments


def until(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.strip() == word:
            return
    raise AssertionError("".join(lines))


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()


@contextmanager
def verified(folder, exported):
    with AuditStore.open(folder) as store:
        yield store
        answer = verify(exported(store).splitlines(keepends=True), store.public_key)
        assert isinstance(answer, Verified), answer


def test_a_durable_decision_survives_kill_9_and_its_run_is_closed_as_interrupted(
    folder, host, exported, records
):
    process = host("run = begin('run_1'); decide(run, 1, False); decide(run, 2); wait()")
    until(process, "ready")
    kill(process)
    with verified(folder, exported) as store:
        assert [record["seq"] for record in records(store, "decision")] == [1, 2]
        (end,) = records(store, "run_end")
        assert (end["run"]["id"], end["outcome"], end["unit"]) == ("run_1", "interrupted", None)
        assert [(call["seq"], call["outcome"]) for call in end["calls"]] == [
            (1, "interrupted"),
            (2, "interrupted"),
        ]


def test_a_decision_that_was_not_durable_does_not_survive(folder, host, exported, records):
    process = host("run = begin('run_1'); decide(run, 1, False); wait()")
    until(process, "ready")
    kill(process)
    with AuditStore.open(folder) as store:
        assert records(store) == []


def test_only_runs_without_an_end_are_closed_and_only_once(folder, host, exported, records):
    lines = "one = begin('run_1'); two = begin('run_2', 'other'); three = begin('run_3')\n"
    lines += "decide(one, 1); decide(two, 1); decide(three, 1); one.end('ok', [], {}); wait()"
    process = host(lines)
    until(process, "ready")
    kill(process)
    for _ in range(2):
        with AuditStore.open(folder) as store:
            ends = [*records(store, "run_end", "local"), *records(store, "run_end", "other")]
            closed = [(end["run"]["id"], end["outcome"]) for end in ends]
            assert closed == [("run_1", "ok"), ("run_3", "interrupted"), ("run_2", "interrupted")]


def test_a_run_left_open_by_a_host_that_closed_its_log_is_interrupted_too(
    folder, identity, decide, exported, records
):
    with AuditStore.open(folder) as store:
        decide(store.begin(identity()))
    with verified(folder, exported) as store:
        assert [end["outcome"] for end in records(store, "run_end")] == ["interrupted"]


def test_the_runs_of_a_living_host_are_left_alone(folder, host, exported, records):
    process = host("run = begin('run_1'); decide(run, 1); wait()")
    until(process, "ready")
    with verified(folder, exported) as store:
        assert records(store, "run_end") == []


def test_two_stores_in_one_process_leave_each_other_alone(folder, identity, decide, records):
    with AuditStore.open(folder) as one:
        run = one.begin(identity())
        decide(run)
        with AuditStore.open(folder) as two:
            assert records(two, "run_end") == []
        run.end("ok", [], None)


def test_without_the_lock_a_living_run_would_be_closed(folder, identity, decide, records, monkeypatch):
    class NoLock:
        @classmethod
        def take(cls, *_):
            return cls()

        def release(self):
            pass

    with AuditStore.open(folder) as one:
        decide(one.begin(identity()))
        monkeypatch.setattr("sandbox_host.audit.store.SegmentLock", NoLock)
        with AuditStore.open(folder) as two:
            assert [end["outcome"] for end in records(two, "run_end")] == ["interrupted"]


def test_two_hosts_write_at_once_in_chains_of_their_own(folder, host, exported, records):
    lines = "for i in range(150):\n"
    lines += (
        "    run = begin(sys.argv[0] + str(os.getpid()) + str(i)); decide(run, 1); run.end('ok', [], {})\n"
    )
    lines += "store.close(); say('done')"
    both = [host(lines), host(lines)]
    for process in both:
        until(process, "done")
        assert process.wait() == 0
    with verified(folder, exported) as store:
        assert len(records(store, "decision")) == len(records(store, "run_end")) == 300
        assert len(records(store, "start")) == 2


def test_hosts_that_open_at_once_close_a_dead_hosts_run_once(folder, host, exported, records):
    process = host("run = begin('run_1'); decide(run, 1); wait()")
    until(process, "ready")
    kill(process)
    openers = [host("say('open'); store.close()") for _ in range(3)]
    for opener in openers:
        until(opener, "open")
        assert opener.wait() == 0
    with verified(folder, exported) as store:
        assert len(records(store, "run_end")) == 1


FULL = """
import resource, signal
from sandbox_host.audit import AuditUnavailable
run = begin('run_1'); decide(run, 1)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = os.path.getsize(os.path.join(sys.argv[1], 'audit.db-wal'))
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
for seq in range(2, 500):
    try:
        decide(run, seq)
    except AuditUnavailable:
        say(f"refused {seq}"); break
say("ready"); time.sleep(60)
"""


def test_on_a_full_disk_a_decision_is_refused_and_what_was_committed_stays(folder, host, exported, records):
    process = host(FULL)
    assert process.stdout
    word, seq = process.stdout.readline().split()
    assert word == "refused"
    kill(process)
    with verified(folder, exported) as store:
        assert [record["seq"] for record in records(store, "decision")] == list(range(1, int(seq)))


def test_dead_and_closed_hosts_leave_no_lock_files(folder, host, exported):
    process = host("run = begin('run_1'); decide(run, 1); wait()")
    until(process, "ready")
    kill(process)
    with verified(folder, exported):
        pass
    assert list((folder / "segments").iterdir()) == []


def test_a_lock_on_a_file_that_was_removed_meanwhile_is_not_taken_for_one(tmp_path, monkeypatch):
    first = segments.SegmentLock.take(tmp_path, "s")
    assert first and segments.SegmentLock.take(tmp_path, "s") is None
    real, raced = segments.fcntl.flock, []

    def remove_first(descriptor: int, how: int) -> None:
        if not raced:
            raced.append(True)
            first.release()
        real(descriptor, how)

    monkeypatch.setattr(segments.fcntl, "flock", remove_first)
    second = segments.SegmentLock.take(tmp_path, "s")
    monkeypatch.undo()
    assert second and (tmp_path / "s.lock").exists()
    assert segments.SegmentLock.take(tmp_path, "s") is None
    second.release()
