"""What checks say to an author: templates with a code, so that each can be documented, found and tested."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class Said(str):
    """The text of one message, and the code of the template that it was made from."""

    __slots__ = ("code",)

    code: str

    def __new__(cls, text: str, code: str) -> Said:
        said = super().__new__(cls, text)
        said.code = code
        return said

    def __reduce__(self) -> tuple[type[Said], tuple[str, str]]:
        return Said, (str(self), self.code)


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
        return Said(self.template.format(**values), self.code)


def messages_in(names: Iterable[object]) -> list[Message]:
    """The messages among a module's values, in the order in which they stand there."""
    return [one for one in names if isinstance(one, Message)]
