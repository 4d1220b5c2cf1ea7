"""The manifest: what authors write is accepted as it stands, and what is wrong is named with its place."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.manifest import Manifest, ManifestError, manifest_json_schema, parse_manifest

STRIPE: dict[str, Any] = {
    "key": "stripe",
    "name": "Stripe",
    "provider": "stripe",
    "kind": "source",
    "version": "0.2.0",
    "permissions": {
        "http": ["https://api.stripe.com/*"],
        "entities": {"Customer": ["write"], "Invoice": ["write"], "Payment": ["write"]},
        "secrets": {"api_key": ["read"], "webhook_secret": ["read"]},
    },
    "connection": {
        "testConnection": {"route": "/setup/test_connection", "method": "POST"},
        "setup": {
            "webhookUrlTemplate": "/api/v1/extensions/<tenant_id>/stripe/routes/webhooks/stripe"
            "?connection_id=<connection_id>",
            "instructions": "Create a Stripe webhook endpoint forwarding accounting events to the generated URL, "
            "then paste the signing secret here.",
        },
        "settingsSchema": {
            "type": "object",
            "required": ["api_key"],
            "properties": {
                "api_key": {
                    "type": "string",
                    "minLength": 1,
                    "title": "Secret API key",
                    "x-secret": True,
                    "x-placeholder": "sk_live_... or sk_test_...",
                },
                "webhook_secret": {
                    "type": "string",
                    "minLength": 1,
                    "title": "Webhook signing secret",
                    "x-secret": True,
                    "x-placeholder": "whsec_...",
                },
                "settlement_currency": {"type": "string", "enum": ["auto", "USD", "EUR"], "default": "auto"},
            },
        },
    },
    "webhooks": {"endpoint": "/webhooks/stripe", "auth": "stripe_signature"},
    "streams": [
        {"key": "events", "mode": "webhook"},
        {"key": "customers", "mode": "poll", "schedule": "*/15 * * * *"},
        {"key": "invoices", "mode": "poll", "schedule": "*/15 * * * *"},
        {"key": "payments", "mode": "poll", "schedule": "*/15 * * * *"},
        {"key": "payout_reconciliation", "mode": "backfill"},
    ],
    "ui": {
        "lineColumns": [
            {
                "id": "stripe-tax-behavior",
                "label": "Stripe tax",
                "entity": "Invoice",
                "lineCollection": "line_items",
                "field": "stripe_tax_behavior",
                "width": 140,
                "order": 60,
                "visibleWhen": {"field": "source_system", "equals": "stripe"},
            }
        ]
    },
}

SHOPIFY: dict[str, Any] = {
    "key": "shopify",
    "name": "Shopify",
    "provider": "shopify",
    "kind": "source",
    "changes": "Reads refunds as well.",
    "purpose": "Brings orders in.",
    "permissions": {
        "http": ["https://*.myshopify.com/*", {"url": "https://api.example.com/graphql", "reads": ["POST"]}],
        "secrets": {"webhook_secret": ["read"]},
        "secretHosts": {"webhook_secret": ["*.myshopify.com", "api.example.com"]},
    },
    "connection": {
        "testConnection": {"route": "/setup/test_connection"},
        "settingsSchema": {
            "type": "object",
            "required": ["shop_domain"],
            "properties": {
                "shop_domain": {"type": "string"},
                "webhook_secret": {"type": "string", "x-secret": True},
            },
        },
        "oauth": {
            "type": "authorization_code",
            "authorizationUrlTemplate": "https://{settings.shop_domain}.myshopify.com/admin/oauth/authorize",
            "tokenUrlTemplate": "https://{settings.shop_domain}.myshopify.com/admin/oauth/access_token",
            "scopes": ["read_orders"],
            "accessType": "offline",
            "pkce": True,
            "requiredSettings": ["shop_domain"],
            "client": {"credentialKey": "shopify_public_app"},
            "token": {"accessTokenPath": "access_token", "scopePath": "scope"},
            "refresh": {"enabled": False},
            "postConnect": {"route": "/setup/test_connection", "method": "POST"},
            "hostValidation": {"shop_domain": {"suffix": ".myshopify.com", "normalize": "shopifyShopDomain"}},
        },
    },
    "webhooks": {"endpoint": "/webhooks/shopify", "auth": "shopify_hmac"},
}

TAX: dict[str, Any] = {
    "key": "backfill-extension-tax-calcs",
    "name": "Tax",
    "version": "1.1.0",
    "permissions": {"entities": {"Invoice": ["read", "write"], "NexusAddress": ["read", "write"]}},
    "config": {"taxRate": 8.25, "taxLabel": "Tax", "enabled": True, "nested": {"a": [1, None]}},
    "pages": [
        {
            "id": "nexus-addresses",
            "title": "Nexus addresses",
            "path": "nexus-addresses",
            "render": "src/pages/nexus-addresses.tsx",
            "kind": "list",
            "nav": {"label": "Nexus", "section": "Tax", "order": 10},
            "access": {"roles": ["admin", "accountant"]},
        },
        {
            "id": "nexus-address-form",
            "title": "Nexus address",
            "path": "nexus-addresses/form",
            "render": "./src/pages/nexus-address-form.tsx",
            "kind": "detail",
            "parentPage": "nexus-addresses",
            "adminOnly": True,
        },
    ],
    "ui": {
        "tabs": [
            {
                "id": "tax",
                "label": "Tax",
                "entity": "Invoice",
                "render": "src/ui/tax.tsx",
                "icon": "percent",
                "order": 5,
                "visibleWhen": {"field": "status", "in": ["draft", None, 3]},
            }
        ],
        "panels": [{"id": "tax", "label": "Tax", "entity": "NexusAddress", "render": "src/ui/panel.tsx"}],
        "actions": [
            {
                "id": "save",
                "label": "Save",
                "page": "nexus-address-form",
                "run": "src/pages/actions/save-nexus-address.ts",
            },
            {"id": "tax-now", "label": "Tax now", "entity": "Invoice", "render": "src/ui/tax-now.tsx"},
        ],
    },
}

MINIMAL: dict[str, Any] = {"key": "x", "name": "X"}


def problems(data: object) -> list[str]:
    try:
        parse_manifest(data)
    except ManifestError as error:
        assert error.problems
        return [str(problem) for problem in error.problems]
    return []


def changed(base: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of a manifest with one place replaced; a path such as `streams.0.key`."""
    data = copy.deepcopy(base)
    place: Any = data
    *parents, last = path.split(".")
    for part in parents:
        place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
    if isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return data


