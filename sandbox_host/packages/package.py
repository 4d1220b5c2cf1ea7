"""A version as a file: an uncompressed tar with fixed metadata, named by the SHA-256 of its bytes.

    bundle.js         every module as one script
    bundle.js.map     from its positions back to the author's files
    deployment.json   the normalised manifest, canonical JSON (RFC 8785)

A package of Python has its modules as they were written, `bundle.json`, in place of the first two.

There is exactly one archive for given contents, so reading one is also writing it again and comparing: links,
odd names, doubled or extra members and stray metadata have no place to be.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rfc8785
from pydantic import ValidationError

from policies.manifest import Manifest, ManifestError, parse_manifest
from sandbox_host.packages.deployment import Deployment, Entrypoints
from sandbox_host.packages.evaluation import BUNDLE_NAME
from sandbox_host.packages.language import PYTHON, TYPESCRIPT, Language
from sandbox_host.packages.problems import PackageError, printable
from sandbox_host.packages.python_bundle import PYTHON_BUNDLE_NAME, read_python_bundle
from sandbox_host.packages.source_map import SourceMap

DEFAULT_MAX_BYTES = 5 << 20
MAX_BYTES = 20 << 20
"""The largest archive there can be, whatever an operator allows."""

MAP_NAME = BUNDLE_NAME + ".map"
DEPLOYMENT_NAME = "deployment.json"
MEMBERS = (BUNDLE_NAME, MAP_NAME, DEPLOYMENT_NAME)
PYTHON_MEMBERS = (PYTHON_BUNDLE_NAME, DEPLOYMENT_NAME)
MAX_STACK = 64 << 10
"""How much of a stack is kept, in characters: the end of it, where the error was raised."""

_BLOCK = 512
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Package:
    """An immutable version. Two packages with one digest are the same in every byte."""

    digest: str
    manifest: Manifest
    deployment: dict[str, Any]
    """The normalised manifest as plain JSON."""
    entrypoints: Entrypoints
    fields: dict[str, Any]
    """The extension fields of the deployment: `{"entity": {…}, "line": {…}}`."""
    language: Language
    """What its author wrote it in."""
    bundle: bytes = field(repr=False)
    source_map: bytes = field(repr=False)
    """Empty where the bundle is what the author wrote."""
    archive: bytes = field(repr=False)

    @classmethod
    def pack(cls, deployment: Deployment, bundle: bytes, source_map: bytes) -> Package:
        """Make the archive of a project in TypeScript. Raises PackageError where it could not be loaded."""
        return cls._pack(deployment, {BUNDLE_NAME: bundle, MAP_NAME: source_map})

    @classmethod
    def pack_python(cls, deployment: Deployment, bundle: bytes) -> Package:
        """Make the archive of a project in Python. Raises PackageError where it could not be loaded."""
        return cls._pack(deployment, {PYTHON_BUNDLE_NAME: bundle})

    @classmethod
    def _pack(cls, deployment: Deployment, members: dict[str, bytes]) -> Package:
        archive = _write({**members, DEPLOYMENT_NAME: rfc8785.dumps(deployment.as_json())})
        return cls.from_bytes(archive, hashlib.sha256(archive).hexdigest())

    @classmethod
    def from_bytes(cls, archive: bytes, digest: str) -> Package:
        """Read an archive that must have this digest. Raises PackageError."""
        if len(archive) > MAX_BYTES:
            raise PackageError(f"the archive is over {MAX_BYTES >> 20} MiB")
        if hashlib.sha256(archive).hexdigest() != digest:
            raise PackageError("the archive's SHA-256 is not the one it is named by")
        members = _read(archive)
        if _write(members) != archive:
            raise PackageError("the archive holds something beside its members")
        deployment = _read_deployment(members[DEPLOYMENT_NAME])
        language = PYTHON if PYTHON_BUNDLE_NAME in members else TYPESCRIPT
        if language is PYTHON:
            read_python_bundle(members[PYTHON_BUNDLE_NAME])
        else:
            SourceMap(members[MAP_NAME])
            _check_text(members[BUNDLE_NAME])
        try:
            manifest = parse_manifest(deployment.manifest)
        except ManifestError as error:
            raise PackageError(f"{DEPLOYMENT_NAME}: {error.problems[0]}") from error
        document = deployment.as_json()
        return cls(
            digest=digest,
            manifest=manifest,
            deployment=document,
            entrypoints=deployment.entrypoints,
            fields=document["fields"],
            language=language,
            bundle=members[PYTHON_BUNDLE_NAME if language is PYTHON else BUNDLE_NAME],
            source_map=members.get(MAP_NAME, b""),
            archive=archive,
        )

    @classmethod
    def load(cls, path: Path, digest: str | None = None) -> Package:
        """Read an archive from a file and verify all of it.

        digest: what it must hash to; without one, the file's name says it. Raises PackageError.
        """
        expected = path.stem if digest is None else digest
        if not _DIGEST.fullmatch(expected):
            raise PackageError(f"{path.name} is not named by a SHA-256; say which digest it must have")
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise PackageError(f"{path.name} cannot be opened: {error.strerror}") from error
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise PackageError(f"{path.name} is not a regular file")
        with os.fdopen(fd, "rb") as stream:
            archive = stream.read(MAX_BYTES + 1)
        return cls.from_bytes(archive, expected)

    def save(self, folder: Path) -> Path:
        """Write the archive to `folder/<digest>.tar`, whole or not at all, and return that path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.digest}.tar"
        handle, name = tempfile.mkstemp(prefix=".writing-", dir=folder)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(self.archive)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return path

    def map_stack(self, stack: str) -> str:
        """A stack from the engine with the author's files and lines. One of Python has them already."""
        if self.language is PYTHON:
            return stack[-MAX_STACK:]
        return SourceMap(self.source_map).map_stack(stack)


