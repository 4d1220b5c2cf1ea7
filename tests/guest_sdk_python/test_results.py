"""From the host's message to a handler and back: answers, refusals and errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from guest_sdk import BackfillError, errors
from guest_sdk._runtime import door, host
from guest_sdk._runtime import errors as reported
from sandbox_host import errors as host_errors

Python = Callable[..., Any]
Javascript = Callable[..., Any]

ANSWERS = [
    ("{a: 1}", '{"a": 1}'),
    ("undefined", "None"),
    ("[1, 'é']", "(1, 'é')"),
    ("{__api_response: true, status: 418, body: 'tea'}", '{"__api_response": True, "status": 418, "body": "tea"}'),
    ("{__api_response: true, body: 1}", '{"__api_response": True, "body": 1}'),
    (
        "api.json({ok: true}, {status: 202, headers: {'x-a': 'b'}})",
        'api.json({"ok": True}, status=202, headers={"x-a": "b"})',
    ),
    ("api.json([1])", "api.json([1])"),
    ("api.badRequest('m', {n: 1})", 'api.bad_request("m", {"n": 1})'),
    ("api.badRequest()", "api.bad_request()"),
    ("api.unauthorized()", "api.unauthorized()"),
    ("api.forbidden('m')", 'api.forbidden("m")'),
    ("api.notFound('m')", 'api.not_found("m")'),
    ("api.error('m')", 'api.error("m")'),
    (
        "api.error('m', {status: 503, headers: {a: 'b'}, data: [1]})",
        'api.error("m", status=503, headers={"a": "b"}, data=[1])',
    ),
    ("api.providerError('m')", 'api.provider_error("m")'),
    (
        "api.providerError('m', Http.get('https://a.test/404'))",
        'api.provider_error("m", Http.get("https://a.test/404"))',
    ),
    (
        "api.providerError('m', Http.get('https://a.test/429'))",
        'api.provider_error("m", Http.get("https://a.test/429"))',
    ),
    ("Http.get('https://a.test/429')", 'Http.get("https://a.test/429")'),
]  # fmt: skip


def provider(call: dict[str, Any]) -> dict[str, Any]:
    status = int(call["args"]["url"][-3:])
    headers = {"retry-after": "3"} if status == 429 else {}
    return {"ok": {"status": status, "headers": headers, "body": "b", "ok": False}}


@pytest.mark.parametrize(("typescript", "code"), ANSWERS)
def test_what_a_route_returns_becomes_the_response_that_typescript_makes(
    python: Python, javascript: Javascript, typescript: str, code: str
) -> None:
    ours = python(f"return {code}").invoke(answer=provider)
    assert ours["ok"]
    assert ours == javascript(f"return ({typescript})").invoke(answer=provider)


@pytest.mark.parametrize("status", ["'200'", "99", "600", "200.5", "True"])
def test_a_status_that_is_none_is_refused(python: Python, status: str) -> None:
    error = python(f'return {{"__api_response": True, "status": {status}}}').error()
    assert error["message"] == "the response's status must be a whole number from 100 to 599"


def test_headers_that_are_none_are_refused(python: Python) -> None:
    error = python('return {"__api_response": True, "headers": ["a"]}').error()
    assert error["message"] == "the response's headers must be a dict of strings"


def test_a_handler_may_be_marked_and_is_not_changed(python: Python) -> None:
    top = "@api\ndef GET(request):\n    return 1\n"
    made = python("return 2", top=top)
    assert made.body(export="GET") == 1
    assert made.namespace["GET"].__name__ == "GET"


def test_only_a_function_can_be_marked(python: Python) -> None:
    assert python('api("x")').error()["message"] == "api(handler): handler must be a function"


def test_an_async_handler_is_told_to_be_plain(python: Python) -> None:
    made = python("return 1", top="async def GET(request):\n    return 1\n")
    message = "src/api/x.py: GET is async; every call here is synchronous, so write def"
    assert made.error(export="GET")["message"] == message


def test_the_request_is_what_the_host_said_and_json_parses_the_raw_body(python: Python) -> None:
    made = python("""
        return [request.method, request.search_params, request.headers, request.body, request.raw_body,
                request.json()["a"], request.context.tenant.id, request.context.extension.key,
                request.context.connection.id, request.params]
    """)
    request = {
        "rawBody": '{"a": 5}', "body": {"a": 6}, "searchParams": {"q": ["1", "2"]}, "headers": {"x-a": "b"},
        "context": {"tenant": {"id": "t"}, "extension": {"key": "x"}, "connection": {"id": "c"}},
    }  # fmt: skip
    assert made.body(request=request) == [
        "POST", {"q": ["1", "2"]}, {"x-a": "b"}, {"a": 6}, '{"a": 5}', 5, "t", "x", "c", {},
    ]  # fmt: skip


@pytest.mark.parametrize("raw", ["", "nope", "NaN", "[" * 200_000])
def test_a_body_that_is_not_json_is_refused(python: Python, raw: str) -> None:
    error = python("request.json()").error(request={"rawBody": raw})
    assert (error["name"], error["message"]) == ("InvalidArgument", "request.json(): the body is not JSON")


def test_a_route_without_a_connection_has_none(python: Python) -> None:
    assert python("return request.context.connection").body() is None


def test_a_job_is_called_without_and_a_hook_with_its_context(python: Python) -> None:
    assert python("return 7", arguments="").body(kind="job") == 7
    hook = python(
        "return [ctx.entity, ctx.entity_type, ctx.operation, ctx.previous, ctx.changes, ctx.actor.id, "
        "ctx.actor.root.type]",
        arguments="ctx",
    )
    root = {"type": "user", "id": "u"}
    context = {
        "entity": {"total": "1"}, "entityType": "Invoice", "operation": "create", "previous": None,
        "changes": ["total"], "actor": {"type": "install", "id": "i", "root": root},
    }  # fmt: skip
    assert hook.body(kind="hook", request=context) == [
        {"total": "1"}, "Invoice", "create", None, ["total"], "i", "user",
    ]  # fmt: skip


def test_what_a_hook_returns_is_no_response(python: Python) -> None:
    returned = python('return {"__api_response": True, "status": 999}', arguments="ctx")
    assert returned.body(kind="hook", request={}) == {"__api_response": True, "status": 999}


def test_a_missing_export_is_named(python: Python) -> None:
    assert python("return 1").error(export="GET")["message"] == "src/api/x.py exports no function GET"


PAGES: list[tuple[dict[str, Any], list[Any]]] = [
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
    ({"body": {"cursor": None}, "searchParams": {"cursor": "c"}}, ["s", "c", 1, 100, None, None]),
]


@pytest.mark.parametrize(("request_", "expected"), PAGES)
def test_a_list_page_is_what_the_host_asked_for(
    python: Python, javascript: Javascript, request_: dict[str, Any], expected: list[Any]
) -> None:
    ours = python(
        'p = sync.list_page(request, "s")\nreturn [p.stream, p.cursor, p.page, p.page_size, p.from_, p.to]'
    )
    theirs = javascript(
        "const p = sync.listPage(request, 's'); return [p.stream, p.cursor, p.page, p.pageSize, p.from, p.to]"
    )
    assert ours.body(request=request_) == expected == theirs.body(request=request_)


@pytest.mark.parametrize("size", ["0", "x", "1.5", "-1"])
def test_a_page_size_that_is_none_is_refused(python: Python, size: str) -> None:
    error = python('sync.list_page(request, "s")').error(request={"searchParams": {"page_size": size}})
    assert error["message"] == "page_size must be a whole number from 1"


def test_a_list_page_wants_the_request_and_a_stream(python: Python) -> None:
    assert "the route's request" in python('sync.list_page({}, "s")').error()["message"]
    assert "must be a string" in python("sync.list_page(request, 1)").error()["message"]


@pytest.mark.parametrize("key", ["payloads={}, idempotency_key=str", 'payloads=[], idempotency_key="k"'])
def test_a_batch_wants_a_list_and_functions(python: Python, key: str) -> None:
    made = python(f'ingest.batch("customer", stream="s", {key})')
    assert made.error()["name"] == "InvalidArgument"
    assert made.asked == []


# Errors


def guest_errors() -> list[str]:
    return sorted(each.__name__ for each in host_errors.GuestError.__subclasses__())


def test_the_tree_has_every_error_that_the_host_sends() -> None:
    ours = sorted(each.__name__ for each in BackfillError.__subclasses__())
    assert ours == guest_errors() == sorted(set(errors.__all__) - {"BackfillError"})


@pytest.mark.parametrize("name", guest_errors())
def test_a_host_error_can_be_caught_by_its_class(python: Python, name: str) -> None:
    made = python(
        f"try:\n    Secrets.get('x')\nexcept {name} as e:\n    return [e.name, e.code, e.message, str(e)]"
    )
    code = host_errors.snake_case(name)
    refusal = {"name": name, "code": code, "message": "no"}
    assert made.body(answer=lambda _: {"error": refusal}) == [name, code, "no", "no"]


def test_an_error_that_this_sdk_does_not_know_is_a_backfill_error(python: Python) -> None:
    made = python("try:\n    Secrets.get('x')\nexcept BackfillError as e:\n    return [e.name, e.code]")
    refusal = {"name": "Newer", "code": "newer", "message": "no"}
    assert made.body(answer=lambda _: {"error": refusal}) == ["Newer", "newer"]


def test_a_host_error_that_is_not_caught_keeps_its_code(python: Python) -> None:
    refusal = {"name": "PermissionDenied", "code": "permission_denied", "message": "no"}
    error = python("Secrets.get('x')").error(answer=lambda _: {"error": refusal})
    assert error == refusal | {"stack": '  File "src/api/x.py", line 3, in POST\n'}


def test_an_error_of_the_authors_own_keeps_its_name_and_has_the_handlers_code(python: Python) -> None:
    error = python("raise Mine('m')", top="class Mine(PermissionDenied): pass").error()
    assert (error["name"], error["code"], error["message"]) == ("Mine", "handler_error", "m")


RAISED = [
    ("RuntimeError('far')", "", "RuntimeError", "far"),
    ("SystemExit(3)", "", "SystemExit", "3"),
    ("KeyboardInterrupt()", "", "KeyboardInterrupt", ""),
    ("GeneratorExit('g')", "", "GeneratorExit", "g"),
    ("StopIteration('s')", "", "StopIteration", "s"),
    ("ExceptionGroup('g', [ValueError('a')])", "", "ExceptionGroup", "g (1 sub-exception)"),
    ("E()", "class E(Exception):\n    def __str__(self): raise SystemExit(1)", "E", ""),
    ("E()", "class E(Exception):\n    def __str__(self): return self.__str__()", "E", ""),
    ("E()", "class E(Exception):\n    def __str__(self): return 1", "E", ""),
    ("E(O())", "class O:\n    __repr__ = __str__ = None\nclass E(Exception): pass", "E", ""),
    (
        "E('m')",
        """
