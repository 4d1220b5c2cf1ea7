"""The customers handler in plain Python, which every peer can run: host calls are three functions."""

from __future__ import annotations

import provider
import python_connector

_HANDLER = """
async def post(request):
    stream = "customers"
    api_key = await secrets_get(name="api_key")
    if not api_key:
        return {"status": 400, "body": "Missing api_key"}
    after = request["body"]["cursor"]
    url = f"https://api.stripe.com/v1/customers?limit=100&starting_after={after}"
    res = await http_get(url=url, bearer=api_key)
    if not res["ok"]:
        return {"status": 502, "body": f"Stripe {res['status']}"}
    score = 0
    results = []
    for customer in res["body"]["data"]:
        score += RULES[customer["created"] % len(RULES)](customer["balance"], score)
        record = {
            "customer_id": customer["id"],
            "name": customer["name"],
            "email": customer["email"],
            "currency": customer["currency"],
        }
        key = f"stripe:customer:{customer['id']}"
        results.append(await ingest_canonical(payload=record, stream=stream, key=key))
    last = res["body"]["data"][-1]["id"]
    more = res["body"]["has_more"]
    body = {"stream": stream, "imported": len(results), "score": score, "cursor": last, "hasMore": more}
    return {"status": 200, "body": body}
"""


def program(functions: int, *, asynchronous: bool = False) -> str:
    """The source of one module with `post(request)`, among as many functions as our connector has."""
    handler = _HANDLER if asynchronous else _HANDLER.replace("async ", "").replace("await ", "")
    return python_connector.rules(functions) + handler


def secrets_get(name: str) -> str:
    """The host's side of a call, as are the next two."""
    return provider.SECRET


def http_get(url: str, bearer: str) -> dict[str, object]:
    return provider.response(url)


def ingest_canonical(payload: dict[str, str], stream: str, key: str) -> dict[str, object]:
    return provider.ingested(payload, key)


HOST = {"secrets_get": secrets_get, "http_get": http_get, "ingest_canonical": ingest_canonical}


def request(run: int) -> dict[str, object]:
    """What the handler is called with."""
    return {"method": "POST", "path": "/sync/customers", "body": {"cursor": provider.cursor(run)}}
