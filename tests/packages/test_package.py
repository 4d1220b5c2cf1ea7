"""An archive is what it says it is, or it is refused."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest
import rfc8785

from sandbox_host.packages import Deployment, Package, PackageError, package, verify
from sandbox_host.packages.package import BUNDLE_NAME, MAP_NAME, MEMBERS

MAP = b'{"version":3,"sources":["src/a.ts"],"names":[],"mappings":"AAAA"}'


@pytest.fixture
def good() -> Package:
    return Package.pack(Deployment(manifest={"key": "acme", "name": "Acme"}), b"1;\n", MAP)


def contents(good: Package) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(good.archive)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}  # pyright: ignore


def stored(folder: Path, archive: bytes) -> Path:
    """Save bytes under their own digest, as somebody would who made them."""
    path = folder / f"{hashlib.sha256(archive).hexdigest()}.tar"
    path.write_bytes(archive)
    return path


def tar(entries, **metadata) -> bytes:
    """A tar made by another program."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in entries:
            info = tarfile.TarInfo(name)
            for key, value in metadata.items():
                setattr(info, key, value)
            info.size = 0 if info.type in (tarfile.SYMTYPE, tarfile.LNKTYPE) else len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def test_a_package_is_the_same_after_saving_and_loading(good, tmp_path):
    path = good.save(tmp_path)
    assert path.name == f"{good.digest}.tar"
    assert Package.load(path) == good
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_its_digest_is_the_hash_of_the_file(good, tmp_path):
    assert hashlib.sha256(good.save(tmp_path).read_bytes()).hexdigest() == good.digest


def test_other_programs_can_read_it(good):
    assert list(contents(good)) == list(MEMBERS)


def test_every_changed_byte_is_noticed(good, tmp_path):
    path = good.save(tmp_path)
    for at in range(0, len(good.archive), 97):
        changed = bytearray(good.archive)
        changed[at] ^= 1
        path.write_bytes(changed)
        with pytest.raises(PackageError, match="SHA-256"):
            Package.load(path)


def test_without_the_hash_a_changed_manifest_would_be_believed(good, tmp_path, monkeypatch):
    path = tmp_path / f"{good.digest}.tar"
    other = Package.pack(Deployment(manifest={"key": "evil", "name": "Acme"}), b"1;\n", MAP)
    path.write_bytes(other.archive)
    with pytest.raises(PackageError, match="SHA-256"):
        Package.load(path)
    monkeypatch.setattr(
        package.hashlib, "sha256", lambda _: type("H", (), {"hexdigest": lambda _: good.digest})()
    )
    assert Package.load(path).manifest.key == "evil"


