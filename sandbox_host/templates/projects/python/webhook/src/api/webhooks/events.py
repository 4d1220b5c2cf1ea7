from guest_sdk import ApiRequest, ApiResponse, Log, api, ingest

# The host checks the signature over the raw body, with the secret `webhook_secret`, before this file runs.
config = {"auth": "hmac_sha256"}


def POST(request: ApiRequest) -> ApiResponse:
    """One delivery. An event of another type is acknowledged, so that the provider does not send it again."""
    event = request.body
    if event["type"] not in ("customer.created", "customer.updated"):
        return api.json({"ignored": True, "eventId": event["id"], "eventType": event["type"]}, status=202)
    given = event["data"]
    result = ingest.canonical(
        "customer",
        {"source_id": given["id"], "name": given["name"], "email": given["email"]},
        stream="events",
        idempotency_key=f"{{name}}:event:{event['id']}",
        source_id=given["id"],
        source_updated_at=event["occurred_at"],
    )
    Log.info("event_ingested", {"event": event["id"], "type": event["type"], "status": result.status})
    return api.json({"ok": True, "eventId": event["id"], "status": result.status}, status=202)
