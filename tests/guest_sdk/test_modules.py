"""What the build learns of a bundle: exports, declarations, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Modules = Callable[..., Any]


def test_exports_are_told_apart(modules: Modules) -> None:
    made = modules(
        {
            "src/a.ts": "({POST: api(() => 1), run() {}, config: {auth: 'public'}, schedule: '* * * * *', "
            "n: 1, yes: true, none: undefined, map: new Map(), key: Symbol()})"
        }
    )
    assert made.facts == {
        "modules": {
            "src/a.ts": {
                "POST": {"type": "function", "api": True},
                "run": {"type": "function", "api": False},
                "config": {"type": "object", "api": False, "value": {"auth": "public"}},
                "schedule": {"type": "string", "api": False, "value": "* * * * *"},
                "n": {"type": "number", "api": False, "value": 1},
                "yes": {"type": "boolean", "api": False, "value": True},
                "none": {"type": "undefined", "api": False},
                "map": {"type": "object", "api": False, "value": {}},
                "key": {"type": "object", "api": False},
            }
        },
        "errors": [],
    }


def test_declarations_say_which_helper_made_them(modules: Modules) -> None:
    made = modules(
        {
            "backfill.config.ts": "({default: defineConnector({key: 'a'})})",
            "other.ts": "({default: defineExtension({key: 'b'})})",
            "src/entities/TaxRecord.ts": "({default: defineEntity({name: 'TaxRecord', fields: {}})})",
            "src/fields/Invoice.ts": "({a: defineEntityField({key: 'x'}), "
            "b: defineLineField('line_items', {key: 'y', type: 'string'}), c: {key: 'z'}})",
        }
    )
    found = {
        (file, name): (fact.get("declaration"), fact["value"])
        for file, exports in made.facts["modules"].items()
        for name, fact in exports.items()
    }
    assert found == {
        ("backfill.config.ts", "default"): ("connector", {"key": "a"}),
        ("other.ts", "default"): ("extension", {"key": "b"}),
        ("src/entities/TaxRecord.ts", "default"): ("entity", {"name": "TaxRecord", "fields": {}}),
        ("src/fields/Invoice.ts", "a"): ("entity_field", {"key": "x"}),
        ("src/fields/Invoice.ts", "b"): ("line_field", {"lineCollection": "line_items", "key": "y", "type": "string"}),
        ("src/fields/Invoice.ts", "c"): (None, {"key": "z"}),
    }  # fmt: skip


def test_a_declaration_that_is_not_plain_json_is_an_error_of_its_file(modules: Modules) -> None:
    made = modules({"backfill.config.ts": "({default: defineConnector({key: 'a', streams: [{key() {}}]})})"})
    (error,) = made.facts["errors"]
    assert error["file"] == "backfill.config.ts"
    assert error["message"] == "default.streams[0].key is a function; only plain JSON can be handed over"


def test_a_module_that_throws_is_reported_and_the_others_load(modules: Modules) -> None:
    made = modules({"src/a.ts": "{ throw new TypeError('boom') }", "src/b.ts": "({x: 1})"})
    (error,) = made.facts["errors"]
    assert (error["file"], error["message"]) == ("src/a.ts", "boom")
    assert "bundle.js:1:" in error["stack"]
    assert list(made.facts["modules"]) == ["src/b.ts"]


def test_a_host_call_while_loading_says_where_it_belongs(modules: Modules) -> None:
    made = modules({"src/a.ts": "{ Secrets.get('k') }"})
    assert made.facts["errors"][0]["message"] == (
        "secrets.get: there is no invocation while a module is loaded; call it inside the handler"
    )


def test_a_custom_entity_becomes_a_global_with_the_entity_methods(modules: Modules) -> None:
    made = modules(
        {
            "src/entities/TaxRecord.ts": "({default: defineEntity({name: 'TaxRecord', fields: {}})})",
            "src/api/x.ts": "({POST: api(() => TaxRecord.query({limit: 1}))})",
        }
    )
    made.body()
    assert made.asked == [
        {"capability": "entity", "action": "query", "args": {"entity": "TaxRecord", "limit": 1}}
    ]


def test_a_custom_entity_cannot_take_the_name_of_a_global(modules: Modules) -> None:
    made = modules({"src/entities/Map.ts": "({default: defineEntity({name: 'Map', fields: {}})})"})
    assert made.facts["errors"][0]["message"] == (
        '"Map" is already the name of a global; give the entity another name'
    )
