"""Imports find the project's own modules as in Python, and what they may not find they explain."""

from __future__ import annotations

import pytest

STRIPE = "base = 'https://stripe'\n_private = 1\ndef get(): return base\n"


@pytest.mark.parametrize(
    "code",
    [
        "from lib.stripe import get\nr = get()",
        "import lib.stripe\nr = lib.stripe.get()",
        "import lib.stripe as s\nr = s.get()",
        "from lib import stripe\nr = stripe.base",
        "from lib import stripe as s\nr = s.get()",
        "from src.lib.stripe import base as r",
        "import src.lib.stripe\nr = src.lib.stripe.base",
        "from ...lib.stripe import get\nr = get()",
        "from ...lib import stripe\nr = stripe.get()",
        "from lib.stripe import _private, base\nr = base if _private == 1 else 0",
        "def later():\n    from lib.stripe import get\n    return get()\nr = later()",
    ],
)
def test_every_form_of_import_finds_a_module_of_the_project(code, language):
    answer = language.run({"src/api/sync/customers.py": code, "src/lib/stripe.py": STRIPE})
    assert (answer.error, answer.result) == (None, "https://stripe"), answer.message


def test_the_project_s_folder_is_a_root_as_well(language):
    files = {"src/x.py": "from lib.stripe import base as r", "lib/stripe.py": STRIPE}
    assert language.run(files).result == "https://stripe"


def test_what_is_in_src_comes_first(language):
    files = {"src/x.py": "from lib.a import r", "src/lib/a.py": "r = 'src'", "lib/a.py": "r = 'folder'"}
    assert language.run(files).result == "src"


def test_a_module_that_only_the_second_root_has_is_found_there(language):
    files = {"src/x.py": "from lib.b import r", "src/lib/a.py": "", "lib/b.py": "r = 'folder'"}
    assert language.run(files).result == "folder"


def test_a_module_is_executed_once_whatever_it_is_called(language):
    files = {
        "src/x.py": "from lib.a import seen\nimport src.lib.a, lib.a\nfrom .lib import a\n"
        "r = [len(seen), a is lib.a, src.lib.a is a]",
        "src/lib/a.py": "seen = []\nseen.append(1)\nprint('executed')",
    }  # fmt: skip
    answer = language.run(files)
    assert (answer.printed, answer.result) == ("executed\n", [1, True, True])


def test_a_package_has_its_own_names_and_its_modules(language):
    files = {
        "src/x.py": "import lib\nfrom lib import helper, answer\nfrom lib.deep import er\n"
        "r = [lib.answer, answer, helper.x, er.y, lib.late]",
        "src/lib/__init__.py": "from .helper import x\nfrom . import late as late_module\n"
        "answer = x + 1\nlate = late_module.z",
        "src/lib/helper.py": "x = 41",
        "src/lib/late.py": "z = 'z'",
        "src/lib/deep/er.py": "from ..helper import x\nfrom ... import sibling\ny = x + sibling.v",
        "src/sibling.py": "v = 1",
    }  # fmt: skip
    assert language.run(files).result == [42, 42, 41, 42, "z"]


def test_modules_that_import_each_other_work_as_in_python(language):
    files = {
        "src/x.py": "from a import one\nr = one()",
        "src/a.py": "import b\ndef one(): return b.two() + 1\nvalue = 1",
        "src/b.py": "import a\ndef two(): return a.value + 1",
    }
    assert language.run(files).result == 3


def test_a_name_that_a_cycle_has_not_made_yet_is_explained(language):
    files = {
        "src/x.py": "import a",
        "src/a.py": "from b import y\nx = 1",
        "src/b.py": "from a import x\ny = 1",
    }
    answer = language.run(files)
    assert answer.error == "ImportError"
    assert answer.message == (
        'src/a.py has no "x" yet: it is still being loaded, and imports this module itself; '
        "import it in the function that uses it"
    )


def test_others_see_what_a_module_rebinds(language):
    files = {
        "src/x.py": "import state\nstate.up()\nstate.up()\nr = [state.n, getattr(state, 'n')]",
        "src/state.py": "n = 0\ndef up():\n    global n\n    n += 1",
    }
    assert language.run(files).result == [2, 2]


@pytest.mark.parametrize("change", ["state.n = 5", "del state.n", "setattr(state, 'n', 5)", "state.n += 1"])
def test_a_module_is_not_set_from_outside(change, language):
    answer = language.run({"src/x.py": f"import state\n{change}", "src/state.py": "n = 0"})
    assert answer.error == "AttributeError"
    assert "of <module src.state> may not be" in answer.message


@pytest.mark.parametrize("name", ["__builtins__", "__dict__", "__place__", "__name__", "__loader__"])
def test_a_module_s_workings_are_not_seen_from_outside(name, language):
    answer = language.run(
        {"src/x.py": f"import state\nr = getattr(state, {name!r}, 'nothing')", "src/state.py": ""}
    )
    assert (answer.error, answer.result) == (None, "nothing")


