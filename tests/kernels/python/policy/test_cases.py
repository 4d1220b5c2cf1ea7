"""The public rows of escapes and exhaustion, each judged by what it reached: nothing outside its instance, a typed end, and
a next run that knows nothing of it."""

from __future__ import annotations

from typing import Any

import pytest

SURROUNDINGS = """
import json as js
import random
import re as rex
import string
from guest_sdk import Http as host
host_fn = host.get
fmt = string.Template("x")
"""
"""What the rows take from around them: an object and a function of the host's, and modules."""

ALLOWED = {
    "PY-048": "nonlocal is everyday Python, and binds a name of the author's own",
    "PY-082": "the generator is the instance's own, and the next run has another",
}
"""Rows that the file expects to be refused, and why they are not."""

LIMITS = {"CpuLimit", "WallLimit", "MemoryLimit", "StackLimit", "CallLimit", "GuestBroke"}
PYTHON_ERRORS = {"MemoryError", "OverflowError", "RecursionError", "SystemExit", "ValueError", "RefusedCode"}

AFTERWARDS = """
import random, json
from guest_sdk import Http
r = [random.random() != 0.8444218515250481, json.loads("[1]"), type(Http).__name__, hasattr(Http, "visible")]
"""


def rows_of(cases: list[dict[str, str]], prefix: str) -> list[dict[str, str]]:
    rows = [row for row in cases if row["id"].startswith("PY-DOS") == (prefix == "PY-DOS")]
    assert len(rows) > 10
    return rows


@pytest.fixture
def next_run(language):
    """What the run after it answers."""
    yield
    assert language.run(AFTERWARDS).result == [True, [1], "HttpApi", False]


def test_what_shall_be_refused_is_refused(cases, language, next_run):
    went_through: dict[str, Any] = {}
    for row in rows_of(cases, "PY"):
        answer = language.run(SURROUNDINGS + row["code"])
        assert answer.asked == [] or answer.error is None, row["id"]
        if row["expect"].startswith("DENY") and row["id"] not in ALLOWED and answer.error is None:
            went_through[row["id"]] = answer.result
    assert went_through == {}


def test_what_is_allowed_works_or_says_why_not(cases, language, next_run):
    for row in rows_of(cases, "PY"):
        if row["expect"].startswith("ALLOW") or row["id"] in ALLOWED:
            answer = language.run(SURROUNDINGS + row["code"])
            # A function of the host's is no hook, and there is no invocation while a module is loaded.
            refused = {"PY-086": "NotAvailable", "PY-096": "NotAvailable", "PY-094": "NameError", "PY-078": None}
            assert answer.error == refused.get(row["id"]), f"{row['id']} {answer.error}: {answer.message}"


def test_exhaustion_ends_in_a_typed_error(cases, language, next_run):
    for row in rows_of(cases, "PY-DOS"):
        answer = language.run(row["code"], cpu_ms=200)
        assert answer.error in LIMITS | PYTHON_ERRORS | {None}, f"{row['id']}: {answer.error}"
        assert answer.error or answer.result is not None, row["id"]


