"""The documented messages are those that the checks use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox_host.packages.catalogue import CATALOGUE, markdown

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "build-errors.md"
MESSAGES = [message for section in CATALOGUE for message in section.messages]


def test_the_page_is_up_to_date():
    command = "python -m sandbox_host.packages.catalogue docs/reference/build-errors.md"
    assert PAGE.read_text(encoding="utf-8") == markdown(), f"run {command}"


def test_a_code_is_one_message():
    codes = [message.code for message in MESSAGES]
    assert sorted(codes) == sorted(set(codes))
    assert all(re.fullmatch(r"[a-z]+(?:-[a-z]+)*", code) for code in codes)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: one.code)
def test_an_example_is_made_from_its_template(message):
    parts = re.split(r"\{[a-z_]+(?:![rsa])?\}", message.template.replace("{{", "\x01").replace("}}", "\x02"))
    fixed = [re.escape(part.replace("\x01", "{").replace("\x02", "}")) for part in parts]
    assert re.search(".*".join(fixed) + "$", message.example), message.example
    assert message.way_out.strip().endswith((".", "`."))


def test_every_check_says_what_the_catalogue_has():
    """A problem is made from a message of the catalogue, and not from words of its own."""
    own_words = re.compile(r"Problem\([^()]*,\s*f?['\"]")
    folder = Path(__file__).parents[2] / "sandbox_host" / "packages"
    assert [path.name for path in folder.rglob("*.py") if own_words.search(path.read_text())] == []
