"""The JavaScript kernel: QuickJS-NG in wasm, restored from a snapshot for every run.

A version's bundle is evaluated once, by `evaluate`; the linear memory at rest is its snapshot. `run` maps that
memory copy-on-write over a fresh instance, calls the prelude's entry function and throws the instance away,
whatever happened. What the guest can call is in `guest_imports`.

One kernel runs one guest at a time: its callbacks belong to the run that is under way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sandbox_host.kernels.engine import Engine
from sandbox_host.kernels.guest_imports import Budget, GuestImports, Host
from sandbox_host.kernels.instance import BUFFER_BYTES, Ended, Instance
from sandbox_host.kernels.memory import GuestMemoryError

GUEST_STACK_BYTES = 200_000
MODULE_CHARS = 200


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


class JavaScriptKernel(GuestImports):
    """Runs bundles. Built once per process, from the engine's compiled QuickJS."""

    @classmethod
    def load(cls, engine: Engine, quickjs: Path) -> JavaScriptKernel:
        """The kernel for the QuickJS wasm file, compiled or taken from the cache."""
        return cls(engine, engine.module(quickjs))

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

    def _with_usage(self, ended: Ended, instance: Instance | None) -> Ended:
        ended.cpu_ns = self._cpu_used()
        ended.memory_bytes = instance.memory.size() if instance is not None else 0
        return ended

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
