"""A guest that uses too much is stopped, cannot catch it, and the next one runs."""

from __future__ import annotations

import json
import time

import pytest

from sandbox_host.kernels import javascript
from sandbox_host.kernels.engine import cache_folder
from sandbox_host.kernels.instance import OVERSHOOT_BYTES, Ended
from sandbox_host.kernels.prelude import prelude

ENDLESS = {
    "a loop": "for (;;);",
    "a loop that catches": "for (;;) { try { for (;;); } catch {} }",
    "a loop in finally": "try { for (;;); } finally { for (;;); }",
    "a comparator": "[3, 2, 1].sort(() => { for (;;); })",
    "a getter": "({ get x() { for (;;); } }).x",
    "a toString": "`${{ toString() { for (;;); } }}`",
    "a proxy": "new Proxy({}, { get() { for (;;); } }).x",
    "a generator": "for (const x of (function* () { for (;;) yield 1 })());",
    "promise jobs": "const again = () => Promise.resolve().then(again); return again()",
    "a regex": "'x'.repeat(50000).replace(/(x+x+)+y/g, '')",
    "a nested regex": "/^(a+)+$/.test('a'.repeat(40) + '!')",
    "toJSON": "return { toJSON() { for (;;); } }",
    "a thenable": "return { then() { for (;;); } }",
    "array holes": "return [].concat(...Array(1e9)).length",
    "big numbers": "let n = 3n; for (;;) n = n ** 3n % (10n ** 5000n)",
}


@pytest.mark.parametrize("body", ENDLESS.values(), ids=ENDLESS.keys())
def test_endless_work_ends_with_its_cpu_budget(guest, spend, body):
    made = guest(body)
    started = time.monotonic()
    with pytest.raises(Ended) as ended:
        made.run(spend(cpu_ms=150))
    assert ended.value.name in ("CpuLimit", "MemoryLimit")
    assert time.monotonic() - started < 3
    assert guest("return 1").value() == 1


def test_without_the_epoch_the_loop_would_not_end(guest, spend, monkeypatch):
    """The guard, removed: nothing else looks at the CPU, so the wall limit has to end it."""
    monkeypatch.setattr(javascript.JavaScriptKernel, "_cpu_used", lambda self: 0)
    with pytest.raises(Ended) as ended:
        guest("for (;;);").run(spend(cpu_ms=50, wall_ms=400))
    assert ended.value.name == "WallLimit"


HOGS = {
    "arrays": "const a = []; for (;;) a.push(new Array(100000).fill(1))",
    "arrays, caught": "const a = []; for (;;) { try { a.push(new Array(100000).fill(1)) } catch {} }",
    "typed arrays": "const a = []; for (;;) a.push(new Uint8Array(1 << 20).fill(1))",
    "closures": "let f = () => 0; for (;;) { const g = f; f = () => g; }",
    "maps": "const m = new Map(); for (let i = 0; ; i++) m.set(i, { i })",
}


@pytest.mark.parametrize("body", HOGS.values(), ids=HOGS.keys())
def test_a_memory_hog_ends_with_its_memory_budget(guest, spend, body):
    with pytest.raises(Ended) as ended:
        guest(body).run(spend(cpu_ms=5000, memory_mb=32))
    assert ended.value.name == "MemoryLimit"
    assert ended.value.memory_bytes < (32 << 20) + OVERSHOOT_BYTES
    assert guest("return 1").value() == 1


def test_a_hog_that_returns_in_time_is_still_over_its_budget(guest, spend):
    with pytest.raises(Ended) as ended:
        guest("new Uint8Array(40 << 20).fill(1); return 'fine'").run(spend(memory_mb=32))
    assert ended.value.name == "MemoryLimit"


IMPOSSIBLE = [
    "return 'a'.padStart(2 ** 30).length",
    "let s = 'x'; for (;;) s += s",
    "return new Uint8Array(2 ** 30 - 1).sort((a, b) => a - b).length",
    "return new Array(2 ** 32 - 1).fill(0).length",
    "return new ArrayBuffer(2 ** 31).byteLength",
    "return 'x'.repeat(2 ** 29).split('').length",
    "return JSON.stringify('\\u0001'.repeat(2 ** 28)).length",
]


@pytest.mark.parametrize("body", IMPOSSIBLE)
def test_an_impossible_allocation_is_an_error_or_a_limit_never_a_crash(guest, spend, body):
    made = guest(body)
    try:
        assert made.run(spend(cpu_ms=2000))["ok"] is False
    except Ended as ended:
        assert ended.name in ("MemoryLimit", "CpuLimit")
    assert guest("return 1").value() == 1


