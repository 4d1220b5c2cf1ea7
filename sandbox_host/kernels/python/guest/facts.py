"""What a module says as it is written: read from its syntax tree, so that a build can name lines.

`read(tree)` answers plain JSON:

    imports   [{"name", "line", "binds"}]   dotted; leading dots are levels; `binds`: the names that it makes
    names     [{"name", "line"}]            what is used of what only says what to use instead (`open`), each once
    texts     [{"parts", "line"}]           how a URL begins, up to its path or what is put into it, each once
    calls     [{"name", "text", "line"}]    `Entity.get("Invoice", …)`: calls whose first argument is written out
    places    {export: {path: line}}        what stands where; inside of a declaration as in `permissions.http[0]`

It runs nothing, and answers with little, whatever it is given. What is put together in another way has no place, and
a place that could be wrong is none: what stands before a `**` in a dict may have been replaced by it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any

from .instead import CALLS

SDK = "guest_sdk"
MAX_FACTS = 5_000
"""Of each kind. A module with more is made by a program, and its author reads no lines of it."""
MAX_DEPTH = 64

MAX_TEXT = 300
"""No host is longer, with what is before it."""

_DEFAULTS = ("define_connector", "define_extension", "define_entity")
_DECLARES = (*_DEFAULTS, "define_entity_field", "define_line_field")
_CONFIG = "config"
"""A route's own declaration, which no helper makes."""
_WRITTEN_OUT = ("Entity.", "ingest.")
_URL = re.compile(r"\s*https://[^/?#\s]*[/?#\s]?", re.IGNORECASE)
_FORMAT = re.compile(r"\{[^{}]*\}")
_PERCENT = re.compile(r"%(?:\([^)]*\))?[-#0 +]*\d*(?:\.\d+)?[sdrf]")
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")


def read(tree: ast.Module) -> dict[str, Any]:
    """The facts of one module."""
    nodes = list(ast.walk(tree))
    imports = list(_imports(nodes))[:MAX_FACTS]
    bound = _bound(nodes)
    origins = {name: dotted for one in imports for name, dotted in one.pop("origins").items()}
    return {
        "imports": imports,
        "names": _names(nodes, origins, bound),
        "texts": _texts(nodes),
        "calls": list(_calls(nodes, origins, bound))[:MAX_FACTS],
        "places": _Places(tree, origins).read(),
    }


