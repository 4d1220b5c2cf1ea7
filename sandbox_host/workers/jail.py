"""What a worker gives up before it sees a guest.

In order: privileges that exec could regain, core dumps, descriptors, the environment, and every system call but
those that computing and talking on one socket need. The list is short because threads, modules and memory
exist before it closes. Raises JailError where any part of it cannot be set up: no jail, no guest.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal

import pyseccomp

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38
PROT_EXEC = 4

ALLOWED = (
    "read", "write", "readv", "writev", "recvmsg", "sendmsg", "recvfrom", "sendto", "poll", "ppoll",
    "futex", "munmap", "mremap", "madvise", "brk", "close", "fstat", "newfstatat", "lseek",
    "clock_gettime", "clock_nanosleep", "nanosleep", "sched_yield",
    "rt_sigreturn", "rt_sigprocmask", "rt_sigaction", "sigaltstack",
    "getrandom", "gettid", "getpid", "tgkill", "restart_syscall", "rseq", "membarrier", "exit", "exit_group",
)  # fmt: skip
"""System calls that stay. `mmap` and `mprotect` stay too, without PROT_EXEC. Not among them: opening files,
sockets, processes, threads, and everything else."""

LIMITS = {
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NOFILE: 64,
    resource.RLIMIT_FSIZE: 512 << 20,
    resource.RLIMIT_AS: 32 << 30,
}

_libc = ctypes.CDLL(None, use_errno=True)


class JailError(RuntimeError):
    """A part of the jail could not be set up on this machine."""


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def descriptors() -> set[int]:
    """The descriptors that this process has open."""
    with os.scandir("/proc/self/fd") as entries:
        found = {int(entry.name) for entry in entries}
    return {fd for fd in found if _is_open(fd)}


def close_descriptors(keep: set[int]) -> None:
    """Close every descriptor but those in `keep`."""
    for fd in descriptors() - keep:
        os.close(fd)


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def enter() -> None:
    """Close the jail around this process and all its threads, for good."""
    os.environ.clear()
    for limit, value in LIMITS.items():
        try:
            resource.setrlimit(limit, (value, value))
        except (OSError, ValueError) as error:
            raise JailError(f"cannot set resource limit {limit}: {error}") from error
    _prctl(PR_SET_DUMPABLE, 0)
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    try:
        rules = pyseccomp.SyscallFilter(pyseccomp.KILL_PROCESS)
        rules.set_attr(pyseccomp.Attr.CTL_TSYNC, 1)
        for name in ALLOWED:
            rules.add_rule(pyseccomp.ALLOW, name)
        not_executable = pyseccomp.Arg(2, pyseccomp.MASKED_EQ, PROT_EXEC, 0)
        rules.add_rule(pyseccomp.ALLOW, "mmap", not_executable)
        rules.add_rule(pyseccomp.ALLOW, "mprotect", not_executable)
        rules.load()
    except (OSError, RuntimeError, ValueError) as error:
        raise JailError(f"cannot install the system call filter: {error}") from error


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise JailError(f"prctl({option}) failed: {os.strerror(error)}")
