"""The example connector, built and run in the sandbox against the provider that lies beside it."""

from __future__ import annotations

import importlib.util
import itertools
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sandbox_host import signatures
from sandbox_host.audit import AuditStore
from sandbox_host.db import Database
from sandbox_host.egress import NetworkEgress
from sandbox_host.egress.network import Origin as Place
from sandbox_host.installs import ensure_connection, ensure_install
from sandbox_host.invocation import Host, Invocation
from sandbox_host.packages import Package, build
from sandbox_host.records import Origin, UnitOfWork
from sandbox_host.report import RunReport
from sandbox_host.triggers.routes import Caller, Request, route_trigger
from sandbox_host.vault import Vault
from sandbox_host.version import Version
from sandbox_host.workers.evaluate import evaluator
from sandbox_host.workers.sandbox import Sandbox

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "stripe"
SECRETS = {"webhook_secret": "whsec_for_these_tests"}


@pytest.fixture(scope="module")
def stripe() -> ModuleType:
    """The example's provider module."""
    spec = importlib.util.spec_from_file_location("stripe_provider", EXAMPLE / "provider.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(size=1) as made:
        yield made


@pytest.fixture(scope="module")
def package(sandbox: Sandbox) -> Package:
    return build(EXAMPLE, evaluator(sandbox))


@dataclass
class Connector:
    """The connector, installed with one connection, and the provider that it talks to."""

    host: Host
    version: Version
    origin: Origin
    provider: Any
    runs: Iterator[int]

    def call(
        self, path: str, body: Any = None, mode: Any = "live", api_key: str | None = None, **query: str
    ) -> RunReport:
        raw = b"" if body is None else json.dumps(body).encode()
        return self._run(
            Request("POST", path, tuple(query.items()), _JSON if raw else {}, raw), mode, api_key
        )

    def deliver(self, event: Mapping[str, Any]) -> RunReport:
        raw = json.dumps(event).encode()
        signed = signatures.sign("stripe_signature", SECRETS["webhook_secret"], raw, time.time())
        return self._run(Request("POST", "/webhooks/stripe", (), _JSON | signed, raw), "live", None)

    def sync(self, stream: str) -> list[Any]:
        """Pages until there is no more; the answers' bodies."""
        pages: list[Any] = []
        while not pages or pages[-1]["hasMore"]:
            pages.append(answer(self.call(f"/sync/{stream}")))
        return pages

    def stored(self, entity: str, source_id: str) -> Any:
        """The record as it is stored, with the connector's own fields."""
        fields = self.version.schema
        unit = UnitOfWork(self.host.db, self.origin, fields, ends="atomic", observe=True, now=_now)
        (found,) = unit.query(entity, {"source_id": source_id})
        return found

    def _run(self, request: Request, mode: Any, api_key: str | None) -> RunReport:
        run = f"run-{next(self.runs)}"
        caller = Caller("t", "stripe", self.origin.connection, run)
        trigger = route_trigger(self.version.package, request, caller)
        secrets = SECRETS | {"api_key": api_key or self.provider.api_key}
        return self.host.run(
            Invocation(
                version=self.version, trigger=trigger, origin=self.origin, run=run, mode=mode, secrets=secrets
            )
        )


_JSON = {"content-type": "application/json"}


def _now() -> datetime:
    return datetime.now(UTC)


def answer(report: RunReport, status: int = 200) -> Any:
    assert report.response is not None, report.error
    assert report.response.status == status, report.response
    return report.response.body


@pytest.fixture
def connector(tmp_path: Path, sandbox: Sandbox, package: Package, stripe: ModuleType) -> Iterator[Connector]:
    database = Database.open(tmp_path)
    install = ensure_install(database, "t", "stripe", publisher="example", now=_now())
    connection = ensure_connection(database, "t", install.id, "main", now=_now())
    origin = Origin("t", install.id, connection.id, "stripe", "stripe", "test")
    provider = stripe.StripeProvider()
    port = int(provider.start().rpartition(":")[2])
    egress = NetworkEgress(mapping={Place("https", "api.stripe.com", 443): Place("http", "127.0.0.1", port)})
    audit = AuditStore.open(tmp_path)
    host = Host(sandbox, database, Vault(database, tmp_path / "keys"), audit, egress)
    yield Connector(host, Version.load(sandbox, package), origin, provider, itertools.count(1))
    provider.stop()
    audit.close()
    database.close()


def test_every_stream_comes_in_whole_over_several_pages(connector: Connector) -> None:
    counts = {}
    for stream in ("customers", "invoices", "payments", "payouts"):
        pages = connector.sync(stream)
        assert sum(page["failed"] for page in pages) == 0, pages
        counts[stream] = [page["imported"] for page in pages]
    assert counts == {"customers": [100, 100, 30], "invoices": [100, 20], "payments": [90], "payouts": [24]}


def test_a_second_round_asks_only_for_what_is_new(connector: Connector) -> None:
    connector.sync("payouts")
    connector.provider.payouts.insert(
        0, {**connector.provider.payouts[0], "id": "po_new", "created": 1_790_000_100}
    )
    (page,) = connector.sync("payouts")
    assert (page["imported"], page["duplicates"]) == (1, 1)
    assert connector.provider.requests[-1].query["created[gte]"] == ["1790000000"]


def test_a_round_that_breaks_off_goes_on_where_it_was(connector: Connector) -> None:
    first = answer(connector.call("/sync/customers"))
    connector.provider.fail()
    answer(connector.call("/sync/customers"), 502)
    second = answer(connector.call("/sync/customers"))
    assert connector.provider.requests[-1].query["starting_after"] == [first["cursor"]]
    assert (first["imported"], second["imported"], second["duplicates"]) == (100, 100, 0)


def test_a_page_and_its_window_can_be_asked_for(connector: Connector) -> None:
    query = {"from": "2026-09-21T00:00:00Z", "to": "2026-09-21T06:00:00Z", "page_size": "5"}
    page = answer(connector.call("/sync/customers", **query))
    seen = connector.provider.requests[-1].query
    assert (seen["limit"], seen["created[gte]"], seen["created[lte]"]) == (
        ["5"],
        ["1789948800"],
        ["1789970400"],
    )
    assert page["imported"] == 5 and page["checkpoint"]["newest"] is None


def test_too_many_requests_are_passed_on_with_the_time_to_wait(connector: Connector) -> None:
    connector.provider.throttle(retry_after=7)
    report = connector.call("/sync/customers")
    assert answer(report, 429)["error"]["code"] == "provider_throttled"
    assert report.response and report.response.headers == {"retry-after": "7"}
    assert not any(write.kind == "ingest" for write in report.writes)


def test_a_refused_key_is_told_from_a_provider_that_is_down(connector: Connector) -> None:
    accepted = answer(connector.call("/setup/test_connection", {"api_key": connector.provider.api_key}))
    assert accepted == {"ok": True, "livemode": False}
    refused = answer(connector.call("/setup/test_connection", {"api_key": "sk_test_wrong"}), 400)
    assert refused["error"]["message"] == "Stripe does not accept this API key"
    connector.provider.fail(status=503)
    down = answer(connector.call("/setup/test_connection", {"api_key": connector.provider.api_key}), 502)
    assert down["error"]["code"] == "provider_error"


def test_an_invoice_arrives_with_all_its_lines_and_their_fields(connector: Connector) -> None:
    connector.sync("invoices")
    invoice = connector.stored("Invoice", "in_0007")
    assert invoice["customer_id"] == "cus_0007" and invoice["document_number"] == "BF-1007"
    assert len(invoice["line_items"]) == 13
    assert invoice["line_items"][12]["line_key"] == "il_0007_12"
    (line,) = [line for line in invoice["line_items"] if line["line_number"] == 2]
    assert (line["quantity"], line["unit_price"], line["amount"]) == ("2", "13.21", "26.42")
    assert line["stripe_tax_behavior"] == line["metadata"]["stripe_tax_behavior"] == "unspecified"
    assert (line["stripe_balance_transaction_id"], line["stripe_fee_amount"]) == ("txn_0007", "0.29")


@pytest.mark.parametrize(
    ("source_id", "total"), [("in_0000", "15.00"), ("in_0004", "4646"), ("in_0005", "9.369")]
)
def test_money_is_exact_in_every_currency(connector: Connector, source_id: str, total: str) -> None:
    connector.sync("invoices")
    invoice = connector.stored("Invoice", source_id)
    theirs = next(one for one in connector.provider.invoices if one["id"] == source_id)
    places = {"USD": 2, "JPY": 0, "KWD": 3}[invoice["currency"]]
    assert invoice["total_amount"] == total
    assert int(total.replace(".", "")) == theirs["total"] and len(total.partition(".")[2]) == places


def test_one_event_brings_the_invoice_and_the_payment_that_settled_it(connector: Connector) -> None:
    paid = next(event for event in connector.provider.events() if event["type"] == "invoice.paid")
    report = connector.deliver(paid)
    results = answer(report, 202)["results"]
    assert [(one["documentType"], one["status"]) for one in results] == [
        ("invoice", "created"),
        ("payment", "created"),
    ]
    payment = connector.stored("Payment", paid["data"]["object"]["charge"])
    assert payment["invoice_id"] == paid["data"]["object"]["id"] and payment["fee_amount"] == "0.73"
    again = answer(connector.deliver(paid), 202)["results"]
    assert [one["status"] for one in again] == ["duplicate", "duplicate"]


def test_every_event_of_the_provider_is_answered(connector: Connector) -> None:
    answers = {event["type"]: answer(connector.deliver(event), 202) for event in connector.provider.events()}
    ignored = answers.pop("radar.early_fraud_warning.created")
    assert ignored == {
        "ignored": True, "eventId": "evt_radar", "eventType": "radar.early_fraud_warning.created"
    }  # fmt: skip
    assert {kind: len(one["results"]) for kind, one in answers.items()} == {
        "customer.updated": 1,
        "invoice.paid": 2,
        "charge.refunded": 1,
        "payout.paid": 1,
    }


def test_an_older_event_that_arrives_late_does_not_win(connector: Connector, stripe: ModuleType) -> None:
    customer = connector.provider.customers[0]
    new = stripe.event("evt_2", "customer.updated", {**customer, "name": "New"}, created=1_790_000_200)
    old = stripe.event("evt_1", "customer.updated", {**customer, "name": "Old"}, created=1_790_000_100)
    connector.deliver(new)
    (late,) = answer(connector.deliver(old), 202)["results"]
    assert (late["status"], late["reason"]) == ("duplicate", "stale")
    assert connector.stored("Customer", customer["id"])["name"] == "New"


def test_an_observed_sync_describes_its_writes_and_stores_none(connector: Connector) -> None:
    report = connector.call("/sync/customers", mode="observe")
    assert answer(report)["imported"] == 100
    assert report.writes and not any(write.committed for write in report.writes)
    assert answer(connector.call("/sync/customers"))["imported"] == 100
