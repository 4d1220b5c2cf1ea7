"""Inside the jail nothing can be opened, reached or started; without it, it could."""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox_host.workers import jail


def fork_and(work: Callable[[], None], jailed: bool) -> int:
    """The wait status of a child that does `work`, in the jail or out of it."""
    pid = os.fork()
    if pid == 0:
        try:
            if jailed:
                jail.enter()
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(pid, 0)[1]


def executable_memory() -> None:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


def make_executable() -> None:
    libc = ctypes.CDLL(None)
    page = mmap.mmap(-1, 4096)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    if libc.mprotect(ctypes.c_void_p(address), 4096, 5) != 0:
        raise OSError("mprotect")


ESCAPES: dict[str, Callable[[], object]] = {
    "open a file": lambda: Path("/etc/passwd").read_bytes(),
    "write a file": lambda: os.open("/tmp/jail-test", os.O_CREAT | os.O_WRONLY),
    "list a folder": lambda: list(Path("/").iterdir()),
    "open a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "open a unix socket": lambda: socket.socket(socket.AF_UNIX),
    "fork": lambda: os._exit(0) if os.fork() == 0 else None,
    "start a program": lambda: os.execv("/bin/true", ["/bin/true"]),
    "start a thread": lambda: threading.Thread(target=lambda: None).start(),
    "signal another process": lambda: os.kill(os.getppid(), 0),
    "make executable memory": executable_memory,
    "make memory executable": make_executable,
    "change its user": lambda: os.setuid(os.getuid()),
    "duplicate a descriptor": lambda: os.dup(0),
    "make a pipe": os.pipe,
    "read its own memory map": lambda: Path("/proc/self/maps").read_text(),
}


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES.keys())
def test_the_kernel_kills_a_worker_that_tries_to(escape):
    status = fork_and(escape, jailed=True)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGSYS


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES.keys())
def test_without_the_jail_it_could(escape):
    """The guard, removed."""
    assert fork_and(escape, jailed=False) == 0


def test_what_a_worker_needs_still_works():
    ours, theirs = socket.socketpair()

    def work() -> None:
        theirs.sendall(b"x" * 100_000)
        bytearray(50 << 20)
        os.urandom(16)

    assert fork_and(work, jailed=True) == 0
    assert len(ours.recv(10)) == 10


def test_the_environment_is_empty_in_the_jail():
    def work() -> None:
        assert not os.environ

    assert fork_and(work, jailed=True) == 0


def test_no_jail_no_guest(monkeypatch):
    """A machine where the filter cannot be installed is refused, not run without it."""

    def broken(self: object) -> None:
        raise OSError("no seccomp here")

    monkeypatch.setattr(jail.pyseccomp.SyscallFilter, "load", broken)

    def work() -> None:
        with pytest.raises(jail.JailError, match="system call filter"):
            jail.enter()

    assert fork_and(work, jailed=False) == 0