@pytest.mark.parametrize("manifest", [STRIPE, SHOPIFY, TAX, MINIMAL], ids=lambda manifest: manifest["key"])
def test_what_authors_write_is_accepted_as_it_stands(manifest: dict[str, Any]) -> None:
    assert problems(manifest) == []


@pytest.mark.parametrize("manifest", [STRIPE, SHOPIFY, TAX, MINIMAL], ids=lambda manifest: manifest["key"])
def test_a_manifest_comes_back_as_it_was_authored(manifest: dict[str, Any]) -> None:
    parsed = parse_manifest(manifest)
    assert parsed.as_authored() == manifest
    assert parse_manifest(parsed.as_authored()) == parsed


@pytest.mark.parametrize("manifest", [STRIPE, SHOPIFY, TAX, MINIMAL], ids=lambda manifest: manifest["key"])
def test_the_json_schema_accepts_what_the_parser_accepts(manifest: dict[str, Any]) -> None:
    assert jsonschema_rs.is_valid(manifest_json_schema(), manifest)


def test_the_json_schema_refuses_unknown_keys() -> None:
    schema = manifest_json_schema()
    assert not jsonschema_rs.is_valid(schema, {**MINIMAL, "permission": {}})
    assert not jsonschema_rs.is_valid(schema, changed(MINIMAL, "permissions.htpp", []))
    assert not jsonschema_rs.is_valid(
        schema, changed(MINIMAL, "permissions.http", [{"url": "https://a.co/*", "x": 1}])
    )


