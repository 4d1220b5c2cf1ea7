"""Hooks and jobs behave in a Python test as they do in the sandbox: the same runs, made in both, compared whole.

One project with hooks that reject, merge, write and fail; and a test that calls its routes, jobs and hooks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

GRANTS = {name: ["read", "write"] for name in ("Customer", "Invoice", "Item", "Payment", "Account", "Note")}
CONFIG = f"""from guest_sdk import define_connector

define_connector(
    key="acme", name="Acme", provider="acme",
    permissions={{
        "entities": {GRANTS!r},
        "http": ["https://api.acme.test/v1/*"],
        "secrets": {{"api_key": ["read", "write"]}},
    }},
    streams=[{{"key": "customers", "mode": "poll", "schedule": "*/15 * * * *"}}],
)
"""
NOTE = """from guest_sdk import define_entity

Note = define_entity(
    name="Note",
    fields={
        "text": {"type": "string"},
        "kind": {"type": "enum", "values": ["a", "b"], "default": "a"},
        "on": {"type": "date"},
    },
)
"""
HEAD = """from entities.Note import Note
from guest_sdk import BackfillError, Account, Customer, Http, Invoice, Item, Log, Secrets, Settings, ingest


def attempt(call):
    try:
        return call()
    except BackfillError as error:
        return [error.name, error.code, error.message]


