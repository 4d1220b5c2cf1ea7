"""A module in the engine's place that lies about every pointer: the host reads and writes inside its memory alone."""

from __future__ import annotations

import ctypes
import mmap
import os
import time

import pytest
import wasmtime
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_host.kernels.engine import Engine, cache_folder
from sandbox_host.kernels.instance import Ended
from sandbox_host.kernels.kernel import Budget
from sandbox_host.kernels.python import MAX_RANDOM_BYTES, PythonKernel
from sandbox_host.kernels.snapshot import Snapshot

LIAR = """
(module
  (import "host" "call" (func $call (param i32 i32 i32)))
  (import "host" "wall_clock" (func $wall_clock (param i32)))
  (import "host" "monotonic_clock" (func $monotonic_clock (result i64)))
  (import "host" "random_bytes" (func $random_bytes (param i64 i32)))
  (import "host" "no_folders" (func $no_folders (param i32)))
  (memory (export "memory") 1)
  (table 1 funcref)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.load (i32.const 4)))
  (func (export "cabi_post_load") (param i32))
  (func (export "cabi_post_call") (param i32))
  (func (export "load") (param i32 i32) (result i32) (i32.load (i32.const 0)))
  (func (export "call") (param i32 i32) (result i32)
    (if (i32.eq (i32.load (i32.const 8)) (i32.const 1)) (then
      (call $call (i32.load (i32.const 12)) (i32.load (i32.const 16)) (i32.load (i32.const 20)))))
    (if (i32.eq (i32.load (i32.const 8)) (i32.const 2)) (then
      (call $wall_clock (i32.load (i32.const 12)))))
    (if (i32.eq (i32.load (i32.const 8)) (i32.const 3)) (then
      (call $random_bytes (i64.load (i32.const 12)) (i32.load (i32.const 20)))))
    (if (i32.eq (i32.load (i32.const 8)) (i32.const 4)) (then
      (call $no_folders (i32.load (i32.const 12)))))
    (i32.load (i32.const 0))))
"""
PAGE = 65_536
NUMBERS = st.one_of(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0, 1, PAGE - 8, PAGE - 4, PAGE - 1, PAGE, 2**31 - 1, 2**31, 2**32 - 1]),
)


@pytest.fixture(scope="module")
def liar():
    engine = Engine(cache_folder())
    kernel = PythonKernel(engine, wasmtime.Module(engine.wasmtime, LIAR))
    engine.start_ticker()
    return kernel


def run(kernel, answer: int, place: int, function: int, *numbers: int) -> str:
    """How a run ends: the error's name, or "ok"."""
    words = [answer, place, function, *numbers]
    memory = b"".join((word & 0xFFFF_FFFF).to_bytes(4, "little") for word in words)
    fd = os.memfd_create("liar")
    os.write(fd, memory.ljust(PAGE, b"\0"))
    limits = Budget(10**9, time.monotonic_ns() + 10**10, 1 << 20, 1 << 16, 1 << 16)
    try:
        kernel.run(Snapshot(fd, PAGE, 0, 0), b"x" * 100, lambda message: (b"y" * 50, 0), 0, 1, limits)
    except Ended as ended:
        return ended.name
    finally:
        os.close(fd)
    return "ok"


@settings(max_examples=400, deadline=None)
@given(NUMBERS, NUMBERS, st.integers(0, 4), NUMBERS, NUMBERS, NUMBERS)
def test_no_number_of_the_guests_leads_outside_its_memory(liar, answer, place, function, a, b, c):
    """The process lives, and the run ends in a way that has a name."""
    assert run(liar, answer, place, function, a, b, c) in (
        "NotSettled",
        "ResultTooLarge",
        "GuestBroke",
        "MemoryLimit",
    )


def test_a_message_that_ends_outside_the_memory_is_refused(liar):
    assert run(liar, 0, 64, 1, PAGE - 4, 8, 64) == "ResultTooLarge"
    assert run(liar, 0, 64, 1, PAGE - 8, 8, 64) == "NotSettled"


@pytest.mark.parametrize("length", [MAX_RANDOM_BYTES + 1, 2**31, 2**32 - 1])
def test_randomness_has_a_cap(liar, length):
    assert run(liar, 0, 64, 3, length, 0, 64) == "GuestBroke"


def test_an_allocator_that_answers_nothing_is_out_of_memory(liar):
    assert run(liar, 0, 0, 1, 0, 8, 64) == "MemoryLimit"


def test_without_the_check_of_addresses_a_write_goes_past_the_memory(monkeypatch):
    """The guard, removed: the same arithmetic reaches what lies behind."""
    from sandbox_host.kernels.memory import GuestMemory

    class Laid(GuestMemory):
        def __init__(self, base: int) -> None:
            self._base, self._size = base, PAGE

        def size(self) -> int:
            return PAGE

    two = mmap.mmap(-1, 2 * PAGE)
    memory = Laid(ctypes.addressof(ctypes.c_char.from_buffer(two)))
    with pytest.raises(Exception, match="outside"):
        memory.write(PAGE, b"past")
    monkeypatch.setattr(GuestMemory, "address", lambda self, pointer, length: self._base + pointer)
    memory.write(PAGE, b"past")
    assert two[PAGE : PAGE + 4] == b"past"
