"""The Python test runtime and the sandbox answer alike: the same handlers, requests and stubs, run in both, compared
whole.

`backfill test --sandbox` makes the calls in both and lists every difference in responses, errors, HTTP requests,
writes, checkpoints, logs and host calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

CONFIG = """from guest_sdk import define_connector

define_connector(
    key="acme", name="Acme", provider="acme",
    config={"greeting": "hello", "depth": {"a": [1, 2]}},
    permissions={
        "http": [
            "https://api.acme.test/v1/*",
            "https://*.files.test/one",
            {"url": "https://search.test/q", "reads": ["POST"]},
        ],
        "entities": {
            "Customer": ["read", "write"], "Invoice": ["write"], "Payment": ["read"], "Rate": ["read", "write"],
            "JournalEntry": ["read", "write"],
        },
        "secrets": {"api_key": ["read", "write"], "webhook_secret": ["read"]},
        "secret_hosts": {"api_key": ["api.acme.test"]},
    },
    connection={
        "oauth": {
            "type": "authorization_code",
            "authorization_url_template": "https://auth.acme.test/authorize",
            "token_url_template": "https://auth.acme.test/token",
            "scopes": ["read"],
            "client": {"credential_key": "acme"},
        },
        "settings_schema": {
            "type": "object",
            "properties": {
                "region": {"type": "string", "default": "eu"},
                "api_key": {"type": "string", "x-secret": True},
            },
        },
    },
    streams=[
        {"key": "customers", "mode": "poll", "schedule": "*/15 * * * *"},
        {"key": "pages", "mode": "poll", "schedule": "*/15 * * * *"},
        {"key": "answers", "mode": "poll", "schedule": "*/15 * * * *"},
        {"key": "both", "mode": "poll", "schedule": "*/15 * * * *"},
        {"key": "events", "mode": "webhook"},
    ],
    webhooks={"endpoint": "/hooks/signed", "auth": "stripe_signature"},
)
"""
FIELDS = """from guest_sdk import define_entity_field, define_line_field

behavior = define_line_field(
    "line_items", key="behavior", label="Behavior", type="select", options=["inclusive", "exclusive"]
)
fee = define_line_field("line_items", key="fee", label="Fee", type="currency", currency_field="currency")
score = define_entity_field(key="score", label="Score", type="decimal")
"""
RATE = """from guest_sdk import define_entity

Rate = define_entity(
    name="Rate",
    fields={
        "code": {"type": "string", "required": True, "index": True},
        "percent": {"type": "decimal", "index": True},
        "kind": {"type": "enum", "values": ["sales", "use"], "default": "sales"},
        "customerId": {"type": "reference", "entity": "Customer"},
        "since": {"type": "date"},
    },
)
"""
LIB = """from guest_sdk import BackfillError


# A host that is written out must be declared, or the project does not build.
HTTPS = "https:" + "/" * 2
API = HTTPS + "api.acme.test/v1/"


def attempt(call):
    try:
        return call()
    except BackfillError as error:
        return [error.name, error.code, error.message]
"""
HEAD = """import dataclasses
import math
from datetime import date, datetime, timezone
from decimal import Decimal

from entities.Rate import Rate
from guest_sdk import (
    Crypto, Customer, Entity, Http, Invoice, JournalEntry, Log, OAuth, Payment, Secrets, Settings,
    api, ingest, sync, verify,
)
from lib.attempts import API, HTTPS, attempt


@dataclasses.dataclass
class Signed:
    headers: object
    raw_body: str = "body"


@dataclasses.dataclass
class Unplain:
    a: int = 1


