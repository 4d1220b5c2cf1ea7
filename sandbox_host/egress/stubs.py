"""Answers from a file instead of the network: `--stub FILE`.

The file is a JSON array of rows `{"method", "url", "status", "headers", "body", "times"}`. The first row that
matches and has uses left answers:

- `method` absent means any;
- `*` in `url` matches anything; a `url` without `?` ignores the query, one with `?` is matched with it;
- `status` absent means 200; a `body` that is not a string is sent as JSON;
- `times` absent means always.
"""

from __future__ import annotations

import difflib
import json
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from sandbox_host.egress.base import EgressRequest, EgressResponse
from sandbox_host.errors import EgressBlocked, ResponseTooLarge
from sandbox_host.input_files import InputFileError, read_file

_KEYS = ("method", "url", "status", "headers", "body", "times")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
MAX_STUB_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class StubProblem:
    """One thing wrong with a stub file; `line` where the JSON itself is broken."""

    file: str
    line: int | None
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class StubError(ValueError):
    """A stub file that cannot be used, with everything that is wrong with it."""

    def __init__(self, problems: list[StubProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class StubRow:
    """One answer. `body` is what goes over the wire; `times` None means always."""

    url: str
    method: str | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict[str, str]())
    body: bytes = b""
    times: int | None = None

    def answers(self, request: EgressRequest) -> bool:
        """Does this row match, uses apart?"""
        if self.method is not None and self.method != request.method:
            return False
        url = str(request.url) if "?" in self.url else request.url.without_query()
        return re.fullmatch(".*".join(map(re.escape, self.url.split("*"))), url, re.DOTALL) is not None


class StubEgress:
    """An `Egress` that answers from rows and opens no connection."""

    def __init__(self, rows: Iterable[StubRow]) -> None:
        self._rows = tuple(rows)
        self._left = [row.times for row in self._rows]
        self._lock = threading.Lock()

    def send(self, request: EgressRequest) -> EgressResponse:
        row = self._take(request)
        if row is None:
            call = f"{request.method} {str(request.url)[:1000]}"
            raise EgressBlocked(f"no stub answers {call}; add a row for it to the stub file")
        if len(row.body) > request.max_bytes:
            raise ResponseTooLarge(f"the answer is over {request.max_bytes} bytes; ask for smaller pages")
        return EgressResponse(row.status, dict(row.headers), row.body)

    def close(self) -> None:
        return

    def _take(self, request: EgressRequest) -> StubRow | None:
        with self._lock:
            for index, row in enumerate(self._rows):
                left = self._left[index]
                if left != 0 and row.answers(request):
                    self._left[index] = None if left is None else left - 1
                    return row
        return None


def read_stubs(path: Path) -> list[StubRow]:
    """The rows of a stub file. Raises StubError naming the file and, for each problem, the row (from 1)."""
    name = path.name
    try:
        data: object = json.loads(read_file(path, MAX_STUB_BYTES).decode("utf-8"))
    except InputFileError as error:
        raise StubError([StubProblem(name, None, f"cannot be read: {error}")]) from None
    except UnicodeDecodeError:
        raise StubError([StubProblem(name, None, "is not UTF-8 text")]) from None
    except json.JSONDecodeError as error:
        raise StubError([StubProblem(name, error.lineno, f"is not JSON: {error.msg}")]) from None
    except RecursionError:
        raise StubError([StubProblem(name, None, "is nested too deeply")]) from None
    except ValueError as error:
        raise StubError([StubProblem(name, None, f"is not JSON: {error}")]) from None
    if not isinstance(data, list):
        raise StubError(
            [StubProblem(name, None, 'must be an array of rows [{"method", "url", "status", …}]')]
        )
    rows: list[StubRow] = []
    problems: list[StubProblem] = []
    for number, entry in enumerate(cast("list[object]", data), start=1):
        messages = _row_problems(entry)
        problems.extend(StubProblem(name, None, f"row {number}: {message}") for message in messages)
        if not messages:
            rows.append(_row(cast("dict[str, object]", entry)))
    if problems:
        raise StubError(problems)
    return rows


def _row(entry: dict[str, object]) -> StubRow:
    """A row without problems."""
    headers = {
        name.lower(): str(value)
        for name, value in cast("dict[str, object]", entry.get("headers") or {}).items()
    }
    body = entry.get("body")
    if body is None or isinstance(body, str):
        wire = (body or "").encode("utf-8")
    else:
        wire = json.dumps(body, ensure_ascii=False).encode("utf-8")
        headers.setdefault("content-type", "application/json")
    method = entry.get("method")
    return StubRow(
        url=cast("str", entry["url"]),
        method=method.upper() if isinstance(method, str) else None,
        status=cast("int", entry.get("status", 200)),
        headers=headers,
        body=wire,
        times=cast("int | None", entry.get("times")),
    )


def _row_problems(entry: object) -> list[str]:
    if not isinstance(entry, dict):
        return ["must be an object"]
    row = cast("dict[str, object]", entry)
    problems = [_unknown_key(key) for key in row if key not in _KEYS]
    method, url, status = row.get("method"), row.get("url"), row.get("status", 200)
    headers, times = row.get("headers"), row.get("times")
    if method is not None and not (isinstance(method, str) and method.upper() in _METHODS):
        problems.append(f"method must be one of {', '.join(_METHODS)}, or absent for any")
    if not isinstance(url, str) or not url:
        problems.append("url must be a string, such as https://api.example.com/v1/*")
    elif not url.startswith(("https://", "*")):
        problems.append("url must start with https:// (or with *): guests reach nothing else")
    if type(status) is not int or not 200 <= status <= 599:
        problems.append("status must be a whole number from 200 to 599")
    if headers is not None and not _is_text_map(headers):
        problems.append("headers must be an object of strings")
    if times is not None and (type(times) is not int or times < 1):
        problems.append("times must be a whole number from 1, or absent for always")
    try:
        json.dumps(row.get("body"), ensure_ascii=False, allow_nan=False).encode("utf-8")
    except ValueError:
        problems.append("body holds NaN, Infinity or half a surrogate pair, which is not JSON")
    return problems


def _is_text_map(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(text, str) for text in cast("dict[str, object]", value).values()
    )


def _unknown_key(key: str) -> str:
    near = difflib.get_close_matches(key, _KEYS, n=1)
    return f"unknown key {key!r}" + (
        f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(_KEYS)}"
    )
