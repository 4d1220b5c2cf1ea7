"""The blocks of the pages, who executes each of them, and a shell that knows `cd`, `backfill` and `make`."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox_host.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "guest_sdk" / "javascript" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
TUTORIALS = (ROOT / "docs" / "tutorial.md", ROOT / "docs" / "python.md")
SDK_PAGE = ROOT / "docs" / "reference" / "sdk.md"
PYTHON_SDK_PAGE = ROOT / "docs" / "reference" / "sdk-python.md"
MESSAGES_PAGE = ROOT / "docs" / "reference" / "build-errors.md"
POLICY_PAGE = ROOT / "docs" / "python-policy.md"
GENERATED = "guest_sdk/javascript/src/records.ts"

_BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROJECT_FILE = re.compile(r"backfill\.config\.ts$|src/")
_REFUSED = ("✗ ", "nothing was built")
"""What a page shows of a command that fails."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. title: the file that it is, where the page says so."""

    page: Path
    language: str
    title: str | None
    text: str

    @property
    def executor(self) -> str | None:
        """The module `test_<executor>.py` executes it; None where nothing does, which no block may be."""
        if self.page == SDK_PAGE and self.language == "ts":
            return "sdk_types"
        if self.page == PYTHON_SDK_PAGE and self.language == "python":
            return "python_sdk"
        if self.page == MESSAGES_PAGE and self.language == "text":
            return "messages"
        if self.page == POLICY_PAGE and self.language in ("python", "text"):
            return "python_policy"
        if self.page in TUTORIALS and (self.title or self.language == "console"):
            return "tutorial"
        if self.title and self.language == "ts" and _PROJECT_FILE.match(self.title):
            return "projects"
        if self.title or self.language in ("sh", "console"):
            return "commands"
        return "shapes" if self.language == "text" and self.text.startswith("{") else None


def blocks_of(page: Path) -> list[Block]:
    """A page's fenced blocks, in order. Every fence that opens has a language, and begins its line."""
    text = page.read_text(encoding="utf-8")
    found = [Block(page, language, title or None, body) for language, title, body in _BLOCK.findall(text)]
    assert len(found) * 2 == len(re.findall(r"^\s*(?:```|~~~)", text, re.MULTILINE)), (
        f"{page}: a fence that is none"
    )
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`page`: each page that has a block for the test's module, or each page at all."""
    if "page" in metafunc.fixturenames:
        module = metafunc.definition.path.stem.removeprefix("test_")
        claimed = [page for page in PAGES if any(block.executor == module for block in blocks_of(page))]
        pages = claimed or PAGES
        metafunc.parametrize("page", pages, ids=[page.relative_to(ROOT).as_posix() for page in pages])


@pytest.fixture
def pages() -> list[Path]:
    return PAGES


@pytest.fixture
def blocks(request: pytest.FixtureRequest) -> Callable[[Path], list[Block]]:
    """A page's blocks for the module of the test that asks."""
    module = request.path.stem.removeprefix("test_")
    return lambda page: [block for block in blocks_of(page) if block.executor == module]


@pytest.fixture
def every_block() -> list[Block]:
    return [block for page in PAGES for block in blocks_of(page)]


@pytest.fixture
def read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., None]:
    """Read blocks as a reader does who has the examples beside them: keep each file, type each command, compare."""

    def follow(blocks: list[Block]) -> None:
        monkeypatch.chdir(_copied("examples", tmp_path / "examples").parent)
        for number, block in enumerate(blocks):
            if block.title is not None:
                later = " ".join(one.text for one in blocks[number:] if one.title is None).split()
                places = {block.title, *map(str, Path(block.title).parents)}
                assert places & set(later), f"{block.page.name}: no command uses {block.title}"
                Path(block.title).parent.mkdir(parents=True, exist_ok=True)
                Path(block.title).write_text(block.text, encoding="utf-8")
                continue
            for command, expected in _typed(block):
                code, printed = _type_in(command, tmp_path)
                output = (
                    capfd.readouterr().out + printed
                )  # what Node printed does not pass through this process
                assert (code != 0) == any(sign in expected for sign in _REFUSED), f"$ {command}\n{output}"
                missing = _first_missing(expected, output)
                assert missing is None, f"$ {command}\n{output}\nlacks: {missing}"

    return follow


def _typed(block: Block) -> list[tuple[str, str]]:
    """The commands of a block and what it shows below each. In `sh` every line is a command, and nothing is shown."""
    if block.language == "sh":
        return [(line, "") for line in block.text.splitlines()]
    before, *rest = re.split(r"^\$ (.*)\n", block.text, flags=re.MULTILINE)
    assert before == "", f"{block.page.name}: a session begins with a command"
    return list(zip(rest[::2], rest[1::2], strict=True))


def _type_in(command: str, scratch: Path) -> tuple[int, str]:
    """Do one command line: its exit code, and what it printed. A file takes its output after `>`.

    `backfill` runs in this process; `make` where it may, see `_make`.
    """
    words, _, target = command.partition(" > ")
    program, *arguments = shlex.split(words, comments=True)
    if program == "cd":
        os.chdir(arguments[0])
        return 0, ""
    if program == "make":
        done = _make(arguments[0], scratch)
        return done.returncode, done.stdout
    assert program == "backfill", f"a reader would need {program}"
    result = CliRunner().invoke(app, arguments)
    if target:
        Path(target).write_bytes(result.stdout_bytes)
    return result.exit_code, result.output


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Run `make TARGET`, as a page's reader would."""
    return lambda target: _make(target, tmp_path)


def _make(target: str, scratch: Path) -> subprocess.CompletedProcess[str]:
    """Run `make TARGET` in a copy of the tree, on the environment that runs this test, which is not installed again.

    `test`, `check` and `bench` are not run from within a test, `test` would never end: make says what it would run,
    and each program that it names is there.
    """
    tree = scratch / "tree"
    if not tree.is_dir():
        _copied(".", tree)
    command = ["make", "--no-print-directory", "--old-file", f"{sys.prefix}/.installed", f"VENV={sys.prefix}"]
    command += ["--just-print"] if target in ("test", "check", "bench") else []
    return subprocess.run([*command, target], cwd=tree, capture_output=True, text=True, check=False)


def _copied(folder: str, target: Path) -> Path:
    """A folder of the tree as a clone has it, and with the assets: without what builds and runs leave behind."""
    left = (".git", ".venv", "__pycache__", "node_modules", ".backfill", ".*cache", ".hypothesis", "dist")
    shutil.copytree(ROOT / folder, target, ignore=shutil.ignore_patterns(*left), symlinks=True)
    (target / GENERATED).unlink(missing_ok=True)
    return target


@pytest.fixture
def first_missing() -> Callable[[str, str], str | None]:
    return _first_missing


def _first_missing(expected: str, output: str) -> str | None:
    """The first part, between the page's `…`, that the output lacks after the parts before. Spaces do not count."""
    rest = " ".join(output.split())
    for part in expected.split("…"):
        wanted = " ".join(part.split())
        _, found, after = rest.partition(wanted) if wanted else ("", "yes", rest)
        if not found:
            return wanted
        rest = after
    return None
