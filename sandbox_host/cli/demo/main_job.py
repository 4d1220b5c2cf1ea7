"""The connector at its job: build, connection test, sync, webhook."""

from __future__ import annotations

import time
from decimal import Decimal
from statistics import median

from sandbox_host import signatures
from sandbox_host.capabilities.base import Json
from sandbox_host.cli.demo.narrator import Narrator
from sandbox_host.cli.demo.stage import CONNECTOR, WRONG_KEY, Stage
from sandbox_host.cli.demo.step import Figures, answer, as_bytes, check
from sandbox_host.packages import Package
from sandbox_host.report import RunReport

STREAMS = (
    ("customers", "Customer", "customers"),
    ("invoices", "Invoice", "invoices"),
    ("payments", "Payment", "charges"),
    ("payouts", "Deposit", "payouts"),
)
"""Stream, the entity that it fills, and where the stand-in keeps what it serves."""
MOST_PAGES = 20


def build(stage: Stage, narrator: Narrator) -> Figures:
    """Build the example and install it."""
    package = stage.build(stage.example)
    check(package.manifest.key == CONNECTOR, f"the example's key is {package.manifest.key!r}")
    stage.install(package)
    routes = len(package.entrypoints.routes)
    narrator.held(
        f"{package.manifest.name} {package.manifest.version}: {routes} routes, packed into "
        f"{len(package.archive) / 1024:.0f} KiB, SHA-256 {package.digest[:12]}"
    )
    narrator.say("It may do this, and nothing else:")
    granted = _granted(package)
    narrator.table(("", ""), granted)
    return {
        "digest": package.digest,
        "package_bytes": len(package.archive),
        "routes": routes,
        "permissions": dict[str, Json](granted),
    }


def connection(stage: Stage, narrator: Narrator) -> Figures:
    """Try the right key, then a wrong one."""
    right = stage.post(CONNECTOR, "/setup/test_connection", as_bytes({"api_key": stage.api_key}))
    answer(right, 200, "the connection test with the right key")
    calls = [call for call in right.calls if call.capability == "http"]
    check(len(calls) == 1, f"the connection test made {len(calls)} requests instead of 1")
    narrator.held("The right key is accepted.")
    narrator.quote(f"{calls[0].action.upper()} {calls[0].resource}, allowed by {calls[0].rule}")
    wrong = stage.post(CONNECTOR, "/setup/test_connection", as_bytes({"api_key": WRONG_KEY}))
    refusal = answer(wrong, 400, "the connection test with a wrong key")["error"]
    status = refusal["data"]["status"]
    check(status == 401, f"the provider answered a wrong key with {status}")
    narrator.held(f"A wrong key is refused by the provider ({status}), and the admin reads why.")
    narrator.quote(refusal["message"])
    seen = [request.headers.get("authorization") for request in stage.provider.requests]
    check(seen == [f"Bearer {stage.api_key}", f"Bearer {WRONG_KEY}"], "the provider did not see the two keys")
    return {
        "right_key": {"status": 200},
        "wrong_key": {"status": 400, "provider_status": status, "message": refusal["message"]},
    }


def sync(stage: Stage, narrator: Narrator) -> Figures:
    """Every stream, page by page, until there is no more."""
    rows: list[tuple[str, int, int, int, int]] = []
    streams: Figures = {}
    for stream, entity, served in STREAMS:
        pages = _pages(stage, stream)
        expected = sorted(item["id"] for item in getattr(stage.provider, served))
        stored = stage.books.source_ids(entity)
        check(
            stored == expected,
            f"{stream}: the provider has {len(expected)} records, and {len(stored)} are stored"
            f", {len(set(stored) & set(expected))} of them the same",
        )
        took = median(page.usage.wall_ms for page in pages)
        rows.append((stream, len(pages), len(expected), len(stored), round(took)))
        streams[stream] = {
            "pages": len(pages),
            "provider": len(expected),
            "stored": len(stored),
            "ms_per_page": took,
        }
    narrator.table(("stream", "pages", "at Stripe", "stored", "ms a page"), rows)
    total = sum(row[3] for row in rows)
    narrator.held(f"{total} records came in, each of them once.")
    invoice = stage.provider.invoices[0]
    cents, currency = invoice["total"], invoice["currency"].upper()
    _, record = stage.books.record("Invoice", invoice["id"])
    booked = record["total_amount"]
    check(Decimal(booked) * 100 == cents, f"invoice {invoice['id']}: {cents} cents became {booked}")
    narrator.held(f"Money stays exact: {cents} cents there are {booked} {currency} here, never a float.")
    return {"streams": streams, "records": total}


def webhook(stage: Stage, narrator: Narrator) -> Figures:
    """Deliver a signed event, then a copy that somebody changed on the way."""
    customer = {**stage.provider.customers[0], "email": "ada@new.example"}
    moment = stage.stand_in.NOW + 60
    body = as_bytes(stage.stand_in.event("evt_demo_1", "customer.updated", customer, created=moment))
    before, _ = stage.books.record("Customer", customer["id"])
    answer(stage.post(CONNECTOR, "/webhooks/stripe", body, sign=True), 202, "the signed delivery")
    after, record = stage.books.record("Customer", customer["id"])
    updated = (after, record["email"]) == (before + 1, customer["email"])
    check(updated, "the signed delivery did not update the customer")
    narrator.held(
        f"Signed: accepted. {record['name']} is at version {after}, with the email {record['email']}."
    )

    headers = signatures.sign("stripe_signature", stage.webhook_secret, body, time.time())
    forged = body.replace(b"ada@new.example", b"ida@new.example")
    tables = stage.books.tables()
    refused = stage.post(CONNECTOR, "/webhooks/stripe", forged, headers=headers)
    error = refused.error.name if refused.error else None
    check(error == "SignatureInvalid", "a delivery that was changed after it was signed was let in")
    check(stage.books.tables() == tables, "a forged delivery changed the database")
    message = refused.error.message if refused.error else ""
    narrator.held("One letter changed, same signature: refused, and the connector never ran.")
    narrator.quote(f"{error}: {message}", "red")
    return {
        "signed": {"status": 202, "version_before": before, "version_after": after},
        "forged": {"error": error, "message": message},
    }


def _pages(stage: Stage, stream: str) -> list[RunReport]:
    pages: list[RunReport] = []
    more = True
    while more:
        check(len(pages) < MOST_PAGES, f"{stream}: still more after {MOST_PAGES} pages")
        pages.append(stage.post(CONNECTOR, f"/sync/{stream}"))
        body = answer(pages[-1], 200, f"page {len(pages)} of {stream}")
        check(body["failed"] == 0, f"{stream}: {body['failed']} records were refused")
        more = body["hasMore"]
    return pages


def _granted(package: Package) -> list[tuple[str, str]]:
    permissions = package.manifest.permissions
    bound = permissions.secret_hosts
    secrets = [
        f"{name} (for {', '.join(bound[name])} only)" if name in bound else name
        for name in permissions.secrets
    ]
    return [
        ("reach", ", ".join(one.url for one in permissions.http)),
        ("write", ", ".join(name for name, verbs in permissions.entities.items() if "write" in verbs)),
        ("read secrets", ", ".join(secrets)),
    ]
