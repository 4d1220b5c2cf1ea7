"""What people are shown of a stack: the author's files and lines, nothing of the prelude, the build or the machine."""

from __future__ import annotations

import pytest

LIB = """
import functools
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass

def broken(*_):
    raise ValueError("here")

def by_sort(): return sorted([1], key=broken)
def by_regex(): return re.sub("a", broken, "a")
def by_json(): return json.loads("{}", object_hook=broken)
def by_dump(): return json.dumps(object(), default=broken)
def by_partial(): return functools.partial(broken, 1)()
def by_cache(): return functools.lru_cache(broken)()
def by_reduce(): return functools.reduce(broken, [1, 2])

@dataclass
class Made:
    x: int
    def __post_init__(self): broken()

def by_dataclass(): return Made(1)

@contextmanager
def entered():
    yield broken()

def by_context():
    with entered(): pass

def by_format(): return f"{Shown()}"
class Shown:
    def __str__(self): return broken()

def by_print(): print(Shown())
def by_lambda(): return (lambda: broken())()
def by_comprehension(): return [broken() for _ in "x"]
def by_generator(): return list(broken() for _ in "x")
def by_import():
    import lib.wrong
"""

WAYS = [line.split("(")[0].removeprefix("def ") for line in LIB.splitlines() if line.startswith("def by_")]
SDK = {
    "returned": "class D(dict):\n    def items(self): raise ValueError('here')\nreturn D(a=1)",
    "logged": "class D(dict):\n    def items(self): raise ValueError('here')\nLog.info('x', D(a=1))",
    "refused": "Http.get('https:/' + '/evil.example/')",
    "wrong": "Http.get(1, 2, 3, 4)",
    "printed": "class A:\n    def __str__(self): raise ValueError('here')\nprint(A())",
    "guarded": "return getattr(1, '__class__')",
    "formatted": "return ('{0.' + 'real}').format(1)",
    "imported": "from lib import nothing",
}


@pytest.fixture(scope="module")
def guest(ground):
    files = {
        "src/lib/ways.py": LIB + "def ready(): return LOADED == [1]\nLOADED = []\n",
        "src/lib/wrong.py": "import lib.ways\nif lib.ways.ready(): lib.ways.broken()\n",
    }
    bodies = {name: f"return ways.{name}()" for name in WAYS}
    bodies["by_import"] = "ways.LOADED.append(1)\nreturn ways.by_import()"
    return ground.routes({**bodies, **SDK}, "from lib import ways\nfrom guest_sdk import Http, Log", **files)


@pytest.mark.parametrize("name", [*WAYS, *SDK])
def test_a_stack_names_the_author_s_files_alone(ground, guest, name):
    error = ground.attack(guest, name).error
    assert error.stack, error
    *_, last = lines = error.stack.splitlines()
    for line in lines:
        assert line.startswith(('  File "src/api/', '  File "src/lib/', "caused by ")), error.stack
    assert lines[0].startswith(f'  File "src/api/{name}.py", line ') and lines[0].endswith(
        "in items" if name == "returned" else "in POST"
    )
    if name in WAYS:
        assert last.startswith('  File "src/lib/ways.py", line 9, in broken'), error.stack
