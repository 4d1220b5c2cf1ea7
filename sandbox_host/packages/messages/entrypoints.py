"""What can be wrong with hooks, jobs and routes, and with the routes that a manifest names."""

from __future__ import annotations

from policies.messages import Message

JOB_NAME = Message(
    "job-name",
    '"{name}" cannot be the name of a job; name the file like src/jobs/nightly-sync.ts',
    'src/jobs/Nightly_Run.ts: "Nightly_Run" cannot be the name of a job; name the file like '
    "src/jobs/nightly-sync.ts",
    "Lower-case letters and digits, with hyphens between.",
)
SAME_FILE_NAME = Message(
    "same-file-name",
    "{other} has the same name; keep one of them",
    "src/jobs/nightly.ts: src/jobs/nightly.js has the same name; keep one of them",
    "Remove or rename one.",
)
HOOK_PATH = Message(
    "hook-path",
    "a hook is src/hooks/<entity>/<event>.ts, like src/hooks/invoice/before-save.ts",
    "src/hooks/after-save.ts: a hook is src/hooks/<entity>/<event>.ts, like src/hooks/invoice/before-save.ts",
    "Move the file, or put helpers into `src/lib`.",
)
HOOK_ENTITY = Message(
    "hook-entity",
    'unknown entity "{name}"{guess}',
    'src/hooks/invoce/after-save.ts: unknown entity "invoce"; did you mean "invoice"?',
    "The folder is the entity in kebab case: `sales-receipt`.",
)
HOOK_EVENT = Message(
    "hook-event",
    'unknown event "{name}"{guess}',
    'src/hooks/invoice/before_save.ts: unknown event "before_save"; did you mean "before-save"?',
    "Name the file after one of the nine events.",
)
SAME_HOOK = Message(
    "same-hook",
    "{other} is the same hook; keep one of them",
    "src/hooks/invoice/before-save.tsx: src/hooks/invoice/before-save.ts is the same hook; keep one of them",
    "Remove one, or call both from one.",
)
HOOK_EXPORT = Message(
    "hook-export",
    "has no default export; write export default async (ctx) => {{…}}",
    "src/hooks/invoice/after-save.ts: has no default export; write export default async (ctx) => {…}",
    "Export the handler as default.",
)
HOOK_GRANT = Message(
    "hook-grant",
    "the hook needs {missing} on {entity}; add {entity}: [{verbs}] to permissions.entities",
    'src/hooks/customer/after-save.ts: the hook needs read on Customer; add Customer: ["read"] to '
    "permissions.entities",
    "A hook sees its record, and before-save and recalculate change it: both are permissions.",
)
ROUTE_NAME = Message(
    "route-name",
    '"{route}" cannot be a route; use letters, digits, _ and - in its parts',
    'src/api/a.b.ts: "/a.b" cannot be a route; use letters, digits, _ and - in its parts',
    "Rename the file; a parameter is a part such as `[id]`.",
)
SAME_ROUTE = Message(
    "same-route",
    "{other} is the same route; keep one of them",
    "src/api/sync/customers.tsx: src/api/sync/customers.ts is the same route; keep one of them",
    "Two files would answer the same requests: remove one.",
)
SAME_PARAMETER = Message(
    "same-parameter",
    '"[{name}]" is there twice; give each parameter its own name',
    'src/api/[id]/of/[id].ts: "[id]" is there twice; give each parameter its own name',
    "Rename one of the two.",
)
NO_HANDLER = Message(
    "no-handler",
    "has no handler; export at least one of {methods}{guess}",
    "src/api/extra.ts:2: has no handler; export at least one of GET, POST, PUT, PATCH, DELETE; did "
    'you mean "POST"?',
    "Write `export const POST = api(async (request) => …)`, or move a helper to `src/lib`.",
)
HANDLER_FORM = Message(
    "handler-form",
    "{method} is not a function; write export const {method} = api(…)",
    "src/api/extra.ts:1: GET is not a function; write export const GET = api(…)",
    "Export the handler itself.",
)
CONFIG_FORM = Message(
    "route-config",
    'config must be plain data, as in export const config = {{ auth: "api_key" }}',
    'src/api/extra.ts:2: config must be plain data, as in export const config = { auth: "api_key" }',
    "It is read before any request: write it out.",
)
CONFIG_KEY = Message(
    "route-config-key",
    "config.{key}: unknown key{guess}",
    'src/api/extra.ts:3: config.auht: unknown key; did you mean "auth"?',
    "`auth` is the only key.",
)
UNKNOWN_AUTH = Message(
    "unknown-auth",
    'config.auth: unknown auth mode "{auth}"{guess}',
    'src/api/extra.ts:2: config.auth: unknown auth mode "apikey"; did you mean "api_key"?',
    "Use `api_key`, `public` or a signature scheme.",
)
AUTH_OF_CONNECTORS = Message(
    "auth-of-connectors",
    'config.auth: "{auth}" is for connectors only; use "public" and verify.* in the handler',
    'src/api/extra.ts:2: config.auth: "github_signature" is for connectors only; use "public" and '
    "verify.* in the handler",
    "An extension has no connection whose secret could be used.",
)
AUTH_DIFFERS = Message(
    "auth-differs",
    'config.auth is "{auth}", but webhooks.auth is "{declared}"; make them the same',
    'src/api/webhooks/acme.ts:2: config.auth is "public", but webhooks.auth is "hmac_sha256"; make '
    "them the same",
    "Route and manifest say the same about who may call.",
)
ROUTE_MISSING = Message(
    "route-missing",
    "{who} has no {method} route",
    'src/api/sync/customers.ts: stream "customers" has no POST route',
    "Add the file, or the export to it.",
)
JOB_RUN = Message(
    "job-run",
    "has no run; write export async function run() {{…}}",
    "src/jobs/nightly.ts: has no run; write export async function run() {…}",
    "Export the job's function as `run`.",
)
JOB_SCHEDULE = Message(
    "job-schedule",
    'has no schedule; write export const schedule = "0 2 * * *"',
    'src/jobs/nightly.ts: has no schedule; write export const schedule = "0 2 * * *"',
    "A job runs on a schedule; `backfill invoke PATH job:NAME` runs it at once.",
)
JOB_CRON = Message(
    "job-cron",
    "invalid cron expression '{text}'; {reason}",
    "src/jobs/nightly.ts: invalid cron expression '0 25 * * *'; '25' is not the hour (0 to 23) of a "
    "cron expression",
    "Minute, hour, day of month, month, day of week; `*`, numbers, names, lists, ranges and steps.",
)
JOB_TIMEZONE = Message(
    "job-timezone",
    "timezone: unknown time zone {name}; write one as in Europe/Berlin",
    "src/jobs/nightly.ts:2: timezone: unknown time zone 'Europe/Atlantis'; write one as in Europe/Berlin",
    "Use a name of the IANA time zone database.",
)
JOB_NUMBER = Message(
    "job-number",
    "{name}: must be a whole number from {low} to {high}",
    "src/jobs/nightly.ts:4: retry: must be a whole number from 1 to 10",
    "`retry` counts attempts; `timeout_ms` is in milliseconds.",
)
JOB_EXPORT = Message(
    "job-export",
    '{name}: not an export of a job; did you mean "{known}"?',
    'src/jobs/nightly.ts:4: timeoutMs: not an export of a job; did you mean "timeout_ms"?',
    "Rename the export.",
)
