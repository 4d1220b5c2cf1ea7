"""The Stripe connector in TypeScript and its twin in Python leave the same behind, whatever the provider does.

Compared are every run's report (response, calls with their decisions, intercepted and committed writes, logs), every
row of every table (records, versions, line fields, ingest keys with their digests, checkpoints), the audit log, and
the requests that reached the provider.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

STREAMS = ["customers", "invoices", "payments", "payouts"]
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "stripe"

Same = Callable[..., dict[str, Any]]


def poll(stage: Any, stream: str, **ask: Any) -> list[Any]:
    """Pages of one stream until there is no more: the answers' bodies."""
    bodies: list[Any] = []
    while not bodies or bodies[-1]["hasMore"]:
        report = stage.run(f"POST /sync/{stream}", **ask)
        assert report.ok and report.response.status == 200, report
        bodies.append(report.response.body)
    return bodies


def deliver(stage: Any, event: dict[str, Any], **ask: Any) -> Any:
    return stage.run("POST /webhooks/stripe", event, sign=True, **ask)


def event(kind: str, item: Any, name: str = "evt_1", created: int = 1_790_000_000) -> dict[str, Any]:
    return {"id": name, "type": kind, "created": created, "data": {"object": item}}


# Polling


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_read_to_its_end_twice(same: Same, stream: str) -> None:
    def scenario(stage: Any) -> None:
        poll(stage, stream)
        poll(stage, stream)

    left = same("stripe", scenario)
    assert len(left["tables"]["record"]) >= 24
    assert {one["response"]["body"]["imported"] for one in left["runs"]} >= {0}
    assert left["tables"]["checkpoint"]


def test_what_is_new_or_changed_between_two_rounds(same: Same) -> None:
    def scenario(stage: Any) -> None:
        poll(stage, "customers")
        newest = stage.provider.customers[0]
        newest["name"] = "Åsa Öberg \N{GRINNING FACE}"
        nameless = {
            **newest,
            "id": "cus_new",
            "created": newest["created"] + 60,
            "name": "",
            "shipping": None,
        }
        stage.provider.customers.insert(0, nameless)
        poll(stage, "customers")
        poll(stage, "customers")

    stored = {row["source_id"]: row for row in same("stripe", scenario)["tables"]["record"]}
    assert stored["cus_0000"]["version"] == 2
    assert stored["cus_new"]["data"]["name"] == stored["cus_new"]["data"]["email"]


def test_a_window_of_time_is_read_again_without_moving_the_polls(same: Same) -> None:
    window = [("from", "2026-09-10T00:00:00Z"), ("to", "2026-09-20T12:30:00.500Z"), ("page_size", "40")]

    def scenario(stage: Any) -> None:
        stage.run("POST /sync/customers")
        poll(stage, "customers", query=window)
        poll(stage, "customers")

    left = same("stripe", scenario)
    assert any("created[gte]" in one["query"] for one in left["requests"])


def test_pages_that_the_caller_chooses(same: Same) -> None:
    def scenario(stage: Any) -> None:
        stage.run("POST /sync/customers", query=[("cursor", "cus_0003"), ("page_size", "7")])
        stage.run("POST /sync/customers", query=[("cursor", ""), ("page_size", "500")])
        stage.run("POST /sync/customers", {"cursor": "cus_0001", "page_size": 3})
        stage.run("POST /sync/customers", query=[("connection_id", "berlin")])

    same("stripe", scenario)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_under_observe(same: Same, stream: str) -> None:
    def scenario(stage: Any) -> None:
        stage.run(f"POST /sync/{stream}", mode="observe")
        stage.run(f"POST /sync/{stream}")
        stage.run(f"POST /sync/{stream}", mode="observe")

    left = same("stripe", scenario)
    observed = [write for run in left["runs"] if run["mode"] == "observe" for write in run["writes"]]
    assert observed and not any(write["committed"] for write in observed)


REFUSED: dict[str, tuple[str, Callable[[Any], None]]] = {
    "a currency that is none": ("customers", lambda p: p.customers[1].update(currency="dollars", balance=0)),
    "a status that is none": ("invoices", lambda p: p.invoices[3].update(status=["paid"])),
    "a name that is a number": ("customers", lambda p: p.customers[2].update(name=7)),
    "metadata that is text": ("customers", lambda p: p.customers[0].update(metadata="text")),
    "two lines of one key": ("invoices", lambda p: p.invoices[1]["lines"]["data"].append(
        p.invoices[1]["lines"]["data"][0])),
}  # fmt: skip