def _imports(nodes: list[ast.AST]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            for one in node.names:
                name = one.asname or one.name.partition(".")[0]
                origins = {name: one.name if one.asname else name}
                yield {"name": one.name, "line": node.lineno, "binds": [name], "origins": origins}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            between = "" if module.endswith(".") or not module else "."
            origins = {one.asname or one.name: f"{module}{between}{one.name}" for one in node.names}
            yield {"name": module, "line": node.lineno, "binds": list(origins), "origins": origins}


def _bound(nodes: list[ast.AST]) -> set[str]:
    """Names that the module itself gives a value to, anywhere; imports apart."""
    bound: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            bound.add(node.rest)
    return bound


def _dotted(node: ast.AST, origins: dict[str, str], bound: set[str]) -> str | None:
    """`time.sleep` for what stands for it, whatever it is called here; None for values of the module's own."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id in bound:
        return None
    return ".".join([origins.get(node.id, node.id), *reversed(parts)])


def _names(nodes: list[ast.AST], origins: dict[str, str], bound: set[str]) -> list[dict[str, Any]]:
    found: dict[str, int] = {}
    for node in nodes:
        dotted: Sequence[str | None] = ()
        line = 0
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            dotted, line = [f"{node.module}.{one.name}" for one in node.names], node.lineno
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            dotted, line = [_dotted(node, origins, bound)], node.lineno
        for name in dotted:
            if name in CALLS:
                found[name] = min(found.get(name, line), line)
    return [{"name": name, "line": line} for name, line in sorted(found.items(), key=lambda one: one[1])]


def _texts(nodes: list[ast.AST]) -> list[dict[str, Any]]:
    """The beginnings of every text that may be a URL, taken from the largest expression that it begins."""
    inner: set[int] = set()
    found: dict[tuple[str, ...], int] = {}
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inner.add(id(node.value))  # A docstring, or a value that nobody uses.
        if id(node) in inner or not isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp | ast.Call):
            continue
        parts = _parts(node, inner)
        url = _URL.match(parts[0]) if parts else None
        if url is not None and len(found) < MAX_FACTS:
            # What follows a host that is not all there says whether it goes on.
            open_end = parts[1:2] if url.end() == len(parts[0]) else ()
            beginning = (url[0][:MAX_TEXT], *(part[:1] for part in open_end))
            found[beginning] = min(found.get(beginning, node.lineno), node.lineno)
    return [{"parts": parts, "line": line} for parts, line in found.items()]


def _parts(node: ast.AST, inner: set[int]) -> list[str]:
    """The fixed texts of an expression, apart where something is put between them; nothing where it is no text.

    inner: takes up the nodes that need no look of their own.
    """
    if isinstance(node, ast.Constant):
        inner.add(id(node))
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        parts = [""]
        for one in node.values:
            if isinstance(one, ast.Constant):
                inner.add(id(one))
                parts[-1] += str(one.value)
            else:
                parts.append("")
        inner.add(id(node))
        return parts
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left: ast.expr = node
        while isinstance(left, ast.BinOp) and isinstance(left.op, ast.Add):
            inner.add(id(left))
            left = left.left
        return [*parts, ""] if (parts := _parts(left, inner)) else []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and _is_text(node.left):
        return _PERCENT.split(_parts(node.left, inner)[0])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_text(node.func.value):
        text = _parts(node.func.value, inner)[0]
        return _FORMAT.split(text) if node.func.attr == "format" else [text]
    return []


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _calls(nodes: list[ast.AST], origins: dict[str, str], bound: set[str]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = (_dotted(node.func, origins, bound) or "").removeprefix(f"{SDK}.")
        first = node.args[0]
        if name.startswith(_WRITTEN_OUT) and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield {"name": name, "text": first.value[:200], "line": first.lineno}


class _Places:
    """The lines of one module's declarations."""

    def __init__(self, tree: ast.Module, origins: dict[str, str]) -> None:
        self._tree = tree
        self._origins = origins
        self._values: dict[str, ast.expr] = {}
        self._count = 0

    def read(self) -> dict[str, dict[str, int]]:
        exports: dict[str, tuple[int, ast.expr | None]] = {}
        default: tuple[int, ast.expr | None] | None = None
        for node in self._tree.body:
            targets: list[ast.expr] = []
            value: ast.expr | None = None
            if isinstance(node, ast.Assign):
                targets, value = node.targets, node.value
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                targets, value = [node.target], node.value
            elif isinstance(node, ast.Expr):
                value = node.value
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                exports[node.name] = (node.lineno, None)
            for target in targets:
                if isinstance(target, ast.Name) and value is not None:
                    exports[target.id] = (node.lineno, value)
                    self._values[target.id] = value
            if value is not None and self._declares(value) in _DEFAULTS:
                default = (node.lineno, value)
        if default is not None:
            exports["default"] = default
        return {name: self._export(name, *one) for name, one in list(exports.items())[:MAX_FACTS]}

    def _declares(self, value: ast.expr | None) -> str:
        """The helper that makes this declaration, or nothing."""
        name = _dotted(value.func, self._origins, set()) if isinstance(value, ast.Call) else None
        return (name or "").removeprefix(f"{SDK}.")

    def _export(self, name: str, line: int, value: ast.expr | None) -> dict[str, int]:
        lines = {"": line}
        if value is not None and (name == _CONFIG or self._declares(value) in _DECLARES):
            self._value(value, "", 0, lines)
        return lines

    def _value(self, node: ast.expr, path: str, depth: int, lines: dict[str, int]) -> None:
        if depth > MAX_DEPTH or self._count > MAX_FACTS:
            return
        if isinstance(node, ast.Name) and node.id in self._values:
            self._value(self._values[node.id], path, depth + 1, lines)
        elif isinstance(node, ast.Dict):
            self._dict(node, path, depth, lines)
        elif isinstance(node, ast.List | ast.Tuple):
            for index, one in enumerate(node.elts):
                if isinstance(one, ast.Starred):
                    return
                self._put(f"{path}[{index}]", one.lineno, one, depth, lines)
        elif isinstance(node, ast.Call):
            for one in node.args:
                if isinstance(one, ast.Dict | ast.Name):
                    self._value(one, path, depth + 1, lines)
            for keyword in node.keywords:
                if keyword.arg is not None:
                    self._put(_join(path, keyword.arg), keyword.lineno, keyword.value, depth, lines)

    def _dict(self, node: ast.Dict, path: str, depth: int, lines: dict[str, int]) -> None:
        before = len(lines)
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                for where in list(lines)[before:]:
                    del lines[where]
            elif isinstance(key, ast.Constant) and isinstance(key.value, str):
                self._put(_join(path, key.value), key.lineno, value, depth, lines)

    def _put(self, where: str, line: int, value: ast.expr, depth: int, lines: dict[str, int]) -> None:
        if self._count > MAX_FACTS:
            return
        self._count += 1
        lines[where] = line
        self._value(value, where, depth + 1, lines)


def _join(path: str, key: str) -> str:
    """`permissions`, `http` → `permissions.http`; keys that are not plain names are quoted."""
    if not _PLAIN_KEY.fullmatch(key):
        return f"{path}[{key if len(key) <= 40 else key[:40] + '…'!a}]"
    return f"{path}.{key}" if path else key