def test_a_provider_makes_a_connector() -> None:
    assert parse_manifest(STRIPE).is_connector
    assert not parse_manifest(TAX).is_connector


def test_a_manifest_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse_manifest(MINIMAL).key = "y"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("key", "Stripe", "key: must be lower-case"),
        ("key", "", "key: must be lower-case"),
        ("key", "a" * 65, "key: must be lower-case"),
        ("key", "stripe\n", "key: must be lower-case"),
        ("key", 7, "key: must be a string, not 7"),
        ("name", None, "name: must be a string, not null"),
        ("version", 2, "version: must be a string, not 2"),
        ("kind", "sink", "kind: must be 'source', not 'sink'"),
        ("permissions", [], "permissions: must be an object, not a list"),
        ("permissions.http", "https://a.example.com/*", "permissions.http: must be a list, not 'https://a"),
        ("permissions.http.0", 5, "permissions.http[0]: must be a URL pattern or {url, reads}"),
        (
            "permissions.http.0",
            "https://api.stripe.com",
            "permissions.http[0]: the pattern has no path; write https://",
        ),
        ("permissions.http.0", "*", "permissions.http[0]: `*` is not a host"),
        ("permissions.http.0", "https://*/*", "permissions.http[0]: `*` is not a host"),
        (
            "permissions.http.0",
            "https://*.com/*",
            "permissions.http[0]: *.com is every name under a public suffix",
        ),
        ("permissions.http.0", "http://a.example.com/*", "permissions.http[0]: only https://"),
        ("permissions.http.0", "https://127.1/*", "permissions.http[0]: 127.1 is an IP address"),
        (
            "permissions.http.0",
            "https://localhost/*",
            "permissions.http[0]: localhost is a name without a domain",
        ),
        ("permissions.http.0", "https://u:p@a.example.com/*", "permissions.http[0]: the URL names a user"),
        ("permissions.http.0", "https://a.example.com:70000/*", "permissions.http[0]: the port"),
        (
            "permissions.http.0",
            "https://münchen.de/*",
            "permissions.http[0]: the URL holds a character outside ASCII",
        ),
        ("permissions.http.0", {"url": "*"}, "permissions.http[0].url: `*` is not a host"),
        ("permissions.http.0", {"reads": ["POST"]}, "permissions.http[0].url: is required"),
        (
            "permissions.http.0",
            {"url": "https://a.example.com/*", "reads": ["post"]},
            "permissions.http[0].reads[0]: must",
        ),
        (
            "permissions.http.0",
            {"url": "https://a.example.com/*", "reads": "POST"},
            "permissions.http[0].reads: must",
        ),
        (
            "permissions.entities.vendor",
            ["read"],
            "permissions.entities.vendor: an entity's name is PascalCase",
        ),
        ("permissions.entities.*", ["read"], "permissions.entities['*']: an entity's name is PascalCase"),
        (
            "permissions.entities.Invoice",
            ["raed"],
            "permissions.entities.Invoice[0]: must be 'read' or 'write'",
        ),
        ("permissions.entities.Invoice", "read", "permissions.entities.Invoice: must be a list, not 'read'"),
        (
            "permissions.entities.Invoice",
            ["read", "read"],
            "permissions.entities.Invoice[1]: 'read' is already at",
        ),
        (
            "permissions.entities.INVOICE",
            ["read"],
            "permissions.entities.INVOICE: is the same name as 'Invoice'",
        ),
        ("permissions.secrets.apiKey", ["read"], "permissions.secrets.apiKey: a secret's name is lower-case"),
        (
            "permissions.secrets.api-key",
            ["read"],
            "permissions.secrets.api-key: a secret's name is lower-case",
        ),
        ("permissions.secrets._key", ["read"], "permissions.secrets._key: a secret's name is lower-case"),
        (
            "permissions.secrets.API_KEY",
            ["read"],
            "permissions.secrets.API_KEY: is the same name as 'api_key'",
        ),
        (
            "permissions.secrets.x",
            ["delete"],
            "permissions.secrets.x[0]: must be 'read' or 'write', not 'delete'",
        ),
        (
            "permissions.secretHosts",
            {"nope": ["a.co"]},
            "permissions.secretHosts.nope: there is no such secret",
        ),
        ("permissions.secretHosts", {"api_key": ["https://a.co"]}, "permissions.secretHosts.api_key[0]: "),
        (
            "permissions.secretHosts",
            {"api_key": ["127.0.0.1"]},
            "permissions.secretHosts.api_key[0]: 127.0.0.1 is an IP",
        ),
        ("permissions.hosts", [], "permissions.hosts: unknown key"),
        ("permission", {}, "permission: unknown key; did you mean 'permissions'?"),
        (
            "connection.testConection",
            {},
            "connection.testConection: unknown key; did you mean 'testConnection'?",
        ),
        (
            "connection.test_connection",
            {},
            "connection.test_connection: unknown key; did you mean 'testConnection'?",
        ),
        ("connection.testConnection.route", "setup", "connection.testConnection.route: a route is a path"),
        ("connection.testConnection.route", "/a/../b", "connection.testConnection.route: a route is a path"),
        (
            "connection.testConnection.method",
            "post",
            "connection.testConnection.method: must be 'GET', 'POST'",
        ),
        (
            "connection.setup.webhookUrlTemplate",
            "/x/<tenant>",
            "connection.setup.webhookUrlTemplate: <tenant> is not",
        ),
        ("connection.settingsSchema", [], "connection.settingsSchema: must be an object"),
        ("connection.settingsSchema.type", "array", 'connection.settingsSchema.type: must be "object"'),
        (
            "connection.settingsSchema.properties",
            [],
            "connection.settingsSchema.properties: must be an object",
        ),
        (
            "connection.settingsSchema.properties.x",
            3,
            "connection.settingsSchema.properties.x: must be a JSON Schema",
        ),
        (
            "connection.settingsSchema.required",
            ["apikey"],
            "connection.settingsSchema.required[0]: there is no such field",
        ),
        (
            "connection.settingsSchema.required",
            "api_key",
            "connection.settingsSchema.required: must be a list",
        ),
        (
            "connection.settingsSchema.properties.API Key",
            {"x-secret": True},
            "connection.settingsSchema.properties['API Key']: is stored as a secret of this name",
        ),
        (
            "connection.settingsSchema.properties.x",
            {"$ref": "http://127.0.0.1/schema.json"},
            "connection.settingsSchema.properties.x['$ref']: may only point into this schema",
        ),
        ("connection.oauth", {}, "connection.oauth.tokenUrlTemplate: is required"),
        ("webhooks.endpoint", "webhooks/stripe", "webhooks.endpoint: a route is a path"),
        ("webhooks.auth", "stripe", "webhooks.auth: must be"),
        ("webhooks.tolerance", 900, "webhooks.tolerance: unknown key; allowed here: endpoint, auth"),
        ("streams.0.key", "Events", "streams[0].key: a stream's key is lower-case"),
        ("streams.0.key", "pay-outs", "streams[0].key: a stream's key is lower-case"),
        ("streams.0.key", "customers", "streams[1].key: 'customers' is already at streams[0]"),
        ("streams.0.mode", "push", "streams[0].mode: must be 'poll', 'webhook' or 'backfill', not 'push'"),
        ("streams.0.schedule", "* * * * *", "streams[0].schedule: only poll streams run on a schedule"),
        ("streams.1.schedule", "every hour", "streams[1].schedule: a schedule is a cron expression"),
        ("streams.1.cron", "* * * * *", "streams[1].cron: unknown key"),
        ("streams", {}, "streams: must be a list, not an object"),
        ("ui.lineColumns.0.entity", "Customer", "ui.lineColumns[0].entity: must be 'Invoice', "),
        (
            "ui.lineColumns.0.lineCollection",
            "lines",
            "ui.lineColumns[0].lineCollection: must be 'line_items'",
        ),
        ("ui.lineColumns.0.width", "140", "ui.lineColumns[0].width: must be a whole number, not '140'"),
        (
            "ui.lineColumns.0.visibleWhen",
            {"field": "a"},
            "ui.lineColumns[0].visibleWhen: needs exactly one of",
        ),
        ("ui.lineColumns.0.visibleWhen.in", [1], "ui.lineColumns[0].visibleWhen: needs exactly one of"),
        ("ui.columns", [], "ui.columns: unknown key; did you mean 'lineColumns'?"),
    ],
)
def test_a_mistake_in_a_connector_is_named_with_its_place(path: str, value: Any, expected: str) -> None:
    found = problems(changed(STRIPE, path, value))
    assert any(problem.startswith(expected) for problem in found), found


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            "connection.oauth.type",
            "client_credentials",
            "connection.oauth.type: must be 'authorization_code'",
        ),
        (
            "connection.oauth.tokenUrlTemplate",
            "http://a.co/t",
            "connection.oauth.tokenUrlTemplate: only https://",
        ),
        (
            "connection.oauth.tokenUrlTemplate",
            "https://127.0.0.1/t",
            "connection.oauth.tokenUrlTemplate: 127.0.0.1 is",
        ),
        (
            "connection.oauth.tokenUrlTemplate",
            "https://{settings.shop}.myshopify.com/t",
            "connection.oauth.tokenUrlTemplate: there is no setting 'shop' in connection.settings",
        ),
        ("connection.oauth.tokenUrlTemplate", "https://{shop}.co/t", "connection.oauth.tokenUrlTemplate: "),
        (
            "connection.oauth.requiredSettings",
            ["shop"],
            "connection.oauth.requiredSettings[0]: there is no setting",
        ),
        (
            "connection.oauth.hostValidation",
            {"x": {"suffix": ".a.co"}},
            "connection.oauth.hostValidation.x: there is no",
        ),
        (
            "connection.oauth.hostValidation.shop_domain.sufix",
            ".a.co",
            "connection.oauth.hostValidation.shop_domain.sufix: unknown key; did you mean 'suffix'?",
        ),
        ("connection.oauth.pkce", "true", "connection.oauth.pkce: must be true or false, not 'true'"),
        ("connection.oauth.client", None, "connection.oauth.client: must be an object, not null"),
        ("connection.oauth.clientSecret", "x", "connection.oauth.clientSecret: unknown key"),
        ("provider", None, "connection: belongs to a connector"),
    ],
)
def test_a_mistake_in_oauth_is_named_with_its_place(path: str, value: Any, expected: str) -> None:
    found = problems(changed(SHOPIFY, path, value))
    assert any(problem.startswith(expected) for problem in found), found


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("pages.0.path", "../admin", "pages[0].path: must be a path without .."),
        ("pages.0.path", "", "pages[0].path: "),
        ("pages.0.render", "/etc/passwd.tsx", "pages[0].render: must be the path of a .ts or .tsx file"),
        ("pages.0.render", "src/../../x.tsx", "pages[0].render: must be the path of a .ts or .tsx file"),
        ("pages.0.render", "src\\x.tsx", "pages[0].render: must be the path of a .ts or .tsx file"),
        ("pages.0.render", "src/x.css", "pages[0].render: must be the path of a .ts or .tsx file"),
        ("pages.0.kind", "form", "pages[0].kind: must be 'page', 'settings'"),
        ("pages.0.adminOnly", True, "pages[0].adminOnly: is access {roles"),
        ("pages.0.nav", {}, "pages[0].nav.label: is required"),
        ("pages.0.nav.order", 1.5, "pages[0].nav.order: "),
        ("pages.1.id", "nexus-addresses", "pages[1].id: 'nexus-addresses' is already at pages[0]"),
        ("pages.1.parentPage", None, "pages[1].parentPage: is required where kind is detail"),
        (
            "pages.1.parentPage",
            "nexus-adresses",
            "pages[1].parentPage: there is no other page 'nexus-adresses'; did",
        ),
        ("pages.1.parentPage", "nexus-address-form", "pages[1].parentPage: there is no other page"),
        ("ui.actions.0.page", "nowhere", "ui.actions[0].page: there is no page 'nowhere'"),
        ("ui.actions.0.entity", "Invoice", "ui.actions[0]: sits on one of `page`"),
        ("ui.actions.0.render", "src/x.tsx", "ui.actions[0]: needs its script"),
        ("ui.actions.1.render", None, "ui.actions[1]: needs its script"),
        ("ui.tabs.0.entity", "invoice", "ui.tabs[0].entity: an entity's name is PascalCase"),
        ("streams", [], "streams: belongs to a connector; add `provider`"),
        ("webhooks", {"endpoint": "/x", "auth": "public"}, "webhooks: belongs to a connector"),
        ("config", [], "config: must be an object"),
    ],
)
def test_a_mistake_in_an_extension_is_named_with_its_place(path: str, value: Any, expected: str) -> None:
    found = problems(changed(TAX, path, value))
    assert any(problem.startswith(expected) for problem in found), found


