"""What is wrong with a project, as its author reads it: a file, a line where one is known, and a way out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from policies.messages import Said
from sandbox_host.packages.messages import files as say

MAX_MESSAGE = 1_000
MAX_PROBLEMS = 1_000


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right. `file` is relative to the project; `line` counts from 1; `code` is the message's
    in the catalogue. Both texts may quote the project, so they are made one line that no terminal obeys. `said` is
    the message as it was made, for whoever says it in other words."""

    file: str
    line: int | None
    message: str
    code: str = field(default="", init=False)
    said: Said | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.message, Said):
            object.__setattr__(self, "code", self.message.code)
            object.__setattr__(self, "said", self.message)
        object.__setattr__(self, "file", one_line(self.file))
        object.__setattr__(self, "message", one_line(self.message)[:MAX_MESSAGE])

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}"


class PackageError(ValueError):
    """An archive is not one that this product made, or not the one that was asked for."""


class BuildFailed(Exception):
    """The project cannot become a package. `problems` holds everything found, in order of file and line; of
    very many, the first `MAX_PROBLEMS` and a count."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = in_order(problems)
        more = len(self.problems) - MAX_PROBLEMS
        if more > 0:
            last = Problem(self.problems[MAX_PROBLEMS].file, None, say.MORE(count=more))
            self.problems = (*self.problems[:MAX_PROBLEMS], last)
        super().__init__("\n".join(map(str, self.problems)))


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once, by file, then line, then message."""
    return tuple(sorted(set(problems), key=lambda one: (one.file, one.line or 0, one.message)))


def one_line(text: str) -> str:
    """The text with everything escaped that is not a visible character or a space."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def printable(name: str) -> str:
    """A file's name as one line of ASCII, whatever bytes it was made of."""
    return name if name.isascii() and name.isprintable() else ascii(name)[1:-1]
