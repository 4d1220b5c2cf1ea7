"""An exported log that was changed does not verify, and the answer names the first bad record."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.audit import (
    ZERO,
    Broken,
    CallOutcome,
    NotAnAuditLog,
    RunIdentity,
    Verified,
    chained,
    checkpoint_record,
    decision_record,
    entries,
    run_end_record,
    seal_record,
    sealed,
    start_record,
    verifier,
    verify,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
AT = "2026-01-02T03:04:05.000006Z"
TAG = "7" * 32


class Chain:
    """One chain being written; `lines` are its records."""

    def __init__(self, name: str) -> None:
        self.name, self.lines, self.hash = name, [], ZERO

    def add(self, body: dict[str, Any], key: Ed25519PrivateKey | None = None) -> Chain:
        record = chained(body, self.name, len(self.lines) + 1, self.hash, key)
        self.lines.append(record.line)
        self.hash = record.hash
        return self

    def head(self) -> dict[str, Any]:
        return {"chain": self.name, "first": 1, "prev": ZERO, "last": len(self.lines), "hash": self.hash}

    def checkpointed(self) -> dict[str, Any]:
        return {"chain": self.name, "n": len(self.lines), "hash": self.hash, "tag": TAG}


def run(chain: Chain, name: str, calls: int) -> None:
    who = RunIdentity(name, "local", "stripe", None, "ab", "stripe", "job:sync", "live", "cli").record()
    for seq in range(1, calls + 1):
        chain.add(decision_record(who, AT, seq, "entity", "get", "Customer", "allow", "always", "declared"))
    outcomes = [CallOutcome(seq, "ok", None, None, 2, 0.1) for seq in range(1, calls + 1)]
    chain.add(run_end_record(who, AT, "ok", outcomes, {"committed": True}))


def seal(chains: list[Chain], key: Ed25519PrivateKey = KEY, checkpoint: str | None = None) -> bytes:
    lines = [line for chain in chains for line in chain.lines]
    heads = [chain.head() for chain in chains]
    first = json.loads(lines[0])["_hash"] if lines else None
    body = seal_record(
        tenant="local", tag=TAG, at=AT, first=first, count=len(lines), heads=heads, checkpoint=checkpoint
    )
    return sealed(body, key).line


def two_segments(key: Ed25519PrivateKey = KEY) -> list[Chain]:
    one, signed_one = Chain("a" * 32), Chain("b" * 32)
    one.add(start_record("local", "1" * 32, AT, None))
    run(one, "run_1", 2)
    signed_one.add(checkpoint_record("1" * 32, AT, None, [one.checkpointed()]), key)
    run(one, "run_2", 1)
    signed_one.add(checkpoint_record("1" * 32, AT, signed_one.hash, [one.checkpointed()]), key)
    two, signed_two = Chain("c" * 32), Chain("d" * 32)
    two.add(start_record("local", "2" * 32, AT, signed_one.hash))
    run(two, "run_3", 1)
    signed_two.add(checkpoint_record("2" * 32, AT, signed_one.hash, [two.checkpointed()]), key)
    return [one, signed_one, two, signed_two]


def whole_log(key: Ed25519PrivateKey = KEY) -> list[bytes]:
    chains = two_segments(key)
    lines = [line for chain in chains for line in chain.lines]
    return [*lines, seal(chains, key, chains[-1].hash)]


LOG = whole_log()
"""Lines 1-6: a tenant's chain; 7-8: its checkpoints; 9-11, 12: the same in the next segment; 13: the seal."""


def broken(lines: list[bytes], **options: Any) -> Broken:
    answer = verify(lines, KEY.public_key(), **options)
    assert isinstance(answer, Broken), answer
    return answer


def rehashed(line: bytes, signer: Ed25519PrivateKey | None = None, **changes: Any) -> bytes:
    """The record with changed members, and with a hash (and signature) that fits them."""
    record = {**json.loads(line), **changes}
    record.pop("_hash")
    if signer is not None:
        record.pop("sig")
        record["sig"] = signer.sign(rfc8785.dumps(record)).hex()
    record["_hash"] = hashlib.sha256(rfc8785.dumps(record)).hexdigest()
    return rfc8785.dumps(record) + b"\n"


