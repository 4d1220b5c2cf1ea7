"""Wrong hooks, jobs and routes, and what their authors are told."""

from __future__ import annotations

import pytest

from policies.messages import messages_in
from sandbox_host.packages.messages import entrypoints

HANDLER = "export const POST = api(async () => api.json({}));\n"
HOOK = "export default async () => {};\n"
JOB = "src/jobs/nightly.ts"
ROUTE = "src/api/extra.ts"
CUSTOMERS = "src/api/sync/customers.ts"


def job(p, before, after):
    return p.changed(JOB, before, after)


def route(p, text, file=ROUTE):
    return p.plus(file, text)


WRONG = {
    "a job with a name that is no name": (
        lambda p: p.plus("src/jobs/Nightly_Run.ts", "export {}"),
        (
            'src/jobs/Nightly_Run.ts: "Nightly_Run" cannot be the name of a job; name the file like '
            "src/jobs/nightly-sync.ts"
        ),
    ),
    "a job in two files": (
        lambda p: p.plus("src/jobs/nightly.js", p[JOB]),
        "src/jobs/nightly.ts: src/jobs/nightly.js has the same name; keep one of them",
    ),
    "a job in a folder": (
        lambda p: p.plus("src/jobs/night/ly.ts", p[JOB]),
        (
            'src/jobs/night/ly.ts: "night/ly" cannot be the name of a job; name the file like '
            "src/jobs/nightly-sync.ts"
        ),
    ),
    "a hook outside an entity's folder": (
        lambda p: p.plus("src/hooks/after-save.ts", HOOK),
        (
            "src/hooks/after-save.ts: a hook is src/hooks/<entity>/<event>.ts, like "
            "src/hooks/invoice/before-save.ts"
        ),
    ),
    "a hook of an unknown entity": (
        lambda p: p.plus("src/hooks/invoce/after-save.ts", HOOK),
        'src/hooks/invoce/after-save.ts: unknown entity "invoce"; did you mean "invoice"?',
    ),
    "a hook's folder in PascalCase": (
        lambda p: p.plus("src/hooks/SalesReceipt/after-save.ts", HOOK),
        (
            'src/hooks/SalesReceipt/after-save.ts: unknown entity "SalesReceipt"; did you mean '
            '"sales-receipt"?'
        ),
    ),
    "a hook of an unknown event": (
        lambda p: p.plus("src/hooks/invoice/before_save.ts", HOOK),
        'src/hooks/invoice/before_save.ts: unknown event "before_save"; did you mean "before-save"?',
    ),
    "a hook of an event that is none": (
        lambda p: p.plus("src/hooks/invoice/paid.ts", HOOK),
        (
            'src/hooks/invoice/paid.ts: unknown event "paid"; events are before-save, after-save, '
            "before-post, after-post, before-delete, after-delete, before-approve, after-approve, "
            "recalculate"
        ),
    ),
    "a hook in two files": (
        lambda p: p.plus("src/hooks/invoice/before-save.tsx", HOOK),
        (
            "src/hooks/invoice/before-save.tsx: src/hooks/invoice/before-save.ts is the same hook; keep one "
            "of them"
        ),
    ),
    "a hook without a default export": (
        lambda p: p.plus("src/hooks/invoice/after-save.ts", "export async function run() {}"),
        "src/hooks/invoice/after-save.ts: has no default export; write export default async (ctx) => {…}",
    ),
    "a hook that is no function": (
        lambda p: p.plus("src/hooks/invoice/after-save.ts", "\nexport default { run() {} };"),
        ("src/hooks/invoice/after-save.ts:2: has no default export; write export default async (ctx) => {…}"),
    ),
    "a hook without its read grant": (
        lambda p: p.plus("src/hooks/customer/after-save.ts", HOOK),
        (
            'src/hooks/customer/after-save.ts: the hook needs read on Customer; add Customer: ["read"] to '
            "permissions.entities"
        ),
    ),
    "a before-save hook without its write grant": (
        lambda p: p.config('Invoice: ["read", "write"]', 'Invoice: ["read"]'),
        (
            'src/hooks/invoice/before-save.ts: the hook needs write on Invoice; add Invoice: ["read", '
            '"write"] to permissions.entities'
        ),
    ),
    "a recalculate hook without its write grant": (
        lambda p: p.plus("src/hooks/payment/recalculate.ts", HOOK),
        (
            "src/hooks/payment/recalculate.ts: the hook needs read and write on Payment; add Payment: "
            '["read", "write"] to permissions.entities'
        ),
    ),
    "a route with a dot": (
        lambda p: route(p, HANDLER, "src/api/a.b.ts"),
        'src/api/a.b.ts: "/a.b" cannot be a route; use letters, digits, _ and - in its parts',
    ),
    "a route in two files": (
        lambda p: route(p, HANDLER, "src/api/sync/customers.tsx"),
        "src/api/sync/customers.tsx: src/api/sync/customers.ts is the same route; keep one of them",
    ),
    "a route with two names for a parameter": (
        lambda p: route(p, HANDLER, "src/api/of/[id]/x.ts") | {"src/api/of/[name]/x.ts": HANDLER},
        "src/api/of/[name]/x.ts: src/api/of/[id]/x.ts is the same route; keep one of them",
    ),
    "a parameter twice": (
        lambda p: route(p, HANDLER, "src/api/[id]/of/[id].ts"),
        'src/api/[id]/of/[id].ts: "[id]" is there twice; give each parameter its own name',
    ),
    "a route without a handler": (
        lambda p: route(p, "\nexport const post = api(async () => api.json({}));"),
        (
            "src/api/extra.ts:2: has no handler; export at least one of GET, POST, PUT, PATCH, DELETE; did "
            'you mean "POST"?'
        ),
    ),
    "a route that exports nothing": (
        lambda p: route(p, "export {};"),
        "src/api/extra.ts: has no handler; export at least one of GET, POST, PUT, PATCH, DELETE",
    ),
    "a handler that is no function": (
        lambda p: route(p, "export const GET = { a: 1 };"),
        "src/api/extra.ts:1: GET is not a function; write export const GET = api(…)",
    ),
    "a config that is a text": (
        lambda p: route(p, HANDLER + 'export const config = "public";'),
        'src/api/extra.ts:2: config must be plain data, as in export const config = { auth: "api_key" }',
    ),
    "a config that is worked out": (
        lambda p: route(p, HANDLER + "export const config = () => ({});"),
        'src/api/extra.ts:2: config must be plain data, as in export const config = { auth: "api_key" }',
    ),
    "a key that config does not have": (
        lambda p: route(p, HANDLER + 'export const config = {\n  auht: "public",\n};'),
        'src/api/extra.ts:3: config.auht: unknown key; did you mean "auth"?',
    ),
    "an unknown auth mode": (
        lambda p: route(p, HANDLER + 'export const config = { auth: "apikey" };'),
        'src/api/extra.ts:2: config.auth: unknown auth mode "apikey"; did you mean "api_key"?',
    ),
    "an auth mode that is a number": (
        lambda p: route(p, HANDLER + "export const config = { auth: 1 };"),
        (
            'src/api/extra.ts:2: config.auth: unknown auth mode "1"; there are api_key, public, '
            "stripe_signature, shopify_hmac, github_signature, slack_signature, standard_webhook, "
            "hmac_sha256"
        ),
    ),
    "a signature scheme in a plain extension": (
        lambda p: p.extension().plus(ROUTE, HANDLER + 'export const config = { auth: "github_signature" };'),
        (
            'src/api/extra.ts:2: config.auth: "github_signature" is for connectors only; use "public" and '
            "verify.* in the handler"
        ),
    ),
    "a webhook route with another auth mode": (
        lambda p: p.changed("src/api/webhooks/acme.ts", "hmac_sha256", "public"),
        (
            'src/api/webhooks/acme.ts:2: config.auth is "public", but webhooks.auth is "hmac_sha256"; make '
            "them the same"
        ),
    ),
    "a webhook route without its config": (
        lambda p: p.changed("src/api/webhooks/acme.ts", "export const config", "const config"),
        (
            'src/api/webhooks/acme.ts: config.auth is "api_key", but webhooks.auth is "hmac_sha256"; make '
            "them the same"
        ),
    ),
    "a poll stream without its route": (
        lambda p: p.without(CUSTOMERS),
        'src/api/sync/customers.ts: stream "customers" has no POST route',
    ),
    "a poll stream whose route is a GET": (
        lambda p: p.changed(CUSTOMERS, "POST", "GET"),
        'src/api/sync/customers.ts: stream "customers" has no POST route',
    ),
    "a backfill stream without its route": (
        lambda p: p.config('{ key: "events", mode: "webhook" }', '{ key: "orders", mode: "backfill" }'),
        'src/api/sync/orders.ts: stream "orders" has no POST route',
    ),
    "a webhook endpoint without its route": (
        lambda p: p.without("src/api/webhooks/acme.ts"),
        'src/api/webhooks/acme.ts: webhooks.endpoint "/webhooks/acme" has no POST route',
    ),
    "a connection test without its route": (
        lambda p: p.declaring('connection: { testConnection: { route: "/setup/test" } }'),
        'src/api/setup/test.ts: connection.testConnection "/setup/test" has no POST route',
    ),
    "a connection test of another method": (
        lambda p: p.declaring('connection: { testConnection: { route: "/extra", method: "GET" } }').plus(
            ROUTE, HANDLER
        ),
        'src/api/extra.ts: connection.testConnection "/extra" has no GET route',
    ),
    "a first request without its route": (
        lambda p: p.declaring(
            'connection: { oauth: { type: "authorization_code", client: { credentialKey: "acme" }, '
            'authorizationUrlTemplate: "https://acme.example/a", tokenUrlTemplate: "https://acme.example/t", '
            'postConnect: { route: "/setup/connected" } } }'
        ),
        'src/api/setup/connected.ts: connection.oauth.postConnect "/setup/connected" has no POST route',
    ),
    "a job without run": (
        lambda p: job(p, "function run", "function go"),
        "src/jobs/nightly.ts: has no run; write export async function run() {…}",
    ),
    "a job whose run is a text": (
        lambda p: p.plus(JOB, 'export const schedule = "0 2 * * *", run = "now";'),
        "src/jobs/nightly.ts:1: has no run; write export async function run() {…}",
    ),
    "a job without a schedule": (
        lambda p: job(p, "export const schedule", "const schedule"),
        'src/jobs/nightly.ts: has no schedule; write export const schedule = "0 2 * * *"',
    ),
    "a job with a schedule that is a number": (
        lambda p: job(p, '"0 2 * * *"', "5"),
        'src/jobs/nightly.ts:1: has no schedule; write export const schedule = "0 2 * * *"',
    ),
    "a job at an hour that is none": (
        lambda p: job(p, "0 2 * * *", "0 25 * * *"),
        (
            "src/jobs/nightly.ts: invalid cron expression '0 25 * * *'; '25' is not the hour (0 to 23) of a "
            "cron expression"
        ),
    ),
    "a job with seconds": (
        lambda p: job(p, "0 2 * * *", "0 0 2 * * *"),
        (
            "src/jobs/nightly.ts: invalid cron expression '0 0 2 * * *'; a schedule is a cron expression of "
            "five fields, as in */15 * * * *"
        ),
    ),
    "a job on a nickname": (
        lambda p: job(p, "0 2 * * *", "@daily"),
        (
            "src/jobs/nightly.ts: invalid cron expression '@daily'; a schedule is a cron expression of five "
            "fields, as in */15 * * * *"
        ),
    ),
    "a job on a day that never comes": (
        lambda p: job(p, "0 2 * * *", "0 2 31 2,4 *"),
        (
            "src/jobs/nightly.ts: invalid cron expression '0 2 31 2,4 *'; there is no day 31 in month 2,4, "
            "so it would never run"
        ),
    ),
    "a job in no time zone": (
        lambda p: job(p, "Europe/Berlin", "Europe/Atlantis"),
        (
            "src/jobs/nightly.ts:2: timezone: unknown time zone 'Europe/Atlantis'; write one as in "
            "Europe/Berlin"
        ),
    ),
    "a job in the machine's time zone": (
        lambda p: job(p, "Europe/Berlin", "localtime"),
        "src/jobs/nightly.ts:2: timezone: unknown time zone 'localtime'; write one as in Europe/Berlin",
    ),
    "a job in a zone outside the database": (
        lambda p: job(p, "Europe/Berlin", "../../etc/passwd"),
        (
            "src/jobs/nightly.ts:2: timezone: unknown time zone '../../etc/passwd'; write one as in "
            "Europe/Berlin"
        ),
    ),
    "a job in a zone that is a number": (
        lambda p: job(p, '"Europe/Berlin"', "1"),
        "src/jobs/nightly.ts:2: timezone: unknown time zone 1; write one as in Europe/Berlin",
    ),
    "a job with endless attempts": (
        lambda p: p.plus(JOB, p[JOB] + "export const retry = 1e9;"),
        "src/jobs/nightly.ts:4: retry: must be a whole number from 1 to 10",
    ),
    "a job with no attempt": (
        lambda p: p.plus(JOB, p[JOB] + "export const retry = 0;"),
        "src/jobs/nightly.ts:4: retry: must be a whole number from 1 to 10",
    ),
    "a job with half an attempt": (
        lambda p: p.plus(JOB, p[JOB] + "export const retry = 1.5;"),
        "src/jobs/nightly.ts:4: retry: must be a whole number from 1 to 10",
    ),
    "a job with retry as a text": (
        lambda p: p.plus(JOB, p[JOB] + 'export const retry = "3";'),
        "src/jobs/nightly.ts:4: retry: must be a whole number from 1 to 10",
    ),
    "a job that takes an hour": (
        lambda p: p.plus(JOB, p[JOB] + "export const timeout_ms = 3_600_000;"),
        "src/jobs/nightly.ts:4: timeout_ms: must be a whole number from 1 to 300000",
    ),
    "a job with no time": (
        lambda p: p.plus(JOB, p[JOB] + "export const timeout_ms = 0;"),
        "src/jobs/nightly.ts:4: timeout_ms: must be a whole number from 1 to 300000",
    ),
    "a job with a misspelt export": (
        lambda p: p.plus(JOB, p[JOB] + "export const timeoutMs = 5000;"),
        'src/jobs/nightly.ts:4: timeoutMs: not an export of a job; did you mean "timeout_ms"?',
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_author_is_told(name, connector, problems_of):
    change, message = WRONG[name]
    assert problems_of(change(connector)) == [message]


@pytest.mark.parametrize("message", messages_in(vars(entrypoints).values()), ids=lambda one: one.code)
def test_every_message_is_provoked(message):
    assert message.example in {expected for _, expected in WRONG.values()}


@pytest.mark.parametrize(
    "zone", ["UTC", "Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata"]
)
def test_a_zone_of_the_database_is_accepted(zone, connector, problems_of):
    assert problems_of(job(connector, "Europe/Berlin", zone)) == []


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC"])
def test_utc_is_known_to_a_machine_that_knows_no_zone(zone, connector, problems_of, monkeypatch):
    monkeypatch.setattr("sandbox_host.packages.timezones.ZoneInfo", None)
    assert problems_of(job(connector, "Europe/Berlin", zone)) == []


@pytest.mark.parametrize(
    ("name", "value"), [("retry", 1), ("retry", 10), ("timeout_ms", 1), ("timeout_ms", 300_000)]
)
def test_the_ends_of_a_range_are_in_it(name, value, connector, problems_of):
    assert problems_of(connector.plus(JOB, connector[JOB] + f"export const {name} = {value};")) == []


def test_a_job_may_export_more_than_it_must(connector, problems_of):
    assert problems_of(connector.plus(JOB, connector[JOB] + "export const batchSize = 50;")) == []
