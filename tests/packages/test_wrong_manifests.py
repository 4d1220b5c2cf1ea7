"""Wrong manifests, and what their authors are told: every message of the manifest's own rules."""

from __future__ import annotations

import json

import pytest

from policies import manifest_messages
from policies.messages import messages_in

PAGE = '{ id: "home", title: "Home", path: "home", render: "src/pages/home.tsx"'
TAB = '{ id: "tab", label: "Tab", entity: "Invoice", render: "src/pages/home.tsx"'
ACTION = '{ id: "go", label: "Go"'
HOME = ("src/pages/home.tsx", "export default () => null;")
OAUTH = (
    'type: "authorization_code", authorizationUrlTemplate: "https://shops.example/authorize", '
    'client: { credentialKey: "acme_app" }'
)
TOKEN = 'tokenUrlTemplate: "https://shops.example/token"'


def schema(p, properties, more=""):
    return p.declaring(f"connection: {{ settingsSchema: {{ {more} properties: {{ {properties} }} }} }}")


def oauth(p, more, properties=""):
    form = f"settingsSchema: {{ properties: {{ {properties} }} }}"
    return p.declaring(f"connection: {{ {form}, oauth: {{ {OAUTH}, {more} }} }}")


def pages(p, *listed, ui=""):
    text = f"pages: [{', '.join(listed)}]" + (f", ui: {{ {ui} }}" if ui else "")
    return p.declaring(text).plus(*HOME)


def ui(p, text):
    return p.declaring(f"ui: {{ {text} }}").plus(*HOME)


