"""`--setting` is held against the manifest's `connection.settingsSchema`."""

from __future__ import annotations

import pytest

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["region", "token"],
    "properties": {
        "region": {"type": "string", "enum": ["eu", "us"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 30},
        "shop": {"$ref": "#/$defs/shop"},
        "token": {"type": "string", "x-secret": True},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "$defs": {"shop": {"type": "string", "pattern": "^[a-z]+$"}},
}
CONNECTION = {
    "testConnection": {"route": "/run", "method": "POST"},
    "settingsSchema": SCHEMA,
}


@pytest.fixture
def given(invoke, guest):
    """`given("region=mars")`: the report of a run with those settings."""

    def run(*settings, connection=CONNECTION):
        path = guest("return Settings.getAll();", connection=connection)
        return invoke(path, "POST /run", *[part for one in settings for part in ("--setting", one)])

    return run


def problems(report):
    assert report["error"] and report["error"]["name"] == "InvalidInput", report
    assert {one["file"] for one in report["error"]["problems"]} == {"--setting"}
    return [one["message"] for one in report["error"]["problems"]]


def test_values_that_pass_are_the_run_s(given):
    settings = given("region=eu", "days=7", "shop=acme", 'tags=["a"]')["response"]["body"]
    assert settings == {"region": "eu", "days": 7, "shop": "acme", "tags": ["a"]}


WRONG = [
    ("region=mars", "region: ", "settingsSchema.properties.region.enum"),
    ("days=0", "days: 0 is less than the minimum of 1", "settingsSchema.properties.days.minimum"),
    ("days=many", "days: ", "settingsSchema.properties.days.type"),
    ("shop=A1", "shop: ", "pattern"),
    ('tags=["a", 7]', "tags: ", "settingsSchema.properties.tags.items.type"),
    ("regoin=eu", "there is no setting 'regoin' in connection.settingsSchema", 'did you mean "region"?'),
    ("token=abc", "token is stored as a secret", "give it as --secret token=VALUE"),
]


@pytest.mark.parametrize(("setting", "names", "rule"), WRONG)
def test_a_value_that_does_not_is_named_with_its_rule(given, setting, names, rule):
    [message] = problems(given(setting))
    assert message.startswith(names) and rule in message


def test_everything_that_is_wrong_is_told_at_once(given):
    assert len(problems(given("region=mars", "days=0", "other=1"))) == 3


def test_one_field_of_the_form_may_be_given_without_the_others(given):
    assert given("days=7")["ok"]


def test_an_extension_without_a_schema_takes_any_setting(given):
    assert given("anything=1", connection=None)["response"]["body"] == {"anything": 1}


def test_without_the_check_a_wrong_value_would_reach_the_guest(given, monkeypatch):
    monkeypatch.setattr("sandbox_host.cli.inputs.setting_problem", lambda *given: None)
    assert given("region=mars")["response"]["body"] == {"region": "mars"}