NEIGHBOURS = {
    # Dunders, in every way to write or to ask for them.
    "a class by its attribute": "r = ''.__class__",
    "bases": "r = int.__bases__",
    "the way of resolution": "r = int.mro()",
    "the way of resolution by name": "r = getattr(int, 'mro')()",
    "globals of a function": "def f(): pass\nr = f.__globals__",
    "globals of a method": "class A:\n    def f(self): pass\nr = A().f.__func__.__globals__",
    "code": "r = (lambda: 1).__code__",
    "closure": "def f():\n    x = 1\n    return lambda: x\nr = f().__closure__",
    "defaults": "def f(a=1): pass\nf.__defaults__ = (2,)",
    "builtins": "r = __builtins__",
    "the importer": "r = __import__('os')",
    "the loader": "r = __loader__",
    "the module's specification": "r = __spec__",
    "the maker of classes": "r = __build_class__",
    "the dict of an object": "class A: pass\nr = A().__dict__",
    "the module of a class": "class A: pass\nr = A.__module__",
    "what wraps rewrote": "import functools\n@functools.wraps(len)\ndef f(): pass\nr = f.__wrapped__",
    "the owner of a function": "import math\nr = math.floor.__self__",
    "full-width letters": "r = ''.__ｃlass__",
    "a ligature in a name": "def f(): pass\nr = f.__de\ufb01aults__",
    "mathematical letters": "r = ''.__\U0001d41cl\U0001d41ass__",
    "a name asked for by text": "r = getattr('', '__cl' + 'ass__')",
    "a text that changes its mind": "class S(str):\n    def __eq__(self, o): return False\n    __hash__ = str.__hash__\n"
    "r = getattr('', S('__class__'))",
    "a path of attributes": "import operator\nr = operator.attrgetter('x.__class__')(1)",
    "a method by its name": "import operator\nr = operator.methodcaller('__reduce_ex__', 4)(1)",
    "an attribute that is set": "class A: pass\nA.__eq__ = 1",
    "an attribute that is deleted": "class A: pass\ndel A.__init__",
    "an attribute set by name": "class A: pass\nsetattr(A, '__slots__', 1)",
    "a keyword of a call": "r = dict(__class__=1)",
    "a keyword pattern": "match '':\n    case str(__class__=r): pass",
    "a method as a pattern": "match '{0.__class__}':\n    case str(format=f): r = f(1)",
    "names to match, computed": "class A:\n    __match_args__ = tuple(['__class__'])",
    "names to match, reserved": "class A:\n    __match_args__ = ('__dict__',)",
    "names to match, later": "class A: pass\nA.__match_args__ = ('x',)",
    "names to match, in a loop": "class A:\n    for __match_args__ in [('__dict__',)]: pass",
    "names to match, in a tuple": "class A:\n    __match_args__, x = ('__dict__',), 1",
    "names to match, of an enum": "from enum import Enum\nr = Enum('E', {'__match_args__': ('__dict__',)})",
    "names to match, of pairs": "from enum import Enum\nr = Enum('E', [('a', 1), ('__match_args__', ('__dict__',))])",
    "names to match, of a dict of one's own": "from enum import Enum\nclass D(dict): pass\n"
    "r = Enum('E', D(__init_subclass__=1))",
    # Frames and code.
    "a generator's frame": "def g(): yield\nr = g().gi_frame",
    "a generator's code": "r = (x for x in []).gi_code",
    "a frame by its name": "def g(): yield\nr = getattr(g(), 'gi_frame')",
    "a traceback": "try:\n    1/0\nexcept Exception as e:\n    r = e.__traceback__",
    "a traceback in a with": "class A:\n    def __enter__(self): pass\n"
    "    def __exit__(self, *a):\n        self.f = a[2].tb_frame\nwith A():\n    1/0",
    "a traceback by its name": "class A:\n    def __enter__(self): pass\n"
    "    def __exit__(self, *a):\n        self.f = getattr(a[2], 'tb_frame')\nwith A():\n    1/0",
    "a coroutine": "async def f(): pass",
    "a coroutine's wait": "async def f():\n    await f()",
    "an asynchronous comprehension": "r = [x async for x in []]",
    "an asynchronous generator": "async def f():\n    yield 1",
    # Format strings.
    "a format of a variable": "t = '{0.__class__}'\nr = t.format(1)",
    "a format of a constant": "r = '{0.real}'.format(1)",
    "a nested field": "t = '{0:{1.__class__}}'\nr = t.format(1, 2)",
    "a format of a mapping": "t = '{a.__class__}'\nr = t.format_map({'a': 1})",
    "the method itself": "f = 'x {0.__class__}'.format\nr = f(1)",
    "the method of the class": "r = str.format('{0.__class__}', 1)",
    "the method by its name": "r = getattr('{0.__class__}', 'format')(1)",
    "the method of a subclass": "class S(str): pass\nr = S('{0.__class__}').format(1)",
    "the method of a parent": "class S(str):\n    def go(self): return super().format(1)\nr = S('{0.__class__}').go()",
    "the method under another name": "class S(str):\n    go = str.format\nr = S('{0.__class__}').go(1)",
    "the method through a partial": "import functools\nr = functools.partial(str.format, '{0.__class__}')(1)",
    "the method through operator": "import operator\nr = operator.methodcaller('format', 1)('{0.__class__}')",
    "a formatter": "import string\nr = string.Formatter()",
    "text of the library's own": "import collections\nr = collections.UserString('{0.__class__}').format(1)",
    "an f-string": "r = f'{1 .__class__}'",
    "an f-string in an f-string": "r = f'{1:{2 .__class__}}'",
    "a template string": "r = t'{1 .__class__}'",
    # Classes.
    "a metaclass": "class A(metaclass=type): pass",
    "a metaclass in a dict": "class A(**{'metaclass': type}): pass",
    "a metaclass as a base": "class M(type): pass",
    "a class of three arguments": "r = type('A', (), {'__match_args__': ('__dict__',)})",
    "a class of the type of a class": "r = type(type(1))('A', (), {})",
    "a class of a generic type": "r = type[int]('A', (), {})",
    "a class of typing's type": "import typing\nT = typing.Type[int]\nT._inst = True\nr = T('A', (), {})",
    "a class of an alias's origin": "import typing\nr = typing.get_origin(type[int])('A', (), {})",
    "an enum of a module": "from enum import IntEnum\nr = IntEnum._convert_('E', 'os', lambda n: True)",
    "a member added by name": "from enum import Enum\nclass E(Enum): pass\nE._add_member_('__match_args__', 1)",
    "slots": "class A:\n    __slots__ = ()",
    "a finalizer": "class A:\n    def __del__(self): pass",
    "a subclass hook": "class A:\n    @classmethod\n    def __init_subclass__(cls): pass",
    "a base in disguise": "class A:\n    def __mro_entries__(self, bases): return ()",
    "every attribute": "class A:\n    def __getattribute__(self, n): return 1",
    "every attribute that is set": "class A:\n    def __setattr__(self, n, v): pass",
    "a way to rebuild": "class A:\n    def __reduce__(self): return (len, ())",
    "a state to restore": "class A:\n    def __setstate__(self, s): pass",
    "a class of texts": "import dataclasses\nr = dataclasses.make_dataclass('A', ['__dict__'])",
    "a method in a module": "def __getattr__(name): return 1",
    "type parameters of a class": "class A[T]: pass",
    "type parameters of an alias": "type X = int",
    # Evaluation of texts.
    "hints of a function": "import typing\nr = typing.get_type_hints(len)",
    "a forward reference": "import typing\nr = typing.get_args(typing.Optional['().__class__'])[0].evaluate(globals={})",
    "a forward reference in a field": "import dataclasses\n@dataclasses.dataclass\nclass A:\n    x: Nowhere\n"
    "F = type(dataclasses.fields(A)[0].type)\nr = F('().__class__').evaluate(globals={})",
    "hints that singledispatch reads": "import functools\n@functools.singledispatch\ndef f(x): pass\n"
    "@f.register\ndef g(x: '().__class__'): pass",
    "code": "exec('r = 1')",
    "an expression": "r = eval('1')",
    "a renamed builtin": "e = eval\nr = e('1')",
    "names of the module": "r = globals()",
    "names of an object": "r = vars(1)",
    # Guards, in every place that binds a name.
    **{
        f"a guard's name, {place}": code
        for place, code in {
            "assigned": "_getattr_ = 1",
            "annotated": "_getattr_: int = 1",
            "added to": "_getattr_ += 1",
            "in a walrus": "r = (_getattr_ := 1)",
            "unpacked": "a, (*_getattr_, b) = 1, (2, 3)",
            "in a for": "for _getattr_ in [1]: pass",
            "in a with": "with open('x') as _getattr_: pass",
            "as a class": "class _getattr_: pass",
            "as an argument": "def f(_getattr_): pass",
            "as a positional argument": "def f(_getattr_, /): pass",
            "as all arguments": "def f(*_getattr_): pass",
            "as all keywords": "def f(**_getattr_): pass",
            "as a lambda's argument": "f = lambda *, _getattr_=1: 1",
            "in a dict comprehension": "r = {1: 1 for _getattr_ in []}",
            "in a generator": "r = (1 for x, _getattr_ in [])",
            "imported": "from math import pi as _getattr_",
            "as a module": "import json as _getattr_",
            "captured by a star": "match []:\n    case [*_getattr_]: pass",
            "captured by a rest": "match {}:\n    case {**_getattr_}: pass",
            "captured as": "match 1:\n    case int() as _getattr_: pass",
            "declared global": "def f():\n    global _getattr_",
            "declared nonlocal": "def f():\n    _x = 1\n    def g():\n        nonlocal _getattr_",
            "deleted": "del _getattr_",
            "read": "r = _getattr_",
            "of another guard": "_set_frozen_ = 1",
            "of the builtins": "__builtins__ = {}",
            "of the importer": "def __import__(*a): pass",
        }.items()
    },
    # Modules.
    "a module's module": "import json\nr = json.decoder",
    "a module's module, imported": "from json import decoder",
    "a module's module, by path": "import json.decoder",
    "a module's imports": "import random\nr = random._os",
    "a module's imports, by name": "from random import _os",
    "a module's specification, by name": "import json\nr = getattr(json, '__spec__')",
    "everything of a module": "from json import *",
    "a module that is set": "import json\njson.loads = 1",
    "a module that is set by name": "import json\nsetattr(json, 'loads', 1)",
    "a module that is deleted": "import json\ndel json.loads",
    "a module set as a frozen object": "import json\nobject.__setattr__(json, 'loads', 1)",
    "a module's type that is set": "import json\ntype(json).loads = 1",
    "a copy of a module": "import json, copy\nr = copy.copy(json)",
    "the interpreter": "import sys",
    "a module that is there, and not offered": "import gc",
    "the policy": "import backfill_guest.guards",
    "the SDK's inside": "import guest_sdk._runtime.door",
    "the SDK's inside, from": "from guest_sdk._runtime import door",
    "the SDK's parts": "from guest_sdk.http import ask",
    "the engine's import": "import wit_world",
    "attributes copied by wraps": "import functools, types\ndef f(): pass\nn = types.SimpleNamespace()\n"
    "functools.update_wrapper(n, f, assigned=('__globals__',), updated=())\nr = n",
    # Errors.
    "a group of errors": "r = ExceptionGroup('x', [ValueError()])",
    "a star in except": "try:\n    pass\nexcept* ValueError:\n    pass",
    # Writing to what is everybody's.
    "the SDK set": "from guest_sdk import Entity\nEntity.get = 1",
    "the SDK set by name": "from guest_sdk import Entity\nsetattr(Entity, 'get', 1)",
    "the SDK deleted": "from guest_sdk import Entity\ndel Entity.get",
    "a builtin class set": "int.real = 1",
    "type set": "type.x = 1",
}


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_a_neighbour_is_refused(name, language):
    answer = language.run(NEIGHBOURS[name])
    assert answer.error in {
        "RefusedCode", "AttributeError", "TypeError", "NameError", "ValueError", "ImportError", "ModuleNotFoundError",
        "NotImplementedError",
    }, answer  # fmt: skip
    assert answer.asked == []


