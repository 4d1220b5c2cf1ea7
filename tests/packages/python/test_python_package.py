"""An archive of Python is what it says it is, or it is refused."""

from __future__ import annotations

import hashlib
import json

import pytest
import rfc8785

from sandbox_host.packages import Deployment, Package, PackageError, package, verify
from sandbox_host.packages.package import PYTHON_MEMBERS
from sandbox_host.packages.python_bundle import make_python_bundle, read_python_bundle

DEPLOYMENT = Deployment(manifest={"key": "acme", "name": "Acme"})
FILES = {"backfill.config.py": "x = 1\n", "src/lib/a.py": "é = '\\0'\n"}


def packed(bundle: bytes) -> Package:
    return Package.pack_python(DEPLOYMENT, bundle)


def test_its_members_are_its_bundle_and_its_deployment_manifest():
    made = packed(make_python_bundle(FILES))
    assert PYTHON_MEMBERS == ("bundle.json", "deployment.json")
    assert made.archive.count(b"ustar\x0000") == 2
    assert made.source_map == b""
    assert read_python_bundle(made.bundle) == FILES


def test_the_same_content_is_the_same_archive_in_any_order():
    first = packed(make_python_bundle(FILES))
    second = packed(make_python_bundle(dict(reversed(FILES.items()))))
    assert first.archive == second.archive


def test_its_stacks_are_the_authors_already_and_are_cut_at_their_beginning():
    made = packed(make_python_bundle(FILES))
    stack = '  File "src/api/x.py", line 12, in POST\nValueError: no'
    assert made.map_stack(stack) == stack
    long = "x" * 1_000_000 + stack
    assert made.map_stack(long).endswith(stack) and len(made.map_stack(long)) == package.MAX_STACK


BUNDLES = {
    "no JSON": b"{",
    "a list": b"[]",
    "spaces": b'{"files": {}, "modules": []}',
    "another key": b'{"evil":1,"files":{},"modules":[]}',
    "no modules": b'{"files":{}}',
    "a file above the folder": rfc8785.dumps({"files": {"../x.py": ""}, "modules": []}),
    "an absolute file": rfc8785.dumps({"files": {"/etc/x.py": ""}, "modules": []}),
    "a file of another kind": rfc8785.dumps({"files": {"src/a.ts": ""}, "modules": []}),
    "a test": rfc8785.dumps({"files": {"test/test_a.py": ""}, "modules": []}),
    "a name that is not portable": rfc8785.dumps({"files": {"src/é.py": ""}, "modules": []}),
    "a file that is no text": rfc8785.dumps({"files": {"src/a.py": 1}, "modules": []}),
    "files that are none": rfc8785.dumps({"files": [], "modules": []}),
    "a module that is not there": rfc8785.dumps({"files": {}, "modules": ["src/a.py"]}),
    "a module twice": rfc8785.dumps({"files": {"src/a.py": ""}, "modules": ["src/a.py", "src/a.py"]}),
    "a module that is no text": rfc8785.dumps({"files": {"src/a.py": ""}, "modules": [[]]}),
    "half a surrogate pair": b'{"files":{"src/a.py":"\\ud800"},"modules":[]}',
    "a deep one": b"[" * 100_000,
}


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_that_no_build_would_write_is_refused(name):
    with pytest.raises(PackageError, match=r"bundle\.json"):
        packed(BUNDLES[name])


@pytest.mark.parametrize("name", ["spaces", "a file above the folder", "a test"])
def test_without_that_check_it_would_be_loaded(name, monkeypatch):
    monkeypatch.setattr(package, "read_python_bundle", lambda data: {})
    assert packed(BUNDLES[name])


def test_an_archive_with_members_of_both_languages_is_refused(tmp_path):
    made = packed(make_python_bundle(FILES))
    both = {"bundle.json": made.bundle, "bundle.js": b"1;\n", "deployment.json": b"{}"}
    parts = [package._header(name, len(data)) + data + bytes(-len(data) % 512) for name, data in both.items()]
    archive = b"".join([*parts, bytes(1024)])
    with pytest.raises(PackageError, match=r"where deployment\.json must be"):
        Package.from_bytes(archive, hashlib.sha256(archive).hexdigest())


def test_a_package_verifies_against_its_own_bundle(build_files, connector, evaluate):
    verify(build_files(connector), evaluate)


def test_a_manifest_that_the_bundle_does_not_declare_is_refused(build_files, connector, evaluate):
    honest = build_files(connector)
    honest.deployment["manifest"]["permissions"]["http"].append("https://evil.example/*")
    forged = Package.pack_python(Deployment.model_validate(honest.deployment), honest.bundle)
    with pytest.raises(PackageError, match="not what the bundle declares"):
        verify(forged, evaluate)


def test_a_bundle_that_loads_less_than_its_paths_say_is_refused(build_files, connector):
    document = json.loads(build_files(connector).bundle)
    document["modules"].remove("src/jobs/nightly.py")
    with pytest.raises(PackageError, match="does not load the modules that its files are"):
        packed(rfc8785.dumps(document))
