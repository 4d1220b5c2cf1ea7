"""What is loaded before a run is known is as fresh as what is loaded for it, and is used once."""

from __future__ import annotations

import ctypes
import os
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_host.kernels import ahead
from sandbox_host.kernels.instance import Ended
from sandbox_host.kernels.memory import SYSTEM_PAGE, _differing  # pyright: ignore[reportPrivateUsage]
from sandbox_host.kernels.snapshot import Snapshot

COUNTING = "globalThis.seen = (globalThis.seen ?? 0) + 1; return globalThis.seen"
MEMORY = 64 << 20


def ready(guest, memory: int = MEMORY) -> None:
    guest.kernel.get_ready(guest.snapshot, memory)


def test_runs_with_an_instance_loaded_ahead_leave_nothing_to_each_other(guest):
    made = guest(COUNTING)
    for _ in range(5):
        assert made.value() == 1
        ready(made)
        assert made.kernel._ahead._ready is not None
    assert made.value() == 1


def test_a_run_uses_the_one_that_is_ready_and_no_run_uses_it_again(guest):
    made = guest("return 1")
    ready(made)
    waiting = made.kernel._ahead._ready[2]
    assert made.value() == 1
    assert made.kernel._ahead._ready is None
    assert made.kernel._ahead._spent == (made.snapshot, waiting)


def test_after_a_run_that_was_ended_the_next_is_as_fresh(guest, spend):
    made = guest("globalThis.x = 1; for (;;);")
    ready(made)
    with pytest.raises(Ended):
        made.run(spend(cpu_ms=50))
    ready(made)
    with pytest.raises(Ended):
        made.run(spend(cpu_ms=50))


def test_one_that_is_ready_for_other_code_is_thrown_away(guest):
    one, other = guest("return 1"), guest("return 2")
    ready(one)
    assert other.value() == 2
    ready(other)
    assert one.value() == 1


def test_a_snapshot_that_only_looks_the_same_gets_its_own(guest):
    """File descriptors are used again: two snapshots may have equal numbers, one after the other."""
    one, other = guest("return 1"), guest("return 2")
    twin = replace(one.snapshot)
    ready(one)
    os.dup2(other.snapshot.fd, one.snapshot.fd)
    one.snapshot = Snapshot(twin.fd, other.snapshot.size, other.snapshot.main, other.snapshot.scratch)
    assert one.value() == 2


def test_matched_by_its_numbers_alone_the_old_code_would_run(guest, monkeypatch):
    """The guard, removed."""
    one, other = guest("return 1"), guest("return 2")
    ready(one)
    old = one.kernel._ahead._ready[0]
    os.dup2(other.snapshot.fd, one.snapshot.fd)
    one.snapshot = replace(old)
    one.kernel._ahead._ready = (one.snapshot, MEMORY, one.kernel._ahead._ready[2])
    assert one.value() == 1


def test_another_memory_limit_gets_an_instance_of_its_own(guest, spend):
    made = guest("const a = []; for (;;) a.push(new Array(100000).fill(1))")
    ready(made, memory=256 << 20)
    with pytest.raises(Ended) as ended:
        made.run(spend(memory_mb=16))
    assert ended.value.name == "MemoryLimit"


def test_pages_are_learnt_from_runs_of_the_same_code_alone(guest):
    one, other = guest("return 1"), guest("return 2")
    for _ in range(ahead.HOT + 1):
        assert other.value() == 2
        ready(one)
    assert one.kernel._ahead._habit_of(one.snapshot).pages == []
    assert one.value() == 1
    ready(one)
    assert one.kernel._ahead._habit_of(one.snapshot).pages


def test_what_is_held_ahead_has_a_cap(guest, monkeypatch):
    monkeypatch.setattr(ahead, "PAGES_BYTES", 3 * SYSTEM_PAGE)
    made = guest("const a = []; for (let i = 0; i < 50000; i++) a.push({ i }); return a.length")
    for _ in range(ahead.HOT):
        assert made.value() == 50000
        ready(made)
    pages = made.kernel._ahead._habit_of(made.snapshot).pages
    assert sum(length for _, length in pages) == 3 * SYSTEM_PAGE


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 199), st.integers(0, SYSTEM_PAGE - 1)), max_size=40))
def test_the_pages_that_changed_are_found_and_no_others(changes):
    size = 200 * SYSTEM_PAGE
    before, after = ctypes.create_string_buffer(size), ctypes.create_string_buffer(size)
    for page, offset in changes:
        after[page * SYSTEM_PAGE + offset] = b"x"
    found = _differing(ctypes.addressof(after), ctypes.addressof(before), size, size)
    pages = {at // SYSTEM_PAGE for start, length in found for at in range(start, start + length, SYSTEM_PAGE)}
    assert pages == {page for page, _ in changes}
    assert all(a[0] + a[1] < b[0] for a, b in pairwise(found))
