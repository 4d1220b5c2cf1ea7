"""What is said of a project in Python alone, and what is said of it in other words than of one in TypeScript."""

from __future__ import annotations

import re
from dataclasses import dataclass

from policies import manifest_messages as manifest
from policies.messages import Message, Said
from sandbox_host.packages.messages import code, declarations, entrypoints

TWO_MANIFESTS = Message(
    "two-manifests",
    "{other} is there too; a project is written in one language, so keep one of the two",
    "backfill.config.py: backfill.config.ts is there too; a project is written in one language, so keep one of the two",
    "Remove the manifest of the other language, or make a project of each.",
)
OTHER_LANGUAGE = Message(
    "other-language",
    "is {found}, and the project is written in {language}; write it in {language}, or move it out of {folder}",
    "src/lib/client.ts: is TypeScript, and the project is written in Python; write it in Python, or move it out of src",
    "One package runs on one kernel.",
)
NOT_UTF8 = Message(
    "encoding",
    "is not UTF-8 text; save it as UTF-8",
    "src/lib/client.py: is not UTF-8 text; save it as UTF-8",
    "Source is read as UTF-8, whatever its first line says.",
)
NOT_OFFERED = Message(
    "module-not-offered",
    'there is no module "{name}"{guess}; beside the project\'s own there are {known}',
    'src/lib/client.py:1: there is no module "jsn"; did you mean "json"?; beside the project\'s own there are '
    "__future__, abc, base64, binascii, bisect, calendar, collections, collections.abc, contextlib, copy, "
    "csv, dataclasses, datetime, decimal, enum, fractions, functools, hashlib, heapq, hmac, html, io, "
    "ipaddress, itertools, json, math, numbers, operator, random, re, secrets, statistics, string, "
    "struct, textwrap, time, types, typing, unicodedata, urllib, urllib.parse, uuid, zoneinfo",
    "Import one of these, or write what is needed in `src/lib`. Packages are not installed into a sandbox.",
)
PAGES = Message(
    "pages-in-typescript",
    "{path}: a project in Python has no pages; declare them in an extension in TypeScript",
    "backfill.config.py:14: pages[0].render: a project in Python has no pages; declare them in an extension in "
    "TypeScript",
    "Pages are made of components of `@backfill-io/sdk/ui`.",
)


@dataclass(frozen=True, slots=True)
class Wording:
    """A message as the author of a project in Python reads it."""

    template: str
    example: str
    way_out: str


