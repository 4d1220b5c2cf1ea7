"""Guests that use up time, memory, stack, calls or room: each is ended by its own name, alone, and keeps nothing."""

from __future__ import annotations

import pytest

from sandbox_host.kernels.instance import OVERSHOOT_BYTES

CPU = {
    "loop": "while True: pass",
    "caught": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "finally": "try:\n    while True: pass\nfinally:\n    while True: pass",
    "bare_except": "while True:\n    try: 1 / 0\n    except: continue",
    "generator": "return sum(1 for _ in iter(int, 1))",
    "deaf_generator": "def g():\n    while True:\n        try: yield\n        except BaseException: pass\n"
    "one = g()\nnext(one)\nwhile True:\n    try: one.close()\n    except RuntimeError: pass",
    "with_block": "class C:\n    def __enter__(self): pass\n    def __exit__(self, *a):\n"
    "        while True: pass\nwith C(): pass",
    "regex": "import re\nre.match(r'(a+)+$', 'a' * 40 + 'b')",
    "regex_sub": "import re\nre.sub(r'(x*)*y', '', 'x' * 40)",
    "power": "return 3 ** 10 ** 8",
    "factorial": "import math\nreturn math.factorial(10 ** 7)",
    "pow_mod": "return pow(3, 10 ** 60000, 10 ** 5000 + 1) and 1",
    "sort_key": "return sorted(range(10 ** 4), key=lambda x: [0 for _ in iter(int, 1)])",
    "sort_order": "class A:\n    def __lt__(self, other):\n        while True: pass\nreturn sorted([A(), A()])",
    "hash_flood": "class A:\n    def __hash__(self): return 1\nreturn len({A(): 1 for _ in iter(int, 1)})",
    "int_hash_flood": "m = 2 ** 61 - 1\nwhile True: len({i * m for i in range(10 ** 5)})",
    "equality": "class A:\n    def __eq__(self, other):\n        while True: pass\nreturn A() in [1]",
    "truth": "class A:\n    def __bool__(self):\n        while True: pass\nreturn 1 if A() else 0",
    "sum_of_range": "return sum(range(10 ** 12))",
    "float_in_range": "return 0.5 in range(10 ** 12)",
    "products": "import itertools\nreturn sum(1 for _ in itertools.product(range(1000), repeat=9))",
    "endless_deque": "import itertools, collections\nreturn collections.deque(itertools.count(), 1)",
    "decimal": "import decimal\ndecimal.getcontext().prec = 10 ** 6\nreturn decimal.Decimal(2).sqrt().exp()",
    "fraction": "from fractions import Fraction\nx = Fraction(1, 3)\nwhile True: x = x * x + 1",
    "split": "x = 'a,' * 10 ** 5\nwhile True: x.split(',')",
    "hashing": "import hashlib\nh = hashlib.sha256()\nwhile True: h.update(b'x' * 10 ** 5)",
    "copies": "import copy\nx = [[1] * 10] * 10 ** 5\nwhile True: copy.deepcopy(x)",
    "answering": "class D(dict):\n    def items(self):\n        while True: yield 'k', 1\nreturn D(a=1)",
    "answering_values": "class L(list):\n    def __iter__(self):\n        while True: yield None\nreturn L([1])",
    "answering_text": "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E()",
    "answering_repr": "class A:\n    def __repr__(self):\n        while True: pass\nraise ValueError(A())",
    "caught_host_errors": "while True:\n    try: Http.get(1)\n    except Exception: pass",
}  # fmt: skip

MEMORY = {
    "texts": "x = []\nwhile True: x.append('x' * 10 ** 6)",
    "texts_caught": "x = []\nwhile True:\n    try: x.append('x' * 10 ** 6)\n    except MemoryError: pass",
    "lists": "x = []\nwhile True: x = [x] * 1000",
    "doubling": "x = 'x'\nwhile True: x += x",
    "shifted": "x = 1\nwhile True: x <<= 10 ** 7",
    "dict": "x = {}\nwhile True: x[len(x)] = bytes(1000)",
    "times": "return len('x' * 10 ** 9)",
    "list_times": "return len([0] * 10 ** 9)",
    "bytearray": "return len(bytearray(2 * 10 ** 9))",
    "format_width": "return len(f'{1:{10 ** 9}}')",
    "percent_width": "return len('%1000000000d' % 1)",
    "zfill": "return len('1'.zfill(10 ** 9))",
    "join": "return len('x'.join(['y' * 10 ** 4] * 10 ** 6))",
    "encode": "return len(('x' * 10 ** 7).encode('utf-32') * 100)",
    "replace": "return len(('a' * 10 ** 4).replace('a', 'b' * 10 ** 5))",
    "list_of_range": "return len(list(range(10 ** 9)))",
    "permutations": "import itertools\nreturn len(list(itertools.permutations(range(12))))",
    "closures": "x = None\nwhile True: x = (lambda y: lambda: y)(x)",
    "exceptions": "x = None\nwhile True:\n    e = ValueError(x)\n    x = e",
    "raised_by_hand": "raise MemoryError('out of memory')",
}  # fmt: skip

