"""What handlers return, raise and hand over when they mean harm: each is an answer or an error with a name."""

from __future__ import annotations

import pytest

TOP = "from guest_sdk import BackfillError, Customer, Http, Log, PermissionDenied, Secrets, api"

RETURNED = {
    "generator": "return (x for x in [1])",
    "set": "return {1}",
    "bytes": "return b'x'",
    "nan": "return float('nan')",
    "infinity": "return {'a': [float('-inf')]}",
    "decimal_nan": "from decimal import Decimal\nreturn Decimal('NaN')",
    "decimal_wide": "from decimal import Decimal\nreturn Decimal('1e999999')",
    "large": "return 2 ** 53",
    "large_float": "return 1e300",
    "negative": "return -2 ** 53",
    "huge": "return 10 ** 5000",
    "cycle": "x = {}\nx['a'] = {'b': x}\nreturn x",
    "cycle_of_lists": "x = []\nx.append(x)\nreturn x",
    "cycle_of_values": "class D(dict): pass\nx = D()\nx['a'] = x\nreturn x",
    "deep": "x = 1\nfor _ in range(180): x = [x]\nreturn x",
    "key": "return {1: 2}",
    "key_of_none": "return {None: 2}",
    "key_of_tuple": "return {(1, 2): 2}",
    "function": "return lambda: 1",
    "class_of_its_own": "class A: pass\nreturn A()",
    "type_itself": "return int",
    "capability": "return Http",
    "builtin": "return print",
    "module": "import json\nreturn json",
    "complex_number": "return 1j",
    "memory_view": "return memoryview(b'x')",
    "ellipsis": "return ...",
    "not_implemented": "return NotImplemented",
    "exception": "return ValueError('x')",
    "naive_time": "from datetime import datetime\nreturn datetime(2026, 1, 1)",
    "surrogate": "return '\\ud800'",
    "surrogate_key": "return {'\\udfff': 1}",
    "status": "return api.json({}, status=42)",
    "status_text": "return api.json({}, status='200')",
    "headers": "return api.json({}, headers={'a': 1})",
    "header_break": "return api.json({}, headers={'x': 'a\\r\\nset-cookie: admin=1'})",
    "header_name": "return api.json({}, headers={'x\\r\\ny': 'a'})",
    "header_surrogate": "return api.json({}, headers={'x': '\\ud800'})",
    "forged": "return {'__api_response': True, 'status': 10 ** 30}",
    "forged_headers": "return {'__api_response': True, 'headers': [['a', 'b']]}",
    "lying_class": "class A:\n    def __init__(self): pass\n    def __len__(self): return -1\nreturn [A()]",
}  # fmt: skip
"""None of it is JSON, or a response."""

PLAIN = {
    "lying_dict": ("class D(dict):\n    def items(self): return [('a', 1), ('a', 2)]\nreturn D()", {"a": 2}),
    "lying_list": ("class L(list):\n    def __iter__(self): return iter([1, 2])\nreturn L()", [1, 2]),
    "lying_text": (
        ("class S(str):\n    def __str__(self): return '\",\"x\":'\n    def __repr__(self): return '1'\n"
        "    def __len__(self): return -5\n    def __format__(self, spec): return '}'\nreturn {S('key'): S('value')}"),
        {"key": "value"},
    ),
    "lying_number": (
        ("class I(int):\n    def __repr__(self): return '1}'\n    def __add__(self, o): return 'x'\n"
        "    def __le__(self, o): return True\nreturn I(7)"),
        7,
    ),
    "lying_float": (("class F(float):\n    def is_integer(self): return 'x'\n"
    "    def __repr__(self): return '}'\nreturn F(1.5)"), 1.5),
    "lying_date": (
        "from datetime import date\nclass D(date):\n    def isoformat(self): return '\",\"x\":1'\nreturn D(2026, 1, 1)",
        '","x":1',
    ),
    "lying_time": (
        ("from datetime import datetime, timezone\nclass D(datetime):\n    def astimezone(self, z=None): return self\n"
        "    def replace(self, **k): return self\n"
        "    def isoformat(self, timespec=''): return '\",\"ok\":false,\"x\":\"'\n"
        "return D(2026, 1, 1, tzinfo=timezone.utc)"),
        '","ok":false,"x":"Z',
    ),
    "lying_decimal": (
        ("from decimal import Decimal\nclass D(Decimal):\n    def __format__(self, spec): return '\",\"x\":\"'\n"
        "    def as_tuple(self): return Decimal(1).as_tuple()\nreturn D('1.5')"),
        '","x":"',
    ),
    "pair": ("return '\\ud83d\\ude00'", "😀"),
    "nothing_at_all": ("pass", None),
    "counted": ("return [True, 1.0, -0.0, 1e-7, 2 ** 53 - 1]", [True, 1, 0, 1e-7, 2**53 - 1]),
}  # fmt: skip
"""Subclasses of what JSON has. They say what they like of themselves, and are what they are."""

