"""The one door to a guest's memory.

Every integer that a guest hands over is masked to 32 bits and checked against the memory's size at each use,
and every length is capped before anything is allocated: `wasmtime_func_call_unchecked` answers i32 as signed,
and adding such a number to a host address reads outside the guest. No other module touches guest memory.
"""

from __future__ import annotations

import ctypes
import mmap
from typing import TypeAlias

from sandbox_host.kernels import raw

PAGE = 65_536
MASK = 0xFFFF_FFFF

_PROT = mmap.PROT_READ | mmap.PROT_WRITE
_MAP_FIXED = 0x10
_MADV_POPULATE_WRITE = 23
"""Linux 5.14; an older kernel refuses it, and pages are then copied when they are written to."""
_libc = ctypes.CDLL(None, use_errno=True)
_mmap = _libc.mmap
_mmap.restype = ctypes.c_void_p
_mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
_FAILED = ctypes.c_void_p(-1).value
_munmap = _libc.munmap
_munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_madvise = _libc.madvise
_madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
_memcmp = _libc.memcmp
_memcmp.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]

SYSTEM_PAGE = mmap.PAGESIZE
_BLOCK = 64 * SYSTEM_PAGE

Range: TypeAlias = tuple[int, int]
"""Where a stretch of memory begins, and how many bytes it has: whole pages of the system's."""


class GuestMemoryError(Exception):
    """The guest handed over a pointer or a length that is not inside its memory, or over the cap."""


class GuestMemory:
    """The linear memory of one live instance.

    context: address of the store's context. memory: address of the instance's `wasmtime_memory_t`. The
    memory's base never moves (the engine reserves its whole range); its size only grows.
    """

    __slots__ = ("_base", "_context", "_memory", "_size")

    def __init__(self, context: int, memory: int) -> None:
        self._context = context
        self._memory = memory
        self._base: int = raw.memory_data(context, memory)
        self._size: int = raw.memory_data_size(context, memory)

    def size(self) -> int:
        """The memory's size now, in bytes."""
        self._size = raw.memory_data_size(self._context, self._memory)
        return self._size

    def address(self, pointer: int, length: int) -> int:
        """The host address of `length` bytes at the guest's `pointer`.

        Raises GuestMemoryError unless all of them are inside the memory.
        """
        pointer &= MASK
        if length < 0 or (pointer + length > self._size and pointer + length > self.size()):
            raise GuestMemoryError(f"{length} bytes at {pointer} are outside of the guest's memory")
        return self._base + pointer

    def read(self, pointer: int, length: int, cap: int) -> bytes:
        """Copy bytes out. Raises GuestMemoryError if `length` is over `cap` bytes."""
        length &= MASK
        if length > cap:
            raise GuestMemoryError(f"{length} bytes are over the cap of {cap}")
        return ctypes.string_at(self.address(pointer, length), length)

    def read_u32(self, pointer: int) -> int:
        """One little-endian unsigned 32-bit number."""
        return ctypes.c_uint32.from_address(self.address(pointer, 4)).value

    def write(self, pointer: int, data: bytes) -> None:
        """Copy bytes in."""
        ctypes.memmove(self.address(pointer, len(data)), data, len(data))

    def grow_to(self, size: int) -> None:
        """Grow to at least `size` bytes. Raises GuestMemoryError where the store's limit refuses."""
        missing = -(-(size - self._size) // PAGE)
        if missing <= 0:
            return
        previous = ctypes.c_uint64()
        error = raw.memory_grow(self._context, self._memory, missing, ctypes.byref(previous))
        if error:
            raw.error_delete(error)
            raise GuestMemoryError(f"a memory of {size} bytes is over the limit")
        self.size()

    def map_private(self, fd: int, size: int) -> None:
        """Lay a snapshot file over the first `size` bytes, copy-on-write: the file itself never changes."""
        address = self.address(0, size)
        mapped = _mmap(address, size, _PROT, mmap.MAP_PRIVATE | _MAP_FIXED, fd, 0)
        if mapped == _FAILED:
            raise OSError(ctypes.get_errno(), "the snapshot cannot be mapped")

    def changed(self, fd: int, size: int, cap: int) -> list[Range]:
        """The pages, of the first `size` bytes, that differ from the snapshot file: at most `cap` bytes of them, from
        the front. Raises OSError where the file cannot be mapped."""
        ours = self.address(0, size)
        theirs = _mmap(None, size, mmap.PROT_READ, mmap.MAP_PRIVATE, fd, 0)
        if theirs == _FAILED:
            raise OSError(ctypes.get_errno(), "the snapshot cannot be mapped")
        try:
            return _differing(ours, theirs, size, cap)
        finally:
            _munmap(theirs, size)

    def populate(self, ranges: list[Range]) -> None:
        """Have the system copy these pages now, where they would be copied at the first write to each."""
        for start, length in ranges:
            if _madvise(self.address(start, length), length, _MADV_POPULATE_WRITE) != 0:
                return


def _differing(ours: int, theirs: int, size: int, cap: int) -> list[Range]:
    found: list[Range] = []
    for block in range(0, size, _BLOCK):
        length = min(_BLOCK, size - block)
        if _memcmp(ours + block, theirs + block, length) == 0:
            continue
        for page in range(block, block + length, SYSTEM_PAGE):
            if _memcmp(ours + page, theirs + page, SYSTEM_PAGE) == 0:
                continue
            if cap < SYSTEM_PAGE:
                return found
            cap -= SYSTEM_PAGE
            if found and sum(found[-1]) == page:
                found[-1] = (found[-1][0], found[-1][1] + SYSTEM_PAGE)
            else:
                found.append((page, SYSTEM_PAGE))
    return found
