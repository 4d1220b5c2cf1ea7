"""The JavaScript kernel: QuickJS-NG in wasm, restored from a snapshot for every run.

A version's bundle is evaluated once, by `evaluate`; the linear memory at rest is its snapshot. `run` maps that
memory copy-on-write over a fresh instance, calls the prelude's entry function and throws the instance away,
whatever happened. The guest has one import of ours, the host call; the rest is what the engine needs (a clock
that stands still between host calls, randomness from the run's seed), implemented here, and nothing else.

One kernel runs one guest at a time: its callbacks belong to the run that is under way.
"""

from __future__ import annotations

import ctypes
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import wasmtime

from sandbox_host.kernels import raw
from sandbox_host.kernels.engine import Engine
from sandbox_host.kernels.instance import BUFFER_BYTES, Ended, Instance
from sandbox_host.kernels.memory import GuestMemoryError

RESULT_PREFIX = b'{"capability":"$result","args":'
"""How the prelude reports a run's result; everything else it sends is a host call."""

GUEST_STACK_BYTES = 200_000
MODULE_CHARS = 200

_BADF, _NOSYS = 8, 52
_NO_INVOCATION = (
    b'{"error":{"name":"NotAvailable","code":"not_available",'
    b'"message":"there is no invocation while a bundle is evaluated; call it inside the handler"}}'
)


@dataclass(frozen=True, slots=True)
class Budget:
    """What one run may use. cpu_ns: thread CPU time. deadline_ns: on the monotonic clock. Sizes in bytes."""

    cpu_ns: int
    deadline_ns: int
    memory_bytes: int
    call_bytes: int
    result_bytes: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A bundle, evaluated: a file of `size` bytes and two places in it."""

    fd: int
    size: int
    main: int
    scratch: int


@dataclass(frozen=True, slots=True)
class Image:
    """What `evaluate` gives: the memory at rest, the places in it, and what the bundle declares, as JSON."""

    memory: bytes
    main: int
    scratch: int
    description: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run's result as the guest reported it (JSON text), and what it used."""

    result: bytes
    cpu_ns: int
    memory_bytes: int


Host = Callable[[bytes], "tuple[bytes, int]"]
"""Answers one host call: the answer's bytes, and the guest's clock afterwards in nanoseconds. May raise Ended."""


