"""The targets that the README names do what it says.

`docs` and `wheel` run here, in a copy of the tree as a clone has it, and `demo` where the README's first lines are
typed in (test_commands.py). `test`, `check` and `bench` do not run: `test` would run this test again, and never end.
For them make says which commands it would run, and each program and file among these is there.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RECORDS = "guest_sdk/javascript/src/records.ts"

Make = Callable[[str], subprocess.CompletedProcess[str]]

WOULD_RUN = {
    "check": ["ruff check .", "ruff format --check .", "pyright/index.js", "tsc --noEmit -p guest_sdk/javascript",
              "backfill init --refresh $example", "tsc --noEmit -p $example"],
    "test": ["ruff check .", "tsc --noEmit", "python -m pytest -n auto"],
    "bench": ["python benchmarks/invocation.py", "python benchmarks/build.py", "python benchmarks/records.py"],
}  # fmt: skip


@pytest.mark.parametrize("target", WOULD_RUN)
def test_make_would_run_what_the_readme_says(target: str, make: Make) -> None:
    said = make(target)
    assert said.returncode == 0, said.stderr
    rest = said.stdout
    for command in WOULD_RUN[target]:
        _, found, rest = rest.partition(command)
        assert found, f"{command} is not among, or not in its place among:\n{said.stdout}"
    named = re.findall(r"(?:^|\s)((?:/|benchmarks/)[\w./-]+)", said.stdout)
    assert named
    tools = sys.prefix + "/tools/"  # installed by the first `make check`
    assert [path for path in named if not (ROOT / path).exists() and not path.startswith(tools)] == []


@pytest.mark.skipif(find_spec("mkdocs") is None, reason="mkdocs is not installed; `make docs` installs it")
def test_make_docs_completes_a_clone_and_builds_the_site_without_a_warning(
    make: Make, tmp_path: Path
) -> None:
    built = make("docs")
    assert built.returncode == 0, built.stdout + built.stderr
    assert "WARNING " not in built.stdout + built.stderr
    assert (tmp_path / "tree" / RECORDS).is_file()
    site = tmp_path / "tree" / ".venv" / "site"
    assert (site / "tutorial.html").is_file()
    assert (site / "reference" / "sdk.html").is_file()


def test_make_wheel_builds_one_that_runs_alone(make: Make, tmp_path: Path) -> None:
    """An environment of the wheel's files and this one's dependencies, and a path without npm, node or compilers."""
    make("install")  # copies the tree
    (tmp_path / "tree" / "examples" / "stripe" / ".backfillrc").write_text("of whoever builds it")
    built = make("wheel")
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = (tmp_path / "tree" / "dist").glob("*.whl")
    python, packages = environment(tmp_path / "alone")
    with zipfile.ZipFile(wheel) as archive:
        assert RECORDS not in archive.namelist()
        assert [name for name in archive.namelist() if "/." in name] == []
        archive.extractall(packages)
    (packages / "sandbox_host" / "assets" / "bin" / "esbuild").chmod(0o755)  # as pip does
    shutil.rmtree(tmp_path / "tree")
    main = "import sandbox_host.cli; print(sandbox_host.__file__, flush=True); sandbox_host.cli.main()"
    for arguments in (["demo"], ["init", "acme"], ["build", "acme"]):
        done = subprocess.run(
            [str(python), "-c", main, *arguments],
            cwd=tmp_path,
            env={"HOME": str(tmp_path), "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.startswith(str(packages))
    assert (tmp_path / "acme" / ".backfill" / "sdk" / "src" / "records.ts").is_file()


def environment(folder: Path) -> tuple[Path, Path]:
    """A new environment that finds what is installed in this one, this product apart: its Python, its packages."""
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    # A folder that is named in a .pth is searched, but the .pth files in it are not read: no editable installation.
    searched = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "dependencies.pth").write_text("\n".join(searched), encoding="utf-8")
    return folder / "bin" / "python", packages
