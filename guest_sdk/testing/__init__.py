"""Routes, hooks and jobs of a connector or an extension, tested with pytest in the author's own Python.

    from guest_sdk.testing import connector_test_runtime

The runtime connects the SDK and answers its host calls in memory, by the rules of the sandbox: permissions, contracts,
idempotency, transactions, errors. `backfill test` runs such tests; `backfill test --sandbox` runs the same requests in
the sandbox and reports every difference. What the tests themselves do is as free as any program.
"""

from __future__ import annotations

from guest_sdk.testing.errors import LimitReached
from guest_sdk.testing.runtime import ConnectorTestRuntime, connector_test_runtime
from guest_sdk.testing.stubs import StubbedHttp
from guest_sdk.testing.types import (
    Failure,
    HookOutcome,
    HttpAnswer,
    HttpCall,
    HttpStub,
    IngestCall,
    LogLine,
    RouteResponse,
)

__all__ = [
    "ConnectorTestRuntime",
    "Failure",
    "HookOutcome",
    "HttpAnswer",
    "HttpCall",
    "HttpStub",
    "IngestCall",
    "LimitReached",
    "LogLine",
    "RouteResponse",
    "StubbedHttp",
    "connector_test_runtime",
]
