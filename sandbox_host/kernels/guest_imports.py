"""What a JavaScript guest finds behind its imports: one host call of ours, and otherwise what the engine needs.

The clock stands still between host calls, randomness is drawn from the run's seed, and everything else answers that
it does not exist. Whatever goes wrong in here traps, which no guest can catch.
"""

from __future__ import annotations

import ctypes
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import wasmtime

from sandbox_host.kernels import raw
from sandbox_host.kernels.engine import Engine
from sandbox_host.kernels.instance import BUFFER_BYTES, Ended, Instance
from sandbox_host.kernels.memory import GuestMemoryError

RESULT_PREFIX = b'{"capability":"$result","args":'
"""How the prelude reports a run's result; everything else it sends is a host call."""

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


Host = Callable[[bytes], "tuple[bytes, int]"]
"""Answers one host call: the answer's bytes, and the guest's clock afterwards in nanoseconds. May raise Ended."""


class GuestImports:
    """The imports of one kernel's guests, linked once. They belong to the guest that is at work, one at a time, from
    `_begin` to `_end`."""

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

    def _cpu_used(self) -> int:
        return time.thread_time_ns() - self._cpu_start

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