HUGE = {
    "times_more": "return 'x' * 10 ** 10",
    "format_more": "return f'{1:{10 ** 10}}'",
    "precision": "return f'{1.5:.{10 ** 10}f}'",
    "digits": "return int('9' * 10 ** 6)",
    "to_digits": "return str(1 << 10 ** 6)",
    "decimal_width": "from decimal import Decimal\nreturn str(Decimal(10) ** 999_999_999)",
    "range_of_list": "return [0] * 10 ** 12",
    "struct": "return b'x' * 2 ** 40",
}

DEEP = {
    "recursion": "def f(): return f()\nreturn f()",
    "recursion_caught": "def f():\n    try: return f()\n    except RecursionError: return f()\nreturn f()",
    "mutual": "def f(x): return g(x + 1)\ndef g(x): return f(x + 1)\nreturn f(0)",
    "in_str": "class A:\n    def __str__(self): return str(self)\nreturn str(A())",
    "in_repr": "class A:\n    def __repr__(self): return repr(self)\nreturn repr(A())",
    "in_eq": "class A:\n    def __eq__(self, other): return self == other\nreturn A() == 1",
    "in_hash": "class A:\n    def __hash__(self): return hash(self)\nreturn hash(A())",
    "in_getattr": "class A:\n    def __getattr__(self, name): return getattr(self, name + 'x')\nreturn A().x",
    "in_iter": "class A:\n    def __iter__(self): return iter(self)\nreturn list(A())",
    "in_call": "class A:\n    def __call__(self): return self()\nreturn A()()",
    "in_format": "class A:\n    def __format__(self, spec): return f'{self:x}'\nreturn f'{A()}'",
    "in_bool": "class A:\n    def __bool__(self): return bool(self)\nreturn bool(A())",
    "in_less": "class A:\n    def __lt__(self, other): return self < other\nreturn sorted([A(), A()])",
    "in_property": "class A:\n    @property\n    def x(self): return self.x\nreturn A().x",
    "json_text": "import json\nreturn json.loads('[' * 10 ** 5 + ']' * 10 ** 5)",
    "json_value": "import json\nx = []\nfor _ in range(10 ** 5): x = [x]\nreturn json.dumps(x)",
    "repr_value": "x = []\nfor _ in range(10 ** 5): x = [x]\nreturn repr(x)",
    "compared": "a, b = [], []\nfor _ in range(10 ** 5): a, b = [a], [b]\nreturn a == b",
    "hashed": "x = ()\nfor _ in range(10 ** 5): x = (x,)\nreturn hash(x)",
    "copied": "import copy\nx = []\nfor _ in range(10 ** 5): x = [x]\nreturn copy.deepcopy(x)",
    "chained_iterators": "x = iter([1])\nfor _ in range(10 ** 5): x = map(lambda y: y, x)\nreturn list(x)",
    "regex_groups": "import re\nreturn re.compile('(' * 5000 + ')' * 5000).pattern",
    "nested_format": "t = '{:' * 50_000 + '}' * 50_000\nreturn t.format(1)",
    "freed": "x = None\nfor _ in range(10 ** 5): x = (x,)\nx = None\nraise ValueError('freed')",
    "partials": "import functools\nf = len\n"
    "for _ in range(10 ** 5): f = functools.partial(lambda g, *a: g(*a), f)\nreturn f('x')",
    "bases": "x = int\nfor i in range(10 ** 4):\n    class A(x): pass\n    x = A\nreturn isinstance(1, x)",
    "unions": "x = int | None\nfor i in range(10 ** 4): x = list[x]\nreturn repr(x)",
    "returned": "x = []\nfor _ in range(10 ** 5): x = [x]\nreturn x",
    "returned_dicts": "x = {}\nfor _ in range(10 ** 5): x = {'a': x}\nreturn x",
    "logged": "x = []\nfor _ in range(10 ** 5): x = [x]\nLog.info('deep', x)",
    "stored": "x = []\nfor _ in range(10 ** 5): x = [x]\nCustomer.create(x)",
}  # fmt: skip

