"""A good project becomes a package that says what is in it."""

from __future__ import annotations

from pathlib import Path

from sandbox_host.packages import build

STRIPE = Path(__file__).resolve().parents[1] / "projects" / "guide_connector"


def test_a_connector_builds_into_its_entrypoints(build_files, connector):
    package = build_files(connector)
    found = package.entrypoints
    assert [(r.path, r.methods, r.auth) for r in found.routes] == [
        ("/sync/customers", ("POST",), "api_key"),
        ("/webhooks/acme", ("POST",), "hmac_sha256"),
    ]
    assert [(h.entity, h.event, h.file) for h in found.hooks] == [
        ("Invoice", "before_save", "src/hooks/invoice/before-save.ts")
    ]
    assert [(j.name, j.schedule, j.timezone, j.retry, j.timeout_ms) for j in found.jobs] == [
        ("nightly", "0 2 * * *", "Europe/Berlin", 1, 30_000)
    ]
    assert package.manifest.provider == "acme"


def test_the_published_stripe_connector_builds(evaluate):
    package = build(STRIPE, evaluate)
    assert [route.path for route in package.entrypoints.routes] == [
        "/setup/test_connection",
        "/sync/customers",
        "/sync/invoices",
        "/sync/payments",
        "/sync/payouts",
        "/webhooks/stripe",
    ]
    assert package.fields["line"]["Invoice"]["line_items"] == {
        "stripe_balance_transaction_id": {"label": "Balance transaction", "type": "string"},
        "stripe_tax_behavior": {
            "label": "Stripe tax behavior",
            "type": "select",
            "options": ["inclusive", "exclusive", "unspecified"],
        },
        "stripe_fee_amount": {"label": "Stripe fee", "type": "currency", "currencyField": "currency"},
    }
