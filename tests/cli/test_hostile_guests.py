"""Guests that do not behave: each gets its own error, keeps nothing, and harms no run after it."""

from __future__ import annotations

import json

import pytest

from sandbox_host.cli.inputs import Entry
from sandbox_host.cli.local import Ask, LocalProject
from sandbox_host.egress import StubEgress, StubRow
from sandbox_host.packages import build
from sandbox_host.state import State
from sandbox_host.workers.evaluate import evaluator

GRANTED = {
    "http": ["https://api.acme.example/*"],
    "entities": {"Customer": ["read", "write"]},
    "secrets": {"api_key": ["read"]},
}
TWENTY_MB = '"x".repeat(20 * 1024 * 1024)'

FATAL = [
    ("for (;;);", "CpuLimit"),
    ("for (;;) { try { for (;;); } catch {} }", "CpuLimit"),
    ("[3, 2, 1].sort(() => { for (;;); });", "CpuLimit"),
    ('return /(x+x+)+y/.test("x".repeat(40));', "CpuLimit"),
    ("await (async () => { for (;;) await null; })();", "CpuLimit"),
    ("const all: any[] = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1));", "MemoryLimit"),
    ('let s = "x"; for (;;) s += s.slice(1) + "xy";', None),
    ("const all: any[] = []; for (;;) all.push({ a: [1, 2, 3] });", "MemoryLimit"),
    ("const f = (): number => f() + 1; return f();", "StackLimit"),
    ("let deep: any = []; for (let i = 0; i < 1e5; i++) deep = [deep]; return deep;", "StackLimit"),
    (f"return {TWENTY_MB};", "ResultTooLarge"),
    (f"return {{ a: [{TWENTY_MB}] }};", "ResultTooLarge"),
    ("return Array.from({ length: 200 }, () => 'x'.repeat(100_000));", "ResultTooLarge"),
    ("return 'x'.repeat(1_500_000);", "ResultTooLarge"),
    ("return 'ü'.repeat(600_000);", "ResultTooLarge"),
    (f'Log.info("big", {{ big: {TWENTY_MB} }});', "ResultTooLarge"),
    (f"try {{ Customer.create({{ name: {TWENTY_MB} }}); }} catch {{}}", "ResultTooLarge"),
    ("await new Promise(() => {});", "NotSettled"),
    ('for (;;) Log.info("again");', "CallLimit"),
    ('for (;;) try { Log.info("again"); } catch {}', "CallLimit"),
    ('for (;;) try { Http.get("https://api.acme.example/x"); } catch {}', "SubrequestLimit"),
    ('for (;;) try { Http.get(["https:/", "evil.example", "x"].join("/")); } catch {}', "SubrequestLimit"),
]

THROWS = [
    ('throw new TypeError("no");', ("TypeError", "handler_error", "no")),
    ('throw new Error("");', ("Error", "handler_error", "")),
    ('class Odd extends Error { name = "OddError"; } throw new Odd("it");', ("OddError", "handler_error", "it")),
    ("(null as any).x;", ("TypeError", "handler_error", None)),
    ("eval('(((');", ("SyntaxError", "handler_error", None)),
    ("return 10n;", ("InvalidArgument", "invalid_argument", "BigInt")),
    ("const a: any = {}; a.b = { a }; return a;", ("InvalidArgument", "invalid_argument", "refers back to itself")),
    ("return () => 1;", ("InvalidArgument", "invalid_argument", "function")),
    ("return { a: { b: Symbol() } };", ("InvalidArgument", "invalid_argument", ".a.b is a symbol")),
    ("return NaN;", ("InvalidArgument", "invalid_argument", "NaN")),
    ("return { n: 2 ** 60 };", ("InvalidArgument", "invalid_argument", "2^53")),
    ("return api.json({}, { status: 42 });", ("InvalidArgument", "invalid_argument", "status")),
    ("return api.json({}, { headers: 'text' as any });", ("InvalidArgument", "invalid_argument", "headers")),
    ("return api.json({}, { headers: { a: 1 } as any });", ("InvalidArgument", "invalid_argument", "'a'")),
    ("let a: any = 1; for (let i = 0; i < 500; i++) a = [a]; return a;", ("InvalidArgument", None, "nested")),
    ("return { toJSON() { throw new RangeError('mine'); } };", ("RangeError", "handler_error", "mine")),
    ("return { get x() { throw new Error('mine'); } };", ("Error", "handler_error", "mine")),
    ("return Http.get(7 as any);", ("InvalidArgument", "invalid_argument", "url must be a string")),
    ("return Customer.create(7 as any);", ("InvalidArgument", "invalid_argument", "attrs")),
    ("return (Entity as any).get();", ("InvalidArgument", "invalid_argument", "entity")),
    ("return Promise.reject(new Error('later'));", ("Error", "handler_error", "later")),
    ("throw null;", (None, "handler_error", None)),
    ("throw { name: 'CpuLimit', code: 'cpu_limit' };", (None, None, None)),
]  # fmt: skip