def POST(request):
"""

HOW = '{"stream": "customers", "idempotency_key": "k"}'

HANDLERS = {
    # Answers
    "plain answer": 'return {"a": 1, "b": [None, "x"], "c": (1, 2.0, 1e-7, 0.1)}',
    "nothing": "return None",
    "python values": """
        return [Decimal("12.30"), datetime(2026, 1, 31, 12, 0, 0, 1999, timezone.utc), date(2026, 1, 31), 1e15, -0.0]
    """,
    "status and headers": 'return api.json({"ok": 1}, status=201, headers={"x-a": "b"})',
    "refusals": 'return [api.bad_request("no", {"a": 1}), api.unauthorized(), api.forbidden(), api.not_found()]',
    "an error": 'return api.error("busy", status=503, headers={"retry-after": "3"}, data=[1])',
    "bad status": 'return {"__api_response": True, "status": 99, "body": 1}',
    "a function in the answer": 'return {"f": attempt}',
    "a dataclass in the answer": 'return {"f": [Unplain()]}',
    "nan in the answer": "return [math.nan]",
    "raises": 'raise TypeError("broken")',
    "raises nothing said": "raise KeyError",
    "raises its own": """
        class Broken(Exception):
            pass
        raise Broken("one", 2)
    """,
    "raises a host error": "Customer.update('none', {})",
    "raises after a write": """
        ingest.canonical("customer", {"id": 1, "name": "A"}, stream="customers", idempotency_key="acme:customer:1")
        raise ValueError("late")
    """,
    "prints": """
        print("a", 1, sep="-")
        print()
        print("b", end="")
        return 1
    """,
    # Requests
    "the request": """
        r = request
        return {"m": r.method, "q": r.search_params, "h": r.headers, "b": r.body, "r": r.raw_body,
                "c": r.context.extension.key, "t": r.context.tenant.id, "j": r.json(), "p": r.params}
    """,
    "raw body": "return [request.body, attempt(request.json)]",
    # Settings, secrets, logs
    "settings": """
        return [Settings.get_all(), Settings.get("greeting"), Settings.get("none"), attempt(lambda: Settings.get(1))]
    """,
    "secrets": """
        return [Secrets.get("api_key"), Secrets.has("api_key"), Secrets.list(),
                attempt(lambda: Secrets.get("other")), attempt(lambda: Secrets.set("webhook_secret", "x")),
                Secrets.has("webhook_secret"), attempt(lambda: Secrets.set("api_key", 5))]
    """,
    "a secret rotates": """
        before = Secrets.get("api_key")
        Secrets.set("api_key", before + "!")
        return before
    """,
    "a secret goes": 'return [Secrets.delete("api_key"), Secrets.get("api_key"), Secrets.delete("api_key")]',
    "a rotated secret stays when the handler raises": """
        key = Secrets.get("api_key")
        Secrets.set("api_key", key + "1")
        raise ValueError("after " + key)
    """,
    "logs": """
        key = Secrets.get("api_key")
        Log.info("a", {"k": key, "b": key + "/", "n": [key]})
        Log.debug("d")
        Log.warn(key)
        Log.error("e", [1])
        Log.info("u", None)
        try:
            raise ValueError("inside")
        except ValueError as error:
            Log.error("caught", {"error": error})
        return attempt(lambda: Log.info(5))
    """,
    "a long log": 'Log.info("x" * 9000)\nLog.info("d", {"d": "y" * 9000})\nreturn 1',
    "many logs": 'for i in range(120):\n    Log.info("n", {"i": i})\nreturn 1',
    "many prints": 'for i in range(120):\n    print("n", i)\nreturn 1',
    # Crypto, verify, OAuth
    "crypto": """
        return [Crypto.sha256("a"), Crypto.sha256("é", "base64"), Crypto.hmac_sha256("k", "d", "base64url"),
                Crypto.timing_safe_equal("a", "a"), Crypto.timing_safe_equal("a", "b"), len(Crypto.random_uuid()),
                attempt(lambda: Crypto.hmac_sha256("", "d")), attempt(lambda: Crypto.sha256(1)),
                attempt(lambda: Crypto.sha256("a", "utf8"))]
    """,
    "verify": """
        s = Crypto.hmac_sha256("s", "body")
        check = verify.hmac_sha256
        return [check(Signed({"X-Signature": s}), "s"), check(Signed({"x-signature": "sha256=" + s}), "s"),
                check(Signed({}), "s"), check(Signed({"x-signature": "00"}), "s"),
                check(Signed({"a": s}), "s", headers=["A"]), check(Signed({"x-signature": s}), None),
                check(Signed({"x-signature": [s, s]}), "s"), check(Signed({}), "s", headers=[])]
    """,
    "verify standard": """
        secret = "whsec_c2VjcmV0"
        def sig(t):
            return "v1," + Crypto.hmac_sha256("secret", f"msg_1.{t}.body", "base64")
        def h(t, s):
            return Signed({"webhook-id": "msg_1", "webhook-timestamp": str(t), "webhook-signature": s})
        check = verify.standard_webhook
        return [check(h(1000, sig(1000)), secret, now_seconds=1100),
                check(h(1000, sig(1000)), secret, now_seconds=1301),
                check(h(1000, sig(1000)), secret, now_seconds=600), check(h(1000, "v1,x"), secret, now_seconds=1000),
                check(h("x", sig(1)), secret), check(h(1000, sig(1000)), "whsec_!"), check(Signed({}), secret),
                check(h(1000, sig(1000)), secret, now_seconds=1100.5, tolerance_seconds=99.5)]
    """,
    "no access token": """
        return [attempt(OAuth.access_token), attempt(lambda: Http.get(API + "a", auth={"oauth": True}))]
    """,
    "an access token": """
        Log.info("asked", {"same": request.body["t"]})
        return [Http.get(API + "a", auth={"oauth": True}).body,
                Http.get(API + "b", auth={"oauth": {"min_ttl_seconds": 60}}).status, len(OAuth.access_token())]
    """,
    # HTTP
    "provider error": """
        return api.provider_error("busy", Http.get(API + "a"))
    """,
    "http": """
        r = Http.get(API + "a?x=1", auth={"bearer": Secrets.get("api_key")}, headers={"X-Y": " z "})
        p = Http.post(API + "b", {"a": 1})
        q = Http.put(API + "c", "text")
        d = Http.delete(API + "d", body=[1])
        return [r, p, q, d, r.body, p.ok, q.status]
    """,
    "http refused": """
        get = Http.get
        return [attempt(lambda: get(HTTPS + "other.test/")), attempt(lambda: get(HTTPS + "api.acme.test/v2/a")),
                attempt(lambda: get(API.replace("https", "http") + "a")),
                attempt(lambda: get(HTTPS + "a.files.test/two")), attempt(lambda: get(HTTPS + "10.0.0.1/")),
                attempt(lambda: get(API + "../a")), attempt(lambda: get(API + "a#b")),
                attempt(lambda: get(HTTPS + "api.acme.test:8443/v1/a")),
                attempt(lambda: get(HTTPS + "u:p@api.acme.test/v1/a")), attempt(lambda: get(5)),
                attempt(lambda: get(API + "a", headers={"Host": "x"})),
                attempt(lambda: get(API + "a", timeout_ms=0)), attempt(lambda: get(API + "a", auth={"bearer": ""})),
                attempt(lambda: get(API + "a", auth={"nope": 1})),
                attempt(lambda: get(API + "a", auth={"oauth": {"min_ttl_seconds": -1}})),
                attempt(lambda: Http.post(API + "a", 5)), attempt(lambda: get(API + "a", headers={"A b": "x"})),
                attempt(lambda: get(API + "a b")), attempt(lambda: get(API + "a", redirect="x"))]
    """,
    "http by wildcard": 'return Http.get(HTTPS + "a.b.files.test/one").body',
    "a search is no write": 'return Http.post(HTTPS + "search.test/q", {"q": 1}).status',
    "a secret to another host": """
        key = Secrets.get("api_key")
        return attempt(lambda: Http.get(HTTPS + "a.files.test/one", headers={"X-K": key}))
    """,
    "http fails": 'return [attempt(lambda: Http.get(API + "a")), attempt(lambda: Http.get(API + "none"))[:2]]',
    "http fails on its way": """
        return [attempt(lambda: Http.post(API + "a", {"a": 1})), attempt(lambda: Http.get(API + "a"))]
    """,
    "http follows": 'return Http.get(API + "a", redirect="follow").body',
    "http does not follow": 'return Http.get(API + "a").status',
    "http follows no further": 'return attempt(lambda: Http.get(API + "a", redirect="follow"))',
    # Ingest
    "ingest": """
        def one(payload, key):
            return ingest.canonical("customer", payload, stream="customers", idempotency_key=key)
        return [one({"customer_id": 7, "name": "A"}, "k1"), one({"customer_id": 7, "name": "A"}, "k1"),
                one({"customer_id": 7, "name": "B"}, "k1"), one({"name": "C"}, "acme:customer:c3"),
                one({"source_id": "s", "id": "i"}, "k2"), one({"id": 1.0}, "k3"), one({"id": 1}, "k3"),
                one({"id": Decimal("1.50"), "balance": Decimal("1.50")}, "k4")]
    """,
    "ingest refused": """
        def one(payload, document="customer", key="k", **more):
            return attempt(
                lambda: ingest.canonical(document, payload, stream="customers", idempotency_key=key, **more)
            )
        return [one({"nmae": "A", "id": 1}), one({"name": "A"}), one({"id": "undefined"}),
                one({"id": 1, "balance": "abc"}), one(5), one({"id": 1}, key=""), one({"id": 1}, "cust" + "mer"),
                one({"id": 1}, "expense"), one({"id": 1, "created_at": "soon"}),
                one({"id": 1, "source_system": "x"}), one({"id": 1, "email": 5}), one({"id": True}),
                one({"id": 1}, source_updated_at="x"), one({"id": 1, "name": "\\ud800"}), one({"id": 1, 2: 3})]
    """,
    "ingest conflict": """
        ingest.canonical("customer", {"id": 1}, stream="customers", idempotency_key="k")
        return attempt(lambda: ingest.canonical("customer", {"id": 2}, stream="customers", idempotency_key="k"))
    """,
    "ingest stale": """
        def one(name, key, at):
            return ingest.canonical(
                "customer", {"id": 1, "name": name}, stream="customers", idempotency_key=key, source_updated_at=at
            )
        return [one("B", "k1", "2026-01-02T00:00:00Z"), one("A", "k2", "2026-01-01T00:00:00+01:00"),
                Customer.query(where={"source_id": "1"})[0]["name"]]
    """,
    "ingest lines": """
        def one(key, **more):
            whole = {"id": "in_1", "total_amount": "12.30", "currency": "USD", **more}
            return attempt(lambda: ingest.canonical("invoice", whole, stream="customers", idempotency_key=key))
        line = {"line_key": "a", "amount": "12.30"}
        return [one("k", line_items=[{**line, "behavior": "inclusive", "fee": 1.5, "currency": "USD"}], score=2),
                one("k2", line_items=[{**line, "behavior": "other"}]), one("k3", line_items=[{**line, "nope": 1}]),
                one("k4", id="in_2", lines=[{"amount": "1"}]),
                one("k5", id="in_3", line_items=[{"line_key": "a"}, {"line_key": "a"}]),
                one("k6", id="in_4", line_items=[{"line_key": "a", "fee": "1"}]),
                one("k7", lines=[], line_items=[line])]
    """,
    "batch": """
        rows = [{"id": 1, "name": "A"}, {"nmae": 1, "id": 2}, {"id": 3}]
        how = {"stream": "customers", "idempotency_key": lambda c: f"acme:customer:{c['id']}",
               "source_id": lambda c: str(c["id"])}
        return [attempt(lambda: ingest.batch("customer", rows, **how)), Customer.count(),
                ingest.batch("customer", rows, **how, continue_on_error=True), Customer.count(),
                attempt(lambda: ingest.batch("customer", 5, **how))]
    """,
    # Records
    "entities": """
        a = Customer.create({"name": "A", "balance": 5, "metadata": {"x": [1]}})
        b = Customer.update(a["id"], {"name": "B", "balance": None})
        return [a, b, attempt(lambda: Payment.create({"amount": "1"})), Customer.get(a["id"]), Customer.get("none"),
                Customer.exists({"name": "B"}), Customer.count(), attempt(lambda: Customer.update("none", {})),
                attempt(lambda: Customer.update(a["id"], {"id": "x"})),
                attempt(lambda: Customer.create({"source_id": a["source_id"]})),
                attempt(lambda: Customer.create({"nope": 1})), attempt(lambda: Entity.get("No" + "pe", "x")),
                attempt(lambda: Customer.create({"source_id": ""})),
                attempt(lambda: Customer.create({"source_system": 5})),
                Customer.delete(a["id"]), Customer.delete(a["id"]), Customer.get(a["id"])]
    """,
    "write alone": """
        i = Invoice.create({"total_amount": "1.00", "currency": "USD"})
        return [i, Invoice.update(i["id"], {"memo": "m"}), attempt(lambda: Invoice.get(i["id"])),
                attempt(lambda: Invoice.action(i["id"], "nope")),
                attempt(lambda: Invoice.action(i["id"], "void", {"a": 1})), Invoice.action(i["id"], "void"),
                attempt(lambda: Invoice.action(i["id"], "void"))]
    """,
    "actions": """
        i = Invoice.create({"total_amount": "1.00", "currency": "USD"})["id"]
        return [attempt(lambda: Invoice.action(i, n)) for n in ["submit", "approve", "post", "reject", "void"]]
    """,
    "queries": """
        for n, b in [("A", "10"), ("B", "9.5"), ("C", "-3"), ("D", "0.10"), ("E", None)]:
            Customer.create({"name": n, "balance": b, "email": None if n == "A" else n + "@x"})
        def names(field=None, direction="asc", **options):
            order = {} if field is None else {"order_by": [{"field": field, "direction": direction}]}
            return [c["name"] for c in Customer.query(**order, **options)]
        return [names("balance"), names("balance", "desc"),
                names("name", where={"balance": {"gt": "0", "lte": 9.5}}),
                names("name", "desc", where={"name": {"in": ["A", "C", "Z"]}}), names(where={"email": None}),
                names("name", where={"email": {"ne": "B@x"}}), names("name", limit=2, offset=1),
                len(names(where={"_created_at": {"gte": "2020-01-01"}})),
                names("name", where={"_version": {"in": [1, 2]}}), names("name", where={"balance": {"in": [10, 9.50]}}),
                attempt(lambda: names(where={"phone": "x"})), attempt(lambda: names(limit=-1)),
                attempt(lambda: names(limit=1.5)), attempt(lambda: names(where={"balance": {"like": 1}})),
                attempt(lambda: names(order_by="name")), attempt(lambda: names(where={"balance": "x"})),
                attempt(lambda: names(order_by=[{"field": "name", "direction": "up"}])),
                attempt(lambda: Customer.query(include=["x"])),
                attempt(lambda: names(where={"balance": {"gt": None}})), attempt(lambda: names(where=5))]
    """,
    "journal entries": """
        def entry(*lines):
            whole = [{"line_key": str(i), "account_id": "a1", **line} for i, line in enumerate(lines)]
            head = {"entry_date": "2026-01-31", "status": "draft", "currency": "USD"}
            return attempt(lambda: len(JournalEntry.create({**head, "line_items": whole})["line_items"]))
        return [entry({"debit": "10.10"}, {"credit": "10.1"}),
                entry({"debit": "0.1"}, {"debit": "0.2"}, {"credit": "0.30"}),
                entry({"debit": "10.00"}, {"credit": "9.5"}),
                entry({"debit": "1", "currency": "EUR"}, {"credit": "2", "currency": "usd"}),
                entry({"debit": "1", "currency": "usd"}, {"credit": "2"}), entry({}), entry()]
    """,
    "custom entities": """
        c = Customer.create({"name": "A"})
        r = Rate.create({"code": "x", "percent": "7.50", "customerId": c["id"], "since": "2026-01-31"})
        return [r, len(Rate.query(where={"percent": {"gt": 7}})),
                Rate.get(r["id"], include=["customer"])["customer"]["name"],
                attempt(lambda: Rate.create({"percent": 1})),
                attempt(lambda: Rate.create({"code": "y", "kind": "other"})),
                attempt(lambda: Rate.create({"code": "y", "nope": 1})),
                attempt(lambda: Rate.query(where={"kind": "sales"})),
                attempt(lambda: Rate.create({"code": "y", "since": "2026-02-30"})),
                Rate.create({"code": "z", "since": date(2026, 1, 31)})["since"]]
    """,
    "records that the test gives": """
        return [Customer.query(order_by=[{"field": "name", "direction": "asc"}]), Customer.get("c1")["name"],
                [p["customer"] and p["customer"]["name"] for p in Payment.query(include=["customer"])]]
    """,
    "records that the test gives have their defaults": """
        rates = Rate.query(order_by=[{"field": "code", "direction": "asc"}])
        return [[(r["id"], r.get("kind")) for r in rates], Rate.update("r1", {"kind": "use"})["kind"], Customer.count()]
    """,
    # Checkpoints
    "checkpoints": """
        before = sync.get_checkpoint("customers")
        sync.set_checkpoint("customers", {"n": ((before and before.get("n")) or 0) + 1})
        sync.set_checkpoint("customers", {"p": 1}, partition={"b": 1, "a": 2})
        return [before, sync.get_checkpoint("customers"), sync.get_checkpoint("customers", partition={"a": 2, "b": 1}),
                attempt(lambda: sync.get_checkpoint("nope")), attempt(lambda: sync.set_checkpoint("customers", 5)),
                attempt(lambda: sync.get_checkpoint("customers", partition=5))]
    """,
    "sync pages": """
        page = sync.list_page(request, "pages")
        page.commit(cursor=f"c{page.page}", has_more=True)
        return {"body": {**request.body, "run_id": None}, "q": request.search_params, "cursor": page.cursor,
                "size": page.page_size}
    """,
    "sync pages that keep both": """
        page = sync.list_page(request, "both")
        saved = sync.get_checkpoint("both")
        both = {"cursor": (page.cursor or "") + (page.from_ or "c"), "has_more": True,
                "checkpoint": {"n": ((saved and saved.get("n")) or 0) + 1, "cursor": "own"}}
        if page.page == 2:
            return {"cursor": both["cursor"], "hasMore": True, "checkpoint": both["checkpoint"], "saved": saved}
        if page.page == 3:
            return [attempt(lambda: page.commit(**{**both, "checkpoint": {"$page": 1}})),
                    attempt(lambda: sync.set_checkpoint("both", {"$page": 1}))]
        page.commit(**both)
        return {"cursor": page.cursor, "saved": saved, "now": sync.get_checkpoint("both")}
    """,
    "sync answers": """
        cursor = request.body.get("cursor")
        return {"cursor": None if cursor == "two" else "two" if cursor else "one", "hasMore": True}
    """,
    # Limits and what is no argument
    "too many requests": 'for i in range(60):\n    attempt(lambda: Http.get(API + "a"))\nreturn 1',
    "too many calls": 'for i in range(1100):\n    Settings.get("a")\nreturn 1',
    "a limit is not caught": """
        for i in range(1100):
            try:
                Settings.get("a")
            except Exception:
                return "caught"
    """,
    "not an argument": """
        return [attempt(lambda: Log.info("a", {"b": math.nan})), attempt(lambda: Settings.get("\\ud800")),
                attempt(lambda: Http.get(API + "a", headers={"a": 5})), attempt(lambda: Customer.create(5)),
                attempt(lambda: Customer.create({"name": {1, 2}})), attempt(lambda: Customer.create({"name": 2**60})),
                attempt(lambda: Customer.get(None))]
    """,
    "signed": "return [request.body['id'], request.raw_body]",
}

PATHS = {
    "sync pages": "sync/pages",
    "sync pages that keep both": "sync/both",
    "sync answers": "sync/answers",
    "signed": "hooks/signed",
}
TWICE: list[dict[str, Any]] = [{}, {}]
CALLS: dict[str, list[dict[str, Any]]] = {
    "raises after a write": TWICE,
    "an access token": [{"body": {"t": "Bearer tok_1234567890"}}],
    "the request": [
        {
            "search_params": {"a": "1", "b": ["2", "3"]},
            "headers": {"X-One": "1"},
            "body": {"x": [1, "é", 1.0, 1e-7]},
        }
    ],
    "raw body": [{"raw_body": "no json"}, {"raw_body": "[1]"}, {"body": "text"}, {"body": None}],
    "a secret rotates": TWICE,
    "a rotated secret stays when the handler raises": TWICE,
    "ingest": TWICE,
    "batch": TWICE,
    "checkpoints": TWICE,
    "sync pages": [
        {},
        {"search_params": {"page": "2", "page_size": "10", "from": "2026-01-01"}},
        {"body": {"cursor": "own"}},
    ],
    "sync pages that keep both": [
        {},
        {},
        {"search_params": {"from": "2026"}},
        {"search_params": {"from": "2026"}},
        {"search_params": {"from": "2025"}},
        {},
        {"search_params": {"page": "2"}},
        {},
        {"search_params": {"page": "3"}},
        {},
    ],
    "sync answers": [{}, {}, {}],
    "signed": [{"body": {"id": "evt_1"}}],
}
OPTIONS = {
    "an access token": 'oauth={"access_token": "tok_1234567890", "scopes": ["read"]}',
    "settings": 'settings={"greeting": "hi", "region": "12", "n": 12}',
    "records that the test gives": """records={
        "Customer": [
            {"id": "c1", "name": "Ada", "_created_at": "2026-01-01T00:00:00Z"},
            {"id": "c2", "name": "Bob", "source_id": "s2", "_created_at": "2026-01-02T00:00:00Z"},
        ],
        "Payment": [{"id": "p1", "customer_id": "s2", "amount": "1", "_created_at": "2026-01-03T00:00:00Z"}],
    }""",
    "records that the test gives have their defaults": (
        'records={"Rate": [{"id": "r1", "code": "x"}, {"id": "r2", "kind": "use"}, {"id": "r3", "kind": None}]}'
    ),
    "signed": 'secrets={"webhook_secret": "whsec_test_123"}',
}
STUBS = {
    "an access token": 'http.get_once(body={"a": 1})\nhttp.get_once(body={"a": 2})',
    "provider error": 'http.get_once(status=429, headers={"Retry-After": "3"})',
    "http": """
        http.get_once(body={"a": [1]}, headers={"X-Rate": "5"})
        http.post_once(status=422, body="no")
        http.put_json_once(body="text")
        http.delete_once(status=204)
    """,
    "http by wildcard": 'http.get_once("https://*.files.test/one", body="x")',
    "a search is no write": "http.post_once(body={})",
    "http fails": 'http.get_once(error="HttpTimeout")',
    "http fails on its way": 'http.post_once(error="HttpTimeout")\nhttp.get_once(error="EgressBlocked")',
    "http follows": """
        http.get_once(status=302, headers={"location": "/v1/b"})
        http.get_once(body="there")
    """,
    "http does not follow": 'http.get_once(status=302, headers={"location": "/v1/b"})',
    "http follows no further": 'http.get_once(status=302, headers={"location": "https://evil.test/"})',
}

Indented = Callable[[str], str]


def path_of(name: str) -> str:
    return PATHS.get(name) or "s/" + name.replace(" ", "_")


def source_of_route(name: str, indented: Indented) -> str:
    signed = 'config = {"auth": "stripe_signature"}\n' if name == "signed" else ""
    return signed + HEAD + indented(HANDLERS[name])


def source_of_test(name: str, indented: Indented) -> str:
    options = OPTIONS.get(name, 'secrets={"api_key": "sk_test_12345678"}')
    body = f"with connector_test_runtime({options}) as runtime:\n"
    body += indented(f"http = runtime.http\n{indented(STUBS.get(name, '')).replace('    ', '')}")
    for call in CALLS.get(name, [{}]):
        body += indented(f'with suppress(Exception):\n    runtime.call("POST /{path_of(name)}", **{call!r})')
    return f"def test_{name.replace(' ', '_')}():\n{indented(body)}\n"


@pytest.fixture(scope="module")
def answer(
    tmp_path_factory: pytest.TempPathFactory,
    written: Callable[[Path, Mapping[str, str]], Path],
    backfill_test: Callable[..., Any],
    indented: Indented,
) -> Any:
    head = "from contextlib import suppress\n\nfrom guest_sdk.testing import connector_test_runtime\n\n\n"
    files = {
        "backfill.config.py": CONFIG,
        "src/fields/Invoice.py": FIELDS,
        "src/entities/Rate.py": RATE,
        "src/lib/attempts.py": LIB,
        "src/api/sync/customers.py": "def POST(request):\n    return {}\n",
        "test/test_all.py": head + "\n".join(source_of_test(name, indented) for name in HANDLERS),
    }
    files |= {f"src/api/{path_of(name)}.py": source_of_route(name, indented) for name in HANDLERS}
    ran = backfill_test(written(tmp_path_factory.mktemp("parity"), files), "--sandbox", "--json")
    assert ran.answer is not None, ran.err
    assert not ran.answer["problems"], ran.answer["problems"]
    return ran.answer


@pytest.mark.parametrize("name", HANDLERS)
def test_the_runtime_and_the_sandbox_agree(answer: Any, name: str) -> None:
    [test] = [one for one in answer["tests"] if one["name"] == f"test_{name.replace(' ', '_')}"]
    assert test["outcome"] == "passed", test["error"]
    calls = [call for call in answer["sandbox"]["calls"] if call["entry"] == f"POST /{path_of(name)}"]
    assert len(calls) == len(CALLS.get(name, [{}]))
    for call in calls:
        assert call["skipped"] is None
        assert call["differences"] == []
