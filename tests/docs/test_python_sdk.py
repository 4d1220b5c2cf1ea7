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

import guest_sdk.testing

MODULES: list[ModuleType] = [
    importlib.import_module(f"{package.__name__}.{one.name}")
    for package in (guest_sdk, guest_sdk.testing)
    for one in pkgutil.iter_modules(package.__path__)
    if not one.ispkg and one.name != "records"
]
FOR_THE_RUNTIME = ("ask",)
"""Methods of `guest_sdk.testing` that no test calls, and the page does not show."""


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
        ("def has(self, name: str)", "def holds(self, name: str)", "SecretsApi"),
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


def differing(quote: str) -> list[str]:
    """Names of what the quote declares otherwise than the module that it comes from. Where several declare the name,
    it is the one that comes nearest."""
    names = bound(quote)
    candidates = [module for module in MODULES if names <= bound(inspect.getsource(module))]
    assert names and candidates, f"no module of the SDK declares {sorted(names)}"
    return min((list(differing_from(module, quote, names)) for module in candidates), key=len)


def differing_from(module: ModuleType, quote: str, names: set[str]) -> Iterator[str]:
    found = dict(vars(module))
    exec(compile("from __future__ import annotations\n" + quote, "<page>", "exec"), found)
    for name in sorted(names):
        quoted, real = found[name], getattr(module, name)
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
    """The methods and properties that an author may use."""
    found = {
        name: value.fget if isinstance(value, property) else value
        for name, value in vars(kind).items()
        if (name == "__call__" or not name.startswith("_")) and name not in FOR_THE_RUNTIME
    }
    return {name: value for name, value in found.items() if inspect.isfunction(value)}


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
