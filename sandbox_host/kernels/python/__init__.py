"""The Python kernel: CPython in wasm, as `componentize-py` builds it and `link` makes one module of it.

Texts cross the border in the canonical ABI of the component model, in which the module was built: a pointer and a
length, and a place for those of the answer
(https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md). The module has one mutable
global, its stack pointer, which is back at its start between two calls: the memory at rest is all of its state.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sandbox_host.kernels.engine import Engine
from sandbox_host.kernels.instance import Ended, Instance
from sandbox_host.kernels.kernel import MODULE_CHARS, Arguments, HostFunction, Kernel

MAX_RANDOM_BYTES = 65_536
_SECOND = 1_000_000_000
_U32 = 0xFFFF_FFFF


class PythonKernel(Kernel):
    """Runs Python bundles."""

    tables = 2

    @classmethod
    def load(cls, engine: Engine, python: Path) -> PythonKernel:
        """The kernel for the CPython wasm file, compiled or taken from the cache."""
        return cls(engine, engine.module(python))

    def _imports(self) -> Mapping[str, HostFunction]:
        return {
            "host.call": self._host_call,
            "host.wall_clock": self._wall_clock,
            "host.monotonic_clock": self._monotonic_clock,
            "host.random_bytes": self._random_get,
            "host.no_folders": self._no_folders,
        }

    def _prepare(self, instance: Instance, prelude: bytes, bundle: bytes) -> tuple[int, bytes]:
        wrong = self._ask(instance, b"load", prelude)
        if wrong:
            raise Ended("WorkerLost", f"the prelude does not load: {wrong.decode(errors='replace')[:500]}")
        self._ask(instance, b"call", b'{"op":"bundle","bundle":' + bundle + b"}")
        while file := self._ask(instance, b"call", b'{"op":"next"}').decode(errors="replace"):
            try:
                self._ask(instance, b"call", b'{"op":"load"}')
            except Ended as ended:
                ended.module = file[:MODULE_CHARS]
                raise
        description = self._ask(instance, b"call", b'{"op":"describe"}')
        self._ask(instance, b"call", b'{"op":"rest"}')
        return 0, description

    def _invoke(self, instance: Instance, main: int, message: bytes) -> None:
        self._ask(instance, b"call", message)

    def _ask(self, instance: Instance, function: bytes, text: bytes) -> bytes:
        """Call one of the two exports with a text, and read the text that it answers."""
        pointer = self._place(instance, text)
        answer = instance.call(function, pointer, len(text))
        memory = instance.memory
        read = memory.read(memory.read_u32(answer), memory.read_u32(answer + 4), self._budget.result_bytes)
        instance.call(b"cabi_post_" + function, answer)
        return read

    def _place(self, instance: Instance, text: bytes) -> int:
        """Put a text into memory that the guest's own allocator gives. It belongs to the guest afterwards."""
        pointer = instance.call(b"cabi_realloc", 0, 0, 1, len(text))
        if pointer == 0 and text:
            raise Ended("MemoryLimit", "the guest has no memory left for the host's answer")
        instance.memory.write(pointer, text)
        return pointer

    def _give(self, place: int, text: bytes) -> None:
        """Answer a call of the guest's with a text: where it is and how long, at the place that the guest named."""
        instance = self._instance
        assert instance is not None
        pointer = self._place(instance, text) if text else 1
        instance.memory.write(place, (pointer & _U32).to_bytes(4, "little") + len(text).to_bytes(4, "little"))

    # What the guest calls

    def _host_call(self, args: Arguments) -> None:
        instance = self._instance
        assert instance is not None
        pointer, length, place = args[0].i32, args[1].i32, args[2].i32
        message = instance.memory.read(pointer, length, self._message_cap)
        self._give(place, self._receive(message) or b"")

    def _wall_clock(self, args: Arguments) -> None:
        assert self._instance is not None
        seconds, nanoseconds = divmod(self._now_ns, _SECOND)
        now = seconds.to_bytes(8, "little") + nanoseconds.to_bytes(4, "little")
        self._instance.memory.write(args[0].i32, now)

    def _monotonic_clock(self, args: Arguments) -> None:
        args[0].i64 = self._now_ns

    def _random_get(self, args: Arguments) -> None:
        length, place = args[0].i64, args[1].i32
        if not 0 <= length <= MAX_RANDOM_BYTES:
            raise Ended("GuestBroke", f"the guest asked for {length} bytes of randomness at once")
        self._give(place, self._random_bytes(length))

    def _no_folders(self, args: Arguments) -> None:
        self._give(args[0].i32, b"")