def rechained(lines: list[bytes], first: int, last: int, **changes: Any) -> list[bytes]:
    """Line `first` (from 1) changed, and the hashes of its chain made good up to line `last`."""
    out = list(lines)
    out[first - 1] = rehashed(out[first - 1], **changes)
    for number in range(first, last):
        out[number] = rehashed(out[number], prev=json.loads(out[number - 1])["_hash"])
    return out


def test_a_genuine_log_verifies_and_says_what_it_holds():
    head = json.loads(LOG[11])["_hash"]
    expected = Verified(records=12, runs=3, tenant="local", head=head, at=AT, complete=True)
    assert verify(LOG, KEY.public_key()) == expected


def test_a_log_without_records_verifies():
    lines = [seal([])]
    assert verify(lines, KEY.public_key()) == Verified(0, 0, "local", None, AT, True)


@pytest.mark.parametrize("change", [0x01, 0x20, "\n"])
def test_a_change_of_any_byte_is_found_in_its_line(change: int | str):
    for number, line in enumerate(LOG, 1):
        for position, byte in enumerate(line):
            replaced = byte ^ change if isinstance(change, int) else ord(change)
            if replaced == byte:
                continue
            changed = line[:position] + bytes([replaced]) + line[position + 1 :]
            text = b"".join([*LOG[: number - 1], changed, *LOG[number:]])
            answer = broken(lines_of(text))
            assert answer.line == number, (number, position, answer)
            assert answer.kind in ("modified", "truncated")


def lines_of(text: bytes) -> list[bytes]:
    """As a file opened for bytes gives them: split at LF alone."""
    lines = text.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


@pytest.mark.parametrize("number", range(1, len(LOG)))
def test_a_removed_record_is_missing_where_it_should_stand(number: int):
    answer = broken(LOG[: number - 1] + LOG[number:])
    assert (answer.line, answer.kind) == (number, "missing")


@pytest.mark.parametrize("first", range(1, len(LOG)))
def test_removed_stretches_are_missing_from_their_first_record(first: int):
    for last in range(first + 1, len(LOG)):
        answer = broken(LOG[: first - 1] + LOG[last:])
        assert (answer.line, answer.kind) == (first, "missing")


@pytest.mark.parametrize("first", range(1, len(LOG)))
def test_swapped_records_are_named_at_the_first_of_them(first: int):
    for second in range(first + 1, len(LOG) + 1):
        lines = list(LOG)
        lines[first - 1], lines[second - 1] = lines[second - 1], lines[first - 1]
        answer = broken(lines)
        assert (answer.line, answer.kind) == (first, "swapped")


@pytest.mark.parametrize("number", range(1, len(LOG) + 1))
def test_a_doubled_record_is_named_where_it_stands_again(number: int):
    for place in range(number, len(LOG) + 1):
        answer = broken([*LOG[:place], LOG[number - 1], *LOG[place:]])
        assert (answer.line, answer.kind) == (place + 1, "doubled")


def test_a_log_cut_after_any_byte_is_truncated():
    text = b"".join(LOG)
    for length in range(12, len(text), 7):
        answer = broken(lines_of(text[:length]))
        assert answer.kind == "truncated"
        assert answer.line == text[:length].count(b"\n") + 1


def test_an_empty_file_is_a_truncated_log():
    assert broken([]).kind == "truncated"


def test_a_log_signed_again_by_somebody_else_is_wrong_from_his_first_signature():
    answer = broken(whole_log(OTHER_KEY))
    assert (answer.line, answer.kind) == (7, "wrong_key")


def test_a_foreign_signature_that_claims_the_pinned_key_is_not_believed():
    claimed = json.loads(LOG[12])["key"]
    lines = [*LOG[:12], rehashed(whole_log(OTHER_KEY)[12], OTHER_KEY, key=claimed)]
    answer = broken(lines)
    assert (answer.line, answer.kind) == (13, "wrong_key")


