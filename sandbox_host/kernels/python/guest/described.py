"""What the modules of a project turned out to be: their exports, by which the host builds and runs them.

Python has no default exports. `default` is what `define_extension`, `define_connector` or `define_entity` made at the
top of the module, under whatever name or none; in `src/hooks/<entity>/<event>.py` it is the function that is named
like the event. Other exports are the public names that the module itself defines; in `src/fields/` the fields alone,
those that were imported or never given a name included.
"""

from __future__ import annotations

import json
from typing import Any

from guest_sdk._runtime.declared import Declaration, declaration_of, declared_in
from guest_sdk._runtime.errors import author_line, message_of, stack_of
from guest_sdk._runtime.json import to_json, type_name
from guest_sdk.errors import InvalidArgument

from .restricted import RefusedCode

HOOKS = "src/hooks/"
ROUTES = "src/api/"
FIELDS = "src/fields/"

MAX_VALUE = 500_000
"""Characters of JSON that one export may be described with."""

_DEFAULTS = frozenset({"extension", "connector", "entity"})
_LOOKED_AT = frozenset({"config", "schedule", "timezone", "retry", "timeout_ms"})
"""Of other names it only matters that they are there: a table of data is not described value by value."""


class Described:
    """Collects modules as they are loaded."""

    def __init__(self) -> None:
        self._exports: dict[str, dict[str, object]] = {}
        self._texts: dict[str, str] = {}
        self.facts: dict[str, dict[str, Any]] = {}
        self._errors: list[dict[str, Any]] = []

    def loaded(self, file: str, namespace: dict[str, object], facts: dict[str, Any]) -> None:
        """A module that was loaded. facts: what it says as it is written."""
        self.facts[file] = facts
        self._exports[file] = exports = _exports(file, namespace, facts)
        # Now, while the host knows which module it waits for: what is exported may take its time to say what it is.
        self._texts[file] = self._module(file, exports)
        twice = [one for one in declared_in(file) if one.kind in _DEFAULTS][1:]
        if twice:
            message = f"declares a second {twice[0].kind}; a module declares one"
            self._wrong(file, message, line=twice[0].line)

    def failed(self, file: str, thrown: BaseException, facts: dict[str, Any]) -> None:
        """A module that was not. A refusal of the compiler's names every place of its own."""
        if facts:
            self.facts[file] = facts
        # Not every SyntaxError: an author's own may say anything of its place.
        if type(thrown) is RefusedCode:
            for one in thrown.problems:
                self._wrong(thrown.file, f"SyntaxError: {one.message}", line=one.line)
            return
        name, message = type_name(thrown), message_of(thrown)
        place = author_line(thrown)
        line = place[1] if place is not None and place[0] == file else None
        self._wrong(file, f"{name}: {message}" if message else name, stack_of(thrown), line)

    def find(self, file: str, export: str) -> object:
        """What a module exports under a name, or None."""
        return self._exports.get(file, {}).get(export)

    def as_json(self) -> str:
        """`{"modules", "errors", "facts"}`."""
        modules = ",".join(f"{json.dumps(file)}:{text}" for file, text in self._texts.items())
        errors, facts = json.dumps(self._errors), json.dumps(self.facts)
        return f'{{"modules":{{{modules}}},"errors":{errors},"facts":{facts}}}'

    def _module(self, file: str, exports: dict[str, object]) -> str:
        facts = [f"{json.dumps(name)}:{self._export(file, name, value)}" for name, value in exports.items()]
        return "{" + ",".join(facts) + "}"

    def _export(self, file: str, name: str, value: object) -> str:
        declaration = declaration_of(value)
        kind = "object" if declaration is not None else _type(value)
        text = f'{{"type":"{kind}","api":{json.dumps(kind == "function" and file.startswith(ROUTES))}'
        if declaration is not None:
            text += f',"declaration":"{declaration.kind}","line":{declaration.line}'
        if kind == "function" or (declaration is None and name not in _LOOKED_AT):
            return text + "}"
        try:
            json_text = to_json(value if declaration is None else declaration.json, name)
            if len(json_text) > MAX_VALUE:
                raise InvalidArgument(f"{name} is over {MAX_VALUE:,} characters")
            text += f',"value":{json_text}'
        except InvalidArgument as refused:
            # Only a declaration must be plain JSON; any other export may hold what it likes.
            if declaration is not None:
                self._wrong(file, refused.message, line=declaration.line)
        except BaseException as thrown:
            if declaration is not None:
                self._wrong(file, f"{type_name(thrown)}: {message_of(thrown)}", line=declaration.line)
        return text + "}"

    def _wrong(self, file: str, message: str, stack: str = "", line: int | None = None) -> None:
        error: dict[str, Any] = {"file": file, "message": message, "stack": stack}
        error |= {} if line is None else {"line": line}
        # A module that several import is refused as often.
        if error not in self._errors:
            self._errors.append(error)


def _exports(file: str, namespace: dict[str, object], facts: dict[str, Any]) -> dict[str, object]:
    imported = {name for one in facts.get("imports", ()) for name in one.get("binds", ())}
    public = {name: value for name, value in namespace.items() if not name.startswith("_")}
    own = {name: value for name, value in public.items() if name not in imported}
    declared = declared_in(file)
    if file.startswith(FIELDS):
        return own | _fields(public, declared)
    exports = {name: value for name, value in own.items() if not _is_default(value)}
    if file.startswith(HOOKS):
        event = file.rpartition("/")[2].removesuffix(".py").replace("-", "_")
        if event in exports:
            exports["default"] = exports.pop(event)
    for one in declared:
        if one.kind in _DEFAULTS:
            exports.setdefault("default", one.value)
    return exports


def _fields(public: dict[str, object], declared: list[Declaration]) -> dict[str, object]:
    """The fields among a module's names, and those without a name under their key."""
    named = {name: value for name, value in public.items() if declaration_of(value) is not None}
    unnamed = [one for one in declared if not any(one.value is value for value in named.values())]
    return named | {str(one.json.get("key", "default")): one.value for one in unnamed}


def _is_default(value: object) -> bool:
    declaration = declaration_of(value)
    return declaration is not None and declaration.kind in _DEFAULTS


def _type(value: object) -> str:
    """As JavaScript's `typeof` has it, which is what builds look at."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int | float):
        return "number"
    return "function" if callable(value) else "object"