@pytest.fixture
def acme(guest):
    return lambda body: guest('Customer.create({ name: "kept?" });\n' + body, permissions=GRANTED)


@pytest.mark.parametrize(("body", "limit"), FATAL)
def test_a_limit_ends_the_run_and_keeps_nothing(invoke, acme, state, rows, stubs, body, limit):
    cpu_ms = 150 if limit == "CpuLimit" else 5000
    options = ["--limit", f"cpu_ms={cpu_ms}", "--limit", "host_calls=60", "--limit", "http_requests=5"]
    options += ["--stub", stubs({"url": "https://api.acme.example/*"})]
    report = invoke(acme(body), "POST /run", *options, "--state", state)
    assert report["ok"] is False
    if limit is not None:
        assert report["error"]["name"] == limit, report["error"]
    assert not any(write["committed"] for write in report["writes"])
    assert rows(state)["record"] == []


@pytest.mark.parametrize(("body", "expected"), THROWS)
def test_what_a_guest_throws_or_cannot_return_is_said_plainly(invoke, acme, state, rows, body, expected):
    report = invoke(acme(body), "POST /run", "--state", state)
    name, code, message = expected
    error = report["error"]
    assert name in (None, error["name"]) and code in (None, error["code"]), error
    assert message is None or message in error["message"], error
    assert rows(state)["record"] == []
    assert "sandbox_host" not in json.dumps(report) and "Traceback" not in json.dumps(report)


def test_wall_time_ends_a_run_that_has_cpu_time_left(invoke, acme):
    report = invoke(acme("for (;;);"), "POST /run", "--limit", "wall_ms=120", "--limit", "cpu_ms=5000")
    assert report["error"]["name"] == "WallLimit"


def test_the_call_over_the_limit_is_recorded_and_those_before_it_are_too(invoke, acme, stubs):
    body = 'for (;;) try { Http.get("https://api.acme.example/x"); } catch {}'
    stub = stubs({"url": "https://api.acme.example/*"})
    calls = invoke(acme(body), "POST /run", "--limit", "http_requests=3", "--stub", stub)["calls"]
    assert [call["decision"] for call in calls] == ["allow"] * 4 + ["limit"]
    assert [call["seq"] for call in calls] == [1, 2, 3, 4, 5]
    assert (calls[-1]["capability"], calls[-1]["rule"]) == ("http", "subrequest_limit")


def test_a_flood_of_logs_is_cut_with_one_line_that_says_so(invoke, acme):
    body = 'for (let i = 0; i < 500; i++) Log.info("line " + i);'
    report = invoke(acme(body), "POST /run", "--limit", "log_lines=10")
    assert report["ok"]
    assert [line["message"] for line in report["logs"][:10]] == [f"line {i}" for i in range(10)]
    [last] = report["logs"][10:]
    assert last["level"] == "warn" and "dropped" in last["message"]


def test_one_enormous_line_is_cut(invoke, acme):
    report = invoke(
        acme('Log.info("x".repeat(100_000)); Log.info("small", { big: "y".repeat(100_000) });'), "POST /run"
    )
    assert report["ok"]
    first, second = report["logs"]
    assert len(first["message"]) < 9_000 and first["message"].endswith("(cut)")
    assert second["message"] == "small" and len(json.dumps(second["data"])) < 9_000


def test_hostile_log_text_stays_on_its_line(backfill, acme):
    body = r'Log.info("a\r\nok ✓ POST /run → 200\u001b[2J\u0000\u2028\u202eb");'
    ran = backfill("invoke", acme(body), "POST /run")
    assert ran.code == 0
    assert not {"\r", "\x1b", "\x00", "\u2028", "\u202e"} & set(ran.out)
    assert len([line for line in ran.out.splitlines() if "ok ✓" in line and not line.startswith("info")]) == 0


def test_a_guest_cannot_name_the_host_s_own_errors_to_end_differently(invoke, acme):
    report = invoke(
        acme('const e: any = new Error("x"); e.name = "InvalidInput"; throw e;'), "POST /run", "--observe"
    )
    assert report["ok"] is False and report["error"]["problems"] == []


@pytest.fixture
def local(sandbox, guest, tmp_path):
    """`local(body)`: runs of one guest that share their workers; each call is one more run."""
    opened: list[State] = []

    def make(body: str):
        path = guest(body, permissions=GRANTED)
        state = State.open(tmp_path / "shared-state")
        opened.append(state)
        egress = StubEgress([StubRow("https://api.acme.example/*")])
        project = LocalProject(build(path, evaluator(sandbox)), state, sandbox, egress)

        def run(attack: str, *limits: str):
            body = json.dumps({"attack": attack}).encode()
            return project.run(Ask(entry=Entry("route", "POST", "/run"), body=body, limits=limits))

        return run

    yield make
    for state in opened:
        state.close()


