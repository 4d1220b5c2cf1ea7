"""What a test knows of the project that it belongs to."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guest_sdk._runtime.declared import Declaration
from guest_sdk._runtime.json import from_json, to_json
from guest_sdk.testing.discover import Roles, discover, find_root
from guest_sdk.testing.guest import Handler
from guest_sdk.testing.modules import Modules
from guest_sdk.testing.paths import match_path
from guest_sdk.testing.records.contract import Contract, ExtensionFields, FieldSpec, custom_contract

_KIT = str(Path(__file__).resolve().parent)


@dataclass(frozen=True, slots=True)
class Route:
    """A route's handler, found in the project. path: the route's own, `/customers/[id]`. stream: the one that it
    syncs."""

    file: str
    method: str
    path: str
    stream: str | None


@dataclass(frozen=True, slots=True)
class Project:
    """manifest: None where there is none."""

    modules: Modules
    roles: Roles
    manifest: Mapping[str, Any] | None
    fields: ExtensionFields
    entities: tuple[Contract, ...]

    def route_of(self, handler: Handler) -> Route | None:
        """The route whose handler this is, by the function's own file and name; None for any other function."""
        code = getattr(handler, "__code__", None)
        file = None if code is None else self.modules.own_file(code.co_filename)
        path = next((path for path, one in self.roles.routes.items() if one == file), None)
        if code is None or file is None or path is None:
            return None
        return self._route(file, code.co_name, path)

    def route(self, entry: str) -> tuple[Route, str | None]:
        """The route that answers `POST /customers/42`, and that path; or the route `POST /customers/[id]`, and None.

        Raises ValueError where none does.
        """
        method, _, path = entry.partition(" ")
        if path in self.roles.routes:
            return self._route(self.roles.routes[path], method, path), None
        found = match_path(self.roles.routes, path)
        if found is None:
            known = ", ".join(self.roles.routes) or "none"
            raise ValueError(
                f"no route answers {entry}; a route is given as POST /path, and there are: {known}"
            )
        return self._route(self.roles.routes[found[0]], method, found[0]), path

    def _route(self, file: str, method: str, path: str) -> Route:
        streams = (self.manifest or {}).get("streams") or ()
        own = [one["key"] for one in streams if one["mode"] != "webhook" and path == f"/sync/{one['key']}"]
        return Route(file, method, path, own[0] if own and method == "POST" else None)


def read_project(root: Path) -> Project:
    """The project in a folder. Raises what its manifest, entities or fields raise as they are loaded."""
    modules = Modules(root)
    roles = discover(modules.files)
    made = [] if roles.manifest is None else modules.declared(roles.manifest)
    manifests = [one for one in made if one.kind in ("extension", "connector")]
    entity: dict[str, dict[str, FieldSpec]] = {}
    line: dict[str, dict[str, FieldSpec]] = {}
    for host, file in roles.fields.items():
        for one in modules.declared(file):
            declared = _json(one)
            into = line if one.kind == "line_field" else entity
            into.setdefault(host, {})[declared["key"]] = _extension_field(declared)
    entities = [
        custom_contract(name, _json(one)["fields"])
        for name, file in roles.entities.items()
        for one in modules.declared(file)
        if one.kind == "entity"
    ]
    manifest = _json(manifests[0]) if manifests else None
    return Project(modules, roles, manifest, ExtensionFields(entity, line), tuple(entities))


def callers_root() -> Path | None:
    """The project that the calling test is in, else the one that pytest was started in."""
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        if file.is_absolute() and not str(file).startswith(_KIT):
            found = find_root(file.parent)
            if found is not None:
                return found
        frame = frame.f_back
    return find_root(Path.cwd())


def place_of_caller() -> str:
    """`FILE:LINE` of the test's own line that makes a call."""
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None and frame.f_code.co_filename.startswith(_KIT):
        frame = frame.f_back
    return "" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _json(declaration: Declaration) -> dict[str, Any]:
    return from_json(to_json(declaration.json, declaration.kind))


def _extension_field(declared: Mapping[str, Any]) -> FieldSpec:
    return FieldSpec(
        type=declared["type"],
        required=declared.get("required") is True,
        index=declared.get("index") is True,
        enum=tuple(declared.get("options") or ()),
        currency_field=declared.get("currencyField"),
    )