def test_all_problems_are_reported_at_once() -> None:
    data = changed(STRIPE, "permissions.htpp", [])
    data = changed(data, "permissions.http.0", "*")
    data = changed(data, "streams.0.key", "customers")
    data = changed(data, "webhooks.auth", "none")
    data = changed(data, "versoin", "1")
    found = "\n".join(problems(data))
    for place in ("permissions.htpp", "permissions.http[0]", "streams[1].key", "webhooks.auth", "versoin"):
        assert place in found


def test_names_that_look_alike_are_one_name() -> None:
    found = problems(changed(TAX, "permissions.entities.ＩＮＶＯＩＣＥ", ["read"]))
    assert any("is the same name as 'Invoice'" in problem for problem in found)


def test_the_same_http_entry_twice_is_a_problem() -> None:
    twice = ["https://a.example.com/*", {"url": "https://a.example.com/*", "reads": ["POST"]}]
    assert any(
        problem.startswith("permissions.http[1]: ")
        for problem in problems(changed(STRIPE, "permissions.http", twice))
    )


def deep(levels: int, wrap: Callable[[Any], Any]) -> Any:
    value: Any = None
    for _ in range(levels):
        value = wrap(value)
    return value


def cyclic() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


class _Unfriendly(dict[str, Any]):
    def items(self) -> Any:
        raise RuntimeError


