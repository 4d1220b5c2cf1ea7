"""The records' form: canonical, one line each, and true to what was recorded."""

from __future__ import annotations

import hashlib
import json

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.audit import (
    ZERO,
    CallOutcome,
    RunIdentity,
    canonical,
    chained,
    decision_record,
    plain,
    run_end_record,
    safe_text,
    sealed,
)
from policies.audit import records as audit_records

AT = "2026-01-02T03:04:05.000006Z"
WITH_HALVES = st.text(st.characters(categories=["L", "N", "P", "S", "Z", "Cc", "Cf", "Cs", "Co"]))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WITH_HALVES
ANY_JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WITH_HALVES, inner, max_size=4)
)


def identity(**changes: str) -> RunIdentity:
    fields = {
        "run": "run_1",
        "tenant": "local",
        "install": "stripe",
        "connection": "conn",
        "version": "ab" * 32,
    }
    fields |= {"extension": "stripe", "entrypoint": "POST /sync/customers", "mode": "live", "actor": "cli"}
    return RunIdentity(**(fields | changes))


def decision(resource: str = "https://api.example.com/v1", reason: str = "declared") -> bytes:
    who = identity().record()
    body = decision_record(who, AT, 1, "http", "get", resource, "allow", "permissions.http[0]", reason)
    return chained(body, "c" * 32, 1, ZERO).line


@given(ANY_JSON)
@settings(max_examples=300)
def test_whatever_a_unit_of_work_reports_is_written_as_rfc_8785_writes_it(value):
    body = {"unit": plain(value)}
    assert canonical(body) == rfc8785.dumps(body)


@given(WITH_HALVES, WITH_HALVES)
@settings(max_examples=200)
def test_a_decision_is_one_canonical_line_whatever_the_guest_put_into_it(resource, reason):
    line = decision(resource, reason)
    assert line.decode().splitlines() == [line.decode()[:-1]]
    assert line == rfc8785.dumps(json.loads(line)) + b"\n"


@given(st.floats(0, 1e9))
def test_durations_are_canonical(duration):
    calls = [CallOutcome(1, "ok", None, 200, 10, duration)]
    line = chained(run_end_record(identity().record(), AT, "ok", calls, {}), "c" * 32, 1, ZERO).line
    assert line == rfc8785.dumps(json.loads(line)) + b"\n"
    assert abs(json.loads(line)["calls"][0]["duration_ms"] - duration) <= 0.0006


def test_line_breaks_escapes_and_invisible_characters_are_spelled_out():
    text = safe_text("a\r\nb\x1b[31m\x00\u2028\u202e\x85\ufeff\ud800\U000e0001")
    assert text == "a\\u000d\\u000ab\\u001b[31m\\u0000\\u2028\\u202e\\u0085\\ufeff\\ud800\\U000e0001"


def test_a_guest_cannot_forge_the_spelling():
    assert safe_text("\\u2028") == "\\\\u2028" != safe_text("\u2028")


def test_ordinary_text_in_any_script_stays_as_it_is():
    assert safe_text("Grüße, 東京 😀") == "Grüße, 東京 😀"


def test_a_long_resource_is_cut_with_a_mark_that_says_how_long_it_was():
    line = decision("https://api.example.com/" + "a" * 100_000)
    assert json.loads(line)["resource"].endswith("a…[cut, 100024 characters]")
    assert len(line) < 4096


def test_without_the_spelling_a_record_is_two_lines_for_many_readers(monkeypatch):
    monkeypatch.setattr(audit_records, "safe_text", lambda text: text)
    assert len(decision("a\u2028b").decode().splitlines()) == 2


def test_the_hash_is_the_sha_256_of_the_record_without_it():
    record = json.loads(decision())
    claimed = record.pop("_hash")
    assert hashlib.sha256(rfc8785.dumps(record)).hexdigest() == claimed


def test_a_signature_covers_all_but_the_hash_and_itself():
    key = Ed25519PrivateKey.generate()
    record = json.loads(sealed({"type": "end", "count": 3}, key).line)
    signature = bytes.fromhex(record.pop("sig"))
    record.pop("_hash")
    key.public_key().verify(signature, rfc8785.dumps(record))


def test_every_record_of_a_run_says_who_ran_what():
    run = json.loads(decision())["run"]
    assert run == {
        "id": "run_1",
        "tenant": "local",
        "install": "stripe",
        "connection": "conn",
        "version": "ab" * 32,
        "extension": "stripe",
        "entrypoint": "POST /sync/customers",
        "mode": "live",
        "actor": "cli",
    }
