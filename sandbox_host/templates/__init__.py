"""The projects that `backfill init` makes.

`projects/<template>` and `projects/shared` hold a project's files as they will be, with `{{name}}` and `{{title}}`
where its own go; `projects/python` holds the same templates in Python. A file named `dot-gitignore` becomes
`.gitignore`.
"""

from __future__ import annotations

import re
from pathlib import Path

from sandbox_host.packages.language import PYTHON, TYPESCRIPT, Language
from sandbox_host.packages.names import did_you_mean

TEMPLATES = {
    "extension": "a hook on invoices, a route and a setting",
    "connector": "a provider with an API key, polled",
    "oauth-connector": "a provider that is connected with OAuth, polled",
    "webhook": "a provider that delivers signed webhooks",
}
"""Every template, and what is in it."""

MAX_NAME = 50

_PROJECTS = Path(__file__).resolve().parent / "projects"
_FOLDERS = {TYPESCRIPT: _PROJECTS, PYTHON: _PROJECTS / "python"}
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_SECRET_MODE = 0o600
_COMMAND = re.compile(r"^backfill invoke .*$", re.MULTILINE)


def name_problem(name: str) -> str | None:
    """Why a project cannot have this name, with one that it could have; None where it can."""
    if "/" in name or "\\" in name or name in (".", ".."):
        return f'"{name}" is a path; go to the folder that the project shall be in, and give a name alone'
    if _NAME.fullmatch(name):
        return None if len(name) <= MAX_NAME else f"a name has {MAX_NAME} characters at most, not {len(name)}"
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name)
    words = re.sub(r"[^a-z0-9]+", "-", spaced.lower()).lstrip("-0123456789").rstrip("-")[:MAX_NAME]
    guess = f"; try {words}" if _NAME.fullmatch(words) else ""
    return f'"{name}" is not lower-case words joined by hyphens, as in customer-sync{guess}'


def template_problem(template: str) -> str | None:
    """Why there is no such template; None where there is."""
    if template in TEMPLATES:
        return None
    return f'there is no template "{template}"{did_you_mean(template, TEMPLATES)}; there are {", ".join(TEMPLATES)}'


def render(template: str, name: str, language: Language = TYPESCRIPT) -> dict[str, bytes]:
    """The files of a new project, by path. The same for the same name, whoever asks."""
    projects = _FOLDERS[language]
    words = {"name": name, "title": name.replace("-", " ").capitalize()}
    files: dict[str, bytes] = {}
    for folder in (projects / "shared", projects / template):
        for source in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            text = source.read_text(encoding="utf-8")
            for word, value in words.items():
                text = text.replace(f"{{{{{word}}}}}", value)
            path = source.relative_to(folder)
            own = path.with_name(re.sub(r"^dot-", ".", path.name))
            files[own.as_posix()] = text.encode()
    return files


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Write a project's files into a folder that has none of them. Raises OSError."""
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as stream:
            stream.write(data)
        if path == ".backfillrc":
            target.chmod(_SECRET_MODE)


def first_invoke(files: dict[str, bytes]) -> str:
    """The command to run first, as the project's README has it."""
    found = _COMMAND.search(files["README.md"].decode())
    if found is None:
        raise ValueError("the template's README shows no `backfill invoke`")
    return found[0]