@pytest.mark.parametrize(
    "data",
    [
        None,
        True,
        3,
        "",
        "x" * 2_000_000,
        [],
        [MINIMAL],
        {},
        {"key": None, "name": None},
        {1: 2},
        {None: 1, ("a",): 2},
        {**MINIMAL, "\ud800": 1},
        {**MINIMAL, "k" * 5_000: 1},
        {**MINIMAL, "name": "\udfff"},
        {**MINIMAL, "name": b"x"},
        {**MINIMAL, "name": object()},
        {**MINIMAL, "config": {"a": float("nan")}},
        {**MINIMAL, "config": {"a": float("inf")}},
        {**MINIMAL, "config": {"a": 2**53 + 1}},
        {**MINIMAL, "config": {"a": 10**5_000}},
        {**MINIMAL, "config": {"a": {1, 2}}},
        {**MINIMAL, "config": {"a": (1, 2)}},
        {**MINIMAL, "config": _Unfriendly()},
        {**MINIMAL, "config": cyclic()},
        {**MINIMAL, "config": [0] * 100_000},
        {**MINIMAL, "permissions": {"entities": {f"E{n}": 1 for n in range(2_000)}}},
        {**MINIMAL, "permissions": {"http": [{"url": {"url": {"url": []}}}] * 500}},
        {**MINIMAL, "permissions": {"http": ["https://" + "a" * 100_000]}},
        {**MINIMAL, "permissions": {"http": ["https://" + "a." * 10_000 + "com/*"]}},
        {**MINIMAL, "permissions": {"secretHosts": {"x": ["a." * 10_000]}}},
        {**MINIMAL, "pages": {"a": 1}, "ui": [], "streams": "x", "connection": 5, "webhooks": []},
        {**MINIMAL, "pages": [None, 1, "x", [], {}], "ui": {"tabs": [None], "actions": [1]}},
        {**MINIMAL, "__proto__": {}, "constructor": 1},
    ],
    ids=lambda data: type(data).__name__,
)
def test_hostile_data_gives_problems_and_never_a_traceback(data: object) -> None:
    assert problems(data)


