"""Everything that can be wrong with a manifest on its own, in the words its author reads."""

from __future__ import annotations

from policies.messages import Message

NOT_PLAIN = Message(
    "manifest-not-plain",
    "{reason}",
    "backfill.config.ts:13: config: a key must be a string of at most 1000 characters",
    "The manifest is plain JSON within bounds: strings, numbers that every JSON reader keeps, lists "
    "and objects.",
)
NOT_AN_OBJECT = Message(
    "manifest-not-an-object",
    "the manifest must be an object",
    "backfill.config.ts:1: the manifest must be an object",
    "Give `defineExtension` or `defineConnector` one object.",
)
UNKNOWN_KEY = Message(
    "unknown-key",
    "unknown key{guess}; allowed here: {known}",
    "backfill.config.ts:13: strems: unknown key; did you mean 'streams'?; allowed here: key, name, "
    "version, provider, kind, permissions, config, pages, ui, connection, webhooks, streams, "
    "changes, purpose",
    "Spell the key as the list has it, or leave it out. Nothing that is not understood is ignored.",
)
REQUIRED = Message(
    "required-key",
    "is required",
    "backfill.config.ts:2: name: is required",
    "Add the key.",
)
WRONG_VALUE = Message(
    "wrong-value",
    "must be {wanted}, not {found}",
    "backfill.config.ts:13: streams[0].mode: must be 'poll', 'webhook' or 'backfill', not 'push'",
    "Write one of the values, or a value of the type, that the message names.",
)
OUT_OF_BOUNDS = Message(
    "out-of-bounds",
    "must {bound}",
    "backfill.config.ts:4: name: must have at least 1 character",
    "Make the value longer, shorter, larger or smaller, as the message says.",
)
EXTENSION_KEY = Message(
    "extension-key",
    "must be lower-case letters, digits, - and _, starting with a letter",
    "backfill.config.ts:3: key: must be lower-case letters, digits, - and _, starting with a letter",
    "The key names the extension in URLs and in the audit log: `acme-tax`, not `Acme Tax`.",
)
ENTITY_NAME = Message(
    "entity-name",
    "an entity's name is PascalCase, as in Invoice or TaxRecord",
    "backfill.config.ts:9: permissions.entities.customer: an entity's name is PascalCase, as in Invoice or "
    "TaxRecord",
    "Write the name of the class: `Customer`.",
)
SECRET_NAME = Message(
    "secret-name",
    "a secret's name is lower-case letters, digits and _, at most 63 characters",
    "backfill.config.ts:10: permissions.secrets.apiKey: a secret's name is lower-case letters, digits and _, at "
    "most 63 characters",
    "Name it in snake case: `api_key`.",
)
STREAM_KEY = Message(
    "stream-key",
    "a stream's key is lower-case letters, digits and _, at most 63 characters",
    "backfill.config.ts:13: streams[0].key: a stream's key is lower-case letters, digits and _, at "
    "most 63 characters",
    "Name it in snake case, as in `payout_reconciliation`; its route is "
    "`src/api/sync/payout_reconciliation.ts`.",
)
ROUTE_PATH = Message(
    "route-path",
    "a route is a path such as /sync/customers, without . or ..",
    "backfill.config.ts:12: webhooks.endpoint: a route is a path such as /sync/customers, without . or ..",
    "Write the path below `src/api`, with a leading slash and without the file's ending.",
)
SCRIPT_PATH = Message(
    "script-path",
    "must be the path of a .ts or .tsx file within the project, as in src/pages/home.tsx",
    "backfill.config.ts:13: pages[0].render: must be the path of a .ts or .tsx file within the "
    "project, as in src/pages/home.tsx",
    "Write the path from the project's folder, with its ending.",
)
PAGE_PATH = Message(
    "page-path",
    "must be a path without .., spaces, ? or #",
    "backfill.config.ts:13: pages[0].path: must be a path without .., spaces, ? or #",
    "Write a segment in the extension's own namespace, as in `tax-rates`.",
)
HTTP_ENTRY = Message(
    "http-entry",
    "must be a URL pattern or {{url, reads}}",
    "backfill.config.ts:8: permissions.http[1]: must be a URL pattern or {url, reads}",
    'Write `"https://api.example.com/*"`, or `{ url: "https://api.example.com/search", reads: ["POST"] }`.',
)
HTTP_PATTERN = Message(
    "http-pattern",
    "{reason}",
    "backfill.config.ts:8: permissions.http[0]: the pattern has no path; write https://api.acme.example/*",
    "A pattern is `https://`, a host (exact, or with one leading `*.`) and a path that may end in `/*`.",
)
SECRET_HOST = Message(
    "secret-host",
    "{reason}; write a host as in api.example.com",
    "backfill.config.ts:10: permissions.secretHosts.api_key[0]: 127.0.0.1 is an IP address; write a "
    "host as in api.example.com",
    "List the hosts that may be sent the secret's value, without `https://` and without a path.",
)
OAUTH_URL = Message(
    "oauth-url",
    "{reason}",
    "backfill.config.ts:13: connection.oauth.tokenUrlTemplate: only https:// URLs are allowed",
    "A template is an `https://` URL of a public host, which may hold `{settings.<name>}`.",
)
WEBHOOK_TOKEN = Message(
    "webhook-template-token",
    "{token} is not a token; there are <tenant_id> and <connection_id>",
    "backfill.config.ts:13: connection.setup.webhookUrlTemplate: <tenant> is not a token; there are "
    "<tenant_id> and <connection_id>",
    "Use the two tokens that are filled in when a connection is made.",
)
STREAM_SCHEDULE = Message(
    "stream-schedule",
    "{reason}",
    "backfill.config.ts:13: streams[0].schedule: a schedule is a cron expression of five fields, as "
    "in */15 * * * *",
    "Minute, hour, day of month, month, day of week; `*`, numbers, names, lists, ranges and steps.",
)
CONTROL_CHARACTER = Message(
    "control-character",
    "must not hold a line break or another control character",
    "backfill.config.ts:4: name: must not hold a line break or another control character",
    "Texts of the manifest are shown on one line, in terminals too.",
)
SAME_NAME = Message(
    "same-name",
    "is the same name as {other!r} but for case or spelling; keep one",
    "backfill.config.ts:10: permissions.secrets.API_KEY: is the same name as 'api_key' but for case or spelling; "
    "keep one",
    "Remove one of the two: they would be one name to somebody who reads the permissions.",
)
REPEATED = Message(
    "repeated",
    "{value!r} is already at {place}; keep one",
    "backfill.config.ts:13: streams[1].key: 'customers' is already at streams[0]; keep one",
    "Give each its own key, id or path; list each value once.",
)
CONNECTOR_ONLY = Message(
    "connector-only",
    "belongs to a connector; add `provider`, or use defineExtension without it",
    "backfill.config.ts:1: streams: belongs to a connector; add `provider`, or use defineExtension "
    "without it",
    "Make it a connector with `defineConnector` and `provider`, or remove the key.",
)
PARENT_REQUIRED = Message(
    "parent-page-required",
    "is required where kind is detail; name the page to go back to",
    "backfill.config.ts:13: pages[0].parentPage: is required where kind is detail; name the page to "
    "go back to",
    "Add `parentPage` with the id of another page.",
)
UNKNOWN_PARENT = Message(
    "unknown-parent-page",
    "there is no other page {name!r}{guess}",
    "backfill.config.ts:13: pages[0].parentPage: there is no other page 'hom'",
    "Use the `id` of another entry of `pages`.",
)
ACCESS_TWICE = Message(
    "access-twice",
    'is access {{roles: ["admin"]}}; give one of the two',
    'backfill.config.ts:13: pages[0].adminOnly: is access {roles: ["admin"]}; give one of the two',
    "Remove `adminOnly` or `access`.",
)
ACTION_PLACE = Message(
    "action-place",
    "sits on one of `page` (an id of pages) and `entity`; give exactly one",
    "backfill.config.ts:13: ui.actions[0]: sits on one of `page` (an id of pages) and `entity`; "
    "give exactly one",
    "A button is on a page of the extension's own, or on an entity's header.",
)
ACTION_SCRIPT = Message(
    "action-script",
    "needs its script: give exactly one of `run` and `render`",
    "backfill.config.ts:13: ui.actions[0]: needs its script: give exactly one of `run` and `render`",
    "Both name the script that handles the action; write one of them.",
)
UNKNOWN_PAGE = Message(
    "unknown-page",
    "there is no page {name!r}{guess}",
    "backfill.config.ts:13: ui.actions[0].page: there is no page 'home'",
    "Use the `id` of an entry of `pages`.",
)
VISIBLE_WHEN = Message(
    "visible-when",
    "needs exactly one of `equals` and `in`",
    "backfill.config.ts:13: ui.tabs[0].visibleWhen: needs exactly one of `equals` and `in`",
    'Compare with one value, `equals: "stripe"`, or with several, `in: ["draft", "open"]`.',
)
SCHEDULE_WITHOUT_POLL = Message(
    "schedule-without-poll",
    "only poll streams run on a schedule; leave it out for mode {mode}",
    "backfill.config.ts:13: streams[1].schedule: only poll streams run on a schedule; leave it out "
    "for mode webhook",
    'Remove `schedule`, or make it a stream of mode "poll".',
)
UNKNOWN_SECRET = Message(
    "unknown-secret",
    "there is no such secret in permissions.secrets{guess}",
    "backfill.config.ts:10: permissions.secretHosts.api_kye: there is no such secret in "
    "permissions.secrets; did you mean 'api_key'?",
    "Name a secret that `permissions.secrets` lists.",
)
UNKNOWN_SETTING = Message(
    "unknown-setting",
    "there is no setting {name!r} in connection.settingsSchema.properties{guess}",
    "backfill.config.ts:13: connection.oauth.requiredSettings[0]: there is no setting 'region' in "
    "connection.settingsSchema.properties",
    "Declare the setting in `connection.settingsSchema.properties`, or correct its name.",
)
HOST_SUFFIX = Message(
    "host-suffix",
    "a suffix is a dot and a public domain, as in .example.com",
    "backfill.config.ts:13: connection.oauth.hostValidation.shop.suffix: a suffix is a dot and a "
    "public domain, as in .example.com",
    "Write the fixed end of the host, its leading dot included.",
)
HOST_NOT_DECLARED = Message(
    "host-not-declared",
    'permissions.http has no pattern for the hosts under it; add "https://*{suffix}/*"',
    "backfill.config.ts:13: connection.oauth.hostValidation.shop.suffix: permissions.http has no "
    'pattern for the hosts under it; add "https://*.shops.example/*"',
    "A host that an admin chooses must be within what the manifest asks for.",
)
HOST_NOT_PINNED = Message(
    "host-not-pinned",
    "the setting {name!r} decides the host; pin it in connection.oauth.hostValidation",
    "backfill.config.ts:13: connection.oauth.tokenUrlTemplate: the setting 'shop' decides the host; "
    "pin it in connection.oauth.hostValidation",
    "Tokens and the app's secret go to this host: say what it must end in, or write the end into "
    "the template.",
)
SETTINGS_TYPE = Message(
    "settings-type",
    'must be "object": the settings are a form of named fields',
    'backfill.config.ts:13: connection.settingsSchema.type: must be "object": the settings are a '
    "form of named fields",
    'Write `type: "object"`, or leave it out.',
)
SETTINGS_PROPERTIES = Message(
    "settings-properties",
    "must be an object of JSON Schemas, one per field",
    "backfill.config.ts:13: connection.settingsSchema.properties: must be an object of JSON "
    "Schemas, one per field",
    "Add `properties`; a form without fields has `properties: {}`.",
)
SETTINGS_FIELD = Message(
    "settings-field",
    "must be a JSON Schema",
    "backfill.config.ts:13: connection.settingsSchema.properties.region: must be a JSON Schema",
    'Describe the field, as in `region: { type: "string", title: "Region" }`.',
)
SETTINGS_REQUIRED = Message(
    "settings-required",
    "there is no such field in properties{guess}",
    "backfill.config.ts:13: connection.settingsSchema.required[0]: there is no such field in properties",
    "`required` lists names of `properties`.",
)
SETTINGS_REMOTE = Message(
    "settings-remote-reference",
    "may only point into this schema (#/…); nothing is fetched",
    "backfill.config.ts:13: connection.settingsSchema.properties.region['$ref']: may only point "
    "into this schema (#/…); nothing is fetched",
    "Copy the part into `$defs` and write `#/$defs/<name>`.",
)
SETTINGS_NOWHERE = Message(
    "settings-reference-to-nothing",
    "points to nothing in this schema",
    "backfill.config.ts:13: connection.settingsSchema.properties.region['$ref']: points to nothing "
    "in this schema",
    "Write `#/$defs/<name>` with a name that `$defs` has.",
)
SETTINGS_LOOP = Message(
    "settings-reference-loop",
    "leads back to itself; a form has an end",
    "backfill.config.ts:13: connection.settingsSchema.properties.region['$ref']: leads back to "
    "itself; a form has an end",
    "Write the inner part out, without a reference to what is around it.",
)
SETTINGS_KEYWORD = Message(
    "settings-keyword",
    "is not used here; $ref with #/… is the only reference, and draft 2020-12 the only dialect",
    "backfill.config.ts:13: connection.settingsSchema['$id']: is not used here; $ref with #/… is "
    "the only reference, and draft 2020-12 the only dialect",
    "Remove the keyword.",
)
SETTINGS_SIZE = Message(
    "settings-size",
    "is too large for a form: at most {fields} fields, {levels} levels and {kib} KiB",
    "backfill.config.ts:13: connection.settingsSchema: is too large for a form: at most 200 fields, "
    "32 levels and 64 KiB",
    "Leave out what an admin does not enter.",
)
SECRET_FIELD_NAME = Message(
    "secret-field-name",
    "is stored as a secret of this name: lower-case letters, digits and _",
    "backfill.config.ts:13: connection.settingsSchema.properties.apiKey: is stored as a secret of "
    "this name: lower-case letters, digits and _",
    'Name the field in snake case; code reads it with `Secrets.get("api_key")`.',
)
SECRET_FIELD_FORM = Message(
    "secret-field-form",
    'a secret is entered as text and has no default: {{type: "string", "x-secret": true}}',
    "backfill.config.ts:13: connection.settingsSchema.properties.pin: a secret is entered as text "
    'and has no default: {type: "string", "x-secret": true}',
    "What is in the manifest is no secret: remove `default`, `const`, `enum` and `examples`.",
)
SECRET_FIELD_DEPTH = Message(
    "secret-field-depth",
    "only a field of the form itself is stored as a secret; move it to settingsSchema.properties",
    "backfill.config.ts:13: connection.settingsSchema.properties.account.properties.token.x-secret: "
    "only a field of the form itself is stored as a secret; move it to settingsSchema.properties",
    "A secret inside another field would be stored as a plain setting.",
)