"""

HOOKS = {
    # Merges, rejects, writes, and reads what it wrote.
    "customer/before-save": """
        name, email = ctx.entity.get("name"), ctx.entity.get("email")
        if name == "told":
            return {"metadata": {"changes": ctx.changes, "operation": ctx.operation, "actor": ctx.actor,
                                 "type": ctx.entity_type, "previous": ctx.previous and ctx.previous["name"],
                                 "keys": sorted(ctx.entity)}}
        if name == "no":
            raise ValueError("not this one")
        if name == "list":
            return [1]
        if name == "text":
            return "text"
        if name == "true":
            return True
        if name == "unknown":
            return {"nope": 1}
        if name == "wrong":
            return {"balance": "much"}
        if name == "function":
            return {"metadata": attempt}
        if name == "spend":
            for _ in range(1100):
                Settings.get("a")
        if name == "secret":
            return {"metadata": {"key": Secrets.get("api_key")}}
        if name == "http":
            return {"metadata": {"body": Http.get("https://api.acme.test/v1/a").body}}
        if name == "prints":
            print("in the hook")
        if name and name != name.strip():
            Item.create({"name": f"before {name}"})
            return {"name": name.strip(), "phone": None}
        return None if email else {"email": f"{(name or '').lower()}@acme.test"}
    """,
    "customer/after-save": """
        name = ctx.entity.get("name")
        Log.info(f"saved {name}", {"changes": ctx.changes, "previous": ctx.previous and ctx.previous.get("_version")})
        if name == "bad":
            raise TypeError("after all")
        if name == "busy":
            for _ in range(1100):
                Settings.get("a")
        if name == "again":
            Customer.update(ctx.entity["id"], {"phone": "1"})
        if name == "undone":
            Item.create({"name": "undone"})
            raise ValueError("undone")
    """,
    "customer/before-delete": 'if ctx.entity["name"] == "stay":\n    raise ValueError("stays")',
    "customer/after-delete": """
        Log.info(f"{ctx.operation} {ctx.entity['name']} {len(ctx.changes)}")
    """,
    "invoice/recalculate": """
        lines = ctx.entity.get("line_items") or []
        return {"total_amount": f"{sum(int(float(line['amount'])) for line in lines)}.00"}
    """,
    "invoice/before-approve": """
        if float(ctx.entity["total_amount"]) > 100:
            raise ValueError("too much")
    """,
    "invoice/before-post": "Log.info(f\"posting {ctx.entity['total_amount']}\")",
    "invoice/after-post": 'Item.create({"name": f"posted {ctx.entity[\'memo\']}"})',
    "invoice/after-approve": """
        Log.info(f"approved {(ctx.previous or {}).get('approval_status')} {ctx.entity.get('approval_status')}")
    """,
    # A chain: an item makes an account, that one the next, and so on until it may not.
    "item/after-save": """
        if ctx.entity["name"] == "chain":
            Account.create({"name": "chain 1", "code": "1", "type": "asset"})
    """,
    "account/after-save": """
        depth = int(ctx.entity["name"].split(" ")[1])
        Account.create({"name": f"chain {depth + 1}", "code": str(depth + 1), "type": "asset"})
    """,
    "note/before-save": "return {\"text\": f\"{ctx.entity.get('text') or ctx.entity.get('kind')}!\"}",
}

JOBS = {
    "writes": 'Customer.create({"name": "Ada"})\nCustomer.create({"name": "bad"})\nreturn Customer.count()',
    "fails": 'Customer.create({"name": "Ada"})\nraise ValueError(f"failed with {Customer.count()}")',
    "rejected": 'Customer.create({"name": "Ada"})\nCustomer.create({"name": "no"})',
    "catches": 'return attempt(lambda: Customer.create({"name": "no"}))',
    "chain": 'Item.create({"name": "chain"})\nreturn Account.count()',
    "busy": 'Customer.create({"name": "busy"})\nreturn 1',
    "limited": 'for _ in range(1100):\n    Settings.get("a")',
    "nothing": "pass",
    "unplain": "return attempt",
}
RETRIES = {
    "retried": """
        Customer.create({"name": "Ada"})
        if Customer.count() < 3:
            raise ValueError("too few")
        return "enough"
    """,
    "always": 'Customer.create({"name": "Ada"})\nraise KeyError("never")',
}

ROUTES = {
    "creates": 'return Customer.create({"name": "Ada", "phone": "1"})',
    "trims": 'return [Customer.create({"name": " Ada ", "phone": "1"}), [i["name"] for i in Item.query()]]',
    "told": """
        c = Customer.create({"name": "told", "balance": 5})
        def update(fields):
            return Customer.update(c["id"], fields)
        return [c, update({"phone": "2", "balance": "5.0"}), update({"_version": 9, "id": c["id"]})]
    """,
    "rejected": 'Customer.create({"name": "Ada"})\nCustomer.create({"name": "no"})',
    "catches": """
        names = ["no", "list", "text", "true", "unknown", "wrong", "function"]
        return [[attempt(lambda: Customer.create({"name": name})) for name in names], Customer.count(), Item.count()]
    """,
    "refused": """
        return [attempt(lambda: Customer.create({"nope": 1})), attempt(lambda: Customer.update("none", {})),
                attempt(lambda: Customer.create(5)), Customer.delete("none"),
                attempt(lambda: Customer.action("none", "void"))]
    """,
    "after": 'for name in ["bad", "undone", "Ada"]:\n    Customer.create({"name": name})\nreturn Item.count()',
    "again": 'return Customer.create({"name": "again"})',
    "prints": 'print("before")\nCustomer.create({"name": "prints"})\nprint("after")',
    "deletes": """
        made = [Customer.create({"name": name})["id"] for name in ["stay", "go"]]
        gone = [attempt(lambda: Customer.delete(id)) for id in made]
        return [gone, [c["name"] for c in Customer.query(order_by=[{"field": "name", "direction": "asc"}])]]
    """,
    "ingests": """
        rows = [{"id": 1, "name": " Ada "}, {"id": 2, "name": "no"}, {"id": 3, "name": "bad"}, {"id": 4, "nope": 1}]
        def batch():
            return ingest.batch("customer", rows, stream="customers", continue_on_error=True,
                                idempotency_key=lambda c: f"acme:customer:{c['id']}")
        return [batch(), batch(), Customer.count(), Item.count()]
    """,
    "batch": """
        rows = [{"id": 1, "name": " Ada "}, {"id": 2, "name": "no"}]
        key = lambda c: f"acme:customer:{c['id']}"
        found = attempt(lambda: ingest.batch("customer", rows, stream="customers", idempotency_key=key))
        return [found, Customer.count(), Item.count()]
    """,
    "canonical": """
        def one(name):
            return ingest.canonical("customer", {"id": 1, "name": name}, stream="customers", idempotency_key="k")
        made = [one("A"), one("A"), one("B")]
        # In the same millisecond as a record that the test gives there is no order by time.
        found = Customer.query(order_by=[{"field": "name", "direction": "asc"}])
        return [made, [(c["name"], c["email"], c["_version"]) for c in found]]
    """,
    "invoices": """
        lines = [{"line_key": "a", "amount": "60.00"}, {"line_key": "b", "amount": "30.00"}]
        id = Invoice.create({"currency": "USD", "memo": "m", "line_items": lines})["id"]
        def act(name):
            return attempt(lambda: Invoice.action(id, name)["approval_status"])
        big = Invoice.update(id, {"line_items": [{"line_key": "a", "amount": "200.00"}]})["total_amount"]
        refused = [act("submit"), act("approve")]
        Invoice.update(id, {"line_items": lines})
        return [big, refused, act("approve"), act("post"), [one["name"] for one in Item.query()], Invoice.get(id)]
    """,
    "approved": """
        def make(amount):
            line = {"line_key": "a", "amount": amount}
            return Invoice.create({"currency": "USD", "approval_status": "approved", "line_items": [line]})
        return [attempt(lambda: make(amount)["total_amount"]) for amount in ["50.00", "150.00"]]
    """,
    "chain": 'Item.create({"name": "chain"})',
    "spend": 'Customer.create({"name": "spend"})',
    "spent": 'attempt(lambda: Customer.create({"name": "spend"}))',
    "busy": 'Customer.create({"name": "busy"})\nCustomer.create({"name": "Ada"})',
    "secret": 'return [Secrets.get("api_key"), Customer.create({"name": "secret"})["metadata"]]',
    "http": 'return Customer.create({"name": "http"})["metadata"]',
    "notes": 'return [Note.create({}), Note.create({"kind": "b", "text": "x"}), Note.count({})]',
}

DIRECT = {
    "a create": '"Customer", "before_save", {"name": " Ada ", "phone": "1"}',
    "by its file's name": '"Customer", "before-save", {"name": "Ada"}',
    "a change": (
        '"Customer", "before_save", {"id": "c1", "name": "told", "balance": 5},'
        ' previous={"id": "c1", "name": "Ada", "balance": "5"}'
    ),
    "a rejection": '"Customer", "before_save", {"name": "no"}',
    "a list": '"Customer", "before_save", {"name": "list"}',
    "what cannot be merged": '"Customer", "before_save", {"name": "unknown"}',
    "a function": '"Customer", "before_save", {"name": "function"}',
    "a limit": '"Customer", "before_save", {"name": "spend"}',
    "secrets": '"Customer", "before_save", {"name": "secret"}',
    "an after-hook": '"Customer", "after_save", {"id": "c1", "name": "Ada"}',
    "an after-hook that raises": '"Customer", "after_save", {"name": "bad"}',
    "a delete": '"Customer", "before_delete", {"id": "c1", "name": "stay"}',
    "recalculate": '"Invoice", "recalculate", {"currency": "USD", "line_items": [{"line_key": "a", "amount": 5}]}',
    "its writes": '"Item", "after_save", {"id": "i1", "name": "chain"}',
    "a custom entity": '"Note", "before_save", {"on": "2026-01-31"}',
    "a record that it gives": '"Customer", "after_save", {"id": "given", "name": "again"}',
}

TEST = """
def test_%s():
    records = {"Customer": [{"id": "given", "name": "Given", "email": "g@acme.test"}]}
    with connector_test_runtime(secrets={"api_key": "sk_test_12345678"}, records=records) as runtime:
        runtime.http.get_once(body="there")
        with suppress(Exception):
            runtime.%s
