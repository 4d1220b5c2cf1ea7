"""The connector of the benchmarks, in Python: the same handlers, among as many functions as are asked for."""

from __future__ import annotations

from pathlib import Path

LOOP_FILE = "src/api/loop.py"
WORK_FILE = "src/lib/work.py"
LINES_OF_A_RULE = 4
"""How many lines each further function adds."""

_CONFIG = """\
from guest_sdk import define_connector

define_connector(
    key="benchmark",
    name="Benchmark",
    provider="stripe",
    permissions={
        "http": ["https://api.stripe.com/v1/*"],
        "entities": {"Customer": ["read", "write"]},
        "secrets": {"api_key": ["read"]},
    },
    streams=[{"key": "customers", "mode": "poll", "schedule": "*/15 * * * *"}],
)
"""

_CUSTOMERS = """\
from guest_sdk import Http, Secrets, api, ingest
from lib.rules import RULES

config = {"auth": "api_key"}


def POST(request):
    stream = "customers"
    api_key = Secrets.get("api_key")
    if not api_key:
        return api.bad_request("Missing api_key")
    after = request.body["cursor"]
    res = Http.get(
        f"https://api.stripe.com/v1/customers?limit=100&starting_after={after}", auth={"bearer": api_key}
    )
    if not res.ok:
        return api.error(f"Stripe {res.status}", status=502)
    score = 0
    results = []
    for customer in res.body["data"]:
        score += RULES[customer["created"] % len(RULES)](customer["balance"], score)
        record = {"customer_id": customer["id"], "name": customer["name"]}
        record |= {"email": customer["email"], "currency": customer["currency"]}
        key = f"stripe:customer:{customer['id']}"
        results.append(ingest.canonical("customer", record, stream=stream, idempotency_key=key))
    last = res.body["data"][-1]["id"]
    more = res.body["has_more"]
    return api.json(
        {"stream": stream, "imported": len(results), "score": score, "cursor": last, "hasMore": more}
    )
"""

_CALLS = """\
from guest_sdk import Http, Secrets, Settings, api

config = {"auth": "api_key"}

CALLS = {
    "none": lambda index: index,
    "settings": lambda index: Settings.get("region"),
    "secrets": lambda index: Secrets.get("api_key"),
    "http": lambda index: Http.get(f"https://api.stripe.com/v1/customers?starting_after=cus_{index}").status,
}


def POST(request):
    call = CALLS[request.body["call"]]
    last = None
    for index in range(request.body["count"]):
        last = call(index)
    return api.json({"last": last})
"""

WORK = """\
class Line:
    def __init__(self, number):
        self.amount = number * 7 % 1009
        self.tags = {"parity": number % 2, "text": f"line {number}"}

    def weight(self):
        return self.amount + len(self.tags["text"])


def work(times):
    total = 0
    seen = []
    for number in range(times):
        line = Line(number)
        total += line.weight() * (line.tags["parity"] + 1)
        seen.append(line.amount)
        if len(seen) > 50:
            total += sum(one for one in sorted(seen) if one % 3)
            seen.clear()
    return total
"""
"""What takes CPU: objects, attributes, dicts, texts, a comprehension, a sort. Some microseconds a turn."""

_LOOP = """\
from lib.work import work


def POST(request):
    return work(request.body["times"])
"""


def write_project(folder: Path, functions: int) -> Path:
    """Write the project with that many functions beside its handlers. Returns `folder`."""
    files = {
        "backfill.config.py": _CONFIG,
        "src/api/sync/customers.py": _CUSTOMERS,
        "src/api/calls.py": _CALLS,
        "src/lib/rules.py": rules(functions),
        LOOP_FILE: _LOOP,
        WORK_FILE: WORK,
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def rules(functions: int) -> str:
    """A module with `RULES`, a list of that many functions."""
    texts = [
        f"def rule_{number}(balance, score):\n"
        f"    return (balance * {number % 89 + 2} + score) % {number + 1009}\n\n\n"
        for number in range(functions)
    ]
    names = "".join(f"rule_{number}, " for number in range(functions))
    return f"{''.join(texts)}RULES = [{names}]\n"


def functions_for(lines: int) -> int:
    """How many functions make a connector of that many lines."""
    alone = sum(text.count("\n") for text in (_CONFIG, _CUSTOMERS, _CALLS))
    return (lines - alone) // LINES_OF_A_RULE
