"""pyeryx, https://github.com/eryx-org/eryx."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

from peers.program import HOST, program
from peers.serve import Run, serve


def start(functions: int) -> Run:
    # By its text: this module has the same name.
    eryx: Any = import_module("eryx")
    callbacks = eryx.CallbackRegistry()
    for name, function in HOST.items():
        callbacks.add(function, name=name, description=name)
    factory = eryx.SandboxFactory(setup_code=program(functions, asynchronous=True), callbacks=callbacks)
    limits = eryx.ResourceLimits(execution_timeout_ms=1000, max_memory_bytes=64 << 20)
    sandbox = factory.create_sandbox(resource_limits=limits)

    def run(request: dict[str, object]) -> object:
        # An input is part of the program: JSON with no null, true or false in it is Python as well.
        return sandbox.execute(f"result = await post({json.dumps(request)})").result

    return run


if __name__ == "__main__":
    serve("pyeryx", start)
