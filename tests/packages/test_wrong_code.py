"""Wrong scripts, and what their authors are told: imports, globals, names, what happens while they are loaded."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from policies.messages import messages_in
from sandbox_host.packages import BuildFailed, build, builder, esbuild
from sandbox_host.packages.imports import message_problem
from sandbox_host.packages.instead import FOREIGN_GLOBALS
from sandbox_host.packages.messages import code

CLIENT = "src/lib/client.ts"
PAGE = "src/pages/home.tsx"
DEPENDENCY = {"package.json": '{"dependencies": {"dep": "1"}}', "src/api/dep.ts": (
    'import dep from "dep";\nexport const GET = () => dep;\n'
)}  # fmt: skip


def using(p, line):
    return p.changed(CLIENT, "  return answer", f"  {line}\n  return answer")


def with_dep(p, files):
    return p | DEPENDENCY | {f"node_modules/dep/{name}": text for name, text in files.items()}


def page(p, text):
    listed = 'pages: [{ id: "home", title: "Home", path: "home", render: "src/pages/home.tsx" }]'
    return p.declaring(listed).plus(PAGE, f"{text}\nexport default () => null;\n")


WRONG = {
    "a syntax error": (
        lambda p: p.changed(CLIENT, "return answer", "return = answer"),
        'src/lib/client.ts:4: Unexpected "="',
    ),
    "a syntax error in a page": (
        lambda p: p.plus(PAGE, "export default () => <Page>"),
        'src/pages/home.tsx:1: Unexpected end of file before a closing "Page" tag',
    ),
    "a name that the SDK does not have": (
        lambda p: p.importing('import { Htpp } from "@backfill-io/sdk"; Htpp.get("");'),
        (
            'src/lib/client.ts:1: No matching export in "node_modules/@backfill-io/sdk/index.js" for import '
            '"Htpp"'
        ),
    ),
    "a stylesheet": (
        lambda p: p.importing('import "./a.css";').plus("src/lib/a.css", "a {}"),
        (
            'src/lib/client.ts:1: Unsupported import "./a.css" - supported are .ts, .tsx, .js and .json '
            'files of the project, pure JavaScript packages listed in "dependencies", and @backfill-io/sdk'
        ),
    ),
    "an image": (
        lambda p: p.importing('import logo from "./logo.svg"; Log.info(logo);'),
        (
            'src/lib/client.ts:1: Unsupported import "./logo.svg" - supported are .ts, .tsx, .js and .json '
            'files of the project, pure JavaScript packages listed in "dependencies", and @backfill-io/sdk'
        ),
    ),
    "a native addon": (
        lambda p: p.importing('import addon from "./build/addon.node"; Log.info(addon);'),
        (
            'src/lib/client.ts:1: Unsupported import "./build/addon.node" - supported are .ts, .tsx, .js '
            'and .json files of the project, pure JavaScript packages listed in "dependencies", and '
            "@backfill-io/sdk"
        ),
    ),
    "an ES module of the project's own": (
        lambda p: p.importing('import { a } from "./a.mjs"; a();').plus(
            "src/lib/a.mjs", "export const a = 1;"
        ),
        (
            'src/lib/client.ts:1: Unsupported import "./a.mjs" - supported are .ts, .tsx, .js and .json '
            'files of the project, pure JavaScript packages listed in "dependencies", and @backfill-io/sdk'
        ),
    ),
    "a module on the web": (
        lambda p: p.importing('import "https://esm.example/x.js";'),
        (
            'src/lib/client.ts:1: Unsupported import "https://esm.example/x.js" - supported are .ts, .tsx, '
            '.js and .json files of the project, pure JavaScript packages listed in "dependencies", and '
            "@backfill-io/sdk"
        ),
    ),
    "a module in a data URL": (
        lambda p: p.importing('import "data:text/javascript,1";'),
        (
            'src/lib/client.ts:1: Unsupported import "data:text/javascript,1" - supported are .ts, .tsx, '
            '.js and .json files of the project, pure JavaScript packages listed in "dependencies", and '
            "@backfill-io/sdk"
        ),
    ),
    "node:crypto": (
        lambda p: p.importing('\nimport { createHmac } from "node:crypto"; createHmac("sha256");'),
        (
            'src/lib/client.ts:2: Unsupported import "node:crypto" - not in a sandbox; use Crypto: '
            "hmacSha256, sha256, randomUUID, timingSafeEqual; verify.* for webhooks"
        ),
    ),
    "crypto without its prefix": (
        lambda p: p.importing('import crypto from "crypto"; crypto.randomUUID();'),
        (
            'src/lib/client.ts:1: Unsupported import "crypto" - not in a sandbox; use Crypto: hmacSha256, '
            "sha256, randomUUID, timingSafeEqual; verify.* for webhooks"
        ),
    ),
    "node:fs": (
        lambda p: p.importing('import { readFileSync } from "node:fs"; readFileSync("x");'),
        (
            'src/lib/client.ts:1: Unsupported import "node:fs" - not in a sandbox; use Entity for records '
            "and Settings for configuration; there are no files"
        ),
    ),
    "files by promise": (
        lambda p: p.importing('import { readFile } from "fs/promises"; readFile("x");'),
        (
            'src/lib/client.ts:1: Unsupported import "fs/promises" - not in a sandbox; use Entity for '
            "records and Settings for configuration; there are no files"
        ),
    ),
    "node:https": (
        lambda p: p.importing('import { get } from "node:https"; get("x");'),
        (
            'src/lib/client.ts:1: Unsupported import "node:https" - not in a sandbox; use Http: '
            'Http.get("https://…"), for hosts in permissions.http'
        ),
    ),
    "a process of its own": (
        lambda p: p.importing('import "child_process";'),
        (
            'src/lib/client.ts:1: Unsupported import "child_process" - not in a sandbox; use plain '
            "JavaScript; a script has no process, machine or network of its own"
        ),
    ),
    "the process": (
        lambda p: p.importing('import { env } from "node:process"; Log.info(env.KEY);'),
        (
            'src/lib/client.ts:1: Unsupported import "node:process" - not in a sandbox; use Settings.get '
            "for configuration and Secrets.get for credentials"
        ),
    ),
    "timers": (
        lambda p: p.importing('import { setTimeout } from "node:timers/promises"; setTimeout(1);'),
        (
            'src/lib/client.ts:1: Unsupported import "node:timers/promises" - not in a sandbox; use a job '
            "in src/jobs with a schedule; nothing runs on after a handler has answered"
        ),
    ),
    "a module of Node that nobody has heard of": (
        lambda p: p.importing('import "node:quic";'),
        (
            'src/lib/client.ts:1: Unsupported import "node:quic" - not in a sandbox; use plain JavaScript; '
            "a script has no process, machine or network of its own"
        ),
    ),
    "axios": (
        lambda p: p.importing('import axios from "axios"; axios.get("");'),
        (
            'src/lib/client.ts:1: Unsupported import "axios" - not in a sandbox; use Http: '
            'Http.get("https://…"), for hosts in permissions.http'
        ),
    ),
    "axios, installed": (
        lambda p: (
            p.importing('import axios from "axios"; axios.get("");')
            | {
                "package.json": '{"dependencies": {"axios": "1"}}',
                "node_modules/axios/package.json": "{}",
                "node_modules/axios/index.js": "module.exports = {};",
            }
        ),
        (
            'src/lib/client.ts:1: Unsupported import "axios" - not in a sandbox; use Http: '
            'Http.get("https://…"), for hosts in permissions.http'
        ),
    ),
    "a logger": (
        lambda p: p.importing('import pino from "pino"; pino();'),
        (
            'src/lib/client.ts:1: Unsupported import "pino" - not in a sandbox; use Log.info and the other '
            "levels of Log"
        ),
    ),
    "React in a page": (
        lambda p: page(p, 'import { useState } from "react"; useState();'),
        (
            'src/pages/home.tsx:1: Unsupported import "react" - not in a sandbox; use components of '
            "@backfill-io/sdk/ui; pages are rendered on the server"
        ),
    ),
    "a stylesheet in a page": (
        lambda p: page(p, 'import "./home.css";'),
        (
            'src/pages/home.tsx:1: Unsupported import "./home.css" - supported are .ts, .tsx, .js and .json '
            'files of the project, pure JavaScript packages listed in "dependencies", and @backfill-io/sdk'
        ),
    ),
    "a module of Node in what a page imports": (
        lambda p: page(p, 'import { x } from "../ui/x"; x();').plus(
            "src/ui/x.ts", '\nimport os from "node:os";\nexport const x = () => os;'
        ),
        (
            'src/ui/x.ts:2: Unsupported import "node:os" - not in a sandbox; use Settings.get for '
            "configuration and Secrets.get for credentials"
        ),
    ),
    "a computed import": (
        lambda p: p.importing('export const later = (name: string) => import("./" + name);'),
        'src/lib/client.ts:1: Unsupported import "import(...)" - write a static import of one file',
    ),
    "a computed require": (
        lambda p: p.importing("export const later = (name: string) => require(`./${name}`);"),
        'src/lib/client.ts:1: Unsupported import "require(...)" - write a static import of one file',
    ),
    "a dynamic import": (
        lambda p: p.importing('export const later = () => import("./other");'),
        (
            'src/lib/client.ts:1: Unsupported import "./other" - write a static import; nothing is loaded '
            "while code runs"
        ),
    ),
    "the SDK's test runtime": (
        lambda p: p.importing(
            'import { connectorTestRuntime } from "@backfill-io/sdk/testing"; connectorTestRuntime();'
        ),
        (
            'src/lib/client.ts:1: Unsupported import "@backfill-io/sdk/testing" - import from '
            '"@backfill-io/sdk" instead'
        ),
    ),
    "a package that is not installed": (
        lambda p: p.importing('import pad from "left-pad"; Log.info(pad);').plus(
            "package.json", '{"dependencies": {"left-pad": "1"}}'
        ),
        ('src/lib/client.ts:1: Unsupported import "left-pad" - "left-pad" is not installed; run npm install'),
    ),
    "a package that is not listed": (
        lambda p: p.importing('import pad from "left-pad"; Log.info(pad);'),
        (
            'src/lib/client.ts:1: Unsupported import "left-pad" - add "left-pad" to "dependencies" in '
            "package.json, or write ./ before a file"
        ),
    ),
    "a path of tsconfig": (
        lambda p: p.importing('import x from "@/lib/x"; Log.info(x);'),
        (
            'src/lib/client.ts:1: Unsupported import "@/lib/x" - tsconfig "paths" are not used; write a '
            "relative path"
        ),
    ),
    "a module that is not there": (
        lambda p: p.importing('import { x } from "./missing"; x();'),
        'src/lib/client.ts:1: cannot find "./missing" (no module src/lib/missing in the project)',
    ),
    "a file of the machine": (
        lambda p: p.importing('import x from "/etc/passwd"; Log.info(x);'),
        (
            'src/lib/client.ts:1: import "/etc/passwd" asks for inputs from outside the project; copy the '
            "file into the project"
        ),
    ),
    "a file above the project": (
        lambda p: p.importing('import x from "../../../x.json"; Log.info(x);'),
        (
            'src/lib/client.ts:1: import "../../../x.json" asks for inputs from outside the project; copy '
            "the file into the project"
        ),
    ),
    "process.env": (
        lambda p: using(p, "Log.info(process.env.API_KEY);"),
        (
            "src/lib/client.ts:4: process does not exist in a sandbox; use Settings.get for configuration "
            "and Secrets.get for credentials"
        ),
    ),
    "fetch": (
        lambda p: using(p, 'fetch("https://api.acme.example/v1");'),
        (
            'src/lib/client.ts:4: fetch does not exist in a sandbox; use Http: Http.get("https://…"), for '
            "hosts in permissions.http"
        ),
    ),
    "a Buffer": (
        lambda p: using(p, 'Log.info(Buffer.from("a").toString("base64"));'),
        (
            "src/lib/client.ts:4: Buffer does not exist in a sandbox; use text, btoa and atob, and the "
            "encodings of Crypto (hex, base64, base64url)"
        ),
    ),
    "a timer": (
        lambda p: using(p, "setTimeout(() => {}, 1000);"),
        (
            "src/lib/client.ts:4: setTimeout does not exist in a sandbox; use a job in src/jobs with a "
            "schedule; nothing runs on after a handler has answered"
        ),
    ),
    "the web's crypto": (
        lambda p: using(p, "Log.info(crypto.randomUUID());"),
        (
            "src/lib/client.ts:4: crypto does not exist in a sandbox; use Crypto: hmacSha256, sha256, "
            "randomUUID, timingSafeEqual; verify.* for webhooks"
        ),
    ),
    "the browser's storage": (
        lambda p: using(p, 'localStorage.setItem("a", "b");'),
        (
            "src/lib/client.ts:4: localStorage does not exist in a sandbox; use Entity for records and "
            "Settings for configuration; there are no files"
        ),
    ),
    "the folder of a module": (
        lambda p: using(p, "Log.info(__dirname);"),
        (
            "src/lib/client.ts:4: __dirname does not exist in a sandbox; use Entity for records and "
            "Settings for configuration; there are no files"
        ),
    ),
    "the window, in a page": (
        lambda p: page(p, "window.alert(1);"),
        (
            "src/pages/home.tsx:1: window does not exist in a sandbox; use components of "
            "@backfill-io/sdk/ui; pages are rendered on the server"
        ),
    ),
    "a host that is not declared": (
        lambda p: p.changed(CLIENT, "api.acme.example", "api.acme.test"),
        (
            'src/lib/client.ts:3: host "api.acme.test" is not declared; add "https://api.acme.test/*" to '
            "permissions.http"
        ),
    ),
    "a private host": (
        lambda p: p.changed(CLIENT, "api.acme.example/v1", "169.254.169.254/v1"),
        (
            'src/lib/client.ts:3: "https://169.254.169.254" cannot be reached: 169.254.169.254 is an IP '
            "address; only public host names can be reached"
        ),
    ),
    "an unknown entity": (
        lambda p: using(p, 'Entity.get("Invoce", "1");'),
        'src/lib/client.ts:4: unknown entity "Invoce"; did you mean "Invoice"?',
    ),
    "an entity in lower case": (
        lambda p: using(p, 'Entity.query("invoice");'),
        'src/lib/client.ts:4: unknown entity "invoice"; did you mean "Invoice"?',
    ),
    "an unknown document type": (
        lambda p: using(p, 'ingest.canonical("custmer", {}, {});'),
        'src/lib/client.ts:4: unknown document type "custmer"; did you mean "customer"?',
    ),
    "a document type in PascalCase": (
        lambda p: using(p, 'ingest.batch("CreditMemo", [], {});'),
        'src/lib/client.ts:4: unknown document type "CreditMemo"; did you mean "credit_memo"?',
    ),
    "a module that throws": (
        lambda p: p.importing("\nconst limits: any = null;\nexport const limit = limits.max;"),
        "src/lib/client.ts:3: throws while it is loaded: cannot read property 'max' of null",
    ),
    "a host call while loading": (
        lambda p: p.importing('const key = Secrets.get("api_key"); Log.info(key);'),
        (
            "src/lib/client.ts:1: throws while it is loaded: secrets.get: there is no invocation while a "
            "module is loaded; call it inside the handler"
        ),
    ),
    "a module that never ends": (
        lambda p: p.importing("for (;;) {}"),
        "src/api/sync/customers.ts: cannot be loaded, or a module that it imports: the run used its 1000 ms of CPU",
    ),
    "an export that never ends": (
        lambda p: (
            p | {"src/api/loop.ts": "export const GET = () => 1; export const a = { get b() { for (;;); } };"}
        ),
        "backfill.config.ts: the project cannot be evaluated: the run used its 1000 ms of CPU",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_author_is_told(name, connector, problems_of):
    change, message = WRONG[name]
    assert problems_of(change(connector)) == [message]


def test_a_dependency_that_reads_the_machine_is_told(connector, problems_of):
    project = with_dep(
        connector, {"package.json": "{}", "index.js": 'module.exports = require("/etc/passwd");'}
    )
    (problem,) = problems_of(project)
    assert problem.startswith(
        'node_modules/dep/index.js:1: import "/etc/passwd" asks for inputs from outside'
    )


def test_a_bundler_that_dies_is_a_problem(connector, write, evaluate, monkeypatch, tmp_path):
    dying = tmp_path / "dying.py"
    dying.write_text("import os\nos.kill(os.getpid(), 9)\n")
    monkeypatch.setattr(esbuild, "launcher", SimpleNamespace(__file__=str(dying)))
    with pytest.raises(BuildFailed) as failed:
        build(write(connector), evaluate)
    assert code.BUNDLER_STOPPED.example in map(str, failed.value.problems)


def test_a_bundler_that_runs_out_of_memory_says_so(connector, write, evaluate, monkeypatch, tmp_path):
    full = tmp_path / "full.py"
    full.write_text("import sys\nsys.stderr.write('fatal error: runtime: out of memory\\n')\nsys.exit(2)\n")
    monkeypatch.setattr(esbuild, "launcher", SimpleNamespace(__file__=str(full)))
    with pytest.raises(BuildFailed) as failed:
        build(write(connector), evaluate)
    assert code.BUNDLER_MEMORY.example in map(str, failed.value.problems)


def many_modules(connector, count):
    modules = {f"src/lib/many/m{number}.ts": f"export const v = {number};\n" for number in range(count)}
    using = "".join(f'import {{ v as v{number} }} from "../lib/many/m{number}";\n' for number in range(count))
    return connector | modules | {"src/api/many.ts": f"{using}export const GET = () => v0 + v{count - 1};\n"}


def test_a_project_of_five_thousand_small_modules_is_built(connector, build_files):
    package = build_files(many_modules(connector, 5_000))
    assert "/many" in {route.path for route in package.entrypoints.routes}


def test_printed_all_at_once_they_would_exhaust_the_bundler(connector, problems_of, monkeypatch):
    monkeypatch.setattr(esbuild, "PRINTED_AT_ONCE", 5_000)
    assert code.BUNDLER_MEMORY.example in problems_of(many_modules(connector, 5_000))


def test_a_script_is_printed_the_same_whatever_is_printed_beside_it(monkeypatch):
    scripts = {f"a{number}.ts": f"export const a: number = {number};\n".encode() for number in range(7)}
    scripts["broken.ts"] = b"export const = ;"
    together, messages = esbuild.print_scripts(scripts)
    monkeypatch.setattr(esbuild, "PRINTED_AT_ONCE", 2)
    apart, same = esbuild.print_scripts(scripts)
    assert {name: one.code for name, one in apart.items()} == {n: one.code for n, one in together.items()}
    assert [one.file for one in messages] == [one.file for one in same] == ["project/broken.ts"]


def test_what_the_bundler_says_of_other_files_is_not_repeated(connector):
    message = esbuild.Message('Expected ";" but found "s3cr3t"', "../../etc/key.js", 1)
    assert str(message_problem(message, connector, ())) == code.OUTSIDE_INPUTS.example


SPECIAL = {code.OUTSIDE_INPUTS, code.BUNDLER_SLOW, code.BUNDLER_STOPPED, code.BUNDLER_MEMORY}
"""Provoked by tests of their own, above and among those of the files."""


@pytest.mark.parametrize(
    "message",
    [one for one in messages_in(vars(code).values()) if one not in SPECIAL],
    ids=lambda one: one.code,
)
def test_every_message_is_provoked(message):
    assert message.example in {expected for _, expected in WRONG.values()}


GOOD = {
    "a local of a global's name": "const fetch = (url: string) => Http.get(url); fetch('https://api.acme.example/v1');",
    "a parameter of a global's name": "((process: any) => process.env)({});",
    "a method of a global's name": "const client = { fetch() {}, Buffer: 1 }; client.fetch(); Log.info(client.Buffer);",
    "a question whether there is one": "if (typeof Buffer !== 'undefined') Log.info('node');",
    "a type of a global's name": "const bytes: Buffer | null = null; Log.info(bytes);",
    "the mode of a library": "if (process.env.NODE_ENV !== 'production') Log.debug('development');",
    "console.log, which nobody records": "console.log('a');",
    "a name that is worked out": "const name: any = 'Invoice'; Entity.get(name, '1');",
    "another object's method": "const my: any = { Entity: { get() {} } }; my.Entity.get('Thing');",
    "words in a comment": "// fetch(process.env.KEY), Entity.get('Thing')",
    "words in a text": "Log.info(\"fetch(process.env.KEY), Entity.get('Thing')\");",
    "every entity of the platform": "Entity.get('BankTransfer', '1'); ingest.canonical('credit_memo', {}, {} as any);",
}


@pytest.mark.parametrize("name", GOOD)
def test_what_only_looks_like_a_mistake_is_none(name, connector, problems_of):
    assert problems_of(using(connector, GOOD[name])) == []


def test_a_custom_entity_is_an_entity(connector, problems_of):
    project = using(connector, 'Entity.get("TaxRecord", "1");').plus(
        "src/entities/TaxRecord.ts",
        'export default defineEntity({ name: "TaxRecord", fields: { a: { type: "string" } } });',
    )
    assert problems_of(project) == []


def test_a_page_has_its_components(connector, problems_of):
    assert (
        problems_of(page(connector, 'import { Page } from "@backfill-io/sdk/ui"; Log.info(Page as any);'))
        == []
    )


@pytest.mark.parametrize("ending", ["mjs", "cjs", "js", "json"])
def test_a_package_may_be_of_any_kind_of_javascript(ending, connector, build_files):
    text = {"mjs": "export default 'kept';", "json": '"kept"'}.get(ending, "module.exports = 'kept';")
    package = build_files(
        with_dep(connector, {"package.json": f'{{"main": "./lib/a.{ending}"}}', f"lib/a.{ending}": text})
    )
    assert b"kept" in package.bundle


def test_a_package_s_modules_find_each_other(connector, build_files):
    files = {
        "package.json": '{"exports": {".": {"import": "./index.mjs", "require": "./index.cjs"}}}',
        "index.mjs": 'import { a } from "./a.mjs";\nimport data from "./data.json";\nexport default [a, data];',
        "a.mjs": "export const a = 'from an ES module';",
        "data.json": '{"from": "a data file"}',
        "index.cjs": "module.exports = 'not this';",
    }
    package = build_files(with_dep(connector, files))
    assert b"from an ES module" in package.bundle
    assert b"a data file" in package.bundle


@pytest.mark.parametrize("ending", ["node", "wasm", "css", "mts"])
def test_a_package_may_not_be_anything_else(ending, connector, problems_of):
    files = {"package.json": f'{{"main": "./lib/a.{ending}"}}', f"lib/a.{ending}": "x"}
    assert problems_of(with_dep(connector, files)) == [
        (
            'src/api/dep.ts:1: Unsupported import "dep" - supported are .ts, .tsx, .js and .json files of the '
            'project, pure JavaScript packages listed in "dependencies", and @backfill-io/sdk'
        )
    ]


def test_an_unknown_global_would_fail_only_when_it_runs(connector, build_files, monkeypatch):
    monkeypatch.setattr(builder, "foreign_globals", lambda *_: iter(()))
    assert b"process.env.API_KEY" in build_files(using(connector, "Log.info(process.env.API_KEY);")).bundle


def test_what_is_said_not_to_exist_does_not(evaluate):
    """Nor does the list forget a global that the engine learns."""
    names = ", ".join(f"{json.dumps(name)}: typeof {name}" for name in FOREIGN_GLOBALS)
    found = evaluate(f'__backfill_modules({{"src/api/a.ts": () => ({{ {names} }})}});'.encode())
    assert {name: fact.get("value") for name, fact in found.modules["src/api/a.ts"].items()} == dict.fromkeys(
        FOREIGN_GLOBALS, "undefined"
    )
