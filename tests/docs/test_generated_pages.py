"""The generated pages say what the product says."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest

import guest_sdk

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = runpy.run_path(str(ROOT / "docs" / "generate.py"))
PAGES: dict[Path, str] = GENERATOR["pages"]()


@pytest.mark.parametrize("written", PAGES, ids=lambda page: page.name)
def test_a_generated_page_is_up_to_date(written: Path) -> None:
    assert written.read_text(encoding="utf-8") == PAGES[written], "run python docs/generate.py"


def test_every_exported_declaration_is_on_the_page() -> None:
    sdk = ROOT / "guest_sdk" / "javascript"
    page = PAGES[ROOT / "docs" / "reference" / "sdk.md"]
    names = json.loads((sdk / "names.json").read_text(encoding="utf-8"))
    for name in [*names["capabilities"], *names["helpers"]]:
        assert f"### {name}\n" in page
    for name in names["entities"]:
        assert f"`{name}`" in page
    for source in [*GENERATOR["SOURCES"], "testing/index"]:
        text = (sdk / "src" / f"{source}.ts").read_text(encoding="utf-8")
        for name in re.findall(
            r"^export (?:declare )?(?:interface|type|const|function|class) (\w+)", text, re.M
        ):
            assert re.search(rf"^(interface|type|const|function|class) {name}\b", page, re.M), name


def test_every_name_of_the_sdk_for_python_is_on_the_page() -> None:
    page = PAGES[ROOT / "docs" / "reference" / "sdk-python.md"]
    records = guest_sdk.records.__file__.replace(".py", ".pyi")
    of_records = set(re.findall(r"^(?:class )?(\w+)", Path(records).read_text(encoding="utf-8"), re.M))
    entities = set(guest_sdk.entities.__all__)
    for name in sorted({*guest_sdk.__all__} - of_records):
        shown = (
            f"`{name}`" in page
            if name in entities
            else re.search(rf"^(class )?{name}\b|^### {name}$", page, re.M)
        )
        assert shown, name


def test_every_key_of_the_manifest_is_on_the_page() -> None:
    page = PAGES[ROOT / "docs" / "reference" / "manifest.md"]
    schema = json.dumps(GENERATOR["manifest_json_schema"]())
    names = set(
        re.findall(r'"(\w+)": \{"(?:title|anyOf|\$ref|default|additionalProperties|const|items)"', schema)
    )
    keys = {name for name in names if name[0].islower()} - {"items", "additionalProperties", "default"}
    assert {"secretHosts", "lineColumns", "hostValidation"} <= keys
    assert [key for key in sorted(keys) if f"| `{key}` |" not in page] == []