RAISED = {
    "system_exit": ("raise SystemExit(0)", "SystemExit"),
    "exit_text": ("import json\nraise SystemExit({'a': 1})", "SystemExit"),
    "interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "generator_exit": ("raise GeneratorExit('x')", "GeneratorExit"),
    "stop": ("raise StopIteration(5)", "StopIteration"),
    "base": ("class B(BaseException): pass\nraise B('x')", "B"),
    "stop_in_generator": ("def g():\n    raise StopIteration\n    yield\nreturn list(g())", "RuntimeError"),
    "evil_str": ("class E(Exception):\n    def __str__(self): raise self\nraise E('x')", "E"),
    "evil_str_type": ("class E(Exception):\n    def __str__(self): return 5\nraise E('x')", "E"),
    "evil_str_subclass": (
        ("class S(str):\n    def __getitem__(self, i): raise SystemExit\n    def replace(self, *a): return 5\n"
        "class E(Exception):\n    def __str__(self): return S('said')\nraise E('x')"),
        "E",
    ),
    "evil_repr": ("class A:\n    def __repr__(self): raise SystemExit\nraise ValueError(A(), A())", "ValueError"),
    "evil_args": ("e = ValueError('x')\ne.args = (e,) * 3\nraise e", "ValueError"),
    "forged_name": ("e = BackfillError('x')\ne.name = 'CpuLimit'\nraise e", "AttributeError"),
    "forged_code": ("raise BackfillError('x', name='Odd\\n' * 100, code='../../x')", "Odd\n" * 32),
    "no_code": ("e = PermissionDenied('x')\ndel e.code\nraise e", "AttributeError"),
    "long": ("raise ValueError('x' * 10 ** 6)", "ValueError"),
    "notes": ("e = ValueError('x')\nfor i in range(1000): e.add_note('note' * 100)\nraise e", "ValueError"),
    "evil_notes": ("e = ValueError('x')\ne.add_note(type(e)('y').args[0])\nraise e", "ValueError"),
    "cause_of_itself": (("e = ValueError('x')\ntry: raise e from e\n"
    "except ValueError as f: raise f from e"), "ValueError"),
    "cycle_of_causes": (("a, b = ValueError('a'), TypeError('b')\ntry: raise a from b\nexcept ValueError as x:\n"
    "    try: raise b from a\n    except TypeError: raise a"), "ValueError"),
    "chain": (("e = None\nfor i in range(1500):\n    n = ValueError(str(i))\n    try: raise n from e\n"
    "    except ValueError as x: e = x\nraise e"), "ValueError"),
    "chain_of_contexts": (("def f(n):\n    try: raise ValueError(n)\n    except ValueError:\n        if n: f(n - 1)\n"
    "        raise\nf(60)"), "ValueError"),
    "many_frames": ("def f(n): return f(n - 1) if n else 1 / 0\nf(150)", "ZeroDivisionError"),
    "not_an_exception": ("raise 5", "TypeError"),
    "class_that_refuses": (("class E(Exception):\n    def __init__(self): raise KeyboardInterrupt\n"
    "raise E"), "KeyboardInterrupt"),
    "class_that_is_none": ("class E(Exception):\n    def __new__(cls): return 5\nraise E", "TypeError"),
    "unicode": ("raise ValueError('\\ud800\\x00\\x1b[2J\\u202e')", "ValueError"),
    "key": ("return {}['\\x1b[31m']", "KeyError"),
    "attribute": (("class A:\n    def __getattr__(self, name): raise AttributeError(self, name)\n"
    "return A().x"), "AttributeError"),
    "unhashable": ("return {[]: 1}", "TypeError"),
    "decoding": ("return b'\\xff'.decode()", "UnicodeDecodeError"),
    "syntax": ("raise SyntaxError('x', ('/etc/passwd', 1, 1, 'text'))", "SyntaxError"),
    "name_of_the_hosts": ("class WorkerLost(Exception): pass\nraise WorkerLost('x')", "WorkerLost"),
    "recursion_by_hand": ("raise RecursionError('mine')", "StackLimit"),
    "assertion": ("assert not request", "AssertionError"),
    "lying_items": ("class D(dict):\n    def items(self): return 5\nreturn D(a=1)", "TypeError"),
    "lying_pairs": ("class D(dict):\n    def items(self): return ['abc']\nreturn D(a=1)", "ValueError"),
    "raising_items": ("class D(dict):\n    def items(self): raise SystemExit('x')\nreturn D(a=1)", "SystemExit"),
    "raising_list": (("class L(list):\n    def __iter__(self): raise KeyboardInterrupt\n"
    "return L()"), "KeyboardInterrupt"),
    "lying_large_number": ("class I(int):\n    def __le__(self, o): return True\nreturn I(2 ** 60)", "InvalidArgument"),
    "left_suspended": (("def g():\n    try: yield 1\n    finally: Log.info('closed')\n"
    "request.kept = 1"), "AttributeError"),
}  # fmt: skip

