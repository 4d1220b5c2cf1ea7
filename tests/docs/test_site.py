"""The generated pages say what the product says, and the site builds without a warning."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = runpy.run_path(str(ROOT / "docs" / "generate.py"))
PAGES: dict[Path, str] = GENERATOR["pages"]()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_generated_page_is_up_to_date(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == PAGES[page], "run python docs/generate.py"


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


def test_every_key_of_the_manifest_is_on_the_page() -> None:
    page = PAGES[ROOT / "docs" / "reference" / "manifest.md"]
    schema = json.dumps(GENERATOR["manifest_json_schema"]())
    names = set(
        re.findall(r'"(\w+)": \{"(?:title|anyOf|\$ref|default|additionalProperties|const|items)"', schema)
    )
    keys = {name for name in names if name[0].islower()} - {"items", "additionalProperties", "default"}
    assert {"secretHosts", "lineColumns", "hostValidation"} <= keys
    assert [key for key in sorted(keys) if f"| `{key}` |" not in page] == []


@pytest.mark.skipif(find_spec("mkdocs") is None, reason="mkdocs is not installed; `make docs` installs it")
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "-f",
        "docs/mkdocs.yml",
        "-d",
        str(tmp_path),
    ]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    assert (tmp_path / "tutorial.html").is_file()
