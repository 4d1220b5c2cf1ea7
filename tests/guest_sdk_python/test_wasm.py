"""The same runtime in the kernel that runs authors' code: its modules, its runs, and guests that mean it no good."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

from sandbox_host.kernels.instance import Ended

Wasm = Callable[..., Any]
Python = Callable[..., Any]

CONFIG = """
    from guest_sdk import define_connector

    define_connector(
        key="a", name="A", provider="a",
        permissions={"http": ["https://a.test/*"], "secret_hosts": {"api_key": ["a.test"]}},
        connection={"test_connection": {"route": "/setup/test"}, "settings_schema": {"properties": {"api_key": {}}}},
        streams=[{"key": "s", "mode": "poll"}],
    )
"""


NAMES = "Crypto, Customer, Entity, Http, Invoice, Log, OAuth, Secrets, Settings, define_entity, ingest, sync, verify"


def route(body: str, top: str = "") -> dict[str, str]:
    """A project of one route, whose handler has that body."""
    lines = textwrap.indent(body.strip(), "    ")
    return {"src/api/x.py": f"from guest_sdk import {NAMES}\n{top}\ndef POST(request):\n{lines}\n"}


def test_every_call_is_the_same_in_the_kernel(
    wasm: Wasm, python: Python, calls: list[dict[str, str]]
) -> None:
    top = 'OWN = define_entity(name="Own", fields={})'
    body = "\n".join(one["python"] for one in calls)
    natively, inside = python(body, top=top), wasm(route(body, top))
    for made in (natively, inside):
        made.body(answer=lambda call: {"ok": [] if call["action"] in ("list", "query") else {}})
    assert inside.asked == natively.asked


# What the build learns


def exports(made: Any) -> dict[tuple[str, str], Any]:
    return {
        (file, name): fact.get("declaration", fact["type"])
        for file, found in made.facts["modules"].items()
        for name, fact in found.items()
    }


def test_a_manifest_is_the_default_export_whatever_it_is_bound_to(wasm: Wasm) -> None:
    made = wasm({"backfill.config.py": CONFIG})
    (fact,) = made.facts["modules"]["backfill.config.py"].values()
    assert (fact["declaration"], fact["type"], fact["line"]) == ("connector", "object", 4)
    assert fact["value"]["permissions"]["secretHosts"] == {"api_key": ["a.test"]}
    assert fact["value"]["connection"] == {
        "testConnection": {"route": "/setup/test"},
        "settingsSchema": {"properties": {"api_key": {}}},
    }
    named = wasm(
        {"backfill.config.py": CONFIG.replace("define_connector(\n", "manifest = define_connector(\n")}
    )
    assert exports(named) == exports(made) == {("backfill.config.py", "default"): "connector"}


def test_exports_are_what_a_module_defines_and_not_what_it_imports(wasm: Wasm) -> None:
    made = wasm(
        {
            "src/lib/stripe.py": "API = 1\ndef get(): pass\n",
            "src/api/x.py": """
                import json
                from guest_sdk import Http as H, api
                from lib.stripe import API, get
                config = {"auth": "public"}
                _private = 1
                @api
                def POST(request): pass
                def GET(request): pass
                """,
            "src/jobs/nightly.py": 'schedule = "* * * * *"\nretry = 3\nyes = True\nnothing = None\ndef run(): pass\n',
        },
        ["src/api/x.py", "src/jobs/nightly.py"],
    )
    assert exports(made) == {
        ("src/api/x.py", "config"): "object",
        ("src/api/x.py", "POST"): "function",
        ("src/api/x.py", "GET"): "function",
        ("src/jobs/nightly.py", "schedule"): "string",
        ("src/jobs/nightly.py", "retry"): "number",
        ("src/jobs/nightly.py", "yes"): "boolean",
        ("src/jobs/nightly.py", "nothing"): "object",
        ("src/jobs/nightly.py", "run"): "function",
    }
    facts = made.facts["modules"]
    assert [facts["src/api/x.py"][name]["api"] for name in ("config", "POST", "GET")] == [False, True, True]
    assert facts["src/jobs/nightly.py"]["run"]["api"] is False


def test_a_hooks_default_export_is_the_function_named_like_its_event(wasm: Wasm) -> None:
    source = "def before_save(ctx):\n    return {'n': ctx.entity['n'] + 1}\ndef helper(): pass\n"
    made = wasm({"src/hooks/invoice/before-save.py": source})
    assert {name for _, name in exports(made)} == {"default", "helper"}
    context = {"entity": {"n": 1}, "entityType": "Invoice", "operation": "create", "previous": None}
    run = made.body(export="default", kind="hook", file="src/hooks/invoice/before-save.py", request=context)
    assert run == {"n": 2}


def test_fields_are_found_by_name_imported_or_unnamed(wasm: Wasm) -> None:
    made = wasm(
        {
            "src/lib/fields.py": """
                from guest_sdk import define_entity_field, define_line_field
                shared = define_entity_field(key="shared", label="S", type="string")
                def text(key): return define_line_field("line_items", key=key, label=key, type="string")
                """,
            "src/fields/Invoice.py": """
                from guest_sdk import define_line_field
                from lib.fields import shared, text
                fee = define_line_field("line_items", key="fee", label="F", type="currency", currency_field="currency")
                note = text("note")
                text("unnamed")
                LIMIT = 3
                """,
        },
        ["src/fields/Invoice.py"],
    )
    assert exports(made) == {
        ("src/fields/Invoice.py", "fee"): "line_field",
        ("src/fields/Invoice.py", "note"): "line_field",
        ("src/fields/Invoice.py", "LIMIT"): "number",
        ("src/fields/Invoice.py", "shared"): "entity_field",
        ("src/fields/Invoice.py", "unnamed"): "line_field",
    }
    fee = made.facts["modules"]["src/fields/Invoice.py"]["fee"]["value"]
    assert (fee["lineCollection"], fee["currencyField"]) == ("line_items", "currency")


def test_a_custom_entity_is_its_own_class_where_it_is_imported(wasm: Wasm) -> None:
    made = wasm(
        {
            "src/entities/TaxRecord.py": """
                from guest_sdk import define_entity
                TaxRecord = define_entity(name="TaxRecord", fields={"rate": {"type": "decimal", "required": True}})
                """,
            "src/api/x.py": """
                from guest_sdk import Entity
                from entities.TaxRecord import TaxRecord
                def POST(request):
                    TaxRecord.create({"rate": "1"})
                    Entity("TaxRecord").count()
                """,
        }
    )
    assert exports(made) == {
        ("src/api/x.py", "POST"): "function",
        ("src/entities/TaxRecord.py", "default"): "entity",
    }
    made.body()
    assert [one["args"]["entity"] for one in made.asked] == ["TaxRecord"] * 2


def test_two_manifests_in_one_module_are_an_error(wasm: Wasm) -> None:
    made = wasm({"backfill.config.py": CONFIG + CONFIG})
    (error,) = made.facts["errors"]
    assert (error["message"], error["line"]) == ("declares a second connector; a module declares one", 13)


def test_a_declaration_that_is_not_plain_json_is_an_error_of_its_file(wasm: Wasm) -> None:
    made = wasm({"backfill.config.py": CONFIG.replace('"mode": "poll"', '"mode": {1}')})
    (error,) = made.facts["errors"]
    assert (error["file"], error["message"]) == (
        "backfill.config.py",
        "default.streams[0].mode is a set; make it a list",
    )
    assert error["line"] == 4


ERRORS = [
    ("x = 1\nboom()\n", "NameError: name 'boom' is not defined", 2),
    ("from guest_sdk import Secrets\n\nSecrets.get('k')\n", "NotAvailable: secrets.get: there is no invocation", 3),
    ("raise SystemExit\n", "SystemExit", 1),
    ("def f(:\n  pass\n", "SyntaxError: invalid syntax", 1),
    ("import socket\n", "ModuleNotFoundError: ", 1),
    ("from guest_sdk import define_connector\ndefine_connector(key='a')\n", "TypeError: define_connector() missing", 2),
]  # fmt: skip


@pytest.mark.parametrize(("source", "message", "line"), ERRORS)
def test_a_module_that_raises_is_reported_and_the_others_load(
    wasm: Wasm, source: str, message: str, line: int
) -> None:
    made = wasm({"src/api/bad.py": source, "src/api/x.py": "def POST(request): return 1\n"})
    (error,) = made.facts["errors"]
    assert error["message"].startswith(message)
    assert (error["file"], error["line"]) == ("src/api/bad.py", line)
    assert made.body() == 1


def test_a_module_that_several_import_is_refused_once_and_where_it_is(wasm: Wasm) -> None:
    made = wasm(
        {
            "src/lib/bad.py": "\n\neval('1')\n",
            "src/api/a.py": "from lib.bad import x\n",
            "src/api/b.py": "from lib.bad import x\n",
        },
        ["src/api/a.py", "src/api/b.py"],
    )
    (error,) = made.facts["errors"]
    assert (error["file"], error["line"]) == ("src/lib/bad.py", 3)


# Runs


def test_what_is_printed_is_logged_at_debug_level(wasm: Wasm) -> None:
    made = wasm(route("print('a', 1, sep='-')\nprint()\nprint('b', end='')", "print('loading')"))
    made.body()
    logged = [one["args"] for one in made.asked]
    assert logged == [{"level": "debug", "message": "a-1"}, {"level": "debug", "message": "b"}]


def test_a_loop_that_prints_costs_no_more_calls_than_a_log_has_lines(wasm: Wasm) -> None:
    made = wasm(route("for n in range(5_000):\n    print(n)"))
    made.body()
    made.body()
    assert len(made.asked) == 2 * 101


def test_random_repeats_with_its_seed_and_differs_without(wasm: Wasm) -> None:
    made = wasm(route("return [random.random(), random.randrange(10**9)]", "import random\nrandom.random()"))
    first, again, other = made.body(seed=1), made.body(seed=1), made.body(seed=2)
    assert first == again != other


def test_a_trace_names_the_authors_files_and_lines(wasm: Wasm) -> None:
    made = wasm(
        {
            "src/lib/stripe.py": "def get(at):\n    return {}[at]\n",
            "src/api/x.py": "from lib.stripe import get\n\ndef POST(request):\n    return get('id')\n",
        }
    )
    error = made.error()
    assert (error["name"], error["code"], error["message"]) == ("KeyError", "handler_error", "'id'")
    assert error["stack"].splitlines() == [
        '  File "src/api/x.py", line 4, in POST',
        '  File "src/lib/stripe.py", line 2, in get',
    ]


HOSTILE = [
    ("raise E()", "class E(Exception):\n    def __str__(self): raise SystemExit(1)", "E", ""),
    ("raise E()", "class E(Exception):\n    def __str__(self): return self.__str__()", "E", ""),
    ("raise E()", "class E(BaseException):\n    def __repr__(self): raise self\n    __str__ = __repr__", "E", ""),
    ("raise SystemExit(3)", "", "SystemExit", "3"),
    ("raise KeyboardInterrupt", "", "KeyboardInterrupt", ""),
    ("raise GeneratorExit('g')", "", "GeneratorExit", "g"),
    ("return request.__class__", "", "InvalidArgument", "src/api/x.py exports no function POST"),
    ("return {1: 2}", "", "InvalidArgument", "the returned value has a key that is no string: 1; write str(key)"),
    ("x = []\nx.append(x)\nreturn x", "", "InvalidArgument",
     "the returned value[0] refers back to itself; only plain JSON can be handed over"),
    ("f = lambda n: f(n + 1)\nreturn f(0)", "", "RecursionError", "maximum recursion depth exceeded"),
    ("Http.get = print", "", "AttributeError", "'HttpApi' object attribute 'get' is read-only"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "top", "name", "message"), HOSTILE)
def test_whatever_a_guest_does_the_result_is_well_formed(
    wasm: Wasm, body: str, top: str, name: str, message: str | None
) -> None:
    result = wasm(route(body, top)).invoke()
    if message is None:
        assert result["ok"]
    else:
        error = result["error"]
        assert (error["name"], error["message"]) == (name, message)


LIMITS = [
    ("def f():\n    try:\n        while True: pass\n    except BaseException:\n        f()\nf()", "CpuLimit"),
    ("x = []\nwhile True: x.append('a' * 1_000_000)", "MemoryLimit"),
    ("return 'x' * (9 << 20)", "ResultTooLarge"),
    ("Log.info('x' * (9 << 20))", "ResultTooLarge"),
    ("return ['x' * 100_000] * 100", "ResultTooLarge"),
]


@pytest.mark.parametrize(("body", "limit"), LIMITS)
def test_a_limit_ends_the_run_and_the_next_one_works(wasm: Wasm, body: str, limit: str) -> None:
    made = wasm(route(f"if request.search_params:\n    return 7\n{body}"))
    with pytest.raises(Ended) as ended:
        made.invoke()
    assert ended.value.name == limit
    assert made.body(request={"searchParams": {"a": "b"}}) == 7


def test_a_guest_that_catches_everything_is_still_ended(wasm: Wasm) -> None:
    made = wasm(
        route("while True:\n    try:\n        Secrets.get('k')\n    except BaseException:\n        pass")
    )

    def over(_call: dict[str, Any]) -> dict[str, Any]:
        raise Ended("CallLimit", "no more calls")

    with pytest.raises(Ended) as ended:
        made.invoke(answer=over)
    assert ended.value.name == "CallLimit"


def test_without_the_filter_a_trace_shows_the_runtimes_own_frames(wasm: Wasm) -> None:
    from sandbox_host.kernels.engine import cache_folder
    from sandbox_host.kernels.python.prelude import prelude

    sources = json.loads(prelude(cache_folder()))
    assert wasm(route("Http.get({1})")).error()["stack"].count("File") == 1
    guard = "return file if file in self._files else None"
    assert guard in sources["backfill_guest.main"]
    sources["backfill_guest.main"] = sources["backfill_guest.main"].replace(guard, "return file")
    shown = wasm(route("Http.get({1})"), prelude=json.dumps(sources).encode()).error()["stack"]
    assert "<guest_sdk.http>" in shown
