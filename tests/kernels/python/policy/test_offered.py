"""Every module and name that is offered is there; none of them is a module, and none reaches out."""

from __future__ import annotations

import pytest

EVERY = """
from backfill_guest import modules, offered
from backfill_guest.facades import names_of, Facade
project = modules.Project({}, print)
r = {}
for name in offered.NAMES:
    module = project._import(name, {}, None, ())
    for part in name.split(".")[1:]:
        module = getattr(module, part)
    r[name] = [type(module) is Facade, names_of(module)]
"""

WANTED = """
    json re math decimal datetime zoneinfo uuid hashlib hmac base64 urllib.parse collections itertools functools
    operator string textwrap statistics enum dataclasses typing csv io copy bisect heapq random fractions html
    unicodedata time secrets collections.abc contextlib abc calendar __future__
"""


@pytest.fixture(scope="module")
def offered(language):
    answer = language.plainly(EVERY)
    assert answer.error is None, f"{answer.error}: {answer.message}"
    return answer.result


def test_all_that_is_promised_is_offered(offered):
    assert set(WANTED.split()) <= offered.keys()
    assert all(names for name, (_, names) in offered.items())


def test_every_offered_module_is_a_facade(offered):
    assert all(is_facade for is_facade, _ in offered.values())


def test_a_module_is_not_offered_and_refused(offered, language):
    code = (
        "from backfill_guest import instead, offered\nr = sorted(set(offered.NAMES) & set(instead.MODULES))"
    )
    assert language.plainly(code).result == []


@pytest.mark.parametrize(
    "name",
    [
        "string.Formatter", "collections.UserString", "typing.get_type_hints", "typing.ForwardRef", "io.open",
        "io.FileIO", "dataclasses.make_dataclass", "uuid.getnode", "zoneinfo.TZPATH", "enum.EnumMeta", "abc.ABCMeta",
        "types.FunctionType", "types.CodeType", "types.ModuleType", "types.new_class", "contextlib.redirect_stdout",
        "contextlib.chdir", "json.load", "hashlib.file_digest", "random._inst", "calendar.LocaleTextCalendar",
        "enum.global_enum", "unicodedata.UCD",
    ],
)  # fmt: skip
def test_what_reaches_further_is_left_out(name, offered):
    module, _, name = name.rpartition(".")
    assert name not in offered[module][1]


def test_enums_obey_the_rule_in_every_form(language):
    forms = [
        "'E', 'a b'",
        "'E', 'a,b'",
        "'E', ['a', 'b']",
        "'E', [('a', 1)]",
        "'E', {'a': 1}",
        "'E', (n for n in ['a'])",
    ]
    code = f"from enum import Enum\nr = [Enum({'), Enum('.join(forms)})]\nr = [e.a.name for e in r]"
    answer = language.run(code)
    assert (answer.error, answer.result) == (None, ["a"] * len(forms)), answer.message


def test_time_zones_need_no_files(language):
    code = "import zoneinfo\nr = [str(zoneinfo.ZoneInfo('Europe/Berlin')), len(zoneinfo.available_timezones()) > 400]"
    assert language.run(code).result == ["Europe/Berlin", True]


def test_what_an_invocation_does_to_a_module_is_gone_with_it(language):
    code = "import random, decimal, csv\nr = [decimal.getcontext().prec, csv.field_size_limit()]\n"
    before = language.run(code).result
    language.run(code + "random.seed(0)\ndecimal.getcontext().prec = 3\ncsv.field_size_limit(1)")
    assert language.run(code).result == before == [28, 131072]
