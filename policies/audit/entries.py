"""One line of an exported log, read: an intact record, or what is wrong with it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from policies.audit.records import HASH_PREFIX, ZERO, canonical, fingerprint, unsealed

Kind: TypeAlias = Literal[
    "modified", "missing", "swapped", "doubled", "added", "truncated", "forked", "wrong_key", "older"
]

SIGNED = ("checkpoint", "end")
_NO_FACTS: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Broken:
    """The log does not hold.

    line: of the first bad record, from 1; for `truncated`, where it should go on; for `missing`, where it
    should stand. record: which one that is, by chain and number, run and call. message: for people.
    """

    line: int
    kind: Kind
    record: str
    message: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One intact line.

    n: 0 for the seal. facts: the whole record where it is signed or names a checkpoint, else nothing.
    trusted: it needs no signature, or the pinned key signed it.
    """

    line: int
    type: str
    chain: str
    n: int
    prev: str
    hash: str
    run: str
    seq: int
    facts: dict[str, Any]
    trusted: bool

    @property
    def place(self) -> tuple[str, int]:
        return self.chain, self.n

    def __str__(self) -> str:
        if self.type == "end":
            return "the seal"
        what = {"decision": f"call {self.seq} of run {self.run}", "run_end": f"the end of run {self.run}"}
        return f"{name_of(self.chain, self.n)} ({what.get(self.type, self.type)})"


def read_line(number: int, line: bytes, key: Ed25519PublicKey) -> Entry | Broken:
    """Line `number` of a log. A Broken without a `record` does not even look like a line of an audit log."""
    label = f"the record on line {number}" if b'"_hash"' in line or HASH_PREFIX.startswith(line[:10]) else ""
    if not line.endswith(b"\n"):
        return Broken(number, "truncated", label, "the line is cut off: it does not end in LF")
    try:
        record = cast("dict[str, Any]", json.loads(line.decode()))
        claimed, expected = unsealed(record)
        if line == expected:
            return _intact(number, claimed, record, key)
        label = f"{_entry(number, claimed, record, trusted=False)}, by its own account"
        problem = "its content is not the one that its hash was made of"
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        problem = f"it is not a whole record any more ({type(error).__name__})"
    return Broken(number, "modified", label, problem)


def _intact(number: int, digest: str, record: dict[str, Any], key: Ed25519PublicKey) -> Entry:
    trusted = record["type"] not in SIGNED or _signed(record, key)
    return _entry(number, digest, record, trusted)


def _entry(number: int, digest: str, record: dict[str, Any], trusted: bool) -> Entry:
    kind = str(record["type"])
    run = cast("dict[str, Any]", record.get("run") or {})
    return Entry(
        line=number,
        type=sys.intern(kind),
        chain="" if kind == "end" else sys.intern(str(record["chain"])),
        n=0 if kind == "end" else int(record["n"]),
        prev=ZERO if kind == "end" else str(record["prev"]),
        hash=digest,
        run=sys.intern(str(run.get("id", ""))),
        seq=int(record.get("seq", 0)),
        facts=record if kind in SIGNED or kind == "start" else _NO_FACTS,
        trusted=trusted,
    )


def _signed(record: dict[str, Any], key: Ed25519PublicKey) -> bool:
    signature = bytes.fromhex(str(record["sig"]))
    try:
        key.verify(signature, canonical({name: value for name, value in record.items() if name != "sig"}))
    except InvalidSignature:
        return False
    return record["key"] == fingerprint(key)


def name_of(chain: str, n: int) -> str:
    """How messages name a record by its place."""
    return f"record {n} of chain {chain[:8]}"