@pytest.mark.parametrize(("stream", "spoil"), REFUSED.values(), ids=REFUSED.keys())
def test_a_record_that_is_refused(same: Same, stream: str, spoil: Callable[[Any], None]) -> None:
    def scenario(stage: Any) -> None:
        spoil(stage.provider)
        stage.run(f"POST /sync/{stream}", query=[("page_size", "5")])

    [run] = same("stripe", scenario)["runs"]
    assert (run["response"]["body"]["failed"], run["response"]["body"]["imported"]) == (1, 4)
    assert run["logs"][0]["message"] == "record_refused"


NUMBERS: list[dict[str, Any]] = [
    {"amount": 12300.0, "created": 1_789_000_000.0},
    {"amount": -0.0},
    {"amount": 1230, "currency": "JPY"},
    {"amount": -5, "currency": "kwd"},
    {"amount": 2**53 - 1},
]


def test_amounts_however_they_are_written(same: Same) -> None:
    def scenario(stage: Any) -> None:
        for payout, numbers in zip(stage.provider.payouts, NUMBERS, strict=False):
            payout.update(numbers)
        stage.run("POST /sync/payouts")

    stored = same("stripe", scenario)["tables"]["record"]
    amounts = ["123.00", "0.00", "1230", "-0.005", "90071992547409.91"]
    assert [row["data"]["total_amount"] for row in stored[:5]] == amounts


RATES = [1.0, 0.1, 1.0825, 1e-05, 123456.789, 1.1e-06]


def test_charges_settled_in_another_currency_or_not_at_all(same: Same) -> None:
    def scenario(stage: Any) -> None:
        charges = stage.provider.charges
        for charge, rate in zip(charges, RATES, strict=False):
            charge["balance_transaction"].update(currency="chf", exchange_rate=rate)
        charges[6].update(payment_method_details=None, invoice=None, customer=None, balance_transaction=None)
        charges[7].update(payment_method_details={"type": "klarna"})
        stage.run("POST /sync/payments")

    stored = same("stripe", scenario)["tables"]["record"]
    rates = ["1", "0.1", "1.0825", "0.00001", "123456.789", "0.0000011"]
    assert [row["data"].get("exchange_rate") for row in stored[:7]] == [*rates, None]


def test_invoices_that_lack_what_may_be_missing(same: Same) -> None:
    def scenario(stage: Any) -> None:
        empty = dict.fromkeys(
            ["number", "subscription", "tax", "due_date", "hosted_invoice_url", "customer_address"]
        )
        stage.provider.invoices[0].update(empty)
        line = stage.provider.invoices[1]["lines"]["data"][0]
        line.update(price=None, quantity=None, metadata={}, tax_amounts=[], description=None)
        stage.provider.invoices[2]["lines"]["data"][0].update(
            price={"product": "p", "unit_amount": None, "tax_behavior": None},
            metadata={"stripe_tax_behavior": "odd", "b": "2", "a": "1"},
        )
        stage.run("POST /sync/invoices", query=[("page_size", "5")])

    same("stripe", scenario)


# What the provider refuses


def test_a_throttled_page_and_the_next_attempt(same: Same) -> None:
    def scenario(stage: Any) -> None:
        stage.provider.throttle(1, retry_after=7)
        assert stage.run("POST /sync/customers").response.status == 429
        stage.run("POST /sync/customers")

    left = same("stripe", scenario)
    assert left["runs"][0]["response"]["headers"] == {"retry-after": "7"}
    assert left["runs"][0]["writes"] == []


def test_pages_that_the_provider_cannot_give(same: Same) -> None:
    def scenario(stage: Any) -> None:
        for status in (400, 403, 404, 500, 503):
            stage.provider.fail(1, status)
            assert stage.run("POST /sync/payouts").response.status == 502

    assert same("stripe", scenario)["tables"]["record"] == []


def test_a_throttle_in_the_middle_of_a_page_leaves_nothing(same: Same) -> None:
    def scenario(stage: Any) -> None:
        answer, throttled = stage.provider.answer, []

        def once(seen: Any) -> Any:
            if seen.path.endswith("/lines") and not throttled:
                throttled.append(seen)
                stage.provider.throttle(1, retry_after=3)
            return answer(seen)

        stage.provider.answer = once
        stage.run("POST /sync/invoices")
        stage.run("POST /sync/invoices")

    left = same("stripe", scenario)
    assert [run["response"]["status"] for run in left["runs"]] == [429, 200]