def test_a_module_that_raises_does_so_for_each_that_imports_it(language):
    files = {"src/x.py": "r = []\nfor _ in range(2):\n    try:\n        import bad\n"
        "    except ValueError as e:\n        r.append(str(e))",
             "src/bad.py": "print('tried')\nraise ValueError('bad')"}  # fmt: skip
    answer = language.run(files)
    assert (answer.printed, answer.result) == ("tried\ntried\n", ["bad", "bad"])


def test_a_module_with_hyphens_is_loaded_and_not_imported(language):
    assert (
        language.run({"src/hooks/invoice/before-save.py": "r = __name__"}).result
        == "src.hooks.invoice.before-save"
    )


def test_a_refused_module_names_its_own_file(language):
    answer = language.run({"src/x.py": "import lib.a", "src/lib/a.py": "\nx = ().__class__\nexec('1')"})
    assert answer.error == "RefusedCode"
    assert answer.message == (
        'src/lib/a.py:2: "__class__" may not be used; use type(x), or x.__class__.__name__ for its name\n'
        'src/lib/a.py:3: "exec" may not be used; code is what was reviewed; call a function'
    )


WRONG = {
    "import requests": 'use Http: Http.get("https://…"), for hosts in permissions.http',
    "import urllib.request": "No module named 'urllib.request' here; use Http",
    "from urllib import request": "No module named 'urllib.request' here; use Http",
    "import os.path": "No module named 'os.path' here; use Settings.get",
    "from os import environ": "No module named 'os' here; use Settings.get",
    "import socket": "No module named 'socket' here; use Http",
    "import subprocess": "No module named 'subprocess' here; use a job in src/jobs",
    "import threading": "No module named 'threading' here; use a job in src/jobs",
    "import asyncio": "No module named 'asyncio' here; handlers are plain functions",
    "import logging": "No module named 'logging' here; use Log.info",
    "import pathlib": "No module named 'pathlib' here; no files here; use Entity or Settings",
    "import pickle": "No module named 'pickle' here; use json",
    "import sys": "No module named 'sys' here; a module has no process",
    "import numpy": "No module named 'numpy' here. There are abc, base64, ",
    "import xml.etree.ElementTree": "and the project's own, as in src/xml/etree/ElementTree.py",
    "import json.decoder": "No module named 'json.decoder' here",
    "from json import load": 'json has no "load"; it has JSONDecodeError, JSONDecoder, JSONEncoder, dumps, loads',
    "import lib.strpe": "No module named 'lib.strpe': there is no src/lib/strpe.py; src/lib has stripe",
    "from lib.stripe import nothing": 'src.lib.stripe has no "nothing"; it has base, get',
    "from .nothing import x": "No module named '.nothing': there is no src/nothing.py; src has types, x",
    "from ....x import y": '"....x" leads out of the project',
    "from types import y": '"src/types.py" has the name of a module of Python, types; give it another',
    "from guest_sdk import Htp": 'guest_sdk has no "Htp"',
    "import guest_sdk.http": "No module named 'guest_sdk.http'; import from guest_sdk itself",
}


@pytest.mark.parametrize("statement", WRONG)
def test_an_import_that_fails_says_what_there_is(statement, language):
    answer = language.run({"src/x.py": statement, "src/lib/stripe.py": STRIPE, "src/types.py": "y = 1"})
    assert answer.error in {"ModuleNotFoundError", "ImportError"}
    assert WRONG[statement] in answer.message


def test_a_folder_may_not_take_the_place_of_a_module_of_python(language):
    answer = language.run({"os/path.py": "r = 1"})
    assert answer.error == "ImportError"
    assert '"os/" has the name of a module of Python' in answer.message


@pytest.mark.parametrize("name", ["__builtins__", "_getattr_", "__name__", "__place__"])
def test_a_file_may_not_take_the_place_of_a_guard(name, language):
    files = {f"src/lib/{name}.py": "", "src/lib/__init__.py": ""}
    answer = language.run(files)
    assert answer.error == "ImportError"
    assert f'"src/lib/{name}.py": "{name}" may not be used' in answer.message


def test_an_import_may_be_tried(language):
    assert language.run("try:\n    import numpy\nexcept ImportError:\n    r = 'without'").result == "without"


def test_the_sdk_is_there_by_its_public_names(language):
    answer = language.run(
        "import guest_sdk\nfrom guest_sdk import Http, PermissionDenied\n"
        "r = [guest_sdk.Http is Http, PermissionDenied.__name__]"
    )
    assert (answer.error, answer.result) == (None, [True, "PermissionDenied"])


def test_facts_are_told_of_a_module_that_does_not_load(language):
    answer = language.run({"src/x.py": "import json\nu = 'https://a.b'\n"}, facts=True)
    assert answer.error is None
    assert [one["name"] for one in answer.result["imports"]] == ["json"]
