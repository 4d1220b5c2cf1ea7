"""No other room can reach the network through a client library."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import policies
import sandbox_host

CLIENTS = {"httpx", "httpcore", "h11", "requests", "urllib3", "aiohttp", "http.client", "urllib.request"}


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def uses_a_client(path: Path) -> bool:
    return any(name == each or name.startswith(each + ".") for name in imports(path) for each in CLIENTS)


def test_only_egress_imports_an_http_client():
    room = Path(sandbox_host.__file__).parent
    users = [path for path in room.rglob("*.py") if uses_a_client(path)]
    assert users and all(path.is_relative_to(room / "egress") for path in users), users
    assert not any(uses_a_client(path) for path in Path(policies.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize(
    "line",
    ["import httpx", "from urllib import request", "import urllib.request as r", "from http.client import X"],
)
def test_each_way_of_importing_one_is_seen(line, tmp_path):
    path = tmp_path / "module.py"
    path.write_text(f"def f():\n    {line}\n")
    assert uses_a_client(path)
