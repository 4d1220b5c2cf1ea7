from guest_sdk import define_connector

connector = define_connector(
    key="stripe",
    name="Stripe",
    provider="stripe",
    kind="source",
    version="1.0.0",
    purpose="Brings customers, invoices, payments and payouts from Stripe into the books.",
    permissions={
        "http": ["https://api.stripe.com/v1/*"],
        "entities": {
            "Customer": ["write"],
            "Invoice": ["write"],
            "Payment": ["write"],
            "Deposit": ["write"],
        },
        "secrets": {"api_key": ["read"], "webhook_secret": ["read"]},
        "secret_hosts": {"api_key": ["api.stripe.com"]},
    },
    connection={
        "test_connection": {"route": "/setup/test_connection", "method": "POST"},
        "setup": {
            "webhook_url_template": (
                "/api/v1/extensions/<tenant_id>/stripe/routes/webhooks/stripe?connection_id=<connection_id>"
            ),
            "instructions": (
                "In Stripe, add a webhook endpoint with the URL above for customer, invoice, charge and "
                "payout events, then paste its signing secret here."
            ),
        },
        "settings_schema": {
            "type": "object",
            "required": ["api_key"],
            "properties": {
                "api_key": {
                    "type": "string",
                    "minLength": 1,
                    "title": "Secret API key",
                    "x-secret": True,
                    "x-placeholder": "sk_live_... or rk_live_...",
                },
                "webhook_secret": {
                    "type": "string",
                    "minLength": 1,
                    "title": "Webhook signing secret",
                    "x-secret": True,
                    "x-placeholder": "whsec_...",
                },
            },
        },
    },
    webhooks={"endpoint": "/webhooks/stripe", "auth": "stripe_signature"},
    streams=[
        {"key": "events", "mode": "webhook"},
        {"key": "customers", "mode": "poll", "schedule": "*/15 * * * *"},
        {"key": "invoices", "mode": "poll", "schedule": "*/15 * * * *"},
        {"key": "payments", "mode": "poll", "schedule": "*/15 * * * *"},
        {"key": "payouts", "mode": "poll", "schedule": "0 * * * *"},
    ],
    ui={
        "line_columns": [
            {
                "id": "stripe-tax-behavior",
                "label": "Stripe tax",
                "entity": "Invoice",
                "line_collection": "line_items",
                "field": "stripe_tax_behavior",
                "width": 140,
                "order": 60,
                "visible_when": {"field": "source_system", "equals": "stripe"},
            },
        ],
    },
)
