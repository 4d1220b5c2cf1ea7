"""Snapshots: made once per bundle, kept in a cache, handed to workers as open files.

A snapshot is a cache and nothing else: its key is the digest of bundle, prelude and engine, its bytes are
checked when it is loaded, and it is made again where it is missing or damaged. It is never uploaded.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import stat
import threading
import weakref
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from policies.limits import Limits
from sandbox_host.kernels.engine import engine_key, replace_file
from sandbox_host.kernels.runtimes import Runtime, evaluation_limits, prelude_of, wasm_of
from sandbox_host.workers.pool import WorkerPool
from sandbox_host.workers.run import SnapshotFile

EVALUATION_CLOCK_NS = 1_767_225_600 * 1_000_000_000
"""What the clock says while a bundle is evaluated, so that a snapshot is the same wherever it is made."""

OPEN_FILES = 256

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An evaluated bundle: its snapshot, and what it declares as the prelude described it (JSON)."""

    snapshot: SnapshotFile
    description: bytes


class SnapshotStore:
    """The snapshots of one host. folder: a cache folder that only we write."""

    def __init__(self, pool: WorkerPool, folder: Path) -> None:
        self._pool = pool
        self._folder = folder
        self._bases: dict[Runtime, bytes] = {}
        self._open: OrderedDict[str, Prepared] = OrderedDict()
        self._lock = threading.Lock()

    def prepare(self, bundle: bytes, runtime: Runtime, limits: Limits | None = None) -> Prepared:
        """The bundle's snapshot, from memory, from the cache folder, or evaluated now in a worker.

        limits: for the evaluation. Raises LimitError where the bundle exceeds them.
        """
        key = hashlib.sha256(self._base(runtime) + hashlib.sha256(bundle).digest()).hexdigest()
        with self._lock:
            prepared = self._open.get(key)
            if prepared is not None:
                self._open.move_to_end(key)
                return prepared
            path = self._folder / f"{key}.snapshot"
            prepared = self._load(path, runtime) or self._make(path, bundle, runtime, limits or Limits())
            self._open[key] = prepared
            if len(self._open) > OPEN_FILES:
                self._open.popitem(last=False)
            return prepared

    def _base(self, runtime: Runtime) -> bytes:
        """The digest of all that a snapshot depends on beside its bundle."""
        if runtime not in self._bases:
            prelude = prelude_of(runtime, self._folder)
            parts = [engine_key().encode(), prelude, wasm_of(runtime)]
            self._bases[runtime] = hashlib.sha256(b"\0".join(parts)).digest()
        return self._bases[runtime]

    def _make(self, path: Path, bundle: bytes, runtime: Runtime, limits: Limits) -> Prepared:
        prelude = prelude_of(runtime, self._folder)
        limits = evaluation_limits(runtime, limits)
        evaluated = self._pool.evaluate(runtime, prelude, bundle, limits, EVALUATION_CLOCK_NS)
        try:
            memory = os.pread(evaluated.fd, evaluated.size, 0)
        finally:
            os.close(evaluated.fd)
        trailer = {
            "size": evaluated.size,
            "main": evaluated.main,
            "scratch": evaluated.scratch,
            "description": evaluated.description.decode(errors="replace"),
        }
        text = json.dumps(trailer).encode()
        digest = hashlib.sha256(memory + text).digest()
        replace_file(path, memory + text + digest + len(text).to_bytes(8, "little"))
        prepared = self._load(path, runtime)
        assert prepared is not None
        return prepared

    def _load(self, path: Path, runtime: Runtime) -> Prepared | None:
        """Open a cached snapshot. None where there is none, or its bytes are not those that were written."""
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        status = os.fstat(fd)
        data = os.pread(fd, status.st_size, 0) if stat.S_ISREG(status.st_mode) else b""
        length = int.from_bytes(data[-8:], "little")
        body = data[:-40]
        if len(data) < 40 or length > len(body) or hashlib.sha256(body).digest() != data[-40:-8]:
            os.close(fd)
            return None
        trailer = json.loads(body[len(body) - length :])
        snapshot = SnapshotFile(
            runtime, next(_numbers), fd, trailer["size"], trailer["main"], trailer["scratch"]
        )
        weakref.finalize(snapshot, os.close, fd)
        return Prepared(snapshot, trailer["description"].encode())
