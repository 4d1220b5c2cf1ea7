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
    },
    connection={
        "test_connection": {"route": "/setup/test_connection", "method": "POST"},
        # The host owns the redirect, the callback, the tokens and their refresh.
        "oauth": {
            "type": "authorization_code",
            "authorization_url_template": "https://accounts.example.com/oauth/authorize",
            "token_url_template": "https://accounts.example.com/oauth/token",
            "scopes": ["customers.read"],
            "pkce": True,
            "client": {"credential_key": "{{name}}_app"},
            "refresh": {"enabled": True},
            "post_connect": {"route": "/setup/test_connection", "method": "POST"},
        },
        "settings_schema": {"type": "object", "required": [], "properties": {}},
    },
    # Each poll stream has a POST route src/api/sync/<key>.py.
    streams=[{"key": "customers", "mode": "poll", "schedule": "*/15 * * * *"}],
)
