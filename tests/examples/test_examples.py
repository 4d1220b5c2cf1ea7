"""Every example builds, and the commands of its README run as they are printed."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox_host.cli.demo.stage import load_provider
from sandbox_host.packages import build
from sandbox_host.workers.evaluate import evaluator
from sandbox_host.workers.sandbox import Sandbox

EXAMPLES = [
    folder
    for folder in sorted((Path(__file__).resolve().parents[2] / "examples").iterdir())
    if folder.is_dir() and not folder.name.startswith(("_", "."))
]
BACKFILL = [sys.executable, "-c", "from sandbox_host.cli import main; main()"]
BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROVIDER = re.compile(r"http://127\.0\.0\.1:[0-9]+")


def commands(readme: Path) -> list[str]:
    """The `backfill` commands of a page's code blocks, each on one line."""
    blocks = "".join(BLOCK.findall(readme.read_text())).replace("\\\n", " ")
    lines = [line.strip().removeprefix("$ ") for line in blocks.splitlines()]
    return [line for line in lines if line.startswith("backfill ")]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda folder: folder.name)
def test_every_example_builds(example: Path) -> None:
    with Sandbox(size=1) as sandbox:
        package = build(example, evaluator(sandbox))
    assert package.manifest.key == example.name
    assert package.entrypoints.routes or package.entrypoints.hooks or package.entrypoints.jobs


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda folder: folder.name)
def test_the_commands_of_every_readme_run(example: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(example, tmp_path / example.name, ignore=shutil.ignore_patterns("__pycache__"))
    printed = commands(example / "README.md")
    assert printed, f"{example.name}/README.md shows no command"
    if not (example / "provider.py").is_file():
        return run_all(printed, copy)
    # The page shows the address that the provider had when it was written.
    with load_provider(example).StripeProvider() as provider:
        return run_all([PROVIDER.sub(provider.url, command) for command in printed], copy)


def run_all(printed: list[str], folder: Path) -> None:
    for command in printed:
        done = subprocess.run(
            [*BACKFILL, *shlex.split(command)[1:]], cwd=folder, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