class JavaScriptKernel:
    """Runs bundles. Built once per process, from the engine's compiled QuickJS."""

    def __init__(self, engine: Engine, module: wasmtime.Module) -> None:
        self.engine = engine
        self.engine_address = ctypes.cast(engine.wasmtime.ptr(), ctypes.c_void_p).value
        self.epoch_callback = raw.EpochCallback(self._on_epoch)
        self._module = module
        self._callbacks: list[object] = []
        self._pre = self._link(module)
        self.pre_address = ctypes.cast(self._pre.ptr(), ctypes.c_void_p).value
        self.ended: Ended | None = None
        self.scratch = 0
        self._instance: Instance | None = None
        self._host: Host | None = None
        self._budget = Budget(0, 0, 0, 0, 0)
        self._cpu_start = 0
        self._now_ns = 0
        self._seed = 0
        self._random: random.Random | None = None
        self._result: bytes | None = None

    @classmethod
    def load(cls, engine: Engine, quickjs: Path) -> JavaScriptKernel:
        """The kernel for the QuickJS wasm file, compiled or taken from the cache."""
        return cls(engine, engine.module(quickjs))

    # What the host does with a guest

    def evaluate(self, prelude: bytes, bundle: bytes, now_ns: int, budget: Budget) -> Image:
        """Evaluate prelude and bundle in a fresh instance and take its memory at rest.

        While it evaluates there is no invocation: a host call ends it. Raises Ended; code of the bundle that
        throws is in the description.
        """
        self._begin(budget, self._refuse_host_calls, now_ns, seed=0)
        instance = self._instance = Instance(self, budget.memory_bytes)
        try:
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
            size = instance.memory.size()
            if size > budget.memory_bytes:
                raise Ended("MemoryLimit", "the bundle needs more memory than its budget to be evaluated")
            return Image(instance.memory.read(0, size, size), main, self.scratch, description)
        except GuestMemoryError as error:
            raise Ended("ResultTooLarge", str(error)) from error
        finally:
            self._end(instance)

    def run(
        self, snapshot: Snapshot, message: bytes, host: Host, now_ns: int, seed: int, budget: Budget
    ) -> Outcome:
        """Run one invocation in a fresh instance restored from `snapshot`.

        message: the prelude's `invoke` message, JSON. Raises Ended for every limit; what the guest's own code
        threw is inside the outcome's result.
        """
        self._begin(budget, host, now_ns, seed)
        instance: Instance | None = None
        try:
            instance = self._instance = Instance(self, budget.memory_bytes)
            instance.memory.grow_to(snapshot.size)
            instance.memory.map_private(snapshot.fd, snapshot.size)
            self.scratch = snapshot.scratch
            self._call_main(instance, snapshot.main, message)
            if self._result is None:
                self._run_jobs(instance)
            self._look()
            if self._result is None:
                raise Ended(
                    "NotSettled", "the handler's promise never settles: it waits for nothing that can happen"
                )
            return Outcome(self._result, self._cpu_used(), instance.memory.size())
        except GuestMemoryError as error:
            raise self._with_usage(Ended("ResultTooLarge", str(error)), instance) from error
        except Ended as ended:
            raise self._with_usage(ended, instance) from None
        finally:
            if instance is not None:
                self._end(instance)

    def _begin(self, budget: Budget, host: Host, now_ns: int, seed: int) -> None:
        self.ended = None
        self.scratch = 0
        self._result = None
        self._budget = budget
        self._host = host
        self._now_ns = now_ns
        self._seed = seed
        self._random = None
        self._cpu_start = time.thread_time_ns()
        self.engine.begin()

    def _end(self, instance: Instance) -> None:
        self.engine.finish()
        self._instance = None
        self._host = None
        instance.close()

    def _with_usage(self, ended: Ended, instance: Instance | None) -> Ended:
        ended.cpu_ns = self._cpu_used()
        ended.memory_bytes = instance.memory.size() if instance is not None else 0
        return ended

    def _cpu_used(self) -> int:
        return time.thread_time_ns() - self._cpu_start

    def _call_main(self, instance: Instance, main: int, message: bytes) -> int:
        text = instance.new_string(message)
        arguments = self.scratch + 8
        instance.memory.write(arguments, (text & 0xFFFF_FFFF).to_bytes(4, "little"))
        handle = instance.call(b"qjs_call", main, instance.call(b"qjs_get_undefined"), 1, arguments)
        if instance.call(b"qjs_is_exception", handle):
            raise self._uncaught(instance)
        return handle

    def _ask_main(self, instance: Instance, main: int, message: bytes) -> bytes:
        handle = self._call_main(instance, main, message)
        answer = instance.read_string(handle, self._budget.result_bytes)
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
        text = instance.read_string(thrown, BUFFER_BYTES).decode(errors="replace")[:500]
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

    def _link(self, module: wasmtime.Module) -> wasmtime.InstancePre:
        linker = wasmtime.Linker(self.engine.wasmtime)
        functions: dict[str, Callable[[ctypes.Array[raw.ValRaw]], int | None]] = {
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
        linker_address = ctypes.cast(linker.ptr(), ctypes.c_void_p)
        for entry in module.imports:
            name = f"{entry.module}.{entry.name}"
            if name not in functions or not isinstance(entry.type, wasmtime.FuncType):
                raise wasmtime.WasmtimeError(f"the engine wants an import that no guest gets: {name}")
            callback = raw.HostFunction(self._guarded(functions[name]))
            self._callbacks.append(callback)
            module_name, field = (entry.module or "").encode(), (entry.name or "").encode()
            failed = raw.linker_define_func_unchecked(
                linker_address,
                module_name,
                len(module_name),
                field,
                len(field),
                ctypes.cast(entry.type.ptr(), ctypes.c_void_p),
                callback,
                None,
                None,
            )
            if failed:
                raw.error_delete(failed)
                raise wasmtime.WasmtimeError(f"cannot define {name}")
        return linker.instantiate_pre(module)

    def _guarded(
        self, function: Callable[[ctypes.Array[raw.ValRaw]], int | None]
    ) -> Callable[[int, int, ctypes.Array[raw.ValRaw], int], int]:
        """A callback for wasmtime: whatever `function` raises becomes a trap, which no guest can catch."""

        def callback(data: int, caller: int, args: ctypes.Array[raw.ValRaw], count: int) -> int:
            try:
                answer = function(args)
                if answer is not None:
                    args[0].i32 = answer
                return 0
            except Ended as ended:
                self.ended = ended
            except GuestMemoryError as error:
                self.ended = Ended("ResultTooLarge", str(error))
            except BaseException as error:
                self.ended = Ended("WorkerLost", f"{type(error).__name__} in the host's side of a call")
            return raw.trap_new(b"ended", 5)

        return callback

    def _host_call(self, args: ctypes.Array[raw.ValRaw]) -> int:
        instance, host = self._instance, self._host
        assert instance is not None and host is not None
        argc, argv = args[3].i32, args[4].i32
        if argc < 1:
            raise Ended("GuestBroke", "the guest called its host without a message")
        argument = instance.memory.read_u32(argv)
        if not instance.call(b"qjs_is_string", argument):
            raise Ended("GuestBroke", "the guest called its host with something other than a string")
        budget = self._budget
        cap = max(budget.call_bytes, budget.result_bytes)
        message = instance.read_string(argument, cap + 256)
        if message.startswith(RESULT_PREFIX):
            if len(message) - len(RESULT_PREFIX) > budget.result_bytes:
                raise Ended("ResultTooLarge", f"the result is over {budget.result_bytes} bytes")
            self._result = message[len(RESULT_PREFIX) : -1]
            return instance.call(b"qjs_get_undefined")
        if len(message) > budget.call_bytes:
            raise Ended("ResultTooLarge", f"one host call is over {budget.call_bytes} bytes")
        self._look()
        answer, self._now_ns = host(message)
        return instance.new_string(answer)

    def _refuse_host_calls(self, message: bytes) -> tuple[bytes, int]:
        return _NO_INVOCATION, self._now_ns

    def _clock_time_get(self, args: ctypes.Array[raw.ValRaw]) -> int:
        assert self._instance is not None
        self._instance.memory.write(args[2].i32, self._now_ns.to_bytes(8, "little"))
        return 0

    def _random_get(self, args: ctypes.Array[raw.ValRaw]) -> int:
        assert self._instance is not None
        length = args[1].i32 & 0xFFFF_FFFF
        if length > BUFFER_BYTES:
            return _NOSYS
        if self._random is None:
            # Seeding takes longer than most runs need it for: few ever draw.
            self._random = random.Random(self._seed)
        self._instance.memory.write(args[0].i32, self._random.randbytes(length))
        return 0

    # The clock that interrupts

    def _on_epoch(self, context: int, data: int, extend: object, kind: object) -> int:
        try:
            self._look()
        except Ended as ended:
            self.ended = ended
            return raw.error_new(b"ended")
        extend[0] = 1  # pyright: ignore[reportIndexIssue]
        kind[0] = 0  # pyright: ignore[reportIndexIssue]
        return 0

    def _look(self) -> None:
        """Compare what the run used with its budgets. Raises Ended.

        CPU is this thread's own time, not ticks: several runs may share a core.
        """
        budget, instance = self._budget, self._instance
        if self._cpu_used() > budget.cpu_ns:
            raise Ended("CpuLimit", f"the run used its {budget.cpu_ns // 1_000_000} ms of CPU")
        if time.monotonic_ns() > budget.deadline_ns:
            raise Ended("WallLimit", "the run did not end within its time")
        if instance is not None and instance.memory.size() > budget.memory_bytes:
            raise Ended("MemoryLimit", f"the run used its {budget.memory_bytes >> 20} MiB of memory")
