"""A Python guest that uses too much is stopped, cannot catch it, and the next one runs."""

from __future__ import annotations

import time

import pytest

from sandbox_host.kernels import kernel as kernels
from sandbox_host.kernels.instance import OVERSHOOT_BYTES, Ended

ENDLESS = {
    "a loop": "while True: pass",
    "a loop that catches": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "a loop in finally": "try:\n    while True: pass\nfinally:\n    while True: pass",
    "a big power": "return 3 ** 10 ** 9",
    "a regex": "import re\nreturn re.match('(a+)+$', 'a' * 40 + '!')",
    "a sort key": "return sorted([3, 2, 1], key=lambda x: [0 for _ in iter(int, 1)])",
    "a generator": "return sum(1 for _ in iter(int, 1))",
    "a hash flood": "class A:\n    def __hash__(self): return 1\nreturn len({A(): 1 for _ in iter(int, 1)})",
    "a sum of a range": "return sum(range(10 ** 12))",
    "decimals": "import decimal\ndecimal.getcontext().prec = 10 ** 6\nreturn decimal.Decimal(2).sqrt().exp()",
    "itertools": "import itertools, collections\nreturn collections.deque(itertools.count(), 1)",
}


@pytest.mark.parametrize("body", ENDLESS.values(), ids=ENDLESS.keys())
def test_endless_work_ends_with_its_cpu_budget(guest, spend, body):
    made = guest(body)
    started = time.monotonic()
    with pytest.raises(Ended) as ended:
        made.run(spend(cpu_ms=150))
    assert ended.value.name in ("CpuLimit", "MemoryLimit")
    assert time.monotonic() - started < 3
    assert guest("return 1").run() == 1


def test_without_the_clock_the_loop_would_not_end(guest, spend, monkeypatch):
    """The guard, removed: nothing else looks at the CPU, so the wall limit has to end it."""
    monkeypatch.setattr(kernels.Kernel, "_cpu_used", lambda self: 0)
    with pytest.raises(Ended) as ended:
        guest("while True: pass").run(spend(cpu_ms=50, wall_ms=400))
    assert ended.value.name == "WallLimit"


HOGS = {
    "texts": "x = []\nwhile True: x.append('x' * 1000000)",
    "texts, caught": "x = []\nwhile True:\n    try:\n        x.append('x' * 1000000)\n    except MemoryError: pass",
    "lists": "x = []\nwhile True: x = [x] * 1000",
    "numbers": "x = 1\nwhile True: x <<= 1000000",
    "a dictionary": "x = {}\nwhile True: x[len(x)] = [len(x)]",
    "doubling": "x = 'x'\nwhile True: x += x",
}


@pytest.mark.parametrize("body", HOGS.values(), ids=HOGS.keys())
def test_a_memory_hog_is_ended_and_the_host_stays_small(guest, spend, body):
    made = guest(body)
    try:
        answer = made.run(spend(cpu_ms=3000, memory_mb=64))
    except Ended as ended:
        assert ended.name in ("MemoryLimit", "CpuLimit")
        assert ended.memory_bytes <= (64 << 20) + OVERSHOOT_BYTES
    else:
        assert answer.startswith(("MemoryError", "OverflowError"))
    assert guest("return 1").run() == 1


DEEP = {
    "recursion": "def f(): return f()\nreturn f()",
    "recursion through str": "class A:\n    def __str__(self): return str(self)\nreturn str(A())",
    "deep JSON": "import json\nreturn len(json.loads('[' * 100000 + ']' * 100000))",
    "deep lists": "x = []\nfor i in range(100000): x = [x]\nreturn repr(x)",
    "deep brackets": "return eval('(' * 5000 + ')' * 5000)",
    "deep comparison": "a, b = [], []\nfor i in range(100000): a, b = [a], [b]\nreturn a == b",
    "deep tree": "import ast\nreturn ast.literal_eval('-' * 20000 + '1')",
}


@pytest.mark.parametrize("body", DEEP.values(), ids=DEEP.keys())
def test_depth_is_an_error_of_the_guest_or_ends_its_run(guest, body):
    made = guest(body)
    try:
        answer = made.run()
    except Ended as ended:
        assert ended.name in ("StackLimit", "GuestBroke")
    else:
        assert answer.startswith(("RecursionError", "MemoryError", "SyntaxError", "IndexError"))
    assert guest("return 1").run() == 1


def test_a_result_over_its_cap_ends_the_run(guest, spend):
    with pytest.raises(Ended) as ended:
        guest("return 'x' * 200_000").run(spend(size=100_000))
    assert ended.value.name == "ResultTooLarge"


def test_a_host_call_over_its_cap_ends_the_run(guest, spend):
    made = guest("return ask(text='x' * 200_000)")
    with pytest.raises(Ended) as ended:
        made.run(spend(size=100_000))
    assert ended.value.name == "ResultTooLarge"
    assert made.asked == []


def test_code_that_never_ends_while_it_is_evaluated_is_ended(guest):
    with pytest.raises(Ended) as ended:
        guest("return 1", top="while True: pass")
    assert ended.value.name == "CpuLimit"
