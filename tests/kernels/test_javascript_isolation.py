"""A guest finds nothing but its own realm, and leaves nothing behind."""

from __future__ import annotations

import pytest

from sandbox_host.kernels.instance import Ended

NO_HOST = (
    "process",
    "require",
    "fetch",
    "XMLHttpRequest",
    "WebAssembly",
    "Deno",
    "Bun",
    "std",
    "os",
    "setTimeout",
)


@pytest.mark.parametrize("name", NO_HOST)
def test_no_global_of_a_host_exists(guest, name):
    assert guest(f"return typeof globalThis.{name}").value() == "undefined"


@pytest.mark.parametrize(
    "reach",
    [
        "this?.constructor?.constructor ?? (() => {}).constructor",
        "[].constructor.constructor",
        "(async function () {}).constructor",
        "(function* () {}).constructor",
        "(async function* () {}).constructor",
        "Reflect.construct(Function, ['return 1']).constructor",
        "(() => { try { null.x } catch (e) { return e.constructor.constructor } })()",
        "(() => { function f() { return f() + 1 } try { f() } catch (e) { return e.constructor.constructor } })()",
        "Http.get.constructor",
        "api.constructor",
        "Object.getPrototypeOf(JSON.parse).constructor",
    ],
)
def test_a_function_constructor_reaches_the_guests_own_globals_only(guest, reach):
    body = f"""
      const make = {reach};
      const read = async (text) => {{ const r = make(text)(); return r?.next ? (await r.next()).value : await r; }};
      return [await read("return typeof process"), await read("return globalThis") === globalThis];
    """
    assert guest(body).value() == ["undefined", True]


def test_indirect_eval_stays_in_the_realm(guest):
    assert guest("return [(0, eval)('typeof globalThis'), (0, eval)('typeof process')]").value() == [
        "object",
        "undefined",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "os",
        "std",
        "fs",
        "node:fs",
        "http://x/y.js",
        "data:text/javascript,1",
        "file:///etc/passwd",
        "../x",
        "\\0",
    ],
)
def test_nothing_can_be_imported_at_run_time(guest, name):
    load = f"await new Function('return import(\"{name}\")')()"
    body = f"try {{ {load}; return 'loaded' }} catch (e) {{ return 'refused' }}"
    assert guest(body).value() == "refused"


def test_the_door_to_the_host_is_out_of_reach(guest):
    body = """
      const names = Object.getOwnPropertyNames(globalThis).filter((name) => name.includes("backfill"));
      const symbols = Object.getOwnPropertySymbols(globalThis).map(String).filter((s) => s.includes("backfill"));
      return [names, symbols, typeof __backfill_host, typeof __backfill_main, typeof __backfill_modules];
    """
    assert guest(body).value() == [[], [], "undefined", "undefined", "undefined"]


def test_the_global_names_are_a_known_list(guest):
    expected = set(guest("return Object.getOwnPropertyNames(globalThis)").value())
    ours = {
        "Entity",
        "Log",
        "Http",
        "Settings",
        "Secrets",
        "OAuth",
        "api",
        "ingest",
        "sync",
        "verify",
        "Crypto",
    }
    assert ours <= expected
    seen = guest(
        "return [].constructor.constructor('return Object.getOwnPropertyNames(globalThis)')()"
    ).value()
    assert set(seen) == expected


def test_a_run_leaves_nothing_for_the_next(guest):
    counting = guest("return (globalThis.seen = (globalThis.seen || 0) + 1)", top="var seen = 0;")
    assert [counting.value() for _ in range(3)] == [1, 1, 1]


def test_a_run_leaves_nothing_after_a_trap(guest, spend):
    breaking = guest("globalThis.seen++; if (seen > 41) { for (;;); } return seen", top="var seen = 41;")
    for _ in range(2):
        with pytest.raises(Ended) as ended:
            breaking.run(spend(cpu_ms=50))
        assert ended.value.name == "CpuLimit"


