"""What checks say to an author: templates with a code, so that each can be documented, found and tested."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


class Said(str):
    """The text of one message, the code of the template that it was made from, and what was put into it, so that
    the same can be said in other words. before: a place that the text begins with."""

    __slots__ = ("before", "code", "values")

    code: str
    values: Mapping[str, object]
    before: str

    def __new__(
        cls, text: str, code: str, values: Mapping[str, object] | None = None, before: str = ""
    ) -> Said:
        said = super().__new__(cls, before + text)
        said.code = code
        said.values = values or {}
        said.before = before
        return said

    def under(self, path: str) -> Said:
        """The same, said of what is at a path."""
        return Said(str(self), self.code, self.values, f"{path}: " if path else "")

    def __reduce__(self) -> tuple[type[Said], tuple[str, str, Mapping[str, object], str]]:
        return Said, (str(self).removeprefix(self.before), self.code, dict(self.values), self.before)


@dataclass(frozen=True, slots=True)
class Message:
    """One kind of problem.

    code: its name, which never changes. template: the text, with `{…}` for what differs. example: a problem as
    it is printed, place included; a test provokes exactly it. way_out: what the author does now.
    """

    code: str
    template: str
    example: str
    way_out: str

    def __call__(self, **values: object) -> Said:
        return Said(self.template.format(**values), self.code, values)


def messages_in(names: Iterable[object]) -> list[Message]:
    """The messages among a module's values, in the order in which they stand there."""
    return [one for one in names if isinstance(one, Message)]
