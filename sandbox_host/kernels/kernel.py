"""What every kernel does the same: budgets, the host call, snapshots, and how a run ends.

A version's code is evaluated once, by `evaluate`; the linear memory at rest is its snapshot. `run` maps that
memory copy-on-write over a fresh instance, calls the prelude's entry and throws the instance away, whatever
happened. The guest has one import of ours, the host call; the rest is what its engine needs (a clock that stands
still between host calls, randomness from the run's seed), implemented by the kernel, and nothing else.

One kernel runs one guest at a time: its callbacks belong to the run that is under way.
"""

from __future__ import annotations

import ctypes
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import wasmtime

from sandbox_host.kernels import raw
from sandbox_host.kernels.ahead import Ahead
from sandbox_host.kernels.engine import Engine
from sandbox_host.kernels.instance import Ended, Instance
from sandbox_host.kernels.memory import GuestMemoryError
from sandbox_host.kernels.snapshot import Snapshot

RESULT_PREFIX = b'{"capability":"$result","args":'
"""How the prelude reports a run's result; everything else it sends is a host call."""

MODULE_CHARS = 200
"""How much of a module's name is kept for a message."""

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

Arguments: TypeAlias = "ctypes.Array[raw.ValRaw]"

HostFunction = Callable[[Arguments], "int | None"]
"""A function that the guest imports: it reads its arguments, and answers an i32 or nothing."""


class Kernel:
    """Runs bundles. Built once per process, from the engine's compiled module. tables: how many the module has."""

    tables: int = 1

    def __init__(self, engine: Engine, module: wasmtime.Module) -> None:
        self.engine = engine
        self.engine_address = ctypes.cast(engine.wasmtime.ptr(), ctypes.c_void_p).value
        self.epoch_callback = raw.EpochCallback(self._on_epoch)
        self._module = module
        self._callbacks: list[object] = []
        self._pre = self._link(module, self._imports())
        self.pre_address = ctypes.cast(self._pre.ptr(), ctypes.c_void_p).value
        self.ended: Ended | None = None
        self.scratch = 0
        self._instance: Instance | None = None
        self._host: Host | None = None
        self._ahead = Ahead(self)
        self._budget = Budget(0, 0, 0, 0, 0)
        self._cpu_start = 0
        self._now_ns = 0
        self._seed = 0
        self._random: random.Random | None = None
        self._result: bytes | None = None

    # What a kernel says of itself

    def _imports(self) -> Mapping[str, HostFunction]:
        """What its module may import: `module.name` and the function behind it."""
        raise NotImplementedError

    def _prepare(self, instance: Instance, prelude: bytes, bundle: bytes) -> tuple[int, bytes]:
        """Evaluate prelude and bundle in a fresh instance. Answers the handle of the prelude's entry and what the
        bundle declares, as JSON."""
        raise NotImplementedError

    def _invoke(self, instance: Instance, main: int, message: bytes) -> None:
        """Hand the message to the prelude's entry and let the guest run until it has nothing left to do."""
        raise NotImplementedError

    # What the host does with a guest

    def evaluate(self, prelude: bytes, bundle: bytes, now_ns: int, budget: Budget) -> Image:
        """Evaluate prelude and bundle in a fresh instance and take its memory at rest.

        While it evaluates there is no invocation: a host call ends it. Raises Ended; code of the bundle that
        throws is in the description.
        """
        self._ahead.clear()
        self._begin(budget, self._refuse_host_calls, now_ns, seed=0)
        instance = self._instance = Instance(self, budget.memory_bytes)
        try:
            main, description = self._prepare(instance, prelude, bundle)
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
            instance = self._instance = self._ahead.take(snapshot, budget.memory_bytes)
            self.scratch = snapshot.scratch
            self._invoke(instance, snapshot.main, message)
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
                self._end(instance, snapshot)

    def get_ready(self, snapshot: Snapshot, memory_bytes: int) -> None:
        """Do now what can be done before the next run of this code is known. See `Ahead`."""
        self._ahead.get_ready(snapshot, memory_bytes)

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

    def _end(self, instance: Instance, snapshot: Snapshot | None = None) -> None:
        self.engine.finish()
        self._instance = None
        self._host = None
        self._ahead.leave(instance, snapshot)

    def _with_usage(self, ended: Ended, instance: Instance | None) -> Ended:
        ended.cpu_ns = self._cpu_used()
        ended.memory_bytes = instance.memory.size() if instance is not None else 0
        return ended

    def _cpu_used(self) -> int:
        return time.thread_time_ns() - self._cpu_start

    # What the guest calls

    def _link(self, module: wasmtime.Module, functions: Mapping[str, HostFunction]) -> wasmtime.InstancePre:
        linker = wasmtime.Linker(self.engine.wasmtime)
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

    def _guarded(self, function: HostFunction) -> Callable[[int, int, Arguments, int], int]:
        """A callback for wasmtime: whatever `function` raises becomes a trap, which no guest can catch."""

        def callback(data: int, caller: int, args: Arguments, count: int) -> int:
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

    @property
    def _message_cap(self) -> int:
        """The longest text that the guest may send at once: a call, or a result with its wrapping."""
        return max(self._budget.call_bytes, self._budget.result_bytes) + 256

    def _receive(self, message: bytes) -> bytes | None:
        """Take what the guest sent. Answers the host's answer to a call, None for a result."""
        budget, host = self._budget, self._host
        assert host is not None
        if message.startswith(RESULT_PREFIX):
            if len(message) - len(RESULT_PREFIX) > budget.result_bytes:
                raise Ended("ResultTooLarge", f"the result is over {budget.result_bytes} bytes")
            self._result = message[len(RESULT_PREFIX) : -1]
            return None
        if len(message) > budget.call_bytes:
            raise Ended("ResultTooLarge", f"one host call is over {budget.call_bytes} bytes")
        self._look()
        answer, self._now_ns = host(message)
        return answer

    def _refuse_host_calls(self, message: bytes) -> tuple[bytes, int]:
        return _NO_INVOCATION, self._now_ns

    def _random_bytes(self, length: int) -> bytes:
        """The run's own randomness, drawn from its seed."""
        if self._random is None:
            # Seeding takes longer than most runs need it for: few ever draw.
            self._random = random.Random(self._seed)
        return self._random.randbytes(length)

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
