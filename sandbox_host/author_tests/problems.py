"""Why an author's tests cannot be run at all."""

from __future__ import annotations

from sandbox_host.packages.problems import Problem


class TestsCannotRun(Exception):
    """Nothing was run. problems: why, each with its place."""

    __test__ = False

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
