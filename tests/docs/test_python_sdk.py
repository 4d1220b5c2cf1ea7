"""The declarations that the page of the SDK for Python quotes are the SDK's: executed, each says what is imported."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import guest_sdk

MODULES: list[ModuleType] = [
    importlib.import_module(f"guest_sdk.{one.name}")
    for one in pkgutil.iter_modules(guest_sdk.__path__)
    if not one.ispkg and one.name != "records"
]


def test_every_quoted_declaration_is_the_one_that_is_imported(
    page: Path, blocks: Callable[[Path], list[Any]]
) -> None:
    quotes = [block.text for block in blocks(page)]
    assert len(quotes) > 60
    assert [one for quote in quotes for one in differing(quote)] == []


@pytest.mark.parametrize(
    ("before", "after", "about"),
    [
        ("def delete(self, id: str) -> bool:", "def delete(self, id: str) -> str:", "EntityClass.delete"),
        ("    admin_only: bool\n", "    admins_only: bool\n", "Page"),
        ('    "hmac_sha256",\n', '    "hmac_sha512",\n', "SignatureScheme"),
        ("def set(self, name: str, value: str)", "def put(self, name: str, value: str)", "SecretsApi"),
        (
            "        has_more: bool | None = None,",
            "        has_more: bool | None = False,",
            "ListPage.commit",
        ),
    ],
)
def test_a_quote_that_differs_is_noticed(
    page: Path, blocks: Callable[[Path], list[Any]], before: str, after: str, about: str
) -> None:
    [quote] = [block.text for block in blocks(page) if before in block.text]
    assert [one for one in differing(quote.replace(before, after)) if about in one]


def differing(quote: str) -> Iterator[str]:
    """Names of what the quote declares otherwise than the module that it comes from."""
    for name, quoted, real in declared(quote):
        if not isinstance(quoted, type):
            if shape(quoted) != shape(real):
                yield name
            continue
        ours, theirs = members(quoted), members(real)
        if ours.keys() != theirs.keys() or fields(quoted) != fields(real):
            yield f"{name}: {sorted(ours.keys() ^ theirs.keys())}"
        yield from (
            f"{name}.{one}"
            for one in ours.keys() & theirs.keys()
            if shape(ours[one]) != shape(theirs[one]) or ours[one].__doc__ != theirs[one].__doc__
        )


def declared(quote: str) -> Iterator[tuple[str, Any, Any]]:
    """Each name that the quote binds, as the quote has it and as the SDK does."""
    names = bound(quote)
    [module] = [module for module in MODULES if names and names <= bound(inspect.getsource(module))]
    found = dict(vars(module))
    exec(compile("from __future__ import annotations\n" + quote, "<page>", "exec"), found)
    yield from ((name, found[name], getattr(module, name)) for name in sorted(names))


def bound(source: str) -> set[str]:
    """The names that a source declares at its top."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def members(kind: type) -> dict[str, Any]:
    """What an author may call or read of it."""
    found = {
        name: value for name, value in vars(kind).items() if name == "__call__" or not name.startswith("_")
    }
    return {name: value.fget if isinstance(value, property) else value for name, value in found.items()}


def fields(kind: type) -> dict[str, Any]:
    return {
        name: str(value) for name, value in getattr(kind, "__annotations__", {}).items() if name[0] != "_"
    }


def shape(value: Any) -> str:
    """A function by its signature, anything else by itself."""
    if inspect.isfunction(value):
        # A default that stands for nothing given is some object, at some address.
        return re.sub(" at 0x[0-9a-f]+", "", str(inspect.signature(value)))
    return str(getattr(value, "__annotations__", value))