WRONG = {
    "an endless key": (
        lambda p: p.declaring(f"config: {{ {'k' * 1001}: 1 }}"),
        "backfill.config.ts:13: config: a key must be a string of at most 1000 characters",
    ),
    "a list for a manifest": (
        lambda p: p.extension().plus("backfill.config.ts", "export default defineExtension([]);"),
        "backfill.config.ts:1: the manifest must be an object",
    ),
    "a misspelt key": (
        lambda p: p.config("streams:", "strems:"),
        (
            "backfill.config.ts:13: strems: unknown key; did you mean 'streams'?; allowed here: key, name, "
            "version, provider, kind, permissions, config, pages, ui, connection, webhooks, streams, "
            "changes, purpose"
        ),
    ),
    "a misspelt key within a block": (
        lambda p: p.config("secrets:", "secretes:"),
        (
            "backfill.config.ts:10: permissions.secretes: unknown key; did you mean 'secrets'?; allowed "
            "here: entities, http, secrets, secretHosts"
        ),
    ),
    "an unknown key": (
        lambda p: p.config('auth: "hmac_sha256" }', 'auth: "hmac_sha256", tolerance: 900 }'),
        "backfill.config.ts:12: webhooks.tolerance: unknown key; allowed here: endpoint, auth",
    ),
    "a missing name": (
        lambda p: p.config('  name: "Acme",\n', ""),
        "backfill.config.ts:2: name: is required",
    ),
    "a page without its title": (
        lambda p: pages(p, PAGE.replace('title: "Home", ', "") + "}"),
        "backfill.config.ts:13: pages[0].title: is required",
    ),
    "a mode that is none": (
        lambda p: p.config('mode: "poll"', 'mode: "push"'),
        "backfill.config.ts:13: streams[0].mode: must be 'poll', 'webhook' or 'backfill', not 'push'",
    ),
    "a list of pages that is none": (
        lambda p: p.declaring("pages: {}"),
        "backfill.config.ts:13: pages: must be a list, not an object",
    ),
    "a name that is a number": (
        lambda p: p.config('name: "Acme"', "name: 7"),
        "backfill.config.ts:4: name: must be a string, not 7",
    ),
    "a name of two lines": (
        lambda p: p.config('name: "Acme"', 'name: "Ac\\nme"'),
        "backfill.config.ts:4: name: must not hold a line break or another control character",
    ),
    "an empty name": (
        lambda p: p.config('name: "Acme"', 'name: ""'),
        "backfill.config.ts:4: name: must have at least 1 character",
    ),
    "a version of a hundred letters": (
        lambda p: p.config("1.0.0", "1" * 100),
        "backfill.config.ts:6: version: must have at most 64 characters",
    ),
    "a column of no width": (
        lambda p: p.declaring(
            'ui: { lineColumns: [{ id: "a", label: "A", entity: "Invoice", lineCollection: "line_items", '
            'field: "acme_code", width: 0 }] }'
        ).plus(
            "src/fields/Invoice.ts",
            'export const a = defineLineField("line_items", { key: "acme_code", label: "A", type: "string" });',
        ),
        "backfill.config.ts:13: ui.lineColumns[0].width: must be at least 1",
    ),
    "a column on a record without lines": (
        lambda p: p.declaring(
            'ui: { lineColumns: [{ id: "a", label: "A", entity: "Customer", lineCollection: "line_items", '
            'field: "acme_code" }] }'
        ),
        (
            "backfill.config.ts:13: ui.lineColumns[0].entity: must be 'Invoice', 'CreditMemo', "
            "'SalesReceipt', 'RefundReceipt', 'VendorBill', 'Expense', 'PurchaseOrder', 'Quote', "
            "'VendorCredit', 'SalesOrder' or 'Deposit', not 'Customer'"
        ),
    ),
    "a column of another collection": (
        lambda p: p.declaring(
            'ui: { lineColumns: [{ id: "a", label: "A", entity: "Invoice", lineCollection: "lines", '
            'field: "acme_code" }] }'
        ).plus(
            "src/fields/Invoice.ts",
            'export const a = defineLineField("line_items", { key: "acme_code", label: "A", type: "string" });',
        ),
        "backfill.config.ts:13: ui.lineColumns[0].lineCollection: must be 'line_items', not 'lines'",
    ),
    "a key with a space": (
        lambda p: p.config('key: "acme"', 'key: "Acme Tax"'),
        "backfill.config.ts:3: key: must be lower-case letters, digits, - and _, starting with a letter",
    ),
    "an entity in lower case": (
        lambda p: p.config('Customer: ["write"]', 'customer: ["write"]'),
        (
            "backfill.config.ts:9: permissions.entities.customer: an entity's name is PascalCase, as in "
            "Invoice or TaxRecord"
        ),
    ),
    "a verb that is none": (
        lambda p: p.config('Customer: ["write"]', 'Customer: ["delete"]'),
        "backfill.config.ts:9: permissions.entities.Customer[0]: must be 'read' or 'write', not 'delete'",
    ),
    "a secret in camel case": (
        lambda p: p.config("api_key:", "apiKey:"),
        (
            "backfill.config.ts:10: permissions.secrets.apiKey: a secret's name is lower-case letters, "
            "digits and _, at most 63 characters"
        ),
    ),
    "a stream in upper case": (
        lambda p: p.config('key: "customers"', 'key: "Customers"'),
        (
            "backfill.config.ts:13: streams[0].key: a stream's key is lower-case letters, digits and _, at "
            "most 63 characters"
        ),
    ),
    "a stream with a hyphen": (
        lambda p: p.config('key: "events"', 'key: "all-events"'),
        (
            "backfill.config.ts:13: streams[1].key: a stream's key is lower-case letters, digits and _, at "
            "most 63 characters"
        ),
    ),
    "an endpoint without its slash": (
        lambda p: p.config('"/webhooks/acme"', '"webhooks/acme"'),
        (
            "backfill.config.ts:12: webhooks.endpoint: a route is a path such as /sync/customers, without . "
            "or .."
        ),
    ),
    "a script outside the project": (
        lambda p: pages(p, PAGE.replace("src/", "../src/") + "}"),
        (
            "backfill.config.ts:13: pages[0].render: must be the path of a .ts or .tsx file within the "
            "project, as in src/pages/home.tsx"
        ),
    ),
    "a script that is no script": (
        lambda p: pages(p, PAGE.replace(".tsx", ".vue") + "}"),
        (
            "backfill.config.ts:13: pages[0].render: must be the path of a .ts or .tsx file within the "
            "project, as in src/pages/home.tsx"
        ),
    ),
    "a page above its namespace": (
        lambda p: pages(p, PAGE.replace('path: "home"', 'path: "../admin"') + "}"),
        "backfill.config.ts:13: pages[0].path: must be a path without .., spaces, ? or #",
    ),
    "a pattern that is a number": (
        lambda p: p.config('"https://*.files.acme.example/*"', "5"),
        "backfill.config.ts:8: permissions.http[1]: must be a URL pattern or {url, reads}",
    ),
    "a host without a path": (
        lambda p: p.config("api.acme.example/*", "api.acme.example"),
        (
            "backfill.config.ts:8: permissions.http[0]: the pattern has no path; write "
            "https://api.acme.example/*"
        ),
    ),
    "every host": (
        lambda p: p.config('"https://*.files.acme.example/*"', '"*"'),
        (
            "backfill.config.ts:8: permissions.http[1]: `*` is not a host; name the hosts, as in "
            "https://api.example.com/*"
        ),
    ),
    "plain http": (
        lambda p: p.config("https://*.files", "http://*.files"),
        "backfill.config.ts:8: permissions.http[1]: only https:// URLs are allowed",
    ),
    "a secret for an address": (
        lambda p: p.config("secrets:", 'secretHosts: { api_key: ["127.0.0.1"] },\n    secrets:'),
        (
            "backfill.config.ts:10: permissions.secretHosts.api_key[0]: 127.0.0.1 is an IP address; write a "
            "host as in api.example.com"
        ),
    ),
    "a token URL over plain http": (
        lambda p: oauth(p, TOKEN.replace("https", "http")),
        "backfill.config.ts:13: connection.oauth.tokenUrlTemplate: only https:// URLs are allowed",
    ),
    "a token URL with a token that is none": (
        lambda p: oauth(p, 'tokenUrlTemplate: "https://{shop}.shops.example/token"'),
        (
            "backfill.config.ts:13: connection.oauth.tokenUrlTemplate: '{shop}' is not a label of a host "
            "name (letters, digits and inner hyphens)"
        ),
    ),
    "an OAuth block without its client": (
        lambda p: p.declaring(f"connection: {{ oauth: {{ {OAUTH.partition(', client')[0]}, {TOKEN} }} }}"),
        "backfill.config.ts:13: connection.oauth.client: is required",
    ),
    "an OAuth type that is none": (
        lambda p: oauth(p, TOKEN + ', type: "password"'),
        "backfill.config.ts:13: connection.oauth.type: must be 'authorization_code', not 'password'",
    ),
    "a grant of nothing": (
        lambda p: oauth(p, TOKEN + ', accessType: "sometimes"'),
        (
            "backfill.config.ts:13: connection.oauth.accessType: must be 'offline' or 'online', not "
            "'sometimes'"
        ),
    ),
    "pkce that is a text": (
        lambda p: oauth(p, TOKEN + ', pkce: "yes"'),
        "backfill.config.ts:13: connection.oauth.pkce: must be true or false, not 'yes'",
    ),
    "a refresh that is a text": (
        lambda p: oauth(p, TOKEN + ', refresh: { enabled: "no" }'),
        "backfill.config.ts:13: connection.oauth.refresh.enabled: must be true or false, not 'no'",
    ),
    "a token path that is none": (
        lambda p: oauth(p, TOKEN + ", token: { path: 'a' }"),
        (
            "backfill.config.ts:13: connection.oauth.token.path: unknown key; did you mean 'scopePath'?; "
            "allowed here: accessTokenPath, scopePath"
        ),
    ),
    "a webhook URL with a token that is none": (
        lambda p: p.declaring('connection: { setup: { webhookUrlTemplate: "/x/<tenant>/y" } }'),
        (
            "backfill.config.ts:13: connection.setup.webhookUrlTemplate: <tenant> is not a token; there are "
            "<tenant_id> and <connection_id>"
        ),
    ),
    "a stream every hour": (
        lambda p: p.config('"*/15 * * * *"', '"every hour"'),
        (
            "backfill.config.ts:13: streams[0].schedule: a schedule is a cron expression of five fields, as "
            "in */15 * * * *"
        ),
    ),
    "a secret in two spellings": (
        lambda p: p.config('api_key: ["read"]', 'api_key: ["read"], API_KEY: ["read"]'),
        (
            "backfill.config.ts:10: permissions.secrets.API_KEY: is the same name as 'api_key' but for case "
            "or spelling; keep one"
        ),
    ),
    "a stream twice": (
        lambda p: p.config('key: "events"', 'key: "customers"'),
        "backfill.config.ts:13: streams[1].key: 'customers' is already at streams[0]; keep one",
    ),
    "a page twice": (
        lambda p: pages(p, PAGE + "}", PAGE.replace('path: "home"', 'path: "other"') + "}"),
        "backfill.config.ts:13: pages[1].id: 'home' is already at pages[0]; keep one",
    ),
    "two pages at one path": (
        lambda p: pages(p, PAGE + "}", PAGE.replace('id: "home"', 'id: "other"') + "}"),
        "backfill.config.ts:13: pages[1].path: 'home' is already at pages[0]; keep one",
    ),
    "a tab twice": (
        lambda p: ui(p, f"tabs: [{TAB} }}, {TAB} }}]"),
        "backfill.config.ts:13: ui.tabs[1].id: 'tab' is already at ui.tabs[0]; keep one",
    ),
    "a host twice": (
        lambda p: p.config("https://*.files.acme.example/*", "https://api.acme.example/*"),
        (
            "backfill.config.ts:8: permissions.http[1]: 'https://api.acme.example/*' is already at "
            "permissions.http[0]; keep one"
        ),
    ),
    "streams of an extension": (
        lambda p: p.extension("streams: [],"),
        (
            "backfill.config.ts:1: streams: belongs to a connector; add `provider`, or use defineExtension "
            "without it"
        ),
    ),
    "a detail page without a parent": (
        lambda p: pages(p, PAGE + ', kind: "detail" }'),
        (
            "backfill.config.ts:13: pages[0].parentPage: is required where kind is detail; name the page to "
            "go back to"
        ),
    ),
    "a detail page of another parent": (
        lambda p: pages(p, PAGE + ', kind: "detail", parentPage: "hom" }'),
        "backfill.config.ts:13: pages[0].parentPage: there is no other page 'hom'",
    ),
    "a page that is its own parent": (
        lambda p: pages(p, PAGE + ', kind: "detail", parentPage: "home" }'),
        "backfill.config.ts:13: pages[0].parentPage: there is no other page 'home'",
    ),
    "access said twice": (
        lambda p: pages(p, PAGE + ', adminOnly: true, access: { roles: ["clerk"] } }'),
        'backfill.config.ts:13: pages[0].adminOnly: is access {roles: ["admin"]}; give one of the two',
    ),
    "half a place in the sidebar": (
        lambda p: pages(p, PAGE + ', nav: { label: "Home", order: 1.5 } }'),
        "backfill.config.ts:13: pages[0].nav.order: must be a whole number, not 1.5",
    ),
    "an action nowhere": (
        lambda p: ui(p, f'actions: [{ACTION}, run: "src/pages/home.tsx" }}]'),
        (
            "backfill.config.ts:13: ui.actions[0]: sits on one of `page` (an id of pages) and `entity`; "
            "give exactly one"
        ),
    ),
    "an action without a script": (
        lambda p: ui(p, f'actions: [{ACTION}, entity: "Invoice" }}]'),
        "backfill.config.ts:13: ui.actions[0]: needs its script: give exactly one of `run` and `render`",
    ),
    "an action with two scripts": (
        lambda p: ui(
            p,
            f'actions: [{ACTION}, entity: "Invoice", run: "src/pages/home.tsx", render: "src/pages/home.tsx" }}]',
        ),
        "backfill.config.ts:13: ui.actions[0]: needs its script: give exactly one of `run` and `render`",
    ),
    "an action on no page": (
        lambda p: ui(p, f'actions: [{ACTION}, page: "home", run: "src/pages/home.tsx" }}]'),
        "backfill.config.ts:13: ui.actions[0].page: there is no page 'home'",
    ),
    "a condition without a value": (
        lambda p: ui(p, f'tabs: [{TAB}, visibleWhen: {{ field: "status" }} }}]'),
        "backfill.config.ts:13: ui.tabs[0].visibleWhen: needs exactly one of `equals` and `in`",
    ),
    "a schedule of a webhook stream": (
        lambda p: p.config('mode: "webhook"', 'mode: "webhook", schedule: "* * * * *"'),
        (
            "backfill.config.ts:13: streams[1].schedule: only poll streams run on a schedule; leave it out "
            "for mode webhook"
        ),
    ),
    "a schedule of a backfill stream": (
        lambda p: p.config('mode: "poll"', 'mode: "backfill"'),
        (
            "backfill.config.ts:13: streams[0].schedule: only poll streams run on a schedule; leave it out "
            "for mode backfill"
        ),
    ),
    "hosts of an unknown secret": (
        lambda p: p.config("secrets:", 'secretHosts: { api_kye: ["api.acme.example"] },\n    secrets:'),
        (
            "backfill.config.ts:10: permissions.secretHosts.api_kye: there is no such secret in "
            "permissions.secrets; did you mean 'api_key'?"
        ),
    ),
    "a required setting that is not there": (
        lambda p: oauth(p, TOKEN + ', requiredSettings: ["region"]'),
        (
            "backfill.config.ts:13: connection.oauth.requiredSettings[0]: there is no setting 'region' in "
            "connection.settingsSchema.properties"
        ),
    ),
    "a template with a setting that is not there": (
        lambda p: oauth(p, 'tokenUrlTemplate: "https://{settings.shop}.shops.example/token"'),
        (
            "backfill.config.ts:13: connection.oauth.tokenUrlTemplate: there is no setting 'shop' in "
            "connection.settingsSchema.properties"
        ),
    ),
    "a pinned setting that is not there": (
        lambda p: oauth(p, TOKEN + ', hostValidation: { shop: { suffix: ".files.acme.example" } }'),
        (
            "backfill.config.ts:13: connection.oauth.hostValidation.shop: there is no setting 'shop' in "
            "connection.settingsSchema.properties"
        ),
    ),
    "a suffix without its dot": (
        lambda p: oauth(
            p, TOKEN + ', hostValidation: { shop: { suffix: "files.acme.example" } }', "shop: {}"
        ),
        (
            "backfill.config.ts:13: connection.oauth.hostValidation.shop.suffix: a suffix is a dot and a "
            "public domain, as in .example.com"
        ),
    ),
    "a suffix that anybody can register under": (
        lambda p: oauth(p, TOKEN + ', hostValidation: { shop: { suffix: ".co.uk" } }', "shop: {}"),
        (
            "backfill.config.ts:13: connection.oauth.hostValidation.shop.suffix: a suffix is a dot and a "
            "public domain, as in .example.com"
        ),
    ),
    "a suffix that is not declared": (
        lambda p: oauth(p, TOKEN + ', hostValidation: { shop: { suffix: ".shops.example" } }', "shop: {}"),
        (
            "backfill.config.ts:13: connection.oauth.hostValidation.shop.suffix: permissions.http has no "
            'pattern for the hosts under it; add "https://*.shops.example/*"'
        ),
    ),
    "a host that an admin chooses": (
        lambda p: oauth(p, 'tokenUrlTemplate: "https://{settings.shop}/token"', 'shop: { type: "string" }'),
        (
            "backfill.config.ts:13: connection.oauth.tokenUrlTemplate: the setting 'shop' decides the host; "
            "pin it in connection.oauth.hostValidation"
        ),
    ),
    "a form that is a list": (
        lambda p: schema(p, "", 'type: "array",'),
        (
            'backfill.config.ts:13: connection.settingsSchema.type: must be "object": the settings are a '
            "form of named fields"
        ),
    ),
    "a form without fields": (
        lambda p: p.declaring("connection: { settingsSchema: {} }"),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties: must be an object of JSON "
            "Schemas, one per field"
        ),
    ),
    "a field that is a text": (
        lambda p: schema(p, 'region: "EU"'),
        "backfill.config.ts:13: connection.settingsSchema.properties.region: must be a JSON Schema",
    ),
    "a required field that is not there": (
        lambda p: schema(p, "", 'required: ["region"],'),
        (
            "backfill.config.ts:13: connection.settingsSchema.required[0]: there is no such field in "
            "properties"
        ),
    ),
    "a schema on the web": (
        lambda p: schema(p, 'region: { $ref: "https://schemas.example/region" }'),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.region['$ref']: may only point "
            "into this schema (#/…); nothing is fetched"
        ),
    ),
    "a schema in a file": (
        lambda p: schema(p, 'region: { $ref: "file:///etc/passwd" }'),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.region['$ref']: may only point "
            "into this schema (#/…); nothing is fetched"
        ),
    ),
    "a schema beside": (
        lambda p: schema(p, 'region: { $ref: "region.json#/a" }'),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.region['$ref']: may only point "
            "into this schema (#/…); nothing is fetched"
        ),
    ),
    "a reference to nothing": (
        lambda p: schema(p, 'region: { $ref: "#/$defs/region" }'),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.region['$ref']: points to nothing "
            "in this schema"
        ),
    ),
    "a reference to an anchor": (
        lambda p: schema(p, 'region: { $ref: "#region" }'),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.region['$ref']: points to nothing "
            "in this schema"
        ),
    ),
    "a form in itself": (
        lambda p: schema(p, 'region: { $ref: "#" }'),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.region['$ref']: leads back to "
            "itself; a form has an end"
        ),
    ),
    "a circle of references": (
        lambda p: schema(
            p,
            'region: { $ref: "#/$defs/a" }',
            '$defs: { a: { $ref: "#/$defs/b" }, b: { items: { $ref: "#/$defs/a" } } },',
        ),
        (
            "backfill.config.ts:13: connection.settingsSchema['$defs'].b.items['$ref']: leads back to "
            "itself; a form has an end"
        ),
    ),
    "a schema with an identity": (
        lambda p: schema(p, "", '$id: "https://schemas.example/form",'),
        (
            "backfill.config.ts:13: connection.settingsSchema['$id']: is not used here; $ref with #/… is "
            "the only reference, and draft 2020-12 the only dialect"
        ),
    ),
    "a schema of another dialect": (
        lambda p: schema(p, "", '$schema: "http://json-schema.org/draft-07/schema#",'),
        (
            "backfill.config.ts:13: connection.settingsSchema['$schema']: is not used here; $ref with #/… "
            "is the only reference, and draft 2020-12 the only dialect"
        ),
    ),
    "a form of 201 fields": (
        lambda p: p.declaring(
            "connection: { settingsSchema: { properties: "
            "Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`f${n}`, {}])) } }"
        ),
        (
            "backfill.config.ts:13: connection.settingsSchema: is too large for a form: at most 200 fields, "
            "32 levels and 64 KiB"
        ),
    ),
    "a form of 65 KiB": (
        lambda p: schema(p, f'region: {{ title: "{"x" * 65 * 1024}" }}'),
        (
            "backfill.config.ts:13: connection.settingsSchema: is too large for a form: at most 200 fields, "
            "32 levels and 64 KiB"
        ),
    ),
    "a form of forty levels": (
        lambda p: schema(p, "region: " + "{ not: " * 40 + "{}" + " }" * 40),
        (
            "backfill.config.ts:13: connection.settingsSchema: is too large for a form: at most 200 fields, "
            "32 levels and 64 KiB"
        ),
    ),
    "a secret field in camel case": (
        lambda p: schema(p, 'apiKey: { type: "string", "x-secret": true }'),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.apiKey: is stored as a secret of "
            "this name: lower-case letters, digits and _"
        ),
    ),
    "a secret number": (
        lambda p: schema(p, 'pin: { type: "number", "x-secret": true }'),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.pin: a secret is entered as text "
            'and has no default: {type: "string", "x-secret": true}'
        ),
    ),
    "a secret with a default": (
        lambda p: schema(p, 'token: { "x-secret": true, default: "hunter2" }'),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.token: a secret is entered as text "
            'and has no default: {type: "string", "x-secret": true}'
        ),
    ),
    "a secret that is half of one": (
        lambda p: schema(p, 'token: { "x-secret": "yes" }'),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.token.x-secret: must be true or "
            "false, not a text"
        ),
    ),
    "a secret within a field": (
        lambda p: schema(p, 'account: { type: "object", properties: { token: { "x-secret": true } } }'),
        (
            "backfill.config.ts:13: connection.settingsSchema.properties.account.properties.token.x-secret: "
            "only a field of the form itself is stored as a secret; move it to settingsSchema.properties"
        ),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_author_is_told(name, connector, problems_of):
    change, message = WRONG[name]
    assert problems_of(change(connector)) == [message]


@pytest.mark.parametrize("message", messages_in(vars(manifest_messages).values()), ids=lambda one: one.code)
def test_every_message_is_provoked(message):
    assert message.example in {expected for _, expected in WRONG.values()}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "required": [], "properties": {}},
        {
            "properties": {
                "$id": {"type": "string"},
                "$ref": {"type": "string"},
                "default": {"type": "string"},
            }
        },
        {
            "properties": {"a": {"$ref": "#/$defs/a"}, "b": {"$ref": "#/$defs/a"}},
            "$defs": {"a": {"type": "string"}},
        },
        {
            "properties": {
                "a": {"default": {"$ref": "https://x.example/"}, "enum": [{"$ref": "https://x.example/"}]}
            }
        },
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "properties": {"a": {"pattern": "^[a-z]+$"}},
        },
        {"properties": {"a~/b": {"$ref": "#/$defs/x~0~1y%20z"}}, "$defs": {"x~/y z": True}},
    ],
)
def test_what_is_no_mistake_in_a_form_is_none(schema, connector, problems_of):
    assert problems_of(connector.declaring(f"connection: {{ settingsSchema: {json.dumps(schema)} }}")) == []


def test_a_whole_host_may_be_a_setting_that_is_pinned(connector, problems_of):
    block = (
        'hostValidation: { shop: { suffix: ".files.acme.example", normalize: "shopDomain" } }, '
        'requiredSettings: ["shop"], tokenUrlTemplate: "https://{settings.shop}/token"'
    )
    assert problems_of(oauth(connector, block, 'shop: { type: "string" }')) == []
