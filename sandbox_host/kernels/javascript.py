"""The JavaScript kernel: QuickJS-NG in wasm, as npm's `quickjs-wasi` builds it.

Values cross the border as handles: pointers into the guest's memory. One that was taken before the snapshot is
still valid after it, so the prelude's entry is found once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from sandbox_host.kernels.engine import Engine
from sandbox_host.kernels.instance import Ended, Instance
from sandbox_host.kernels.kernel import MODULE_CHARS, Arguments, HostFunction, Kernel
from sandbox_host.kernels.memory import GuestMemoryError

GUEST_STACK_BYTES = 200_000
BUFFER_BYTES = 65_536

_BADF, _NOSYS = 8, 52


class JavaScriptKernel(Kernel):
    """Runs JavaScript bundles."""

    @classmethod
    def load(cls, engine: Engine, quickjs: Path) -> JavaScriptKernel:
        """The kernel for the QuickJS wasm file, compiled or taken from the cache."""
        return cls(engine, engine.module(quickjs))

    def _imports(self) -> Mapping[str, HostFunction]:
        return {
            "env.host_call": self._host_call,
            "env.host_interrupt": lambda args: 0,
            "env.host_promise_rejection": lambda args: None,
            "env.host_module_normalize": lambda args: 0,
            "env.host_module_load": lambda args: 0,
            "env.host_get_timezone_offset": lambda args: 0,
            "wasi_snapshot_preview1.clock_time_get": self._clock_time_get,
            "wasi_snapshot_preview1.random_get": self._random_get,
            "wasi_snapshot_preview1.fd_close": lambda args: _NOSYS,
            "wasi_snapshot_preview1.fd_fdstat_get": lambda args: _BADF,
            "wasi_snapshot_preview1.fd_seek": lambda args: _NOSYS,
            "wasi_snapshot_preview1.fd_write": lambda args: _BADF,
        }

    def _prepare(self, instance: Instance, prelude: bytes, bundle: bytes) -> tuple[int, bytes]:
        instance.call(b"_initialize")
        if instance.call(b"qjs_init") != 0:
            raise Ended("WorkerLost", "the engine did not start")
        instance.call(b"qjs_set_max_stack_size", GUEST_STACK_BYTES)
        self.scratch = instance.call(b"wasm_malloc", BUFFER_BYTES + 16)
        top = instance.call(b"qjs_get_global")
        door = b"__backfill_host"
        instance.memory.write(self.scratch + 16, door)
        function = instance.call(b"qjs_new_host_function", self.scratch + 16, len(door), 0)
        self._set_property(instance, top, door, function)
        self._evaluate_script(instance, prelude, b"prelude.js")
        main = self._take_property(instance, top, b"__backfill_main")
        self._evaluate_script(instance, bundle, b"bundle.js")
        self._load_modules(instance, main)
        description = self._ask_main(instance, main, b'{"op":"describe"}')
        instance.call(b"qjs_run_gc")
        return main, description

    def _invoke(self, instance: Instance, main: int, message: bytes) -> None:
        self._call_main(instance, main, message)
        if self._result is None:
            self._run_jobs(instance)

    def _call_main(self, instance: Instance, main: int, message: bytes) -> int:
        text = self._new_string(instance, message)
        arguments = self.scratch + 8
        instance.memory.write(arguments, (text & 0xFFFF_FFFF).to_bytes(4, "little"))
        handle = instance.call(b"qjs_call", main, instance.call(b"qjs_get_undefined"), 1, arguments)
        if instance.call(b"qjs_is_exception", handle):
            raise self._uncaught(instance)
        return handle

    def _ask_main(self, instance: Instance, main: int, message: bytes) -> bytes:
        handle = self._call_main(instance, main, message)
        answer = self._read_string(instance, handle, self._budget.result_bytes)
        instance.call(b"qjs_free_value", handle)
        return answer

    def _load_modules(self, instance: Instance, main: int) -> None:
        """Have the prelude load the bundle's modules one by one; one that leaves a job pending is noted."""
        while file := self._ask_main(instance, main, b'{"op":"next"}').decode(errors="replace"):
            try:
                instance.call(b"qjs_free_value", self._call_main(instance, main, b'{"op":"load"}'))
                if instance.call(b"qjs_is_job_pending"):
                    note = json.dumps({"op": "pending", "file": file})
                    instance.call(b"qjs_free_value", self._call_main(instance, main, note.encode()))
                    self._run_jobs(instance)
            except Ended as ended:
                ended.module = file[:MODULE_CHARS]
                raise

    def _run_jobs(self, instance: Instance) -> None:
        while self._result is None and instance.call(b"qjs_is_job_pending"):
            if instance.call(b"qjs_execute_pending_job") < 0:
                # A callback of `queueMicrotask` threw, where no promise catches it: that ends the run.
                text = self._exception(instance)
                name, _, message = text.partition(": ")
                error = {"name": name, "code": "handler_error", "message": message or text, "stack": ""}
                self._result = json.dumps({"ok": False, "error": error}).encode()

    def _uncaught(self, instance: Instance) -> Ended:
        """The prelude itself threw: a guest broke it."""
        return Ended("GuestBroke", f"the guest broke its own runtime: {self._exception(instance)}")

    def _exception(self, instance: Instance) -> str:
        """What was thrown, as text. Raises Ended where the engine ran out of memory or stack."""
        thrown = instance.call(b"qjs_get_exception")
        text = self._read_string(instance, thrown, BUFFER_BYTES).decode(errors="replace")[:500]
        if "out of memory" in text:
            raise Ended("MemoryLimit", "the guest used up its memory")
        if "stack size exceeded" in text or "stack overflow" in text:
            raise Ended("StackLimit", "the guest recursed past its stack")
        return text

    def _evaluate_script(self, instance: Instance, source: bytes, name: bytes) -> None:
        pointer = instance.call(b"wasm_malloc", len(source) + 1)
        if pointer == 0:
            raise Ended("MemoryLimit", "the bundle does not fit into the guest's memory")
        instance.memory.write(pointer, source + b"\0")
        instance.memory.write(self.scratch + 16, name + b"\0")
        handle = instance.call(b"qjs_eval", pointer, len(source), self.scratch + 16, 0)
        instance.call(b"wasm_free", pointer)
        if instance.call(b"qjs_is_exception", handle):
            raise self._uncaught(instance)
        instance.call(b"qjs_free_value", handle)

    def _set_property(self, instance: Instance, owner: int, name: bytes, value: int) -> None:
        instance.memory.write(self.scratch + 16, name + b"\0")
        instance.call(b"qjs_set_prop_string", owner, self.scratch + 16, value)

    def _take_property(self, instance: Instance, owner: int, name: bytes) -> int:
        """A handle to a global that the prelude left for us, made unreachable for everybody else."""
        instance.memory.write(self.scratch + 16, name + b"\0")
        handle = instance.call(b"qjs_get_prop_string", owner, self.scratch + 16)
        if not instance.call(b"qjs_is_function", handle):
            raise Ended("WorkerLost", f"the prelude defines no {name.decode()}")
        self._evaluate_script(instance, b"delete globalThis." + name, b"prelude.js")
        return handle

    # What the guest calls

    def _host_call(self, args: Arguments) -> int:
        instance = self._instance
        assert instance is not None
        argc, argv = args[3].i32, args[4].i32
        if argc < 1:
            raise Ended("GuestBroke", "the guest called its host without a message")
        argument = instance.memory.read_u32(argv)
        if not instance.call(b"qjs_is_string", argument):
            raise Ended("GuestBroke", "the guest called its host with something other than a string")
        answer = self._receive(self._read_string(instance, argument, self._message_cap))
        if answer is None:
            return instance.call(b"qjs_get_undefined")
        return self._new_string(instance, answer)

    def _clock_time_get(self, args: Arguments) -> int:
        assert self._instance is not None
        self._instance.memory.write(args[2].i32, self._now_ns.to_bytes(8, "little"))
        return 0

    def _random_get(self, args: Arguments) -> int:
        assert self._instance is not None
        length = args[1].i32 & 0xFFFF_FFFF
        if length > BUFFER_BYTES:
            return _NOSYS
        self._instance.memory.write(args[0].i32, self._random_bytes(length))
        return 0

    # Strings

    def _new_string(self, instance: Instance, text: bytes) -> int:
        """A guest string with this UTF-8 text. Small ones pass through the scratch buffer."""
        scratch = self.scratch
        if scratch and len(text) < BUFFER_BYTES:
            instance.memory.write(scratch + 16, text)
            return instance.call(b"qjs_new_string", scratch + 16, len(text))
        pointer = instance.call(b"wasm_malloc", len(text) + 1)
        if pointer == 0:
            raise Ended("MemoryLimit", "the guest has no memory left for the host's answer")
        instance.memory.write(pointer, text + b"\0")
        handle = instance.call(b"qjs_new_string", pointer, len(text))
        instance.call(b"wasm_free", pointer)
        return handle

    def _read_string(self, instance: Instance, handle: int, cap: int) -> bytes:
        """The UTF-8 text of a guest string. Raises GuestMemoryError where it is over `cap` bytes."""
        pointer = instance.call(b"qjs_get_string_len", handle, self.scratch)
        if pointer == 0:
            raise GuestMemoryError("the guest handed over no string")
        text = instance.memory.read(pointer, instance.memory.read_u32(self.scratch), cap)
        instance.call(b"qjs_free_cstring", pointer)
        return text