@pytest.mark.parametrize(
    ("name", "code"),
    {
        "a loop in a comprehension": "r = [x for x in iter(int, 1)]",
        "a loop that catches everything": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "a regular expression": "import re\nre.match(r'(a+)+$', 'a' * 40 + 'b')",
        "a power of powers": "r = 9 ** 9 ** 9",
        "a factorial": "import math\nr = math.factorial(10 ** 7)",
        "digits of a number": "r = len(str(10 ** 4_000_000))",
        "products": "import itertools\nr = sum(1 for _ in itertools.product(range(1000), repeat=9))",
        "a list of lists": "x = []\nwhile True: x = [x, x, 'y' * 1000]",
        "text that doubles": "x = 'x'\nwhile True: x += x",
        "a dict that grows": "x = {}\nwhile True: x[len(x)] = bytes(1000)",
        "endless recursion": "def f(): return f()\nf()",
        "recursion in repr": "x = []\nfor _ in range(100_000): x = [x]\nr = repr(x)",
        "recursion in json": "import json\nr = json.loads('[' * 100_000)",
        "recursion in comparison": "a, b = [], []\nfor _ in range(100_000): a, b = [a], [b]\nr = a == b",
        "a deep expression": "r = " + "(" * 5000 + ")" * 5000,
        "a deep list": "r = " + "[" * 150 + "]" * 150 + "\nr = " + "-" * 3000 + "1",
        "a long sum": "r = " + "+".join(["1"] * 20_000),
        "many brackets in a format": "t = '{' * 100_000\nr = t.format(1)",
        "a nested format": "t = '{:' * 50_000 + '}' * 50_000\nr = t.format(1)",
        "a wide decimal": "from decimal import Decimal\nr = str(Decimal(10) ** 999_999_999)",
        "an exit": "raise SystemExit",
        "an interrupt": "raise KeyboardInterrupt",
        "an error that cannot be told": "class E(Exception):\n    def __str__(self): raise E()\nraise E()",
        "a generator that never stops": "def g():\n    while True:\n        try:\n            yield 1\n"
        "        except GeneratorExit: pass\nx = g()\nnext(x)\ndel x",
    }.items(),
)  # fmt: skip
def test_a_neighbour_of_exhaustion_ends_typed(name, code, language, next_run):
    answer = language.run(code, cpu_ms=300)
    ends = LIMITS | PYTHON_ERRORS | {"KeyboardInterrupt", "E", "Overflow", None}
    assert answer.error in ends, answer