FLOODS = {
    "calls": ("while True: Customer.exists({'name': 'x'})", "CallLimit"),
    "calls_caught": (("while True:\n    try: Customer.exists({'name': 'x'})\n"
    "    except BaseException: pass"), "CallLimit"),
    "logs": ("while True: Log.info('again')", "CallLimit"),
    "requests": ("while True: Http.get('https://api.acme.example/x')", "SubrequestLimit"),
    "requests_caught": (
        "while True:\n    try: Http.get('https:/' + '/evil.example/x')\n    except Exception: pass",
        "SubrequestLimit",
    ),
    "secrets": ("while True: Secrets.get('api_key')", "CallLimit"),
    "writes": ("while True: Customer.create({'name': 'x' * 1000})", "CallLimit"),
    "prints": ("for i in range(10 ** 4): print('line', i)\nraise ValueError('told')", "ValueError"),
    "long_prints": ("for i in range(200): print('x' * 10 ** 5)\nraise ValueError('told')", "ValueError"),
    "argument": ("Log.info('big', 'x' * 20 * 2 ** 20)", "ResultTooLarge"),
    "argument_caught": (("try: Customer.create({'name': 'x' * 20 * 2 ** 20})\n"
    "except BaseException: pass"), "ResultTooLarge"),
    "argument_of_many": ("Log.info('big', ['x' * 1000] * 20_000)", "ResultTooLarge"),
    "key": ("Log.info('big', {'x' * 20 * 2 ** 20: 1})", "ResultTooLarge"),
    "url": ("Http.get('https://api.acme.example/' + 'x' * 20 * 2 ** 20)", "ResultTooLarge"),
    "print": ("print('x' * 20 * 2 ** 20)", "ResultTooLarge"),
    "result": ("return 'x' * 20 * 2 ** 20", "ResultTooLarge"),
    "result_of_many": ("return ['x' * 10 ** 5] * 200", "ResultTooLarge"),
    "result_of_characters": ("return 'ü' * 600_000", "ResultTooLarge"),
    "result_of_escapes": ("return chr(0) * 300_000", "ResultTooLarge"),
    "result_by_response": ("return api.json(1, headers={'x': 'y' * 2 ** 21})", "ResultTooLarge"),
}  # fmt: skip

TOP = "from guest_sdk import Customer, Http, Log, Secrets, api"


IGNORED = {
    "closed_when_freed": "def g():\n    try: yield\n    finally: 1 / 0\none = g()\nnext(one)\none = None",
    "closed_by_the_error": "def g():\n    try: yield\n    finally: 1 / 0\none = g()\nnext(one)",
    "deaf_when_freed": "def g():\n    while True:\n        try: yield\n        except GeneratorExit: pass\n"
    "one = g()\nnext(one)",
    "calling_out": "def g():\n    try: yield\n    finally: Customer.count(1)\none = g()\nnext(one)",
    "untold": "class E(Exception):\n    def __str__(self): raise self\ndef g():\n    try: yield\n"
    "    finally: raise E()\none = g()\nnext(one)",
}  # fmt: skip
"""Exceptions that nobody can catch: generators that raise when they are closed for not being needed any more."""

TOP = "from guest_sdk import Customer, Http, Log, Secrets, api"


@pytest.fixture(scope="module")
def guest(ground):
    flooding = {name: body for name, (body, _) in FLOODS.items()}
    ignoring = {name: f"{body}\nraise ValueError('told')" for name, body in IGNORED.items()}
    bodies = {**CPU, **MEMORY, **HUGE, **DEEP, **flooding, **ignoring}
    kept = "Customer.create({'name': 'kept?'})\n"
    return ground.routes({name: kept + body for name, body in bodies.items()}, TOP)


@pytest.mark.parametrize("name", CPU)
def test_endless_work_ends_with_its_cpu_budget(ground, guest, name):
    report = ground.attack(guest, name, cpu_ms=100)
    assert report.error.name == ("SubrequestLimit" if name == "caught_host_errors" else "CpuLimit")


@pytest.mark.parametrize("name", MEMORY)
def test_a_hog_ends_with_its_memory(ground, guest, name):
    report = ground.attack(guest, name, cpu_ms=1500, memory_mb=32)
    assert report.error.name in {"MemoryLimit", "OverflowError"}
    assert report.usage.memory_bytes <= (32 << 20) + OVERSHOOT_BYTES


@pytest.mark.parametrize("name", HUGE)
def test_what_no_memory_could_hold_is_an_error_of_the_guests(ground, guest, name):
    report = ground.attack(guest, name)
    assert report.error.code == "handler_error"
    assert report.error.name in {"OverflowError", "ValueError", "Overflow"}


@pytest.mark.parametrize("name", DEEP)
def test_depth_ends_with_the_stack(ground, guest, name):
    report = ground.attack(guest, name, cpu_ms=200)
    others = {"recursion_caught": "CpuLimit", "bases": "CpuLimit", "nested_format": "MemoryLimit"}
    assert report.error.name in {"StackLimit", others.get(name)}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_is_cut(ground, guest, name):
    report = ground.attack(guest, name, cpu_ms=2000, host_calls=120, http_requests=5, log_lines=20)
    assert report.error.name == FLOODS[name][1]
    assert len(report.calls) <= 122 and len(report.logs) <= 21


@pytest.mark.parametrize("name", IGNORED)
def test_an_error_in_what_is_being_freed_does_not_hide_the_author_s_own(ground, guest, name):
    report = ground.attack(guest, name)
    assert (report.error.name, report.error.message) == ("ValueError", "told")
    [line] = report.logs
    assert line.level == "debug" and line.message.startswith("ignored, in what was being freed: ")


def test_without_its_hook_the_interpreter_would_end_the_run(grounds, without):
    """The guard, removed: Python prints what nobody can catch, and there is no place to print to."""
    hole = grounds(without("main", "sys.unraisablehook = _lost", ""))
    made = hole.routes({"freed": IGNORED["closed_when_freed"]})
    assert hole.attack(made, "freed").error.name == "GuestBroke"
