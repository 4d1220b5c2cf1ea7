"""Why an author's tests cannot be run, or their calls not be made in the sandbox."""

from __future__ import annotations

from sandbox_host.packages.problems import Problem


class TestsCannotRun(Exception):
    """problems: why, each with its place."""

    __test__ = False

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