DEEP = [
    "let d = 0; (function f() { d++; f() })()",
    "const a = []; a[0] = a; for (let i = 0, b = a; i < 1e5; i++) { b = [b]; a[0] = b } return String(a).length",
    "return eval('('.repeat(100000))",
    "return eval('['.repeat(100000) + ']'.repeat(100000))",
    "return JSON.parse('['.repeat(200000) + ']'.repeat(200000)).length",
    "let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; return JSON.stringify(o).length",
    "return new RegExp('('.repeat(50000) + ')'.repeat(50000)).test('')",
    "class A { get x() { return this.x } } return new A().x",
    "const p = new Proxy({}, { get: (t, k, r) => r[k] }); return p.x",
    "let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; return o",
]


@pytest.mark.parametrize("body", DEEP)
def test_deep_recursion_is_an_error_or_a_limit_never_a_crash(guest, spend, body):
    try:
        made = guest(body)
        assert made.run(spend(cpu_ms=3000))["ok"] is False
    except Ended as ended:
        assert ended.name in ("StackLimit", "MemoryLimit", "CpuLimit", "GuestBroke")
    assert guest("return 1").value() == 1


def test_a_caught_recursion_can_go_on(guest):
    body = "let d = 0; try { (function f() { d++; f() })() } catch (e) { return [d > 100, e.name] }"
    assert guest(body).value() == [True, "RangeError"]


def test_a_result_over_its_cap_is_refused(guest):
    with pytest.raises(Ended) as ended:
        guest("return 'x'.repeat(20 << 20)").run()
    assert ended.value.name in ("ResultTooLarge", "MemoryLimit")


def test_a_host_call_over_its_cap_is_refused_before_the_host_sees_it(guest):
    made = guest("try { Log.info('x'.repeat(2 << 20)) } catch {} return 1")
    with pytest.raises(Ended) as ended:
        made.run()
    assert ended.value.name == "ResultTooLarge"
    assert made.asked == []


def test_a_promise_that_never_settles_is_reported(guest):
    with pytest.raises(Ended) as ended:
        guest("return new Promise(() => {})").run()
    assert ended.value.name == "NotSettled"


@pytest.mark.parametrize("thrown", ["5", "undefined", "null", "Symbol('x')", "{ a: 1 }", "() => 1", "10n"])
def test_anything_can_be_thrown(guest, thrown):
    result = guest(f"throw {thrown}").run()
    assert result["ok"] is False
    assert isinstance(result["error"]["message"], str)


@pytest.mark.parametrize("returned", ["10n", "Symbol('x')", "(() => { const a = {}; a.a = a; return a })()"])
def test_what_is_not_json_cannot_be_returned(guest, returned):
    assert guest(f"return {returned}").run()["ok"] is False


def test_while_a_bundle_is_evaluated_there_is_no_invocation(guest):
    body = "return refusal"
    top = "var refusal = 'none'; try { Secrets.get('api_key') } catch (e) { refusal = e.name }"
    assert guest(body, top=top).value() == "NotAvailable"


def test_a_module_that_leaves_a_promise_pending_is_named(kernel, spend):
    script = b"""__backfill_modules({
      "src/api/a.ts": () => ({ GET: () => 1 }),
      "src/api/b.ts": () => { Promise.resolve().then(() => 1); return { GET: () => 1 } },
      "src/api/c.ts": () => ({ ready: Promise.resolve(1), GET: () => 1 }),
    })"""
    image = kernel.evaluate(prelude(cache_folder()), script, 0, spend())
    errors = json.loads(image.description)["errors"]
    assert [error["file"] for error in errors] == ["src/api/b.ts"]
    assert "pending" in errors[0]["message"]


def test_jobs_left_by_a_module_cannot_run_for_ever(kernel, spend):
    script = b"""__backfill_modules({"src/api/a.ts": () => {
      const again = () => Promise.resolve().then(again); again(); return {};
    }})"""
    with pytest.raises(Ended) as ended:
        kernel.evaluate(prelude(cache_folder()), script, 0, spend(cpu_ms=100))
    assert ended.value.name == "CpuLimit"


def test_what_a_microtask_throws_is_the_runs_error(guest):
    body = "queueMicrotask(() => { throw new TypeError('late') }); return new Promise(() => {})"
    result = guest(body).run()
    assert result["ok"] is False
    assert (result["error"]["name"], result["error"]["message"]) == ("TypeError", "late")
    assert result["error"]["code"] == "handler_error"