@pytest.mark.parametrize(
    "wrap", [lambda value: [value], lambda value: {"a": value}], ids=["lists", "objects"]
)
@pytest.mark.parametrize(
    "place", ["config", "key", "permissions", "connection", "pages", "unknown"], ids=lambda place: place
)
def test_twenty_thousand_levels_are_one_problem(place: str, wrap: Callable[[Any], Any]) -> None:
    found = problems({**MINIMAL, place: deep(20_000, wrap)})
    assert len(found) == 1
    assert "levels deep" in found[0]
    assert len(found[0]) < 300


def test_thousands_of_mistakes_are_reported_without_hours_of_guessing() -> None:
    names = [f"field_{n}" for n in range(3_000)]
    found = problems(changed(STRIPE, "connection.settingsSchema.required", names))
    assert 100 < len(found) < 1_000
    pages = [{"id": f"p{n}", "parentPage": f"q{n}"} for n in range(12_000)]
    assert 100 < len(problems({**MINIMAL, "pages": pages})) < 1_000


def test_a_long_cell_of_the_schema_is_walked_without_recursion() -> None:
    schema = {"type": "object", "properties": {"a": deep(50, lambda value: {"allOf": [value or {}]})}}
    assert any(
        "levels deep" in problem for problem in problems(changed(STRIPE, "connection.settingsSchema", schema))
    )


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from([*Manifest.model_json_schema()["properties"], "extra"])


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(_KEYS, _JSON, max_size=6))
def test_any_json_is_a_manifest_or_has_problems(data: dict[str, Any]) -> None:
    try:
        parsed = parse_manifest(data)
    except ManifestError as error:
        assert all(problem.message for problem in error.problems)
    else:
        assert parse_manifest(parsed.as_authored()) == parsed


