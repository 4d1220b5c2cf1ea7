"""How a test runtime loads a project: the sandbox's roots and names, and nothing left behind."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from guest_sdk.testing import connector_test_runtime
from guest_sdk.testing.modules import Modules

WHO = "NAME = {name!r}\ncalls = []\n\n\ndef who():\n    calls.append(1)\n    return [NAME, len(calls)]\n"
ROUTE = "from lib.who import who\n\n\ndef GET(request):\n    return who()\n"


@pytest.fixture
def project_named(project: Callable[..., Path]) -> Callable[..., Path]:
    """`project_named("one")`: a project whose `GET /who` says so."""

    def make(name: str, files: dict[str, str] | None = None) -> Path:
        return project(
            {"src/lib/who.py": WHO.format(name=name), "src/api/who.py": ROUTE, **(files or {})}, name=name
        )

    return make


def call(project: Path, entry: str) -> Any:
    return connector_test_runtime(project=project).call(entry).body


def answer(project: Callable[..., Path], files: dict[str, str], route: str) -> Any:
    """What a route with this source answers in a project with these files."""
    return call(project({"src/api/a/b.py": route, **files}), "GET /a/b")


RETURNS_X = "\n\ndef GET(request):\n    return x\n"


@pytest.mark.parametrize(
    "statement",
    [
        "from lib.deep.x import x",
        "from src.lib.deep.x import x",
        "from ...lib.deep.x import x",
        "from ...lib.deep import x as module\nx = module.x",
        "import lib.deep.x\nx = lib.deep.x.x",
        "import src.lib.deep.x as module\nx = module.x",
    ],
)
def test_a_module_is_found_as_in_the_sandbox(project, statement):
    assert answer(project, {"src/lib/deep/x.py": "x = 5\n"}, statement + RETURNS_X) == 5


def test_a_module_of_the_projects_folder_is_found(project):
    assert answer(project, {"lib/x.py": "x = 5\n"}, "from lib.x import x" + RETURNS_X) == 5


def test_a_package_runs_its_init_first(project):
    files = {"src/lib/__init__.py": "x = 5\n", "src/lib/y.py": "from . import x\ny = x + 1\n"}
    assert answer(project, files, "from lib import x as a\nfrom lib.y import y\nx = [a, y]" + RETURNS_X) == [
        5,
        6,
    ]


def test_modules_that_import_each_other_see_one_another_half_loaded(project):
    files = {
        "src/lib/a.py": "import lib.b\nx = 1\n",
        "src/lib/b.py": "import lib.a\n\n\ndef y():\n    return lib.a.x\n",
    }
    assert answer(project, files, "import lib.a\nimport lib.b\nx = lib.b.y()" + RETURNS_X) == 1


def test_a_file_is_one_module_whichever_way_it_is_imported(project):
    files = {"src/lib/x.py": "x = []\n"}
    route = "from lib.x import x as a\nfrom src.lib.x import x as b\nfrom ...lib.x import x as c\n"
    assert answer(project, files, route + "x = a is b is c" + RETURNS_X) is True


def test_a_file_with_hyphens_is_an_entrypoint(project):
    folder = project({"src/api/due-date.py": "x = __name__" + RETURNS_X})
    assert call(folder, "GET /due-date") == "src.api.due-date"


def test_a_dataclass_with_written_out_types_can_be_made(project):
    route = (
        "from __future__ import annotations\n\nfrom dataclasses import asdict, dataclass\n\n\n"
        "@dataclass\nclass Page:\n    size: int = 5\n\n\nx = asdict(Page())"
    )
    assert answer(project, {}, route + RETURNS_X) == {"size": 5}


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("from lib.nothing import x", "No module named 'lib.nothing'"),
        ("from ..nothing import x", r"No module named '..nothing': there is no src/api/nothing.py"),
        ("from .....nothing import x", "leads out of the project"),
        ("from lib.x import y", "cannot import name 'y'"),
        ("import json", "has the name of a module of Python, json"),
    ],
)
def test_an_import_that_finds_nothing_says_so(project, statement, message):
    files = {"src/lib/x.py": "x = 5\n", "src/json.py": "x = 5\n"}
    with pytest.raises(ImportError, match=message):
        answer(project, files, statement + RETURNS_X)


def test_a_host_call_while_a_module_is_loaded_is_refused(project):
    route = 'from guest_sdk import Settings\n\nx = Settings.get("a")' + RETURNS_X
    with pytest.raises(Exception, match="no invocation while a module is loaded"):
        answer(project, {}, route)


def test_two_projects_in_one_session_keep_their_modules_apart(project_named):
    one, two = project_named("one"), project_named("two")
    first, second = (connector_test_runtime(project=folder) for folder in (one, two))
    said = [runtime.call("GET /who").body for runtime in (first, second, first)]
    assert said == [["one", 1], ["two", 1], ["one", 2]]


def test_two_runtimes_of_one_project_share_no_module(project_named):
    folder = project_named("one")
    assert [call(folder, "GET /who") for _ in range(2)] == [["one", 1], ["one", 1]]


def test_a_test_imports_the_modules_of_the_installed_runtime(project_named):
    for name in ("one", "two"):
        with connector_test_runtime(project=project_named(name)) as runtime:
            who = importlib.import_module("lib.who")
            assert importlib.import_module("src.lib.who") is who
            who.NAME = f"not {name}"
            assert runtime.call("GET /who").body == [f"not {name}", 1]


def test_nothing_is_left_in_this_interpreter(project_named):
    before, finders = dict(sys.modules), list(sys.meta_path)
    with connector_test_runtime(project=project_named("one")) as runtime:
        importlib.import_module("lib.who")
        runtime.call("GET /who")
        assert "src.lib.who" in sys.modules
    assert {name: module for name, module in sys.modules.items() if before.get(name) is not module} == {}
    assert sys.meta_path == finders


def test_what_stood_under_a_name_of_the_project_is_put_back(project_named, monkeypatch):
    other = object()
    monkeypatch.setitem(sys.modules, "src.lib.who", other)
    assert call(project_named("one"), "GET /who") == ["one", 1]
    assert sys.modules["src.lib.who"] is other


def test_without_that_care_a_test_gets_the_modules_of_another_project(project_named, monkeypatch):
    other = ModuleType("lib.who")
    monkeypatch.setitem(sys.modules, "lib.who", other)
    with connector_test_runtime(project=project_named("one")):
        assert importlib.import_module("lib.who").NAME == "one"
    monkeypatch.setattr(Modules, "_names", lambda self: set())
    with connector_test_runtime(project=project_named("one")):
        assert importlib.import_module("lib.who") is other


def test_tests_and_hidden_folders_are_no_part_of_the_project(project):
    files = {
        "test/test_x.py": "raise ValueError\n",
        "tests/x.py": "raise ValueError\n",
        ".backfill/sdk/guest_sdk/__init__.py": "raise ValueError\n",
        "venv/pyvenv.cfg": "",
        "venv/lib/x.py": "raise ValueError\n",
        "src/lib/test_x.py": "raise ValueError\n",
        "src/api/setup/test_connection.py": ROUTE,
        "src/lib/who.py": WHO.format(name="one"),
    }
    folder = project(files)
    assert Modules(folder).files == [
        "backfill.config.py",
        "src/api/setup/test_connection.py",
        "src/api/sync/customers.py",
        "src/lib/who.py",
    ]
    assert call(folder, "GET /setup/test_connection") == ["one", 1]
