"""What people would use instead, on the same handler.

Each runs in a process of its own (`serve`), with the interpreter that it needs, and times its own runs with the
clock that everybody uses; the benchmark tells it when to run, so that all of them are interleaved. A run is one page
of customers from a heap that no other run has seen: the same pages, functions and answers as in our connector, and
the score in its result shows it. Host calls are answered in the peer's own process, from `provider`.

    monty   pydantic-monty: an interpreter of its own in Rust, in warm worker processes. A subset of Python: the
            handler fits, most connectors would not (no inheritance, no generators, few modules). A run is a
            checkout, the version's dump loaded, one call.
    eryx    pyeryx: CPython in wasm in this process. A run is one `execute` of a sandbox made by the version's
            factory, in which the handler is loaded. Host calls are coroutines. It gets the next instance ready in
            the background, which is why it is quicker with gaps than back to back.
    fork    CPython itself, the handler compiled by RestrictedPython in a process that forks for every run, with
            resource limits and a seccomp filter; host calls are JSON over a socket pair. Native code is its wall.
"""