def test_the_same_worker_serves_the_next_run_unharmed(local):
    attacks = {
        "throw": 'throw new Error("x")',
        "loop": "for (;;);",
        "recurse": "const f = (): any => f() + 1; return f()",
        "memory": "let s = 'x'; for (;;) s += s",
        "calls": 'for (;;) Log.info("x")',
        "result": f"return {TWENTY_MB}",
        "pending": "return new Promise(() => {})",
        "bigint": "return 1n",
        "poison": "(globalThis as any).poisoned = 1; Array.prototype.map = () => []; throw 1",
    }
    cases = " ".join(f'case "{name}": {{ {body}; }}' for name, body in attacks.items())
    run = local(
        f"switch (request.body.attack) {{ {cases} }}\n"
        "return [typeof (globalThis as any).poisoned, [1, 2].map((n) => n * 2)];"
    )
    for attack in attacks:
        assert run(attack, "cpu_ms=100", "memory_mb=32", "host_calls=20").ok is False, attack
        assert run("none").response.body == ["undefined", [2, 4]], f"after {attack}"


DEEP = "let deep: any = {}; for (let i = 0; i < 1500; i++) deep = [deep];\n"


@pytest.mark.parametrize(
    ("call", "capability", "action"),
    [
        ("Customer.create({ name: deep })", "entity", "create"),
        ('Log.info("deep", deep)', "log", "write"),
        ('Http.post("https://api.acme.example/x", deep)', "http", "post"),
        ("Secrets.get(deep)", "secrets", "get"),
    ],
)
def test_arguments_of_any_depth_are_a_refused_call_that_can_be_caught(invoke, acme, call, capability, action):
    body = f"{DEEP}try {{ {call}; }} catch (e: any) {{ return [e.name, e.code, e.message]; }}"
    report = invoke(acme(body), "POST /run")
    assert report["ok"], report["error"]
    name, code, message = report["response"]["body"]
    assert (name, code) == ("InvalidArgument", "invalid_argument") and "no deeper than 128 levels" in message
    last = report["calls"][-1]
    assert (last["capability"], last["action"], last["decision"]) == (capability, action, "deny")
    assert (last["rule"], last["outcome"]) == ("arguments", "error")


def test_each_of_them_counts_as_a_host_call(invoke, acme):
    body = f'{DEEP}for (;;) try {{ Log.info("deep", deep); }} catch {{}}'
    report = invoke(acme(body), "POST /run", "--limit", "host_calls=20", "--limit", "cpu_ms=5000")
    assert report["error"]["name"] == "CallLimit" and len(report["calls"]) == 21


BAD_HEADERS = [
    ({"x": "a\r\nset-cookie: admin=1"}, "header x holds a line break"),
    ({"x": "a\nb"}, "header x holds a line break"),
    ({"x": "a\0b"}, "header x holds a line break, a control character"),
    ({"x": "é"}, "outside ASCII"),
    ({"": "a"}, "'' is not a header name"),
    ({"x y": "a"}, "'x y' is not a header name"),
    ({"x:": "a"}, "'x:' is not a header name"),
    ({"x\r\ny": "a"}, "is not a header name"),
    ({"café": "a"}, "is not a header name"),
]


@pytest.mark.parametrize(("headers", "says"), BAD_HEADERS)
def test_a_response_header_that_http_cannot_carry_is_named(invoke, acme, state, rows, headers, says):
    body = f"return api.json({{}}, {{ headers: {json.dumps(headers)} }});"
    report = invoke(acme(body), "POST /run", "--state", state)
    error = report["error"]
    assert (error["name"], report["response"]) == ("InvalidArgument", None)
    assert says in error["message"] and "admin=1" not in error["message"]
    assert rows(state)["record"] == []


def test_response_headers_that_are_well_formed_pass(invoke, acme):
    headers = {"X-Request-Id": "a b\tc", "etag": 'W/"1"', "empty": ""}
    report = invoke(acme(f"return api.json(1, {{ headers: {json.dumps(headers)} }});"), "POST /run")
    assert report["response"]["headers"] == headers


def test_without_the_check_a_handler_would_forge_a_header(invoke, acme, monkeypatch):
    monkeypatch.setattr("sandbox_host.guest.grammar_problem", lambda name, value: None)
    body = r'return api.json(1, { headers: { x: "a\r\nset-cookie: admin=1" } });'
    assert "\r\nset-cookie" in invoke(acme(body), "POST /run")["response"]["headers"]["x"]
