"""What a script says that no sandbox understands: globals of Node and of browsers, entities that do not exist."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from policies.messages import Said
from sandbox_host.packages.instead import FOREIGN_GLOBALS, FREE
from sandbox_host.packages.messages import code as say
from sandbox_host.packages.names import did_you_mean
from sandbox_host.packages.printed import Printed
from sandbox_host.packages.problems import Problem

_VERBS = {
    "Entity": frozenset(("get", "query", "create", "update", "delete", "exists", "count", "action")),
    "ingest": frozenset(("canonical", "batch")),
}
"""Calls whose first argument is the name of an entity, or of a type of document."""


def foreign_globals(path: str, printed: Printed) -> Iterator[Problem]:
    """Uses of globals that a sandbox does not have, each name once. A `typeof` asks, and uses nothing."""
    seen: set[str] = set()
    before = ""
    for token in printed.tokens:
        name = token.text.removeprefix(FREE) if token.kind == "name" else ""
        if name != token.text and name in FOREIGN_GLOBALS and before != "typeof" and name not in seen:
            seen.add(name)
            message = say.FOREIGN_GLOBAL(name=name, instead=FOREIGN_GLOBALS[name])
            yield Problem(path, printed.line(token.offset), message)
        before = token.text


def unknown_entities(path: str, printed: Printed, entities: Collection[str]) -> Iterator[Problem]:
    """Names of entities in calls of `Entity` and `ingest` that are written out and that nobody defines."""
    for index, token in enumerate(printed.tokens[:-4]):
        if (
            token.kind != "name"
            or token.text not in _VERBS
            or (index and printed.tokens[index - 1].text == ".")
        ):
            continue
        dot, verb, opening, argument = printed.tokens[index + 1 : index + 5]
        called = dot.text == "." and opening.kind == "punctuation" and opening.text == "("
        if called and argument.kind == "string":
            said = unknown_name(token.text, verb.text, argument.text, entities)
            if said is not None:
                yield Problem(path, printed.line(argument.offset), said)


def unknown_name(capability: str, verb: str, text: str, entities: Collection[str]) -> Said | None:
    """What is wrong with the text that stands first in `Entity.get("…")` or its like; None where it names
    something, or the call is none of these."""
    if verb not in _VERBS.get(capability, ()):
        return None
    known, message = entities, say.UNKNOWN_ENTITY_IN_CODE
    if capability == "ingest":
        known, message = {_snake(entity) for entity in entities}, say.UNKNOWN_DOCUMENT_TYPE
    return None if text in known else message(name=text[:80], guess=did_you_mean(text[:80], known))


def _snake(entity: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", entity).lower()
