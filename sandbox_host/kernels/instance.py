"""A live instance of the engine: its store, its memory, and calls of its exports by name."""

from __future__ import annotations

import ctypes
from ctypes import byref
from typing import Protocol

from sandbox_host.kernels import raw
from sandbox_host.kernels.memory import GuestMemory

TABLE_ELEMENTS = 20_000
OVERSHOOT_BYTES = 128 << 20
"""How far the memory may grow past its budget before an allocation fails inside the guest, where it could be
caught. A growth within it succeeds and ends the run at the next look, which the guest cannot catch."""


class Ended(Exception):
    """The run was ended by a limit or a broken engine, not by the guest's own code.

    name: the name of the error in `sandbox_host.errors`. module: the file that was being loaded, where a bundle
    was evaluated.
    """

    module: str = ""

    def __init__(self, name: str, message: str, cpu_ns: int = 0, memory_bytes: int = 0) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.cpu_ns = cpu_ns
        self.memory_bytes = memory_bytes


class Kernel(Protocol):
    """What an instance needs of the kernel that makes it. ended: why a callback of ours trapped.
    tables: how many its module has."""

    ended: Ended | None
    tables: int

    @property
    def engine_address(self) -> int | None: ...

    @property
    def pre_address(self) -> int | None: ...

    @property
    def epoch_callback(self) -> object: ...


class Instance:
    """A live instance: its store, its memory and the exports that were asked for."""

    __slots__ = (
        "_args",
        "_functions",
        "_trap",
        "context",
        "kernel",
        "memory",
        "memory_struct",
        "store",
        "struct",
    )

    def __init__(self, kernel: Kernel, memory_bytes: int) -> None:
        self.kernel = kernel
        self.store: int = raw.store_new(kernel.engine_address, None, None)
        self.context: int = raw.store_context(self.store)
        raw.store_limiter(self.store, memory_bytes + OVERSHOOT_BYTES, TABLE_ELEMENTS, 1, kernel.tables, 1)
        raw.store_epoch_deadline_callback(self.store, kernel.epoch_callback, None, None)
        raw.context_set_epoch_deadline(self.context, 1)
        self._functions: dict[bytes, raw.Extern] = {}
        self._args = (raw.ValRaw * 6)()
        self._trap = ctypes.c_void_p()
        self.struct = raw.Instance()
        failed = raw.instance_pre_instantiate(
            kernel.pre_address, self.context, byref(self.struct), byref(self._trap)
        )
        self._check(failed)
        self.memory_struct = self._export(b"memory", raw.EXTERN_MEMORY)
        self.memory = GuestMemory(self.context, ctypes.addressof(self.memory_struct.of.memory))

    def _export(self, name: bytes, kind: int) -> raw.Extern:
        item = raw.Extern()
        found = raw.instance_export_get(self.context, byref(self.struct), name, len(name), byref(item))
        if not found or item.kind != kind:
            raise Ended("WorkerLost", f"the engine has no export {name.decode()}")
        return item

    def call(self, name: bytes, *arguments: int) -> int:
        """Call an export that takes and returns i32. Raises Ended where it traps."""
        function = self._functions.get(name)
        if function is None:
            function = self._functions[name] = self._export(name, raw.EXTERN_FUNC)
        args = self._args
        for index, argument in enumerate(arguments):
            args[index].i32 = argument
        trap = self._trap
        failed = raw.func_call_unchecked(
            self.context, byref(function.of.func), args, len(arguments) or 1, byref(trap)
        )
        if failed or trap.value:
            self._check(failed)
        return args[0].i32

    def _check(self, failed: int | None) -> None:
        """Turn a trap or an error of the engine into Ended."""
        overflow = False
        if self._trap.value:
            reason, overflow = raw.take_trap(self._trap.value)
            self._trap.value = None
        elif failed:
            reason = raw.take_error(failed)
        else:
            return
        if self.kernel.ended is not None:
            raise self.kernel.ended
        if overflow:
            raise Ended("StackLimit", "the guest recursed past its stack")
        raise Ended("GuestBroke", f"the engine stopped: {reason.splitlines()[0][:200]}")

    def close(self) -> None:
        raw.store_delete(self.store)
