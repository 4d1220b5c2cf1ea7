"""What is read off a module of Python without running it, and where its parts stand."""

from __future__ import annotations

import ast
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_host.kernels.python.guest import facts
from sandbox_host.packages.discovery import discover
from sandbox_host.packages.evaluation import Evaluation, Mention, ModuleFacts
from sandbox_host.packages.language import PYTHON
from sandbox_host.packages.python_facts import PythonSources, import_problems
from sandbox_host.packages.python_instead import offers

MANIFEST = """\
from guest_sdk import define_connector as connector
HOSTS = ["https://a.example/*",
    "https://b.example/*"]
stream = {"key": "orders",
    "mode": "poll"}
BASE = {"key": "x"}
connector(
    key="acme",
    permissions={
        "http": HOSTS,
        "secret_hosts": {"api_key": ["a.example"]},
        "entities": {"Customer": ["write"],
            "Odd Name": ["read"]},
    },
    streams=[stream, dict(
        key="events"),
        {**BASE, "mode": "webhook"}, {"mode":
            "webhook", **BASE}],
    config={"a": [[1], [2,
        3]], "b.c": 1},
)
"""


def read(source: str) -> dict:
    return facts.read(ast.parse(source))


def module(source: str) -> ModuleFacts:
    raw = read(source)
    return ModuleFacts(
        imports=tuple(Mention(one["name"], one["line"]) for one in raw["imports"]), places=raw["places"]
    )


@pytest.fixture(scope="module")
def sources() -> PythonSources:
    return PythonSources(Evaluation(facts={"backfill.config.py": module(MANIFEST)}))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("", 7),
        ("key", 8),
        ("permissions", 9),
        ("permissions.http", 10),
        ("permissions.http[0]", 2),
        ("permissions.http[1]", 3),
        ("permissions.secretHosts.api_key[0]", 11),
        ("permissions.entities.Customer[0]", 12),
        ("permissions.entities['Odd Name']", 13),
        ("streams[0].mode", 5),
        ("streams[1].key", 16),
        ("streams[2].mode", 17),
        ("streams[2].key", 17),
        ("config.a[1][1]", 20),
        ("config['b.c']", 20),
        ("nothing.of[7].this", 7),
    ],
)
def test_a_path_leads_to_its_line(path, line, sources):
    assert sources.line("backfill.config.py", "default", path) == line


def test_what_may_have_been_replaced_has_no_place_of_its_own(sources):
    assert sources.line("backfill.config.py", "default", "streams[3].mode") == 17


@pytest.mark.parametrize(
    ("path", "spelled"),
    [
        ("permissions.secretHosts.api_key", "permissions.secret_hosts.api_key"),
        ("permissions.secretHosts.other", "permissions.secret_hosts.other"),
        ("permissions.entities.Customer", "permissions.entities.Customer"),
        ("connection.testConnection.route", "connection.test_connection.route"),
    ],
)
def test_a_path_is_shown_as_its_author_writes_it(path, spelled, sources):
    assert sources.spelled("backfill.config.py", "default", path) == spelled


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ('"https://a.example/x"', ["https://a.example/"]),
        ('"https://a.example" "/x"', ["https://a.example/"]),
        ('"https://a.example"', ["https://a.example"]),
        ('f"https://{a}.example/{b}"', ["https://", "."]),
        ('f"https://a.example{b}"', ["https://a.example", ""]),
        ('f"https://a.example/{b}"', ["https://a.example/", ""]),
        ('"https://a.example" + a + b', ["https://a.example", ""]),
        ('"https://{}.example/{x.y}".format(a, x=b)', ["https://", "."]),
        ('"https://%s.example/%(b)5d" % a', ["https://", "."]),
        ('"https://a.example/".rstrip("/")', ["https://a.example/"]),
        ('["https://a.example/1", "https://a.example/2"]', ["https://a.example/"]),
    ],
)
def test_text_that_may_be_a_url_is_told_up_to_its_path(source, parts):
    assert [list(one["parts"]) for one in read(f"x = {source}")["texts"]] == [parts]


@pytest.mark.parametrize(
    "source", ['"""https://a.example"""', "def f():\n    'https://a.example'", "x = 'a' + 'b'"]
)
def test_text_that_is_no_value_is_not_told(source):
    assert read(source)["texts"] == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import time\ntime.sleep(1)", "time.sleep"),
        ("import time as t\nt.sleep(1)", "time.sleep"),
        ("from time import sleep as s", "time.sleep"),
        ("open('a')", "open"),
    ],
)
def test_names_are_told_by_where_they_come_from(source, name):
    assert name in [one["name"] for one in read(source)["names"]]


@pytest.mark.parametrize(
    "source",
    [
        "def open(x): return x\nopen(1)",
        "def f(open): return open",
        "for open in x: pass",
        "try:\n    pass\nexcept E as open:\n    open",
        "match x:\n    case [*open]: pass\n    case {**open}: pass\n    case 1 as open: open",
        "class A:\n    def open(self): open",
        "x.open()",
    ],
)
def test_a_name_of_the_modules_own_is_nobody_elses(source):
    assert "open" not in [one["name"] for one in read(source)["names"]]


@pytest.mark.parametrize(
    "source",
    [
        "from guest_sdk import Entity\nEntity.get('Invoce', 1)",
        "import guest_sdk\nguest_sdk.Entity.get('Invoce', 1)",
        "from guest_sdk import Entity as E\nE.get('Invoce', 1)",
    ],
)
def test_a_call_is_told_with_what_it_names(source):
    assert read(source)["calls"] == [{"name": "Entity.get", "text": "Invoce", "line": 2}]


