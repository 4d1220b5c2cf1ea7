"""The script that is evaluated before every bundle: the SDK's runtime, from TypeScript to one plain script."""

from __future__ import annotations

import hashlib
import subprocess
from functools import cache
from pathlib import Path

import guest_sdk
from sandbox_host.assets import asset
from sandbox_host.kernels.engine import replace_file

SOURCES = Path(guest_sdk.__file__).parent / "javascript"
ENTRY = SOURCES / "src" / "prelude" / "index.ts"
OPTIONS = ("--bundle", "--format=iife", "--target=es2023", "--charset=utf8", "--tsconfig-raw={}")

_DIGEST = 64


@cache
def prelude(folder: Path) -> bytes:
    """The prelude's script. folder: a cache folder, where it is kept under the digest of its sources, behind its
    own: a file that was cut short or changed is made again."""
    files = sorted([*ENTRY.parent.glob("*.ts"), SOURCES / "names.json"])
    parts = [
        asset("esbuild").read_bytes(),
        " ".join(OPTIONS).encode(),
        *(file.read_bytes() for file in files),
    ]
    digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    cached = folder / f"prelude-{digest[:32]}.js"
    kept = cached.read_bytes() if cached.is_file() else b""
    if hashlib.sha256(kept[_DIGEST:]).hexdigest().encode() != kept[:_DIGEST]:
        command = [str(asset("esbuild")), str(ENTRY), *OPTIONS]
        done = subprocess.run(command, capture_output=True, env={}, cwd=SOURCES, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"the SDK's prelude does not bundle: {done.stderr.decode(errors='replace')}")
        kept = hashlib.sha256(done.stdout).hexdigest().encode() + done.stdout
        replace_file(cached, kept)
    return kept[_DIGEST:]
