"""What a script asks for out of habit, from Node, from a browser or from npm, and what it has here instead."""

from __future__ import annotations

FREE = "__backfill_free_"
"""Prefix of a global in a printed script, put there by the bundler: it knows a global from a local of its name."""

HTTP = 'Http: Http.get("https://…"), for hosts in permissions.http'
CRYPTO = "Crypto: hmacSha256, sha256, randomUUID, timingSafeEqual; verify.* for webhooks"
STORE = "Entity for records and Settings for configuration; there are no files"
CONFIGURATION = "Settings.get for configuration and Secrets.get for credentials"
LOG = "Log.info and the other levels of Log"
DATA = "Entity for records, or a custom entity in src/entities"
SCHEDULE = "a job in src/jobs with a schedule; nothing runs on after a handler has answered"
ENCODING = "text, btoa and atob, and the encodings of Crypto (hex, base64, base64url)"
NOTHING = "plain JavaScript; a script has no process, machine or network of its own"
PAGE = "components of @backfill-io/sdk/ui; pages are rendered on the server"

BUILTINS: dict[str, str] = {
    **dict.fromkeys(("crypto",), CRYPTO),
    **dict.fromkeys(("fs",), STORE),
    **dict.fromkeys(("http", "https", "http2", "net", "tls", "dgram", "dns"), HTTP),
    **dict.fromkeys(("process", "os"), CONFIGURATION),
    **dict.fromkeys(("console", "diagnostics_channel", "trace_events"), LOG),
    **dict.fromkeys(("timers",), SCHEDULE),
    **dict.fromkeys(("buffer", "string_decoder"), ENCODING),
    **dict.fromkeys(("sqlite",), DATA),
    **dict.fromkeys(("test", "assert"), "@backfill-io/sdk/testing in test/**/*.test.ts, apart from src"),
    **dict.fromkeys(
        (
            "async_hooks", "child_process", "cluster", "constants", "domain", "events", "inspector", "module",
            "path", "perf_hooks", "punycode", "querystring", "readline", "repl", "sea", "stream", "sys", "tty",
            "url", "util", "v8", "vm", "wasi", "worker_threads", "zlib",
        ),
        NOTHING,
    ),
}  # fmt: skip
"""Modules that Node brings along and a sandbox does not."""

PACKAGES: dict[str, str] = {
    **dict.fromkeys(
        (
            "axios", "node-fetch", "cross-fetch", "isomorphic-fetch", "undici", "got", "ky", "superagent", "request",
            "needle", "ws",
        ),
        HTTP,
    ),
    **dict.fromkeys(("fs-extra", "graceful-fs"), STORE),
    **dict.fromkeys(("dotenv",), CONFIGURATION),
    **dict.fromkeys(("winston", "pino", "bunyan", "log4js"), LOG),
    **dict.fromkeys(("pg", "mysql", "mysql2", "mongodb", "mongoose", "redis", "ioredis", "better-sqlite3"), DATA),
    **dict.fromkeys(("node-cron", "cron", "node-schedule", "bull", "bullmq", "agenda"), SCHEDULE),
    **dict.fromkeys(("jsonwebtoken", "bcrypt", "sodium-native"), CRYPTO),
    **dict.fromkeys(("react", "react-dom", "preact", "vue", "svelte"), PAGE),
}  # fmt: skip
"""Packages that need what a sandbox does not have, whatever is installed."""

FOREIGN_GLOBALS: dict[str, str] = {
    **dict.fromkeys(
        (
            "fetch",
            "XMLHttpRequest",
            "WebSocket",
            "EventSource",
            "Headers",
            "Request",
            "FormData",
            "AbortController",
        ),
        HTTP,
    ),
    "process": CONFIGURATION,
    **dict.fromkeys(("Buffer", "TextEncoder", "TextDecoder"), ENCODING),
    **dict.fromkeys(
        ("URL", "URLSearchParams"), "text: `https://api.example.com/x?q=${encodeURIComponent(q)}`"
    ),
    "structuredClone": "JSON.parse(JSON.stringify(value))",
    "global": "globalThis",
    **dict.fromkeys(("Intl", "WebAssembly"), "plain JavaScript; the engine comes without it"),
    "crypto": CRYPTO,
    **dict.fromkeys(("setTimeout", "setInterval", "setImmediate"), SCHEDULE),
    **dict.fromkeys(("localStorage", "sessionStorage", "indexedDB"), STORE),
    **dict.fromkeys(("window", "document", "navigator"), PAGE),
    **dict.fromkeys(("__dirname", "__filename"), STORE),
}
"""Globals of Node and of browsers that a sandbox does not have."""
