"""What each global asks the host for: the exact call, serialised once."""

from __future__ import annotations

from typing import Any

import pytest

PLAIN = "; only plain JSON can be handed over"
QUERY = "where, orderBy, limit, offset, include"
BATCH = (
    'ingest.batch("customer", [{id: "a"}, {id: "b"}], {stream: "s", continueOnError: true,'
    " sourceId: (p) => p.id, idempotencyKey: (p, i) => `k:${p.id}:${i}`})"
)

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    (
        'Http.get("https://a.test/x", {auth: {bearer: "k"}, timeout: undefined})',
        "http.get",
        {"url": "https://a.test/x", "options": {"auth": {"bearer": "k"}}},
    ),
    ('Http.delete("https://a.test/x")', "http.delete", {"url": "https://a.test/x"}),
    (
        'Http.post("https://a.test/", {a: [1, "é"]}, {headers: {"x-a": "1"}})',
        "http.post",
        {"url": "https://a.test/", "body": {"a": [1, "é"]}, "options": {"headers": {"x-a": "1"}}},
    ),
    ('Http.put("https://a.test/", "text")', "http.put", {"url": "https://a.test/", "body": "text"}),
    ('Http.patch("https://a.test/")', "http.patch", {"url": "https://a.test/"}),
    ('Secrets.get("api_key")', "secrets.get", {"name": "api_key"}),
    ('Secrets.set("api_key", "v")', "secrets.set", {"name": "api_key", "value": "v"}),
    ('Secrets.delete("api_key")', "secrets.delete", {"name": "api_key"}),
    ('Secrets.has("api_key")', "secrets.has", {"name": "api_key"}),
    ("Secrets.list()", "secrets.list", {}),
    ('Settings.get("rate")', "settings.get", {"key": "rate"}),
    ("Settings.getAll()", "settings.getAll", {}),
    ('Log.info("m", {n: 1})', "log.write", {"level": "info", "message": "m", "data": {"n": 1}}),
    ('Log.debug("m")', "log.write", {"level": "debug", "message": "m"}),
    ('Entity.get("Invoice", "1")', "entity.get", {"entity": "Invoice", "id": "1"}),
    (
        'Invoice.get("1", {include: ["customer"]})',
        "entity.get",
        {"entity": "Invoice", "id": "1", "include": ["customer"]},
    ),
    (
        'Invoice.query({where: {total: {gt: "5"}}, orderBy: [{field: "total", direction: "asc"}], limit: 2})',
        "entity.query",
        {
            "entity": "Invoice",
            "where": {"total": {"gt": "5"}},
            "orderBy": [{"field": "total", "direction": "asc"}],
            "limit": 2,
        },
    ),
    ('Customer.create({name: "Ada"})', "entity.create", {"entity": "Customer", "attrs": {"name": "Ada"}}),
    ('Customer.update("1", {a: null})', "entity.update", {"entity": "Customer", "id": "1", "attrs": {"a": None}}),
    ('Customer.delete("1")', "entity.delete", {"entity": "Customer", "id": "1"}),
    ('Customer.exists({name: "Ada"})', "entity.exists", {"entity": "Customer", "where": {"name": "Ada"}}),
    ("Customer.count()", "entity.count", {"entity": "Customer"}),
    (
        'Invoice.action("1", "void", {why: "x"})',
        "entity.action",
        {"entity": "Invoice", "id": "1", "name": "void", "params": {"why": "x"}},
    ),
    (
        'ingest.canonical("customer", {id: "c"}, {stream: "s", idempotencyKey: "k"})',
        "ingest.canonical",
        {"documentType": "customer", "payload": {"id": "c"}, "options": {"stream": "s", "idempotencyKey": "k"}},
    ),
    (
        BATCH,
        "ingest.batch",
        {
            "documentType": "customer",
            "items": [
                {"payload": {"id": "a"}, "idempotencyKey": "k:a:0", "sourceId": "a"},
                {"payload": {"id": "b"}, "idempotencyKey": "k:b:1", "sourceId": "b"},
            ],
            "options": {"stream": "s", "continueOnError": True},
        },
    ),
    (
        'sync.getCheckpoint("s", {partition: {shop: 1}})',
        "sync.getCheckpoint",
        {"stream": "s", "partition": {"shop": 1}},
    ),
    ('sync.setCheckpoint("s", {at: 1})', "sync.setCheckpoint", {"stream": "s", "value": {"at": 1}}),
    (
        'sync.listPage(request, "s").commit({cursor: "c", hasMore: true, checkpoint: {at: 1}})',
        "sync.commitPage",
        {"stream": "s", "cursor": "c", "hasMore": True, "checkpoint": {"at": 1}},
    ),
    (
        'sync.listPage({...request, searchParams: {from: "2026", to: ""}}, "s").commit({cursor: "c"})',
        "sync.commitPage",
        {"stream": "s", "cursor": "c", "from": "2026"},
    ),
    (
        'verify.standardWebhook({rawBody: "b", headers: {h: "1"}}, "whsec", {toleranceSeconds: 9})',
        "verify.standardWebhook",
        {"request": {"rawBody": "b", "headers": {"h": "1"}}, "secret": "whsec", "options": {"toleranceSeconds": 9}},
    ),
    (
        'verify.hmacSha256(request, "s", {headers: ["x-sig"]})',
        "verify.hmacSha256",
        {"request": {"rawBody": "", "headers": {}}, "secret": "s", "options": {"headers": ["x-sig"]}},
    ),
    (
        'Crypto.hmacSha256("k", "d", "base64")',
        "crypto.hmacSha256",
        {"key": "k", "data": "d", "encoding": "base64"},
    ),
    ('Crypto.sha256("d")', "crypto.sha256", {"data": "d"}),
    ("Crypto.randomUUID()", "crypto.randomUUID", {}),
    ('Crypto.timingSafeEqual("a", "b")', "crypto.timingSafeEqual", {"a": "a", "b": "b"}),
    ("OAuth.accessToken()", "oauth.accessToken", {}),
]  # fmt: skip


