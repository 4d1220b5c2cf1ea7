"""Runs one program with nothing to lose: `python -I -S launcher.py FOLDER PROGRAM ARGUMENT…`.

Run as a script of its own, so that no thread of the host is forked. It sets resource limits, gives up the
chance of new privileges, and, where the kernel has Landlock, every file but the program itself and FOLDER;
then it becomes the program, with an empty environment. Exits 125 where a limit cannot be set.

Landlock: https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

MEMORY_BYTES = 4 << 30

LIMITS = {
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_CPU: 60,
    resource.RLIMIT_FSIZE: 128 << 20,
    resource.RLIMIT_NOFILE: 256,
    resource.RLIMIT_AS: MEMORY_BYTES,
}

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38

LANDLOCK_CREATE_RULESET = 444
LANDLOCK_ADD_RULE = 445
LANDLOCK_RESTRICT_SELF = 446
LANDLOCK_CREATE_RULESET_VERSION = 1
LANDLOCK_RULE_PATH_BENEATH = 1
EXECUTE = 1 << 0
READ_FILE = 1 << 2
FIRST_VERSION = (1 << 13) - 1
"""Every kind of access to files that the first version of Landlock knows."""

_libc = ctypes.CDLL(None, use_errno=True)


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def main(arguments: list[str]) -> None:
    folder, program, *rest = arguments
    for limit, value in LIMITS.items():
        resource.setrlimit(limit, (value, value))
    _check(_libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    os.chdir(folder)
    confine_files(program)
    os.execve(program, [program, *rest], {})


def confine_files(program: str) -> bool:
    """Leave only `program` and the current folder within reach. False where this kernel has no Landlock."""
    if _libc.syscall(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), LANDLOCK_CREATE_RULESET_VERSION) < 1:
        return False
    handled = ctypes.c_uint64(FIRST_VERSION)
    rules = _check(_libc.syscall(LANDLOCK_CREATE_RULESET, ctypes.byref(handled), ctypes.c_size_t(8), 0))
    _allow(rules, program, EXECUTE | READ_FILE)
    _allow(rules, ".", FIRST_VERSION & ~EXECUTE)
    _check(_libc.syscall(LANDLOCK_RESTRICT_SELF, rules, 0))
    os.close(rules)
    return True


def _allow(rules: int, path: str, access: int) -> None:
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    rule = _PathBeneath(access, fd)
    _check(_libc.syscall(LANDLOCK_ADD_RULE, rules, LANDLOCK_RULE_PATH_BENEATH, ctypes.byref(rule), 0))
    os.close(fd)


def _check(result: int) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        sys.stderr.write(f"cannot confine the bundler: {error}\n")
        sys.exit(125)
