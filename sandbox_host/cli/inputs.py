"""Reads the arguments of `backfill invoke`: every problem is collected, each with its place."""

from __future__ import annotations

import getpass
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from policies.limits import Limits, LimitsError
from sandbox_host.capabilities.base import Json
from sandbox_host.egress import EgressMapError, Origin, StubError, StubRow, parse_egress_map, read_stubs
from sandbox_host.guest_json import finite, no_constant
from sandbox_host.input_files import InputFileError, read_file
from sandbox_host.packages.problems import one_line
from sandbox_host.packages.settings_schema import setting_problem
from sandbox_host.report import ProblemReport
from sandbox_host.triggers.routes import secret_fields

LIMITS = (
    "cpu_ms",
    "wall_ms",
    "memory_mb",
    "host_calls",
    "http_requests",
    "response_bytes",
    "result_bytes",
    "log_lines",
)
SECRET_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
MAX_BODY = Limits().call_bytes
"""Bytes of a request's body, and of a hook's entity."""
MAX_RECORDS = 64 << 20
MAX_TOKEN = 16 << 10
TOKEN = re.compile(r"[\x21-\x7e]+")


class InvalidInput(Exception):
    """The command line, or a file it names, is wrong."""

    def __init__(self, problems: Sequence[ProblemReport]) -> None:
        super().__init__("; ".join(f"{one.file}: {one.message}" for one in problems))
        self.problems = list(problems)


def problem(place: str, message: str, line: int | None = None) -> ProblemReport:
    """What is wrong with the input, and where; made of one line each that no terminal obeys."""
    return ProblemReport(file=one_line(place), line=line, message=one_line(message))


@dataclass(frozen=True, slots=True)
class Entry:
    """What to invoke: `POST /sync/customers`, `job:NAME` or `hook:Entity:event`."""

    kind: str
    first: str
    second: str


