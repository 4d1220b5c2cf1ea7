"""The lists on the page about the language are the policy's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[4] / "docs" / "python-policy.md").read_text(encoding="utf-8")

LISTS = {
    "methods": "names.CLASS_METHODS | names.CLASS_HOOKS",
    "modules": "{name for name in offered.NAMES if offered.NAMES[name] and name != '__future__'}",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_the_policy_s_own(name, language):
    listed = re.findall("`(.+?)`", PAGE.split(f"<!-- {name} -->")[1].split(f"<!-- /{name} -->")[0])
    actual = language.plainly(f"from backfill_guest import names, offered\nr = sorted({LISTS[name]})")
    assert listed == actual.result
