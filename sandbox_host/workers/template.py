"""The process that workers are forked from.

It loads the engine and the compiled kernel once and then only forks, so that a worker costs a few megabytes
and a millisecond. It never runs a guest and never has a second thread. It ends when its host goes away, which it
sees by its socket: the signal that Linux sends at a parent's death (prctl(2)) comes when the thread ends that was
the parent, and that may be one that served a single run. Its workers end with it.

Started by `workers.template_process` as `python -I -m sandbox_host.workers.template CONTROL_FD RUNTIME CACHE_FOLDER`.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from pathlib import Path

from sandbox_host.kernels.engine import Engine
from sandbox_host.kernels.kernel import Kernel
from sandbox_host.kernels.runtimes import Runtime, known, load_kernel
from sandbox_host.workers import jail
from sandbox_host.workers.protocol import Channel, ProtocolError
from sandbox_host.workers.worker import Worker


def main(control_fd: int, runtime: Runtime, cache: Path) -> None:
    """Serve fork requests on the control socket: each comes with the worker's end of its socket, and is
    answered with the worker's pid and a pidfd, or with `dead` where it ended at once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    os.environ.clear()
    before = jail.descriptors()
    engine = Engine(cache)
    kernel = load_kernel(runtime, engine)
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        raise jail.JailError("the worker template has a second thread; it cannot be forked safely")
    images = jail.descriptors() - before
    gc.collect()
    gc.freeze()
    control = socket.socket(fileno=control_fd)
    while True:
        request, fds, _, _ = socket.recv_fds(control, 16, 1)
        if not request:
            return
        worker_end = fds[0]
        child = os.fork()
        if child == 0:
            _become_worker(worker_end, images, engine, kernel)
        os.close(worker_end)
        try:
            pidfd = os.pidfd_open(child)
        except ProcessLookupError:
            control.send(b"dead")
            continue
        socket.send_fds(control, [str(child).encode()], [pidfd])
        os.close(pidfd)


def _become_worker(fd: int, images: set[int], engine: Engine, kernel: Kernel) -> None:
    """Turn this fresh fork into a jailed worker. Never returns.

    images: the compiled module's own files, which the engine maps at each instantiation; read-only.
    """
    try:
        jail.die_with_parent()
        jail.close_descriptors(keep={fd, 2} | images)
        channel = Channel(socket.socket(fileno=fd))
        engine.start_ticker()
        jail.enter()
        os.close(2)
        Worker(channel, kernel).serve()
    except ProtocolError:
        os._exit(0)
    except jail.JailError as error:
        os.write(2, f"the worker refuses to run guests: {error}\n".encode())
        os._exit(3)
    except BaseException as error:
        try:
            os.write(2, f"the worker ended: {type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(4)


if __name__ == "__main__":
    main(int(sys.argv[1]), known(sys.argv[2]), Path(sys.argv[3]))
