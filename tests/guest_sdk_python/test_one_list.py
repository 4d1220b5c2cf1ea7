"""One list of capabilities. What a capability of the host dispatches on is the list; the types and the prelude of
TypeScript, the SDK of Python and the reference are held against it, so that an action that is added in one place and
forgotten in another is named here, with the place."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_type_hints

import pytest

import guest_sdk
from guest_sdk import entities, manifest, records
from policies.limits import Budget, Limits
from policies.manifest import manifest_json_schema, parse_manifest
from policies.permissions import PermissionSet
from sandbox_host import capabilities
from sandbox_host.capabilities.base import Capability
from sandbox_host.egress import ClosedEgress
from sandbox_host.errors import NotAvailable
from sandbox_host.records.contract import contracts
from sandbox_host.records.python import render
from sandbox_host.redaction import Redactor

ROOT = Path(__file__).parents[2]
PYTHON = "guest_sdk/*.py"
APIS = {
    "Http": "HttpApi", "Secrets": "SecretsApi", "Settings": "SettingsApi", "Log": "LogApi", "Entity": "EntityApi",
    "OAuth": "OAuthApi", "Crypto": "CryptoApi", "verify": "VerifyApi", "ingest": "IngestApi", "sync": "SyncApi",
    "api": "Api",
}  # fmt: skip
"""The names of the SDK, and the interfaces of the TypeScript types behind them."""


def snake(name: str) -> str:
    """`getAll` → `get_all`, and a trailing `_` where the name is a keyword."""
    made = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return f"{made}_" if made == "from" else made


def every_capability() -> dict[str, Capability]:
    """Made of what they need to understand a call; nothing is performed."""
    allowed = PermissionSet.compile(parse_manifest({"key": "a", "name": "A"}))
    unit: Any = SimpleNamespace(contract=lambda name: contracts().get(name, contracts()["Customer"]))
    nothing: Any = None
    limits = Limits()
    made: list[Capability] = [
        capabilities.HttpCapability(ClosedEgress(), allowed, limits, oauth=lambda _ttl: "token"),
        capabilities.SecretsCapability(nothing, nothing, ()),
        capabilities.SettingsCapability({}),
        capabilities.EntityCapability(unit, nothing, allowed),
        capabilities.IngestCapability(nothing),
        capabilities.SyncCapability(nothing, frozenset()),
        capabilities.LogCapability(Budget(limits), Redactor()),
        capabilities.VerifyCapability(),
        capabilities.CryptoCapability(),
        capabilities.OAuthCapability(),
    ]
    return {one.name: one for one in made}


@pytest.fixture(scope="module")
def dispatched() -> set[str]:
    """`http.get`, …: what the host's capabilities declare that they dispatch on."""
    return {f"{one.name}.{action}" for one in every_capability().values() for action in one.actions}


def test_every_capability_of_a_run_is_looked_at_here() -> None:
    listed = re.findall(r"\b(\w+Capability)\(", inspect.getsource(capabilities.for_run))
    assert sorted(listed) == sorted(type(one).__name__ for one in every_capability().values())


@pytest.mark.parametrize("name", sorted(every_capability()))
def test_a_capability_knows_no_action_beside_those_it_declares(name: str) -> None:
    args: Any = {"name": "n", "key": "k", "entity": "Customer", "documentType": "customer", "stream": "s"}
    with pytest.raises(NotAvailable):
        every_capability()[name].ask("undeclared", args)


def test_every_action_is_asked_for_by_both_sdks(
    dispatched: set[str], calls: list[dict[str, str]], python: Any
) -> None:
    asked = {one["asks"] for one in calls}
    assert dispatched - asked == set(), (
        "sandbox_host/capabilities declares it; guest_sdk/javascript/src/prelude, guest_sdk/*.py and calls.json do not"
    )
    assert asked - dispatched == set(), (
        "calls.json asks for it; no capability in sandbox_host/capabilities declares it"
    )


def test_every_call_of_the_sdks_is_one_that_its_capability_understands(
    python: Any, calls: list[dict[str, str]]
) -> None:
    made = python("\n".join(one["python"] for one in calls), top='OWN = define_entity(name="Own", fields={})')
    made.body(answer=lambda call: {"ok": [] if call["action"] in ("list", "query") else {}})
    understood = every_capability()
    for call in made.asked:
        understood[call["capability"]].ask(call["action"], call["args"])


