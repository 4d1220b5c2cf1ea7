"""The npm package `@backfill-io/sdk`, as a file to publish or install: `python -m sandbox_host.author_tests.npm_package
dist` writes `dist/backfill-io-sdk-<version>.tgz`.

    package.json    the SDK's own, with its paths in this package
    index.js        the names as a module, for runtimes that install the globals themselves
    types/          the SDK's types, as declarations
    testing/        `@backfill-io/sdk/testing`: the very kit that `backfill test` uses, with the sandbox's own prelude

The same sources give the same bytes.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
import tarfile
from pathlib import Path

from sandbox_host.author_tests.kit import test_kit
from sandbox_host.kernels.engine import cache_folder
from sandbox_host.kernels.prelude import SOURCES
from sandbox_host.templates.editor_types import sdk_files

_RELATIVE = re.compile(r'((?:\bfrom |\bimport\()")(\./|\.\./)([^"]+)"')
_TESTING = "testing/testing.js"
_NOT_SHIPPED = ("reporter.js", "package.json")
"""Of the kit: what only the command uses."""


def npm_package() -> tuple[str, bytes]:
    """The package's file name and its bytes, a gzipped tar."""
    kit = test_kit(cache_folder())
    files = {"README.md": (SOURCES / "README.md").read_bytes()}
    for path, data in sdk_files().items():
        if path.endswith(".ts"):
            files[_declared(path)] = _declarations(data.decode()).encode()
        else:
            files[path] = data
    for file in kit.iterdir():
        if file.name not in _NOT_SHIPPED:
            files[f"testing/{file.name}"] = file.read_bytes()
    described = json.loads(files["package.json"])
    described["types"] = f"./{_declared(described['types'])}"
    for exported in described["exports"].values():
        if "types" in exported:
            exported["types"] = f"./{_declared(exported['types'])}"
    described["exports"]["./testing"]["default"] = f"./{_TESTING}"
    described["sideEffects"] = ["./testing/*"]
    described["files"] = ["index.js", "names.json", "testing", "types"]
    files["package.json"] = f"{json.dumps(described, indent=2)}\n".encode()
    name = described["name"].removeprefix("@").replace("/", "-")
    return f"{name}-{described['version']}.tgz", _archive(files)


def _declared(path: str) -> str:
    """Where a source's types are: `./src/testing/index.ts` → `types/testing/index.d.ts`."""
    return re.sub(r"^(?:\./)?src/(.+?)(?:\.d)?\.ts$", r"types/\1.d.ts", path)


def _declarations(source: str) -> str:
    """The source as declarations, which Node's own way of resolving finds too: it wants endings."""
    text = source.removeprefix("// @ts-nocheck\n")

    def ended(match: re.Match[str]) -> str:
        return f'{match[1]}{match[2]}{match[3].removesuffix(".d")}.js"'

    return _RELATIVE.sub(ended, text)


def _archive(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for path, data in sorted(files.items()):
            member = tarfile.TarInfo(f"package/{path}")
            member.size, member.mode = len(data), 0o644
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def main(folder: Path) -> Path:
    """Write the package into `folder`, and answer where it is."""
    name, data = npm_package()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))
