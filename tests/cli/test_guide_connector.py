"""The published Stripe connector, typed in as it stands, through the real command."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox_host import signatures

GUIDE = Path(__file__).resolve().parents[1] / "projects" / "guide_connector"
API_KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
SIGNING_SECRET = "whsec_9f8e7d6c5b4a39281706f5e4d3c2b1a0"
WEBHOOK = "POST /webhooks/stripe"

CUSTOMERS = {
    "method": "GET",
    "url": "https://api.stripe.com/v1/customers",
    "body": {
        "data": [{"id": "cus_1", "name": "Ada Lovelace"}, {"id": "cus_2", "name": None}],
        "has_more": False,
    },
}
BALANCE = {"method": "GET", "url": "https://api.stripe.com/v1/balance", "body": {"available": []}}
INVOICE = {
    "id": "in_1",
    "customer": "cus_1",
    "currency": "eur",
    "lines": {
        "data": [
            {
                "id": "il_1",
                "description": "Seats",
                "amount": 1250,
                "metadata": {
                    "stripe_tax_behavior": "exclusive",
                    "balance_transaction_id": "txn_1",
                    "stripe_fee_amount": "0.66",
                },
            },
            {"id": "il_2", "description": "Setup", "amount": 500, "metadata": {}},
        ]
    },
}
CHARGE = {
    "id": "evt_1",
    "type": "charge.succeeded",
    "data": {
        "object": {
            "id": "ch_1",
            "customer": "cus_1",
            "amount": 1750,
            "currency": "eur",
            "status": "succeeded",
        }
    },
}


def test_its_customers_are_ingested(invoke, stubs, state, stored):
    report = invoke(
        GUIDE,
        "POST /sync/customers",
        "--secret",
        f"api_key={API_KEY}",
        "--stub",
        stubs(CUSTOMERS),
        "--state",
        state,
    )
    assert report["response"] == {
        "status": 200,
        "headers": {},
        "body": {"stream": "customers", "imported": 2, "hasMore": False},
    }
    assert [
        (call["capability"], call["action"], call["resource"], call["decision"]) for call in report["calls"]
    ] == [
        ("secrets", "get", "api_key", "allow"),
        ("http", "get", "https://api.stripe.com/v1/customers", "allow"),
        ("ingest", "canonical", "Customer/cus_1", "allow"),
        ("ingest", "canonical", "Customer/cus_2", "allow"),
    ]
    assert [(write["kind"], write["entity"], write["committed"]) for write in report["writes"]] == [
        ("ingest", "Customer", True),
        ("ingest", "Customer", True),
    ]
    assert stored(state, "Customer")["cus_1"]["name"] == "Ada Lovelace"


@pytest.mark.parametrize(("status", "answer"), [(200, 200), (401, 400)])
def test_its_connection_test_tries_the_key_that_was_entered(invoke, stubs, status, answer):
    body = json.dumps({"api_key": API_KEY})
    report = invoke(
        GUIDE, "POST /setup/test_connection", "--body", body, "--stub", stubs({**BALANCE, "status": status})
    )
    assert report["response"]["status"] == answer
    assert API_KEY not in json.dumps(report)


def test_a_route_without_its_secret_answers_and_is_ok(invoke):
    report = invoke(GUIDE, "POST /sync/customers")
    assert report["ok"] and report["response"]["status"] == 400
    assert report["response"]["body"]["error"]["message"] == "Missing api_key"


def test_a_provider_that_fails_is_told_on(invoke, stubs):
    down = stubs({"url": "https://api.stripe.com/*", "status": 500})
    report = invoke(GUIDE, "POST /sync/customers", "--secret", f"api_key={API_KEY}", "--stub", down)
    assert report["response"]["status"] == 502 and not report["writes"]


def test_its_invoice_lines_keep_their_declared_fields_apart(invoke, state, rows, stored):
    report = invoke(GUIDE, "POST /sync/invoices", "--body", json.dumps(INVOICE), "--state", state)
    assert report["response"]["body"]["status"] == "created"
    lines = stored(state, "Invoice")["in_1"]["line_items"]
    assert [(line["line_key"], line["amount"]) for line in lines] == [("il_1", "12.50"), ("il_2", "5.00")]
    assert not any("stripe_" in json.dumps(line).replace("metadata", "") for line in lines[1:])
    declared = {json.dumps(row) for row in rows(state)["field_value"]}
    assert any("il_1" in row and "txn_1" in row and "exclusive" in row for row in declared)
    assert any("il_2" in row and "unspecified" in row for row in declared)


def test_a_declared_line_field_that_is_wrong_fails_the_whole_ingest(invoke, state, stored):
    wrong = json.loads(json.dumps(INVOICE))
    wrong["lines"]["data"][0]["metadata"]["stripe_tax_behavior"] = "sideways"
    report = invoke(GUIDE, "POST /sync/invoices", "--body", json.dumps(wrong), "--state", state)
    assert report["error"]["name"] == "ValidationError"
    assert "stripe_tax_behavior" in report["error"]["message"]
    assert stored(state, "Invoice") == {}


@pytest.mark.parametrize("stream", ["payments", "payouts"])
def test_its_one_line_routes_run(invoke, stream):
    report = invoke(GUIDE, f"POST /sync/{stream}")
    assert report["response"]["body"] == {"stream": stream, "imported": 0, "hasMore": False}


def test_a_signed_webhook_is_ingested(invoke, state, stored):
    report = invoke(
        GUIDE, WEBHOOK, "--body", json.dumps(CHARGE), "--sign", "--secret", f"webhook_secret={SIGNING_SECRET}",
        "--state", state,
    )  # fmt: skip
    assert report["response"] == {"status": 202, "headers": {}, "body": {"ok": True}}
    assert stored(state, "Payment")["ch_1"]["amount"] == "17.50"
    assert SIGNING_SECRET not in json.dumps(report)


def test_a_delivery_that_stripe_signed_is_accepted_as_it_came(invoke, tmp_path):
    raw = json.dumps(CHARGE, indent=1).encode()
    (tmp_path / "delivery").write_bytes(raw)
    headers = signatures.sign("stripe_signature", SIGNING_SECRET, raw, time.time())
    options = [part for name, value in headers.items() for part in ("--header", f"{name}={value}")]
    secret = ("--secret", f"webhook_secret={SIGNING_SECRET}")
    report = invoke(GUIDE, WEBHOOK, "--raw-body", f"@{tmp_path / 'delivery'}", *options, *secret)
    assert report["response"]["status"] == 202


def signed_header(secret: str = SIGNING_SECRET, age_s: float = 0) -> list[str]:
    headers = signatures.sign("stripe_signature", secret, json.dumps(CHARGE).encode(), time.time() - age_s)
    return [part for name, value in headers.items() for part in ("--header", f"{name}={value}")]


@pytest.mark.parametrize(
    ("case", "options"),
    [
        ("no signature", lambda: ["--secret", f"webhook_secret={SIGNING_SECRET}"]),
        ("no secret is set", lambda: signed_header()),
        ("the signature of another secret", lambda: [*signed_header("whsec_another_secret_altogether"), "--secret",
                                                     f"webhook_secret={SIGNING_SECRET}"]),
        ("an old signature", lambda: [*signed_header(age_s=301), "--secret", f"webhook_secret={SIGNING_SECRET}"]),
        ("rubbish", lambda: ["--header", "stripe-signature=t=1,v1=00", "--secret",
                             f"webhook_secret={SIGNING_SECRET}"]),
    ],
)  # fmt: skip
def test_a_delivery_that_does_not_verify_is_refused_before_the_guest_sees_it(
    invoke, state, stored, case, options
):
    report = invoke(GUIDE, WEBHOOK, "--body", json.dumps(CHARGE), *options(), "--state", state)
    assert report["ok"] is False and report["response"] is None, case
    assert (report["error"]["name"], report["error"]["code"]) == ("SignatureInvalid", "signature_invalid")
    assert report["calls"] == [] and report["usage"]["host_calls"] == 0
    assert stored(state, "Payment") == {}


def test_a_body_that_was_changed_after_signing_is_refused(invoke, tmp_path):
    other = json.dumps({**CHARGE, "id": "evt_2"})
    secret = ("--secret", f"webhook_secret={SIGNING_SECRET}")
    report = invoke(GUIDE, WEBHOOK, "--body", other, *signed_header(), *secret)
    assert report["error"]["name"] == "SignatureInvalid"


def test_a_forged_delivery_is_ingested_where_nothing_verifies(invoke, monkeypatch):
    monkeypatch.setattr("sandbox_host.triggers.routes.check_signature", lambda *given: None)
    report = invoke(GUIDE, WEBHOOK, "--body", json.dumps(CHARGE))
    assert [write["kind"] for write in report["writes"]] == ["ingest"]


def test_it_builds(backfill):
    ran = backfill("build", GUIDE, "--json")
    assert ran.code == 0 and ran.report["ok"], ran
    assert [route["path"] for route in ran.report["deployment"]["entrypoints"]["routes"]] == [
        "/setup/test_connection",
        "/sync/customers",
        "/sync/invoices",
        "/sync/payments",
        "/sync/payouts",
        "/webhooks/stripe",
    ]


def test_it_runs_as_a_command_of_its_own(stubs):
    command = [sys.executable, "-c", "from sandbox_host.cli import main; main()", "invoke", GUIDE]
    command += [
        "POST /sync/customers",
        "--secret",
        f"api_key={API_KEY}",
        "--stub",
        stubs(CUSTOMERS),
        "--json",
    ]
    ran = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0 and ran.stderr == ""
    assert json.loads(ran.stdout)["response"]["body"]["imported"] == 2


def test_without_json_the_same_is_readable(backfill, stubs):
    ran = backfill(
        "invoke", GUIDE, "POST /sync/customers", "--secret", f"api_key={API_KEY}", "--stub", stubs(CUSTOMERS)
    )
    assert ran.code == 0
    for part in ("POST /sync/customers → 200", "http.get", "Customer", "allow", "host calls"):
        assert part in ran.out
    assert API_KEY not in ran.out + ran.err
