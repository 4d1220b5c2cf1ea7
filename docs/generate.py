"""Write the pages that come from the product itself: `python docs/generate.py`. A test compares them.

`reference/manifest.md` is the manifest's JSON Schema as tables. `reference/sdk.md` is the SDK's declarations, each
with its own comment, and `reference/sdk-python.md` those of the SDK for Python. A name of an SDK that has no
declaration is an error, not a gap.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import guest_sdk.testing
from policies.manifest import manifest_json_schema

DOCS = Path(__file__).resolve().parent
SDK = DOCS.parent / "guest_sdk" / "javascript"
NOTE = "<!-- Written by `python docs/generate.py`. -->"
SOURCES = {
    "capabilities": "Capabilities",
    "connectors": "Connectors",
    "routes": "Routes",
    "hooks": "Hooks and jobs",
    "declarations": "Custom entities and fields",
    "manifest": "The manifest",
}
"""Files of the SDK whose types are shown, and the headings over them."""
PYTHON = DOCS.parent / "guest_sdk"
PYTHON_SOURCES = {
    "entity": "Entities",
    "http": "Requests",
    "connectors": "Connectors",
    "verification": "Signatures",
    "crypto": "Cryptography",
    "routes": "Routes",
    "hooks": "Hooks and jobs",
    "declarations": "Custom entities and fields",
    "manifest": "The manifest",
    "errors": "Errors",
}
"""Modules of the SDK for Python whose types are shown, and the headings over them."""
PYTHON_TESTING = ("testing/runtime", "testing/http", "testing/types", "testing/errors")
_FOR_THE_RUNTIME = ("ask",)
"""Methods of `guest_sdk.testing` that no test calls."""
_STATEMENT = re.compile(
    r"(?:export (?:declare )?(?:const|function|class)|(?:export )?(?:interface|type)) (\w+)"
)


def pages() -> dict[Path, str]:
    """What each generated page has to say."""
    reference = DOCS / "reference"
    return {
        reference / "manifest.md": manifest_page(),
        reference / "sdk.md": sdk_page(),
        reference / "sdk-python.md": python_page(),
    }


# The manifest


def manifest_page() -> str:
    """The manifest's keys, object by object, from the outside in."""
    schema = manifest_json_schema()
    objects = {name: one for name, one in schema["$defs"].items() if "properties" in _object(one)}
    lines = [
        f"# The manifest's keys\n\n{NOTE}\n",
        "What `defineExtension` and `defineConnector` take. What the permissions mean is in",
        "[the manifest](../manifest.md). A key that is not listed here is a [build error](build-errors.md).\n",
        "## The whole\n",
        *_table(schema, objects),
    ]
    for name in _reached(schema, objects):
        lines += [f"## {name}\n", *_table(_object(objects[name]), objects)]
    return "\n".join(lines)


def _object(schema: dict[str, Any]) -> dict[str, Any]:
    """The object among the forms that a value may have."""
    return next((one for one in schema.get("anyOf", ()) if "properties" in one), schema)


def _reached(schema: dict[str, Any], objects: dict[str, Any]) -> list[str]:
    """The objects in the order in which a reader meets them."""
    order: list[str] = []

    def visit(node: dict[str, Any]) -> None:
        for name in re.findall(r'"#/\$defs/(\w+)"', json.dumps(node["properties"])):
            if name in objects and name not in order:
                order.append(name)
                visit(_object(objects[name]))

    visit(schema)
    return order


def _table(schema: dict[str, Any], objects: dict[str, Any]) -> Iterator[str]:
    needed = schema.get("required", ())
    if about := schema.get("description"):
        yield f"{_in_keys(about, schema['properties'])}\n"
    yield "| key | value | |\n| --- | --- | --- |"
    for key, value in schema["properties"].items():
        yield f"| `{key}` | {_type(value, objects)} | {'required' if key in needed else ''} |"
    yield ""


def _in_keys(about: str, keys: dict[str, Any]) -> str:
    """The description, with each key as authors write it."""
    for key in keys:
        snake = re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", key)
        about = re.sub(rf"(?<![`\w]){snake}:", f"`{key}`:", about)
    return about


def _type(value: dict[str, Any], objects: dict[str, Any]) -> str:
    """A value's type in words. Markdown for a table's cell."""
    if "anyOf" in value:
        return " or ".join(_type(one, objects) for one in value["anyOf"] if one.get("type") != "null")
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if name in objects else "any JSON"
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return ", ".join(f"`{json.dumps(one)}`" for one in value["enum"])
    if value["type"] == "array":
        return f"list of {_type(value['items'], objects)}"
    if isinstance(inner := value.get("additionalProperties"), dict):
        return f"object: by name, {_type(inner, objects)}"
    return value["type"] + _bounds(value)


def _bounds(value: dict[str, Any]) -> str:
    if "maximum" in value:
        return f", {value.get('minimum', 0):,} to {value['maximum']:,}"
    if "maxLength" in value:
        return f", at most {value['maxLength']:,} characters"
    return ""


