"""Where in a chain of hooks a guest stands. Hooks write, and writes set off hooks: the chain ends here."""

from __future__ import annotations

from dataclasses import dataclass

from guest_sdk.testing.errors import Refused

_MAX_DEPTH = 5
"""How many hooks may set one another off. It is counted from the root run, across commits."""


@dataclass(frozen=True, slots=True)
class Chain:
    """hook, record: what this guest is, `Invoice:before_save`, and what it runs on; None for the root, and for a record
    that does not exist yet."""

    depth: int = 0
    hook: str | None = None
    record: str | None = None

    def check(self) -> None:
        """May a guest that stands here write? Raises Refused."""
        if self.depth >= _MAX_DEPTH:
            raise Refused(
                "HookDepth",
                f"this hook is the {_MAX_DEPTH}th that set one another off; a hook this deep cannot write, "
                "so write only where something changes",
            )

    def below(self, hook: str, record: str | None) -> Chain:
        """The place of a hook that a write made here sets off."""
        return Chain(self.depth + 1, hook, record)

    def is_own(self, hook: str, record: str | None) -> bool:
        """Was the write made by this very hook, on the record that it runs on? Then it does not fire again."""
        return record is not None and (hook, record) == (self.hook, self.record)
