"""The peer's end: reads how many runs to do, does and times them, answers with the time. JSON, a line each."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from peers.program import request

Run = Callable[[dict[str, object]], Any]
"""Calls the handler with a request, in a fresh heap, and answers with its response."""


def serve(package: str, start: Callable[[int], Run]) -> None:
    """Serve until the input ends. package: the distribution that is measured. start: gets ready for a version with
    as many functions as the first line says."""
    try:
        about = f"{package} {version(package)}"
        run = start(int(sys.argv[1]))
    except (ImportError, PackageNotFoundError):
        return _say({"absent": "not installed"})
    except Exception as error:
        return _say({"absent": f"does not start: {type(error).__name__}: {error}"})
    _say({"about": about})
    for line in sys.stdin:
        order = json.loads(line)
        requests = [request(number) for number in order["runs"]]
        answers: list[Any] = []
        started = time.perf_counter()
        for one in requests:
            answers.append(run(one))
        seconds = time.perf_counter() - started
        _say({"seconds": seconds, "bodies": [answer["body"] for answer in answers]})
    return None


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)
