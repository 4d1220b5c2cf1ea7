"""What a script says that no sandbox understands: globals of Node and of browsers, entities that do not exist."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from sandbox_host.packages.instead import FOREIGN_GLOBALS, FREE
from sandbox_host.packages.messages import code as say
from sandbox_host.packages.names import did_you_mean
from sandbox_host.packages.printed import Printed
from sandbox_host.packages.problems import Problem
from sandbox_host.packages.scripts import Token

_VERBS = frozenset(("get", "query", "create", "update", "delete", "exists", "count", "action"))
_INGESTS = frozenset(("canonical", "batch"))


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
    documents = {_snake(entity) for entity in entities}
    for name, verbs, known, message in (
        ("Entity", _VERBS, entities, say.UNKNOWN_ENTITY_IN_CODE),
        ("ingest", _INGESTS, documents, say.UNKNOWN_DOCUMENT_TYPE),
    ):
        for token in _first_arguments(printed.tokens, name, verbs):
            if token.text not in known:
                said = message(name=token.text[:80], guess=did_you_mean(token.text[:80], known))
                yield Problem(path, printed.line(token.offset), said)


def _first_arguments(tokens: list[Token], name: str, verbs: frozenset[str]) -> Iterator[Token]:
    """The text that stands first in `name.verb("…"`."""
    for index, token in enumerate(tokens[:-4]):
        if token.kind != "name" or token.text != name or (index and tokens[index - 1].text == "."):
            continue
        dot, verb, opening, argument = tokens[index + 1 : index + 5]
        called = dot.text == "." and verb.text in verbs and opening.text == "("
        if called and opening.kind == "punctuation" and argument.kind == "string":
            yield argument


def _snake(entity: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", entity).lower()