# The SDK


@dataclass(frozen=True, slots=True)
class Declaration:
    """One statement of a source. about: its comment, as Markdown. text: the statement itself."""

    name: str
    about: str
    text: str


def sdk_page() -> str:
    """Everything that `@backfill-io/sdk` and its `testing` export, records apart."""
    names = json.loads((SDK / "names.json").read_text(encoding="utf-8"))
    index = {one.name: one for one in declarations("index")}
    types = {source: list(declarations(source)) for source in SOURCES}
    every = {one.name: one for found in types.values() for one in found}
    lines = [
        f"# The SDK\n\n{NOTE}\n",
        "`@backfill-io/sdk` as its types have it. Every name of the first three parts is also a global: importing it",
        "and using the global are the same. All calls are synchronous. What a call may throw is in",
        "[limits and errors](../limits-and-errors.md).\n",
    ]
    lines += [
        "## Entities\n",
        ", ".join(f"`{name}`" for name in names["entities"]) + ".\n",
        "[Records](records.md) has their fields, required ones and actions. Each of them is an `EntityClass`:\n",
        *_shown(every["EntityClass"]),
    ]
    shown = {"EntityClass"}
    for part, heading in (("capabilities", "What a handler can ask for"), ("helpers", "Helpers")):
        lines.append(f"## {heading}\n")
        for name in names[part]:
            api = every.get(index[name].text.removesuffix(";").rpartition(": ")[2], index[name])
            shown.add(api.name)
            lines += [f"### {name}\n", *_shown(api)]
    for source, found in types.items():
        lines.append(f"## Types: {SOURCES[source]}\n")
        lines += [
            line for one in found if one.name not in shown for line in (f"### {one.name}\n", *_shown(one))
        ]
    lines.append("## `@backfill-io/sdk/testing`\n\n[Testing](../testing.md) shows them at work.\n")
    lines += [line for one in declarations("testing/index") for line in (f"### {one.name}\n", *_shown(one))]
    return "\n".join(lines)


def declarations(source: str) -> Iterator[Declaration]:
    """The statements of a source that its readers meet, in its order: what it exports, and the types which that is
    made of. Each begins and ends at the line's first column.
    """
    lines = iter((SDK / "src" / f"{source}.ts").read_text(encoding="utf-8").splitlines())
    comment: list[str] = []
    for line in lines:
        if line.startswith("/**"):
            comment = [line]
            while not line.endswith("*/"):
                comment.append(line := next(lines))
        elif named := _STATEMENT.match(line):
            statement = [line]
            while not _whole(statement):
                statement.append(next(lines))
            text = re.sub(r"^(export )?(declare )?", "", "\n".join(statement))
            yield Declaration(named[1], _markdown(comment), text)
            comment = []
        else:
            comment = []


def _whole(statement: list[str]) -> bool:
    """Whether the statement's last line ends it: nothing is open, and it ends as a statement does.

    A type may go on after a brace: `| { … }` on the next line.
    """
    text = re.sub(r"/\*.*?\*/|//[^\n]*|\"[^\"\n]*\"|`[^`]*`", "", "\n".join(statement), flags=re.DOTALL)
    level = sum(text.count(one) for one in "{([") - sum(text.count(one) for one in "})]")
    ends = ";" if re.match(r"(?:export )?(?:declare )?(?:type|const) ", statement[0]) else (";", "}")
    return level == 0 and statement[-1].endswith(ends)


def _markdown(comment: list[str]) -> str:
    text = "\n".join(re.sub(r"^\s*(?:/\*\*|\*(?!/))? ?|\s*\*/$", "", line) for line in comment)
    return text.strip()


def _shown(one: Declaration, language: str = "ts") -> Iterator[str]:
    if one.about:
        yield f"{one.about}\n"
    yield f"```{language}\n{one.text}\n```\n"


# The SDK for Python


