"""What `@backfill-io/sdk` and `@backfill-io/sdk/testing` are in Node: bundled once, kept in the cache.

guest.js      the sandbox's own prelude, evaluated in Node
testing.js    `@backfill-io/sdk/testing`
setup.js      loaded before each test file: how its imports are found
hook_thread.js  where the hooks run that a handler's writes set off
reporter.js   what Node's test runner says, as JSON lines
prelude.js    the same bytes that the sandbox evaluates
contracts.json  the host's contracts of records
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from sandbox_host.assets import asset
from sandbox_host.kernels.prelude import SOURCES, prelude
from sandbox_host.records.contract import FOLDER

_TESTING = SOURCES / "src" / "testing"
_ENTRIES = ("guest", "testing", "setup", "hook_thread", "reporter")
_OPTIONS = (
    "--bundle", "--splitting", "--format=esm", "--platform=node", "--target=es2023", "--charset=utf8",
    "--tsconfig-raw={}",
)  # fmt: skip


@cache
def test_kit(folder: Path) -> Path:
    """The kit's folder. folder: a cache folder, where it is kept under the digest of what it is made of."""
    script = prelude(folder)
    contracts = b"[" + b",".join(path.read_bytes() for path in sorted(FOLDER.glob("*.json"))) + b"]"
    sources = sorted(path for path in (SOURCES / "src").rglob("*.ts") if not path.name.endswith(".d.ts"))
    parts = [asset("esbuild").read_bytes(), " ".join(_OPTIONS).encode(), script, contracts]
    parts += [file.read_bytes() for file in (*sources, SOURCES / "names.json")]
    digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    kit = folder / f"test-kit-{digest[:32]}"
    if not kit.is_dir():
        with tempfile.TemporaryDirectory(dir=folder, prefix="test-kit-new-") as fresh:
            _bundle(Path(fresh))
            Path(fresh, "prelude.js").write_bytes(script)
            Path(fresh, "contracts.json").write_bytes(contracts)
            Path(fresh, "package.json").write_text('{"type":"module"}\n', encoding="utf-8")
            _keep(Path(fresh), kit)
    return kit


def _bundle(out: Path) -> None:
    entries = [str(_TESTING / f"{name}.ts") for name in _ENTRIES]
    command = [str(asset("esbuild")), *entries, *_OPTIONS, f"--outdir={out}"]
    done = subprocess.run(command, capture_output=True, env={}, cwd=SOURCES, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the SDK's test kit does not bundle: {done.stderr.decode(errors='replace')}")


def _keep(fresh: Path, kit: Path) -> None:
    """Put the finished folder in its place; somebody else may have been first, with the same bytes."""
    copy = Path(tempfile.mkdtemp(dir=kit.parent, prefix="test-kit-new-"))
    shutil.copytree(fresh, copy, dirs_exist_ok=True)
    try:
        copy.rename(kit)
    except OSError:
        shutil.rmtree(copy)
        if not kit.is_dir():
            raise