WORDING: dict[str, Wording] = {
    manifest.HTTP_ENTRY.code: Wording(
        'must be a URL pattern or {{"url": …, "reads": […]}}',
        'backfill.config.py:9: permissions.http[1]: must be a URL pattern or {"url": …, "reads": […]}',
        'Write `"https://api.example.com/*"`, or `{"url": "https://api.example.com/search", "reads": ["POST"]}`.',
    ),
    manifest.SECRET_FIELD_FORM.code: Wording(
        'a secret is entered as text and has no default: {{"type": "string", "x-secret": True}}',
        "backfill.config.py:14: connection.settings_schema.properties.pin: a secret is entered as text and has no "
        'default: {"type": "string", "x-secret": True}',
        "What is in the manifest is no secret: remove `default`, `const`, `enum` and `examples`.",
    ),
    declarations.NO_DECLARATION.code: Wording(
        "define_extension(…) or define_connector(…) is missing",
        "backfill.config.py: define_extension(…) or define_connector(…) is missing",
        "Call one of the two at the top level of the file.",
    ),
    declarations.UNKNOWN_LINE_FIELD.code: Wording(
        'src/fields/{entity}.py declares no line field "{field}"{guess}',
        'backfill.config.py:14: ui.line_columns[0].field: src/fields/Invoice.py declares no line field "acme_code"',
        "Declare it with `define_line_field`, or correct the key.",
    ),
    declarations.ENTITY_FILE_NAME.code: Wording(
        '"{name}" cannot be the name of {what}; name the file like {example}',
        'src/entities/tax_record.py: "tax_record" cannot be the name of a custom entity; name the file like '
        "src/entities/TaxRecord.py",
        "The file is named after the entity, in PascalCase.",
    ),
    declarations.NO_ENTITY.code: Wording(
        'define_entity(name="{name}", fields={{…}}) is missing',
        'src/entities/TaxRecord.py: define_entity(name="TaxRecord", fields={…}) is missing',
        "Call `define_entity` at the top level of the file.",
    ),
    declarations.ENTITY_RENAMED.code: Wording(
        'name is {found}, but the file is {name}; write name="{name}"',
        'src/entities/TaxRecord.py:3: name is "Tax", but the file is TaxRecord; write name="TaxRecord"',
        "The file and the entity have the same name.",
    ),
    declarations.NO_FIELDS.code: Wording(
        "fields: must be a dict with at least one field",
        "src/entities/TaxRecord.py:4: fields: must be a dict with at least one field",
        "Declare a field.",
    ),
    declarations.NO_FIELD.code: Wording(
        "declares no field; write … = define_entity_field(…)",
        "src/fields/Invoice.py: declares no field; write … = define_entity_field(…)",
        "Declare a field, or remove the file.",
    ),
    declarations.NOT_A_FIELD.code: Wording(
        "{name} is not made by define_entity_field or define_line_field; begin its name with _ or move it to src/lib",
        "src/fields/Invoice.py:3: x is not made by define_entity_field or define_line_field; begin its name with _ or "
        "move it to src/lib",
        "Every name of the file is a field, but for those that begin with `_` and those that are imported.",
    ),
    declarations.LINE_COLLECTION.code: Wording(
        '{name}: the first argument of define_line_field is "line_items"',
        'src/fields/Invoice.py:2: x: the first argument of define_line_field is "line_items"',
        "It is the only collection of lines.",
    ),
    declarations.CURRENCY_OF_OTHER.code: Wording(
        "{name}: only a currency has a currency_field",
        "src/fields/Invoice.py:3: x: only a currency has a currency_field",
        "Make it a currency, or remove `currency_field`.",
    ),
    declarations.CURRENCY_FIELD.code: Wording(
        '{name}.currency_field: {entity} has no field "{field}"{guess}',
        'src/fields/Invoice.py:3: x.currency_field: Invoice has no field "curency"; did you mean "currency"?',
        "Name the field that holds the currency, on the line, else on the document.",
    ),
    entrypoints.JOB_NAME.code: Wording(
        '"{name}" cannot be the name of a job; name the file like src/jobs/nightly-sync.py',
        'src/jobs/nightly_run.py: "nightly_run" cannot be the name of a job; name the file like '
        "src/jobs/nightly-sync.py",
        "Lower-case letters and digits, with hyphens between.",
    ),
    entrypoints.HOOK_PATH.code: Wording(
        "a hook is src/hooks/<entity>/<event>.py, like src/hooks/invoice/before-save.py",
        "src/hooks/after-save.py: a hook is src/hooks/<entity>/<event>.py, like src/hooks/invoice/before-save.py",
        "Move the file, or put helpers into `src/lib`.",
    ),
    entrypoints.HOOK_EXPORT.code: Wording(
        "has no function {event}; write def {event}(ctx): …",
        "src/hooks/invoice/after-save.py: has no function after_save; write def after_save(ctx): …",
        "The handler is the function that is named like the event.",
    ),
    entrypoints.HOOK_GRANT.code: Wording(
        'the hook needs {missing} on {entity}; add "{entity}": [{verbs}] to permissions.entities',
        'src/hooks/customer/after-save.py: the hook needs read on Customer; add "Customer": ["read"] to '
        "permissions.entities",
        "A hook sees its record, and before-save and recalculate change it: both are permissions.",
    ),
    entrypoints.NO_HANDLER.code: Wording(
        "has no handler; define at least one of {methods}{guess}",
        "src/api/extra.py:1: has no handler; define at least one of GET, POST, PUT, PATCH, DELETE; did you mean "
        '"POST"?',
        "Write `def POST(request): …`, or move a helper to `src/lib`.",
    ),
    entrypoints.HANDLER_FORM.code: Wording(
        "{method} is not a function; write def {method}(request): …",
        "src/api/extra.py:1: GET is not a function; write def GET(request): …",
        "Define the handler itself.",
    ),
    entrypoints.CONFIG_FORM.code: Wording(
        'config must be plain data, as in config = {{"auth": "api_key"}}',
        'src/api/extra.py:1: config must be plain data, as in config = {"auth": "api_key"}',
        "It is read before any request: write it out.",
    ),
    entrypoints.ROUTE_MISSING.code: Wording(
        "{who} has no {method} route",
        'src/api/sync/customers.py: stream "customers" has no POST route',
        "Add the file, or the function to it.",
    ),
    entrypoints.JOB_RUN.code: Wording(
        "has no run; write def run(): …",
        "src/jobs/nightly.py: has no run; write def run(): …",
        "Name the job's function `run`.",
    ),
    entrypoints.JOB_SCHEDULE.code: Wording(
        'has no schedule; write schedule = "0 2 * * *"',
        'src/jobs/nightly.py: has no schedule; write schedule = "0 2 * * *"',
        "A job runs on a schedule; `backfill invoke PATH job:NAME` runs it at once.",
    ),
    entrypoints.JOB_EXPORT.code: Wording(
        '{name}: nothing that a job has; did you mean "{known}"?',
        'src/jobs/nightly.py:4: timeoutMs: nothing that a job has; did you mean "timeout_ms"?',
        "Rename it, or begin its name with `_`.",
    ),
    code.SYNTAX.code: Wording(
        "{text}",
        "src/lib/client.py:3: '(' was never closed",
        "The text is the compiler's, or that of the rules of the sandbox; correct the line.",
    ),
    code.INSTEAD_OF_MODULE.code: Wording(
        'there is no module "{spec}" in a sandbox; {instead}',
        'src/lib/client.py:1: there is no module "requests" in a sandbox; use Http: Http.get("https://…"), for hosts '
        "in permissions.http",
        "Use what the message names.",
    ),
    code.SDK_PATH.code: Wording(
        '"{spec}" is for tests; import from guest_sdk',
        'src/lib/client.py:1: "guest_sdk.testing" is for tests; import from guest_sdk',
        "The test runtime belongs into `test`, which is not part of a package.",
    ),
    code.NOT_FOUND.code: Wording(
        'cannot find "{spec}" (no module {target} in the project)',
        'src/lib/client.py:1: cannot find ".missing" (no module src/lib/missing in the project)',
        "Correct the name, or add the file.",
    ),
    code.OUTSIDE.code: Wording(
        'import "{spec}" goes past the project\'s folder; copy the module into the project',
        'src/lib/client.py:1: import "....secrets" goes past the project\'s folder; copy the module into the project',
        "What is not in the folder is not part of it.",
    ),
    code.FOREIGN_GLOBAL.code: Wording(
        "{name} does not work in a sandbox: {instead}",
        "src/lib/client.py:4: open does not work in a sandbox: no files here; use Entity or Settings",
        "Use what the message names.",
    ),
    code.THROWS.code: Wording(
        "raises while it is loaded: {text}",
        "src/lib/client.py:3: raises while it is loaded: ZeroDivisionError: division by zero",
        "Do the work inside the handler; host calls have no invocation behind them before.",
    ),
}
"""By the code of the message. What is not here is said in the same words of both."""

_SNAKE = re.compile(r"(?<=[a-z])[A-Z]")


def in_python(said: Said) -> Said:
    """The same message in the words of a project in Python."""
    if said.code == manifest.UNKNOWN_KEY.code:
        values = {name: _SNAKE.sub(_lower, str(value)) for name, value in said.values.items()}
        return Said(manifest.UNKNOWN_KEY(**values), said.code, values, said.before)
    wording = WORDING.get(said.code)
    if wording is None:
        return said
    return Said(wording.template.format(**said.values), said.code, before=said.before)


def _lower(found: re.Match[str]) -> str:
    return f"_{found[0].lower()}"
