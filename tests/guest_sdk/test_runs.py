"""From the host's message to a handler and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox_host.kernels.instance import Ended

FILE = "src/api/x.ts"
THROWN = "a value that is not an Error was thrown: "


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        ("{a: 1, u: undefined}", {"status": 200, "headers": {}, "body": {"a": 1}}),
        ("undefined", {"status": 200, "headers": {}, "body": None}),
        ("[1, 'é']", {"status": 200, "headers": {}, "body": [1, "é"]}),
        ("{then(resolve) { resolve(7) }}", {"status": 200, "headers": {}, "body": 7}),
        ("{__api_response: true, status: 418, body: 'tea'}", {"status": 418, "headers": {}, "body": "tea"}),
        (
            "api.json({ok: true}, {status: 202, headers: {'x-a': 'b'}})",
            {"status": 202, "headers": {"x-a": "b"}, "body": {"ok": True}},
        ),
    ],
)
def test_whatever_a_route_returns_becomes_a_response(
    guest: Any, returned: str, expected: dict[str, Any]
) -> None:
    assert guest(f"return ({returned})").invoke() == {"ok": True, "value": expected}


@pytest.mark.parametrize(
    ("call", "status", "error"),
    [
        ("badRequest('m', {n: 1})", 400, {"code": "bad_request", "message": "m", "data": {"n": 1}}),
        ("unauthorized()", 401, {"code": "unauthorized", "message": "Unauthorized"}),
        ("forbidden('m')", 403, {"code": "forbidden", "message": "m"}),
        ("notFound('m')", 404, {"code": "not_found", "message": "m"}),
        ("error('m')", 500, {"code": "error", "message": "m"}),
        ("error('m', {status: 502})", 502, {"code": "error", "message": "m"}),
        (
            "providerError('m', {status: 404, headers: {}})",
            502,
            {"code": "provider_error", "message": "m", "data": {"provider_status": 404}},
        ),
    ],
)
def test_a_helper_refuses_with_its_status(guest: Any, call: str, status: int, error: dict[str, Any]) -> None:
    value = guest(f"return api.{call}").invoke()["value"]
    assert (value["status"], value["body"]) == (status, {"error": error})


def test_a_providers_429_stays_one_with_the_time_to_wait(guest: Any) -> None:
    value = guest("return api.providerError('m', {status: 429, headers: {'retry-after': '3'}})").invoke()[
        "value"
    ]
    assert (value["status"], value["headers"]) == (429, {"retry-after": "3"})
    assert value["body"]["error"]["code"] == "provider_throttled"


@pytest.mark.parametrize("status", ["'200'", "99", "600", "200.5", "NaN"])
def test_a_status_that_is_none_is_refused(guest: Any, status: str) -> None:
    error = guest(f"return {{__api_response: true, status: {status}}}").error()
    assert error["message"] == "the response's status must be a whole number from 100 to 599"


def test_an_answer_that_is_not_json_is_refused_by_its_path(guest: Any) -> None:
    error = guest("return {a: [() => 1]}").error()
    assert error["message"] == "the returned value.a[0] is a function; only plain JSON can be handed over"


@pytest.mark.parametrize(
    ("thrown", "name", "message"),
    [
        ("new RangeError('far')", "RangeError", "far"),
        ("new (class Mine extends Error { name = 'Mine' })('m')", "Mine", "m"),
        ("'plain text'", "Error", "plain text"),
        ("{a: 1}", "Error", THROWN + '{"a":1}'),
        ("undefined", "Error", THROWN + "undefined"),
        ("null", "Error", THROWN + "null"),
        ("1n", "Error", THROWN + "a BigInt"),
        ("Symbol()", "Error", THROWN + "a symbol"),
        (
            "(Object.defineProperty(Error, Symbol.hasInstance, {value() { throw 1 }}), 1)",
            "Error",
            THROWN + "1",
        ),
        ("new Proxy({}, {get() { throw 1 }})", "Error", THROWN + "an object"),
    ],
)
def test_whatever_a_handler_throws_is_reported(guest: Any, thrown: str, name: str, message: str) -> None:
    error = guest(f"throw {thrown}").error()
    assert (error["name"], error["code"], error["message"]) == (name, "handler_error", message)


def test_a_reported_stack_holds_the_guests_frames_only(guest: Any) -> None:
    error = guest("function deep() { throw new Error('x') } deep()").error()
    assert error["stack"].lstrip().startswith("at deep (bundle.js:1:")
    assert "prelude" not in error["stack"] and "native" not in error["stack"]


def test_a_host_error_that_is_not_caught_keeps_its_code(guest: Any) -> None:
    refusal = {"name": "PermissionDenied", "code": "permission_denied", "message": "no"}
    forged = "catch (e) { e.code = 'handler_error'; e.message = 'changed'; throw e }"
    error = guest(f"try {{ Secrets.get('x') }} {forged}").error(answer=lambda _: {"error": refusal})
    assert (error["name"], error["code"], error["message"]) == ("PermissionDenied", "permission_denied", "no")


def test_the_request_is_what_the_host_said_and_json_parses_the_raw_body(guest: Any) -> None:
    made = guest("return [Object.keys(request), request.json().a, request.body]")
    keys, parsed, body = made.body(request={"rawBody": '{"a": 5}', "body": {"a": 6}})
    assert keys == ["method", "searchParams", "params", "body", "rawBody", "headers", "context"]
    assert (parsed, body) == (5, {"a": 6})


def test_a_job_is_called_without_and_a_hook_with_its_context(modules: Callable[..., Any]) -> None:
    made = modules({"src/a.ts": "({run: async (...a) => ({n: a.length, given: a[0] ?? null})})"})
    assert made.body(export="run", kind="job", file="src/a.ts")["given"] is None
    hook = made.body(export="run", kind="hook", file="src/a.ts", request={"operation": "create"})
    assert hook == {"n": 1, "given": {"operation": "create"}}


def test_a_missing_export_is_named(guest: Any) -> None:
    assert guest("return 1").error(export="GET")["message"] == f"{FILE} exports no function GET"


def test_a_promise_that_never_settles_is_told_from_an_answer(guest: Any) -> None:
    with pytest.raises(Ended, match="never settles"):
        guest("return new Promise(() => {})").invoke()


def test_random_repeats_with_its_seed_and_differs_without(guest: Any) -> None:
    made = guest("return [Math.random(), Math.random()]")
    first, again, other = made.body(seed=1), made.body(seed=1), made.body(seed=2)
    assert first == again != other and first[0] != first[1]
    assert all(0 <= number < 1 for number in first + other)


def test_a_guest_that_kept_random_from_its_loading_gets_the_runs_sequence(guest: Any) -> None:
    made = guest("return random()", top="const { random } = Math; random()")
    assert made.body(seed=1) != made.body(seed=2)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, ["s", None, 1, 100, None, None]),
        (
            {"searchParams": {"cursor": "c", "page": "3", "page_size": "20", "from": "a", "to": ["b", "z"]}},
            ["s", "c", 3, 20, "a", "b"],
        ),
        (
            {"searchParams": {"cursor": "old"}, "body": {"cursor": "new", "page": 2, "page_size": 5}},
            ["s", "new", 2, 5, None, None],
        ),
        ({"body": "text", "searchParams": {"cursor": ""}}, ["s", None, 1, 100, None, None]),
    ],
)
def test_a_list_page_is_what_the_host_asked_for(
    guest: Any, request_: dict[str, Any], expected: list[Any]
) -> None:
    code = (
        "const p = sync.listPage(request, 's'); return [p.stream, p.cursor, p.page, p.pageSize, p.from, p.to]"
    )
    assert guest(code).body(request=request_) == expected


@pytest.mark.parametrize("size", ["0", "x", "1.5"])
def test_a_page_size_that_is_none_is_refused(guest: Any, size: str) -> None:
    made = guest("sync.listPage(request, 's')")
    error = made.error(request={"searchParams": {"page_size": size}})
    assert error["message"] == "page_size must be a whole number from 1"
