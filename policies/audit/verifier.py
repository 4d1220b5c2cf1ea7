"""Is this exported log the one that was written? In the order in which it is asked:

1. Each line is one record in canonical form and holds the hash of its own content, else it was modified.
2. The seal at the end is signed by the pinned key. It lists every chain and how far it goes, so the place of
   every record in the file is known: what is not in its place was swapped, doubled, forked or added, and what
   has no record is missing; without a seal the log was truncated.
3. Each record names the hash of the one before it, and each chain ends in the hash that the seal names.
4. Checkpoints are signed by the pinned key, and what they say about a chain is what the chain holds.

The answer is the first bad line. A key that a file brings along is never used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from policies.audit.entries import Broken, Entry, name_of, read_line
from policies.audit.records import ZERO


class NotAnAuditLog(ValueError):
    """No line of the input is an audit record, whole or damaged."""


@dataclass(frozen=True, slots=True)
class Verified:
    """The log holds.

    records: without the seal. runs: how many it names. tenant: whose it is; None for an empty log.
    head: the newest checkpoint; a later export must hold it (`expect_head`). at: when it was exported.
    complete: it begins at the beginning; False for an export of a part.
    """

    records: int
    runs: int
    tenant: str | None
    head: str | None
    at: str
    complete: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """What belongs on a line. `prev` and `hash` where the seal gives them; n is 0 for the seal itself."""

    chain: str
    n: int
    prev: str | None = None
    hash: str | None = None

    def __str__(self) -> str:
        return name_of(self.chain, self.n) if self.n else "the seal"


_SEAL = _Place("", 0)


def verify(
    lines: Iterable[bytes], key: Ed25519PublicKey, expect_head: str | None = None
) -> Verified | Broken:
    """Verify an export, given as lines with their LF, against a key that the reader already trusts.

    `expect_head` is the hash of a record that must be in it, such as the head of an earlier export: an older
    genuine export does not hold it. Needs about 500 bytes of memory a record. Raises NotAnAuditLog.
    """
    read = [read_line(number, line, key) for number, line in enumerate(lines, 1)]
    entries = [line for line in read if isinstance(line, Entry)]
    if read and not any(isinstance(line, Entry) or line.record for line in read):
        raise NotAnAuditLog("not an audit log: no line of it is an audit record")
    seal = next((entry for entry in entries if entry.type == "end" and entry.trusted), None)
    problem = min(_problems(read, entries, seal), key=lambda broken: broken.line, default=None)
    if problem is not None or seal is None:
        return problem or _truncated(len(read))
    if expect_head is not None and all(entry.hash != expect_head.lower() for entry in entries):
        return Broken(
            seal.line,
            "older",
            str(seal),
            f"a genuine export, sealed {seal.facts['at']}, but without the expected record {expect_head}: "
            "it is older than that record, or another host's",
        )
    facts = seal.facts
    return Verified(
        records=facts["count"],
        runs=len({entry.run for entry in entries if entry.run}),
        tenant=facts["tenant"],
        head=facts["checkpoint"],
        at=facts["at"],
        complete=_complete(seal),
    )


def _problems(
    read: Sequence[Entry | Broken], entries: Sequence[Entry], seal: Entry | None
) -> Iterator[Broken]:
    """The first problem of each sort; of two on one line the first found says most."""
    out_of_place = _walk(read, entries, seal)
    if out_of_place is not None:
        yield out_of_place
    yield from _contradictions(entries, seal)
    if seal is not None and _complete(seal):
        yield from _unknown_checkpoints(entries)


def _walk(read: Sequence[Entry | Broken], entries: Sequence[Entry], seal: Entry | None) -> Broken | None:
    previous: Entry | None = None
    for line, place in zip_longest(read, _natural(read) if seal is None else _plan(seal)):
        if line is None:
            break
        if isinstance(line, Broken):
            return line
        if place is None:
            return _misplaced(line, _SEAL, entries)
        if not line.trusted:
            return _foreign(line)
        if line.place != (place.chain, place.n):
            return _misplaced(line, place, entries)
        before = place.prev or (previous.hash if previous and previous.chain == line.chain else None)
        if before is not None and line.prev != before:
            return _unlinked(line, previous, place, entries)
        if place.hash is not None and line.hash != place.hash:
            return _rewritten(line, entries)
        previous = line
    return _truncated(len(read)) if seal is None else None


def _plan(seal: Entry) -> Iterator[_Place]:
    """Every place of the file, as the seal lists them."""
    for head in seal.facts["heads"]:
        chain, first, last = head["chain"], head["first"], head["last"]
        for n in range(first, last + 1):
            yield _Place(chain, n, head["prev"] if n == first else None, head["hash"] if n == last else None)
    yield _SEAL


def _natural(read: Sequence[Entry | Broken]) -> Iterator[_Place]:
    """The places as the records themselves suggest them, for a file that has no seal to ask."""
    begun: set[str] = set()
    chain, n = "", 0
    for line in read:
        if isinstance(line, Entry) and line.chain != chain and line.chain not in begun and line.type != "end":
            chain, n = line.chain, line.n - 1
            begun.add(chain)
        n += 1
        yield _Place(chain, n, ZERO if n == 1 else None)


def _misplaced(found: Entry, place: _Place, entries: Sequence[Entry]) -> Broken:
    twin = next((entry for entry in entries if entry.place == found.place and entry.line < found.line), None)
    if twin is not None and twin.hash == found.hash:
        return Broken(found.line, "doubled", str(found), f"{found} stands on line {twin.line} already")
    if twin is not None:
        successor = (found.chain, found.n + 1)
        is_followed = any(entry.place == successor and entry.prev == found.hash for entry in entries)
        return _forked(twin, found) if is_followed else _forked(found, twin)
    due = next((entry for entry in entries if entry.place == (place.chain, place.n) and place.n), None)
    if due is not None and due.line > found.line:
        return Broken(
            found.line,
            "swapped",
            str(found),
            f"out of order: {place} belongs here and stands on line {due.line}",
        )
    if place.n:
        return Broken(
            found.line, "missing", str(place), f"{place} is missing: {found} stands where it belongs"
        )
    return Broken(found.line, "added", str(found), f"{found} is not part of what was sealed: it was added")


def _forked(bad: Entry, other: Entry) -> Broken:
    message = f"forked: another record with the number of {other} stands on line {other.line}"
    return Broken(bad.line, "forked", str(bad), message)


def _unlinked(found: Entry, previous: Entry | None, place: _Place, entries: Sequence[Entry]) -> Broken:
    """`found` does not follow `previous`. If what comes after agrees with `found`, `previous` changed."""
    after = next((entry for entry in entries if entry.place == (found.chain, found.n + 1)), None)
    vouched = place.hash == found.hash if place.hash else after is not None and after.prev == found.hash
    if vouched and previous is not None and previous.chain == found.chain:
        message = (
            f"rewritten, with a new hash: {name_of(found.chain, found.n)} on line {found.line} names another"
        )
        return Broken(previous.line, "modified", str(previous), message)
    message = "it does not follow the record before it: it, or that one, was rewritten with a new hash"
    return Broken(found.line, "modified", str(found), message)


def _rewritten(found: Entry, entries: Sequence[Entry]) -> Broken:
    twin = next((entry for entry in entries if entry.place == found.place and entry.line > found.line), None)
    if twin is not None:
        return _forked(found, twin)
    return Broken(found.line, "modified", str(found), _since(found, entries, "the seal"))


def _since(found: Entry, entries: Sequence[Entry], authority: str) -> str:
    """What to say of a chain whose links hold and whose end does not: it was rewritten from somewhere on."""
    named = {(h["chain"], h["n"], h["hash"]) for e in entries if _is_checkpoint(e) for h in e.facts["heads"]}
    since = min(entry.line for entry in entries if entry.chain == found.chain)
    for entry in entries:
        if entry.line < found.line and (*entry.place, entry.hash) in named:
            since = entry.line + 1
    earlier = f"; the change may begin as early as line {since}" if since < found.line else ""
    return f"rewritten: its hash is not the one that {authority} names{earlier}"


def _foreign(found: Entry) -> Broken:
    message = f"signed with another key than the pinned one (it names key {found.facts.get('key')})"
    return Broken(found.line, "wrong_key", str(found), message)


def _truncated(lines: int) -> Broken:
    where = f"after line {lines}" if lines else "before its first line"
    message = f"the log ends {where}, without the seal that closes an export: what followed was cut off"
    return Broken(lines + 1, "truncated", "the seal", message)


def _contradictions(entries: Sequence[Entry], seal: Entry | None) -> Iterator[Broken]:
    """Checkpoints were signed when they were written: they bear witness against a store changed later."""
    sealed = seal.facts if seal is not None else None
    heads: dict[str, Any] = {head["chain"]: head for head in sealed["heads"]} if sealed else {}
    named = {
        (head["chain"], head["n"]): (head, checkpoint)
        for checkpoint in entries
        if _is_checkpoint(checkpoint)
        for head in checkpoint.facts["heads"]
    }
    ends = {entry.chain: entry.line for entry in entries}
    for entry in entries:
        claim = named.get(entry.place)
        if claim is not None and claim[0]["hash"] != entry.hash:
            text = _since(entry, entries, f"the checkpoint on line {claim[1].line}")
            yield Broken(entry.line, "modified", str(entry), text)
            break
    for (chain, n), (head, checkpoint) in named.items():
        witness = f"the checkpoint on line {checkpoint.line} names it"
        if chain in heads and n > heads[chain]["last"]:
            record = name_of(chain, heads[chain]["last"] + 1)
            yield Broken(ends.get(chain, 0) + 1, "missing", record, f"{record} to {n} are missing: {witness}")
        elif sealed and chain not in heads and head["tag"] == sealed["tag"] and seal and _complete(seal):
            record = name_of(chain, 1)
            message = f"a whole chain of this tenant, {n} records, is missing: {witness}"
            yield Broken(checkpoint.line, "missing", record, message)


def _unknown_checkpoints(entries: Sequence[Entry]) -> Iterator[Broken]:
    known = {entry.hash for entry in entries if _is_checkpoint(entry)}
    for entry in entries:
        follows = entry.facts.get("checkpoint" if entry.type == "end" else "follows")
        if follows is not None and follows not in known:
            message = f"{entry} names a checkpoint, {follows}, that is missing"
            yield Broken(entry.line, "missing", f"checkpoint {follows}", message)


def _is_checkpoint(entry: Entry) -> bool:
    return entry.type == "checkpoint" and entry.trusted


def _complete(seal: Entry) -> bool:
    """Whether the export begins at the beginning of every chain."""
    return all(head["first"] == 1 for head in seal.facts["heads"])