def python_page() -> str:
    """Everything that `guest_sdk` exports, records apart."""
    names = json.loads((SDK / "names.json").read_text(encoding="utf-8"))
    helpers = [re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name) for name in names["helpers"]]
    every = {one.name: one for path in sorted(PYTHON.glob("*.py")) for one in python_declarations(path.stem)}
    apis = {path.stem: _apis(path.stem) for path in PYTHON.glob("*.py")}
    api_of = {name: api for found in apis.values() for name, api in found.items()}
    lines = [
        f"# The SDK for Python\n\n{NOTE}\n",
        "`guest_sdk` as its types have it. Names are in snake case, options are keyword arguments, errors are",
        "exceptions; underneath is the same JSON as from [TypeScript](sdk.md). All calls are synchronous. What comes",
        "back has attributes, and is its JSON where it is logged, returned or ingested. How to begin is in",
        "[write a connector in Python](../python.md), and what a call may raise in",
        "[limits and errors](../limits-and-errors.md).\n",
        "## Entities\n",
        ", ".join(f"`{name}`" for name in names["entities"]) + ".\n",
        "[Records](records.md) has their fields, required ones and actions. Each of them is an `EntityClass`, and",
        "records are plain dicts:\n",
        *_shown(every["EntityClass"], "python"),
    ]
    shown = {"EntityClass"}
    for part, heading in ((names["capabilities"], "What a handler can ask for"), (helpers, "Helpers")):
        lines.append(f"## {heading}\n")
        for name in part:
            one = every[api_of.get(name, name)]
            shown.add(one.name)
            lines += [f"### {name}\n", *_shown(one, "python")]
    for source, heading in PYTHON_SOURCES.items():
        found = [one for one in python_declarations(source) if one.name not in shown]
        if found:
            lines.append(f"## Types: {heading}\n")
            lines += [line for one in found for line in (f"### {one.name}\n", *_shown(one, "python"))]
    lines.append("## `guest_sdk.testing`\n\n[Testing](../testing.md#tests-in-python) shows it at work.\n")
    testing = {one.name: one for source in PYTHON_TESTING for one in python_declarations(source)}
    met = _met(testing, guest_sdk.testing.__all__)
    lines += [line for name in met for line in (f"### {name}\n", *_shown(testing[name], "python"))]
    return "\n".join(lines)


def _met(every: dict[str, Declaration], names: Iterable[str]) -> list[str]:
    """These names and those that their declarations mention, in the order of `every`."""
    met, more = set[str](), {*names} & every.keys()
    while more:
        met |= more
        words = {word for name in more for word in re.findall(r"\w+", every[name].text)}
        more = (words & every.keys()) - met
    return [name for name in every if name in met]


def _apis(source: str) -> dict[str, str]:
    """The class of each name that a module makes one object of: `Http = HttpApi()`."""
    found: dict[str, str] = {}
    for node in _module(source)[0].body:
        match node:
            case ast.Assign([ast.Name(name)], ast.Call(ast.Name(made), [])):
                found[name] = made
            case _:
                pass
    return found


def python_declarations(source: str) -> Iterator[Declaration]:
    """What a module of the SDK for Python declares, in its order: classes with their members, functions and names of
    types, without what is private and without bodies.
    """
    tree, lines = _module(source)
    private: dict[str, str] = {}
    for node, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        match node:
            case ast.ClassDef(name):
                bases = [private[base] for base in map(ast.unparse, node.bases) if base in private]
                text = "\n".join([*bases, _class(node, lines)])
                if name.startswith("_"):
                    private[name] = text + "\n\n"
                else:
                    yield Declaration(name, ast.get_docstring(node) or "", text)
            case ast.FunctionDef(name) if not name.startswith("_"):
                yield Declaration(name, ast.get_docstring(node) or "", _function(node, lines, about=False))
            case ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)) if _is_type(node):
                text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
                if name.startswith("_"):
                    private[name] = text + "\n\n"
                else:
                    yield Declaration(name, _text_of(after), text)
            case _:
                pass


def _module(source: str) -> tuple[ast.Module, list[str]]:
    text = (PYTHON / f"{source}.py").read_text(encoding="utf-8")
    return ast.parse(text), text.splitlines()


def _is_type(node: ast.Assign | ast.AnnAssign) -> bool:
    """An alias, or a TypedDict one of whose keys is a keyword."""
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.annotation) == "TypeAlias"
    return isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "TypedDict"


def _class(node: ast.ClassDef, lines: list[str]) -> str:
    """The class without its own docstring, which is shown above it."""
    members = node.body[1:] if ast.get_docstring(node) else node.body
    shown = [lines[node.lineno - 1]]
    for member in members:
        match member:
            case ast.FunctionDef(name) if name in _FOR_THE_RUNTIME:
                pass
            case ast.FunctionDef(name) if name == "__call__" or not name.startswith("_"):
                shown += ["" if len(shown) > 1 else None, _function(member, lines, about=True)]
            case ast.AnnAssign():
                shown.append("\n".join(lines[member.lineno - 1 : member.end_lineno]))
            case _:
                pass
    if len(shown) == 1:
        shown[0] += " ..."
    return "\n".join(line for line in shown if line is not None)


def _function(node: ast.FunctionDef, lines: list[str], *, about: bool) -> str:
    """Its decorators and its signature. about: and its docstring."""
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    body = node.body[0]
    if lines[body.lineno - 1][: body.col_offset].strip():
        return "\n".join(lines[first - 1 : body.lineno])
    head = "\n".join(lines[first - 1 : body.lineno - 1])
    if about and ast.get_docstring(node):
        return "\n".join([head, *lines[body.lineno - 1 : body.end_lineno]])
    return f"{head} ..."


def _text_of(node: ast.stmt | None) -> str:
    """The text below a name that says what it is."""
    match node:
        case ast.Expr(ast.Constant(str(text))):
            return text
        case _:
            return ""


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")