EXPRESSIONS = st.recursive(
    st.sampled_from(["1", "'https://a.example'", "x", "[*x]", "{**x}", "f(y=1)", "f'{x}'", "None"]),
    lambda inner: st.builds(
        lambda form, one, other: form.format(one, other), st.sampled_from(["[{0}, {1}]", "{{'a': {0}, **x, 'b': {1}}}",
        "g({0}, z={1})", "({0} + {1})", "({0}).format({1})", "(lambda: {0})", "({0} % {1})"]), inner, inner
    ),
)  # fmt: skip


@given(EXPRESSIONS)
@settings(max_examples=60, deadline=None)
def test_whatever_is_written_the_facts_are_plain_json(expression):
    text = json.dumps(read(f"import time\nx = {expression}\ndefine_connector(a=x, **{expression})"))
    assert json.loads(text)


def test_a_module_that_names_itself_has_an_end():
    assert read("config = [config, {'a': config}]")["places"]["config"][""] == 1


def test_a_deep_declaration_has_places_down_to_a_depth():
    source = "config = " + "[" * 150 + "]" * 150
    assert len(read(source)["places"]["config"]) <= facts.MAX_DEPTH + 2


def test_a_flood_of_facts_is_cut():
    source = "config = [" + "".join(f"'https://a{n}.example/'," for n in range(20_000)) + "]\n"
    found = read(source)
    assert len(found["texts"]) == facts.MAX_FACTS
    assert len(found["places"]["config"]) <= facts.MAX_FACTS + 2
    (text,) = read("x = 'https://" + "a" * 100_000 + "'")["texts"]
    assert len(text["parts"][0]) == facts.MAX_TEXT


def test_what_is_told_of_a_module_of_data_is_little():
    table = "".join(f"    'key{n}': ['https://a.example/{'x' * 1_000}'],\n" for n in range(2_000))
    found = json.dumps(read(f"TABLE = {{\n{table}}}\ndef f(x):\n    return len(TABLE) + x.y.z\n"))
    assert len(found) < 1_000
    assert read(f"TABLE = {{\n{table}}}")["places"] == {"TABLE": {"": 1}}


FILES = (
    "backfill.config.py",
    "src/api/sync/a.py",
    "src/lib/stripe.py",
    "src/tools/__init__.py",
    "lib/far.py",
)


@pytest.mark.parametrize(
    ("file", "imported"),
    [
        ("src/api/sync/a.py", "from ...lib.stripe import x"),
        ("src/api/sync/a.py", "from ...lib import stripe"),
        ("src/api/sync/a.py", "from lib.stripe import x"),
        ("src/api/sync/a.py", "import lib.stripe"),
        ("src/api/sync/a.py", "from tools import x"),
        ("src/api/sync/a.py", "from lib.far import x"),
        ("src/lib/stripe.py", "from . import x"),
        ("src/tools/__init__.py", "from ..lib import stripe"),
        ("backfill.config.py", "from lib.stripe import x"),
        ("src/lib/stripe.py", "import json, urllib.parse, guest_sdk"),
    ],
)
def test_an_import_of_what_is_there_is_right(file, imported):
    assert list(import_problems(file, module(imported), FILES)) == []


@pytest.mark.parametrize(
    ("file", "imported"),
    [
        ("src/api/sync/a.py", "from ..lib.stripe import x"),
        ("src/api/sync/a.py", "from .....lib import x"),
        ("src/lib/stripe.py", "import lib.near"),
        ("src/lib/stripe.py", "import stripe"),
        ("src/lib/stripe.py", "import guest_sdk._runtime.door"),
        ("src/lib/stripe.py", "import json.decoder"),
    ],
)
def test_an_import_of_what_is_not_there_is_one_problem(file, imported):
    assert len(list(import_problems(file, module(imported), FILES))) == 1


def test_the_modules_that_are_offered_are_the_guests_own():
    assert {"json", "datetime", "zoneinfo", "urllib.parse", "dataclasses"} <= {*offers().modules}
    assert not {"os", "sys", "socket", "subprocess", "builtins", "importlib"} & {*offers().modules}
    assert not {*offers().instead} & {*offers().modules}


def test_roles_are_those_of_the_same_paths():
    found = discover(
        [
            "backfill.config.py", "src/hooks/sales-receipt/before-post.py", "src/jobs/nightly-sync.py",
            "src/api/orders/[id].py", "src/api/__init__.py", "src/entities/TaxRecord.py", "src/fields/TaxRecord.py",
            "src/lib/a.py", "src/api/conftest.py", "src/api/a.ts", "test/test_a.py", "src/lib/test_a.py",
        ],
        PYTHON,
    )  # fmt: skip
    assert found.problems == ()
    assert found.manifest
    assert [(one.entity, one.event) for one in found.hooks] == [("SalesReceipt", "before-post")]
    assert found.jobs == {"nightly-sync": "src/jobs/nightly-sync.py"}
    assert found.routes == {"/orders/[id]": "src/api/orders/[id].py"}
    assert found.entities == {"TaxRecord": "src/entities/TaxRecord.py"}
    assert found.fields == {"TaxRecord": "src/fields/TaxRecord.py"}