def test_without_the_signature_check_a_log_signed_by_somebody_else_goes_through(monkeypatch):
    monkeypatch.setattr(entries, "_signed", lambda *_: True)
    assert isinstance(verify(whole_log(OTHER_KEY), KEY.public_key()), Verified)


@pytest.mark.parametrize("number", [number for number in range(1, 13) if number not in (7, 8, 12)])
def test_a_record_rewritten_with_a_fitting_hash_is_named(number: int):
    lines = list(LOG)
    lines[number - 1] = rehashed(lines[number - 1], at="2031-01-01T00:00:00.000000Z")
    answer = broken(lines)
    assert (answer.line, answer.kind) == (number, "modified")


@pytest.mark.parametrize("number", range(1, 12))
def test_a_record_made_to_follow_another_is_named(number: int):
    if number in (7, 8):
        return
    lines = list(LOG)
    lines[number - 1] = rehashed(lines[number - 1], prev="e" * 64)
    answer = broken(lines)
    assert (answer.line, answer.kind) == (number, "modified")


def test_a_chain_rewritten_to_its_end_does_not_reach_the_signed_head():
    answer = broken(rechained(LOG, 6, 6, outcome="error"))
    assert (answer.line, answer.kind) == (6, "modified")
    answer = broken(rechained(LOG, 5, 6, reason="nothing to see"))
    assert (answer.line, answer.kind) == (6, "modified")
    assert "as early as line 5" in answer.message, "line 4 is what the checkpoint on line 7 names"


def test_a_rewrite_across_a_checkpoint_is_found_where_the_checkpoint_was_made():
    answer = broken(rechained(LOG, 2, 6, reason="nothing to see"))
    assert (answer.line, answer.kind) == (4, "modified")
    assert "checkpoint on line 7" in answer.message


def test_two_successors_of_one_record_are_a_fork_and_the_one_off_the_chain_is_named():
    rival = rehashed(LOG[2], reason="another story")
    behind, before = broken([*LOG[:3], rival, *LOG[3:]]), broken([*LOG[:2], rival, *LOG[2:]])
    assert (behind.line, behind.kind) == (4, "forked")
    assert (before.line, before.kind) == (3, "forked")


def test_a_fork_at_the_head_names_the_one_that_was_not_sealed():
    rival = rehashed(LOG[10], outcome="error")
    assert broken([*LOG[:11], rival, *LOG[11:]]).line == 12
    answer = broken([*LOG[:10], rival, *LOG[10:]])
    assert (answer.line, answer.kind) == (11, "forked")


def test_what_is_added_is_named():
    extra = Chain("e" * 32).add(start_record("local", "9" * 32, AT, None)).lines
    assert (broken([*LOG[:12], *extra, LOG[12]]).line, broken([*LOG, *extra]).line) == (13, 14)
    assert broken([*LOG, *extra]).kind == "added"


def test_of_several_wounds_the_first_is_named():
    lines = list(LOG)
    lines[10] = lines[10].replace(b"ok", b"no")
    del lines[4]
    answer = broken(lines)
    assert (answer.line, answer.kind) == (5, "missing")


def test_an_older_genuine_log_is_told_by_the_head_it_should_hold():
    chains = two_segments()
    older = chains[:2]
    lines = [*(line for chain in older for line in chain.lines), seal(older, checkpoint=older[-1].hash)]
    newest = chains[-1].hash
    assert isinstance(verify(lines, KEY.public_key()), Verified)
    assert broken(lines, expect_head=newest).kind == "older"
    assert isinstance(verify(LOG, KEY.public_key(), older[-1].hash), Verified)
    assert isinstance(verify(LOG, KEY.public_key(), newest.upper()), Verified)


def sealed_after_a_change(chains: list[Chain]) -> list[bytes]:
    """What the host would export, and sign, from a store that somebody changed."""
    return [*(line for chain in chains for line in chain.lines), seal(chains, checkpoint=chains[-1].hash)]


def store_without_its_newest_records() -> list[bytes]:
    chains = two_segments()
    chains[2].lines.pop()
    chains[2].hash = json.loads(chains[2].lines[-1])["_hash"]
    return sealed_after_a_change(chains)


