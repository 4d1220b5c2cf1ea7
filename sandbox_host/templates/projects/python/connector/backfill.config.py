from guest_sdk import define_connector

define_connector(
    key="{{name}}",
    name="{{title}}",
    provider="{{name}}",
    kind="source",
    version="0.1.0",
    purpose="Brings customers into the books.",
    # What is not listed here is refused.
    permissions={
        "http": ["https://api.example.com/v1/*"],
        "entities": {"Customer": ["write"]},
        "secrets": {"api_key": ["read"]},
        "secret_hosts": {"api_key": ["api.example.com"]},
    },
    connection={
        "test_connection": {"route": "/setup/test_connection", "method": "POST"},
        "settings_schema": {
            "type": "object",
            "required": ["api_key"],
            "properties": {
                "api_key": {"type": "string", "minLength": 1, "title": "API key", "x-secret": True},
            },
        },
    },
    # Each poll stream has a POST route src/api/sync/<key>.py.
    streams=[{"key": "customers", "mode": "poll", "schedule": "*/15 * * * *"}],
)