def _read_deployment(data: bytes) -> Deployment:
    try:
        deployment = Deployment.model_validate_json(data, strict=True)
        canonical = rfc8785.dumps(json.loads(data))
    except (ValidationError, ValueError, RecursionError) as error:
        raise PackageError(f"{DEPLOYMENT_NAME} is not a deployment manifest") from error
    if canonical != data or rfc8785.dumps(deployment.as_json()) != data:
        raise PackageError(f"{DEPLOYMENT_NAME} is not in canonical form")
    return deployment


def _check_text(bundle: bytes) -> None:
    if not bundle.isascii() or b"\0" in bundle:
        raise PackageError(f"{BUNDLE_NAME} is not a script as the build writes it")


def _write(members: dict[str, bytes]) -> bytes:
    """The one tar (POSIX.1-1988 ustar) that holds these members."""
    parts: list[bytes] = []
    for name in PYTHON_MEMBERS if PYTHON_BUNDLE_NAME in members else MEMBERS:
        data = members[name]
        parts += [_header(name, len(data)), data, bytes(-len(data) % _BLOCK)]
    return b"".join([*parts, bytes(2 * _BLOCK)])


def _header(name: str, size: int) -> bytes:
    before = name.encode().ljust(100, b"\0") + b"0000644\0" + b"0000000\0" + b"0000000\0"
    before += b"%011o\0" % size + b"00000000000\0"
    after = (
        b"0" + bytes(100) + b"ustar\x0000" + bytes(32) + bytes(32) + b"0000000\0" + b"0000000\0" + bytes(167)
    )
    checksum = sum(before) + sum(after) + 8 * ord(" ")
    return before + b"%06o\0 " % checksum + after


def _read(archive: bytes) -> dict[str, bytes]:
    """The members, which must be exactly those of a package, in their order."""
    members: dict[str, bytes] = {}
    at = 0
    for expected in PYTHON_MEMBERS if archive.startswith(f"{PYTHON_BUNDLE_NAME}\0".encode()) else MEMBERS:
        header = archive[at : at + _BLOCK]
        name = header[:100].rstrip(b"\0").decode("utf-8", "replace")
        if len(header) < _BLOCK or name != expected:
            raise PackageError(f'the archive holds "{printable(name)}" where {expected} must be')
        if header[156:157] not in (b"0", b"\0"):
            raise PackageError(f"{expected} is not a regular file")
        size_field = header[124:135]
        if not re.fullmatch(rb"[0-7]{11}", size_field):
            raise PackageError(f"{expected} has no readable size")
        size = int(size_field, 8)
        start = at + _BLOCK
        if start + size > len(archive):
            raise PackageError(f"{expected} is cut short")
        members[expected] = archive[start : start + size]
        at = start + size + (-size % _BLOCK)
    return members
