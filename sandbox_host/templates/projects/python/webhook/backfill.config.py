from guest_sdk import define_connector

define_connector(
    key="{{name}}",
    name="{{title}}",
    provider="{{name}}",
    kind="source",
    version="0.1.0",
    purpose="Brings customers into the books as they change.",
    # What is not listed here is refused.
    permissions={
        "entities": {"Customer": ["write"]},
        "secrets": {"webhook_secret": ["read"]},
    },
    connection={
        "setup": {
            "webhook_url_template": "/api/v1/extensions/<tenant_id>/{{name}}/routes/webhooks/events"
            "?connection_id=<connection_id>",
            "instructions": "Add a webhook endpoint with the URL above, then paste its signing secret here.",
        },
        "settings_schema": {
            "type": "object",
            "required": ["webhook_secret"],
            "properties": {
                "webhook_secret": {
                    "type": "string",
                    "minLength": 1,
                    "title": "Signing secret",
                    "x-secret": True,
                },
            },
        },
    },
    webhooks={"endpoint": "/webhooks/events", "auth": "hmac_sha256"},
    streams=[{"key": "events", "mode": "webhook"}],
)
