"""fork + RestrictedPython + seccomp: what one builds on Linux without wasm, in a hundred lines.

The handler is compiled and loaded once, in this process. Each run is a fork of it, which gives up what it could
reach (resource limits, then every system call but those for memory, time and its own socket), calls the handler,
and ends. The filter's rules are made once, too; a run only loads them.
"""

from __future__ import annotations

import gc
import json
import operator
import os
import resource
import signal
import socket
import struct
from collections.abc import Callable
from typing import Any

from peers.program import HOST, program
from peers.serve import Run, serve

ALLOWED = (
    "read", "write", "recvfrom", "sendto", "close", "fstat", "lseek", "futex", "munmap", "mremap", "madvise", "brk",
    "clock_gettime", "rt_sigreturn", "rt_sigprocmask", "rt_sigaction", "sigaltstack", "getrandom", "gettid",
    "getpid", "restart_syscall", "rseq", "exit", "exit_group",
)  # fmt: skip
LIMITS = {
    resource.RLIMIT_CPU: 1,
    resource.RLIMIT_AS: 512 << 20,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NOFILE: 16,
}
_LENGTH = struct.Struct("!I")


def start(functions: int) -> Run:
    import pyseccomp

    rules = pyseccomp.SyscallFilter(pyseccomp.KILL_PROCESS)
    for name in ALLOWED:
        rules.add_rule(pyseccomp.ALLOW, name)
    for name in ("mmap", "mprotect"):
        rules.add_rule(pyseccomp.ALLOW, name, pyseccomp.Arg(2, pyseccomp.MASKED_EQ, 4, 0))
    post, door = _load(functions)
    # A run looks through none of this for garbage, and so copies none of its pages.
    gc.collect()
    gc.freeze()

    def run(request: dict[str, object]) -> object:
        ours, theirs = socket.socketpair()
        child = os.fork()
        if child == 0:
            _child(rules, theirs, ours, door, post, request)
        theirs.close()
        try:
            return _answer(ours)
        finally:
            ours.close()
            os.waitpid(child, 0)

    return run


def _load(functions: int) -> tuple[Callable[[Any], Any], dict[str, Any]]:
    """The handler, and what holds the socket that its host calls go through."""
    from RestrictedPython.compile import compile_restricted
    from RestrictedPython.Eval import default_guarded_getitem, default_guarded_getiter
    from RestrictedPython.Guards import guarded_iter_unpack_sequence, safe_builtins, safer_getattr

    door: dict[str, Any] = {}

    def host(name: str) -> Callable[..., Any]:
        def call(**arguments: object) -> object:
            _send(door["socket"], {"call": name, "arguments": arguments})
            return _receive(door["socket"])

        return call

    space: dict[str, Any] = {
        "__builtins__": safe_builtins,
        "__name__": "connector",
        "_getattr_": safer_getattr,
        "_getitem_": default_guarded_getitem,
        "_getiter_": default_guarded_getiter,
        "_iter_unpack_sequence_": guarded_iter_unpack_sequence,
        "_inplacevar_": lambda operation, left, right: {"+=": operator.iadd}[operation](left, right),
        **{name: host(name) for name in HOST},
    }
    exec(compile_restricted(program(functions), "connector.py", "exec"), space)
    return space["post"], door


def _child(
    rules: Any,
    mine: socket.socket,
    other: socket.socket,
    door: dict[str, Any],
    post: Callable[[Any], Any],
    request: dict[str, object],
) -> None:
    status = 1
    try:
        other.close()
        for limit, value in LIMITS.items():
            resource.setrlimit(limit, (value, value))
        rules.load()
        door["socket"] = mine
        _send(mine, {"result": post(request)})
        status = 0
    finally:
        os._exit(status)


def _answer(theirs: socket.socket) -> object:
    while True:
        message = _receive(theirs)
        if "result" in message:
            return message["result"]
        _send(theirs, HOST[message["call"]](**message["arguments"]))


def _send(to: socket.socket, message: object) -> None:
    data = json.dumps(message).encode()
    to.sendall(_LENGTH.pack(len(data)) + data)


def _receive(source: socket.socket) -> Any:
    (length,) = _LENGTH.unpack(_exactly(source, _LENGTH.size))
    return json.loads(_exactly(source, length))


def _exactly(source: socket.socket, length: int) -> bytes:
    data = source.recv(length, socket.MSG_WAITALL)
    if len(data) < length:
        raise ConnectionError("the run ended without a result")
    return data


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve("RestrictedPython", start)
