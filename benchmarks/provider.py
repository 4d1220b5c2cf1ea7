"""The provider that the measured handlers read from, and the host's answers to them: plain values, made at once.

Standard library only: peers run it too, in interpreters of their own.
"""

from __future__ import annotations

import json
from typing import Any

SECRET = "sk_test_benchmark_0123456789"
PAGE = 2
"""Customers on a page: with the secret and the request, a run makes four host calls."""


def cursor(run: int) -> str:
    """Where run number `run` goes on: no two runs ask for the same page."""
    return f"cus_{run * PAGE}"


def page(url: str) -> dict[str, Any]:
    """The page of customers that a URL with a cursor at its end asks for."""
    first = int(url.rpartition("cus_")[2]) + 1
    data = [
        {
            "id": f"cus_{number}",
            "object": "customer",
            "name": f"Customer {number}",
            "email": f"customer{number}@example.com",
            "currency": "eur",
            "balance": number * 7,
            "created": 1_767_225_600 + number,
        }
        for number in range(first, first + PAGE)
    ]
    return {"object": "list", "data": data, "has_more": True}


def response(url: str) -> dict[str, Any]:
    """What a handler gets for a request."""
    return {"status": 200, "headers": {}, "body": page(url), "ok": True}


def ingested(payload: dict[str, Any], key: str) -> dict[str, Any]:
    """What a handler gets for a record."""
    source = payload["customer_id"]
    done = {"status": "created", "id": source, "documentType": "customer", "sourceId": source, "version": 1}
    return {**done, "idempotencyKey": key}


def answer(message: bytes) -> bytes:
    """Answers one host call of our guests at once, as a host with no policy, audit or records would."""
    call = json.loads(message)
    args = call["args"]
    if call["capability"] == "secrets":
        return b'{"ok":"%s"}' % SECRET.encode()
    if call["capability"] == "http":
        return json.dumps({"ok": response(args["url"])}).encode()
    return json.dumps({"ok": ingested(args["payload"], args["options"]["idempotencyKey"])}).encode()
