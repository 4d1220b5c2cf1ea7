"""Projects that mean harm before anything is invoked: what they do while they are built is a build error that names a
file, and the build after it is as it was."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox_host.kernels.runtimes import evaluation_limits
from sandbox_host.packages import BuildFailed

RAISING = {
    "error": "x = 1\nraise ValueError('at load')",
    "division": "\n\n1 / 0",
    "exit": "raise SystemExit(0)",
    "interrupt": "raise KeyboardInterrupt",
    "generator_exit": "raise GeneratorExit",
    "base": "class B(BaseException): pass\nraise B('x')",
    "evil_str": "class E(Exception):\n    def __str__(self): raise self\nraise E",
    "forged_syntax": "raise SyntaxError('x', ('/etc/passwd', 3, 1, 'text'))",
    "forged_syntax_of_another": "raise SyntaxError('x', ('src/api/after.py', 3, 1, 'text'))",
    "syntax_without_place": "raise SyntaxError",
    "syntax_of_odd_parts": "e = SyntaxError()\ne.filename, e.lineno, e.msg = ['x'], 'y', {1}\nraise e",
    "syntax_of_its_own": "class S(SyntaxError):\n    problems = 5\nraise S('x')",
    "syntax_that_raises": "class S(SyntaxError):\n    @property\n"
    "    def problems(self): raise SystemExit\nraise S('x')",
    "memory": "raise MemoryError",
    "recursion": "def f(): return f()\nf()",
    "host_call": "from guest_sdk import Http\nHttp.get('https://api.acme.example/x')",
    "caught_host_call": "from guest_sdk import Secrets\ntry: Secrets.get('api_key')\n"
    "except Exception: pass\nraise ValueError",
    "chain": "e = None\nfor i in range(1000):\n    n = ValueError(i)\n"
    "    n.__cause__ if False else None\n    e = n\nraise e",
    "assertion": "assert False, 'said'",
    "long": "raise ValueError('x' * 10 ** 6)",
    "terminal": "raise ValueError('\\x1b[2J\\r\\nsrc/api/after.py:1: forged\\u2028')",
}  # fmt: skip

COMPILED = {
    "syntax": ("def f(:\n    pass", 1),
    "indentation": ("x = 1\n  y = 2", 2),
    "tab": ("if 1:\n\tx = 1\n        y = 2", 3),
    "unclosed": ("x = (1,\n\n\n", 1),
    "text": ("x = 'open\ny = 1", 1),
    "zero": ("x = 1\0", None),
    "number": ("x = " + "9" * 10_000, 1),
    "control": ("x = 1\n\x07\n", 2),
    "cookie": ("# -*- coding: rot13 -*-\nimport bf", None),
    "bidirectional": ("x = '\u202e'  # \u2066\nexec('1')", 2),
    "brackets": ("x = " + "(" * 500 + ")" * 500, 1),
    "brackets_below": ("x = " + "(" * 190 + "1" + ")" * 190, 1),
    "unary": ("x = " + "-" * 20_000 + "1", 1),
    "powers": ("x = " + "2 ** " * 10_000 + "2", 1),
    "lambdas": ("x = " + "lambda: " * 10_000 + "2", 1),
    "blocks": ("".join(" " * n + "if 1:\n" for n in range(150)) + " " * 150 + "pass", None),
    "loops": ("".join(" " * n + "for x in y:\n" for n in range(25)) + " " * 25 + "pass", None),
    "braces": ("x = f'" + "{f\"" * 300, None),
    "nonlocal": ("nonlocal x", 1),
    "return": ("return 1", 1),
    "star": ("def f():\n    from os import *", None),
    "walrus": ("[x := 1 for x in [1]]", 1),
    "debug": ("__debug__ = 1", 1),
    "many_arguments": ("def f(" + ", ".join("a" for _ in range(2)) + "): pass", 1),
    "surrogate": ("x = 1\n" + "é\ud800", None),
}  # fmt: skip

ENDLESS = {
    "loop": ("while True: pass", "CpuLimit"),
    "caught_loop": ("while True:\n    try:\n        while True: pass\n    except BaseException: pass", "CpuLimit"),
    "hog": ("x = []\nwhile True: x.append('x' * 10 ** 6)", "MemoryLimit"),
    "deep": ("x = ()\nfor _ in range(10 ** 5): x = (x,)\nx = None", "StackLimit"),
    "deep_sum": ("x = a" + " + a" * 5000, "StackLimit"),
}  # fmt: skip

SHADOWS = {
    "src/guest_sdk.py": "from guest_sdk import Http",
    "guest_sdk.py": None,
    "lib/guest_sdk.py": None,
    "src/json.py": "import json",
    "src/re.py": "import re",
    "src/os.py": "import os",
    "src/sys/__init__.py": "import sys",
    "src/builtins.py": "import builtins",
    "src/typing.py": "from typing import Any",
    "src/wit_world.py": "import wit_world",
    "src/backfill_guest/main.py": "from backfill_guest import main",
    "src/guest_sdk/_runtime/door.py": "from guest_sdk._runtime import door",
}  # fmt: skip
"""Modules with the names of others, and what then imports them."""


@pytest.fixture
def hurried(monkeypatch):
    """An evaluation gets less CPU time than it does, so that an endless one ends sooner."""

    def limits(runtime, limits):
        return replace(evaluation_limits(runtime, limits), cpu_ms=500)

    monkeypatch.setattr("sandbox_host.workers.snapshots.evaluation_limits", limits)


def failures(ground, files):
    with pytest.raises(BuildFailed) as failed:
        ground.package(files)
    assert str(failed.value).isprintable() or "\n" in str(failed.value)
    ours = re.escape(str(Path(__file__).parents[3]))
    assert not re.search(rf"{ours}|/tmp/|/home/|site-packages|backfill_guest\.|<guest_sdk", str(failed.value))
    assert "\x1b" not in str(failed.value) and "\u2028" not in str(failed.value)
    return failed.value.problems


def works(ground):
    guest = ground.routes({"fine": "return 'fine'"})
    assert ground.attack(guest, "fine").response.body == "fine"


def test_what_modules_raise_is_told_for_each_of_them(ground):
    files = {f"src/api/{name}.py": f"{source}\ndef POST(request): pass\n" for name, source in RAISING.items()}
    problems = failures(ground, files)
    assert {one.file for one in problems} == files.keys()
    for one in problems:
        assert len(one.message) < 10_000, one.file
        assert one.line is None or 1 <= one.line <= len(files[one.file].splitlines()), one
    works(ground)


def test_without_looking_at_its_type_an_author_s_syntax_error_would_hide_the_others(grounds, without):
    """The guard, removed: what such an error says of its places is believed, and breaks who reads it."""
    hole = grounds(without("described", "type(thrown) is RefusedCode", "isinstance(thrown, SyntaxError)"))
    files = {f"src/api/{name}.py": RAISING[name] for name in ("syntax_of_its_own", "error")}
    assert {one.file for one in failures(hole, files)} == {"src/api/syntax_of_its_own.py"}


def test_a_refusal_that_was_changed_on_its_way_is_still_a_build_error(ground):
    files = {
        "src/lib/bad.py": "exec('1')",
        "src/api/run.py": "try: from lib import bad\nexcept SyntaxError as e:\n    e.problems = 5\n    raise\n",
    }
    assert {one.file for one in failures(ground, files)} & files.keys()


def test_what_cannot_be_compiled_is_told_with_its_line(ground):
    files = {f"src/api/{name}.py": source for name, (source, _) in COMPILED.items()}
    problems = failures(ground, {name: one.encode("utf-8", "surrogatepass") for name, one in files.items()})
    lines = {one.file: one.line for one in reversed(problems)}
    for name, (_, line) in COMPILED.items():
        assert f"src/api/{name}.py" in lines, name
        if line is not None:
            assert lines[f"src/api/{name}.py"] == line, (name, lines[f"src/api/{name}.py"])
    works(ground)


@pytest.mark.parametrize("name", ENDLESS)
def test_a_module_that_never_ends_is_named(ground, hurried, name):
    source, limit = ENDLESS[name]
    problems = failures(ground, {"src/api/bad.py": source, "src/api/good.py": "def POST(request): pass\n"})
    [problem] = [one for one in problems if one.file == "src/api/bad.py"]
    assert limit in problem.message or SAID[limit] in problem.message, problem


SAID = {"CpuLimit": "CPU", "MemoryLimit": "memory", "StackLimit": "stack"}


@pytest.mark.parametrize("file", SHADOWS)
def test_a_module_with_the_name_of_another_is_refused_or_takes_nobodys_place(ground, file):
    source = "x = 'mine'\nHttp = Any = main = door = loads = x\n"
    user = f"{SHADOWS[file] or 'from guest_sdk import Http'}\ndef POST(request): return type(Http).__name__\n"
    user = "from guest_sdk import Http, Log\n" + user if "from guest_sdk import Http" not in user else user
    try:
        package = ground.package({file: source, "src/api/run.py": user})
    except BuildFailed as failed:
        assert {one.file for one in failed.problems} <= {file, "src/api/run.py"}
    else:
        assert ground.guest(package)("run").response.body == "HttpApi"
    works(ground)


EXPORTS = {
    "raising_items": "class D(dict):\n    def items(self): raise SystemExit\nconfig = D(auth='api_key')",
    "endless_items": "class D(dict):\n    def items(self):\n        while True: yield 'a', 1\n"
    "config = D(auth='api_key')",
    "lying_class": "class A:\n    def __eq__(self, o): raise KeyboardInterrupt\n"
    "    def __bool__(self): raise SystemExit\n"
    "    def __hash__(self): raise SystemExit\n    def __repr__(self): raise SystemExit\nconfig = A()",
    "method_that_is_none": "class P:\n    def __call__(self): pass\nGET = P()\nPUT = 5",
    "cycle": "config = {}\nconfig['a'] = config",
    "deep": "config = {}\nfor _ in range(10 ** 4): config = {'a': config}",
    "not_json": "config = {'auth': {1, 2}}",
    "half_a_pair": "config = {'auth': '\\ud800'}",
    "huge": "config = {'auth': 'x' * 7 * 2 ** 20}",
    "many": "".join(f"name_{n} = {n}\n" for n in range(3000)),
    "evil_name": "globals = 1\n_x = 2\nPOST_ = lambda r: 1",
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_what_a_module_exports_cannot_break_its_description(ground, hurried, name):
    files = {
        "src/api/bad.py": f"{EXPORTS[name]}\ndef POST(request): return 1\n",
        "src/api/worse.py": "raise ValueError",
    }
    problems = failures(ground, files)
    assert {one.file for one in problems} - {"src/api/worse.py"} <= {"src/api/bad.py"}, problems


def test_two_thousand_modules_are_built_in_time(ground):
    files = {f"src/lib/m{n}.py": f"from lib.m{n + 1} import value\n" for n in range(20)} | {
        "src/lib/m20.py": "value = 7\n"
    }
    files |= {f"src/lib/n{n}.py": f"value = {n}\n" for n in range(2000)}
    files["src/api/run.py"] = "from lib.m0 import value\ndef POST(request): return value\n"
    assert ground.guest(ground.package(files))("run").response.body == 7


def test_modules_that_import_each_other_are_built_or_told_apart(ground):
    fine = {
        "src/lib/a.py": "import lib.b\ndef one(): return lib.b.two() + 1\n",
        "src/lib/b.py": "import lib.a\ndef two(): return 2\n",
        "src/api/run.py": "from lib.a import one\ndef POST(request): return one()\n",
    }
    assert ground.guest(ground.package(fine))("run").response.body == 3
    broken = {
        **fine,
        "src/lib/a.py": "from lib.b import two\none = 1\n",
        "src/lib/b.py": "from lib.a import one\ntwo = 2\n",
    }
    [problem] = failures(ground, broken)
    assert "still being loaded" in problem.message and problem.line == 1


def test_a_long_way_of_imports_ends_typed(ground):
    files = {f"src/lib/m{n}.py": f"from lib.m{n + 1} import value\n" for n in range(1000)} | {
        "src/lib/m1000.py": "value = 7\n"
    }
    files["src/api/run.py"] = "from lib.m0 import value\ndef POST(request): return value\n"
    problems = failures(ground, files)
    assert problems and all(one.file.startswith("src/") for one in problems), problems
