"""A peer as the benchmark sees it: a process that runs the handler when it is told to, and says how long it took."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from measuring import Act, Took

NAMES = {
    "monty": "pydantic-monty, a subset of Python",
    "eryx": "pyeryx",
    "fork": "fork + RestrictedPython + seccomp",
}
_HINTS = {
    "monty": '; pip install ".[bench]"',
    "eryx": '; pip install ".[bench]" with Python 3.12 or later, see --peer-python',
    "fork": '; pip install ".[bench]"',
}
_BENCHMARKS = Path(__file__).parents[1]


class PeerGone(RuntimeError):
    """The peer's process ended, or does not do what was asked."""

    def __init__(self, peer: Peer, why: str) -> None:
        super().__init__(f"{peer.name}: {why}")
        self.peer = peer
        self.why = why


@dataclass(eq=False, slots=True)
class Peer:
    """One peer with one version loaded. what: what it is called in the figures. absent: why it is not there."""

    name: str
    what: str
    absent: str = ""
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)

    @classmethod
    def start(cls, name: str, functions: int, pythons: Sequence[str] = ()) -> Peer:
        """The peer in this interpreter, or in the first of the others in which it is installed."""
        reason = ""
        for python in (sys.executable, *pythons):
            try:
                process = _spawn(python, name, functions)
            except OSError as error:
                reason = f"{python}: {error.strerror}"
                continue
            peer = cls(name, NAMES[name], _process=process)
            said = peer._hear() or {"absent": "its process ended at once"}
            if "about" in said:
                package, _ = said["about"].split()
                peer.what = NAMES[name].replace(package, said["about"])
                return peer
            peer.close()
            reason = said["absent"] + (_HINTS.get(name, "") if said["absent"] == "not installed" else "")
        return cls(name, NAMES[name], absent=reason)

    def once(self, run: int) -> Act:
        """Run number `run`."""
        return lambda: Took(self._ask([run])["seconds"])

    def burst(self, run: int, length: int) -> Act:
        """So many runs back to back; what one of them took."""
        return lambda: Took(self._ask([run] * length)["seconds"] / length)

    def customers(self, run: int) -> dict[str, Any]:
        """What the handler answers to run number `run`. Raises PeerGone."""
        return self._ask([run])["bodies"][0]

    def _ask(self, runs: list[int]) -> dict[str, Any]:
        if self._process is None or self._process.stdin is None:
            raise PeerGone(self, self.absent or "it was closed")
        try:
            self._process.stdin.write(json.dumps({"runs": runs}) + "\n")
            self._process.stdin.flush()
        except OSError:
            raise PeerGone(self, "its process ended") from None
        said = self._hear()
        if said is None:
            raise PeerGone(self, "its process ended")
        return said

    def _hear(self) -> dict[str, Any] | None:
        assert self._process is not None and self._process.stdout is not None
        line = self._process.stdout.readline()
        return json.loads(line) if line else None

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _spawn(python: str, name: str, functions: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python, "-m", f"peers.{name}", str(functions)],
        cwd=_BENCHMARKS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