def test_every_function_asks_for_what_it_was_given(guest: Any) -> None:
    made = guest("".join(f"{code};\n" for code, _, _ in CALLS))
    made.body()
    assert [(f"{one['capability']}.{one['action']}", one["args"]) for one in made.asked] == [
        (what, args) for _, what, args in CALLS
    ]


def test_the_hosts_answer_is_what_the_call_returns(guest: Any) -> None:
    made = guest('return [Secrets.get("a"), Http.get("https://a.test/").body]')
    answers = {"secrets": "v", "http": {"status": 200, "headers": {}, "body": [1], "ok": True}}
    assert made.body(answer=lambda call: {"ok": answers[call["capability"]]}) == ["v", [1]]


def test_a_host_error_is_an_error_with_name_code_message_and_the_guests_own_stack(guest: Any) -> None:
    made = guest(
        'function inner() { Secrets.get("x") } try { inner() } catch (e) '
        "{ return [e instanceof Error, e.name, e.code, e.message, e.stack] }"
    )
    refusal = {"name": "PermissionDenied", "code": "permission_denied", "message": "not granted"}
    body = made.body(answer=lambda _: {"error": refusal})
    assert body[:4] == [True, "PermissionDenied", "permission_denied", "not granted"]
    assert body[4].lstrip().startswith("at inner (bundle.js:") and "prelude" not in body[4]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("Log.info('m', {a: [1, {f() {}}]})", f"data.a[1].f is a function{PLAIN}"),
        ("Settings.get(Symbol('s'))", f"key is a symbol{PLAIN}"),
        ("Entity.create('C', {n: 1n})", "attrs.n is a BigInt; send it as a string"),
        ("const a = {b: {}}; a.b.c = a; Log.info('m', a)", f"data.b.c refers back to itself{PLAIN}"),
        ("Entity.create('C', {n: [NaN]})", "attrs.n[0] is NaN"),
        ("Entity.create('C', {n: 1 / 0})", "attrs.n is not a finite number"),
        ("Entity.create('C', {n: 2 ** 53})", "attrs.n is a number outside ±2^53; send it as a string"),
        ("Http.get(1n)", "url is a BigInt; send it as a string"),
        ("Invoice.query({order_by: 1})", f"Entity.query: there is no option order_by; it knows {QUERY}"),
        ("Invoice.query('open')", "Entity.query: options must be an object"),
        ("ingest.batch('customer', {}, {idempotencyKey: () => 'k'})", "ingest.batch: payloads must be an array"),
        ("ingest.batch('customer', [], {})", "ingest.batch: idempotencyKey must be a function of the payload"),
        ("ingest.batch('customer', [{}, {n: NaN}], {stream: 's', idempotencyKey: () => 'k'})", "payloads[1].n is NaN"),
        ("api('x')", "api(handler): handler must be a function"),
        ("request.json()", "request.json(): the body is not JSON"),
    ],
)  # fmt: skip
def test_an_argument_that_cannot_cross_is_named_and_never_sent(guest: Any, code: str, message: str) -> None:
    made = guest(code)
    error = made.error()
    assert (error["name"], error["code"], error["message"]) == (
        "InvalidArgument",
        "invalid_argument",
        message,
    )
    assert made.asked == []


def test_a_getter_is_read_once_and_what_it_said_is_what_the_host_reads(guest: Any) -> None:
    made = guest(
        "let reads = 0; const options = {get headers() { reads++; return {n: String(reads)} }};"
        'Http.get("https://a.test/", options); return reads'
    )
    assert made.body() == 1
    assert made.asked[0]["args"]["options"] == {"headers": {"n": "1"}}


def test_the_error_of_a_guests_own_getter_is_its_own(guest: Any) -> None:
    error = guest('Log.info("m", {get a() { throw new TypeError("mine") }})').error()
    assert (error["name"], error["code"], error["message"]) == ("TypeError", "handler_error", "mine")


def test_an_error_in_log_data_keeps_its_message(guest: Any) -> None:
    made = guest(
        'Log.error("failed", {error: new RangeError("too far"), n: 1}); Log.error("again", new Error("x"))'
    )
    made.body()
    first, second = (call["args"]["data"] for call in made.asked)
    assert (first["error"]["name"], first["error"]["message"], first["n"]) == ("RangeError", "too far", 1)
    assert second["message"] == "x"


def test_proto_is_a_plain_key_in_both_directions(guest: Any) -> None:
    made = guest(
        'const v = Settings.get("k"); Log.info("m", v); return [Object.keys(v), {}.polluted ?? null]'
    )
    body = made.body(answer=lambda _: {"ok": {"__proto__": {"polluted": 1}}})
    assert body == [["__proto__"], None]
    assert made.asked[1]["args"]["data"] == {"__proto__": {"polluted": 1}}


def test_console_says_nothing_to_the_host(guest: Any) -> None:
    made = guest('console.log("a", 1); console.warn(); console.error({}); console.info()')
    made.body()
    assert made.asked == []