_PLACES = st.sampled_from(
    [
        "permissions",
        "permissions.http",
        "permissions.entities",
        "permissions.secrets",
        "permissions.secretHosts",
        "connection",
        "connection.testConnection",
        "connection.setup",
        "connection.settingsSchema",
        "connection.oauth",
        "connection.settingsSchema.properties",
        "connection.settingsSchema.required",
        "webhooks",
        "streams",
        "streams.0",
        "ui",
        "ui.lineColumns",
        "ui.lineColumns.0",
        "ui.lineColumns.0.visibleWhen",
        "config",
        "pages",
    ]
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(_PLACES, _JSON)
def test_any_json_in_any_place_is_accepted_or_named(place: str, value: Any) -> None:
    try:
        parse_manifest(changed(STRIPE, place, value))
    except ManifestError as error:
        assert error.problems


def test_keys_are_the_author_s_camel_case_only() -> None:
    assert problems({**MINIMAL, "permissions": {"secret_hosts": {}}})


def test_the_schema_is_plain_json() -> None:
    schema = manifest_json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert {"key", "name"} == set(schema["required"])


def test_a_mistake_of_form_that_a_rule_names_is_one_problem() -> None:
    twice = changed(STRIPE, "permissions.secrets.API_KEY", ["read"])
    assert problems(twice) == [
        "permissions.secrets.API_KEY: is the same name as 'api_key' but for case or spelling; keep one"
    ]


def test_every_problem_has_the_code_of_its_message() -> None:
    data = changed(STRIPE, "permissions.htpp", [])
    data = changed(data, "permissions.http.0", "*")
    data = changed(data, "streams.0.key", "customers")
    with pytest.raises(ManifestError) as failed:
        parse_manifest(data)
    codes = {getattr(one.message, "code", None) for one in copy.deepcopy(failed.value.problems)}
    assert codes == {"unknown-key", "http-pattern", "repeated"}


@pytest.mark.parametrize(
    ("suffix", "message"),
    [
        (".myshopify.com", None),
        (".eu.myshopify.com", None),
        ("myshopify.com", "a suffix is a dot and a public domain"),
        (".com", "a suffix is a dot and a public domain"),
        (".localhost", "a suffix is a dot and a public domain"),
        (".127.0.0.1", "a suffix is a dot and a public domain"),
        (".notmyshopify.com", "permissions.http has no pattern for the hosts under it"),
        (".com.evil.example", "permissions.http has no pattern for the hosts under it"),
        (".api.example.com", "permissions.http has no pattern for the hosts under it"),
    ],
)
def test_what_a_setting_is_pinned_to_is_declared(suffix: str, message: str | None) -> None:
    found = problems(changed(SHOPIFY, "connection.oauth.hostValidation.shop_domain.suffix", suffix))
    assert found == [] if message is None else any(message in problem for problem in found), found


@pytest.mark.parametrize(
    ("template", "pinned"),
    [
        ("https://{settings.shop_domain}/token", False),
        ("https://{settings.shop_domain}:8443/token", False),
        ("https://api.{settings.shop_domain}/token", False),
        ("https://{settings.shop_domain}.myshopify.com/token", True),
        ("https://api.example.com/{settings.shop_domain}/token", True),
    ],
)
def test_a_setting_that_decides_a_host_is_pinned(template: str, pinned: bool) -> None:
    loose = changed(SHOPIFY, "connection.oauth.hostValidation", {})
    found = [
        one
        for one in problems(changed(loose, "connection.oauth.tokenUrlTemplate", template))
        if "pin it" in one
    ]
    assert (not found) == pinned
    assert (
        problems(
            changed(SHOPIFY, "connection.oauth.authorizationUrlTemplate", "https://{settings.shop_domain}/a")
        )
        == []
    )


def test_a_form_of_many_references_is_walked_once() -> None:
    """Each definition holds the next one twice: the paths through it are 2^60, its parts are 60."""
    parts = {
        f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]} for n in range(60)
    }
    schema = {"properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": {**parts, "d60": {}}}
    assert (
        problems(
            changed(
                SHOPIFY,
                "connection.settingsSchema",
                {
                    **SHOPIFY["connection"]["settingsSchema"],
                    **schema,
                    "properties": {
                        **SHOPIFY["connection"]["settingsSchema"]["properties"],
                        **schema["properties"],
                    },
                },
            )
        )
        == []
    )
    schema["$defs"]["d60"] = {"$ref": "#/$defs/d0"}
    found = problems(changed(STRIPE, "connection.settingsSchema", {**schema}))
    assert any("leads back to itself" in problem for problem in found)