def interface(sdk: Path, name: str) -> str:
    """The text of one interface of the TypeScript types."""
    files = ("capabilities", "connectors", "routes", "hooks", "declarations", "manifest")
    source = "".join((sdk / "src" / f"{file}.ts").read_text(encoding="utf-8") for file in files)
    return re.split(rf"export interface {name}\b", source)[1].split("\n}")[0]


def methods_in(text: str) -> set[str]:
    return set(re.findall(r"^  (\w+)(?:<.*>)?\(", text, re.M))


def members_in(text: str) -> set[str]:
    return set(re.findall(r'^  (?:readonly )?"?(\w+)"?\??: ', text, re.M))


def public(value: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(value) if not name.startswith("_")}


@pytest.mark.parametrize(("name", "api"), APIS.items())
def test_a_capability_has_the_same_methods_in_both_languages(sdk: Path, name: str, api: str) -> None:
    declared = {snake(one) for one in methods_in(interface(sdk, api))}
    found = public(type(getattr(guest_sdk, name)))
    assert declared - found == set(), f"{api} in guest_sdk/javascript/src declares it; {PYTHON} does not"
    assert found - declared == set(), f"{name} of {PYTHON} has it; {api} in guest_sdk/javascript/src does not"


def test_an_entity_class_has_the_same_methods_in_both_languages(sdk: Path) -> None:
    declared = {snake(one) for one in methods_in(interface(sdk, "EntityClass"))}
    assert public(guest_sdk.EntityClass) == declared


@pytest.mark.parametrize(("name", "api"), [pair for pair in APIS.items() if pair[0] != "api"])
def test_every_method_has_a_call_that_is_compared(
    sdk: Path, calls: list[dict[str, str]], name: str, api: str
) -> None:
    written = " ".join(one["typescript"] + one["python"] for one in calls)
    owners = rf"(?:{'|'.join(contracts())}|Entity)" if name == "Entity" else name
    for method in methods_in(interface(sdk, api)):
        for spelled in (method, snake(method)):
            assert re.search(rf"\b{owners}\.{spelled}\(", written), f"calls.json has no {name}.{spelled}"


OPTIONS: dict[str, list[Callable[..., Any]]] = {
    "HttpOptions": [getattr(guest_sdk.Http, verb) for verb in ("get", "post", "put", "patch", "delete")],
    "QueryOptions": [guest_sdk.Entity.query, guest_sdk.Invoice.query],
    "IncludeOptions": [guest_sdk.Entity.get, guest_sdk.Invoice.get],
    "IngestOptions": [guest_sdk.ingest.canonical],
    "IngestBatchOptions": [guest_sdk.ingest.batch],
    "PageCommit": [guest_sdk.ListPage.commit],
    "ResponseInit": [guest_sdk.api.json],
    "FieldDeclaration": [guest_sdk.define_entity_field, guest_sdk.define_line_field],
    "EntityDeclaration": [guest_sdk.define_entity],
}
"""Option objects of TypeScript, and the functions of Python whose keyword arguments they are."""
RENAMED = {"timeout": "timeout_ms"}
INHERITED = {"QueryOptions": {"include"}}
ABSENT = {("get", "body")}
"""A GET has no body; the types of TypeScript share one interface."""


@pytest.mark.parametrize(
    ("name", "function"), [(name, one) for name, functions in OPTIONS.items() for one in functions]
)
def test_an_option_object_is_the_keyword_arguments(
    sdk: Path, name: str, function: Callable[..., Any]
) -> None:
    declared = {
        RENAMED.get(one, snake(one)) for one in members_in(interface(sdk, name)) | INHERITED.get(name, set())
    }
    declared -= {option for method, option in ABSENT if method == function.__name__ and name == "HttpOptions"}
    parameters = inspect.signature(function).parameters.values()
    keywords = {one.name for one in parameters if one.kind is one.KEYWORD_ONLY}
    keywords |= {"body"} & {one.name for one in parameters}
    assert keywords == declared


