"""One list of names: the SDK's types, its globals, its runtime module and the prelude."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from sandbox_host.records import contracts
from sandbox_host.records.typescript import render
from sandbox_host.templates import editor_types

SYSTEM_IDS = {"source_id"}


@pytest.fixture
def every_name(names: dict[str, list[str]]) -> set[str]:
    listed = [name for block in names.values() for name in block]
    assert len(listed) == len(set(listed))
    return set(listed)


def test_the_types_declare_every_name_and_no_other(sdk: Path, every_name: set[str]) -> None:
    source = (sdk / "src" / "index.ts").read_text(encoding="utf-8")
    assert set(re.findall(r"^export declare (?:const|function) (\w+)", source, re.M)) == every_name


def test_the_globals_are_the_same_names_and_console(sdk: Path, every_name: set[str]) -> None:
    source = (sdk / "src" / "globals.d.ts").read_text(encoding="utf-8")
    declared = re.findall(r"^  const (\w+): typeof import\(\"./index\"\)\.(\w+);", source, re.M)
    assert all(name == exported for name, exported in declared)
    assert {name for name, _ in declared} == every_name


def test_the_module_for_test_runtimes_exports_the_same_names(sdk: Path, every_name: set[str]) -> None:
    source = (sdk / "index.js").read_text(encoding="utf-8")
    assert set(re.findall(r"^  (\w+),$", source, re.M)) == every_name


def test_the_prelude_defines_every_name(guest: Any, every_name: set[str]) -> None:
    found = guest("return Object.getOwnPropertyNames(globalThis)").body()
    assert every_name <= set(found)


def test_every_entity_has_the_same_methods_as_its_type(
    guest: Any, sdk: Path, names: dict[str, list[str]]
) -> None:
    source = (sdk / "src" / "capabilities.ts").read_text(encoding="utf-8")
    block = source.split("export interface EntityClass")[1].split("\n}")[0]
    methods = sorted(re.findall(r"^  (\w+)\(", block, re.M))
    listed = ", ".join(names["entities"])
    assert guest(f"return [{listed}].map((one) => Object.keys(one).sort())").body() == [methods] * 19


@pytest.mark.parametrize(
    ("name", "interface"),
    [
        ("Http", "HttpApi"), ("Secrets", "SecretsApi"), ("Settings", "SettingsApi"), ("Log", "LogApi"),
        ("Entity", "EntityApi"), ("OAuth", "OAuthApi"), ("Crypto", "CryptoApi"), ("verify", "VerifyApi"),
        ("ingest", "IngestApi"), ("sync", "SyncApi"), ("api", "Api"),
    ],
)  # fmt: skip
def test_a_capability_has_the_methods_of_its_type(guest: Any, sdk: Path, name: str, interface: str) -> None:
    source = "".join(
        (sdk / "src" / file).read_text(encoding="utf-8")
        for file in ("capabilities.ts", "connectors.ts", "routes.ts")
    )
    block = re.split(rf"export interface {interface}\b", source)[1].split("\n}")[0]
    declared = sorted(re.findall(r"^  (\w+)(?:<.*>)?\(", block, re.M))
    assert guest(f"return Object.keys({name}).sort()").body() == declared


def test_a_project_has_the_record_types_that_the_contracts_write(package: Path) -> None:
    assert (package / "src" / "records.ts").read_text(encoding="utf-8").endswith(render())


def test_a_stale_copy_of_the_record_types_reaches_no_project(
    sdk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = shutil.copytree(sdk, tmp_path / "sdk")
    (stale / "src" / "records.ts").write_text("export type Id = number;\n")
    monkeypatch.setattr(editor_types, "_SDK", stale)
    assert editor_types.sdk_files()["src/records.ts"].decode().endswith(render())


def test_every_entity_has_a_contract(names: dict[str, list[str]]) -> None:
    assert set(contracts()) == set(names["entities"])


@pytest.mark.parametrize("entity", sorted(contracts()))
def test_the_record_types_have_the_fields_of_the_contracts(entity: str) -> None:
    source = render()
    contract = contracts()[entity]
    assert _fields(source, f"{entity}Fields") == set(contract.fields) | SYSTEM_IDS | (
        {"line_items"} if contract.lines else set()
    )
    if contract.lines:
        assert _fields(source, f"{entity}Line") == set(contract.lines)


def _fields(source: str, interface: str) -> set[str]:
    block = source.split(f"export interface {interface} {{")[1].split("\n}")[0]
    return set(re.findall(r"^  (\w+)\??: ", block, re.M))