HANDED = {
    "log_text": "Log.info(5)",
    "log_exception": "class E(Exception):\n    def __str__(self): raise SystemExit\n"
    "Log.info('x', {'e': E('y')})\nraise ValueError",
    "log_cycle": "x = []\nx.append(x)\nLog.info('x', x)",
    "log_level": "Log.write('x')",
    "entity_text": "Customer.create('text')",
    "entity_lying": "class D(dict):\n"
    "    def items(self): return [('name', 1), ('name', {'a': 1})]\nCustomer.create(D(name='x'))",
    "entity_surrogate": "Customer.create({'name': '\\ud800'})",
    "entity_key": "Customer.create({'__proto__': 1, 'constructor': 2})",
    "http_url": "Http.get(['https://api.acme.example/x'])",
    "http_header": "Http.get('https://api.acme.example/x', headers={'a': 'b\\r\\nc: d'})",
    "http_header_type": "Http.get('https://api.acme.example/x', headers={'a': object()})",
    "http_timeout": "Http.get('https://api.acme.example/x', timeout=float('inf'))",
    "http_lying_url": "class S(str):\n    def __str__(self): return 'https://api.acme.example/x'\n"
    "Http.get(S('https:/' + '/evil.example/'))",
    "secret_name": "Secrets.get({'a': 1})",
    "secret_other": "Secrets.get('other_tenants_key')",
    "secret_of_canary": "Secrets.get('BACKFILL_CANARY')",
    "print_evil": "class A:\n    def __str__(self): raise KeyboardInterrupt\nprint(A())",
    "print_to": "class F:\n    def write(self, text): raise SystemExit(text)\nprint('x', file=F())",
    "attribute_of_request": "request.body = 5",
    "class_of_sdk": "Http.get = lambda url: 5",
    "class_of_error": "PermissionDenied.name = 5\nraise PermissionDenied('x')",
}  # fmt: skip


@pytest.fixture(scope="module")
def guest(ground):
    bodies = {
        **{f"returned_{name}": body for name, body in RETURNED.items()},
        **{f"plain_{name}": body for name, (body, _) in PLAIN.items()},
        **{f"raised_{name}": body for name, (body, _) in RAISED.items()},
        **{f"handed_{name}": body for name, body in HANDED.items()},
    }
    kept = "Customer.create({'name': 'kept?'})\n"
    return ground.routes({name: kept + body for name, body in bodies.items()}, TOP)


@pytest.mark.parametrize("name", RETURNED)
def test_what_is_no_json_cannot_be_returned(ground, guest, name):
    error = ground.attack(guest, f"returned_{name}").error
    assert (error.name, error.code) == ("InvalidArgument", "invalid_argument")
    assert "the returned value" in error.message or "the response" in error.message
    assert "admin=1" not in error.message


@pytest.mark.parametrize("name", PLAIN)
def test_a_value_is_what_it_is_whatever_its_class_says(ground, guest, name):
    report = ground.attack(guest, f"plain_{name}")
    assert report.ok, report.error
    assert report.response.body == PLAIN[name][1]


@pytest.mark.parametrize("name", RAISED)
def test_what_is_raised_is_told_within_bounds(ground, guest, name):
    error = ground.attack(guest, f"raised_{name}").error
    assert error.name == RAISED[name][1]
    assert len(error.message) <= 8192 and len(error.stack or "") <= 16_384
    for line in (error.stack or "").splitlines():
        assert line.startswith((f'  File "src/api/raised_{name}.py", line ', "caused by ", "  … ")), (
            error.stack
        )


@pytest.mark.parametrize("name", HANDED)
def test_what_is_handed_over_is_refused_with_a_name(ground, guest, name):
    report = ground.attack(guest, f"handed_{name}")
    assert report.error is not None and len(report.error.message) < 300


FORGED = """
from decimal import Decimal
from datetime import datetime, timezone
forged = '"},"capability":"secrets","action":"get","args":{"name":"api_key","x":"'
class D(Decimal):
    def __format__(self, spec): return forged
class T(datetime):
    def astimezone(self, zone=None): return self
    def replace(self, **parts): return self
    def isoformat(self, timespec=""): return forged
Log.info("x", D("1"))
Log.info("x", T(2026, 1, 1, tzinfo=timezone.utc))
raise ValueError("told")
"""


def test_no_value_makes_another_call_of_the_one_that_carries_it(ground):
    made = ground.routes({"forged": FORGED}, TOP)
    report = ground.attack(made, "forged")
    assert [(call.capability, call.action) for call in report.calls] == [("log", "write")] * 2


def test_without_quoting_what_values_say_they_would(grounds, without):
    """The guard, removed. The broker decides on the call that arrives, so even then nothing is gained by it."""
    hole = grounds(without("json", "    return _string(str.__str__(text))", "    return '\"' + text + '\"'"))
    made = hole.routes({"forged": FORGED}, TOP)
    report = hole.attack(made, "forged")
    assert [(call.capability, call.action) for call in report.calls] == [("secrets", "get")] * 2
