"""Whatever integers a guest hands over, the host reads and writes inside the guest's memory or not at all."""

from __future__ import annotations

import ctypes

import pytest
import wasmtime
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_host.kernels import raw
from sandbox_host.kernels.memory import GuestMemory, GuestMemoryError

PAGES = 2
SIZE = PAGES * 65_536
HOSTILE = '(module (memory (export "memory") 2 8) (func (export "grow") (drop (memory.grow (i32.const 1)))))'

integers = st.one_of(
    st.integers(-(2**31), 2**32),
    st.sampled_from([0, 1, -1, SIZE - 1, SIZE, SIZE + 1, 2**31, -(2**31), 2**32 - 1, 2**32, 2**63]),
)


class Module:
    """A live instance of a module that only has memory."""

    def __init__(self) -> None:
        engine = wasmtime.Engine()
        self.store = wasmtime.Store(engine)
        module = wasmtime.Module(engine, wasmtime.wat2wasm(HOSTILE))
        self.instance = wasmtime.Instance(self.store, module, [])
        exported = self.instance.exports(self.store)["memory"]
        assert isinstance(exported, wasmtime.Memory)
        self.exported = exported
        self.context = ctypes.cast(self.store._context(), ctypes.c_void_p).value or 0
        self.struct = exported._memory
        self.memory = GuestMemory(self.context, ctypes.addressof(self.struct))


@pytest.fixture(scope="module")
def module() -> Module:
    return Module()


@settings(max_examples=400, deadline=None)
@given(pointer=integers, length=integers)
def test_a_read_is_inside_or_refused(module, pointer, length):
    inside = (pointer & 0xFFFF_FFFF) + (length & 0xFFFF_FFFF) <= SIZE
    if inside:
        assert len(module.memory.read(pointer, length, SIZE)) == length & 0xFFFF_FFFF
    else:
        with pytest.raises(GuestMemoryError):
            module.memory.read(pointer, length, SIZE)


@settings(max_examples=300, deadline=None)
@given(pointer=integers, length=st.integers(0, SIZE + 10))
def test_a_write_is_inside_or_refused(module, pointer, length):
    if (pointer & 0xFFFF_FFFF) + length <= SIZE:
        module.memory.write(pointer, b"\1" * length)
    else:
        with pytest.raises(GuestMemoryError):
            module.memory.write(pointer, b"\1" * length)


@settings(max_examples=200, deadline=None)
@given(pointer=integers)
def test_a_number_is_read_inside_or_refused(module, pointer):
    if (pointer & 0xFFFF_FFFF) + 4 <= SIZE:
        assert 0 <= module.memory.read_u32(pointer) < 2**32
    else:
        with pytest.raises(GuestMemoryError):
            module.memory.read_u32(pointer)


def test_a_length_over_the_cap_is_refused_before_anything_is_allocated(module):
    with pytest.raises(GuestMemoryError):
        module.memory.read(0, 101, 100)


def test_growth_by_the_guest_is_seen(module):
    fresh = Module()
    with pytest.raises(GuestMemoryError):
        fresh.memory.write(SIZE, b"x")
    grow = fresh.instance.exports(fresh.store)["grow"]
    assert isinstance(grow, wasmtime.Func)
    grow(fresh.store)
    fresh.memory.write(SIZE, b"x")
    assert fresh.memory.read(SIZE, 1, 1) == b"x"


def test_without_the_mask_a_negative_pointer_would_leave_the_memory(module, monkeypatch):
    """The guard, removed: -8 passes the comparison with the size, and names host memory before the guest's."""
    base = raw.memory_data(module.context, ctypes.addressof(module.struct))
    assert module.memory.address(0, 8) == base
    with pytest.raises(GuestMemoryError):
        module.memory.address(-8, 8)
    monkeypatch.setattr("sandbox_host.kernels.memory.MASK", -1)
    assert module.memory.address(-8, 8) == base - 8
