"""Wrong projects, and what their authors are told."""

from __future__ import annotations

import pytest

from sandbox_host.packages import BuildFailed, Evaluation, build

CONFIG = "backfill.config.ts"
SUPPORTED = (
    "supported are .ts, .tsx, .js and .json files of the project, pure JavaScript packages listed in "
    '"dependencies", and @backfill-io/sdk'
)


def changed(project, file, before, after):
    assert before in project[file]
    return project | {file: project[file].replace(before, after)}


def without(project, file):
    return {name: text for name, text in project.items() if name != file}


def plus(project, file, text):
    return project | {file: text}


def with_import(project, line):
    return plus(project, "src/lib/client.ts", f"{line}\n{project['src/lib/client.ts']}")


ROUTE = "src/api/extra.ts"
HANDLER = "export const POST = api(async () => api.json({}));\n"

WRONG = {
    "a missing manifest": (
        lambda p: without(p, CONFIG),
        (
            "backfill.config.ts: not found; a project has one, with export default defineExtension({…}) or "
            "defineConnector({…})"
        ),
    ),
    "a manifest that is not declared": (
        lambda p: plus(p, CONFIG, 'export default { key: "acme", name: "Acme" };'),
        "backfill.config.ts: export default defineExtension({…}) or defineConnector({…}) is missing",
    ),
    "a misspelt key": (
        lambda p: changed(p, CONFIG, "streams:", "strems:"),
        "backfill.config.ts: strems: unknown key; did you mean 'streams'?",
    ),
    "a connector without a provider": (
        lambda p: changed(p, CONFIG, '  provider: "acme",\n', ""),
        'backfill.config.ts: provider: a connector names its provider, as in provider: "stripe"',
    ),
    "an extension with a provider": (
        lambda p: changed(p, CONFIG, "export default defineConnector", "export default defineExtension"),
        "backfill.config.ts: provider: only a connector has one; use defineConnector",
    ),
    "an unknown entity in the permissions": (
        lambda p: changed(p, CONFIG, 'Customer: ["write"]', 'Custmer: ["write"]'),
        'backfill.config.ts: permissions.entities.Custmer: unknown entity Custmer; did you mean "Customer"?',
    ),
    "a hook of an unknown entity": (
        lambda p: plus(p, "src/hooks/invoce/after-save.ts", "export default async () => {};"),
        'src/hooks/invoce/after-save.ts: unknown entity "invoce"; did you mean "invoice"?',
    ),
    "a hook of an unknown event": (
        lambda p: plus(p, "src/hooks/invoice/before_save.ts", "export default async () => {};"),
        'src/hooks/invoice/before_save.ts: unknown event "before_save"; did you mean "before-save"?',
    ),
    "a hook outside an entity's folder": (
        lambda p: plus(p, "src/hooks/after-save.ts", "export default async () => {};"),
        "src/hooks/after-save.ts: a hook is src/hooks/<entity>/<event>.ts, like src/hooks/invoice/before-save.ts",
    ),
    "a hook without its read grant": (
        lambda p: plus(p, "src/hooks/customer/after-save.ts", "export default async () => {};"),
        (
            "src/hooks/customer/after-save.ts: the hook needs read on Customer; add Customer: "
            '["read"] to permissions.entities'
        ),
    ),
    "a before-save hook without its write grant": (
        lambda p: changed(p, CONFIG, 'Invoice: ["read", "write"]', 'Invoice: ["read"]'),
        (
            "src/hooks/invoice/before-save.ts: the hook needs write on Invoice; add Invoice: "
            '["read", "write"] to permissions.entities'
        ),
    ),
    "a recalculate hook without its write grant": (
        lambda p: plus(p, "src/hooks/payment/recalculate.ts", "export default async () => null;"),
        (
            "src/hooks/payment/recalculate.ts: the hook needs read and write on Payment; add Payment: "
            '["read", "write"] to permissions.entities'
        ),
    ),
    "a hook without a default export": (
        lambda p: plus(p, "src/hooks/invoice/after-save.ts", "export async function run() {}"),
        "src/hooks/invoice/after-save.ts: has no default export; write export default async (ctx) => {…}",
    ),
    "a poll stream without its route": (
        lambda p: without(p, "src/api/sync/customers.ts"),
        'src/api/sync/customers.ts: stream "customers" has no POST route',
    ),
    "a poll stream whose route is a GET": (
        lambda p: changed(p, "src/api/sync/customers.ts", "POST", "GET"),
        'src/api/sync/customers.ts: stream "customers" has no POST route',
    ),
    "a backfill stream without its route": (
        lambda p: changed(
            p, CONFIG, '{ key: "events", mode: "webhook" }', '{ key: "orders", mode: "backfill" }'
        ),
        'src/api/sync/orders.ts: stream "orders" has no POST route',
    ),
    "a webhook endpoint without its route": (
        lambda p: without(p, "src/api/webhooks/acme.ts"),
        'src/api/webhooks/acme.ts: webhooks.endpoint "/webhooks/acme" has no POST route',
    ),
    "a webhook route with another auth mode": (
        lambda p: changed(p, "src/api/webhooks/acme.ts", "hmac_sha256", "public"),
        'src/api/webhooks/acme.ts: config.auth is "public", but webhooks.auth is "hmac_sha256"; make them the same',
    ),
    "a webhook route with the auth mode of a missing config": (
        lambda p: changed(p, "src/api/webhooks/acme.ts", "export const config", "const config"),
        'src/api/webhooks/acme.ts: config.auth is "api_key", but webhooks.auth is "hmac_sha256"; make them the same',
    ),
    "a connection test without its route": (
        lambda p: changed(
            p, CONFIG, "streams:", 'connection: { testConnection: { route: "/test" } }, streams:'
        ),
        'src/api/test.ts: connection.testConnection "/test" has no POST route',
    ),
    "a signature scheme in a plain extension": (
        lambda p: {
            CONFIG: 'export default defineExtension({ key: "acme", name: "Acme" });',
            ROUTE: 'export const config = { auth: "github_signature" };\n' + HANDLER,
        },
        (
            'src/api/extra.ts: config.auth: "github_signature" is for connectors only; use "public" and verify.* in '
            "the handler"
        ),
    ),
    "an unknown auth mode": (
        lambda p: plus(p, ROUTE, 'export const config = { auth: "apikey" };\n' + HANDLER),
        'src/api/extra.ts: config.auth: unknown auth mode "apikey"; did you mean "api_key"?',
    ),
    "a route without a handler": (
        lambda p: plus(p, ROUTE, "export const post = api(async () => api.json({}));"),
        (
            "src/api/extra.ts: has no handler; export at least one of GET, POST, PUT, PATCH, DELETE; did you mean "
            '"POST"?'
        ),
    ),
    "a handler that is no function": (
        lambda p: plus(p, ROUTE, "export const GET = { a: 1 };"),
        "src/api/extra.ts: GET is not a function; write export const GET = api(…)",
    ),
    "a job without run": (
        lambda p: changed(p, "src/jobs/nightly.ts", "function run", "function go"),
        "src/jobs/nightly.ts: has no run; write export async function run() {…}",
    ),
    "a job without a schedule": (
        lambda p: changed(p, "src/jobs/nightly.ts", "export const schedule", "const schedule"),
        'src/jobs/nightly.ts: has no schedule; write export const schedule = "0 2 * * *"',
    ),
    "a job with a broken schedule": (
        lambda p: changed(p, "src/jobs/nightly.ts", "0 2 * * *", "0 25 * * *"),
        (
            "src/jobs/nightly.ts: invalid cron expression '0 25 * * *'; '25' is not a hour (0 to 23) of a cron "
            "expression"
        ),
    ),
    "a job in no time zone": (
        lambda p: changed(p, "src/jobs/nightly.ts", "Europe/Berlin", "Europe/Atlantis"),
        "src/jobs/nightly.ts: timezone: unknown time zone 'Europe/Atlantis'; write one as in Europe/Berlin",
    ),
    "a job with endless attempts": (
        lambda p: plus(p, "src/jobs/nightly.ts", p["src/jobs/nightly.ts"] + "export const retry = 1e9;"),
        "src/jobs/nightly.ts: retry: must be a whole number from 1 to 10",
    ),
    "a job with a name that is no name": (
        lambda p: plus(p, "src/jobs/Nightly_Run.ts", "export {}"),
        (
            'src/jobs/Nightly_Run.ts: "Nightly_Run" cannot be the name of a job; name the file like '
            "src/jobs/nightly-sync.ts"
        ),
    ),
    "a host that is not declared": (
        lambda p: changed(p, "src/lib/client.ts", "api.acme.example", "api.acme.test"),
        (
            'src/lib/client.ts:3: host "api.acme.test" is not declared; add "https://api.acme.test/*" to '
            "permissions.http"
        ),
    ),
    "a private host": (
        lambda p: changed(p, "src/lib/client.ts", "api.acme.example/v1", "169.254.169.254/v1"),
        (
            'src/lib/client.ts:3: "https://169.254.169.254" cannot be reached: 169.254.169.254 is an IP address; only '
            "public host names can be reached"
        ),
    ),
    "a stylesheet": (
        lambda p: plus(with_import(p, 'import "./a.css";'), "src/lib/a.css", "a {}"),
        f'src/lib/client.ts:1: Unsupported import "./a.css" - {SUPPORTED}',
    ),
    "an image": (
        lambda p: with_import(p, 'import logo from "./logo.svg"; Log.info(logo);'),
        f'src/lib/client.ts:1: Unsupported import "./logo.svg" - {SUPPORTED}',
    ),
    "a node builtin": (
        lambda p: with_import(p, '\nimport { readFileSync } from "node:fs"; readFileSync("x");'),
        f'src/lib/client.ts:2: Unsupported import "node:fs" - {SUPPORTED}',
    ),
    "a node builtin without its prefix": (
        lambda p: with_import(p, 'import "child_process";'),
        f'src/lib/client.ts:1: Unsupported import "child_process" - {SUPPORTED}',
    ),
    "a module on the web": (
        lambda p: with_import(p, 'import "https://esm.example/x.js";'),
        f'src/lib/client.ts:1: Unsupported import "https://esm.example/x.js" - {SUPPORTED}',
    ),
    "a module in a data URL": (
        lambda p: with_import(p, 'import "data:text/javascript,1";'),
        f'src/lib/client.ts:1: Unsupported import "data:text/javascript,1" - {SUPPORTED}',
    ),
    "a dynamic import": (
        lambda p: with_import(p, 'export const later = () => import("./other");'),
        (
            'src/lib/client.ts:1: Unsupported import "./other" - write a static import; nothing is loaded while code '
            "runs"
        ),
    ),
    "a computed import": (
        lambda p: with_import(p, 'export const later = (name: string) => import("./" + name);'),
        'src/lib/client.ts:1: Unsupported import "import(...)" - write a static import of one file',
    ),
    "a computed require": (
        lambda p: with_import(p, "export const later = (name: string) => require(`./${name}`);"),
        'src/lib/client.ts:1: Unsupported import "require(...)" - write a static import of one file',
    ),
    "a package that is not listed": (
        lambda p: with_import(p, 'import pad from "left-pad"; Log.info(pad);'),
        (
            'src/lib/client.ts:1: Unsupported import "left-pad" - add "left-pad" to "dependencies" in package.json, or '
            "write ./ before a file"
        ),
    ),
    "a package that is not installed": (
        lambda p: plus(
            with_import(p, 'import pad from "left-pad"; Log.info(pad);'),
            "package.json",
            '{"dependencies": {"left-pad": "1"}}',
        ),
        'src/lib/client.ts:1: Unsupported import "left-pad" - "left-pad" is not installed; run npm install',
    ),
    "a path of tsconfig": (
        lambda p: with_import(p, 'import x from "@/lib/x"; Log.info(x);'),
        'src/lib/client.ts:1: Unsupported import "@/lib/x" - tsconfig "paths" are not used; write a relative path',
    ),
    "the SDK's test runtime": (
        lambda p: with_import(
            p, 'import { connectorTestRuntime } from "@backfill-io/sdk/testing"; connectorTestRuntime();'
        ),
        'src/lib/client.ts:1: Unsupported import "@backfill-io/sdk/testing" - import from "@backfill-io/sdk" instead',
    ),
    "a module that is not there": (
        lambda p: with_import(p, 'import { x } from "./missing"; x();'),
        'src/lib/client.ts:1: cannot find "./missing" (no module src/lib/missing in the project)',
    ),
    "a name that the SDK does not have": (
        lambda p: with_import(p, 'import { Htpp } from "@backfill-io/sdk"; Htpp.get("");'),
        'src/lib/client.ts:1: No matching export in "node_modules/@backfill-io/sdk/index.js" for import "Htpp"',
    ),
    "a syntax error": (
        lambda p: changed(p, "src/lib/client.ts", "return answer", "return = answer"),
        'src/lib/client.ts:4: Unexpected "="',
    ),
    "a syntax error in a page": (
        lambda p: plus(p, "src/pages/home.tsx", "export default () => <Page>"),
        'src/pages/home.tsx:1: Unexpected end of file before a closing "Page" tag',
    ),
    "a module that throws": (
        lambda p: with_import(p, "\nconst limits: any = null;\nexport const limit = limits.max;"),
        "src/lib/client.ts:3: throws while it is loaded: cannot read property 'max' of null",
    ),
    "a host call while loading": (
        lambda p: with_import(p, 'const key = Secrets.get("api_key"); Log.info(key);'),
        "src/lib/client.ts:1: throws while it is loaded: ",
    ),
    "broken JSON in package.json": (
        lambda p: plus(p, "package.json", '{\n "dependencies": {\n'),
        "package.json:3: not valid JSON",
    ),
    "a page that is not there": (
        lambda p: changed(
            p,
            CONFIG,
            "streams:",
            'pages: [{ id: "a", title: "A", path: "a", render: "src/pages/a.tsx" }], streams:',
        ),
        "backfill.config.ts: pages[0].render: there is no file src/pages/a.tsx in the project",
    ),
    "a custom entity with another name": (
        lambda p: plus(
            p,
            "src/entities/TaxRecord.ts",
            'export default defineEntity({ name: "Tax", fields: { a: { type: "string" } } });',
        ),
        'src/entities/TaxRecord.ts: name is "Tax", but the file is TaxRecord; write name: "TaxRecord"',
    ),
    "a custom entity that takes a platform's name": (
        lambda p: plus(p, "src/entities/Invoice.ts", "export default {};"),
        "src/entities/Invoice.ts: Invoice is a name of the platform; give the custom entity another one",
    ),
    "a custom entity that is not declared": (
        lambda p: plus(p, "src/entities/TaxRecord.ts", 'export default { name: "TaxRecord" };'),
        'src/entities/TaxRecord.ts: export default defineEntity({ name: "TaxRecord", fields: {…} }) is missing',
    ),
    "an enum without values": (
        lambda p: plus(
            p,
            "src/entities/TaxRecord.ts",
            'export default defineEntity({ name: "TaxRecord", fields: { state: { type: "enum" } } });',
        ),
        "src/entities/TaxRecord.ts: fields.state: an enum has values, and nothing else does",
    ),
    "a reference to nothing": (
        lambda p: plus(
            p,
            "src/entities/TaxRecord.ts",
            'export default defineEntity({ name: "TaxRecord", fields: { a: { type: "reference", entity: "Cust" } } });',
        ),
        "src/entities/TaxRecord.ts: fields.a.entity: unknown entity Cust",
    ),
    "a field of an unknown entity": (
        lambda p: plus(p, "src/fields/Invoices.ts", "export {}"),
        'src/fields/Invoices.ts: unknown entity Invoices; did you mean "Invoice"?',
    ),
    "a field that is not declared": (
        lambda p: plus(
            p, "src/fields/Invoice.ts", 'export const x = { key: "x", label: "X", type: "string" };'
        ),
        "src/fields/Invoice.ts: x is not made by defineEntityField or defineLineField",
    ),
    "a field of an unknown type": (
        lambda p: plus(
            p,
            "src/fields/Invoice.ts",
            'export const x = defineEntityField({ key: "x", label: "X", type: "money" });',
        ),
        (
            "src/fields/Invoice.ts: x.type: must be 'string', 'text', 'number', 'decimal', 'currency', 'boolean', "
            "'date', 'datetime', 'select' or 'json', not 'money'"
        ),
    ),
    "a field key in camel case": (
        lambda p: plus(
            p,
            "src/fields/Invoice.ts",
            'export const x = defineEntityField({ key: "taxCode", label: "X", type: "string" });',
        ),
        'src/fields/Invoice.ts: x: key must be lower snake case, as in tax_code, not "taxCode"',
    ),
    "a line field on a record without lines": (
        lambda p: plus(
            p,
            "src/fields/Customer.ts",
            'export const x = defineLineField("line_items", { key: "x", label: "X", type: "string" });',
        ),
        "src/fields/Customer.ts: x: Customer has no lines; documents with lines are ",
    ),
    "a line column without its field": (
        lambda p: changed(
            p,
            CONFIG,
            "streams:",
            'ui: { lineColumns: [{ id: "a", label: "A", entity: "Invoice", lineCollection: "line_items", '
            'field: "tax" }] }, streams:',
        ),
        'backfill.config.ts: ui.lineColumns[0].field: src/fields/Invoice.ts declares no line field "tax"',
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_author_is_told(name, connector, problems_of):
    change, message = WRONG[name]
    problems = problems_of(change(connector))
    assert any(problem == message or problem.startswith(message) for problem in problems), problems
    assert problems == [
        problem for problem in problems if "Traceback" not in problem and "/tmp" not in problem
    ]


@pytest.mark.parametrize(
    "name", [name for name in WRONG if "manifest" not in name and "provider" not in name]
)
def test_one_mistake_is_one_problem(name, connector, problems_of):
    change, _ = WRONG[name]
    problems = problems_of(change(connector))
    several = {"a field of an unknown entity", "a custom entity that takes a platform's name"}
    assert len(problems) == 1 or name in several, problems


def test_a_good_project_has_no_problems(connector, problems_of):
    assert problems_of(connector) == []


def test_mistakes_of_every_kind_are_reported_in_one_run(connector, problems_of):
    project = changed(connector, CONFIG, "streams:", "strems: 1, streams:")
    project = changed(project, CONFIG, 'Customer: ["write"]', 'Custmer: ["write"]')
    project = changed(project, "src/lib/client.ts", "return answer", "return = answer")
    project = without(project, "src/api/webhooks/acme.ts")
    project |= {
        "src/api/files.ts": "import fs from 'fs';\nexport const GET = () => fs;\n",
        "src/api/far.ts": "export const GET = () => Http.get('https://other.example/');\n",
        "src/hooks/invoice/after-save.ts": "throw new Error('no');\n",
        "src/jobs/hourly.ts": "export const run = () => 1;\n",
    }
    assert problems_of(project) == [
        'backfill.config.ts: permissions.entities.Custmer: unknown entity Custmer; did you mean "Customer"?',
        (
            "backfill.config.ts: strems: unknown key; did you mean 'streams'?; allowed here: key, name, version, "
            "provider, kind, permissions, config, pages, ui, connection, webhooks, streams, changes, purpose"
        ),
        'src/api/far.ts:1: host "other.example" is not declared; add "https://other.example/*" to permissions.http',
        f'src/api/files.ts:1: Unsupported import "fs" - {SUPPORTED}',
        'src/api/webhooks/acme.ts: webhooks.endpoint "/webhooks/acme" has no POST route',
        "src/hooks/invoice/after-save.ts:1: throws while it is loaded: no",
        'src/jobs/hourly.ts: has no schedule; write export const schedule = "0 2 * * *"',
        'src/lib/client.ts:4: Unexpected "="',
    ]


def test_an_error_in_a_module_that_several_import_is_reported_once(connector, problems_of):
    project = connector | {"src/lib/client.ts": "throw new Error('broken');\nexport const page = () => [];\n"}
    project["src/api/more.ts"] = 'import { page } from "../lib/client";\nexport const GET = () => page();\n'
    assert problems_of(project) == ["src/lib/client.ts:1: throws while it is loaded: broken"]


def test_a_package_over_its_limit_names_its_largest_file(connector, write, evaluate):
    text = 'export const words = "' + "x" * 60_000 + '";\n'
    project = connector | {
        "src/lib/words.ts": text,
        "src/api/words.ts": 'export { words } from "../lib/words";\n' + HANDLER,
    }
    root = write(project)
    with pytest.raises(BuildFailed) as failed:
        build(root, evaluate, max_bytes=50_000)
    assert [str(one) for one in failed.value.problems] == [
        "src/lib/words.ts: the package is 0.1 MiB, over its limit of 0.0 MiB; this file alone is 0.1 MiB"
    ]
    assert build(root, evaluate).digest


def test_no_operator_can_allow_more_than_the_ceiling(connector, write, evaluate, monkeypatch):
    monkeypatch.setattr("sandbox_host.packages.builder.MAX_BYTES", 1 << 10)
    with pytest.raises(BuildFailed, match="over its limit of 0"):
        build(write(connector), evaluate, max_bytes=1 << 30)


def test_what_a_project_throws_cannot_write_to_the_terminal(connector, problems_of):
    text = r"throw new Error('a\nsrc/b.ts: forged \x1b[2J \u202e \ud800' + 'x'.repeat(5000));"
    (problem,) = problems_of(connector | {"src/jobs/evil.ts": text})
    start = r"src/jobs/evil.ts:1: throws while it is loaded: a\nsrc/b.ts: forged \x1b[2J \u202e "
    assert problem.startswith(start)
    assert len(problem) < 1100
    problem.encode()


def test_a_bundle_that_runs_away_is_a_problem(connector, problems_of):
    (problem,) = problems_of(connector | {"src/jobs/evil.ts": "for (;;) {}"})
    assert problem.startswith("backfill.config.ts: the project cannot be evaluated: ")


def test_an_evaluation_that_knows_nothing_is_a_problem(connector, write):
    with pytest.raises(BuildFailed) as failed:
        build(write(connector), lambda _: Evaluation())
    assert failed.value.problems


def test_a_flood_of_problems_is_counted(connector, problems_of):
    flood = "export const x: number = 1;\n" * 3_000
    problems = problems_of(connector | {"src/lib/flood.ts": flood})
    assert len(problems) == 1_001
    assert problems[-1] == "src/lib/flood.ts: and 4998 more problems from here on"