def test_overwriting_builtins_changes_nothing_for_the_prelude(guest):
    body = """
      Function.prototype.call = () => "hijacked"; Function.prototype.apply = () => "hijacked";
      JSON.stringify = () => '{"hijacked":true}'; JSON.parse = () => ({ hijacked: true });
      Promise.prototype.then = () => { throw new Error("then") };
      Object.prototype.ok = "polluted"; Object.prototype.error = { name: "polluted" };
      const got = Http.get("https://api.example.com/v1/x", { headers: { "x-a": "b" } });
      return got.status;
    """
    made = guest(body)
    assert made.value() == 200
    assert made.asked == [
        {
            "capability": "http",
            "action": "get",
            "args": {"url": "https://api.example.com/v1/x", "options": {"headers": {"x-a": "b"}}},
        }
    ]


def test_arguments_are_read_once(guest):
    body = """
      let reads = 0;
      const options = { get headers() { reads++; return { "x-n": String(reads) } } };
      Http.get("https://api.example.com/", options);
      return reads;
    """
    made = guest(body)
    assert made.value() == 1
    assert made.asked[0]["args"]["options"]["headers"] == {"x-n": "1"}


def test_proto_keys_are_plain_data(guest):
    body = """
      Http.post("https://api.example.com/", JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2}'));
      return ({}).polluted ?? "clean";
    """
    made = guest(body)
    assert made.value() == "clean"
    assert made.asked[0]["args"]["body"] == {"__proto__": {"polluted": 1}, "constructor": 2}


def test_a_stack_names_no_file_of_the_host(guest):
    stack = guest("return new Error('x').stack").value()
    assert "/" not in stack.replace("bundle.js", "").replace("prelude.js", "")


def test_the_clock_stands_still_between_host_calls(guest):
    body = """
      const before = Date.now(); let i = 0; while (i < 1e5) i++;
      const after = Date.now(); Log.info("x"); return [after - before, Date.now() - after, performance.now() >= 0];
    """
    assert guest(body).value() == [0, 5, True]


def test_randomness_differs_between_runs_and_repeats_with_the_seed(guest):
    made = guest("return [Math.random(), Math.random()]")
    first, again, other = (made.run(seed=seed)["value"]["body"] for seed in (7, 7, 8))
    assert first == again
    assert first != other
    assert first[0] != first[1]


SETTER = "Object.defineProperty(Array.prototype, 0, {{ configurable: true, set(value) {{ {body} }} }});"


def test_a_setter_of_array_prototype_sees_no_value_of_the_prelude(guest):
    """Each way into the prelude that handles lists. The engine's own `JSON.stringify` assigns what it goes into to a
    list of its own, so the guest's own values are seen."""
    body = f"""
      const own = new Set(); let foreign = 0, seen = 0;
      const keep = (value) => {{
        if (value === null || typeof value !== "object") return value;
        own.add(value); for (const key in value) keep(value[key]); return value;
      }};
      {SETTER.format(body="if (own.has(value)) seen++; else foreign++;")}
      const mine = []; mine[0] = keep({{}});
      Http.post("https://api.example.com/", keep({{ list: [1, 2] }}), keep({{ headers: {{ a: "b" }} }}));
      Log.info("x", keep({{ list: [1] }}));
      try {{ Log.info("x", keep({{ list: [() => 1] }})) }} catch {{}}
      Entity.query("Customer", keep({{ where: {{ id: {{ in: ["a"] }} }}, include: ["line_items"] }}));
      sync.listPage(keep({{ searchParams: {{}}, body: null }}), "s").commit(keep({{ cursor: "c" }}));
      return keep({{ foreign, own: seen > 0 }});
    """
    assert guest(body).value() == {"foreign": 0, "own": True}


def test_a_setter_that_pushes_calls_itself_as_the_language_says(guest):
    """`push` assigns to index 0 of a list without one, and so calls the setter again: ECMA-262, Array.prototype.push
    and OrdinarySet. Node ends the same with a RangeError."""
    body = f"""
      const seen = []; {SETTER.format(body="seen.push(typeof value);")}
      try {{ const mine = []; mine[0] = {{}}; return seen.length }} catch (e) {{ return e.name }}
    """
    assert guest(body).value() == "RangeError"