HOSTILE = {
    "a member above the folder": lambda files: tar([("../../etc/cron.d/x", b"x"), *files.items()]),
    "an absolute member": lambda files: tar([("/etc/passwd", b"x"), *files.items()]),
    "a member too many": lambda files: tar([*files.items(), ("extra.js", b"x")]),
    "a member too few": lambda files: tar(list(files.items())[:2]),
    "a member twice": lambda files: tar([*files.items(), (BUNDLE_NAME, b"evil()")]),
    "a first member twice": lambda files: tar([(BUNDLE_NAME, b"evil()"), *files.items()]),
    "another order": lambda files: tar(reversed(files.items())),
    "symbolic links": lambda files: tar(files.items(), type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "hard links": lambda files: tar(files.items(), type=tarfile.LNKTYPE, linkname="/etc/passwd"),
    "devices": lambda files: tar(files.items(), type=tarfile.CHRTYPE),
    "folders": lambda files: tar(files.items(), type=tarfile.DIRTYPE),
    "set-uid members": lambda files: tar(files.items(), mode=0o4755),
    "another time": lambda files: tar(files.items(), mtime=1),
    "an owner": lambda files: tar(files.items(), uname="root"),
    "another's padding": lambda files: tar(files.items()),
    "something behind its end": lambda files: tar(files.items(), mode=0o644) + b"\0" * 512 + b"evil",
    "nothing": lambda files: b"",
    "only an end": lambda files: bytes(1024),
    "no archive": lambda files: b"<html>" * 1000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused(name, good, tmp_path):
    archive = HOSTILE[name](contents(good))
    with pytest.raises(PackageError):
        Package.load(stored(tmp_path, archive))


@pytest.mark.parametrize(
    "name", ["a member too many", "something behind its end", "an owner", "another time"]
)
def test_without_the_comparison_these_would_be_loaded(name, good, tmp_path, monkeypatch):
    archive = HOSTILE[name](contents(good))
    real = package._write  # pyright: ignore[reportPrivateUsage]

    class Agrees(bytes):
        __ne__ = lambda *_: False  # noqa: E731

    monkeypatch.setattr(package, "_write", lambda members: Agrees(real(members)))
    assert Package.load(stored(tmp_path, archive)).manifest.key == "acme"


def rebuilt(good: Package, **changes: bytes) -> bytes:
    """The archive with other members, packed as we would."""
    members = contents(good) | {name.replace("_", "."): data for name, data in changes.items()}
    return package._write(members)  # pyright: ignore[reportPrivateUsage]


DEPLOYMENTS = {
    "not JSON": b"{",
    "not an object": b"[]",
    "spaces in it": b'{ "entrypoints":{} }',
    "an unknown key": b'{"evil":1,"format":1,"manifest":{}}',
    "another format": b'{"format":2,"manifest":{}}',
    "no manifest": b'{"format":1}',
    "a deep one": b"[" * 100_000,
    "bytes that are no text": b'{"format":1,"manifest":"\xff"}',
}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_broken_deployment_manifest_is_refused(name, good, tmp_path):
    with pytest.raises(PackageError, match=r"deployment\.json"):
        Package.load(stored(tmp_path, rebuilt(good, deployment_json=DEPLOYMENTS[name])))


def test_a_manifest_that_is_none_is_refused(good, tmp_path):
    document = good.deployment | {"manifest": {"key": "acme", "permissions": {"http": ["https://*/*"]}}}
    with pytest.raises(PackageError, match=r"deployment\.json"):
        Package.load(stored(tmp_path, rebuilt(good, deployment_json=rfc8785.dumps(document))))


@pytest.mark.parametrize("bundle", [b"\xff", b"a\0b", "é".encode()])
def test_a_bundle_that_is_no_script_is_refused(bundle, good, tmp_path):
    members = contents(good) | {BUNDLE_NAME: bundle}
    with pytest.raises(PackageError, match=r"bundle\.js"):
        Package.load(stored(tmp_path, package._write(members)))  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    "source_map", [b"", b"{}", b'{"sources":[],"mappings":"AAAA"}', b'{"sources":[1],"mappings":""}']
)
def test_a_broken_source_map_is_refused(source_map, good, tmp_path):
    members = contents(good) | {MAP_NAME: source_map}
    with pytest.raises(PackageError, match="source map"):
        Package.load(stored(tmp_path, package._write(members)))  # pyright: ignore[reportPrivateUsage]


def test_a_link_in_place_of_the_file_is_refused(good, tmp_path):
    path = good.save(tmp_path / "store")
    link = tmp_path / path.name
    link.symlink_to(path)
    with pytest.raises(PackageError, match="cannot be opened"):
        Package.load(link)


def test_a_folder_or_nothing_in_place_of_the_file_is_refused(good, tmp_path):
    (tmp_path / f"{good.digest}.tar").mkdir()
    with pytest.raises(PackageError):
        Package.load(tmp_path / f"{good.digest}.tar")
    with pytest.raises(PackageError, match="cannot be opened"):
        Package.load(tmp_path / ("0" * 64 + ".tar"))


def test_a_file_that_is_not_named_by_its_digest_needs_one(good, tmp_path):
    path = tmp_path / "acme.tar"
    path.write_bytes(good.archive)
    with pytest.raises(PackageError, match="not named by a SHA-256"):
        Package.load(path)
    assert Package.load(path, good.digest) == good


def test_an_archive_over_the_ceiling_is_refused(good, tmp_path, monkeypatch):
    path = good.save(tmp_path)
    monkeypatch.setattr(package, "MAX_BYTES", 2000)
    with pytest.raises(PackageError, match="is over"):
        Package.load(path)


def test_a_package_verifies_against_its_own_bundle(build_files, connector, evaluate):
    verify(build_files(connector), evaluate)


def test_a_manifest_that_the_bundle_does_not_declare_is_refused(build_files, connector, evaluate):
    honest = build_files(connector)
    document = honest.deployment
    document["manifest"]["permissions"]["http"].append("https://evil.example/*")
    forged = Package.pack(Deployment.model_validate(document), honest.bundle, honest.source_map)
    with pytest.raises(PackageError, match="not what the bundle declares"):
        verify(forged, evaluate)


def test_an_entrypoint_with_another_auth_mode_is_refused(build_files, connector, evaluate):
    honest = build_files(connector)
    honest.deployment["entrypoints"]["routes"][0]["auth"] = "public"
    forged = Package.pack(Deployment.model_validate(honest.deployment), honest.bundle, honest.source_map)
    with pytest.raises(PackageError, match="not what the bundle declares"):
        verify(forged, evaluate)