ANSWERS: list[Any] = [{}, {"error": {"type": "api_error"}}, {"error": None}, [1], None]


def test_refusals_in_words_that_stripe_does_not_use(same: Same) -> None:
    def scenario(stage: Any) -> None:
        answer, bodies = stage.provider.answer, iter(ANSWERS)
        stage.provider.answer = lambda seen: replace(answer(seen), status=500, body=next(bodies))
        for _ in ANSWERS:
            assert stage.run("POST /sync/payouts").response.status == 502

    messages = {run["logs"][0]["data"]["message"] for run in same("stripe", scenario)["runs"]}
    assert messages == {"Stripe answered 500"}


# The connection's settings


TRIED: list[tuple[int, dict[str, Any]]] = [
    (200, {}),
    (200, {"body": {"api_key": "sk_test_backfill_demo"}}),
    (400, {"body": {"api_key": "sk_test_wrong"}}),
    (200, {"body": {"webhook_secret": "w"}}),
    (200, {"body": {"api_key": None}}),
    (400, {"body": {"api_key": ""}}),
    (400, {"secrets": {"api_key": "sk_test_wrong"}}),
    (400, {"secrets": {}}),
]
"""Statuses, and the keys that an admin enters and has stored."""


@pytest.mark.parametrize("mode", ["live", "observe"])
def test_trying_the_connection(same: Same, mode: str) -> None:
    def scenario(stage: Any) -> None:
        for _, tried in TRIED:
            stage.run("POST /setup/test_connection", mode=mode, **dict(tried))

    runs = same("stripe", scenario)["runs"]
    assert [run["response"]["status"] for run in runs] == [status for status, _ in TRIED]


def test_trying_it_while_the_provider_is_down(same: Same) -> None:
    def scenario(stage: Any) -> None:
        stage.provider.fail(1, 500)
        stage.run("POST /setup/test_connection")
        stage.provider.throttle()
        stage.run("POST /setup/test_connection")

    assert [run["response"]["status"] for run in same("stripe", scenario)["runs"]] == [502, 429]


def test_streams_without_a_key(same: Same) -> None:
    left = same("stripe", lambda stage: [stage.run(f"POST /sync/{stream}", secrets={}) for stream in STREAMS])
    assert [run["response"]["status"] for run in left["runs"]] == [400] * 4
    assert left["requests"] == []


# Webhooks


EVENTS = (
    *(f"customer.{name}" for name in ("created", "updated")),
    *(
        f"invoice.{name}"
        for name in ("created", "finalized", "updated", "voided", "marked_uncollectible", "paid")
    ),
    *(f"charge.{name}" for name in ("succeeded", "updated", "refunded", "failed")),
    *(f"payout.{name}" for name in ("created", "updated", "paid", "failed", "canceled")),
    "account.updated",
)


def item_of(provider: Any, kind: str) -> Any:
    items = {
        "customer": provider.customers[5],
        "invoice": provider.invoices[7],
        "charge": {**provider.charges[2], "balance_transaction": "txn_1"},
        "payout": provider.payouts[9],
        "account": {"id": "acct_1"},
    }
    return items[kind.partition(".")[0]]


def test_every_event_that_the_connector_knows_is_compared() -> None:
    source = (EXAMPLE / "src" / "lib" / "events.ts").read_text()
    assert [kind for kind in EVENTS if f'["{kind}", ' not in source] == ["account.updated"]
    assert source.count('  ["') == len(EVENTS) - 1


@pytest.mark.parametrize("mode", ["live", "observe"])
def test_every_event_delivered_twice(same: Same, mode: str) -> None:
    def scenario(stage: Any) -> None:
        for number, kind in enumerate(EVENTS):
            one = event(kind, item_of(stage.provider, kind), f"evt_{number}")
            for _ in range(2):
                assert deliver(stage, one, mode=mode).response.status == 202

    left = same("stripe", scenario)
    ingested = [
        write["entity"] for run in left["runs"] for write in run["writes"] if write["kind"] == "ingest"
    ]
    assert set(ingested) == {"Customer", "Invoice", "Payment", "Deposit"}
    assert len(left["tables"]["record"]) == (0 if mode == "observe" else 4)


def test_the_events_of_a_provider_after_everything_was_polled(same: Same) -> None:
    def scenario(stage: Any) -> None:
        for stream in STREAMS:
            poll(stage, stream)
        for one in stage.provider.events():
            deliver(stage, one)

    left = same("stripe", scenario)
    assert max(row["version"] for row in left["tables"]["record"]) >= 2
    assert left["tables"]["field_value"]