"""

Indented = Callable[[str], str]


def runs() -> dict[str, str]:
    """Name → what its test does."""
    made = {f"route {name}": f'call("POST /{name}")' for name in ROUTES}
    made |= {f"job {name}": f'job("{name}")' for name in (*JOBS, *RETRIES)}
    return made | {f"hook {name}": f"hook({given})" for name, given in DIRECT.items()}


def python_name(name: str) -> str:
    return name.replace(" ", "_").replace("'", "_").replace("-", "_")


def sources(indented: Indented) -> dict[str, str]:
    files = {"backfill.config.py": CONFIG, "src/entities/Note.py": NOTE}
    files["src/api/sync/customers.py"] = "def POST(request):\n    return {}\n"
    for name, body in HOOKS.items():
        event = name.partition("/")[2].replace("-", "_")
        files[f"src/hooks/{name}.py"] = f"{HEAD}def {event}(ctx):\n{indented(body)}"
    for name, body in (JOBS | RETRIES).items():
        facts = f'schedule = "0 2 * * *"\nretry = {3 if name in RETRIES else 1}\n\n\n'
        files[f"src/jobs/{name}.py"] = f"{HEAD}{facts}def run():\n{indented(body)}"
    for name, body in ROUTES.items():
        files[f"src/api/{name}.py"] = f"{HEAD}def POST(request):\n{indented(body)}"
    return files


@pytest.fixture(scope="module")
def answer(
    tmp_path_factory: pytest.TempPathFactory,
    written: Callable[[Path, Mapping[str, str]], Path],
    backfill_test: Callable[..., Any],
    indented: Indented,
) -> Any:
    head = "from contextlib import suppress\n\nfrom guest_sdk.testing import connector_test_runtime\n\n"
    tests = "\n".join(TEST % (python_name(name), body) for name, body in runs().items())
    files = sources(indented) | {"test/test_all.py": head + tests}
    ran = backfill_test(written(tmp_path_factory.mktemp("hooks"), files), "--sandbox", "--json")
    assert ran.answer is not None, ran.err
    assert not ran.answer["problems"], ran.answer["problems"]
    return ran.answer


@pytest.mark.parametrize("name", runs())
def test_a_run_with_hooks_ends_alike_in_a_test_and_in_the_sandbox(answer: Any, name: str) -> None:
    lines = {one["name"]: one["line"] for one in answer["tests"]}
    [test] = [one for one in answer["tests"] if one["name"] == f"test_{python_name(name)}"]
    assert test["outcome"] == "passed", test["error"]
    end = min([line for line in lines.values() if line > test["line"]], default=10**9)
    calls = [
        call
        for call in answer["sandbox"]["calls"]
        if test["line"] < int(call["place"].rpartition(":")[2]) < end
    ]
    assert len(calls) == 1
    assert calls[0]["skipped"] is None
    assert calls[0]["differences"] == []