@dataclass(slots=True)
class Inputs:
    """The arguments, read. problems: everything that is wrong with them."""

    problems: list[ProblemReport] = field(default_factory=list[ProblemReport])

    def wrong(self, place: str, message: str, line: int | None = None) -> None:
        self.problems.append(problem(place, message, line))

    def check(self) -> None:
        """Raises InvalidInput if anything was wrong so far."""
        if self.problems:
            raise InvalidInput(self.problems)

    def entry(self, text: str) -> Entry:
        """Read ENTRY."""
        method, space, path = text.partition(" ")
        if space and method.upper() in METHODS and path.startswith("/"):
            return Entry("route", method.upper(), path)
        kind, _, rest = text.partition(":")
        if kind == "job" and rest:
            return Entry("job", rest, "")
        entity, colon, event = rest.partition(":")
        if kind == "hook" and entity and colon and event:
            return Entry("hook", entity, event)
        self.wrong("ENTRY", f'{text!r} is not "METHOD /path", "job:NAME" or "hook:Entity:event"')
        return Entry("", "", "")

    def pairs(self, option: str, given: Sequence[str]) -> list[tuple[str, str]]:
        """Read repeated `k=v`."""
        found: list[tuple[str, str]] = []
        for text in given:
            name, equals, value = text.partition("=")
            if equals and name:
                found.append((name, value))
            else:
                self.wrong(option, f"{text!r} is not NAME=VALUE")
        return found

    def secrets(self, given: Sequence[str]) -> dict[str, str]:
        """Read `--secret`. Values are never quoted in a message."""
        found: dict[str, str] = {}
        for text in given:
            name, equals, value = text.partition("=")
            if not equals or not SECRET_NAME.fullmatch(name):
                self.wrong(
                    "--secret", "write NAME=VALUE; a name is lower case letters, digits and _, 63 at most"
                )
            else:
                found[name] = value
        return found

    def limits(self, given: Sequence[str], wall_ms: int | None) -> Limits:
        """Read `--limit`. wall_ms: what the entrypoint itself asks for, where no option says otherwise."""
        overrides: dict[str, int] = {} if wall_ms is None else {"wall_ms": wall_ms}
        for name, value in self.pairs("--limit", given):
            if name not in LIMITS:
                self.wrong("--limit", f"there is no limit {name!r}; there are {', '.join(LIMITS)}")
            elif not re.fullmatch(r"[0-9]{1,12}", value):
                self.wrong("--limit", f"{name}={value!r} is not a whole number")
            else:
                overrides[name] = int(value)
        try:
            return Limits.with_overrides(overrides)
        except LimitsError as error:
            self.wrong("--limit", str(error))
            return Limits()

    def token(self, option: str, text: str | None) -> str | None:
        """Read VALUE, @FILE, or `-` for a line of standard input. It is never quoted in a message."""
        if text == "-":
            typed = sys.stdin.isatty()
            data = (getpass.getpass("token: ") if typed else sys.stdin.readline(MAX_TOKEN + 2)).encode()
        else:
            data = self.raw(option, text, MAX_TOKEN)
        if data is None:
            return None
        token = data.decode(errors="replace").strip()
        if len(token) > MAX_TOKEN or not TOKEN.fullmatch(token):
            self.wrong(
                option, f"a token is visible ASCII characters without spaces, {MAX_TOKEN // 1024} KiB at most"
            )
            return None
        return token

    def raw(self, option: str, text: str | None, most: int = MAX_BODY) -> bytes | None:
        """Read TEXT or @FILE as bytes, `most` of them."""
        if text is None:
            return None
        if not text.startswith("@"):
            return text.encode(errors="surrogateescape")
        try:
            return read_file(Path(text[1:]), most)
        except InputFileError as error:
            self.wrong(option, f"{text[1:]}: {error}")
            return None

    def body(self, option: str, text: str) -> bytes:
        """Read JSON or @FILE, as it is written. What is wrong with it is told."""
        data = self.raw(option, text)
        if data is not None:
            self._parsed(option, text, data)
        return data or b""

    def json(self, option: str, text: str | None, most: int = MAX_BODY) -> Json:
        """Read JSON or @FILE; None where it is absent or wrong."""
        data = self.raw(option, text, most)
        return None if text is None or data is None else self._parsed(option, text, data)

    def _parsed(self, option: str, text: str, data: bytes) -> Json:
        place = text[1:] if text.startswith("@") else option
        try:
            return json.loads(data, parse_constant=no_constant, parse_float=finite)
        except json.JSONDecodeError as error:
            self.wrong(
                place, f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})", error.lineno
            )
        except (ValueError, RecursionError) as error:
            self.wrong(place, f"not JSON: {error}")
        return None

    def object(self, option: str, text: str | None, most: int = MAX_BODY) -> dict[str, Json] | None:
        """Read a JSON object or @FILE."""
        value = self.json(option, text, most)
        if text is not None and value is not None and not isinstance(value, dict):
            self.wrong(option, "must be a JSON object")
            return None
        return cast("dict[str, Json] | None", value)

    def records(self, path: Path | None) -> dict[str, Sequence[Json]]:
        """Read `--records`: `{"Customer": [{…}]}`."""
        before = len(self.problems)
        value = self.object(str(path), f"@{path}", MAX_RECORDS) if path is not None else {}
        if value is None and len(self.problems) == before:
            self.wrong(str(path), 'must be a JSON object such as {"Customer": [{"name": "Ada"}]}')
        found: dict[str, Sequence[Json]] = {}
        for entity, rows in (value or {}).items():
            if isinstance(rows, list):
                found[entity] = rows
                self._once(str(path), entity, rows)
            else:
                self.wrong(str(path), f"{entity} must be a list of records")
        return found

    def _once(self, place: str, entity: str, rows: Sequence[Json]) -> None:
        first: dict[str, int] = {}
        for number, row in enumerate(rows):
            one = row.get("id") if isinstance(row, dict) else None
            if isinstance(one, str) and first.setdefault(one, number) != number:
                self.wrong(
                    place,
                    f"{entity}[{number}] has the id of {entity}[{first[one]}], {one[:80]!r}; give each its own",
                )

    def settings(self, given: Sequence[str], schema: Mapping[str, Json]) -> dict[str, Json]:
        """Read `--setting`: JSON, or text where it is none or where the schema wants a string. schema: the
        connection's; each value is held against it."""
        properties = schema.get("properties")
        typed = properties if isinstance(properties, dict) else {}
        found: dict[str, Json] = {}
        for name, value in self.pairs("--setting", given):
            declared = typed.get(name)
            wanted = declared.get("type") if isinstance(declared, dict) else None
            try:
                found[name] = (
                    value
                    if wanted == "string"
                    else json.loads(value, parse_constant=no_constant, parse_float=finite)
                )
            except (ValueError, RecursionError):
                found[name] = value
        secret = secret_fields(schema)
        for name, value in found.items():
            if name in secret:
                self.wrong("--setting", f"{name} is stored as a secret; give it as --secret {name}=VALUE")
            elif reason := setting_problem(schema, name, value):
                self.wrong("--setting", reason)
        return found

    def stubs(self, path: Path | None) -> list[StubRow] | None:
        """Read `--stub`."""
        if path is None:
            return None
        try:
            return list(read_stubs(path))
        except StubError as error:
            for one in error.problems:
                self.wrong(one.file, one.message, one.line)
            return None

    def egress_map(self, given: Sequence[str]) -> dict[Origin, Origin]:
        """Read `--egress-map`."""
        found: dict[Origin, Origin] = {}
        for text in given:
            try:
                source, target = parse_egress_map(text)
                found[source] = target
            except EgressMapError as error:
                self.wrong("--egress-map", str(error))
        return found