class T(str):
    def __getitem__(self, at): raise KeyError(at)
class E(Exception):
    def __str__(self): return T('odd')
""",
        "E",
        "odd",
    ),
    (
        "E('m')",
        """
class E(Exception):
    __traceback__ = property(lambda self: 1 / 0)
    __cause__ = 1
    __class__ = property(lambda self: 1 / 0)
""",
        "E",
        "m",
    ),
    (
        "E('m')",
        """
class M(type):
    __name__ = property(lambda c: 1 / 0)
class E(Exception, metaclass=M): pass
""",
        "E",
        "m",
    ),
    ("PermissionDenied.__new__(PermissionDenied)", "", "PermissionDenied", ""),
    ("1", "", "TypeError", "exceptions must derive from BaseException"),
]  # fmt: skip


@pytest.mark.parametrize(("thrown", "top", "name", "message"), RAISED)
def test_whatever_a_handler_raises_is_reported(
    python: Python, thrown: str, top: str, name: str, message: str
) -> None:
    error = python(f"raise {thrown}", top=top).error()
    assert (error["name"], error["message"]) == (name, message)
    assert 'File "src/api/x.py"' in error["stack"] or name == "TypeError"


def test_a_stack_holds_the_authors_frames_with_causes(python: Python) -> None:
    made = python("""
        try:
            {}["id"]
        except KeyError as error:
            raise ValueError("no id") from error
    """)
    assert made.error()["stack"].splitlines() == [
        '  File "src/api/x.py", line 7, in POST',
        "caused by KeyError: 'id'",
        '  File "src/api/x.py", line 5, in POST',
    ]


def test_the_frames_of_the_runtime_are_not_the_authors(
    python: Python, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = python("return Http.get({1, 2})")
    assert made.error()["stack"].count("File") == 1
    monkeypatch.setattr(reported, "_file_of", lambda file: file)
    assert made.error()["stack"].count("File") > 3


def test_a_suppressed_cause_is_not_told(python: Python) -> None:
    made = python("try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError('v') from None")
    assert "caused" not in made.error()["stack"]


def test_causes_that_go_in_a_circle_end(python: Python) -> None:
    made = python("a, b = ValueError('a'), ValueError('b')\na.__cause__, b.__cause__ = b, a\nraise a")
    assert made.error()["stack"].count("caused by") == 1


def test_endless_recursion_is_reported_as_the_host_knows_it(python: Python) -> None:
    error = python("def f(n):\n    return f(n + 1)\nreturn f(0)").error()
    assert (error["name"], error["message"]) == ("RecursionError", "maximum recursion depth exceeded")
    assert len(error["stack"]) < 4_000 and "more frames" in error["stack"]


def test_running_out_of_memory_is_reported_as_the_host_knows_it(python: Python) -> None:
    error = python("raise MemoryError").error()
    assert (error["name"], error["message"]) == ("MemoryError", "out of memory")


def test_a_report_that_breaks_is_still_one(python: Python, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise SystemExit

    monkeypatch.setattr(reported, "stack_of", broken)
    assert python("raise ValueError('v')").error() == {
        "name": "Error", "code": "handler_error", "message": "", "stack": "",
    }  # fmt: skip


def test_long_names_messages_and_stacks_are_cut(python: Python) -> None:
    error = python("raise type('N' * 999, (Exception,), {})('m' * 99_999)").error()
    assert (len(error["name"]), len(error["message"])) == (128, 8_192)


def test_half_a_surrogate_pair_crosses_as_its_escape(python: Python) -> None:
    sent: list[str] = []
    door.connect(lambda text: sent.append(text) or '{"ok":null}')
    host.enter("running")
    from guest_sdk import Log

    Log.info("\ud83d\ude00 \ud800 é")
    assert sent[0].encode() and json.loads(sent[0])["args"]["message"] == "😀 \ud800 é"
    assert "😀 \\ud800 é" in sent[0]
