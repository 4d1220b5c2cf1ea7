"""The tables of `docs/reference/records.md`, written from the contracts: `python -m sandbox_host.records.reference`.

Everything from the heading `## The entities` on is what this module says; a test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from sandbox_host.records.contract import LINES, Action, Contract, FieldSpec, contracts

TARGET = Path(__file__).parents[2] / "docs" / "reference" / "records.md"
HEADING = "## The entities\n"

_HEAD = f"""{HEADING}
A field is `published` where the platform's own pages list it, and `ours` where those pages are cut and this product
completes them. Indexed fields can be used in `where` and `orderBy`.
"""


def render() -> str:
    """The page from `HEADING` on."""
    return "\n".join([_HEAD, *(line for contract in contracts().values() for line in _entity(contract))])


def _entity(contract: Contract) -> Iterator[str]:
    yield f"### {contract.entity}\n\n{contract.about} Document type `{contract.document_type}`.\n"
    yield from _table(contract.fields)
    if contract.lines is not None:
        needed = ", required" if contract.lines_required else ""
        yield f"Each of its `{LINES}`{needed}:\n"
        yield from _table(contract.lines)
    if contract.includes:
        names = [f"`{name}` ({entity})" for name, (_, entity) in contract.includes.items()]
        yield f"`include`: {', '.join(names)}.\n"
    if contract.actions:
        yield "| action | from | sets |\n| --- | --- | --- |"
        yield from (_action(name, action) for name, action in contract.actions.items())
        yield ""


def _table(specs: Mapping[str, FieldSpec]) -> Iterator[str]:
    yield "| field | type | | |\n| --- | --- | --- | --- |"
    for name, spec in specs.items():
        marks = [mark for mark, is_so in (("required", spec.required), ("indexed", spec.index)) if is_so]
        if spec.default_from:
            marks.append(f"else `{spec.default_from}`")
        yield f"| `{name}` | {_type(spec)} | {', '.join(marks)} | {spec.source} |"
    yield ""


def _type(spec: FieldSpec) -> str:
    if spec.items is not None:
        return f"list of {', '.join(f'`{name}` {_type(each)}' for name, each in spec.items.items())}"
    if spec.enum:
        return ", ".join(f"`{value}`" for value in spec.enum)
    return f"reference to {spec.entity}" if spec.entity else spec.type


def _action(name: str, action: Action) -> str:
    start = [f"`{field}` {_states(values)}" for field, values in action.start.items()]
    start += [f"`{field}` not {_states(values)}" for field, values in action.unless.items()]
    sets = [f"`{field}` = {_states((value,))}" for field, value in action.sets.items()]
    sets += [f"`{field}` = the time" for field in action.stamps]
    sets += [f"`{field}` = who did it" for field in action.signs]
    sets += [f"`{field}` if given" for field in action.accepts]
    return f"| `{name}` | {'; '.join(start)} | {'; '.join(sets)} |"


def _states(values: tuple[str | bool | None, ...]) -> str:
    return " or ".join("not set" if value is None else f"`{json.dumps(value)}`" for value in values)


if __name__ == "__main__":
    before, _, _ = TARGET.read_text(encoding="utf-8").partition(HEADING)
    TARGET.write_text(before + render(), encoding="utf-8")
