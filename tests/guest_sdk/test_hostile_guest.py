"""A guest that replaces the language under the prelude: it must not change what the host is asked, and must not
get hold of what the prelude keeps to itself. Each guard is also taken out, to see that the attack is a real one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox_host.kernels.engine import cache_folder
from sandbox_host.kernels.prelude import prelude

WORK = """
const key = Secrets.get("api_key");
Http.post("https://a.test/", {a: [1, {b: 2}], gone: undefined}, {auth: {bearer: key}});
ingest.batch("customer", [{id: "c"}], {stream: "s", idempotencyKey: (p) => "k:" + p.id, sourceId: (p) => p.id});
Log.info("done", {n: 1});
const page = sync.listPage(request, "s");
page.commit({cursor: "c", hasMore: true});
let caught;
try { Settings.get(1n) } catch (error) { caught = [error.name, error.code, error.message] }
return api.json({key, caught, cursor: page.cursor}, {status: 201});
"""

HIJACK = """
const define = Object.defineProperty;
const trap = () => { throw "hijacked" };
const targets = [
  [Function.prototype, ["call", "apply", "bind"]],
  [Array.prototype, ["push", "map", "join", "slice", "forEach", "concat", "includes", "indexOf", Symbol.iterator]],
  [String.prototype, ["slice", "indexOf", "lastIndexOf", "split", "replace", Symbol.iterator]],
  [WeakMap.prototype, ["get", "set", "has"]],
  [Promise.prototype, ["then", "catch", "finally"]],
  [Promise, ["resolve", "reject"]],
  [JSON, ["parse", "stringify"]],
  [Reflect, ["apply", "ownKeys", "defineProperty", "deleteProperty"]],
  [Object, ["keys", "freeze", "hasOwn", "entries", "assign", "defineProperty"]],
  [Number, ["isInteger"]],
  [Array, ["isArray"]],
  [globalThis, ["Error", "Promise", "Object", "Array", "String", "WeakMap", "JSON", "Reflect", "Number"]],
];
const names = ["error", "ok", "get", "set", "value", "writable", "status", "headers", "body", "cursor", "json",
  "name", "code", "message", "__api_response", "length", "include", "stream"];
for (let i = 0; i < targets.length; i++) {
  const target = targets[i][0];
  for (let j = 0; j < targets[i][1].length; j++) {
    define(target, targets[i][1][j], {__proto__: null, value: trap, configurable: true, writable: true});
  }
}
for (let i = 0; i < 3; i++) {
  define([].__proto__, i, {__proto__: null, get() {}, set() {}, configurable: true});
}
for (let i = 0; i < names.length; i++) {
  define({}.__proto__, names[i], {__proto__: null, get: () => undefined, set: trap, configurable: true});
}
"""


@pytest.fixture
def weakened() -> Callable[[str, str], bytes]:
    """The prelude's script with one guard taken out."""

    def make(guard: str, instead: str) -> bytes:
        script = prelude(cache_folder()).decode()
        assert guard in script, f"the guard is not in the script: {guard}"
        return script.replace(guard, instead).encode()

    return make


def answer(call: dict[str, Any]) -> dict[str, Any]:
    return {"ok": "v" if call["capability"] == "secrets" else {"a": 1}}


def test_a_guest_that_replaced_the_language_asks_for_the_same_and_gets_the_same(guest: Any) -> None:
    plain, hijacked = guest(WORK), guest(WORK, top=HIJACK)
    assert hijacked.invoke(answer=answer) == plain.invoke(answer=answer)
    assert hijacked.asked == plain.asked
    assert len(plain.asked) == 5


def test_without_captured_json_the_same_guest_rewrites_its_calls(guest: Any, weakened: Any) -> None:
    top = "const real = JSON.stringify; JSON.stringify = (v, r) => v === 'mine' ? '\"forged\"' : real(v, r)"
    code = 'Secrets.get("mine")'
    kept = guest(code, top=top)
    kept.body()
    assert kept.asked[0]["args"] == {"name": "mine"}

    open_ = weakened(
        "var { parse, stringify } = JSON;",
        "var parse = JSON.parse, stringify = (...a) => JSON.stringify(...a);",
    )
    lost = guest(code, top=top, script=open_)
    lost.body()
    assert lost.asked[0]["args"] == {"name": "forged"}  # fmt: skip