def store_with_a_rewritten_chain() -> list[bytes]:
    chains = two_segments()
    lines = rechained(chains[0].lines, 2, 6, reason="nothing to see")
    chains[0].lines, chains[0].hash = lines, json.loads(lines[-1])["_hash"]
    return sealed_after_a_change(chains)


def store_without_a_chain() -> list[bytes]:
    chains = two_segments()
    return sealed_after_a_change([chains[0], chains[1], chains[3]])


def store_without_a_segment() -> list[bytes]:
    return sealed_after_a_change(two_segments()[2:])


def store_without_its_newest_checkpoint() -> list[bytes]:
    chains = two_segments()
    lines = [line for chain in chains[:3] for line in chain.lines]
    return [*lines, seal(chains[:3], checkpoint=chains[3].hash)]


STORES = {
    store_without_its_newest_records: (11, "missing", "_contradictions"),
    store_with_a_rewritten_chain: (4, "modified", "_contradictions"),
    store_without_a_chain: (9, "missing", "_contradictions"),
    store_without_a_segment: (1, "missing", "_unknown_checkpoints"),
    store_without_its_newest_checkpoint: (12, "missing", "_unknown_checkpoints"),
}


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.__name__)
def test_checkpoints_testify_against_a_store_that_was_changed_before_it_was_exported(store, monkeypatch):
    line, kind, guard = STORES[store]
    answer = broken(store())
    assert (answer.line, answer.kind) == (line, kind)
    monkeypatch.setattr(verifier, guard, lambda *_: iter(()))
    assert isinstance(verify(store(), KEY.public_key()), Verified), "the guard is what found it"


def test_without_the_hash_check_a_changed_record_goes_through(monkeypatch):
    lines = [LOG[0], LOG[1].replace(b"Customer", b"Invoices"), *LOG[2:]]
    assert broken(lines).line == 2
    expected = {json.loads(line)["_hash"]: line for line in lines}

    def believed(record: dict[str, Any]) -> tuple[str, bytes]:
        claimed = record.pop("_hash")
        return claimed, expected[claimed]

    monkeypatch.setattr(entries, "unsealed", believed)
    assert isinstance(verify(lines, KEY.public_key()), Verified)


@pytest.mark.parametrize(
    ("guard", "lines"),
    [
        ("_misplaced", [LOG[1], LOG[0], *LOG[2:]]),
        ("_misplaced", [*LOG[:4], *LOG[5:]]),
        ("_misplaced", [*LOG[:4], LOG[3], *LOG[4:]]),
        ("_unlinked", rechained(LOG, 5, 5, reason="nothing to see")),
    ],
)
def test_without_its_place_and_its_link_a_record_goes_through(guard, lines, monkeypatch):
    broken(lines)
    monkeypatch.setattr(verifier, guard, lambda *_: None)
    assert isinstance(verify(lines, KEY.public_key()), Verified)


def test_without_the_signed_head_a_rewritten_chain_goes_through(monkeypatch):
    lines = rechained(LOG, 5, 6, reason="nothing to see")
    broken(lines)
    monkeypatch.setattr(verifier, "_rewritten", lambda *_: None)
    monkeypatch.setattr(verifier, "_contradictions", lambda *_: iter(()))
    assert isinstance(verify(lines, KEY.public_key()), Verified)


@given(st.lists(st.sampled_from(LOG), max_size=16))
@settings(max_examples=200)
def test_no_other_arrangement_of_the_records_verifies(lines):
    if lines != LOG and lines:
        broken(lines)


@given(st.binary(max_size=200), st.integers(0, len(LOG)))
@settings(max_examples=200)
def test_no_bytes_between_the_lines_go_unnoticed_or_raise(noise, place):
    text = b"".join(LOG[:place]) + noise + b"".join(LOG[place:])
    if noise:
        broken(lines_of(text))


@pytest.mark.parametrize(
    "lines", [[b"hello\n"], [b'{"a":1}\n', b"[]\n"], [b"\xff\xfe\x00\n"], [b"[" * 100_000]]
)
def test_what_never_was_an_audit_log_is_wrong_input(lines):
    with pytest.raises(NotAnAuditLog):
        verify(lines, KEY.public_key())