OBJECTS: dict[str, type] = {
    "HttpResponse": guest_sdk.HttpResponse,
    "IngestResult": guest_sdk.IngestResult,
    "IngestFailure": guest_sdk.IngestFailure,
    "IngestBatchResult": guest_sdk.IngestBatchResult,
    "ListPage": guest_sdk.ListPage,
    "ApiRequest": guest_sdk.ApiRequest,
    "HookContext": guest_sdk.HookContext,
}


@pytest.mark.parametrize(("name", "ours"), OBJECTS.items())
def test_what_a_handler_is_given_has_the_same_members_in_both_languages(
    sdk: Path, name: str, ours: type
) -> None:
    text = interface(sdk, name)
    declared = {snake(one) for one in members_in(text) | methods_in(text)}
    assert public(ours) - {"keys"} == declared


# Names


def test_the_sdk_exports_every_name_of_the_other(names: dict[str, list[str]]) -> None:
    helpers = [snake(name) for name in names["helpers"]]
    assert {*names["capabilities"], *helpers, *names["entities"]} <= set(guest_sdk.__all__)
    assert set(entities.__all__) == set(names["entities"])


@pytest.mark.parametrize("name", sorted(contracts()))
def test_an_entity_asks_for_itself(python: Any, name: str) -> None:
    made = python(f"{name}.count()")
    made.body()
    assert made.asked[0]["args"] == {"entity": name}


def test_every_record_type_of_the_contracts_stands_for_something_when_code_runs() -> None:
    declared = set(re.findall(r"^(?:class )?(\w+)(?:\(|: TypeAlias)", render(), re.MULTILINE))
    assert {name: getattr(records, name) for name in declared}.keys() == declared
    assert {name for name in guest_sdk.__all__ if name.endswith(("Fields", "Record"))} <= declared


def test_a_record_type_that_nobody_declared_is_missing() -> None:
    with pytest.raises(AttributeError, match="invoice_fields"):
        records.__getattr__("invoice_fields")


# The manifest


def objects() -> Iterator[tuple[str, set[str]]]:
    """The objects of the manifest's schema, each with its keys."""
    for name, one in manifest_json_schema()["$defs"].items():
        for form in (one, *one.get("anyOf", ())):
            if "properties" in form:
                yield name, set(form["properties"])


CLASSES = {"OAuth": "OAuthConfig", "RouteRef": "RouteReference"}


@pytest.mark.parametrize(("name", "keys"), list(objects()))
def test_an_object_of_the_manifest_has_its_keys(name: str, keys: set[str]) -> None:
    ours = getattr(manifest, CLASSES.get(name, name))
    assert set(get_type_hints(ours)) == {key if key == "in" else snake(key) for key in keys}


def test_the_manifests_keys_are_the_keyword_arguments() -> None:
    keys = set(manifest_json_schema()["properties"])
    assert set(inspect.signature(guest_sdk.define_connector).parameters) == keys
    connectors_own = {"provider", "kind", "connection", "webhooks", "streams"}
    assert set(inspect.signature(guest_sdk.define_extension).parameters) == keys - connectors_own


def test_every_key_in_camel_case_is_written_as_the_schema_has_it() -> None:
    camel = {key for _, keys in objects() for key in keys if key != key.lower()}
    assert set(_spelled(manifest.SHAPE)) == camel


def _spelled(shape: Any) -> Iterator[str]:
    for name, inner in shape.items():
        if "_" in name:
            yield re.sub(r"_(\w)", lambda letter: letter[1].upper(), name)
        yield from _spelled(inner)


# The reference


@pytest.mark.parametrize(("name", "api"), [pair for pair in APIS.items() if pair[0] != "api"])
def test_the_reference_has_every_method(sdk: Path, name: str, api: str) -> None:
    page = (ROOT / "docs" / "reference" / "sdk.md").read_text(encoding="utf-8")
    block = page.split(f"interface {api} {{")[1].split("\n}")[0]
    assert methods_in(block) == methods_in(interface(sdk, api)), "run python docs/generate.py"


def test_a_forgotten_action_is_named(
    dispatched: set[str], calls: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        capabilities.HttpCapability, "actions", (*capabilities.HttpCapability.actions, "head")
    )
    declared = {f"{one.name}.{action}" for one in every_capability().values() for action in one.actions}
    assert declared - {one["asks"] for one in calls} == {"http.head"}
