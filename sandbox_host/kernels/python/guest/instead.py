"""What Python code asks for out of habit, and what it has here instead."""

from __future__ import annotations

HTTP = 'use Http: Http.get("https://…"), for hosts in permissions.http'
FILES = "no files here; use Entity or Settings"
CONFIGURATION = "use Settings.get for configuration and Secrets.get for credentials"
LOG = "use Log.info and the other levels of Log"
DATA = "use Entity for records, or a custom entity in src/entities"
SCHEDULE = "use a job in src/jobs with a schedule; nothing runs on after a handler has answered"
CRYPTO = "use hashlib, hmac and secrets, or Crypto; verify for webhooks"
JSON = "use json, or csv with io.StringIO"
NOTHING = "a module has no process, machine or interpreter of its own"
ASYNC = "handlers are plain functions, and a call to the host returns its answer"
TESTS = "use guest_sdk.testing, in test/, apart from src"

MODULES: dict[str, str] = {
    **dict.fromkeys(
        (
            "aiohttp", "ftplib", "http", "httplib2", "httpx", "imaplib", "poplib", "requests", "select", "smtplib",
            "socket", "socketserver", "ssl", "stripe", "telnetlib", "urllib.request", "urllib3", "webbrowser",
            "websocket",
            "websockets", "xmlrpc",
        ),
        HTTP,
    ),
    **dict.fromkeys(
        ("fileinput", "glob", "mmap", "pathlib", "shutil", "tarfile", "tempfile", "zipfile"), FILES
    ),
    **dict.fromkeys(("configparser", "dotenv", "environ", "os", "pydantic_settings"), CONFIGURATION),
    **dict.fromkeys(("logging", "loguru", "structlog", "warnings", "traceback"), LOG),
    **dict.fromkeys(
        ("dbm", "mysql", "psycopg", "psycopg2", "pymongo", "pymysql", "redis", "shelve", "sqlalchemy", "sqlite3"), DATA
    ),
    **dict.fromkeys(
        (
            "apscheduler", "celery", "concurrent", "multiprocessing", "queue", "sched", "schedule", "signal",
            "subprocess", "_thread", "threading",
        ),
        SCHEDULE,
    ),
    **dict.fromkeys(("asyncio", "anyio", "trio"), ASYNC),
    **dict.fromkeys(("bcrypt", "cryptography", "jwt", "nacl"), CRYPTO),
    **dict.fromkeys(("marshal", "msgpack", "pickle", "yaml", "tomllib", "pandas", "orjson", "simplejson"), JSON),
    **dict.fromkeys(("pytest", "unittest", "doctest"), TESTS),
    **dict.fromkeys(
        (
            "ast", "builtins", "code", "codeop", "ctypes", "dis", "gc", "importlib", "inspect", "pdb", "pkgutil",
            "platform", "resource", "runpy", "site", "symtable", "sys", "sysconfig", "tracemalloc", "weakref",
        ),
        NOTHING,
    ),
    "dateutil": "use datetime and zoneinfo",
    "pytz": "use zoneinfo",
    "pydantic": "use dataclasses",
    "attr": "use dataclasses",
    "attrs": "use dataclasses",
}  # fmt: skip
"""Modules that need what a sandbox does not have: what to use instead."""

BUILTINS: dict[str, str] = {
    "exec": "code is what was reviewed; call a function",
    "eval": "code is what was reviewed; use json.loads for data",
    "compile": "code is what was reviewed; use re.compile for patterns",
    "globals": "use the names themselves, or a dict of your own",
    "locals": "use the names themselves, or a dict of your own",
    "vars": "use dataclasses.asdict, or a dict of your own",
    "dir": "use getattr or hasattr with a name",
    "breakpoint": LOG,
    "help": LOG,
    "exit": "return from the handler, or raise an error",
    "quit": "return from the handler, or raise an error",
}
"""Builtins that are not offered. A module that defines one of these names itself may use it."""

CALLS: dict[str, str] = {
    "open": FILES,
    "input": "nobody types here; use the request, or Settings",
    "time.sleep": f"a run is not paused; {SCHEDULE}",
}
"""Functions that are there and only say what to use instead."""


def module_message(name: str) -> str | None:
    """What to say of a module that is not offered, or None for one that nothing is known of."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        found = MODULES.get(".".join(parts[:length]))
        if found:
            return f"No module named {name!r} here; {found}"
    return None
