"""What is said of each mistake in a project in Python, with its file and line."""

from __future__ import annotations

import re

import pytest

from sandbox_host.packages import BuildFailed, build
from sandbox_host.packages.catalogue import CATALOGUE
from sandbox_host.packages.messages import python as python_say

SDK = "from guest_sdk import define_entity, define_entity_field, define_line_field\n"
EXTRA = "src/api/extra.py"
HOOK = "def after_save(ctx):\n    return None\n"
RUN = "def run():\n    return None\n"


def tax(fields: str, name: str = "TaxRecord") -> str:
    """A custom entity, its fields on line 4."""
    return f'{SDK}define_entity(\n    name="{name}",\n    fields={fields},\n)\n'


WRONG = {
    # The manifest
    "no manifest but the file": (
        lambda p: p.plus("backfill.config.py", "x = 1\n"),
        "backfill.config.py: define_extension(…) or define_connector(…) is missing",
    ),
    "a key that a connector alone has": (
        lambda p: p.extension(",\nstreams=[]"),
        (
            "backfill.config.py:2: raises while it is loaded: TypeError: define_extension() got an unexpected keyword "
            "argument 'streams'"
        ),
    ),
    "a permission that is unknown": (
        lambda p: p.config('"secrets": {', '"secert_hosts": {"a": []},\n        "secrets": {'),
        (
            "backfill.config.py:10: permissions.secert_hosts: unknown key; did you mean 'secret_hosts'?; allowed here: "
            "entities, http, secrets, secret_hosts"
        ),
    ),
    "a secret's hosts without the secret": (
        lambda p: p.config(
            '"secrets": {', '"secret_hosts": {"api_kye": ["a.example"]},\n        "secrets": {'
        ),
        (
            "backfill.config.py:10: permissions.secret_hosts.api_kye: there is no such secret in permissions.secrets; "
            "did you mean 'api_key'?"
        ),
    ),
    "a missing key of a block": (
        lambda p: p.declaring('connection={"test_connection": {"method": "POST"}}'),
        "backfill.config.py:13: connection.test_connection.route: is required",
    ),
    "a pattern that is none": (
        lambda p: p.config(
            '"https://api.acme.example/*", ', '"https://api.acme.example/*",\n                 5, '
        ),
        'backfill.config.py:9: permissions.http[1]: must be a URL pattern or {"url": …, "reads": […]}',
    ),
    "a secret field with a default": (
        lambda p: p.declaring(
            'connection={"settings_schema": {"type": "object", "properties": {\n'
            '        "pin": {"type": "integer", "x-secret": True}}}}'
        ),
        (
            "backfill.config.py:14: connection.settings_schema.properties.pin: a secret is entered as text and has no "
            'default: {"type": "string", "x-secret": True}'
        ),
    ),
    "a page": (
        lambda p: p.declaring(
            'pages=[{"id": "home", "title": "Home", "path": "home",\n        "render": "src/pages/home.py"}]'
        ),
        (
            "backfill.config.py:14: pages[0].render: a project in Python has no pages; declare them in an extension in "
            "TypeScript"
        ),
    ),
    "an unknown entity": (
        lambda p: p.config('"Customer": ["write"]', '"Custmer": ["write"]'),
        'backfill.config.py:9: permissions.entities.Custmer: unknown entity Custmer; did you mean "Customer"?',
    ),
    "a column of a field that nobody declares": (
        lambda p: p.declaring(
            'ui={"line_columns": [{"id": "code", "label": "Code", "entity": "Invoice",\n'
            '        "field": "acme_code", "line_collection": "line_items", "width": 80}]}'
        ),
        'backfill.config.py:14: ui.line_columns[0].field: src/fields/Invoice.py declares no line field "acme_code"',
    ),
    "a stream without its route": (
        lambda p: p.without("src/api/sync/customers.py"),
        'src/api/sync/customers.py: stream "customers" has no POST route',
    ),
    "a manifest that raises": (
        lambda p: p.plus("backfill.config.py", "x = 1\ny = x / 0\n"),
        "backfill.config.py:2: raises while it is loaded: ZeroDivisionError: division by zero",
    ),
    "a manifest that is not plain": (
        lambda p: p.declaring("config={'at': object()}"),
        "backfill.config.py:2: raises while it is loaded: ",
    ),
    "a second manifest in one file": (
        lambda p: p.plus(
            "backfill.config.py",
            p["backfill.config.py"]
            + 'from guest_sdk import define_extension\ndefine_extension(key="b", name="B")\n',
        ),
        "backfill.config.py:16: raises while it is loaded: declares a second extension; a module declares one",
    ),
    # Custom entities and fields
    "an entity's file in another case": (
        lambda p: p.plus("src/entities/tax_record.py", ""),
        (
            'src/entities/tax_record.py: "tax_record" cannot be the name of a custom entity; name the file like '
            "src/entities/TaxRecord.py"
        ),
    ),
    "an entity's file without an entity": (
        lambda p: p.plus("src/entities/TaxRecord.py", "x = 1\n"),
        'src/entities/TaxRecord.py: define_entity(name="TaxRecord", fields={…}) is missing',
    ),
    "an entity with another name than its file": (
        lambda p: p.plus("src/entities/TaxRecord.py", tax('{"a": {"type": "string"}}', "Tax")),
        'src/entities/TaxRecord.py:3: name is "Tax", but the file is TaxRecord; write name="TaxRecord"',
    ),
    "an entity without fields": (
        lambda p: p.plus("src/entities/TaxRecord.py", tax("{}")),
        "src/entities/TaxRecord.py:4: fields: must be a dict with at least one field",
    ),
    "an entity's field of an unknown type": (
        lambda p: p.plus("src/entities/TaxRecord.py", tax('{\n        "rate": {"type": "money"}}')),
        (
            "src/entities/TaxRecord.py:5: fields.rate.type: must be 'string', 'number', 'boolean', 'json', 'date', "
            "'datetime', 'enum', 'reference' or 'decimal', not 'money'"
        ),
    ),
    "a reference to nothing": (
        lambda p: p.plus(
            "src/entities/TaxRecord.py",
            tax('{"customer": {"type": "reference",\n        "entity": "Custmer"}}'),
        ),
        'src/entities/TaxRecord.py:5: fields.customer.entity: unknown entity Custmer; did you mean "Customer"?',
    ),
    "a file of fields without any": (
        lambda p: p.plus("src/fields/Invoice.py", SDK + "_x = 1\n"),
        "src/fields/Invoice.py: declares no field; write … = define_entity_field(…)",
    ),
    "something that is no field": (
        lambda p: p.plus(
            "src/fields/Invoice.py",
            SDK + 'y = define_entity_field(key="acme_y", label="Y", type="string")\nx = 1\n',
        ),
        (
            "src/fields/Invoice.py:3: x is not made by define_entity_field or define_line_field; begin its name with _ "
            "or move it to src/lib"
        ),
    ),
    "fields of lines that there are not": (
        lambda p: p.plus(
            "src/fields/Invoice.py",
            SDK + 'x = define_line_field("lines", key="acme_x", label="X", type="string")\n',
        ),
        'src/fields/Invoice.py:2: x: the first argument of define_line_field is "line_items"',
    ),
    "a currency of what is none": (
        lambda p: p.plus(
            "src/fields/Invoice.py",
            SDK
            + 'x = define_entity_field(\n    key="acme_x", label="X", type="string", currency_field="currency")\n',
        ),
        "src/fields/Invoice.py:3: x: only a currency has a currency_field",
    ),
    "a currency that is in no field": (
        lambda p: p.plus(
            "src/fields/Invoice.py",
            SDK
            + 'x = define_entity_field(\n    key="acme_x", label="X", type="currency", currency_field="curency")\n',
        ),
        'src/fields/Invoice.py:3: x.currency_field: Invoice has no field "curency"; did you mean "currency"?',
    ),
    # Hooks, jobs and routes
    "a hook that is not where hooks are": (
        lambda p: p.plus("src/hooks/after-save.py", HOOK),
        "src/hooks/after-save.py: a hook is src/hooks/<entity>/<event>.py, like src/hooks/invoice/before-save.py",
    ),
    "a hook without its function": (
        lambda p: p.plus("src/hooks/invoice/after-save.py", "def handler(ctx):\n    return None\n"),
        "src/hooks/invoice/after-save.py: has no function after_save; write def after_save(ctx): …",
    ),
    "a hook that is no function": (
        lambda p: p.plus("src/hooks/invoice/after-save.py", "after_save = 5\n"),
        "src/hooks/invoice/after-save.py: has no function after_save; write def after_save(ctx): …",
    ),
    "a hook without its grant": (
        lambda p: p.plus("src/hooks/customer/after-save.py", HOOK),
        (
            'src/hooks/customer/after-save.py: the hook needs read on Customer; add "Customer": ["read"] to '
            "permissions.entities"
        ),
    ),
    "a job that cannot be named": (
        lambda p: p.plus("src/jobs/nightly_run.py", 'schedule = "0 2 * * *"\n' + RUN),
        (
            'src/jobs/nightly_run.py: "nightly_run" cannot be the name of a job; name the file like '
            "src/jobs/nightly-sync.py"
        ),
    ),
    "a job without run": (
        lambda p: p.plus("src/jobs/nightly.py", 'schedule = "0 2 * * *"\n'),
        "src/jobs/nightly.py: has no run; write def run(): …",
    ),
    "a job without a schedule": (
        lambda p: p.plus("src/jobs/nightly.py", RUN),
        'src/jobs/nightly.py: has no schedule; write schedule = "0 2 * * *"',
    ),
    "a schedule that is none": (
        lambda p: p.plus("src/jobs/nightly.py", 'schedule = "0 25 * * *"\n' + RUN),
        (
            "src/jobs/nightly.py: invalid cron expression '0 25 * * *'; '25' is not the hour (0 to 23) of a cron "
            "expression"
        ),
    ),
    "a job's option in camel case": (
        lambda p: p.plus("src/jobs/nightly.py", 'schedule = "0 2 * * *"\n' + RUN + "timeoutMs = 5\n"),
        'src/jobs/nightly.py:4: timeoutMs: nothing that a job has; did you mean "timeout_ms"?',
    ),
    "a job that tries too often": (
        lambda p: p.plus("src/jobs/nightly.py", 'schedule = "0 2 * * *"\nretry = 50\n' + RUN),
        "src/jobs/nightly.py:2: retry: must be a whole number from 1 to 10",
    ),
    "a route without a handler": (
        lambda p: p.plus(EXTRA, "def post(request):\n    return {}\n"),
        (
            "src/api/extra.py:1: has no handler; define at least one of GET, POST, PUT, PATCH, DELETE; did you mean "
            '"POST"?'
        ),
    ),
    "a handler that is no function": (
        lambda p: p.plus(EXTRA, "GET = 5\n"),
        "src/api/extra.py:1: GET is not a function; write def GET(request): …",
    ),
    "a config that is no data": (
        lambda p: p.plus(EXTRA, "config = 5\ndef GET(request):\n    return {}\n"),
        'src/api/extra.py:1: config must be plain data, as in config = {"auth": "api_key"}',
    ),
    "an unknown way to call a route": (
        lambda p: p.plus(EXTRA, 'config = {\n    "auth": "apikey"}\ndef GET(request):\n    return {}\n'),
        'src/api/extra.py:2: config.auth: unknown auth mode "apikey"; did you mean "api_key"?',
    ),
    # Code
    "a parenthesis that is never closed": (
        lambda p: p.changed("src/lib/client.py", "def page(stream):", "def page(stream:"),
        "src/lib/client.py:3: '(' was never closed",
    ),
    "a block that is not indented": (
        lambda p: p.plus("src/lib/client.py", "def page(stream):\nreturn 1\n"),
        "src/lib/client.py:2: expected an indented block after function definition on line 1",
    ),
    "a helper that nobody imports and that is wrong": (
        lambda p: p.plus("src/lib/unused.py", "x = = 1\n"),
        "src/lib/unused.py:1: invalid syntax",
    ),
    "something that the sandbox refuses": (
        lambda p: p.client("KIND = (1).__class__"),
        'src/lib/client.py:1: "__class__" may not be used; use type(x), or x.__class__.__name__ for its name',
    ),
    "code that raises": (
        lambda p: p.changed("src/lib/client.py", "def page", "RATE = 1 / 0\ndef page"),
        "src/lib/client.py:3: raises while it is loaded: ZeroDivisionError: division by zero",
    ),
    "a host call outside of a handler": (
        lambda p: p.changed(
            "src/lib/client.py", "def page", 'Http.get("https://api.acme.example/v1")\ndef page'
        ),
        "src/lib/client.py:3: raises while it is loaded: NotAvailable: ",
    ),
    "a name that the SDK does not have": (
        lambda p: p.changed("src/lib/client.py", "import Http", "import Htpp as Http"),
        "src/lib/client.py:2: raises while it is loaded: ImportError: ",
    ),
    "requests": (
        lambda p: p.client("import requests"),
        (
            'src/lib/client.py:1: there is no module "requests" in a sandbox; use Http: Http.get("https://…"), for '
            "hosts in permissions.http"
        ),
    ),
    "os.environ": (
        lambda p: p.client("from os import environ"),
        (
            'src/lib/client.py:1: there is no module "os" in a sandbox; use Settings.get for configuration and '
            "Secrets.get for credentials"
        ),
    ),
    "urllib.request": (
        lambda p: p.client("import urllib.request"),
        'src/lib/client.py:1: there is no module "urllib.request" in a sandbox; use Http: ',
    ),
    "a module that is misspelt": (
        lambda p: p.client("import jsn"),
        python_say.NOT_OFFERED.example,
    ),
    "the test runtime": (
        lambda p: p.client("from guest_sdk.testing import connector_test_runtime"),
        'src/lib/client.py:1: "guest_sdk.testing" is for tests; import from guest_sdk',
    ),
    "a module that is not there": (
        lambda p: p.client("from .missing import x"),
        'src/lib/client.py:1: cannot find ".missing" (no module src/lib/missing in the project)',
    ),
    "a module that is not there, by its whole name": (
        lambda p: p.client("import lib.missing"),
        'src/lib/client.py:1: cannot find "lib.missing" (no module src/lib/missing in the project)',
    ),
    "a module outside of the project": (
        lambda p: p.client("from ....secrets import x"),
        'src/lib/client.py:1: import "....secrets" goes past the project\'s folder; copy the module into the project',
    ),
    "open": (
        lambda p: p.changed("src/lib/client.py", "    return", '    open("/etc/passwd")\n    return'),
        "src/lib/client.py:4: open does not work in a sandbox: no files here; use Entity or Settings",
    ),
    "time.sleep": (
        lambda p: p.client("from time import sleep"),
        "src/lib/client.py:1: time.sleep does not work in a sandbox: a run is not paused; use a job ",
    ),
    "a host that is not declared": (
        lambda p: p.client('API = "https://api.acme.test"'),
        'src/lib/client.py:1: host "api.acme.test" is not declared; add "https://api.acme.test/*" to permissions.http',
    ),
    "a host of an f-string": (
        lambda p: p.client('def f(x):\n    return f"https://api.acme.test/{x}"'),
        'src/lib/client.py:2: host "api.acme.test" is not declared; add "https://api.acme.test/*" to permissions.http',
    ),
    "an entity in a call": (
        lambda p: p.client('from guest_sdk import Entity as E\ndef f():\n    return E.get("Invoce", "1")'),
        'src/lib/client.py:3: unknown entity "Invoce"; did you mean "Invoice"?',
    ),
    "a type of document in a call": (
        lambda p: p.changed("src/api/sync/customers.py", 'canonical("customer"', 'canonical("custmer"'),
        'src/api/sync/customers.py:7: unknown document type "custmer"; did you mean "customer"?',
    ),
    # Files
    "code in TypeScript": (
        lambda p: p.plus("src/lib/client.ts", "export {};"),
        (
            "src/lib/client.ts: is TypeScript, and the project is written in Python; write it in Python, or move it "
            "out of src"
        ),
    ),
    "a file that is no text": (
        lambda p: p.plus("src/lib/client.py", b"# caf\xe9\n"),
        "src/lib/client.py: is not UTF-8 text; save it as UTF-8",
    ),
    "a name that is not portable": (
        lambda p: p.plus("src/lib/na\u00efve.py", ""),
        "src/lib/na\\xefve.py: this name is not portable; use letters, digits and . _ - only",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_one_problem_with_its_place(name, connector, problems_of):
    change, message = WRONG[name]
    (problem,) = problems_of(change(connector))
    assert problem.startswith(message) if message.endswith(" ") else problem == message


def test_a_good_project_has_no_problems(connector, problems_of):
    assert problems_of(connector) == []


def test_mistakes_of_every_kind_are_reported_in_one_run(connector, problems_of):
    project = connector.config('"Customer": ["write"]', '"Custmer": ["write"]')
    project = project.without("src/api/webhooks/acme.py") | {
        "src/api/files.py": "import pathlib\ndef GET(request):\n    return 1\n",
        "src/api/far.py": "def GET(request):\n    return Http.get('https://other.example/')\n",
        "src/hooks/invoice/after-save.py": "raise ValueError('no')\n",
        "src/jobs/hourly.py": "def run():\n    return 1\n",
        "src/lib/client.py": "def page(:\n",
    }
    assert problems_of(project) == [
        'backfill.config.py:9: permissions.entities.Custmer: unknown entity Custmer; did you mean "Customer"?',
        'src/api/far.py:2: host "other.example" is not declared; add "https://other.example/*" to permissions.http',
        (
            'src/api/files.py:1: there is no module "pathlib" in a sandbox; no files here; use Entity or Settings'
        ),
        'src/api/webhooks/acme.py: webhooks.endpoint "/webhooks/acme" has no POST route',
        "src/hooks/invoice/after-save.py:1: raises while it is loaded: ValueError: no",
        'src/jobs/hourly.py: has no schedule; write schedule = "0 2 * * *"',
        "src/lib/client.py:1: invalid syntax",
    ]


def test_an_error_in_a_module_that_several_import_is_reported_once(connector, problems_of):
    project = connector.plus("src/lib/client.py", "raise ValueError('broken')\n")
    project = project.plus(
        "src/api/more.py", "from lib.client import page\ndef GET(request):\n    return 1\n"
    )
    assert problems_of(project) == ["src/lib/client.py:1: raises while it is loaded: ValueError: broken"]


def test_a_module_that_never_ends_is_named(connector, problems_of):
    (problem,) = problems_of(connector.plus("src/jobs/evil.py", "while True:\n    pass\n"))
    assert problem.startswith("src/jobs/evil.py: cannot be loaded, or a module that it imports: ")


def test_two_manifests_are_one_too_many(connector, problems_of):
    message = python_say.TWO_MANIFESTS.example
    assert problems_of(connector | {"backfill.config.ts": "export default 1;"}) == [message]


def test_a_manifest_that_is_a_link_is_refused(connector, write, evaluate, tmp_path):
    (tmp_path / "elsewhere.py").write_text(connector["backfill.config.py"])
    root = write(connector.without("backfill.config.py"))
    (root / "backfill.config.py").symlink_to(tmp_path / "elsewhere.py")
    with pytest.raises(BuildFailed, match=r"^backfill\.config\.py: a symbolic link"):
        build(root, evaluate)


def test_a_folder_of_modules_that_is_a_link_is_refused(connector, write, evaluate, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.py").write_text("SECRET = 1")
    root = write(connector)
    (root / "lib").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BuildFailed, match="lib: a symbolic link"):
        build(root, evaluate)


def test_python_in_a_project_in_typescript_is_a_problem(problems_of):
    manifest = 'export default defineExtension({ key: "acme", name: "Acme" });'
    assert problems_of({"backfill.config.ts": manifest, "src/lib/a.py": "", "tools/a.py": ""}) == [
        (
            "src/lib/a.py: is Python, and the project is written in TypeScript; write it in TypeScript, or move it "
            "out of src"
        )
    ]


def test_what_a_project_raises_cannot_write_to_the_terminal(connector, problems_of):
    text = r"raise ValueError('a\nsrc/b.py: forged \x1b[2J \u202e' + 'x' * 5000)"
    (problem,) = problems_of(connector.plus("src/jobs/evil.py", text))
    assert r"a\nsrc/b.py: forged \x1b[2J \u202e" in problem
    assert len(problem) < 1100


def test_optional_imports_are_imports(connector, problems_of):
    text = "try:\n    import requests\nexcept ImportError:\n    requests = None"
    assert [one.split(":")[1] for one in problems_of(connector.client(text))] == ["2"]


FINE = [
    'def open(name):\n    return name\nopen("a")',
    'import time as t\nNOW = t.time()',
    '"""https://docs.other.example/"""',
    'HELP = "see https://"',
    'def f(host):\n    return f"https://{host}/x", "https://" + host',
    'def f(host):\n    return "https://{}.example.com/x".format(host), "https://%s/x" % host',
    'def f(x):\n    return "https://api.acme.example" + x',
    'class Client:\n    """https://docs.other.example/"""\n    def open(self):\n        return self.open()',
    'from collections.abc import Iterable\nimport urllib.parse\nfrom html import escape',
]  # fmt: skip


@pytest.mark.parametrize("text", FINE)
def test_what_only_looks_like_a_mistake_is_none(text, connector, problems_of):
    assert problems_of(connector.client(text)) == []


def test_every_message_about_python_is_provoked_as_its_example_says():
    printed = {message for _, message in WRONG.values()} | {python_say.TWO_MANIFESTS.example}
    (own,) = [section.messages for section in CATALOGUE if section.title == "Projects in Python"]
    examples = {one.example for one in (*own, *python_say.WORDING.values())}
    assert examples - printed == set()


def test_no_message_speaks_to_an_author_of_python_in_typescript():
    """What is said in the same words of both languages has none of the other's in it."""
    foreign = re.compile(r"\bexport |\bdefine[A-Z]|\.tsx?\b|\bconst [a-z]|=>|npm|package\.json")
    of_typescript_alone = {
        "bundler-stopped", "bundler-slow", "bundler-memory", "unsupported-import", "computed-import", "dynamic-import",
        "not-installed", "not-a-dependency", "tsconfig-path", "outside-inputs", "dependencies", "package-json",
        "package-name", "too-many-packages", "script-export", "script-path", "no-script", "connector-only",
        "provider-of-extension",
        "no-manifest",
    }  # fmt: skip
    said = {
        message.code
        for section in CATALOGUE
        for message in section.messages
        if foreign.search(message.template) and message.code not in python_say.WORDING
    }
    assert said - of_typescript_alone == set()
    assert not [one for one in python_say.WORDING.values() if foreign.search(one.template + one.way_out)]
