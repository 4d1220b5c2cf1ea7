"""Every message of `backfill build`, from the templates that its checks use.

python -m sandbox_host.packages.catalogue docs/reference/build-errors.md
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from policies import manifest_messages
from policies.messages import Message, messages_in
from sandbox_host.packages.messages import code, declarations, entrypoints, files, python


@dataclass(frozen=True, slots=True)
class Section:
    """Messages about one thing, in the order of their module."""

    title: str
    messages: Sequence[Message]


CATALOGUE = tuple(
    Section(title, messages_in(vars(module).values()))
    for title, module in (
        ("The manifest", manifest_messages),
        ("The manifest beside the project, custom entities and fields", declarations),
        ("Hooks, jobs and routes", entrypoints),
        ("Scripts and their imports", code),
        ("Files and folders", files),
        ("Projects in Python", python),
    )
)

_HEAD = """\
# Build errors

Everything that `backfill build` can say is wrong with a project. It reports all of it in one run, sorted by file
and line, one problem a line: `FILE:LINE: message`, or `FILE: message` where no line is to blame. With `--json`,
`problems` is a list of `{"file", "line", "code", "message"}`; a code never changes its meaning. The exit code is 2.
What is said in other words of a project in Python follows below its message.

<!-- Written by `python -m sandbox_host.packages.catalogue docs/reference/build-errors.md`. -->
"""
_VALUE = re.compile(r"(?<!\{)\{(?!\{)[a-z_]+(?:![rsa])?\}")


def markdown() -> str:
    """The page `docs/reference/build-errors.md`."""
    lines = [_HEAD]
    for section in CATALOGUE:
        lines.append(f"## {section.title}\n")
        for message in section.messages:
            lines.append(f"### {message.code}\n")
            if not _VALUE.fullmatch(message.template):
                lines.append(f"{_shown(message.template)}\n")
            lines += ["```text", message.example, "```\n", f"{message.way_out}\n"]
            if wording := python.WORDING.get(message.code):
                lines += ["In Python:\n", "```text", wording.example, "```\n", f"{wording.way_out}\n"]
    return "\n".join(lines).rstrip() + "\n"


def _shown(template: str) -> str:
    """The template as code, with an ellipsis for what differs."""
    text = _VALUE.sub("…", template).replace("{{", "{").replace("}}", "}")
    fence = "``" if "`" in text else "`"
    return f"{fence} {text} {fence}" if "`" in text else f"{fence}{text}{fence}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(markdown(), encoding="utf-8")