def test_an_older_event_that_comes_late(same: Same) -> None:
    def scenario(stage: Any) -> None:
        payout = stage.provider.payouts[0]
        deliver(stage, event("payout.paid", {**payout, "status": "paid"}, "evt_2", 1_790_000_100))
        deliver(stage, event("payout.created", payout, "evt_1", 1_790_000_000))

    left = same("stripe", scenario)
    assert left["runs"][1]["response"]["body"]["results"][0]["reason"] == "stale"


def test_an_invoice_that_was_paid_outside_of_stripe(same: Same) -> None:
    def scenario(stage: Any) -> None:
        deliver(stage, event("invoice.paid", {**stage.provider.invoices[3], "charge": None}))

    assert len(same("stripe", scenario)["tables"]["record"]) == 1


def test_an_event_about_something_that_the_provider_has_no_more(same: Same) -> None:
    def scenario(stage: Any) -> None:
        assert deliver(stage, event("charge.updated", {"id": "ch_gone"})).response.status == 502

    assert same("stripe", scenario)["runs"][0]["logs"][0]["message"] == "stripe_refused"


def test_an_event_while_the_provider_throttles(same: Same) -> None:
    def scenario(stage: Any) -> None:
        stage.provider.throttle(1, retry_after=11)
        deliver(stage, event("charge.succeeded", stage.provider.charges[0]))
        deliver(stage, event("charge.succeeded", stage.provider.charges[0]))

    left = same("stripe", scenario)
    assert [run["response"]["status"] for run in left["runs"]] == [429, 202]


def test_an_event_for_a_connection_without_a_key(same: Same) -> None:
    def scenario(stage: Any) -> None:
        deliver(
            stage,
            event("customer.created", stage.provider.customers[0]),
            secrets={"webhook_secret": "whsec_x"},
        )

    assert same("stripe", scenario)["runs"][0]["response"]["status"] == 400


# The comparison itself


CHANGED = {
    "a field of a record": (
        "src/lib/transforms.py",
        '"phone": customer.get("phone")',
        '"phone": customer.get("email")',
        "tables.record",
    ),
    "a field that is left out": (
        "src/lib/transforms.py",
        '        "description": customer.get("description"),\n        "currency"',
        '        "currency"',
        None,
    ),
    "an amount's last digit": (
        "src/lib/money.py", "scaleb(-_decimal_places", "scaleb(1 - _decimal_places", "tables.ingest_key"
    ),
    "an idempotency key": ("src/lib/sync_page.py", 'f"stripe:{document_type}:', 'f"Stripe:{document_type}:',
                           "tables.ingest_key"),
    "a checkpoint": ("src/lib/sync_page.py", 'saved["since"] if more else newest', "newest", "tables.checkpoint"),
    "where the host is told the next page begins": (
        "src/lib/sync_page.py", "cursor=cursor, has_more", "has_more", "tables.checkpoint"),
    "a log's level": ("src/lib/sync_page.py", 'Log.info("page_synced"', 'Log.warn("page_synced"', "runs"),
    "a host call more": ("src/lib/sync_page.py", "    stripe = Stripe(api_key)\n",
                         '    Secrets.get("api_key")\n    stripe = Stripe(api_key)\n', "audit"),
    "a header of a request": ("src/lib/stripe.py", '{"Stripe-Version": VERSION}', "{}", "requests"),
    "a member of the answer": ("src/lib/sync_page.py", '"hasMore": more,', '"hasMore": bool(more), "more": more,',
                               "runs"),
    "the order of the answer's members": (
        "src/lib/sync_page.py", '                "stream": stream,\n                **counts,',
        '                **counts,\n                "stream": stream,', "runs"),
    "a wider permission": ("backfill.config.py", '"https://api.stripe.com/v1/*"', '"https://api.stripe.com/*"',
                           "audit"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED.keys())
def test_the_comparison_notices(
    play: Any, changed: Any, differing: Any, change: tuple[str, str, str, str]
) -> None:
    *edit, place = change

    def scenario(stage: Any) -> None:
        stage.run("POST /sync/customers", query=[("page_size", "5")])

    found = differing(play(EXAMPLE, scenario), play(changed("stripe-python", *edit), scenario))
    if place is None:
        assert found == [], "Stripe's customers have no description here"
    else:
        assert any(one.startswith(place) for one in found), found
