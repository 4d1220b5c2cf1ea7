"""A refusal names the file, the line, the rule and the way out, and a module is told all of them at once."""

from __future__ import annotations

import pytest

PLAIN = "handlers are plain functions, and a call to the host returns its answer: write it without"

REFUSALS = {
    "async def POST(r): pass": f'x.py:1: {PLAIN} "async"',
    "def f():\n    await g()": f'x.py:2: {PLAIN} "await"',
    "from json import *": 'x.py:1: "import *" is not supported; name what you import',
    "class A(metaclass=M): pass": 'x.py:1: "metaclass" may not be used; use a class decorator',
    "def f[T](x: T): pass": 'x.py:1: type parameters in [] are not supported; write T = TypeVar("T"), from typing',
    "type X = int": 'x.py:1: the "type" statement is not supported; write X = ...',
    "try: pass\nexcept* E: pass": 'x.py:1: "except*" is not supported; use "except"',
    "x = y.__dict__": 'x.py:1: "__dict__" may not be used; keep the values in a dict, or use dataclasses.asdict',
    "x = g.gi_frame": 'x.py:1: "gi_frame" may not be used: it leads to frames and code',
    "def __init__(self): pass": 'x.py:1: "__init__" may only be defined in a class',
    "class A:\n    __slots__ = ()": 'x.py:2: "__slots__" may not be used; leave it out, or use @dataclass(slots=True)',
    "x__roles__ = 1": 'x.py:1: "x__roles__" may not be used: names that end in "__" are reserved',
    "_getattr_ = 1": 'x.py:1: "_getattr_" may not be used: names of the form "_x_" are reserved',
    "x = '{0.name}'.format(y)":
    'x.py:1: "{0.name}" reads the attribute "name": use an f-string, or pass the value itself',
    "globals()": 'x.py:1: "globals" may not be used; use the names themselves, or a dict of your own',
    "x = = 1": "x.py:1: invalid syntax",
    "def f(:\n  pass": "x.py:1: invalid syntax",
    "if x:\npass": "x.py:2: expected an indented block after 'if' statement on line 1",
    "return 1": "x.py:1: 'return' outside function",
    "x = 'a\\0b'\0": "x.py:1: source code string cannot contain null bytes",
}  # fmt: skip


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_says_where_and_what_instead(code, language):
    answer = language.run({"x.py": code})
    assert (answer.error, answer.message) == ("RefusedCode", REFUSALS[code])


def test_all_that_is_wrong_is_said_at_once_in_order(language):
    code = "b = 1\nasync def f(): pass\nb.__class__\nclass A:\n"
    code += "    def __del__(self):\n        return exec('1')\n_x_ = eval"
    answer = language.run({"src/api/x.py": code})
    lines = answer.message.splitlines()
    assert [line.split(" ")[0] for line in lines] == [f"src/api/x.py:{n}:" for n in (2, 3, 5, 6, 7, 7)]


@pytest.mark.parametrize(
    ("code", "message"),
    {
        "open('x')": "open: no files here; use Entity or Settings",
        "input()": "input: nobody types here; use the request, or Settings",
        "import time\ntime.sleep(1)": "time.sleep: a run is not paused; use a job in src/jobs with a schedule; "
        "nothing runs on after a handler has answered",
    }.items(),
)
def test_a_function_that_cannot_be_says_what_instead(code, message, language):
    answer = language.run(code)
    assert (answer.error, answer.message) == ("NotImplementedError", message)


@pytest.mark.parametrize(
    "name", ["exec", "eval", "compile", "globals", "locals", "vars", "dir", "help", "exit"]
)
def test_a_name_of_a_missing_builtin_is_free_for_the_author(name, language):
    assert language.run(f"def f({name}):\n    return {name}\nr = f(1)").result == 1
    assert language.run(f"class A:\n    def {name}(self): return 2\nr = A().{name}()").result == 2


def test_a_warning_of_the_library_is_no_trap(language):
    code = "import datetime, re\nr = [datetime.datetime.utcnow().year > 2000, '\\d', bool(~True)]"
    answer = language.run(code)
    assert answer.error is None, answer.message


def test_print_takes_what_print_takes(language):
    code = "import io\nprint('a', 1, None, sep='-')\nprint()\nprint('x', end='')\n"
    code += "s = io.StringIO()\nprint(1, file=s, flush=True)\nr = s.getvalue()"
    answer = language.run(code)
    assert (answer.printed, answer.result) == ("a-1-None\n\nx\n", "1\n")
