"""The real command in this process, projects to run, and providers on loopback that keep what reaches them."""

from __future__ import annotations

import importlib
import json
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sandbox_host.cli import main
from sandbox_host.workers.sandbox import Sandbox

Files = Mapping[str, str]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The workers that all commands of this process share; those in processes of their own start theirs."""
    with Sandbox(4) as made:
        yield made


@dataclass(frozen=True)
class Ran:
    """One command, ended."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """Standard output as the one JSON object that it must be."""
        value, end = json.JSONDecoder().raw_decode(self.out)
        assert self.out[end:] == "\n", f"standard output goes on after the object: {self.out[end:][:200]!r}"
        assert type(value) is dict
        return value


Command = Callable[..., Ran]


@pytest.fixture
def backfill(
    sandbox: Sandbox, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ran]:
    """`backfill("audit", "export", …)`: the command, with what it wrote to its file descriptors."""
    # By its name: as an attribute of the package, `invoke` is the command.
    monkeypatch.setattr(
        importlib.import_module("sandbox_host.cli.invoke"), "Sandbox", lambda eager: nullcontext(sandbox)
    )

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["backfill", *map(str, arguments)])
        capfdbinary.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as exit:
            code = exit.code or 0
        out, err = capfdbinary.readouterr()
        assert isinstance(code, int)
        return Ran(code, out.decode(), err.decode())

    return run


@pytest.fixture
def invoke(backfill: Command) -> Callable[..., dict[str, Any]]:
    """`invoke(path, entry, *options)`: the report of `backfill invoke … --json`, its exit code checked."""

    def run(path: Path, entry: str, *options: object) -> dict[str, Any]:
        ran = backfill("invoke", path, entry, *options, "--json")
        report = ran.report
        error = report["error"]
        expected = 0 if report["ok"] else 2 if error["name"] == "InvalidInput" else 1
        assert ran.code == expected, report
        return report

    return run


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """`project(files, permissions={…}, streams=[…])`: a connector's folder; `files` are its sources."""
    made = 0

    def write(files: Files, *, connector: bool = True, **manifest: Any) -> Path:
        nonlocal made
        made += 1
        root = tmp_path / f"project{made}"
        whole = {"key": "acme", "name": "Acme", "version": "1.0.0", **manifest}
        if connector:
            whole = {"provider": "acme", **whole}
        define = "defineConnector" if connector else "defineExtension"
        config = f'import {{ {define} }} from "@backfill-io/sdk";\n'
        config += f"export default {define}({json.dumps(whole, indent=2)});\n"
        for name, source in {"backfill.config.ts": config, **files}.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source, "utf-8")
        return root

    return write


def route(body: str) -> str:
    return f"export const POST = api(async (request: any) => {{\n{body}\n}});\n"


@pytest.fixture
def guest(project: Callable[..., Path]) -> Callable[..., Path]:
    """`guest("return 1", permissions={…})`: a connector whose `POST /run` has this body."""

    def write(body: str, **manifest: Any) -> Path:
        return project({"src/api/run.ts": route(body)}, **manifest)

    return write


@pytest.fixture
def stubs(tmp_path: Path) -> Callable[..., Path]:
    """`stubs({"url": …, "body": …}, …)`: a stub file of these rows."""
    made = 0

    def write(*rows: Mapping[str, Any]) -> Path:
        nonlocal made
        made += 1
        path = tmp_path / f"stubs{made}.json"
        path.write_text(json.dumps(rows))
        return path

    return write


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder, not made yet."""
    return tmp_path / "state"


@pytest.fixture
def rows() -> Callable[[Path], dict[str, list[tuple[Any, ...]]]]:
    """`rows(state)`: every row of every table of a state folder's database."""

    def read(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
        db = sqlite3.connect(folder / "state.db")
        try:
            tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {
                table: sorted(db.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr) for table in tables
            }
        finally:
            db.close()

    return read


@pytest.fixture
def stored(rows: Callable[[Path], dict[str, list[tuple[Any, ...]]]]) -> Callable[[Path, str], dict[str, Any]]:
    """`stored(state, "Customer")`: the present version of each record of an entity, by source id."""

    def read(folder: Path, entity: str) -> dict[str, Any]:
        db = sqlite3.connect(folder / "state.db")
        try:
            found = db.execute(
                "SELECT source_id, data FROM record WHERE entity = ? AND NOT deleted", [entity]
            )
            return {source_id: json.loads(data) for source_id, data in found}
        finally:
            db.close()

    return read


class Provider:
    """An HTTP server on loopback. requests: (method, path with query, headers, body) of all that reached it."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.connections = 0
        provider = self

        class Server(ThreadingHTTPServer):
            def get_request(self) -> Any:
                accepted = super().get_request()
                provider.connections += 1
                return accepted

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                provider.requests.append((self.command, self.path, headers, self.rfile.read(length)))
                body = b'{"data":[],"answered":true}'
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def methods(self) -> list[str]:
        return [method for method, *_ in self.requests]

    def answers(self, *hosts: str) -> list[str]:
        """The options that make it answer for these hosts."""
        found: list[str] = []
        for host in hosts:
            found += ["--egress-map", f"https://{host}=http://127.0.0.1:{self.port}"]
        return found

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    running = Provider()
    yield running
    running.close()
