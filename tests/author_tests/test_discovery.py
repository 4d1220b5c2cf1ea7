"""Without the command a test finds the project's files by itself: by the rules of the build, where the build agrees."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from sandbox_host.assets import asset
from sandbox_host.author_tests.node import node
from sandbox_host.kernels.prelude import SOURCES
from sandbox_host.packages.discovery import MANIFEST, discover

CASES = {
    "nothing": [],
    "every role": [
        "backfill.config.ts", "src/api/a.ts", "src/api/sync/customers.ts", "src/api/customers/[id].tsx",
        "src/jobs/nightly-run.ts", "src/entities/NexusAddress.ts", "src/entities/HTTPLog2Entry.ts",
        "src/fields/Invoice.ts", "src/fields/NexusAddress.ts", "src/hooks/sales-receipt/before-save.ts",
        "src/hooks/nexus-address/after-delete.ts", "src/hooks/httplog2-entry/recalculate.js", "src/lib/a.ts",
    ],
    "names that are none": [
        "src/api/a.b.ts", "src/api/[].ts", "src/api/[1].ts", "src/api/a b.ts", "src/jobs/Nightly.ts",
        "src/jobs/a/b.ts", "src/entities/lower.ts", "src/entities/a/B.ts", "src/fields/Nope.ts",
        "src/hooks/invoice.ts", "src/hooks/invoice/before_save.ts", "src/hooks/nope/after-save.ts",
        "src/hooks/invoice/a/after-save.ts",
    ],
    "files that are no code": [
        "src/api/a.md", "src/api/b.d.ts", "src/api/c.test.ts", "src/api/__tests__/d.ts", "src/jobs/e.spec.js",
        "backfill.config.js",
    ],
    "two files of one name": [
        "src/api/a.ts", "src/api/a.js", "src/jobs/b.tsx", "src/jobs/b.ts", "src/hooks/item/after-save.ts",
        "src/hooks/item/after-save.js",
    ],
    "routes of one folder": ["src/api/index.ts", "src/api/a/index.ts", "src/api/a-b_C9/[x]/[y_1].ts"],
}  # fmt: skip


@pytest.fixture(scope="module")
def in_node(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Each case as the test runtime sorts it."""
    folder = tmp_path_factory.mktemp("discovery")
    (folder / "main.ts").write_text(
        f'import {{ discover }} from "{SOURCES / "src" / "testing" / "discover.ts"}";\n'
        "console.log(JSON.stringify(JSON.parse(process.argv[1]).map((files) => discover(files))));\n"
    )
    made = ["--bundle", "--format=esm", "--platform=node", f"--outfile={folder / 'main.mjs'}"]
    subprocess.run([str(asset("esbuild")), str(folder / "main.ts"), *made], check=True, capture_output=True)
    script = (folder / "main.mjs").read_text()
    command = [str(node()), "--input-type=module", "--eval", script, json.dumps(list(CASES.values()))]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(zip(CASES, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_files_have_the_roles_that_the_build_gives_them(in_node: Any, name: str) -> None:
    found = discover(CASES[name])
    assert in_node[name] == {
        "config": MANIFEST if found.manifest else None,
        "entities": found.entities,
        "fields": {host: file for host, file in found.fields.items() if host != "Nope"},
        "routes": found.routes,
        "hooks": [
            {"entity": one.entity, "event": one.event.replace("-", "_"), "file": one.file}
            for one in found.hooks
        ],
        "jobs": found.jobs,
    }
