"""The platform's fixed names: what the SDK exports, the entities, the events, the auth modes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import get_args

from policies.manifest import LineDocument, Method, SignatureScheme

EVENTS = (
    "before-save", "after-save", "before-post", "after-post", "before-delete", "after-delete",
    "before-approve", "after-approve", "recalculate",
)  # fmt: skip
"""File names of hooks, without their ending."""

WRITING_EVENTS = frozenset({"before-save", "recalculate"})
"""Events whose result is merged into the record, so that the hook needs to write it."""

METHODS: tuple[str, ...] = get_args(Method)

SCHEMES: tuple[str, ...] = get_args(SignatureScheme)
"""Route auth modes in which the host verifies a signature: connectors only."""

AUTH_MODES = ("api_key", "public", *SCHEMES)

LINE_ENTITIES: tuple[str, ...] = get_args(LineDocument)
"""Documents with `line_items`."""


def kebab(entity: str) -> str:
    """`SalesReceipt` → `sales-receipt`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", entity).lower()


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean "Invoice"?`, or nothing where no known name is near."""
    by_fold = {one.casefold(): one for one in sorted(known)}
    near = difflib.get_close_matches(name.casefold(), list(by_fold), n=1, cutoff=0.7)
    return f'; did you mean "{by_fold[near[0]]}"?' if near else ""