def test_nothing_of_the_host_is_left_on_the_global_object(guest: Any, weakened: Any) -> None:
    code = "return Reflect.ownKeys(globalThis).filter((key) => String(key).startsWith('__'))"
    assert guest(code).body() == []
    left = guest(code, script=weakened('deleteProperty(globalThis, "__backfill_host")', "true"))
    assert left.body() == ["__backfill_host"]


def test_the_global_names_are_the_engines_and_the_sdks(guest: Any, names: dict[str, list[str]]) -> None:
    found = guest("return Reflect.ownKeys(globalThis).map(String)").body()
    ours = {name for block in names.values() for name in block} | {"console"}
    assert ours <= set(found)
    foreign = {
        "process",
        "require",
        "fetch",
        "setTimeout",
        "WebAssembly",
        "std",
        "os",
        "scriptArgs",
        "Worker",
    }
    assert not foreign & set(found)


def test_the_sdks_globals_and_their_members_cannot_be_replaced(guest: Any, weakened: Any) -> None:
    code = (
        "for (const attempt of [() => { globalThis.Http = {get: () => 'mine'} }, () => { Http.get = () => 'mine' },"
        " () => { delete globalThis.Http }, () => { Object.defineProperty(Http, 'get', {value: () => 'mine'}) },"
        " () => { Secrets.get.call = 1 }]) { try { attempt() } catch {} }"
        "return Http.get('https://a.test/')"
    )
    assert guest(code).body(answer=lambda _: {"ok": "the host"}) == "the host"
    thawed = weakened(
        "define(globalThis, name, freeze(value), false)", "define(globalThis, name, value, true)"
    )
    assert guest(code, script=thawed).invoke()["ok"] is False


def test_a_stack_hook_gets_no_functions_of_the_prelude(guest: Any, weakened: Any) -> None:
    top = "globalThis.frames = 0; Error.prepareStackTrace = (error, sites) => { frames += sites.length; return '' }"
    code = "try { Settings.get(1n) } catch {} return frames"
    assert guest(code, top=top).body() == 0
    hooked = weakened('deleteProperty(Error, "prepareStackTrace");', "")
    assert guest(code, top=top, script=hooked).body() > 0


def test_an_error_on_the_prototype_of_objects_is_not_the_hosts_error(guest: Any, weakened: Any) -> None:
    top = "Object.prototype.error = {name: 'Forged', code: 'forged', message: 'by the guest'}"
    code = "return Secrets.get('k')"
    assert guest(code, top=top).body(answer=answer) == "v"
    inherited = weakened('hasOwn(answer, "error")', '"error" in answer')
    assert guest(code, top=top, script=inherited).error(answer=answer)["name"] == "Forged"


def test_a_getter_on_the_prototype_of_objects_breaks_no_descriptor(guest: Any, weakened: Any) -> None:
    top = "Object.prototype.get = () => 1"
    code = "return request.json()"
    assert guest(code, top=top).body(request={"rawBody": "[1]"}) == [1]
    inherited = weakened("      __proto__: null,\n      value,\n", "      value,\n")
    assert guest(code, top=top, script=inherited).error()["name"] == "TypeError"


def test_to_json_on_the_prototype_of_objects_changes_arguments_never_the_question(guest: Any) -> None:
    made = guest("Http.get('https://a.test/', {timeout: 1})", top="Object.prototype.toJSON = () => 'mine'")
    made.body()
    assert made.asked == [
        {"capability": "http", "action": "get", "args": {"url": "https://a.test/", "options": "mine"}}
    ]


def test_a_forged_then_settles_only_the_guests_own_run(guest: Any) -> None:
    top = (
        "Promise.prototype.then = function (resolve) { resolve({seen: typeof resolve}) };"
        "Promise.prototype.constructor = 1"
    )
    assert guest("return {mine: true}", top=top).body() in ({"mine": True}, {"seen": "function"})


def test_nothing_can_be_asked_after_the_answer(guest: Any) -> None:
    made = guest("(async () => { for (let i = 0; i < 50; i++) await null; Secrets.get('late') })(); return 1")
    assert made.body() == 1
    assert made.asked == []
