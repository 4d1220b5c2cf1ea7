"""Write the pages that come from the product itself: `python docs/generate.py`. A test compares them.

`reference/manifest.md` is the manifest's JSON Schema as tables. `reference/sdk.md` is the SDK's declarations, each
with its own comment. A name of the SDK that has no declaration is an error, not a gap.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
_STATEMENT = re.compile(
    r"(?:export (?:declare )?(?:const|function|class)|(?:export )?(?:interface|type)) (\w+)"
)


def pages() -> dict[Path, str]:
    """What each generated page has to say."""
    reference = DOCS / "reference"
    return {reference / "manifest.md": manifest_page(), reference / "sdk.md": sdk_page()}


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


def _shown(one: Declaration) -> Iterator[str]:
    if one.about:
        yield f"{one.about}\n"
    yield f"```ts\n{one.text}\n```\n"


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")
