"""The wasm engine: hardened configuration, modules compiled once, the clock that interrupts guests."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import threading
import time
from importlib.metadata import version
from pathlib import Path

import wasmtime

from sandbox_host.kernels import raw

TICK_S = 0.005
"""How often a running guest is interrupted to look at its budgets, in seconds."""

WASM_STACK_BYTES = 1 << 20
LONG_TO_COMPILE_BYTES = 4 << 20
"""From this size on, people are told what they wait for."""


def configuration() -> wasmtime.Config:
    """What the engine may do: the features QuickJS needs and no others, interruption by epochs, no pooling
    (a reused slot would see the snapshot that was mapped over it), and one compiler thread (the template
    process forks, so it must stay single-threaded)."""
    config = wasmtime.Config()
    config.epoch_interruption = True
    config.max_wasm_stack = WASM_STACK_BYTES
    config.parallel_compilation = False
    config.memory_init_cow = True
    config.memory_may_move = False
    config.wasm_threads = False
    config.shared_memory = False
    config.wasm_memory64 = False
    config.wasm_multi_memory = False
    config.wasm_exceptions = False
    config.wasm_stack_switching = False
    config.wasm_tail_call = False
    config.wasm_relaxed_simd = False
    config.wasm_function_references = False
    config.wasm_gc = False
    config.wasm_component_model = False
    config.native_unwind_info = False
    return config


def cache_folder() -> Path:
    """Where compiled modules and snapshots are kept: `$BACKFILL_CACHE`, else the user's cache folder.

    Loading a compiled module runs its machine code, so the folder is ours alone (mode 0700); one that somebody
    else owns or can write to is refused with PermissionError.
    """
    base = os.environ.get("BACKFILL_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) if base else Path(home) / "backfill-sandbox"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = folder.stat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise PermissionError(
            f"{folder} must belong to this user and be writable by nobody else: it holds machine code"
        )
    return folder


def engine_key() -> str:
    """Names the engine: its version, its configuration and the processor. Part of every cache key."""
    parts = (version("wasmtime"), platform.machine(), _cpu_flags(), Path(__file__).read_bytes().hex())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _cpu_flags() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def replace_file(path: Path, data: bytes) -> None:
    """Write a cache file in one step, readable by this user only."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.new")
    fresh.write_bytes(data)
    fresh.chmod(0o600)
    fresh.replace(path)


class Engine:
    """One wasmtime engine and its compiled modules."""

    def __init__(self, cache: Path) -> None:
        """cache: the folder for compiled modules, from `cache_folder`."""
        self.wasmtime = wasmtime.Engine(configuration())
        self._cache = cache
        self._ticker: threading.Thread | None = None
        self._wanted = threading.Event()
        self._busy = False

    def module(self, path: Path) -> wasmtime.Module:
        """The compiled form of a wasm file, from the cache where it has been compiled before."""
        wasm = path.read_bytes()
        name = f"{path.stem}-{hashlib.sha256(wasm).hexdigest()[:16]}-{engine_key()}.cwasm"
        cached = self._cache / name
        try:
            return self._load(cached)
        except wasmtime.WasmtimeError:
            # Not there yet, or cut short, as a machine that lost its power may leave it.
            if len(wasm) > LONG_TO_COMPILE_BYTES:
                print(f"compiling {path.name}, once on this machine: about ten seconds", file=sys.stderr)
            replace_file(cached, bytes(wasmtime.Module(self.wasmtime, wasm).serialize()))
        # Never the module that was just compiled: it makes the file behind its memory at its first run, when
        # a worker may not make files any more.
        return self._load(cached)

    def _load(self, cached: Path) -> wasmtime.Module:
        if not cached.is_file():
            raise wasmtime.WasmtimeError("not in the cache")
        return wasmtime.Module.deserialize_file(self.wasmtime, str(cached))

    def start_ticker(self) -> None:
        """Start the thread that advances the epoch while guests run. Call it after the last fork, before the
        jail is closed."""
        self._ticker = threading.Thread(target=self._tick, name="epoch", daemon=True)
        self._ticker.start()

    def begin(self) -> None:
        """A guest starts: the epoch advances until `finish`."""
        self._busy = True
        if not self._wanted.is_set():
            self._wanted.set()

    def finish(self) -> None:
        """The guest ended. The ticker goes to sleep at its next tick, so back-to-back runs never wake it."""
        self._busy = False

    def _tick(self) -> None:
        engine = self.wasmtime.ptr()
        while self._wanted.wait():
            time.sleep(TICK_S)
            if self._busy:
                raw.engine_increment_epoch(engine)
            else:
                self._wanted.clear()
                if self._busy:
                    self._wanted.set()
